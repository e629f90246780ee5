//! What came of it, in one sentence, and above all what did not happen.

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

fn all_there(run: &RunDetail) -> String {
    let target = &run.plan.target;
    let brought = run.applications.iter().filter(|a| a.to.is_some()).count();
    match (brought, run.applications.iter().find(|a| a.to.is_some())) {
        (1, Some(only)) => format!(
            "{target} now runs {} {}.",
            only.name,
            only.to.map_or_else(String::new, |n| n.to_string())
        ),
        (0, _) => format!("{target} is up to date."),
        (n, _) => format!("{target} now runs all {n} versions."),
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

#[cfg(test)]
#[allow(clippy::expect_used)]
pub mod tests {
    use super::*;
    use domain::plan::PlanKind;
    use domain::view::{PersonRef, PhaseRow, PlanRow, PlanStamps, RunApplication, Stamp, StepRow};

    /// A small run in a status.
    pub fn sample(status: PlanStatus) -> RunDetail {
        let stamp = Stamp {
            by: PersonRef {
                name: "Ana Ribeiro".to_owned(),
                login: "ana".to_owned(),
            },
            at: Timestamp(1_000),
        };
        RunDetail {
            plan: PlanRow {
                id: "00000001-0000-7000-8000-000000000000"
                    .parse()
                    .expect("an id"),
                number: 12,
                name: "Claims 2.14 to Quality".to_owned(),
                kind: PlanKind::Ordinary,
                status,
                intervention: None,
                source: "Development".to_owned(),
                target: "Quality".to_owned(),
                lanes: (0, 1),
                applications: Vec::new(),
                application_total: 1,
                unsaved: false,
                findings: Some((0, 0)),
                progress: (1, 2),
                phase: None,
                stamps: PlanStamps {
                    created: stamp.clone(),
                    saved: None,
                    started: Some(stamp.clone()),
                    continued: None,
                    paused: None,
                    waited: 0,
                    queued: None,
                    aborted: None,
                    finished: Some(Timestamp(62_000)),
                    synchronized: Some(Timestamp(62_000)),
                },
                outcome: None,
                stay: domain::view::PlanStay::default(),
                notes: String::new(),
            },
            rolls_back: None,
            rolled_back_by: Vec::new(),
            in_spite_because: None,
            notes: String::new(),
            phases: Vec::new(),
            steps: vec![StepRow {
                id: "00000002-0000-7000-8000-000000000000"
                    .parse()
                    .expect("an id"),
                phase: Phase::Activate,
                wave: 3,
                kind: StepKind::Activate,
                module: Some((
                    "00000003-0000-7000-8000-000000000000"
                        .parse()
                        .expect("an id"),
                    "ClaimsWorkflow".to_owned(),
                )),
                linked: None,
                application: None,
                republish: false,
                state: StepState::Succeeded,
                attempts: 1,
                started: Some(Timestamp(1_000)),
                finished: Some(Timestamp(2_000)),
                error: None,
                log_line: Some(7),
            }],
            edges: Vec::new(),
            applications: vec![RunApplication {
                application: "00000004-0000-7000-8000-000000000000"
                    .parse()
                    .expect("an id"),
                name: "Claims".to_owned(),
                from: None,
                to: "2.14".parse().ok(),
                custom: false,
                modules: (1, 1),
                state: StepState::Succeeded,
            }],
            abort: None,
            past_durations: Vec::new(),
            past_paces: Vec::new(),
            last_log: 9,
            abort_refusal: None,
            continue_refusal: None,
            keep_refusal: None,
            values: Vec::new(),
            values_refusal: None,
        }
    }

    #[test]
    fn what_a_person_waited_is_not_what_the_run_took() {
        let mut run = sample(PlanStatus::FinishedSuccessful);
        let mut continued = run.plan.stamps.created.clone();
        continued.at = Timestamp(50_000);
        run.plan.stamps.continued = Some(continued);
        run.plan.stamps.waited = 45_000;
        let words = outcome(&run).expect("over");
        assert!(words.title.starts_with("Done in 16 s. "), "{}", words.title);
        let said = "synchronized back. It was paused for 45 s.";
        assert!(words.text.ends_with(said), "{}", words.text);
    }

    #[test]
    fn success_says_what_runs_now() {
        let words = outcome(&sample(PlanStatus::FinishedSuccessful)).expect("over");
        assert_eq!(
            words.title,
            "Done in 1 min 01 s. Quality now runs Claims 2.14."
        );
        assert_eq!(
            words.text,
            "1 module switched in 3 waves; Quality was synchronized back."
        );
    }

    #[test]
    fn an_abort_says_what_did_not_change() {
        let mut run = sample(PlanStatus::Aborted);
        run.steps[0].state = StepState::Failed;
        run.steps[0].error = Some("the health check did not pass".to_owned());
        let words = outcome(&run).expect("over");
        assert_eq!(
            words.title,
            "Stopped in wave 3. Quality still runs what it ran before."
        );
        assert!(
            words
                .text
                .contains("ClaimsWorkflow: the health check did not pass.")
        );
        assert!(words.text.contains("switched back"));
        assert_eq!(words.line, Some(7));
    }

    #[test]
    fn a_suspended_run_stands_still_and_says_that_nothing_has_changed() {
        let mut run = sample(PlanStatus::NeedsIntervention);
        run.plan.intervention = Some(Intervention::DeploymentSuspended);
        let words = outcome(&run).expect("it waits");
        assert_eq!(words.title, "Suspended. Nothing has changed in Quality.");
        assert_eq!((words.tone, words.line), ("hold", None));
        let steps = [StepState::Succeeded, StepState::Waiting];
        let step = run.steps[0].clone();
        run.steps = steps
            .map(|state| StepRow {
                state,
                ..step.clone()
            })
            .into();
        run.phases = vec![PhaseRow {
            phase: Phase::Activate,
            state: StepState::Waiting,
            started: Some(Timestamp(1_000)),
            finished: None,
        }];
        let lines = crate::components::timeline::time_lines(&run);
        let states: Vec<StepState> = lines.iter().map(|line| line.state).collect();
        assert_eq!(states, [StepState::Waiting; 2]);
    }

    #[test]
    fn an_undisturbed_run_has_no_outcome() {
        assert_eq!(outcome(&sample(PlanStatus::Running)), None);
    }
}
