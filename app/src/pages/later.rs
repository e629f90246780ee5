//! Screens whose code and style are loaded when they are first opened, so that the first screen
//! comes fast.

// `wasm_split` expands to the foreign functions that load a part; none is written here.
#![allow(unsafe_code, clippy::used_underscore_binding)]

use super::not_loaded::not_loaded;
use futures::future::join;
use leptos::prelude::*;
use leptos_router::ChooseView;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The element that links the style of these screens. It is in every document.
pub const STYLE: &str = "later-style";
/// What the link is while another screen is shown: nothing that a browser loads. A style sheet that
/// is only disabled would be loaded ahead.
pub const NOT_YET: &str = "later";
/// What the link is from the first of these screens on.
pub const IN_USE: &str = "stylesheet";

/// What is on its way. All screens have it alike, so that what is done with it is in the page once.
pub type Coming<T> = Pin<Box<dyn Future<Output = T>>>;

/// The ways to a screen.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    /// Loads its code; tells whether it is here. What did not arrive can be asked for again.
    pub load: fn() -> Coming<bool>,
    /// What it shows; nothing if its code did not arrive.
    pub show: fn() -> Coming<Option<AnyView>>,
}

/// A screen that is a part of the page's code of its own. On the server all code is there.
pub trait Split: Send + Sync + 'static {
    /// The ways to it.
    const WAYS: Ways;
}

/// A screen that comes later: it is shown when both its code and its style are here.
#[derive(Debug)]
pub struct Later<T> {
    screen: PhantomData<T>,
    /// Its code did not arrive when it was last asked for.
    missing: Arc<AtomicBool>,
}

impl<T> Later<T> {
    /// For the table of routes.
    pub fn new() -> Self {
        Self {
            screen: PhantomData,
            missing: Arc::default(),
        }
    }
}

impl<T> Default for Later<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Clone for Later<T> {
    fn clone(&self) -> Self {
        Self {
            screen: PhantomData,
            missing: Arc::clone(&self.missing),
        }
    }
}

impl<T: Split> ChooseView for Later<T> {
    async fn choose(self) -> AnyView {
        choose(T::WAYS, self.missing.load(Ordering::Relaxed)).await
    }

    async fn preload(&self) {
        let here = load(T::WAYS).await;
        self.missing.store(!here, Ordering::Relaxed);
    }
}

fn choose(ways: Ways, missing: bool) -> Coming<AnyView> {
    Box::pin(async move {
        // Not asked for once more at once: who shows that it is missing does that.
        let view = if missing { None } else { (ways.show)().await };
        view.unwrap_or_else(|| not_loaded(ways))
    })
}

/// Loads a screen's code and the style of all; tells whether the code is here.
pub fn load(ways: Ways) -> Coming<bool> {
    Box::pin(async move { join((ways.load)(), style::load()).await.0 })
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
/// taken over in one go then. Tells whether it is here.
#[cfg(feature = "hydrate")]
pub async fn load_shown() -> bool {
    let path = window().location().pathname().unwrap_or_default();
    let ways = match Screen::at(&path) {
        Some(Screen::Application) => ApplicationScreen::WAYS,
        Some(Screen::Environments) => EnvironmentsScreen::WAYS,
        Some(Screen::Plans) => PlansScreen::WAYS,
        Some(Screen::Plan) => PlanScreen::WAYS,
        Some(Screen::PlanChanges) => PlanChangesScreen::WAYS,
        Some(Screen::Compare) => CompareScreen::WAYS,
        Some(Screen::About) => AboutScreen::WAYS,
        Some(Screen::Setup) => SetupScreen::WAYS,
        Some(Screen::Accounts) => AccountsScreen::WAYS,
        Some(Screen::SetPassword) => SetPasswordScreen::WAYS,
        None => return true,
    };
    load(ways).await
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
            // It stays with the link, and may be told again of what is tried later.
            let tell = move || {
                if let Some(tell) = tell.borrow_mut().take() {
                    let _ = tell.send(here);
                }
            };
            Closure::<dyn FnMut()>::new(tell).into_js_value()
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

/// A screen of its own part: the part's name is written once for loading it and once for what it
/// shows, because names cannot be made of others here.
macro_rules! split_off {
    ($(#[doc = $what:literal] $screen:ident, $part:ident, $show:ident, $load:ident: $view:expr;)*) => {$(
        #[doc = $what]
        pub struct $screen;

        #[cfg(feature = "hydrate")]
        #[leptos::wasm_split::wasm_split(
            $part,
            wasm_split_path = ::leptos::wasm_split,
            preload($load),
            fallible
        )]
        fn $show() -> Result<AnyView, leptos::wasm_split::SplitLoaderError> {
            Ok($view.into_any())
        }

        impl Split for $screen {
            #[cfg(feature = "hydrate")]
            const WAYS: Ways = Ways {
                load: || Box::pin(async { $load().await.is_ok() }),
                show: || Box::pin(async { $show().await.ok() }),
            };

            #[cfg(not(feature = "hydrate"))]
            const WAYS: Ways = Ways {
                load: || Box::pin(std::future::ready(true)),
                show: || Box::pin(async { Some($view.into_any()) }),
            };
        }
    )*};
}

split_off! {
    /// One application.
    ApplicationScreen, application_screen, show_application, load_application: view! { <super::application::ApplicationPage/> };
    /// The environments.
    EnvironmentsScreen, environments_screen, show_environments, load_environments: view! { <super::environments::EnvironmentsPage/> };
    /// The list of plans.
    PlansScreen, plans_screen, show_plans, load_plans: view! { <super::plans::PlansPage/> };
    /// A plan: its editor or its run.
    PlanScreen, plan_screen, show_plan, load_plan: view! { <super::plan::PlanPage/> };
    /// What a plan changes.
    PlanChangesScreen, plan_changes_screen, show_plan_changes, load_plan_changes: view! { <super::comparison::PlanChangesPage/> };
    /// Two sides compared.
    CompareScreen, compare_screen, show_compare, load_compare: view! { <super::comparison::ComparePage/> };
    /// About.
    AboutScreen, about_screen, show_about, load_about: view! { <super::about::AboutPage/> };
    /// The first account.
    SetupScreen, setup_screen, show_setup, load_setup: view! { <super::setup::SetupPage/> };
    /// The accounts.
    AccountsScreen, accounts_screen, show_accounts, load_accounts: view! { <super::accounts::AccountsPage/> };
    /// Setting a password with a link.
    SetPasswordScreen, set_password_screen, show_set_password, load_set_password: view! { <super::set_password::SetPasswordPage/> };
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
