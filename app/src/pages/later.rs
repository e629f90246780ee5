//! Screens whose code and style are loaded when they are first opened, so that the first screen
//! comes fast.

// `lazy_route` expands to the foreign functions that load a part; none is written here.
#![allow(unsafe_code, clippy::used_underscore_binding)]

use futures::future::join;
use leptos::prelude::*;
use leptos_router::{ChooseView, Lazy, LazyRoute, lazy_route};

/// The element that links the style of these screens. It is in every document.
pub const STYLE: &str = "later-style";
/// What the link is while another screen is shown: nothing that a browser loads. A style sheet that
/// is only disabled would be loaded ahead.
pub const NOT_YET: &str = "later";
/// What the link is from the first of these screens on.
pub const IN_USE: &str = "stylesheet";

/// A screen that comes later: it is shown when both its code and its style are here.
#[derive(Debug)]
pub struct Later<T>(Lazy<T>);

impl<T> Later<T> {
    /// For the table of routes.
    pub fn new() -> Self {
        Self(Lazy::new())
    }
}

impl<T> Default for Later<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Later<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: LazyRoute + Sync> ChooseView for Later<T> {
    async fn choose(self) -> AnyView {
        self.0.choose().await
    }

    async fn preload(&self) {
        join(self.0.preload(), style::load()).await;
    }
}

/// Which of these screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// One application.
    Application,
    /// The environments.
    Environments,
    /// The list of plans.
    Plans,
    /// A plan.
    Plan,
    /// What a plan changes.
    PlanChanges,
    /// Two sides compared.
    Compare,
    /// About.
    About,
    /// The first account.
    Setup,
    /// The accounts.
    Accounts,
    /// Setting a password with a link.
    SetPassword,
}

impl Screen {
    /// The screen at a path, if it is one of these. It says the same as the table of routes.
    pub fn at(path: &str) -> Option<Self> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        match (parts.next()?, parts.next(), parts.next()) {
            ("applications", Some(_), None) => Some(Self::Application),
            ("environments", None, _) => Some(Self::Environments),
            ("plans", None | Some("new"), None) => Some(Self::Plans),
            ("plans", Some(_), None) => Some(Self::Plan),
            ("plans", Some(_), Some("changes")) => Some(Self::PlanChanges),
            ("compare", None, _) => Some(Self::Compare),
            ("about", None, _) => Some(Self::About),
            ("setup", None, _) => Some(Self::Setup),
            ("accounts", None, _) => Some(Self::Accounts),
            ("set-password", None, _) => Some(Self::SetPassword),
            _ => None,
        }
    }
}

/// Loads the code of the screen that the document shows, if it is one of these. The page can be
/// taken over in one go then.
#[cfg(feature = "hydrate")]
pub async fn load_shown() {
    let path = window().location().pathname().unwrap_or_default();
    match Screen::at(&path) {
        Some(Screen::Application) => ApplicationScreen::preload().await,
        Some(Screen::Environments) => EnvironmentsScreen::preload().await,
        Some(Screen::Plans) => PlansScreen::preload().await,
        Some(Screen::Plan) => PlanScreen::preload().await,
        Some(Screen::PlanChanges) => PlanChangesScreen::preload().await,
        Some(Screen::Compare) => CompareScreen::preload().await,
        Some(Screen::About) => AboutScreen::preload().await,
        Some(Screen::Setup) => SetupScreen::preload().await,
        Some(Screen::Accounts) => AccountsScreen::preload().await,
        Some(Screen::SetPassword) => SetPasswordScreen::preload().await,
        None => {}
    }
}

/// The style of these screens.
#[cfg(feature = "hydrate")]
mod style {
    use super::{IN_USE, NOT_YET, STYLE};
    use futures::channel::oneshot;
    use leptos::prelude::document;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;

    thread_local! {
        /// Whether it is on its way.
        static COMING: Cell<bool> = const { Cell::new(false) };
    }

    /// Waits until it is here, or did not arrive: the screen is shown without it then, and the next
    /// one tries again. In a document that links it from the beginning nothing is waited for.
    pub(super) async fn load() {
        const REL: &str = "rel";
        let Some(link) = document().get_element_by_id(STYLE) else {
            return;
        };
        if !COMING.get() && link.get_attribute(REL).as_deref() == Some(IN_USE) {
            return;
        }
        let (tell, told) = oneshot::channel();
        let tell = Rc::new(RefCell::new(Some(tell)));
        let listen = |here: bool| {
            let tell = Rc::clone(&tell);
            Closure::once_into_js(move || {
                if let Some(tell) = tell.borrow_mut().take() {
                    let _ = tell.send(here);
                }
            })
        };
        for (event, here) in [("load", true), ("error", false)] {
            let _ = link.add_event_listener_with_callback(event, listen(here).unchecked_ref());
        }
        COMING.set(true);
        let _ = link.set_attribute(REL, IN_USE);
        let here = told.await.unwrap_or(false);
        COMING.set(false);
        if !here {
            let _ = link.set_attribute(REL, NOT_YET);
        }
    }
}

/// Loads the style of these screens for a part of the first screen that is rarely there.
pub async fn load_style() {
    style::load().await;
}

/// The server links the style in the document.
#[cfg(not(feature = "hydrate"))]
mod style {
    pub(super) async fn load() {}
}

/// One application.
pub struct ApplicationScreen;

#[lazy_route]
impl LazyRoute for ApplicationScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::application::ApplicationPage/> }.into_any()
    }
}

/// The environments.
pub struct EnvironmentsScreen;

#[lazy_route]
impl LazyRoute for EnvironmentsScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::environments::EnvironmentsPage/> }.into_any()
    }
}

/// The list of plans.
pub struct PlansScreen;

#[lazy_route]
impl LazyRoute for PlansScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::plans::PlansPage/> }.into_any()
    }
}

/// A plan: its editor or its run.
pub struct PlanScreen;

#[lazy_route]
impl LazyRoute for PlanScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::plan::PlanPage/> }.into_any()
    }
}

/// What a plan changes.
pub struct PlanChangesScreen;

#[lazy_route]
impl LazyRoute for PlanChangesScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::comparison::PlanChangesPage/> }.into_any()
    }
}

/// Two sides compared.
pub struct CompareScreen;

#[lazy_route]
impl LazyRoute for CompareScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::comparison::ComparePage/> }.into_any()
    }
}

/// About.
pub struct AboutScreen;

#[lazy_route]
impl LazyRoute for AboutScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::about::AboutPage/> }.into_any()
    }
}

/// The first account.
pub struct SetupScreen;

#[lazy_route]
impl LazyRoute for SetupScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::setup::SetupPage/> }.into_any()
    }
}

/// The accounts.
pub struct AccountsScreen;

#[lazy_route]
impl LazyRoute for AccountsScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::accounts::AccountsPage/> }.into_any()
    }
}

/// Setting a password with a link.
pub struct SetPasswordScreen;

#[lazy_route]
impl LazyRoute for SetPasswordScreen {
    fn data() -> Self {
        Self
    }

    fn view(_screen: Self) -> AnyView {
        view! { <super::set_password::SetPasswordPage/> }.into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::Screen;

    #[test]
    fn each_screen_is_found_by_its_path() {
        for (path, screen) in [
            ("/applications/7", Some(Screen::Application)),
            ("/environments", Some(Screen::Environments)),
            ("/plans", Some(Screen::Plans)),
            ("/plans/", Some(Screen::Plans)),
            ("/plans/new", Some(Screen::Plans)),
            ("/plans/12", Some(Screen::Plan)),
            ("/plans/12/changes", Some(Screen::PlanChanges)),
            ("/compare", Some(Screen::Compare)),
            ("/about", Some(Screen::About)),
            ("/setup", Some(Screen::Setup)),
            ("/accounts", Some(Screen::Accounts)),
            ("/set-password", Some(Screen::SetPassword)),
            ("/", None),
            ("/sign-in", None),
            ("/applications", None),
            ("/plans/12/other", None),
            ("/nowhere", None),
        ] {
            assert_eq!(Screen::at(path), screen, "{path}");
        }
    }
}
