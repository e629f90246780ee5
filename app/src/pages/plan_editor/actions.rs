//! Validate, Save, Deploy now and Continue with errors: what goes to the server on its own, and may
//! be refused there.

use super::check::{Checker, count};
use super::conflict::Standing;
use super::state::Editor;
use super::target::Target;
use crate::api::plans::{save_plan, start_plan};
use crate::components::guard::Goal;
use crate::components::toast::{Toasts, use_toasts};
use crate::error::ApiError;
use crate::live::{Link, use_live};
use crate::session::use_session;
use domain::AppError;
use domain::access::Action;
use domain::impact::Severity;
use domain::plan::Choice;
use domain::view::{PlanDetail, StartOutcome};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Why nothing is written while changes wait for the server.
const UNSENT: &str = "Your last changes are not sent yet. They are sent again by themselves.";

/// What can be done with the whole plan, and what of it is under way.
#[derive(Clone, Copy)]
pub struct Actions {
    /// Being saved.
    pub saving: RwSignal<bool>,
    /// Being started.
    pub starting: RwSignal<bool>,
    /// Being put in the line of the target.
    pub queueing: RwSignal<bool>,
    /// What the dialog before Production asks about is not to start now, but when it is free.
    pub when_free: RwSignal<bool>,
    /// What the target says of plans.
    pub target: Target,
    /// The dialog that asks for a reason is open.
    pub continuing: RwSignal<bool>,
    /// The dialog that asks before deploying into Production is open.
    pub confirming: RwSignal<bool>,
    /// Whether the target is an environment of purpose Production.
    pub(super) production: Signal<bool>,
    /// The dialog that asks before discarding is open.
    pub discarding: RwSignal<bool>,
    /// Where the person is about to go, while the dialog that asks before leaving is open.
    pub leaving_to: RwSignal<Option<Goal>>,
    /// Why what a dialog asked for was not done; said in the dialog.
    pub problem: RwSignal<Option<String>>,
    /// Why nothing can be written now.
    pub unwritable: Signal<Option<String>>,
    /// Why the plan cannot be started, errors aside.
    pub unstartable: Signal<Option<String>>,
    /// Brings what is typed but not yet sent on its way.
    pub flush: Callback<()>,
    pub(super) editor: Editor,
    pub(super) checker: Checker,
    /// The plan runs or is gone: the screen has to look again.
    pub(super) on_left: Callback<()>,
    pub(super) toasts: Toasts,
}

impl Actions {
    /// The actions of an editor.
    pub fn new(
        editor: Editor,
        checker: Checker,
        flush: Callback<()>,
        on_left: Callback<()>,
        target: Target,
        production: Signal<bool>,
    ) -> Self {
        let live = use_live();
        let session = use_session();
        let unwritable = Signal::derive(move || {
            if matches!(live.link(), Link::Lost(_)) {
                Some("The connection to Slipway is lost. It comes back by itself.".to_owned())
            } else if matches!(editor.standing(), Standing::Started | Standing::Queued) {
                Some(
                    "This plan was started without your last changes: see the notice above."
                        .to_owned(),
                )
            } else if editor.conflict.with(Option::is_some) {
                Some("Choose first which changes count: see the notice above.".to_owned())
            } else if editor.is_unsent() {
                Some(UNSENT.to_owned())
            } else if editor.may_edit() {
                None
            } else {
                session
                    .refusal(Action::EditPlan)
                    .or_else(|| editor.detail.with(|d| d.refusal.clone()))
                    .or_else(|| Some("You may not change this plan.".to_owned()))
            }
        });
        let unstartable = Signal::derive(move || {
            if matches!(live.link(), Link::Lost(_))
                || editor.conflict.with(Option::is_some)
                || editor.is_unsent()
            {
                return unwritable.get();
            }
            if let Some(wrong) = super::typed_wrong(editor) {
                return Some(wrong);
            }
            let unseen = |d: &PlanDetail| d.news.as_ref().is_some_and(|n| !n.unseen.is_empty());
            if editor.detail.with(unseen) {
                return Some("The source changed: refresh the applications first.".to_owned());
            }
            if let Some(refusal) = session.refusal(Action::DeployApplications) {
                return Some(refusal);
            }
            if !editor.detail.with(|d| d.may_start) {
                return editor
                    .detail
                    .with(|d| d.refusal.clone())
                    .or_else(|| Some("You may not deploy to this environment.".to_owned()));
            }
            editor
                .content
                .with(|c| c.operations.iter().all(|o| o.choice == Choice::DoNothing))
                .then(|| "Nothing would change: add an application first.".to_owned())
        });
        Self {
            saving: RwSignal::new(false),
            starting: RwSignal::new(false),
            queueing: RwSignal::new(false),
            when_free: RwSignal::new(false),
            target,
            continuing: RwSignal::new(false),
            confirming: RwSignal::new(false),
            production,
            discarding: RwSignal::new(false),
            leaving_to: RwSignal::new(None),
            problem: RwSignal::new(None),
            unwritable,
            unstartable,
            flush,
            editor,
            checker,
            on_left,
            toasts: use_toasts(),
        }
    }

    /// How many errors were found, if it is known.
    pub fn errors(self) -> Option<usize> {
        self.checker
            .report
            .with(|r| r.as_ref().map(|r| count(r, Severity::Error)))
    }

    /// Why *Deploy now* cannot be pressed.
    pub fn deploy_refusal(self) -> Option<String> {
        if let Some(reason) = self.unstartable.get() {
            return Some(reason);
        }
        if let Some(refusal) = self.taken_refusal() {
            return Some(refusal);
        }
        match self.errors() {
            None => Some("The check is not done yet.".to_owned()),
            Some(0) => None,
            Some(1) => Some("1 error blocks the run.".to_owned()),
            Some(n) => Some(format!("{n} errors block the run.")),
        }
    }

    /// Why *Save* cannot be pressed.
    pub fn save_refusal(self) -> Option<String> {
        self.unwritable
            .get()
            .or_else(|| self.editor.tags.refusal(self.editor))
            .or_else(|| self.taken_refusal())
            .or_else(|| self.editor.settings.refusal())
            .or_else(|| self.editor.notes_problem.get())
    }

    /// Starts the plan, or says why it cannot be started.
    pub fn deploy_if_ready(self) {
        self.flush.run(());
        match untrack(move || self.deploy_refusal()) {
            None => self.ask_to_deploy(),
            Some(reason) => self.toasts.warn("Not started", reason),
        }
    }

    /// Saves the plan.
    pub fn save(self) {
        if self.saving.get_untracked() {
            return;
        }
        self.flush.run(());
        self.problem.set(None);
        if let Some(reason) = untrack(move || self.save_refusal()) {
            self.warn("Not saved", reason);
            return;
        }
        let editor = self.editor;
        editor.when_settled(move || {
            self.saving.set(true);
            let revision = editor.hold();
            spawn_local(async move {
                let answer = save_plan(editor.number, revision).await;
                if let Ok(revision) = answer {
                    editor.saved(revision);
                }
                let _ = self.saving.try_set(false);
                let there = editor.release();
                match answer {
                    // Said although the person went on: the plan is saved.
                    Ok(_) => self
                        .toasts
                        .done(format!("Plan #{} saved", editor.number), ""),
                    Err(error) => self.refused("was not saved", &error, there),
                }
            });
        });
    }

    /// Has the server check the plan.
    pub fn validate(self) {
        self.flush.run(());
        self.checker.ask(true);
    }

    /// Starts the plan at the person's word; into Production only after one more question.
    pub fn ask_to_deploy(self) {
        self.flush.run(());
        self.problem.set(None);
        self.when_free.set(false);
        if self.production.get_untracked() {
            self.confirming.set(true);
        } else {
            self.deploy(None);
        }
    }

    /// Asks for the reason to start the plan in spite of errors.
    pub fn ask_to_continue(self) {
        self.flush.run(());
        self.problem.set(None);
        self.when_free
            .set(untrack(move || self.waits_with_errors()));
        self.continuing.set(true);
    }

    /// Starts the plan; a reason continues with errors.
    pub fn deploy(self, reason: Option<String>) {
        if self.starting.get_untracked() {
            return;
        }
        self.flush.run(());
        self.problem.set(None);
        if let Some(reason) = self.unstartable.get_untracked() {
            self.warn("Not started", reason);
            return;
        }
        let editor = self.editor;
        // A deployment begins when somebody wants it, never by itself once a connection is back.
        editor.when_settled_or(
            move || self.start(reason),
            move || {
                self.warn(
                    "Not started",
                    "Your last changes did not reach Slipway. Deploy again once they are sent.",
                );
            },
        );
    }

    fn start(self, reason: Option<String>) {
        if self.starting.get_untracked() {
            return;
        }
        self.starting.set(true);
        let editor = self.editor;
        let revision = editor.hold();
        spawn_local(async move {
            let answer = start_plan(editor.number, revision, reason).await;
            let _ = self.starting.try_set(false);
            if let Ok(StartOutcome::Started) = answer {
                // If the person went on, the list and the watch bar show what runs.
                editor.settle();
                self.close();
                editor.leave();
                self.on_left.try_run(());
                return;
            }
            let there = editor.release();
            match answer {
                Ok(StartOutcome::Started) => {}
                Ok(StartOutcome::Refused(report)) => {
                    self.close();
                    self.checker.show(report);
                    self.toasts.warn(
                        format!("Plan #{} was not started", editor.number),
                        "The server checked again and found errors. Nothing was changed.",
                    );
                }
                Err(error) => self.refused("was not started", &error, there),
            }
        });
    }

    /// Closes the dialogs that ask before a start.
    pub(super) fn close(self) {
        let _ = self.continuing.try_set(false);
        let _ = self.confirming.try_set(false);
    }

    /// Whether a dialog of the editor is open: what is said then is said in it.
    fn in_dialog(self) -> bool {
        [self.continuing, self.confirming, self.discarding]
            .iter()
            .any(|open| open.try_get_untracked() == Some(true))
            || self.leaving_to.try_with_untracked(Option::is_some) == Some(true)
    }

    pub(super) fn warn(self, title: &str, reason: impl Into<String>) {
        let reason = reason.into();
        if self.in_dialog() {
            self.problem.set(Some(format!("{title}. {reason}")));
        } else {
            self.toasts.warn(title, reason);
        }
    }

    /// Says what the server refused; `there` tells whether the editor is still on screen.
    pub(super) fn refused(self, what: &str, error: &ApiError, there: bool) {
        let title = format!("Plan #{} {what}", self.editor.number);
        if self.in_dialog() {
            self.problem.set(Some(format!("{title}. {error}")));
        } else {
            self.toasts.fail(title, error);
        }
        let is_old = match error {
            ApiError::App(AppError::Stale { .. } | AppError::NotFound { .. }) => true,
            ApiError::App(AppError::Conflict { code, .. }) => code == "source_changed",
            _ => false,
        };
        if there && is_old {
            self.editor.refresh();
        }
    }
}
