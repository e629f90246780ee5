//! The editor's way to the server and back: one thing at a time, in order, each naming the
//! revision that it saw.

use super::state::{Conflict, Editor, by_application};
use crate::api::plans::{edit_plan, read_plan};
use crate::error::ApiError;
use domain::AppError;
use domain::view::{PlanDetail, PlanEdit};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::VecDeque;

impl Editor {
    /// Whether everything typed here is on the server.
    pub fn is_settled(self) -> bool {
        self.queue.with(VecDeque::is_empty) && !self.sending.get()
    }

    fn is_settled_now(self) -> bool {
        self.queue.with_untracked(VecDeque::is_empty) && !self.sending.get_untracked()
    }

    /// Runs `then` once everything typed here is on the server; not at all if that fails.
    pub fn when_settled(self, then: impl FnOnce() + Send + Sync + 'static) {
        if self.is_settled_now() {
            then();
        } else {
            self.waiting
                .update_value(|waiting| waiting.push_back(Box::new(then)));
        }
    }

    /// Keeps changes back while something else that names the revision is under way; to be called
    /// when everything is settled, and followed by [`Self::release`]. Gives the revision to name.
    pub fn hold(self) -> i64 {
        self.sending.set(true);
        self.round.update_value(|round| *round += 1);
        self.revision.get_untracked()
    }

    /// Lets changes go on that were kept back. Tells whether the editor is still there.
    pub fn release(self) -> bool {
        let there = self.sending.try_set(false).is_none();
        if there {
            self.round.update_value(|round| *round += 1);
            self.pump();
        }
        there
    }

    /// Asks the server how the plan is now.
    pub fn refresh(self) {
        let Some(asked) = self.round.try_get_value() else {
            return;
        };
        spawn_local(async move {
            let answer = read_plan(self.number).await;
            match answer {
                Ok(detail) => self.take(detail, asked),
                Err(ApiError::App(AppError::NotFound { .. })) => self.gone(),
                // What is on screen stays; the live stream says that it is old.
                Err(_) => {}
            }
        });
    }

    fn gone(self) {
        self.on_gone.try_run(());
    }

    /// Takes what the server says, unless changes are on their way or came in between: then it is
    /// asked again once they are there. Taking an answer that was overtaken would take a change
    /// back on this page, and the next one would name a revision that is over.
    fn take(self, detail: PlanDetail, asked: u64) {
        let Some(round) = self.round.try_get_value() else {
            // The screen is gone.
            return;
        };
        if self.conflict.with_untracked(Option::is_some) {
            return;
        }
        if !self.is_settled_now() {
            self.missed.set_value(true);
            return;
        }
        if round != asked {
            self.refresh();
            return;
        }
        if detail.revision < self.revision.get_untracked() {
            return;
        }
        if !detail.row.status.is_editable() {
            self.gone();
            return;
        }
        self.rows
            .update(|rows| rows.extend(by_application(&detail.rows)));
        if detail.revision != self.revision.get_untracked() {
            self.revision.set(detail.revision);
        }
        if self
            .content
            .with_untracked(|content| *content != detail.content)
        {
            self.content.set(detail.content.clone());
        }
        if self.dirty.get_untracked() != detail.row.unsaved {
            self.dirty.set(detail.row.unsaved);
        }
        self.detail.set(detail);
    }

    /// What was typed here was typed by somebody else too, and theirs came first: asks which counts.
    pub fn disagree(self, change: PlanEdit) {
        let mut mine: Vec<PlanEdit> = self.queue.get_untracked().into();
        mine.push(change);
        self.conflict.set(Some(Conflict { mine }));
    }

    /// Goes on with the server's content; the changes of this page are dropped.
    pub fn load_theirs(self) {
        self.queue.update(VecDeque::clear);
        self.conflict.set(None);
        self.refresh();
    }

    /// Puts the changes of this page on top of the server's content.
    pub fn keep_mine(self) {
        let Some(conflict) = self.conflict.get_untracked() else {
            return;
        };
        let asked = self.round.get_value();
        spawn_local(async move {
            match read_plan(self.number).await {
                Ok(detail) => {
                    if self.conflict.try_set(None).is_some() {
                        return;
                    }
                    self.queue.update(VecDeque::clear);
                    self.take(detail, asked);
                    for change in conflict.mine {
                        self.apply(change);
                    }
                }
                Err(error) => self.toasts.fail("The plan could not be loaded", &error),
            }
        });
    }

    /// The plan was saved at this revision. To be told before [`Self::release`], so that whatever
    /// is sent next names it.
    pub fn saved(self, revision: i64) {
        let later = self
            .queue
            .try_with_untracked(|queue| !queue.is_empty())
            .unwrap_or(false);
        let _ = self.revision.try_set(revision);
        let _ = self.dirty.try_set(later);
        self.missed.set_value(true);
    }

    /// Sends the next change; with none left, does what waited for that.
    pub(super) fn pump(self) {
        if self.sending.get_untracked() || self.conflict.with_untracked(Option::is_some) {
            return;
        }
        let Some(change) = self.queue.with_untracked(|queue| queue.front().cloned()) else {
            self.settled();
            return;
        };
        let reload = matches!(
            change,
            PlanEdit::AddApplications(_) | PlanEdit::SetEnvironments(..) | PlanEdit::Replace(_)
        );
        let revision = self.hold();
        spawn_local(async move {
            let answer = edit_plan(self.number, revision, change).await;
            match answer {
                Ok(revision) => {
                    self.queue.update(|queue| {
                        queue.pop_front();
                    });
                    self.revision.set(revision);
                    if reload {
                        self.missed.set_value(true);
                    }
                    self.release();
                }
                Err(error) => self.refused(&error),
            }
        });
    }

    /// Everything is on the server: one thing after the other that waited for it, then a look at
    /// what was missed.
    fn settled(self) {
        while self.is_settled_now() {
            let next = self.waiting.try_update_value(VecDeque::pop_front).flatten();
            match next {
                Some(then) => then(),
                None => break,
            }
        }
        if self.is_settled_now() && self.missed.get_value() {
            self.missed.set_value(false);
            self.refresh();
        }
    }

    fn refused(self, error: &ApiError) {
        // The screen may be gone by now.
        if self.sending.try_set(false).is_some() {
            return;
        }
        self.round.update_value(|round| *round += 1);
        self.waiting.update_value(VecDeque::clear);
        match error {
            ApiError::App(AppError::Stale { .. }) => {
                let mine = self
                    .queue
                    .with_untracked(|queue| queue.iter().cloned().collect());
                self.conflict
                    .update(|conflict| *conflict = conflict.take().or(Some(Conflict { mine })));
            }
            ApiError::App(AppError::NotFound { .. }) => self.gone(),
            ApiError::App(_) | ApiError::Transport(_) => {
                self.queue.update(VecDeque::clear);
                self.toasts.fail("The last change was taken back", error);
                self.refresh();
            }
        }
    }
}
