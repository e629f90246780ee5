//! The editor's way to the server and back: one thing at a time, in order, each naming the
//! revision that it saw.

use super::outbox::{After, after, has_arrived, pause, send_rest};
use super::state::{Editor, by_application};
use crate::api::plans::{edit_plan, find_plan};
use crate::components::status::counted;
use crate::error::ApiError;
use crate::live::use_live;
use domain::plan::PlanContent;
use domain::view::{PlanDetail, PlanEdit};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::VecDeque;

impl Editor {
    /// Whether changes are kept here because the server could not be reached.
    pub fn is_unsent(self) -> bool {
        self.unsent.try_get().unwrap_or(false)
    }

    /// Sends what is kept as soon as the live stream is back.
    pub fn send_when_live(self) {
        let live = use_live();
        Effect::new(move |before: Option<bool>| {
            let lost = live.lost();
            if before == Some(true) && !lost {
                self.try_now();
            }
            lost
        });
    }

    /// Sends what is kept now.
    pub fn try_now(self) {
        if self.unsent.try_get_untracked() == Some(true) {
            self.tries.set_value(0);
            self.pump();
        }
    }

    /// The editor is being left: what is typed and what is not on the server yet goes there
    /// without it.
    pub fn hand_over(self, flush: impl FnOnce()) {
        self.closed.set_value(true);
        flush();
        let unanswered = self
            .conflict
            .try_get_untracked()
            .flatten()
            .map_or(0, |conflict| conflict.mine.len());
        if unanswered > 0 {
            self.toasts.warn(
                format!(
                    "{} of plan #{} did not count",
                    counted(unanswered as u64, "change", "changes"),
                    self.number
                ),
                "Somebody else changed the plan at the same time, and theirs came first.",
            );
            return;
        }
        let rest = self.queue.try_update(std::mem::take).unwrap_or_default();
        if !rest.is_empty() {
            send_rest(self.number, self.revision(), rest, self.toasts);
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
        if self.is_discarding() {
            return;
        }
        spawn_local(async move {
            let answer = find_plan(self.number).await;
            match answer {
                Ok(Some(detail)) => self.take(detail, asked),
                Ok(None) => self.lost(),
                // What is on screen stays; the live stream says that it is old.
                Err(_) => {}
            }
        });
    }

    /// Somebody started the plan. Who does it here is told by the answer to that.
    pub(super) fn gone(self) {
        self.settle();
        if !self.is_discarding() {
            self.on_gone.try_run(());
        }
    }

    /// Whether the plan is being removed from here, or was.
    pub fn is_discarding(self) -> bool {
        self.discarding.try_get_value().unwrap_or(true)
    }

    /// Says that the plan is being removed from here, or that this did not work.
    pub fn set_discarding(self, discarding: bool) {
        self.discarding.try_set_value(discarding);
    }

    /// Takes what the server says, unless changes are on their way or came in between: then it is
    /// asked again once they are there. Taking an answer that was overtaken would take a change
    /// back on this page, and the next one would name a revision that is over.
    pub(super) fn take(self, detail: PlanDetail, asked: u64) {
        let Some(round) = self.round.try_get_value() else {
            // The screen is gone.
            return;
        };
        // A start from here names the revision, and is told by its own answer.
        let others = !self.sending.get_untracked() && round == asked;
        if others && !detail.row.status.is_editable() {
            self.overtaken(detail);
            return;
        }
        if self.conflict.with_untracked(Option::is_some) {
            self.not_overtaken(detail);
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
        self.rows
            .update(|rows| rows.extend(by_application(&detail.rows)));
        self.show_older(detail.content.source, detail.content.target);
        if detail.revision != self.revision.get_untracked() {
            self.revision.set(detail.revision);
        }
        if self
            .content
            .with_untracked(|content| *content != detail.content)
        {
            self.content.set(detail.content.clone());
            self.drop_offers(&detail.content);
        }
        if self.dirty.get_untracked() != detail.row.unsaved {
            self.dirty.set(detail.row.unsaved);
        }
        self.detail.set(detail);
    }

    /// What others made of the plan leaves nothing of some changes: those are no longer offered to
    /// be taken back.
    fn drop_offers(self, now: &PlanContent) {
        self.offers.update_value(|offers| {
            offers.retain(|(message, step)| {
                let left = step.undone(now) != *now;
                if !left {
                    self.toasts.dismiss(*message);
                }
                left
            });
        });
    }

    /// The plan was saved at this revision. To be told before [`Self::release`], so that whatever
    /// is sent next names it.
    pub fn saved(self, revision: i64) {
        self.settle();
        let later = self
            .queue
            .try_with_untracked(|queue| !queue.is_empty())
            .unwrap_or(false);
        let _ = self.revision.try_set(revision);
        let _ = self.dirty.try_set(later);
        self.missed.set_value(true);
    }

    /// The server changed the plan at this person's word, to this revision; how it is now is asked
    /// for. To be told before [`Self::release`].
    pub fn moved_on(self, revision: i64) {
        let _ = self.revision.try_set(revision);
        self.missed.set_value(true);
    }

    /// Sends the next change; with none left, does what waited for that.
    pub(super) fn pump(self) {
        let closed = self.closed.try_get_value().unwrap_or(true);
        if closed || self.sending.get_untracked() || self.conflict.with_untracked(Option::is_some) {
            return;
        }
        self.retry.cancel();
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
                Ok(revision) => self.arrived(revision, reload),
                Err(error) => self.refused(&error),
            }
        });
    }

    /// The first change of the queue is on the server.
    fn arrived(self, revision: i64, reload: bool) {
        // The screen may be gone by now; what was behind this change was handed over.
        if self.queue.try_update(VecDeque::pop_front).is_none() {
            return;
        }
        self.revision.set(revision);
        self.tries.set_value(0);
        self.doubtful.set_value(false);
        if self.unsent.get_untracked() {
            self.unsent.set(false);
        }
        if reload {
            self.missed.set_value(true);
        }
        self.release();
    }

    fn refused(self, error: &ApiError) {
        // The screen may be gone by now.
        if self.sending.try_set(false).is_some() {
            return;
        }
        self.round.update_value(|round| *round += 1);
        match after(error) {
            After::Keep => self.keep(),
            After::Ask if self.doubtful.get_value() => self.look_for_it(),
            After::Ask => self.stale(),
            After::Gone => self.lost(),
            After::TakeBack => {
                self.drop_waiting();
                self.unsent.set(false);
                self.doubtful.set_value(false);
                self.queue.update(VecDeque::clear);
                self.toasts.fail("The last change was taken back", error);
                self.refresh();
            }
        }
    }

    /// The server could not be reached: what is typed stays, and is sent again. What was asked for
    /// meanwhile waits as well, but nothing starts by itself later on.
    fn keep(self) {
        // It may have been taken all the same.
        self.doubtful.set_value(true);
        self.unsent.set(true);
        self.let_go(|waiting| waiting.otherwise.is_some());
        let tries = self.tries.get_value();
        self.tries.set_value(tries + 1);
        if let Some(wait) = pause(tries) {
            self.retry.run_in(wait, move || self.pump());
        }
    }

    fn stale(self) {
        self.doubtful.set_value(false);
        let mine = self
            .queue
            .with_untracked(|queue| queue.iter().cloned().collect());
        if self.conflict.with_untracked(Option::is_none) {
            self.ask(mine);
        }
    }

    /// A change was sent again and is too late: perhaps it is itself what came first.
    fn look_for_it(self) {
        let Some(change) = self.queue.with_untracked(|queue| queue.front().cloned()) else {
            return;
        };
        let seen = self.hold();
        spawn_local(async move {
            match find_plan(self.number).await {
                Ok(Some(detail))
                    if has_arrived(&change, seen, detail.revision, &detail.content) =>
                {
                    self.arrived(detail.revision, true);
                }
                Ok(None) => self.lost(),
                Ok(Some(_)) => {
                    if self.sending.try_set(false).is_none() {
                        self.round.update_value(|round| *round += 1);
                        self.stale();
                    }
                }
                Err(error) => self.refused(&error),
            }
        });
    }
}
