//! The buttons and dialogs of what can be done with the whole plan.

use super::actions::Actions;
use super::check::Checker;
use super::production::ProductionDialog;
use super::rows::Lanes;
use super::state::Editor;
use crate::api::plans::discard_plan;
use crate::components::button::{Button, Weight};
use crate::components::controls::TextArea;
use crate::components::dialog::{Confirm, Dialog};
use crate::components::field::Field;
use crate::components::menu::{Menu, MenuItem};
use crate::components::status::counted;
use crate::components::toast::use_toasts;
use crate::pages::plans::discarded::say_discarded;
use crate::routes;
use crate::session::use_session;
use domain::name::MAX_REASON;
use domain::view::PlanDetail;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The buttons in the head of the page.
#[component]
pub fn ActionBar(editor: Editor, checker: Checker, actions: Actions) -> impl IntoView {
    let session = use_session();
    let items = Callback::new(move |()| {
        let label = if editor.is_draft() {
            "Discard draft"
        } else {
            "Discard plan"
        };
        let mut item = MenuItem::new(
            label,
            "trash",
            Callback::new(move |()| {
                actions.problem.set(None);
                actions.discarding.set(true);
            }),
        );
        item.danger = true;
        item.refusal = actions.unwritable.get_untracked().or_else(|| {
            let creator = |detail: &PlanDetail| detail.row.stamps.created.by.login.clone();
            session.discard_refusal(&editor.detail.with_untracked(creator))
        });
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
            refusal=Signal::derive(move || actions.save_refusal())
            on_press=Callback::new(move |()| actions.save())
        />
        <Show when=move || actions.may_wait()>
            <Button
                label="Start when free"
                icon="clock"
                busy=actions.queueing
                refusal=Signal::derive(move || actions.wait_refusal())
                on_press=Callback::new(move |()| actions.ask_to_wait())
            />
        </Show>
        <Button
            label=Signal::derive(move || actions.target.deploy_label().to_owned())
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
        actions.problem.set(None);
        editor.set_discarding(true);
        let was_saved = !editor.is_draft();
        spawn_local(async move {
            let answer = discard_plan(editor.number).await;
            if answer.is_ok() {
                editor.settle();
            }
            if busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => {
                    editor.abandon();
                    if was_saved {
                        say_discarded(toasts, editor.number);
                    } else {
                        toasts.done(format!("Plan #{} discarded", editor.number), "");
                    }
                    navigate(routes::PLANS, NavigateOptions::default());
                }
                Err(error) => {
                    editor.set_discarding(false);
                    let said = format!("The plan was not discarded. {error}");
                    actions.problem.set(Some(said));
                }
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
            error=actions.problem
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
    let busy = Signal::derive(move || actions.starting.get() || actions.queueing.get());
    let empty = move || reason.with(|r| r.trim().is_empty());
    let go = Callback::new(move |()| {
        let said = reason.get_untracked().trim().to_owned();
        if said.is_empty() || busy.get_untracked() {
            return;
        }
        if actions.when_free.get_untracked() {
            actions.wait(Some(said));
        } else {
            actions.deploy(Some(said));
        }
    });
    let own_errors = move || {
        let report = checker.report;
        report.with(|report| Some(report.as_ref()?.own_errors().count()))
    };
    let broken = move || {
        checker.report.with(|report| {
            let mut names: Vec<String> = report.as_ref().map_or_else(Vec::new, |report| {
                report
                    .own_errors()
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
            error=actions.problem
            id="continue-with-errors"
            title=Signal::derive(move || {
                let target = lanes.with(|l| l.target.0.clone());
                if actions.when_free.get() {
                    format!("Deploy to {target} with errors when it is free?")
                } else {
                    format!("Deploy to {target} with errors?")
                }
            })
            lead=Signal::derive(move || {
                let target = lanes.with(|l| l.target.0.clone());
                format!(
                    "The run goes on although {} found{}. What is named here may not work in {target} afterwards.",
                    match own_errors() {
                        Some(1) => "1 error was".to_owned(),
                        Some(n) => format!("{} were", counted(n as u64, "error", "errors")),
                        None => "errors were".to_owned(),
                    },
                    if actions.when_free.get() {
                        ", as soon as no other plan is in the way; if anything else is found then, it does not start"
                    } else {
                        ""
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
                    label=Signal::derive(move || {
                        if actions.when_free.get() {
                            "Start when free".to_owned()
                        } else {
                            "Continue with errors".to_owned()
                        }
                    })
                    weight=Weight::Danger
                    busy
                    refusal=Signal::derive(move || empty().then(|| "Give a reason first".to_owned()))
                    on_press=go
                />
            </footer>
        </Dialog>
    }
}
