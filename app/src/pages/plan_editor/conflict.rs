//! Somebody else was faster: whose changes count, theirs or those of this page; or the plan was
//! started without them.

use super::state::Editor;
use super::undo::on_top;
use crate::api::plans::find_plan;
use domain::plan::{Choice, PlanStatus, edit};
use domain::view::{PlanDetail, PlanEdit, Stamp};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::VecDeque;

/// A change that the server did not take because somebody else was faster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The changes of this page that are not on the server.
    pub mine: Vec<PlanEdit>,
    /// Who changed the plan last, once that is known.
    pub theirs: Option<Stamp>,
    /// Why there is nothing to choose any more.
    pub over: Option<Over>,
}

/// The plan left the editor, from another window or by somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// It stands in line for its target, and was not started yet.
    pub queued: bool,
    /// Who did that, when.
    pub by: Option<Stamp>,
}

/// Whether the plan is as this page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    One,
    /// Two people changed it, and one has to choose.
    Two,
    /// It was put in line without the last changes of this page.
    Queued,
    /// It was started without them.
    Started,
}

impl Editor {
    /// What was typed here was typed by somebody else too, and theirs came first: asks which counts.
    pub fn disagree(self, change: PlanEdit) {
        let mut mine: Vec<PlanEdit> = match self.conflict.get_untracked() {
            Some(conflict) => conflict.mine,
            None => self.queue.get_untracked().into(),
        };
        mine.push(change);
        self.ask(mine);
    }

    /// Asks which changes count, and finds out whose the others are.
    pub(super) fn ask(self, mine: Vec<PlanEdit>) {
        self.unsent.set(false);
        self.retry.cancel();
        let over = self
            .conflict
            .with_untracked(|conflict| conflict.as_ref().and_then(|c| c.over.clone()));
        let is_over = over.is_some();
        self.conflict.set(Some(Conflict {
            mine,
            theirs: None,
            over,
        }));
        self.drop_waiting();
        if is_over {
            return;
        }
        spawn_local(async move {
            if let Ok(Some(detail)) = find_plan(self.number).await {
                // The screen may be gone by now.
                if self.closed.try_get_value() != Some(false) {
                    return;
                }
                if !detail.row.status.is_editable() {
                    self.overtaken(detail);
                    return;
                }
                self.conflict.try_update(|conflict| {
                    if let Some(conflict) = conflict {
                        conflict.theirs = detail.changed;
                    }
                });
            }
        });
    }

    /// Goes on with the server's content; the changes of this page are dropped.
    pub fn load_theirs(self) {
        self.queue.update(VecDeque::clear);
        self.steps.set_value(Vec::new());
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
            match find_plan(self.number).await {
                Ok(Some(detail)) => {
                    if self.closed.try_get_value() != Some(false) {
                        return;
                    }
                    if !detail.row.status.is_editable() {
                        self.overtaken(detail);
                        return;
                    }
                    self.conflict.set(None);
                    self.queue.update(VecDeque::clear);
                    let steps = self.steps.try_update_value(std::mem::take);
                    let steps = steps.unwrap_or_default();
                    self.take(detail, asked);
                    for change in conflict.mine {
                        let now = self.content.get_untracked();
                        self.apply(on_top(change, &steps, &now));
                    }
                }
                Ok(None) => self.lost(),
                Err(error) => self.toasts.fail("The plan could not be loaded", &error),
            }
        });
    }

    /// Whether the plan is as this page shows it.
    pub fn standing(self) -> Standing {
        self.conflict.with(|conflict| match conflict {
            None => Standing::One,
            Some(Conflict { over: None, .. }) => Standing::Two,
            Some(Conflict {
                over: Some(over), ..
            }) if over.queued => Standing::Queued,
            Some(_) => Standing::Started,
        })
    }

    /// The plan was started or put in line from elsewhere. What is not in it stays in sight until
    /// the person goes on; with nothing of that, the run is shown at once.
    pub(super) fn overtaken(self, detail: PlanDetail) {
        if self.is_discarding() {
            return;
        }
        let stamps = &detail.row.stamps;
        let queued = detail.row.status == PlanStatus::Queued;
        let by = if queued {
            stamps.queued.clone()
        } else {
            stamps.started.clone()
        };
        let over = Some(Over { queued, by });
        let before = self.conflict.get_untracked();
        if before.as_ref().is_some_and(|before| before.over == over) {
            self.detail.set(detail);
            return;
        }
        self.retry.cancel();
        let mine = match before {
            Some(conflict) => conflict.mine,
            None => self.queue.get_untracked().into(),
        };
        self.conflict.set(Some(Conflict {
            mine,
            theirs: detail.changed.clone(),
            over,
        }));
        // With that, what is typed is one of the changes and is not sent.
        if let Some(flush) = self.flush.get_value() {
            flush.run(());
        }
        let nothing = self.conflict.try_update(|conflict| {
            conflict.as_mut().is_none_or(|conflict| {
                conflict.mine.retain(|change| {
                    edit(&detail.content, change.clone(), |_| Choice::DoNothing)
                        .map_or(true, |with| with != detail.content)
                });
                conflict.mine.is_empty()
            })
        });
        self.unsent.set(false);
        self.doubtful.set_value(false);
        self.queue.update(VecDeque::clear);
        self.drop_waiting();
        if nothing == Some(true) && !untrack(move || self.is_typing()) {
            self.conflict.set(None);
            self.gone();
            return;
        }
        self.settle();
        self.detail.set(detail);
    }

    /// The plan left the line again: there is something to choose once more.
    pub(super) fn not_overtaken(self, detail: PlanDetail) {
        let was_over = self
            .conflict
            .with_untracked(|conflict| conflict.as_ref().is_some_and(|c| c.over.is_some()));
        if was_over && detail.row.status.is_editable() {
            self.conflict.update(|conflict| {
                if let Some(conflict) = conflict {
                    conflict.over = None;
                }
            });
            self.detail.set(detail);
        }
    }

    /// Shows what became of the plan; what is not in it is dropped.
    pub fn go_on(self) {
        self.conflict.set(None);
        self.abandon();
        self.gone();
    }
}
