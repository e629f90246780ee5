//! Whether the server knows everything typed here, and what waits until it does.

use super::state::Editor;
use leptos::prelude::*;
use std::collections::VecDeque;

/// Something that waits until the server knows everything typed here. It belongs to the editor and
/// not to the button that was pressed, whose view may be replaced meanwhile.
type Then = Box<dyn FnOnce() + Send + Sync>;

/// What waits, and what is done in its place if it cannot be done soon; without that it waits as
/// long as it takes.
pub(super) struct Waiting {
    then: Then,
    pub(super) otherwise: Option<Then>,
}

impl Editor {
    /// Whether everything typed here is on the server.
    pub fn is_settled(self) -> bool {
        // What hears of a change may be asked once more while the screen is taken away.
        self.queue.try_with(VecDeque::is_empty).unwrap_or(true)
            && !self.sending.try_get().unwrap_or(false)
    }

    pub(super) fn is_settled_now(self) -> bool {
        self.queue.with_untracked(VecDeque::is_empty) && !self.sending.get_untracked()
    }

    /// Runs `then` once everything typed here is on the server, however long the server is away;
    /// not at all if a change is refused.
    pub fn when_settled(self, then: impl FnOnce() + Send + Sync + 'static) {
        if self.is_settled_now() {
            then();
        } else {
            let waiting = Waiting {
                then: Box::new(then),
                otherwise: None,
            };
            self.waiting.update_value(|all| all.push_back(waiting));
        }
    }

    /// The same for what must not happen by itself later on: `otherwise` is run in its place if a
    /// change does not reach the server at once, for whatever reason.
    pub fn when_settled_or(
        self,
        then: impl FnOnce() + Send + Sync + 'static,
        otherwise: impl FnOnce() + Send + Sync + 'static,
    ) {
        if self.is_settled_now() {
            then();
        } else if self.unsent.get_untracked() {
            otherwise();
        } else {
            let waiting = Waiting {
                then: Box::new(then),
                otherwise: Some(Box::new(otherwise)),
            };
            self.waiting.update_value(|all| all.push_back(waiting));
        }
    }

    /// Everything is on the server: one thing after the other that waited for it, then a look at
    /// what was missed.
    pub(super) fn settled(self) {
        while self.is_settled_now() {
            let next = self.waiting.try_update_value(VecDeque::pop_front).flatten();
            match next {
                Some(waiting) => (waiting.then)(),
                None => break,
            }
        }
        if self.is_settled_now() {
            self.steps.set_value(Vec::new());
            if self.missed.get_value() {
                self.missed.set_value(false);
                self.refresh();
            }
        }
    }

    /// Nothing that waited is done.
    pub(super) fn drop_waiting(self) {
        self.let_go(|_| true);
    }

    /// Of what waited, that is not done of which `which` says so.
    pub(super) fn let_go(self, which: impl Fn(&Waiting) -> bool) {
        let all = self
            .waiting
            .try_update_value(std::mem::take)
            .unwrap_or_default();
        let (gone, stay): (VecDeque<_>, VecDeque<_>) = all.into_iter().partition(which);
        self.waiting.update_value(|waiting| *waiting = stay);
        for waiting in gone {
            if let Some(otherwise) = waiting.otherwise {
                otherwise();
            }
        }
    }
}
