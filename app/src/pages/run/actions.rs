//! What can be done about a run: go on, stop it, make another plan of it.

use super::again::{Again, TakeUpAgain};
use super::go_on::GoOnDialog;
use super::head::CopyLink;
use super::refresh;
use crate::api::environments::list_environments;
use crate::api::executions::continue_plan;
use crate::components::button::{Button, LinkButton, Weight};
use crate::components::production::{Going, ProductionQuestion, asks_before, lead_of, what_goes};
use crate::components::toast::use_toasts;
use crate::derived::derived;
use crate::error::ApiError;
use crate::live::{Link, use_live};
use crate::pages::plan_abort::Stoppable;
use crate::routes;
use domain::execution::{Phase, StepState};
use domain::impact::Report;
use domain::plan::PlanStatus;
use domain::view::{ContinueOutcome, RunDetail};
use leptos::prelude::*;
use leptos::task::spawn_local;

/// The buttons in the page's head.
#[component]
pub(super) fn RunActions(
    run: RwSignal<RunDetail>,
    failed: RwSignal<Option<ApiError>>,
    aborting: RwSignal<Option<Stoppable>>,
    again: Again,
) -> impl IntoView {
    let toasts = use_toasts();
    let live = use_live();
    let number = run.with_untracked(|r| r.plan.number);
    let continuing = RwSignal::new(false);
    let status = derived(move |_| run.with(|r| r.plan.status));
    let lost = move || {
        matches!(live.link(), Link::Lost(_))
            .then(|| "The connection to Slipway is lost. It comes back by itself.".to_owned())
    };
    let asking = RwSignal::new(false);
    let found = RwSignal::new(None::<Report>);
    let go_on_because = Callback::new(move |reason: Option<String>| {
        asking.set(false);
        continuing.set(true);
        spawn_local(async move {
            let answer = continue_plan(number, reason).await;
            if continuing.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(ContinueOutcome::Continued) => {
                    found.set(None);
                    refresh(number, run, failed);
                }
                Ok(ContinueOutcome::Refused(report)) => found.set(Some(report)),
                Err(error) => toasts.fail(format!("Plan #{number} was not continued"), &error),
            }
        });
    });
    let go_on = Callback::new(move |()| go_on_because.run(None));
    // What is known of the environments may be old: whether to ask is asked anew.
    let ask = Callback::new(move |()| {
        continuing.set(true);
        spawn_local(async move {
            let all = list_environments().await.unwrap_or_default();
            let all: Vec<_> = all.into_iter().map(|card| card.row).collect();
            if continuing.try_set(false).is_some() {
                return;
            }
            let asks = |r: &RunDetail| asks_before(&all, &r.plan.target, Going::on(&r.plan));
            if run.with_untracked(asks) {
                asking.set(true);
            } else {
                go_on.run(());
            }
        });
    });
    let abort_refusal =
        Signal::derive(move || lost().or_else(|| run.with(|r| r.abort_refusal.clone())));
    let continue_refusal =
        Signal::derive(move || lost().or_else(|| run.with(|r| r.continue_refusal.clone())));
    view! {
        <ProductionQuestion
            open=asking
            target=Signal::derive(move || run.with(|r| r.plan.target.clone()))
            lead=Signal::derive(move || run.with(|r| lead_of(&r.plan, Going::on(&r.plan))))
            brings=Signal::derive(move || run.with(|r| what_goes(&r.plan)))
            total=Signal::derive(move || run.with(|r| r.plan.application_total as usize))
            refusal=continue_refusal
            on_keep=Callback::new(move |()| asking.set(false))
            on_deploy=go_on
        />
        <GoOnDialog
            run
            found
            busy=continuing
            on_go=Callback::new(move |reason: String| go_on_because.run(Some(reason)))
        />
        <CopyLink/>
        <LinkButton
            label=Signal::derive(move || {
                let over = status.get().is_terminal();
                if over { "What changed" } else { "What will change" }.to_owned()
            })
            href=routes::changes(number)
            icon="compare"
        />
        <TakeUpAgain run again/>
        <Show when=move || status.get() == PlanStatus::NeedsIntervention>
            <Button
                label="Continue deployment"
                weight=Weight::Hold
                icon="play"
                busy=continuing
                refusal=continue_refusal
                on_press=ask
            />
        </Show>
        <Show when=move || {
            matches!(status.get(), PlanStatus::Running | PlanStatus::NeedsIntervention)
        }>
            <Button
                label="Abort"
                name=Signal::derive(move || format!("Abort plan #{number}"))
                weight=Weight::QuietDanger
                icon="stop"
                controls="abort-plan"
                refusal=abort_refusal
                on_press=Callback::new(move |()| aborting.set(Some(run.with_untracked(stoppable))))
            />
        </Show>
        <Show when=move || status.get() == PlanStatus::Aborting>
            <Button
                label="Aborting"
                weight=Weight::QuietDanger
                busy=Signal::derive(|| true)
            />
        </Show>
    }
}

pub(super) fn stoppable(run: &RunDetail) -> Stoppable {
    Stoppable {
        number: run.plan.number,
        target: run.plan.target.clone(),
        switched: run
            .steps
            .iter()
            .any(|s| s.phase == Phase::Activate && s.state != StepState::Waiting),
        stands: run.plan.status == PlanStatus::NeedsIntervention,
    }
}
