//! What changes on the server, as numbers that go up. The stream carries hints, never data: a
//! bump makes resources ask again, so a hint that is missed costs one more question and no more.

#[cfg(feature = "hydrate")]
mod stream;

use crate::session::use_session;
use domain::access::Action;
use leptos::prelude::*;
use std::collections::BTreeMap;

/// How the live stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// Not opened yet.
    #[default]
    Starting,
    /// Open.
    Live,
    /// Lost; since this time (milliseconds, the console's clock) nothing came.
    Lost(i64),
}

/// The live topics of this page.
#[derive(Clone, Copy)]
pub struct Live {
    topics: StoredValue<BTreeMap<String, ArcRwSignal<u64>>>,
    link: RwSignal<Link>,
    all: RwSignal<u64>,
    retries: RwSignal<u64>,
    newer: RwSignal<bool>,
    signed_out: RwSignal<u64>,
}

impl Live {
    /// How the stream is.
    pub fn link(self) -> Link {
        self.link.get()
    }

    /// Whether the stream was lost: what is on screen may be old, and nothing should be written.
    pub fn lost(self) -> bool {
        matches!(self.link.get(), Link::Lost(_))
    }

    /// Whether it is lost at this moment; for what is asked once and not followed.
    pub fn lost_now(self) -> bool {
        matches!(self.link.get_untracked(), Link::Lost(_))
    }

    /// Why nothing should be written now; `None` while the page is live.
    pub fn refusal(self) -> Option<String> {
        self.lost().then(|| {
            "The page is not connected to the console, so it cannot change anything. It keeps trying."
                .to_owned()
        })
    }

    /// Whether a newer console serves this page than the one it came from.
    pub fn newer(self) -> bool {
        self.newer.get()
    }

    /// Tries to open the stream now.
    pub fn retry(self) {
        self.retries.update(|count| *count += 1);
    }

    /// Tells the other tabs of this browser that the person signed out.
    pub fn announce_sign_out(self) {
        self.signed_out.update(|count| *count += 1);
    }

    /// A topic changed.
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
    fn bump(self, topic: &str, number: u64) {
        let signal = self
            .topics
            .try_with_value(|topics| topics.get(topic).cloned())
            .flatten();
        if let Some(signal) = signal
            && signal.get_untracked() != number
        {
            signal.set(number);
        }
    }

    /// Anything may have changed.
    #[cfg_attr(not(feature = "hydrate"), allow(dead_code))]
    fn bump_all(self) {
        self.all.update(|count| *count += 1);
    }
}

/// The live topics of this page.
pub fn use_live() -> Live {
    expect_context()
}

/// Why the person cannot do this now: it is not theirs to do, or the page is not live.
pub fn use_refusal(action: Action) -> Signal<Option<String>> {
    let (session, live) = (use_session(), use_live());
    Signal::derive(move || session.refusal(action).or_else(|| live.refusal()))
}

/// Makes the topics known to everything below.
pub fn provide_live() {
    let live = Live {
        topics: StoredValue::new(BTreeMap::new()),
        link: RwSignal::new(Link::default()),
        all: RwSignal::new(0),
        retries: RwSignal::new(0),
        newer: RwSignal::new(false),
        signed_out: RwSignal::new(0),
    };
    provide_context(live);
}

/// Opens the stream in the browser. To be called when the page has been taken over: what comes
/// earlier would change what is about to be compared with what the server sent.
pub fn open_stream() {
    #[cfg(feature = "hydrate")]
    {
        let boot = use_context::<crate::session::Boot>().unwrap_or_default();
        if boot.me.is_some() {
            stream::start(use_live(), boot.build);
        }
    }
}

/// A number that goes up when the topic changes: part of a resource's source. Topics are
/// `environments`, `applications`, `application/{id}`, `plans`, `plan/{number}`, `run/{number}`
/// and `me`.
pub fn use_topic(topic: impl Into<String>) -> Signal<u64> {
    let live = use_live();
    let signal = live
        .topics
        .try_update_value(|topics| {
            topics
                .entry(topic.into())
                .or_insert_with(|| ArcRwSignal::new(0))
                .clone()
        })
        .unwrap_or_else(|| ArcRwSignal::new(0));
    let all = live.all;
    // The two only grow, so their sum changes whenever one of them does.
    Signal::derive(move || signal.get().wrapping_add(all.get()))
}
