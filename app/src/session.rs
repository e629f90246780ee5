//! Who is signed in, as far as this page knows. The server decides anew at every request; what is
//! here only says what to show and what to disable.

#[cfg(not(feature = "ssr"))]
use crate::derived::derived;
use domain::access::Action;
use domain::view::Me;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};

/// What the document carries for its first frame, so that it needs no request to know who is
/// signed in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Boot {
    /// The person behind the session, if there is one.
    pub me: Option<Me>,
    /// The server's clock when it answered, for the first "8 min ago".
    pub now: i64,
    /// The build that served the page; a live stream that names another one asks for a reload.
    pub build: String,
    /// Where the server's live topics stood before anything of the page was read.
    pub stand: String,
}

/// The name of the `meta` element that carries the [`Boot`].
pub const BOOT_META: &str = "slipway-boot";

/// The version of this page and of the console that served it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Who is signed in.
#[derive(Clone, Copy)]
pub struct Session {
    me: RwSignal<Option<Me>>,
}

impl Session {
    /// The person, if somebody is signed in.
    pub fn me(self) -> Option<Me> {
        self.me.get()
    }

    /// Whether an action is allowed, as far as the page knows.
    pub fn can(self, action: Action) -> bool {
        self.me
            .with(|me| me.as_ref().is_some_and(|me| me.access.can(action)))
    }

    /// Why an action is not allowed; `None` if it is.
    pub fn refusal(self, action: Action) -> Option<String> {
        self.me.with(|me| match me {
            Some(me) => me.access.refusal(action),
            None => Some("Sign in to go on.".to_owned()),
        })
    }

    /// Why a plan that was made by who has this login may not be discarded; `None` if it may.
    pub fn discard_refusal(self, creator: &str) -> Option<String> {
        let is_own = self
            .me
            .with(|me| me.as_ref().is_some_and(|me| me.login == creator));
        self.refusal(if is_own {
            Action::EditPlan
        } else {
            Action::DiscardPlanOfOthers
        })
    }
}

impl Session {
    /// Asks the server who is signed in now. A changed standing is taken over; another person, who
    /// signed in with another tab, gets a page of their own; nobody leads to sign-in.
    #[cfg(feature = "hydrate")]
    fn look_again(self) {
        leptos::task::spawn_local(async move {
            // That the session is over is learnt where all refusals arrive. What did not answer is
            // asked again by whoever watches the stream.
            let Ok(now) = crate::api::people::read_me().await else {
                return;
            };
            let before = self.me.try_get_untracked().flatten();
            // Who may see again, or no more, has a page full of what was true before.
            let is_another = |before: &Me| {
                let sees = |me: &Me| me.access.can(Action::SeeLandscape);
                before.id != now.id || sees(before) != sees(&now)
            };
            if before.as_ref().is_some_and(is_another) {
                let _ = window().location().reload();
            } else if before.as_ref() != Some(&now) {
                self.me.try_set(Some(now));
            }
        });
    }
}

/// Keeps the session of the page up to date: looks again when an account changed, and whenever the
/// live stream is lost, which is how the end of a session shows first.
pub fn watch_session() {
    #[cfg(feature = "hydrate")]
    {
        let session = use_session();
        if session.me.with_untracked(Option::is_none) {
            return;
        }
        let changed = crate::live::use_topic("me");
        let live = crate::live::use_live();
        let lost = derived(move |_| live.lost());
        Effect::new(move |before: Option<(u64, bool)>| {
            let now = (changed.get(), lost.get());
            // What comes back asks for everything again by itself.
            if before.is_some_and(|before| before.0 != now.0 || now.1) {
                session.look_again();
            }
            now
        });
    }
}

/// The sign-in screen's address, to come back to what is shown now.
#[cfg(feature = "hydrate")]
pub fn sign_in_address() -> String {
    let location = window().location();
    let part = |part: Result<String, _>| part.unwrap_or_default();
    crate::routes::sign_in_then(&format!(
        "{}{}",
        part(location.pathname()),
        part(location.search())
    ))
}

/// The sign-in screen's address; in the browser it leads back to what is shown now.
#[cfg(not(feature = "hydrate"))]
pub fn sign_in_address() -> String {
    crate::routes::SIGN_IN.to_owned()
}

/// Leads to sign-in, and from there back to what is shown now. Does nothing on the screens that
/// need nobody to be signed in.
#[cfg(feature = "hydrate")]
pub fn go_to_sign_in() {
    use crate::routes;
    let here = window().location().pathname().unwrap_or_default();
    let needs_nobody = [routes::SIGN_IN, routes::SETUP, routes::SET_PASSWORD];
    if !needs_nobody.contains(&here.as_str()) && !LEAVING.swap(true, Ordering::Relaxed) {
        let address = sign_in_address();
        // Who was never signed in has lost nothing.
        let address = if read_boot().me.is_some() {
            ENDED.store(true, Ordering::Relaxed);
            routes::session_ended(&address)
        } else {
            address
        };
        let _ = window().location().assign(&address);
    }
}

/// Whether the page is on its way to sign-in because the session is over.
#[cfg(feature = "hydrate")]
static ENDED: AtomicBool = AtomicBool::new(false);

/// Whether the page is being left because the session is over, and not by the person.
#[cfg(feature = "hydrate")]
pub fn has_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// Whose page this is.
#[cfg(feature = "hydrate")]
pub fn person() -> Option<domain::UserId> {
    read_boot().me.map(|me| me.id)
}

/// Whether the page is on its way to sign-in already: what is refused meanwhile is no news.
static LEAVING: AtomicBool = AtomicBool::new(false);

/// Says that the person is signing out of their own will, so that the refusals that follow lead
/// nowhere; or that it did not work.
pub fn set_leaving(leaving: bool) {
    LEAVING.store(leaving, Ordering::Relaxed);
}

/// The session of this page.
pub fn use_session() -> Session {
    expect_context()
}

/// Makes the session known to everything below.
pub fn provide_session() {
    let boot = read_boot();
    provide_context(Session {
        me: RwSignal::new(boot.me.clone()),
    });
    provide_context(boot);
}

#[cfg(feature = "ssr")]
fn read_boot() -> Boot {
    use_context::<Boot>().unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn read_boot() -> Boot {
    document()
        .query_selector(&format!("meta[name={BOOT_META}]"))
        .ok()
        .flatten()
        .and_then(|meta| meta.get_attribute("content"))
        .and_then(|text| crate::wire::from_text(&text))
        .unwrap_or_default()
}
