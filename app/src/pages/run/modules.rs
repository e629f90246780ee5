//! The modules of a run, as they stand in its waves.

use crate::components::time::use_clock;
use crate::components::timeline::brief;
use crate::components::waves::{WaveGraph, WaveNode};
use crate::derived::{Derived, derived};
use domain::Timestamp;
use domain::execution::{StepKind, StepState};
use domain::view::{RunDetail, StepRow};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The modules of the run in waves. A module's state is that of the step that shows best how far
/// it is: what is being switched or was switched before what is being staged.
pub(super) fn use_wave_graph(run: RwSignal<RunDetail>) -> Derived<WaveGraph> {
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

/// How many modules are done, in words.
pub(super) fn modules_line(graph: &WaveGraph) -> String {
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
