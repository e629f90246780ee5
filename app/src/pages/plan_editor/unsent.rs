//! Changes that did not get to the console because the session was over. This tab of the browser
//! keeps them until the same person has signed in again. Values of site properties, some of which
//! are secrets, are not kept.

#[cfg(feature = "hydrate")]
pub use browser::keep;

#[cfg(feature = "hydrate")]
mod browser {
    use crate::components::status::counted;
    use crate::pages::plan_editor::state::Editor;
    use crate::session::{has_ended, person};
    use crate::wire::{from_text, to_text};
    use domain::UserId;
    use domain::view::PlanEdit;
    use leptos::prelude::*;
    use serde::{Deserialize, Serialize};

    /// What is kept of one plan.
    #[derive(Serialize, Deserialize)]
    struct Unsent {
        /// Whose changes.
        person: UserId,
        /// The revision that they saw.
        revision: i64,
        changes: Vec<PlanEdit>,
        /// How many values of site properties were left out.
        values: u64,
    }

    fn storage() -> Option<web_sys::Storage> {
        window().session_storage().ok().flatten()
    }

    fn key(number: u64) -> String {
        format!("slipway.unsent.{number}")
    }

    /// Keeps changes of a plan that this revision was seen of.
    pub fn keep(number: u64, revision: i64, changes: impl IntoIterator<Item = PlanEdit>) {
        let (Some(storage), Some(person)) = (storage(), person()) else {
            return;
        };
        let mut values = 0;
        let changes: Vec<_> = changes
            .into_iter()
            .filter_map(|change| match change {
                PlanEdit::SetSetting(_) => {
                    values += 1;
                    None
                }
                // Values in it are nothing that it changes.
                PlanEdit::Replace(mut content) => {
                    content.settings.clear();
                    Some(PlanEdit::Replace(content))
                }
                change => Some(change),
            })
            .collect();
        if changes.is_empty() && values == 0 {
            return;
        }
        let unsent = Unsent {
            person,
            revision,
            changes,
            values,
        };
        // A browser that keeps nothing for pages loses it, as it loses what is typed anywhere.
        let _ = storage.set_item(&key(number), &to_text(&unsent));
    }

    /// What is kept of a plan for whoever is signed in. It is there once, and for nobody else.
    fn take(number: u64) -> Option<Unsent> {
        let storage = storage()?;
        let text = storage.get_item(&key(number)).ok().flatten()?;
        let _ = storage.remove_item(&key(number));
        let unsent: Unsent = from_text(&text)?;
        (Some(unsent.person) == person()).then_some(unsent)
    }

    impl Editor {
        pub(super) fn watch_sign_out(self, flush: Callback<()>) {
            let away = window_event_listener_untyped("pagehide", move |_| {
                if !has_ended() {
                    return;
                }
                flush.try_run(());
                let changes = match self.conflict.try_get_untracked().flatten() {
                    Some(conflict) => conflict.mine,
                    None => self
                        .queue
                        .try_get_untracked()
                        .unwrap_or_default()
                        .into_iter()
                        .collect(),
                };
                if let Some(revision) = self.revision.try_get_untracked() {
                    keep(self.number, revision, changes);
                }
            });
            on_cleanup(move || away.remove());
        }

        pub(super) fn take_up_unsent(self) {
            let Some(unsent) = take(self.number) else {
                return;
            };
            let mut lost = 0_u64;
            let is_same = unsent.revision == self.revision();
            if !is_same {
                // The plan was changed meanwhile: who typed this chooses.
                self.ask(Vec::new());
            }
            let mut back = 0_u64;
            for change in unsent.changes {
                // These say how everything is, not what was changed.
                let all = matches!(change, PlanEdit::Replace(_) | PlanEdit::SetRepublish(_));
                if all && !is_same {
                    lost += 1;
                } else if self.apply(change) {
                    back += 1;
                }
            }
            if !is_same && back == 0 {
                self.load_theirs();
            }
            if back > 0 {
                let changes = counted(back, "change", "changes");
                let now = if is_same {
                    "It is sent now."
                } else {
                    "Choose which changes count."
                };
                self.toasts.done(
                    "What you had changed is here again",
                    format!(
                        "Your session had ended before {changes} of plan #{} could be sent. {now}",
                        self.number
                    ),
                );
            }
            if unsent.values > 0 {
                let values = counted(unsent.values, "value", "values");
                self.toasts.warn(
                    format!("{values} of site properties not kept"),
                    "Your session ended before that was sent, and the browser does not keep values of site properties. Enter them again.",
                );
            }
            if lost > 0 {
                let changes = counted(lost, "change", "changes");
                self.toasts.warn(
                    format!("{changes} of plan #{} not kept", self.number),
                    "Your session ended before that was sent, and the plan was changed meanwhile. Look at the plan and make the change again.",
                );
            }
        }
    }
}

use super::state::Editor;
use leptos::prelude::*;

impl Editor {
    /// Keeps what is not sent yet when the session ends, and takes it up again when the person is
    /// back. `flush` makes what is typed a change.
    pub fn keep_while_signed_out(self, flush: Callback<()>) {
        self.flush.set_value(Some(flush));
        #[cfg(feature = "hydrate")]
        {
            self.watch_sign_out(flush);
            Effect::new(move |_| untrack(move || self.take_up_unsent()));
        }
    }
}

/// The server renders the page and sends nothing.
#[cfg(not(feature = "hydrate"))]
pub fn keep(
    _number: u64,
    _revision: i64,
    _changes: impl IntoIterator<Item = domain::view::PlanEdit>,
) {
}
