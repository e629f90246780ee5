//! How long a run will still take, as a range learned from earlier runs to the same target.

use domain::execution::StepState;
use domain::plan::PlanStatus;
use domain::view::{PhasePace, RunDetail};

/// Fewer earlier runs say nothing about how much they differ.
const LEAST_RUNS: usize = 2;

/// What is left of the run at the pace of an earlier one, in milliseconds; none if that had no such
/// phase.
fn at_pace(run: &RunDetail, paces: &[PhasePace]) -> Option<i64> {
    let mut left = 0;
    for phase in &run.phases {
        let open = run
            .steps
            .iter()
            .filter(|step| step.phase == phase.phase)
            .filter(|step| matches!(step.state, StepState::Waiting | StepState::Running))
            .count();
        if open > 0 {
            let pace = paces.iter().find(|pace| pace.phase == phase.phase)?;
            left += pace.took * i64::try_from(open).ok()? / i64::from(pace.steps.max(1));
        }
    }
    Some(left)
}

/// "About 2 to 4 min left, from 5 earlier runs." Nothing where it cannot be told: the run pauses,
/// is over, or there were too few like it.
pub fn remaining(run: &RunDetail) -> Option<String> {
    if run.plan.status != PlanStatus::Running {
        return None;
    }
    let left: Vec<i64> = run
        .past_paces
        .iter()
        .filter_map(|paces| at_pace(run, paces))
        .collect();
    let (least, most) = (left.iter().min()?, left.iter().max()?);
    if left.len() < LEAST_RUNS || *most == 0 {
        return None;
    }
    let seconds = |milliseconds: i64| (milliseconds + 500) / 1_000;
    let minutes = |milliseconds: i64| (milliseconds + 30_000) / 60_000;
    let range = |from: i64, to: i64, unit: &str| match (from, to) {
        (_, 0) => format!("less than 1 {unit}"),
        (from, to) if from == to => format!("about {to} {unit}"),
        (0, to) => format!("at most {to} {unit}"),
        (from, to) => format!("about {from} to {to} {unit}"),
    };
    let mut words = if *most < 60_000 {
        range(seconds(*least), seconds(*most), "s")
    } else {
        range(minutes(*least), minutes(*most), "min")
    };
    words.replace_range(..1, &words[..1].to_uppercase());
    Some(format!("{words} left, from {} earlier runs.", left.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::run::outcome::tests::sample;
    use domain::execution::Phase;
    use domain::view::PhaseRow;

    fn pace(phase: Phase, took: i64) -> PhasePace {
        PhasePace {
            phase,
            took,
            steps: 2,
        }
    }

    #[test]
    fn what_is_left_is_a_range_and_only_where_it_is_known() {
        let mut run = sample(PlanStatus::Running);
        let phase = run.steps[0].phase;
        run.steps.truncate(1);
        run.steps[0].state = StepState::Waiting;
        run.phases = vec![PhaseRow {
            phase,
            state: StepState::Running,
            started: None,
            finished: None,
        }];
        assert_eq!(remaining(&run), None, "there were no runs");
        run.past_paces = vec![vec![pace(phase, 240_000)]];
        assert_eq!(remaining(&run), None, "one run is no range");
        run.past_paces.push(vec![pace(phase, 480_000)]);
        assert_eq!(
            remaining(&run).as_deref(),
            Some("About 2 to 4 min left, from 2 earlier runs.")
        );
        // A run without such a phase says nothing about this one.
        run.past_paces.push(Vec::new());
        run.past_paces[0] = vec![pace(phase, 30_000)];
        run.past_paces[1] = vec![pace(phase, 80_000)];
        assert_eq!(
            remaining(&run).as_deref(),
            Some("About 15 to 40 s left, from 2 earlier runs.")
        );
        run.steps[0].state = StepState::Succeeded;
        assert_eq!(remaining(&run), None, "nothing is left");
        run.steps[0].state = StepState::Running;
        run.plan.status = PlanStatus::NeedsIntervention;
        assert_eq!(remaining(&run), None, "it waits for a person");
    }
}
