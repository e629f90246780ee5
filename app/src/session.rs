//! Who is signed in, as far as this page knows. The server decides anew at every request; what is
//! here only says what to show and what to disable.

use domain::access::Action;
use domain::view::Me;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

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
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}
