//! What changes on the server, as numbers that go up. The stream carries hints, never data: a
//! bump makes resources ask again, so a hint that is missed costs one more question and no more.

#[cfg(feature = "hydrate")]
mod stream;

use crate::derived::derived;
use crate::session::use_session;
use domain::access::Action;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
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

/// How much the page had heard when something began to be read. It goes with what was read; in a
/// document of the server it is nothing yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Heard(u64);

/// The live topics of this page.
#[derive(Clone, Copy)]
pub struct Live {
    heard: StoredValue<u64>,
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

    /// How much was heard until now: to be asked right before something is read that [`follow`] is
    /// to keep up to date.
    pub fn heard(self) -> Heard {
        Heard(self.heard.try_get_value().unwrap_or_default())
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
        self.heard.update_value(|heard| *heard += 1);
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
        self.heard.update_value(|heard| *heard += 1);
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
        heard: StoredValue::new(0),
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
            stream::start(use_live(), boot.build, boot.stand);
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

/// Keeps what was read up to date: calls `again` whenever one of the topics changes, and once right
/// away if anything at all was heard since the reading began, because what was told in between may
/// have been about it.
pub fn follow(topics: &[&str], read: Heard, again: impl Fn() + 'static) {
    let live = use_live();
    let topics: Vec<_> = topics.iter().map(|topic| use_topic(*topic)).collect();
    let moved = derived(move |_| {
        let numbers = topics.iter().map(|topic| topic.get());
        numbers.fold(0_u64, u64::wrapping_add)
    });
    Effect::new(move |before: Option<u64>| {
        let now = moved.get();
        if before.map_or(live.heard() != read, |before| before != now) {
            again();
        }
        now
    });
}
