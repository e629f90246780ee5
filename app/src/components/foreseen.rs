//! How long something will take, as earlier runs to the same target tell: in words, and for whoever
//! is shown a plan that is in the way.

use crate::api::line::foresee_target;
use crate::derived::{Derived, derived};
use domain::view::Outlook;
use domain::{EnvironmentId, Timestamp};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// A range of times, in milliseconds, as people say it: "about 2 to 4 min".
pub fn span_in_words(least: i64, most: i64) -> String {
    let seconds = |milliseconds: i64| (milliseconds + 500) / 1_000;
    let minutes = |milliseconds: i64| (milliseconds + 30_000) / 60_000;
    let range = |from: i64, to: i64, unit: &str| match (from, to) {
        (_, 0) => format!("less than 1 {unit}"),
        (from, to) if from == to => format!("about {to} {unit}"),
        (0, to) => format!("at most {to} {unit}"),
        (from, to) => format!("about {from} to {to} {unit}"),
    };
    if most < 60_000 {
        range(seconds(least), seconds(most), "s")
    } else {
        range(minutes(least), minutes(most), "min")
    }
}

/// When a plan that is under way should end: "Usually about 4 min; it should end in about 2 min."
pub fn end_in_words(usual: (i64, i64), ends: (Timestamp, Timestamp), now: Timestamp) -> String {
    let takes = span_in_words(usual.0, usual.1);
    if ends.1 <= now {
        return format!("Usually {takes}; this time it takes longer.");
    }
    let left = span_in_words(ends.0.since(now).max(0), ends.1.since(now));
    format!("Usually {takes}; it should end in {left}.")
}

/// What is expected of plans to a target.
#[derive(Clone, Copy)]
pub struct Expected(RwSignal<Option<Outlook>>);

impl Expected {
    /// What is known already.
    pub fn known(outlook: Outlook) -> Self {
        Self(RwSignal::new(Some(outlook)))
    }

    /// Asks for a target's, again whenever it is another one, or the plans under way there are
    /// others. Findings below say when the plan that is in the way should end.
    pub fn follow(target: Derived<EnvironmentId>, plans: Derived<Vec<u64>>) -> Self {
        let this = Self(RwSignal::new(None));
        Effect::new(move |before: Option<EnvironmentId>| {
            plans.track();
            let wanted = target.get();
            if before.is_some_and(|before| before != wanted) {
                this.0.set(None);
            }
            spawn_local(async move {
                let answer = foresee_target(wanted).await;
                // Without it nothing is foretold; another target asks for itself.
                if target.try_get_untracked() == Some(wanted)
                    && let Ok(outlook) = answer
                {
                    let _ = this.0.try_set(Some(outlook));
                }
            });
            wanted
        });
        provide_context(this);
        this
    }

    /// What is known of the target; nothing before the answer.
    pub fn outlook(self) -> Derived<Option<Outlook>> {
        derived(move |_| self.0.get())
    }

    /// When a plan that is under way should end, in words; nothing where nobody knows.
    pub fn end_of(self, number: u64, now: Timestamp) -> Option<String> {
        self.0.try_with(|outlook| {
            let outlook = outlook.as_ref()?;
            let (_, ends) = outlook.ends.iter().find(|(plan, _)| *plan == number)?;
            Some(end_in_words(outlook.usual?, *ends, now))
        })?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn an_end_is_told_as_long_as_it_is_ahead() {
        let told = |least: i64, most: i64, now: i64| {
            let ends = (Timestamp(least), Timestamp(most));
            end_in_words((4 * MINUTE, 4 * MINUTE), ends, Timestamp(now))
        };
        assert_eq!(
            told(4 * MINUTE, 4 * MINUTE, 2 * MINUTE),
            "Usually about 4 min; it should end in about 2 min."
        );
        assert_eq!(
            told(MINUTE, 4 * MINUTE, 2 * MINUTE),
            "Usually about 4 min; it should end in at most 2 min."
        );
        assert_eq!(
            told(4 * MINUTE, 4 * MINUTE, 5 * MINUTE),
            "Usually about 4 min; this time it takes longer."
        );
    }

    #[test]
    fn seconds_are_told_as_seconds() {
        assert_eq!(span_in_words(15_000, 40_000), "about 15 to 40 s");
        assert_eq!(span_in_words(0, 300), "less than 1 s");
        assert_eq!(span_in_words(20_000, 80_000), "at most 1 min");
    }
}
