//! Validate, Save, Deploy now, Continue with errors and Discard: what goes to the server on its
//! own, and may be refused there.

use super::check::{Checker, count};
use super::production::ProductionDialog;
use super::rows::Lanes;
use super::state::Editor;
use crate::api::plans::{discard_plan, save_plan, start_plan};
use crate::components::button::{Button, Weight};
use crate::components::controls::TextArea;
use crate::components::dialog::{Confirm, Dialog};
use crate::components::field::Field;
use crate::components::menu::{Menu, MenuItem};
use crate::components::status::counted;
use crate::components::toast::{Toasts, use_toasts};
use crate::error::ApiError;
use crate::live::{Link, use_live};
use crate::routes;
use crate::session::use_session;
use domain::AppError;
use domain::access::Action;
use domain::impact::Severity;
use domain::name::MAX_REASON;
use domain::plan::Choice;
use domain::view::StartOutcome;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// What can be done with the whole plan, and what of it is under way.
#[derive(Clone, Copy)]
pub struct Actions {
    /// Being saved.
    pub saving: RwSignal<bool>,
    /// Being started.
    pub starting: RwSignal<bool>,
    /// The dialog that asks for a reason is open.
    pub continuing: RwSignal<bool>,
    /// The dialog that asks before deploying into Production is open.
    pub confirming: RwSignal<bool>,
    /// Whether the target is an environment of purpose Production.
    production: Signal<bool>,
    /// The dialog that asks before discarding is open.
    pub discarding: RwSignal<bool>,
    /// Why nothing can be written now.
    pub unwritable: Signal<Option<String>>,
    /// Why the plan cannot be started, errors aside.
    pub unstartable: Signal<Option<String>>,
    /// Brings what is typed but not yet sent on its way.
    pub flush: Callback<()>,
    editor: Editor,
    checker: Checker,
    /// The plan runs or is gone: the screen has to look again.
    on_left: Callback<()>,
    toasts: Toasts,
}

impl Actions {
    /// The actions of an editor.
    pub fn new(
        editor: Editor,
        checker: Checker,
        flush: Callback<()>,
        on_left: Callback<()>,
        production: Signal<bool>,
    ) -> Self {
        let live = use_live();
        let session = use_session();
        let unwritable = Signal::derive(move || {
            if matches!(live.link(), Link::Lost(_)) {
                Some("The connection to Slipway is lost. It comes back by itself.".to_owned())
            } else if editor.conflict.with(Option::is_some) {
                Some("Choose first which changes count: see the notice above.".to_owned())
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
            if matches!(live.link(), Link::Lost(_)) || editor.conflict.with(Option::is_some) {
                return unwritable.get();
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
            continuing: RwSignal::new(false),
            confirming: RwSignal::new(false),
            production,
            discarding: RwSignal::new(false),
            unwritable,
            unstartable,
            flush,
            editor,
            checker,
            on_left,
            toasts: use_toasts(),
        }
    }

    fn errors(self) -> Option<usize> {
        self.checker
            .report
            .with(|r| r.as_ref().map(|r| count(r, Severity::Error)))
    }

    /// Why *Deploy now* cannot be pressed.
    pub fn deploy_refusal(self) -> Option<String> {
        if let Some(reason) = self.unstartable.get() {
            return Some(reason);
        }
        match self.errors() {
            None => Some("The check is not done yet.".to_owned()),
            Some(0) => None,
            Some(1) => Some("1 error blocks the run.".to_owned()),
            Some(n) => Some(format!("{n} errors block the run.")),
        }
    }

    /// Starts the plan, or says why it cannot be started.
    pub fn deploy_if_ready(self) {
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
        if let Some(reason) = self.unwritable.get_untracked() {
            self.toasts.warn("Not saved", reason);
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
        if self.production.get_untracked() {
            self.confirming.set(true);
        } else {
            self.deploy(None);
        }
    }

    /// Starts the plan; a reason continues with errors.
    pub fn deploy(self, reason: Option<String>) {
        if self.starting.get_untracked() {
            return;
        }
        self.flush.run(());
        if let Some(reason) = self.unstartable.get_untracked() {
            self.toasts.warn("Not started", reason);
            return;
        }
        let editor = self.editor;
        editor.when_settled(move || {
            if self.starting.get_untracked() {
                return;
            }
            self.starting.set(true);
            let revision = editor.hold();
            spawn_local(async move {
                let answer = start_plan(editor.number, revision, reason).await;
                let _ = self.starting.try_set(false);
                if let Ok(StartOutcome::Started) = answer {
                    // If the person went on, the list and the watch bar show what runs.
                    let _ = self.continuing.try_set(false);
                    editor.leave();
                    self.on_left.try_run(());
                    return;
                }
                let there = editor.release();
                match answer {
                    Ok(StartOutcome::Started) => {}
                    Ok(StartOutcome::Refused(report)) => {
                        let _ = self.continuing.try_set(false);
                        self.checker.show(report);
                        self.toasts.warn(
                            format!("Plan #{} was not started", editor.number),
                            "The server checked again and found errors. Nothing was changed.",
                        );
                    }
                    Err(error) => self.refused("was not started", &error, there),
                }
            });
        });
    }

    /// Says what the server refused; `there` tells whether the editor is still on screen.
    fn refused(self, what: &str, error: &ApiError, there: bool) {
        self.toasts
            .fail(format!("Plan #{} {what}", self.editor.number), error);
        if there
            && matches!(
                error,
                ApiError::App(AppError::Stale { .. } | AppError::NotFound { .. })
            )
        {
            self.editor.refresh();
        }
    }
}

/// The buttons in the head of the page.
#[component]
pub fn ActionBar(editor: Editor, checker: Checker, actions: Actions) -> impl IntoView {
    let items = Callback::new(move |()| {
        let label = if editor.is_draft() {
            "Discard draft"
        } else {
            "Discard plan"
        };
        let mut item = MenuItem::new(
            label,
            "trash",
            Callback::new(move |()| actions.discarding.set(true)),
        );
        item.danger = true;
        item.refusal = actions.unwritable.get_untracked();
        vec![item]
    });
    let weight = Signal::derive(|| Weight::Primary);
    view! {
        <Menu label="More" items/>
        <Button
            label="Validate"
            icon="check"
            busy=checker.asking
            on_press=Callback::new(move |()| actions.validate())
        />
        <Button
            label="Save"
            busy=actions.saving
            refusal=actions.unwritable
            on_press=Callback::new(move |()| actions.save())
        />
        <Button
            label="Deploy now"
            weight
            icon="play"
            busy=actions.starting
            refusal=Signal::derive(move || actions.deploy_refusal())
            on_press=Callback::new(move |()| actions.ask_to_deploy())
        />
    }
}

/// The dialogs of the actions.
#[component]
pub fn ActionDialogs(
    editor: Editor,
    checker: Checker,
    actions: Actions,
    #[prop(into)] lanes: Signal<Lanes>,
) -> impl IntoView {
    let navigate = use_navigate();
    let toasts = use_toasts();
    let busy = RwSignal::new(false);
    let discard = Callback::new(move |()| {
        let navigate = navigate.clone();
        busy.set(true);
        spawn_local(async move {
            let answer = discard_plan(editor.number).await;
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    editor.leave();
                    toasts.done(format!("Plan #{} discarded", editor.number), "");
                    navigate(routes::PLANS, NavigateOptions::default());
                }
                Err(error) => toasts.fail("The plan was not discarded", &error),
            }
        });
    });
    view! {
        <Confirm
            open=actions.discarding
            id="discard-plan"
            title=format!("Discard plan #{}?", editor.number)
            lead=Signal::derive(move || {
                if editor.is_draft() {
                    "The draft was never saved. Nothing in any environment changes.".to_owned()
                } else {
                    "It is removed for everybody. Nothing in any environment changes.".to_owned()
                }
            })
            keep="Keep it"
            act="Discard plan"
            busy
            on_keep=Callback::new(move |()| actions.discarding.set(false))
            on_act=discard
        />
        <ContinueDialog editor checker actions lanes/>
        <ProductionDialog editor actions lanes/>
    }
}

/// *Continue with errors*: names what breaks and asks for a reason.
#[component]
fn ContinueDialog(
    editor: Editor,
    checker: Checker,
    actions: Actions,
    lanes: Signal<Lanes>,
) -> impl IntoView {
    let reason = RwSignal::new(String::new());
    let close = Callback::new(move |()| actions.continuing.set(false));
    let empty = move || reason.with(|r| r.trim().is_empty());
    let go = Callback::new(move |()| {
        if !reason.with_untracked(|r| r.trim().is_empty()) {
            actions.deploy(Some(reason.get_untracked().trim().to_owned()));
        }
    });
    let broken = move || {
        checker.report.with(|report| {
            let mut names: Vec<String> = report.as_ref().map_or_else(Vec::new, |report| {
                report
                    .findings
                    .iter()
                    .filter(|f| f.severity == Severity::Error)
                    .filter_map(|f| {
                        f.consumer
                            .as_ref()
                            .map(|c| format!("{} of {}", c.name, c.application_name))
                            .or_else(|| {
                                let id = f.application?;
                                editor.rows.with(|r| r.get(&id).map(|r| r.name.clone()))
                            })
                    })
                    .collect()
            });
            names.sort();
            names.dedup();
            names
        })
    };
    view! {
        <Dialog
            open=actions.continuing
            on_close=close
            on_confirm=go
            id="continue-with-errors"
            title=Signal::derive(move || {
                lanes.with(|l| format!("Deploy to {} with errors?", l.target.0))
            })
            lead=Signal::derive(move || {
                let target = lanes.with(|l| l.target.0.clone());
                format!(
                    "The run goes on although {} found. What is named here may not work in {target} afterwards.",
                    match actions.errors() {
                        Some(1) => "1 error was".to_owned(),
                        Some(n) => format!("{} were", counted(n as u64, "error", "errors")),
                        None => "errors were".to_owned(),
                    },
                )
            })
        >
            <div class="body">
                <ul class="breaks">
                    {move || {
                        let names = broken();
                        let more = names.len().saturating_sub(12);
                        names
                            .into_iter()
                            .take(12)
                            .chain((more > 0).then(|| format!("and {more} more")))
                            .map(|name| view! { <li>{name}</li> })
                            .collect_view()
                    }}
                </ul>
                <Field
                    label="Reason"
                    id="continue-reason"
                    aside="kept in the audit"
                    hint="Say why this is all right; others will read it."
                >
                    <TextArea
                        id="continue-reason"
                        rows=3
                        max=MAX_REASON
                        value=reason
                        on_input=Callback::new(move |value| reason.set(value))
                    />
                </Field>
            </div>
            <footer>
                <Button label="Do not run" on_press=close/>
                <Button
                    label="Continue with errors"
                    weight=Weight::Danger
                    busy=actions.starting
                    refusal=Signal::derive(move || empty().then(|| "Give a reason first".to_owned()))
                    on_press=go
                />
            </footer>
        </Dialog>
    }
}
