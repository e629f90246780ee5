//! How fast earlier runs to an environment went, phase by phase: what the remaining time of a run
//! is told from.

use domain::execution::{Phase, PhasePace};
use std::collections::BTreeMap;
use store::executions::PastStep;
use uuid::Uuid;

/// The phases of each run, from its steps. Steps that never ran are left out, and so is the time
/// for which none was under way: then the run was suspended.
pub(crate) fn paces(steps: &[PastStep]) -> Vec<Vec<PhasePace>> {
    let mut runs: BTreeMap<Uuid, BTreeMap<Phase, Vec<(i64, i64)>>> = BTreeMap::new();
    for step in steps {
        let (Some(phase), Some(started), Some(finished)) =
            (Phase::parse(&step.phase), step.started, step.finished)
        else {
            continue;
        };
        let phases = runs.entry(step.run_id).or_default();
        phases.entry(phase).or_default().push((started, finished));
    }
    runs.into_values()
        .map(|phases| {
            phases
                .into_iter()
                .map(|(phase, steps)| PhasePace {
                    phase,
                    steps: u32::try_from(steps.len()).unwrap_or(u32::MAX),
                    took: under_way(steps),
                })
                .collect()
        })
        .collect()
}

/// For how long at least one of these was under way, each from its begin to its end.
fn under_way(mut steps: Vec<(i64, i64)>) -> i64 {
    steps.sort_unstable();
    let (mut took, mut until) = (0, i64::MIN);
    for (started, finished) in steps {
        took += (finished - started.max(until)).max(0);
        until = until.max(finished);
    }
    took
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_takes_from_its_first_step_to_its_last_without_what_is_between() {
        let step =
            |run: u128, phase: Phase, started: Option<i64>, finished: Option<i64>| PastStep {
                run_id: Uuid::from_u128(run),
                phase: phase.as_str().to_owned(),
                started,
                finished,
            };
        let steps = [
            step(1, Phase::Transfer, Some(100), Some(300)),
            step(1, Phase::Transfer, Some(150), Some(400)),
            step(1, Phase::Activate, Some(900), Some(950)),
            step(1, Phase::Activate, None, None),
            step(2, Phase::Transfer, Some(7), Some(8)),
            step(2, Phase::Transfer, Some(90_007), Some(90_010)),
        ];
        let pace = |phase, took, steps| PhasePace { phase, took, steps };
        assert_eq!(
            paces(&steps),
            [
                vec![pace(Phase::Transfer, 300, 2), pace(Phase::Activate, 50, 1)],
                vec![pace(Phase::Transfer, 4, 2)],
            ]
        );
        assert!(paces(&[]).is_empty());
    }
}
