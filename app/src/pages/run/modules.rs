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
        drawn(modules, edges, now)
    })
}

fn drawn(modules: Vec<RunModule>, edges: Vec<(usize, usize)>, now: Timestamp) -> WaveGraph {
    WaveGraph {
        nodes: modules
            .into_iter()
            .map(|m| WaveNode {
                time: m.time(now),
                name: m.name,
                wave: m.wave,
                state: m.state,
                republish: m.republish,
                leaves: m.leaves,
                back: m.back,
            })
            .collect(),
        edges,
    }
}

/// A module of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RunModule {
    name: String,
    wave: u32,
    state: StepState,
    republish: bool,
    leaves: bool,
    back: bool,
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
                // Steps that go back have numbers above all waves.
                wave: steps
                    .iter()
                    .filter(|s| s.kind != StepKind::SwitchBack)
                    .map(|s| s.wave)
                    .max()
                    .unwrap_or(0)
                    .max(1),
                state: module_state(&steps),
                republish: steps.iter().any(|s| s.republish),
                leaves: steps.iter().any(|s| s.kind == StepKind::Remove),
                back: steps
                    .iter()
                    .any(|s| s.kind == StepKind::SwitchBack && s.state == StepState::Succeeded),
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
    let of = |wanted: &dyn Fn(&WaveNode) -> bool| graph.nodes.iter().filter(|n| wanted(n)).count();
    let skipped = |n: &WaveNode| n.state == StepState::Skipped;
    for (n, word) in [
        (
            of(&|n| n.leaves && n.state == StepState::Succeeded),
            "of them removed",
        ),
        (count(StepState::Failed), "failed"),
        (of(&|n| skipped(n) && n.back), "switched back"),
        (of(&|n| skipped(n) && !n.back), "not started"),
    ] {
        if n > 0 {
            line = format!("{line}, {n} {word}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::timeline::time_lines;
    use crate::pages::run::outcome::{outcome, tests::sample};
    use domain::plan::PlanStatus;
    use domain::view::PhaseRow;

    fn graph(run: &RunDetail) -> WaveGraph {
        let (modules, edges) = modules_of(run);
        drawn(modules, edges, Timestamp::default())
    }

    fn with_step(run: &mut RunDetail, kind: StepKind, wave: u32, name: &str) {
        let mut step = run.steps[0].clone();
        (step.kind, step.wave) = (kind, wave);
        if let Some((module, own)) = step.module.as_mut().filter(|module| module.1 != name) {
            if let Ok(id) = "00000009-0000-7000-8000-000000000000".parse() {
                *module = id;
            }
            name.clone_into(own);
        }
        run.steps.push(step);
    }

    fn labels(run: &RunDetail) -> Vec<String> {
        let mut run = run.clone();
        let phase = run.steps[0].phase;
        run.phases = vec![PhaseRow {
            phase,
            state: StepState::Running,
            started: None,
            finished: None,
        }];
        time_lines(&run)
            .into_iter()
            .map(|line| line.label)
            .collect()
    }

    #[test]
    fn what_was_switched_back_is_told_as_such_in_its_own_wave() {
        let mut run = sample(PlanStatus::Aborted);
        run.steps[0].wave = 1;
        with_step(&mut run, StepKind::SwitchBack, 2, "ClaimsWorkflow");
        let graph = graph(&run);
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!((graph.nodes[0].wave, graph.nodes[0].back), (1, true));
        assert_eq!(modules_line(&graph), "0 of 1 done, 1 switched back");
        assert!(labels(&run).contains(&"Switch back wave 1".to_owned()));
        let text = outcome(&run).map(|words| words.text).unwrap_or_default();
        assert!(text.contains("1 module is switched back,"), "{text}");
    }

    #[test]
    fn what_is_removed_is_no_wave() {
        let mut run = sample(PlanStatus::FinishedSuccessful);
        run.steps[0].wave = 1;
        with_step(&mut run, StepKind::Remove, 2, "Former");
        let graph = graph(&run);
        assert_eq!(modules_line(&graph), "2 of 2 done, 1 of them removed");
        assert_eq!(graph.summary(), "1 module in 1 wave, 1 to remove");
        assert_eq!(
            [1, 2].map(|wave| graph.heading(wave)),
            ["Wave 1", "Removal"]
        );
        let text = outcome(&run).map(|words| words.text).unwrap_or_default();
        assert!(
            text.starts_with("1 module switched in 1 wave, 1 removed;"),
            "{text}"
        );
        assert!(labels(&run).contains(&"Remove 1 module".to_owned()));
    }
}
