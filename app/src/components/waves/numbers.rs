//! How the waves of a run are numbered, the same everywhere: a wave is what is switched together.
//! What is removed afterwards is a removal, and what goes back goes back from its wave.

use domain::execution::StepKind;
use domain::view::{RunDetail, StepRow};

/// How many waves switch something.
pub fn wave_count(run: &RunDetail) -> u32 {
    let switches = run.steps.iter().filter(|s| s.kind == StepKind::Activate);
    switches.map(|s| s.wave).max().unwrap_or(0)
}

/// The wave that a step belongs to; 0 for what is removed, there and back. Steps that go back have
/// numbers of their own, which nobody has seen before.
pub fn wave_of(run: &RunDetail, step: &StepRow) -> u32 {
    match step.kind {
        StepKind::Remove => 0,
        StepKind::SwitchBack => {
            let module = step.module.as_ref().map(|m| m.0);
            run.steps
                .iter()
                .filter(|s| s.kind == StepKind::Activate)
                .find(|s| s.module.as_ref().map(|m| m.0) == module)
                .map_or(0, |s| s.wave)
        }
        _ => step.wave,
    }
}
