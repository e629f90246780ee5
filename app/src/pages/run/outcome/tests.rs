//! What is said of a run that is over, and the small run that others look at, too.

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
            outdated_check: None,
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
        "Done in 1 min 01 s. Brought Claims 2.14 to Quality."
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
fn a_run_whose_target_has_not_said_what_it_runs_says_so_and_what_follows() {
    let mut run = sample(PlanStatus::NeedsIntervention);
    run.plan.intervention = Some(Intervention::DeploymentSuspended);
    run.steps[0].kind = StepKind::Activate;
    run.steps[0].state = StepState::Succeeded;
    let words = outcome(&run).expect("it waits");
    assert_eq!(
        words.title,
        "Suspended. Quality has not said yet what it runs."
    );
    assert_eq!((words.tone, words.line), ("hold", None));
    let parts = [
        "Everything is switched there.",
        "is asked again in a while, or when you continue.",
        "Aborting switches Quality back.",
    ];
    for part in parts {
        assert!(words.text.contains(part), "{}", words.text);
    }
    run.continue_refusal = Some("The agent of Quality is away".to_owned());
    let words = outcome(&run).expect("it waits");
    assert!(words.text.contains("The agent of Quality is away."));
    assert!(!words.text.contains("in a while"));
}

#[test]
fn a_suspended_run_stands_still_and_says_that_nothing_has_changed() {
    let mut run = sample(PlanStatus::NeedsIntervention);
    run.plan.intervention = Some(Intervention::DeploymentSuspended);
    run.steps[0].state = StepState::Waiting;
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
