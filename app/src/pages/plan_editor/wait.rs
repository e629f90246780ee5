//! *Start when free*: where nothing but other plans is in the way, the plan is put in the line of
//! its target.

use super::actions::Actions;
use crate::api::line::queue_plan;
use domain::view::QueueOutcome;
use leptos::prelude::*;
use leptos::task::spawn_local;

impl Actions {
    /// Why a draft cannot become a saved plan of its target.
    pub(super) fn taken_refusal(self) -> Option<String> {
        let (number, _) = self.target.taken().filter(|_| self.editor.is_draft())?;
        Some(format!(
            "The target takes one saved plan at a time, and #{number} is not over."
        ))
    }

    /// Whether nothing but other plans is in the way, and what a reason overrides.
    pub fn may_wait(self) -> bool {
        self.checker.report.with(|r| {
            r.as_ref()
                .is_some_and(|r| r.may_wait() || r.may_wait_with_reason())
        })
    }

    /// Whether that needs a reason.
    pub(super) fn waits_with_errors(self) -> bool {
        self.checker
            .report
            .with(|r| r.as_ref().is_some_and(|r| r.may_wait_with_reason()))
    }

    /// Why *Start when free* cannot be pressed.
    pub fn wait_refusal(self) -> Option<String> {
        self.unstartable.get().or_else(|| self.taken_refusal())
    }

    /// Puts the plan in line at the person's word; with errors only with a reason, for Production
    /// only after one more question.
    pub fn ask_to_wait(self) {
        self.flush.run(());
        self.problem.set(None);
        self.when_free.set(true);
        if untrack(move || self.waits_with_errors()) {
            self.continuing.set(true);
        } else if self.production.get_untracked() {
            self.confirming.set(true);
        } else {
            self.wait(None);
        }
    }

    /// Does what the dialog before Production was asked for.
    pub fn confirmed(self) {
        if self.when_free.get_untracked() {
            self.wait(None);
        } else {
            self.deploy(None);
        }
    }

    /// Puts the plan in the line of its target; a reason goes on with errors.
    pub(super) fn wait(self, reason: Option<String>) {
        if self.queueing.get_untracked() {
            return;
        }
        self.flush.run(());
        self.problem.set(None);
        if let Some(reason) = untrack(move || self.wait_refusal()) {
            self.warn("Not put in line", reason);
            return;
        }
        let editor = self.editor;
        editor.when_settled_or(
            move || self.queue(reason),
            move || {
                self.warn(
                    "Not put in line",
                    "Your last changes did not reach Slipway. Try again once they are sent.",
                );
            },
        );
    }

    fn queue(self, reason: Option<String>) {
        if self.queueing.get_untracked() {
            return;
        }
        self.queueing.set(true);
        let editor = self.editor;
        let revision = editor.hold();
        spawn_local(async move {
            let answer = queue_plan(editor.number, revision, reason).await;
            let _ = self.queueing.try_set(false);
            if let Ok(QueueOutcome::Queued) = answer {
                editor.settle();
                self.close();
                editor.leave();
                self.on_left.try_run(());
                return;
            }
            let there = editor.release();
            match answer {
                Ok(QueueOutcome::Queued) => {}
                Ok(QueueOutcome::Refused(report)) => {
                    self.close();
                    self.checker.show(report);
                    self.toasts.warn(
                        format!("Plan #{} was not put in line", editor.number),
                        "The server found errors that no waiting settles. Nothing was changed.",
                    );
                }
                Err(error) => self.refused("was not put in line", &error, there),
            }
        });
    }
}
