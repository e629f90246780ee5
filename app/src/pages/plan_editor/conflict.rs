//! Somebody else was faster: whose changes count, theirs or those of this page.

use super::state::Editor;
use super::undo::on_top;
use crate::api::plans::find_plan;
use domain::view::{PlanEdit, Stamp};
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
        self.conflict.set(Some(Conflict { mine, theirs: None }));
        self.drop_waiting();
        spawn_local(async move {
            if let Ok(Some(detail)) = find_plan(self.number).await {
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
                    if self.conflict.try_set(None).is_some() {
                        return;
                    }
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
}
