//! The hull on the rail between source and target: how far, in which phase, and for how long.

use super::remaining::{phase_ahead, remaining};
use super::{elapsed, paused_for};
use crate::components::lane::{Lane, LaneBack, Place};
use crate::components::status::{Look, Status};
use crate::components::time::use_clock;
use crate::components::timeline::{pauses, phase_word, spoken, without};
use crate::components::watch::percent;
use crate::components::waves::wave_count;
use crate::derived::derived;
use domain::execution::{Phase, StepKind, StepState};
use domain::plan::{Intervention, PlanStatus};
use domain::view::RunDetail;
use leptos::prelude::*;

/// Where the phases begin on the rail, in percent: steps of a phase, of all.
fn stops(run: &RunDetail) -> Vec<(Phase, u32)> {
    let all = run.steps.len().max(1);
    let mut before = 0;
    run.phases
        .iter()
        .map(|phase| {
            let at = before * 100 / all;
            before += run.steps.iter().filter(|s| s.phase == phase.phase).count();
            (phase.phase, at as u32)
        })
        .collect()
}

/// The rail.
#[component]
pub fn Voyage(run: RwSignal<RunDetail>, lanes: u32) -> impl IntoView {
    let clock = use_clock();
    let done = derived(move |_| run.with(|r| percent(r.plan.progress)));
    let status = derived(move |_| run.with(|r| (r.plan.status, r.plan.intervention)));
    let source = Signal::derive(move || run.with(|r| r.plan.source.clone()));
    let target = Signal::derive(move || run.with(|r| r.plan.target.clone()));
    let goes_back = derived(move |_| run.with(|r| r.plan.source == r.plan.target));
    let places = Signal::derive(move || {
        run.with(|r| {
            (
                Place::new(r.plan.lanes.0, lanes),
                Place::new(r.plan.lanes.1, lanes),
            )
        })
    });
    let (tone, label) = (
        move || match status.get().0 {
            PlanStatus::NeedsIntervention => "prepared",
            PlanStatus::Aborting => "bad",
            _ => "moving",
        },
        move || match status.get() {
            (PlanStatus::NeedsIntervention, Some(Intervention::Prepared)) => "Ready".to_owned(),
            (PlanStatus::Aborting, _) => "Stopping".to_owned(),
            _ => format!("{}%", done.get()),
        },
    );
    // The hull stays on the rail at both ends.
    let left = move || {
        format!(
            "inset-inline-start:clamp(2rem, {}%, calc(100% - 2rem))",
            done.get()
        )
    };
    let marks = derived(move |_| run.with(stops));
    let eta = move || {
        let now = clock.now();
        run.with(|r| {
            (
                elapsed(r, now).map(|time| match paused_for(r) {
                    Some(paused) => format!("{time} so far, and {paused} paused"),
                    None => format!("{time} so far"),
                }),
                remaining(r).unwrap_or_else(|| past_runs(r)),
            )
        })
    };
    view! {
        <section class="panel voy" aria-label="Overall progress">
            <div class="voyage">
                {move || {
                    if goes_back.get() {
                        view! { <LaneBack words="Rollback"/> }.into_any()
                    } else {
                        view! { <Lane name=source place=Signal::derive(move || places.get().0)/> }
                            .into_any()
                    }
                }}
                <div
                    class="track"
                    role="progressbar"
                    aria-valuemin="0"
                    aria-valuemax="100"
                    aria-valuenow=move || done.get()
                    aria-label="Overall progress"
                >
                    <span
                        class=move || format!("done {}", tone())
                        style=move || format!("inline-size:{}%", done.get())
                    ></span>
                    {move || {
                        let done = done.get();
                        marks
                            .get()
                            .into_iter()
                            .filter(|(_, at)| *at > 0)
                            .map(|(_, at)| {
                                view! {
                                    <span
                                        class=if at < done { "stop past" } else { "stop" }
                                        style=format!("inset-inline-start:{at}%")
                                    ></span>
                                }
                            })
                            .collect_view()
                    }}
                    <span class=move || format!("chip {}", tone()) style=left>
                        {label}
                    </span>
                </div>
                <Lane name=target place=Signal::derive(move || places.get().1)/>
                <Phases run/>
            </div>
            <p class="eta">
                <b>{move || eta().0}</b>
                <span>{move || eta().1}</span>
            </p>
        </section>
    }
}

/// "The last three runs to Quality took 11 to 13 min.", only when there were such runs.
fn past_runs(run: &RunDetail) -> String {
    let target = &run.plan.target;
    let known = &run.past_durations;
    let (Some(shortest), Some(longest)) = (known.iter().min(), known.iter().max()) else {
        return String::new();
    };
    let took = if *longest < 10_000 {
        let (a, b) = (spoken(*shortest), spoken(*longest));
        if a == b {
            a
        } else {
            format!("{} to {b}", a.trim_end_matches(" s"))
        }
    } else if *longest < 60_000 {
        let (a, b) = (shortest / 1000, longest / 1000);
        if a == b {
            format!("{a} s")
        } else {
            format!("{a} to {b} s")
        }
    } else {
        let (a, b) = ((shortest + 30_000) / 60_000, (longest + 30_000) / 60_000);
        if a == b {
            format!("about {a} min")
        } else {
            format!("{a} to {b} min")
        }
    };
    match known.len() {
        1 => format!("The last run to {target} took {took}."),
        2 => format!("The last two runs to {target} took {took}."),
        _ => format!("The last three runs to {target} took {took}."),
    }
}

#[component]
fn Phases(run: RwSignal<RunDetail>) -> impl IntoView {
    let clock = use_clock();
    let phases = derived(move |_| run.with(|r| r.phases.clone()));
    // Each word stands where its phase begins on the rail.
    let columns = derived(move |_| {
        let ends = run.with(stops).into_iter().map(|(_, at)| at);
        let ends: Vec<u32> = ends.chain([100]).collect();
        let wide = ends.windows(2);
        let wide = wide.map(|ends| format!("minmax(max-content,{}fr)", (ends[1] - ends[0]).max(1)));
        format!("--phases:{}", wide.collect::<Vec<_>>().join(" "))
    });
    let note = move |phase: Phase, state: StepState| {
        run.with(|r| {
            let row = r.phases.iter().find(|p| p.phase == phase)?;
            let Some(started) = row.started else {
                return phase_ahead(r, phase);
            };
            let paused = pauses(r);
            Some(match state {
                StepState::Running => {
                    let time = spoken(without(&paused, started, clock.now()));
                    match under_way(r, phase) {
                        Some(what) => format!("{what}, {time} so far"),
                        None => format!("{time} so far"),
                    }
                }
                _ => spoken(without(&paused, started, row.finished?)),
            })
        })
    };
    view! {
        <ol class="phases" style=move || columns.get()>
            {move || {
                phases
                    .get()
                    .into_iter()
                    .map(|row| {
                        let look = Look::of_step(row.state).saying(phase_word(row.phase));
                        let word = Look::of_step(row.state).word;
                        view! {
                            <li>
                                <span>
                                    <Status look/>
                                    " "
                                    <span class="vh">{word}</span>
                                </span>
                                <small>{move || note(row.phase, row.state)}</small>
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ol>
    }
}

/// What of the activation is under way: the wave, the removal, or the way back.
fn under_way(run: &RunDetail, phase: Phase) -> Option<String> {
    let steps = run.steps.iter();
    let last = steps
        .filter(|s| phase == Phase::Activate && s.phase == phase && s.state == StepState::Running)
        .max_by_key(|s| s.wave)?;
    Some(match last.kind {
        StepKind::Remove => "removing".to_owned(),
        StepKind::SwitchBack => "switching back".to_owned(),
        _ => format!("wave {} of {}", last.wave, wave_count(run)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::run::outcome::tests::sample;

    #[test]
    fn past_runs_are_told_only_when_known() {
        let mut run = sample(PlanStatus::Running);
        assert_eq!(past_runs(&run), "");
        run.past_durations = vec![600, 940];
        assert_eq!(
            past_runs(&run),
            "The last two runs to Quality took 0.6 to 0.9 s."
        );
        run.past_durations = vec![12_000];
        assert_eq!(past_runs(&run), "The last run to Quality took 12 s.");
        run.past_durations = vec![660_000, 780_000, 700_000];
        assert_eq!(
            past_runs(&run),
            "The last three runs to Quality took 11 to 13 min."
        );
    }
}
