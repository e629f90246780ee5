//! A plan's run: how far it is, what is being worked on, what happened. It lives on the server;
//! this screen only looks, and can ask it to stop.

// The log is a handle; it is large only where builds keep the places it was made at.
#![allow(clippy::large_types_passed_by_value)]

mod address;
mod applications;
mod head;
mod hits;
mod log;
mod log_panel;
mod outcome;
mod remaining;
mod voyage;
mod window;

use crate::api::executions::{continue_plan, read_run};
use crate::components::button::{Button, LinkButton, Weight};
use crate::components::layout::PageHead;
use crate::components::markdown::Markdown;
use crate::components::status::{Look, Status};
use crate::components::time::{When, WhenStyle, use_clock};
use crate::components::timeline::{TimeLineView, brief, spoken};
use crate::components::toast::use_toasts;
use crate::components::waves::{WaveGraph, WaveLegend, WaveNode, WaveView};
use crate::derived::{Derived, derived};
use crate::error::ApiError;
use crate::live::{Link, use_live, use_topic};
use crate::pages::plan_abort::{AbortDialog, Stoppable};
use crate::routes;
use applications::RunApplications;
use domain::Timestamp;
use domain::execution::{Phase, StepKind, StepState};
use domain::plan::{Origin, PlanStatus};
use domain::view::{LogPage, RunDetail, StepRow};
use head::{CopyLink, MayBeOld};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_meta::Title;
use log::RunLog;
use log_panel::LogPanel;
use outcome::Outcome;
use std::collections::BTreeMap;
use voyage::Voyage;

/// How many lines of the log are read at a time.
pub const LOG_WINDOW: u64 = 300;

/// Percent of the steps that are done.
pub fn percent((done, all): (u32, u32)) -> u32 {
    (done * 100).checked_div(all).unwrap_or(0)
}

/// A run.
#[component]
pub fn RunView(
    /// The run, as it was when the page was opened.
    run: RunDetail,
    /// The end of its log.
    log: LogPage,
    /// How many environments there are.
    lanes: u32,
) -> impl IntoView {
    let number = run.plan.number;
    let topics = [
        use_topic(format!("run/{number}")),
        use_topic(format!("plan/{number}")),
    ];
    let run = RwSignal::new(run);
    let failed = RwSignal::new(None::<ApiError>);
    let log = RunLog::new(number, log);
    let moved = derived(move |_| topics.iter().map(|t| t.get()).sum::<u64>());
    Effect::new(move |before: Option<u64>| {
        let now = moved.get();
        if before.is_some_and(|before| before != now) {
            refresh(number, run, failed);
            log.append();
        }
        now
    });
    let again = Callback::new(move |()| {
        refresh(number, run, failed);
        log.retry();
    });
    let status = derived(move |_| run.with(|r| r.plan.status));
    let name = derived(move |_| run.with(|r| r.plan.name.clone()));
    let crumbs = vec![
        (
            "Deployment Plans".to_owned(),
            Some(routes::PLANS.to_owned()),
        ),
        (format!("#{number}"), None),
    ];
    let aborting = RwSignal::new(None::<Stoppable>);
    // What ended meanwhile cannot be stopped, and what the question says of it is no longer true.
    Effect::new(move |_| {
        if status.get().is_terminal() {
            aborting.set(None);
        }
    });
    let title = move || {
        let name = name.get();
        let look = run.with(|r| Look::of_plan(r.plan.status, r.plan.intervention));
        if status.get() == PlanStatus::Running {
            format!("{}% {name}", run.with(|r| percent(r.plan.progress)))
        } else {
            format!("{}: {name}", look.word)
        }
    };
    let graph = use_wave_graph(run);
    let modules = derived(move |_| graph.with(modules_line));
    view! {
        <Title text=title/>
        <PageHead
            title=Signal::derive(move || name.get())
            crumbs
            actions=ViewFn::from(move || view! { <RunActions run failed aborting/> })
        >
            <div class="page-sub below">
                <RunLine run/>
            </div>
        </PageHead>
        <MayBeOld failed log on_retry=again/>
        <Outcome run log/>
        <Show when=move || !status.get().is_terminal()>
            <Voyage run lanes/>
        </Show>
        <Notes run/>
        <div class="run-grid">
            <div class="stack run-left">
                <Show when=move || graph.with(|g| !g.nodes.is_empty())>
                    <section class="panel" aria-labelledby="h-modules">
                        <header>
                            <h2 id="h-modules">"Modules"</h2>
                            <span class="panel-sub">{move || modules.get()}</span>
                            <Show when=move || !status.get().is_terminal()>
                                <WaveLegend/>
                            </Show>
                        </header>
                        <WaveView graph/>
                    </section>
                </Show>
                <RunApplications run lanes/>
            </div>
            <section class="panel stepsp" aria-labelledby="h-steps">
                <header>
                    <h2 id="h-steps">"Steps"</h2>
                    <span class="panel-sub push">"min:s"</span>
                </header>
                <TimeLineView run on_line=Callback::new(move |line| log.go_to(line))/>
            </section>
        </div>
        <LogPanel log/>
        <AbortDialog run=aborting on_asked=Callback::new(move |_| refresh(number, run, failed))/>
    }
}

fn refresh(number: u64, run: RwSignal<RunDetail>, failed: RwSignal<Option<ApiError>>) {
    spawn_local(async move {
        let answer = read_run(number).await;
        let error = answer.as_ref().err().cloned();
        match failed.try_with_untracked(|before| *before != error) {
            // The screen is gone.
            None => return,
            Some(true) => failed.set(error),
            Some(false) => {}
        }
        // What is on screen stays if this fails, and is said to be old.
        if let Ok(fresh) = answer {
            let older = run
                .try_with_untracked(|now| now.last_log > fresh.last_log)
                .unwrap_or(true);
            if !older {
                let _ = run.try_set(fresh);
            }
        }
    });
}

/// Started when, by whom; ended when.
#[component]
fn RunLine(run: RwSignal<RunDetail>) -> impl IntoView {
    let look = Signal::derive(move || {
        run.with(|r| {
            let look = Look::of_plan(r.plan.status, r.plan.intervention);
            match (&r.abort, r.plan.status) {
                (Some((stamp, _)), PlanStatus::Aborted | PlanStatus::Aborting) => {
                    let word = format!("{} by {}", look.word, stamp.by.name);
                    look.saying(word)
                }
                _ => look,
            }
        })
    });
    let started = move || run.with(|r| r.plan.stamps.started.clone());
    let finished = move || run.with(|r| r.plan.stamps.finished);
    view! {
        <Status look/>
        {move || {
            started()
                .map(|stamp| {
                    view! {
                        <span>
                            "Started " <When at=stamp.at style=WhenStyle::Both/> " by "
                            {stamp.by.name}
                        </span>
                    }
                })
        }}
        {move || {
            finished()
                .map(|at| view! { <span>"Ended " <When at style=WhenStyle::Both/></span> })
        }}
    }
}

#[component]
fn RunActions(
    run: RwSignal<RunDetail>,
    failed: RwSignal<Option<ApiError>>,
    aborting: RwSignal<Option<Stoppable>>,
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
    let go_on = Callback::new(move |()| {
        continuing.set(true);
        spawn_local(async move {
            let answer = continue_plan(number).await;
            if continuing.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(()) => refresh(number, run, failed),
                Err(error) => toasts.fail(format!("Plan #{number} was not continued"), &error),
            }
        });
    });
    let abort_refusal =
        Signal::derive(move || lost().or_else(|| run.with(|r| r.abort_refusal.clone())));
    let continue_refusal =
        Signal::derive(move || lost().or_else(|| run.with(|r| r.continue_refusal.clone())));
    view! {
        <CopyLink/>
        <LinkButton label="What changed" href=routes::changes(number) icon="compare"/>
        {move || {
            Origin::offered(status.get())
                .map(|how| {
                    let (label, icon) = match how {
                        Origin::Retry => ("Retry Plan", "retry"),
                        Origin::Reuse { .. } => ("Reuse Plan", "reuse"),
                    };
                    view! {
                        <LinkButton label href=routes::reuse(number) icon/>
                    }
                })
        }}
        <Show when=move || status.get() == PlanStatus::NeedsIntervention>
            <Button
                label="Continue deployment"
                weight=Weight::Hold
                icon="play"
                busy=continuing
                refusal=continue_refusal
                on_press=go_on
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

fn stoppable(run: &RunDetail) -> Stoppable {
    Stoppable {
        number: run.plan.number,
        target: run.plan.target.clone(),
        switched: run
            .steps
            .iter()
            .any(|s| s.phase == Phase::Activate && s.state != StepState::Waiting),
    }
}

#[component]
fn Notes(run: RwSignal<RunDetail>) -> impl IntoView {
    let notes = derived(move |_| run.with(|r| r.notes.trim().to_owned()));
    view! {
        <Show when=move || notes.with(|n| !n.is_empty())>
            <details class="panel run-notes">
                <summary>"Deployment notes"</summary>
                <Markdown text=Signal::derive(move || notes.get())/>
            </details>
        </Show>
    }
}

/// The modules of the run in waves. A module's state is that of the step that shows best how far
/// it is: what is being switched or was switched before what is being staged.
fn use_wave_graph(run: RwSignal<RunDetail>) -> Derived<WaveGraph> {
    let clock = use_clock();
    let base = derived(move |_| run.with(modules_of));
    derived(move |_| {
        let (modules, edges) = base.get();
        let running = modules.iter().any(|m| m.state == StepState::Running);
        let now = if running {
            clock.now()
        } else {
            Timestamp::default()
        };
        WaveGraph {
            nodes: modules
                .into_iter()
                .map(|m| WaveNode {
                    time: m.time(now),
                    name: m.name,
                    wave: m.wave,
                    state: m.state,
                    republish: m.republish,
                })
                .collect(),
            edges,
        }
    })
}

/// A module of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RunModule {
    name: String,
    wave: u32,
    state: StepState,
    republish: bool,
    /// When the step that is under way began, and the time of the steps that are over.
    since: Option<Timestamp>,
    spent: i64,
}

impl RunModule {
    fn time(&self, now: Timestamp) -> String {
        let under_way = match self.since {
            Some(since) if self.state == StepState::Running => now.since(since).max(0),
            _ => 0,
        };
        // What was only staged says nothing yet about how long the switch takes.
        if matches!(self.state, StepState::Waiting | StepState::Skipped) {
            String::new()
        } else {
            brief(self.spent + under_way)
        }
    }
}

fn modules_of(run: &RunDetail) -> (Vec<RunModule>, Vec<(usize, usize)>) {
    let mut steps: BTreeMap<_, Vec<&StepRow>> = BTreeMap::new();
    for step in &run.steps {
        if let Some((module, _)) = &step.module
            && matches!(
                step.kind,
                StepKind::Transfer
                    | StepKind::Stage
                    | StepKind::Activate
                    | StepKind::Remove
                    | StepKind::SwitchBack
            )
        {
            steps.entry(*module).or_default().push(step);
        }
    }
    let mut modules: Vec<_> = steps
        .into_iter()
        .map(|(id, steps)| {
            let name = steps
                .first()
                .and_then(|s| s.module.as_ref())
                .map_or_else(String::new, |m| m.1.clone());
            let module = RunModule {
                name,
                wave: steps.iter().map(|s| s.wave).max().unwrap_or(0).max(1),
                state: module_state(&steps),
                republish: steps.iter().any(|s| s.republish),
                since: steps
                    .iter()
                    .filter(|s| s.state == StepState::Running)
                    .filter_map(|s| s.started)
                    .min(),
                spent: steps
                    .iter()
                    .filter_map(|s| Some(s.finished?.since(s.started?)))
                    .sum(),
            };
            (id, module)
        })
        .collect();
    modules.sort_by(|a, b| (a.1.wave, &a.1.name).cmp(&(b.1.wave, &b.1.name)));
    let place = |id| modules.iter().position(|m| m.0 == id);
    let edges = run
        .edges
        .iter()
        .filter_map(|(consumer, producer)| Some((place(*producer)?, place(*consumer)?)))
        .collect();
    (modules.into_iter().map(|m| m.1).collect(), edges)
}

/// Where a module stands: done is only what was switched and not switched back.
fn module_state(steps: &[&StepRow]) -> StepState {
    let has = |state| steps.iter().any(|s| s.state == state);
    if has(StepState::Failed) {
        return StepState::Failed;
    }
    if has(StepState::Running) {
        return StepState::Running;
    }
    let of = |kinds: &[StepKind]| {
        steps
            .iter()
            .find(|s| kinds.contains(&s.kind))
            .map(|s| s.state)
    };
    if of(&[StepKind::SwitchBack]) == Some(StepState::Succeeded) {
        return StepState::Skipped;
    }
    // Between two steps nothing is being done with it.
    of(&[StepKind::Activate, StepKind::Remove]).unwrap_or(StepState::Waiting)
}

fn modules_line(graph: &WaveGraph) -> String {
    let count = |state| graph.nodes.iter().filter(|n| n.state == state).count();
    let mut line = format!(
        "{} of {} done",
        count(StepState::Succeeded),
        graph.nodes.len()
    );
    for (state, word) in [
        (StepState::Failed, "failed"),
        (StepState::Skipped, "not started"),
    ] {
        let n = count(state);
        if n > 0 {
            line = format!("{line}, {n} {word}");
        }
    }
    line
}

/// How long the run has taken, or took.
fn elapsed(run: &RunDetail, now: Timestamp) -> Option<String> {
    let started = run.plan.stamps.started.as_ref()?.at;
    let end = run.plan.stamps.finished.unwrap_or(now);
    Some(spoken(end.since(started)))
}
