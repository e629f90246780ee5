//! A run's phases, steps and values as they are shown.

use crate::engine::{Linked, linked};
use domain::execution::{Phase, StepKind, StepState};
use domain::view::{PhaseRow, RunValue, StepRow};
use domain::{ApplicationId, ModuleId, StepId, Timestamp};
use std::collections::BTreeMap;
use store::entity::plans::{run_module, step};
use uuid::Uuid;

/// Why a run that waits for values cannot be continued yet.
pub(super) fn values_open(values: &[RunValue]) -> Option<String> {
    let open: Vec<String> = values
        .iter()
        .filter(|value| !value.given)
        .map(|value| format!("{} of {}", value.name, value.module_name))
        .collect();
    let first = open.first()?;
    Some(match open.len() {
        1 => format!("{first} has no value yet. Enter it first"),
        n => format!(
            "{first} and {} more have no value yet. Enter them first",
            n - 1
        ),
    })
}

/// The worst or most active of several states.
pub(super) fn summary(states: &[StepState]) -> StepState {
    let any = |state: StepState| states.contains(&state);
    let all = |state: StepState| states.iter().all(|one| *one == state);
    if any(StepState::Failed) {
        StepState::Failed
    } else if any(StepState::Running) {
        StepState::Running
    } else if all(StepState::Succeeded) && !states.is_empty() {
        StepState::Succeeded
    } else if all(StepState::Skipped) && !states.is_empty() {
        StepState::Skipped
    } else if any(StepState::Succeeded) {
        StepState::Running
    } else {
        StepState::Waiting
    }
}

/// The phases with what their steps say of them; of a run that `rests` none is under way, also one
/// that is half done.
pub(super) fn phase_rows(steps: &[step::Model], rests: bool) -> Vec<PhaseRow> {
    Phase::ALL
        .into_iter()
        .map(|phase| {
            let of: Vec<&step::Model> = steps
                .iter()
                .filter(|step| step.phase == phase.as_str())
                .collect();
            let states: Vec<StepState> = of
                .iter()
                .filter_map(|step| StepState::parse(&step.state))
                .collect();
            let state = match summary(&states) {
                StepState::Running if rests => StepState::Waiting,
                state => state,
            };
            let over = of.iter().all(|step| step.finished.is_some());
            PhaseRow {
                phase,
                // Nothing to do counts as done once what comes after has begun.
                state: if of.is_empty() {
                    StepState::Skipped
                } else {
                    state
                },
                started: of
                    .iter()
                    .filter_map(|step| step.started)
                    .min()
                    .map(Timestamp),
                finished: over
                    .then(|| of.iter().filter_map(|step| step.finished).max())
                    .flatten()
                    .map(Timestamp),
            }
        })
        .collect()
}

/// The steps, with the names of what they are about.
pub(super) fn step_views(
    steps: &[step::Model],
    modules: &BTreeMap<Uuid, &run_module::Model>,
) -> Vec<StepRow> {
    let only_linked =
        |row: &step::Model| row.module_id.is_some_and(|id| !modules.contains_key(&id));
    let linked = if steps.iter().any(only_linked) {
        linked(modules.values().copied())
    } else {
        BTreeMap::new()
    };
    let steps = steps.iter();
    steps.map(|row| step_view(row, modules, &linked)).collect()
}

fn step_view(
    row: &step::Model,
    modules: &BTreeMap<Uuid, &run_module::Model>,
    linked: &BTreeMap<ModuleId, Linked>,
) -> StepRow {
    let module = row.module_id.and_then(|id| modules.get(&id));
    let linked = row.module_id.and_then(|id| linked.get(&ModuleId(id)));
    StepRow {
        id: StepId(row.id),
        phase: Phase::parse(&row.phase).unwrap_or(Phase::Finish),
        wave: u32::try_from(row.wave).unwrap_or(0),
        kind: StepKind::parse(&row.kind).unwrap_or(StepKind::CleanUp),
        module: module.map(|module| (ModuleId(module.module_id), module.name.clone())),
        linked: linked.map(|one| (one.name.clone(), one.into.clone())),
        application: module.map(|module| ApplicationId(module.application_id)),
        republish: module.is_some_and(|module| module.republish),
        state: StepState::parse(&row.state).unwrap_or(StepState::Failed),
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        started: row.started.map(Timestamp),
        finished: row.finished.map(Timestamp),
        error: row.error.clone(),
        log_line: row.log_line.and_then(|line| u64::try_from(line).ok()),
    }
}
