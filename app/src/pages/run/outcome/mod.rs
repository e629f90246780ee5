//! What came of it, in one sentence, and above all what did not happen.

#[cfg(test)]
#[allow(clippy::expect_used)]
pub mod tests;

use super::log::RunLog;
use super::{elapsed, paused_for};
use crate::components::button::Button;
use crate::components::icon::Glyph;
use crate::components::status::counted;
use crate::components::waves::{wave_count, wave_of};
use crate::derived::derived;
use domain::Timestamp;
use domain::execution::{Phase, StepKind, StepState};
use domain::plan::{Intervention, PlanStatus};
use domain::view::RunDetail;
use leptos::prelude::*;

/// The outcome in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeWords {
    /// `ok`, `warn`, `bad` or `hold`.
    pub tone: &'static str,
    /// The silhouette.
    pub glyph: &'static str,
    /// One sentence or two short ones.
    pub title: String,
    /// Facts, and the way on.
    pub text: String,
    /// The line of the log that says more.
    pub line: Option<u64>,
}

/// The outcome of a run; `None` while it runs undisturbed.
pub fn outcome(run: &RunDetail) -> Option<OutcomeWords> {
    let target = &run.plan.target;
    let line = run
        .steps
        .iter()
        .filter(|s| s.state == StepState::Failed)
        .find_map(|s| s.log_line);
    let failed = run.steps.iter().find_map(|s| {
        let error = s.error.clone()?;
        Some(match &s.module {
            Some((_, name)) => format!("{name}: {error}"),
            None => error,
        })
    });
    let took = elapsed(run, Timestamp::default()).unwrap_or_default();
    let words = |tone, glyph, title: String, text: String| {
        Some(OutcomeWords {
            tone,
            glyph,
            title,
            text,
            line,
        })
    };
    match run.plan.status {
        PlanStatus::FinishedSuccessful => words(
            "ok",
            "ok",
            format!("Done in {took}. {}", all_there(run)),
            done_facts(run),
        ),
        PlanStatus::FinishedWithWarnings => words(
            "warn",
            "okwarn",
            format!("Done in {took}. {}", all_there(run)),
            match &run.plan.outcome {
                Some(outcome) => format!("{} {outcome}", done_facts(run)),
                None => done_facts(run),
            },
        ),
        PlanStatus::FinishedWithErrors => words(
            "bad",
            "fail",
            format!("Ended with errors. Look at what {target} runs now."),
            run.plan.outcome.clone().or(failed).unwrap_or_else(|| {
                format!("Going back did not work everywhere; {target} may hold a mix of versions.")
            }),
        ),
        PlanStatus::Aborted => {
            let mut text = Vec::new();
            text.push(match &run.abort {
                Some((stamp, reason)) if stamp.by.name != "Slipway" => {
                    format!("{} aborted it: \u{201c}{reason}\u{201d}.", stamp.by.name)
                }
                Some((_, reason)) => sentence(reason),
                None => failed.clone().map_or_else(String::new, |f| sentence(&f)),
            });
            text.push(if switched(run) {
                format!("{}, and the slot is free again.", switched_back(run))
            } else {
                format!("Nothing was switched, and the slot in {target} is free again.")
            });
            words(
                "bad",
                if failed.is_some() { "fail" } else { "aborted" },
                format!(
                    "{}. {target} still runs what it ran before.",
                    stopped_where(run)
                ),
                text.join(" ").trim().to_owned(),
            )
        }
        PlanStatus::Aborting => words(
            "warn",
            "aborting",
            if switched(run) {
                format!("Stopping. What was switched in {target} is being switched back.")
            } else {
                format!("Stopping. Nothing was switched; {target} runs what it ran before.")
            },
            match &run.abort {
                Some((stamp, reason)) => {
                    format!("{}: \u{201c}{reason}\u{201d}", stamp.by.name)
                }
                None => String::new(),
            },
        ),
        PlanStatus::NeedsIntervention => match run.plan.intervention {
            Some(Intervention::Prepared) => words(
                "hold",
                "hold",
                format!("Prepared. Nothing has changed in {target} yet."),
                "Everything is staged and verified. Continuing switches it.".to_owned(),
            ),
            Some(Intervention::NeedsConfigurationOrConfirmation) => words(
                "hold",
                "hold",
                format!("Needs a value. Nothing has changed in {target} yet."),
                waits_for(run),
            ),
            Some(Intervention::DeploymentSuspended) if switched(run) => words(
                "hold",
                "hold",
                format!("Suspended. {target} has not said yet what it runs."),
                unsaid(run),
            ),
            Some(Intervention::DeploymentSuspended) => words(
                "hold",
                "hold",
                format!("Suspended. Nothing has changed in {target}."),
                "Its agent was away for longer than it is waited for. Continue when it is back: \
                 what is there already is not brought again."
                    .to_owned(),
            ),
            _ => words(
                "hold",
                "hold",
                "The run waits for a person.".to_owned(),
                run.plan.outcome.clone().unwrap_or_default(),
            ),
        },
        PlanStatus::Draft | PlanStatus::Saved | PlanStatus::Queued | PlanStatus::Running => None,
    }
}

/// What a run goes on with whose agent has not said what its environment runs since everything was
/// switched.
fn unsaid(run: &RunDetail) -> String {
    let target = &run.plan.target;
    // A maintenance does not keep it from being asked.
    let refusal = run.continue_refusal.as_ref();
    let then = match refusal.filter(|_| run.plan.stay.maintenance.is_none()) {
        Some(why) => sentence(why),
        None => "Its agent is asked again in a while, or when you continue.".to_owned(),
    };
    format!(
        "Everything is switched there. The plan has finished when its agent says what it runs now. {then} \
         Aborting switches {target} back."
    )
}

/// What a run that waits for values goes on with.
fn waits_for(run: &RunDetail) -> String {
    let open = run.values.iter().filter(|value| !value.given).count();
    match open {
        0 => "All values are entered. Continuing stages the modules with them.".to_owned(),
        1 => "1 value is missing. Once it is entered, the run can be continued.".to_owned(),
        n => format!("{n} values are missing. Once they are entered, the run can be continued."),
    }
}

fn sentence(text: &str) -> String {
    format!("{}.", text.trim().trim_end_matches('.'))
}

/// Whether anything visible was changed.
fn switched(run: &RunDetail) -> bool {
    run.steps.iter().any(|s| {
        matches!(s.kind, StepKind::Activate | StepKind::Remove)
            && matches!(s.state, StepState::Succeeded | StepState::Failed)
    }) || run
        .steps
        .iter()
        .any(|s| s.kind == StepKind::SwitchBack && s.state != StepState::Skipped)
}

/// What was switched back, after an abort.
fn switched_back(run: &RunDetail) -> String {
    let back = run.steps.iter().filter(|s| s.kind == StepKind::SwitchBack);
    match back.filter(|s| s.state == StepState::Succeeded).count() {
        0 => "What was switched is switched back".to_owned(),
        1 => "1 module is switched back".to_owned(),
        n => format!("{n} modules are switched back"),
    }
}

fn stopped_where(run: &RunDetail) -> String {
    let step = run.steps.iter().find(|s| s.state == StepState::Failed);
    match step {
        Some(s) if s.kind == StepKind::Remove => "Stopped while removing".to_owned(),
        Some(s) if s.phase == Phase::Activate => {
            format!("Stopped in wave {}", wave_of(run, s))
        }
        Some(s) => format!(
            "Stopped in {}",
            crate::components::timeline::phase_word(s.phase)
        ),
        None => "Stopped".to_owned(),
    }
}

/// What the run brought. What its target runs now, perhaps long after, is another question.
fn all_there(run: &RunDetail) -> String {
    let target = &run.plan.target;
    let brought = run.applications.iter().filter(|a| a.to.is_some()).count();
    match (brought, run.applications.iter().find(|a| a.to.is_some())) {
        (1, Some(only)) => format!(
            "Brought {} {} to {target}.",
            only.name,
            only.to.map_or_else(String::new, |n| n.to_string())
        ),
        (0, _) => format!("{target} is up to date."),
        (n, _) => format!("Brought all {n} versions to {target}."),
    }
}

fn done_facts(run: &RunDetail) -> String {
    let of = |kind| run.steps.iter().filter(move |s| s.kind == kind);
    let modules = of(StepKind::Activate).count();
    let relinked = of(StepKind::Activate).filter(|s| s.republish).count();
    let removed = of(StepKind::Remove).count();
    let mut text = format!(
        "{} switched in {}",
        counted(modules as u64, "module", "modules"),
        counted(wave_count(run), "wave", "waves")
    );
    if relinked > 0 {
        text = format!("{text}, {relinked} of them relinked");
    }
    if removed > 0 {
        text = format!("{text}, {removed} removed");
    }
    if run.plan.stamps.synchronized.is_some() {
        text = format!("{text}; {} was synchronized back", run.plan.target);
    }
    match paused_for(run) {
        Some(paused) => format!("{text}. It was paused for {paused}."),
        None => format!("{text}."),
    }
}

/// The banner.
#[component]
pub fn Outcome(run: RwSignal<RunDetail>, log: RunLog) -> impl IntoView {
    // What is kept for a while says so itself, with how long.
    let words = derived(move |_| {
        run.with(|r| {
            let kept = r.plan.stay.kept.is_some();
            outcome(r).filter(|_| !kept)
        })
    });
    move || {
        words.get().map(|words| {
            let OutcomeWords {
                tone,
                glyph,
                title,
                text,
                line,
            } = words;
            view! {
                <section class=format!("outcome {tone}") role="status">
                    <Glyph name=glyph tone="big"/>
                    <div>
                        <h2>{title}</h2>
                        {(!text.is_empty()).then(|| view! { <p>{text}</p> })}
                    </div>
                    {line
                        .map(|line| {
                            view! {
                                <div class="acts">
                                    <Button
                                        label=format!("Go to line {line}")
                                        icon="down"
                                        on_press=Callback::new(move |()| log.go_to(line))
                                    />
                                </div>
                            }
                        })}
                </section>
            }
        })
    }
}
