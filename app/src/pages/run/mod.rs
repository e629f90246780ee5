//! A plan's run: how far it is, what is being worked on, what happened. It lives on the server;
//! this screen only looks, and can ask it to stop.

// The log is a handle; it is large only where builds keep the places it was made at.
#![allow(clippy::large_types_passed_by_value)]

mod actions;
mod address;
mod again;
mod applications;
mod go_on;
mod head;
mod hits;
mod line;
mod log;
mod log_panel;
mod modules;
pub(crate) mod outcome;
mod prepared;
mod remaining;
mod rolled_back;
mod values;
mod voyage;
mod window;

pub(crate) use head::CopyLink;

use crate::api::executions::read_run;
use crate::components::icon::{Glyph, Icon};
use crate::components::kept_focus::KeptFocus;
use crate::components::layout::PageHead;
use crate::components::markdown::Markdown;
use crate::components::status::Look;
use crate::components::timeline::{TimeLineView, spoken};
use crate::components::toast::use_toasts;
use crate::components::watch::percent;
use crate::components::waves::{WaveLegend, WaveView};
use crate::components::window_title::WindowTitle;
use crate::derived::derived;
use crate::error::ApiError;
use crate::live::{Heard, follow};
use crate::pages::plan_abort::{self, AbortDialog, Stoppable};
use crate::pages::rollback::RollbackDialog;
use crate::routes;
use actions::RunActions;
use again::Again;
use applications::RunApplications;
use domain::Timestamp;
use domain::execution::StepState;
use domain::plan::PlanStatus;
use domain::view::{LogPage, RunDetail};
use head::MayBeOld;
use leptos::prelude::*;
use leptos::task::spawn_local;
use line::{RunLine, Went};
use log::RunLog;
use log_panel::LogPanel;
use modules::{modules_line, use_wave_graph};
use outcome::Outcome;
use prepared::Prepared;
use rolled_back::{RollBack, RollbackLinks};
use values::MissingValues;
use voyage::Voyage;

/// How many lines of the log are read at a time.
pub const LOG_WINDOW: u64 = 300;

/// A run.
#[component]
pub fn RunView(
    /// The run, as it was when the page was opened.
    run: RunDetail,
    /// The end of its log.
    log: LogPage,
    /// How many environments there are.
    lanes: u32,
    /// What was heard when it began to be read.
    #[prop(default = Heard::default())]
    heard: Heard,
) -> impl IntoView {
    let number = run.plan.number;
    let run = RwSignal::new(run);
    let failed = RwSignal::new(None::<ApiError>);
    let log = RunLog::new(number, log);
    let topics = [format!("run/{number}"), format!("plan/{number}")];
    // Whether it can be continued hangs on its environments, too.
    follow(
        &[&topics[0], &topics[1], "environments"],
        heard,
        move || {
            refresh(number, run, failed);
            log.append();
        },
    );
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
    let toasts = use_toasts();
    let aborting = RwSignal::new(None::<Stoppable>);
    let rolling_back = RwSignal::new(None::<u64>);
    let once_more = Again::new();
    // What ended meanwhile cannot be stopped, and what the question says of it is no longer true.
    Effect::new(move |_| {
        let Some(status) = status.try_get() else {
            return;
        };
        if status.is_terminal() && aborting.with_untracked(Option::is_some) {
            aborting.set(None);
            toasts.warn(
                format!("Plan #{number} is over"),
                format!(
                    "{}. There is nothing left to abort.",
                    Look::of_plan(status, None).word
                ),
            );
        }
    });
    // Buttons go with what can be done.
    if let Some(focus) = use_context::<KeptFocus>() {
        // The last change may be told when the screen is gone already.
        focus.follow(move || {
            let _ = status.try_get();
        });
    }
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
    let reason = derived(move |_| run.with(went_wrong));
    plan_abort::follow(aborting, move |_| {
        run.with(|run| (!run.plan.status.is_terminal()).then(|| actions::stoppable(run)))
    });
    view! {
        <WindowTitle text=title/>
        <PageHead
            title=Signal::derive(move || name.get())
            crumbs
            actions=ViewFn::from(move || view! {
                <RollBack run rolling_back/>
                <RunActions run failed aborting again=once_more/>
            })
        >
            <div class="page-sub below">
                <RunLine run/>
                <Went run lanes/>
                <RollbackLinks run/>
            </div>
        </PageHead>
        <MayBeOld failed log on_retry=again/>
        <Outcome run log/>
        <Prepared run on_changed=Callback::new(move |()| refresh(number, run, failed))/>
        <MissingValues run on_changed=Callback::new(move |()| refresh(number, run, failed))/>
        <Show when=move || !status.get().is_terminal()>
            <Voyage run lanes/>
        </Show>
        <InSpite run/>
        <Notes text=Signal::derive(move || run.with(|r| r.notes.trim().to_owned()))/>
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
                    <span class="panel-sub push">"Duration"</span>
                </header>
                <TimeLineView run on_line=Callback::new(move |line| log.go_to(line))/>
            </section>
        </div>
        <LogPanel log reason/>
        <RollbackDialog rolling=rolling_back/>
        {once_more.dialog()}
        <AbortDialog run=aborting on_asked=Callback::new(move |_| refresh(number, run, failed))/>
    }
}

/// What leads to the line of the log that says why it did not go on. (Who aborts a plan made no
/// error.)
fn went_wrong(run: &RunDetail) -> Option<&'static str> {
    if run.steps.iter().any(|s| s.state == StepState::Failed) {
        return Some("Read the last error");
    }
    let aborted = run.plan.stamps.aborted.as_ref();
    aborted.map(|_| "Read why it was aborted")
}

/// Why it was started in spite of errors.
#[component]
fn InSpite(run: RwSignal<RunDetail>) -> impl IntoView {
    let reason = derived(move |_| run.with(|run| run.in_spite_because.clone()));
    let by = derived(move |_| run.with(|run| run.plan.stamps.started.clone()));
    move || {
        reason.get().map(|reason| {
            let by = by
                .get()
                .map_or_else(String::new, |at| format!(" by {}", at.by.name));
            view! {
                <div class="notice warn">
                    <Glyph name="warn"/>
                    <p>
                        <b>{format!("Started in spite of errors{by}. ")}</b>
                        {reason}
                    </p>
                </div>
            }
        })
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
            // Answers may overtake each other; what is over stays over.
            let older = run
                .try_with_untracked(|now| {
                    let over = |run: &RunDetail| run.plan.status.is_terminal();
                    now.last_log > fresh.last_log || (over(now) && !over(&fresh))
                })
                .unwrap_or(true);
            if !older {
                let _ = run.try_set(fresh);
            }
        }
    });
}

/// The deployment notes of a plan that cannot be changed, if it has any.
#[component]
pub(crate) fn Notes(
    /// The notes.
    text: Signal<String>,
) -> impl IntoView {
    let notes = derived(move |_| text.get());
    view! {
        <Show when=move || notes.with(|n| !n.is_empty())>
            <details class="panel run-notes">
                <summary>
                    <Icon name="right"/>
                    "Deployment notes"
                </summary>
                <Markdown text=Signal::derive(move || notes.get())/>
            </details>
        </Show>
    }
}

/// How long the run has taken, or took; without the time for which it waited for people.
fn elapsed(run: &RunDetail, now: Timestamp) -> Option<String> {
    run.plan.stamps.took(now).map(spoken)
}

/// How long it waited for people before it went on, if that is worth a word.
fn paused_for(run: &RunDetail) -> Option<String> {
    let waited = run.plan.stamps.waited;
    (waited >= 1_000).then(|| spoken(waited))
}
