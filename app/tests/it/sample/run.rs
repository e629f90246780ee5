//! The run, and the end of its log.

use super::{HOSTILE, id, number, row};
use crate::render::NOW;
use domain::Timestamp;
use domain::execution::{LogKind, Phase, StepKind, StepState};
use domain::plan::PlanStatus;
use domain::view::{LogLine, LogPage, PhaseRow, RunApplication, RunDetail, StepRow};

const MODULES: [(&str, u32); 9] = [
    ("ClaimsTypes", 1),
    ("CustomerCore_CS", 1),
    ("ClaimsCore_CS", 2),
    ("CustomerCore_BL", 2),
    ("ClaimsDocs_IS", 2),
    ("ClaimsCore_BL", 3),
    ("FieldSync_API", 3),
    ("ClaimsWorkflow", 3),
    ("ClaimsPortal_UI", 4),
];

/// A run in its third wave of four.
pub fn run(status: PlanStatus) -> RunDetail {
    let mut steps = Vec::new();
    let t = |offset: i64| Some(Timestamp(NOW - 480_000 + offset));
    for (kind, phase) in [
        (StepKind::Transfer, Phase::Transfer),
        (StepKind::Stage, Phase::Prepare),
        (StepKind::Activate, Phase::Activate),
    ] {
        for ((name, wave), n) in MODULES.iter().zip(0_u32..) {
            let state = match (phase, *wave, status) {
                (_, _, PlanStatus::FinishedSuccessful)
                | (Phase::Transfer | Phase::Prepare, ..)
                | (Phase::Activate, 1 | 2, _) => StepState::Succeeded,
                (Phase::Activate, 3, PlanStatus::Aborted) if *name == "ClaimsWorkflow" => {
                    StepState::Failed
                }
                (_, _, PlanStatus::Aborted) => StepState::Skipped,
                (Phase::Activate, 3, _) => StepState::Running,
                _ => StepState::Waiting,
            };
            let begun = state != StepState::Waiting && state != StepState::Skipped;
            let from = i64::from(n) * 9_000 + phase as i64 * 100_000;
            steps.push(StepRow {
                id: id(700 + steps.len() as u32),
                phase,
                wave: *wave,
                kind,
                module: Some((id(200 + n), (*name).to_owned())),
                linked: None,
                application: Some(id(11)),
                republish: n == 4,
                state,
                attempts: 1,
                started: begun.then_some(()).and(t(from)),
                finished: matches!(state, StepState::Succeeded | StepState::Failed)
                    .then_some(())
                    .and(t(from + 8_000)),
                error: (state == StepState::Failed)
                    .then(|| "its health check did not pass".to_owned()),
                log_line: begun.then_some(u64::from(n) + 1),
            });
        }
    }
    let state_of = |phase| {
        let states = steps
            .iter()
            .filter(|s: &&StepRow| s.phase == phase)
            .map(|s| s.state);
        app::components::timeline::joined(states)
    };
    let phases = [
        Phase::Transfer,
        Phase::Prepare,
        Phase::Activate,
        Phase::Finish,
    ]
    .into_iter()
    .map(|phase| {
        let of: Vec<&StepRow> = steps.iter().filter(|s| s.phase == phase).collect();
        PhaseRow {
            phase,
            state: if of.is_empty() {
                StepState::Waiting
            } else {
                state_of(phase)
            },
            started: of.iter().filter_map(|s| s.started).min(),
            finished: of.iter().filter_map(|s| s.finished).max(),
        }
    })
    .collect();
    let mut plan = row(1853, status);
    "Claims 2.14 to Quality".clone_into(&mut plan.name);
    RunDetail {
        plan,
        rolls_back: None,
        rolled_back_by: Vec::new(),
        in_spite_because: None,
        notes: HOSTILE.to_owned(),
        phases,
        steps,
        edges: [
            (2, 0),
            (4, 0),
            (3, 1),
            (2, 1),
            (5, 2),
            (6, 2),
            (5, 3),
            (7, 4),
            (8, 5),
            (8, 7),
        ]
        .into_iter()
        .map(|(consumer, producer)| (id(200 + consumer), id(200 + producer)))
        .collect(),
        applications: vec![
            RunApplication {
                application: id(11),
                name: "Claims Core".to_owned(),
                from: Some(number("2.13")),
                to: Some(number("2.14")),
                custom: false,
                modules: (4, 5),
                state: StepState::Running,
            },
            RunApplication {
                application: id(12),
                name: "Partner API".to_owned(),
                from: Some(number("1.9")),
                to: None,
                custom: false,
                modules: (0, 1),
                state: StepState::Waiting,
            },
        ],
        abort: None,
        past_durations: vec![660_000, 780_000, 700_000],
        past_paces: Vec::new(),
        last_log: 12,
        abort_refusal: None,
        continue_refusal: None,
        keep_refusal: None,
        values: Vec::new(),
        values_refusal: None,
    }
}

/// The end of a log.
pub fn log() -> LogPage {
    let kinds = [
        LogKind::Start,
        LogKind::Step,
        LogKind::Info,
        LogKind::Warning,
        LogKind::Error,
    ];
    LogPage {
        lines: (3_u64..=12)
            .map(|n| LogLine {
                number: n,
                at: Timestamp(NOW - 480_000 + n as i64 * 1_037),
                kind: kinds[n as usize % kinds.len()],
                module: (n % 3 > 0).then(|| "ClaimsCore_BL".to_owned()),
                text: if n == 7 {
                    HOSTILE.to_owned()
                } else {
                    format!("Staged 2.14 against CustomerCore_BL 3.8, part {n}")
                },
            })
            .collect(),
        last: 12,
        more: false,
        complete: false,
    }
}
