//! How fast earlier runs to an environment went, phase by phase: what the remaining time of a run
//! is told from.

use domain::execution::{Phase, PhasePace};
use std::collections::BTreeMap;
use store::executions::PastStep;
use uuid::Uuid;

/// First begin, last end, and how many steps.
type Span = (i64, i64, u32);

/// The phases of each run, from its steps. Steps that never ran are left out.
pub(crate) fn paces(steps: &[PastStep]) -> Vec<Vec<PhasePace>> {
    let mut runs: BTreeMap<Uuid, BTreeMap<Phase, Span>> = BTreeMap::new();
    for step in steps {
        let (Some(phase), Some(started), Some(finished)) =
            (Phase::parse(&step.phase), step.started, step.finished)
        else {
            continue;
        };
        let span = runs
            .entry(step.run_id)
            .or_default()
            .entry(phase)
            .or_insert((started, finished, 0));
        *span = (span.0.min(started), span.1.max(finished), span.2 + 1);
    }
    runs.into_values()
        .map(|phases| {
            phases
                .into_iter()
                .map(|(phase, (started, finished, steps))| PhasePace {
                    phase,
                    took: (finished - started).max(0),
                    steps,
                })
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_takes_from_its_first_step_to_its_last() {
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
        ];
        let pace = |phase, took, steps| PhasePace { phase, took, steps };
        assert_eq!(
            paces(&steps),
            [
                vec![pace(Phase::Transfer, 300, 2), pace(Phase::Activate, 50, 1)],
                vec![pace(Phase::Transfer, 1, 1)],
            ]
        );
        assert!(paces(&[]).is_empty());
    }
}
