//! The steps of a run, derived from what it brings: bundles, waves of modules, modules that leave.

use super::{Phase, StepKind};
use crate::id::ModuleId;
use serde::{Deserialize, Serialize};

/// What a run brings to its environment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunPlan {
    /// The bundles needed: the digest, its size in bytes, and the module it is made of. The same
    /// digest may be named often; it is fetched once.
    pub bundles: Vec<(String, u64, ModuleId)>,
    /// What is switched, producers first.
    pub waves: Vec<Vec<ModuleId>>,
    /// Modules that leave, after everything was switched.
    pub removals: Vec<ModuleId>,
    /// Modules that get other values of their site properties once everything was switched.
    pub settings: Vec<ModuleId>,
}

/// A step that has no id yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewStep {
    /// Its phase.
    pub phase: Phase,
    /// Its wave, from 1; 0 where waves do not matter.
    pub wave: u32,
    /// What it does.
    pub kind: StepKind,
    /// The module it is about.
    pub module: Option<ModuleId>,
    /// The bundle to fetch and its size, for [`StepKind::Transfer`].
    pub bundle: Option<(String, u64)>,
}

impl NewStep {
    /// A step of `kind` for a module or none.
    pub const fn new(phase: Phase, wave: u32, kind: StepKind, module: Option<ModuleId>) -> Self {
        Self {
            phase,
            wave,
            kind,
            module,
            bundle: None,
        }
    }
}

/// All steps of an undisturbed run, in order of execution. Steps that go back are added when they
/// are needed.
pub fn derive_steps(plan: &RunPlan) -> Vec<NewStep> {
    let mut steps = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for (digest, size, module) in &plan.bundles {
        if seen.insert(digest.as_str()) {
            steps.push(NewStep {
                bundle: Some((digest.clone(), *size)),
                ..NewStep::new(Phase::Transfer, 0, StepKind::Transfer, Some(*module))
            });
        }
    }
    let waves = || (1_u32..).zip(&plan.waves);
    for (wave, modules) in waves() {
        for module in modules {
            steps.push(NewStep::new(
                Phase::Prepare,
                wave,
                StepKind::Stage,
                Some(*module),
            ));
        }
    }
    for (wave, modules) in waves() {
        for module in modules {
            steps.push(NewStep::new(
                Phase::Activate,
                wave,
                StepKind::Activate,
                Some(*module),
            ));
        }
    }
    let last = u32::try_from(plan.waves.len()).unwrap_or(u32::MAX - 1) + 1;
    for module in &plan.removals {
        steps.push(NewStep::new(
            Phase::Activate,
            last,
            StepKind::Remove,
            Some(*module),
        ));
    }
    let mut wave = 0;
    let mut finish = |kinds: &[StepKind], modules: &[Option<ModuleId>]| {
        wave += 1;
        for kind in kinds {
            for module in modules {
                steps.push(NewStep::new(Phase::Finish, wave, *kind, *module));
            }
        }
    };
    if !plan.settings.is_empty() {
        let modules: Vec<_> = plan.settings.iter().copied().map(Some).collect();
        finish(&[StepKind::Settings], &modules);
    }
    finish(&[StepKind::Synchronize], &[None]);
    // Up to here the run can go back. These are the console's own, so it ends with them at once;
    // what the agent kept for the way back it may clean up whenever it gets to it.
    finish(&[StepKind::Record, StepKind::CleanUp], &[None]);
    steps
}

/// How long an attempt may take before the agent is asked about it, in milliseconds. A transfer gets
/// more for a larger bundle (at 1 MB/s). A switch may take longer than this: how long a service may
/// take to start is in its manifest, which the agent has; while it works, it says so when it is
/// asked, and the time begins anew.
pub fn time_limit(kind: StepKind, size: u64) -> i64 {
    let size = i64::try_from(size / 1_000).unwrap_or(i64::MAX / 2);
    match kind {
        StepKind::Transfer => 60_000_i64.saturating_add(size).min(3_600_000),
        StepKind::Stage => 120_000,
        StepKind::Activate | StepKind::SwitchBack | StepKind::Settings => 90_000,
        StepKind::Remove | StepKind::CleanUp | StepKind::Synchronize => 60_000,
        StepKind::Record => 30_000,
    }
}
