//! How long a run will still take, as a range learned from earlier runs to the same target.

use crate::components::foreseen::span_in_words;
use domain::execution::{Estimate, Phase, StepState, estimate};
use domain::plan::PlanStatus;
use domain::view::RunDetail;

/// How many steps of a phase are to be done.
fn open_steps(run: &RunDetail, phase: Phase) -> u32 {
    let open = run
        .steps
        .iter()
        .filter(|step| step.phase == phase)
        .filter(|step| matches!(step.state, StepState::Waiting | StepState::Running))
        .count();
    u32::try_from(open).unwrap_or(u32::MAX)
}

/// "About 2 to 4 min left, from 5 earlier runs." Nothing where it cannot be told: the run pauses,
/// is over, or there were too few like it.
pub fn remaining(run: &RunDetail) -> Option<String> {
    if run.plan.status != PlanStatus::Running {
        return None;
    }
    let open: Vec<_> = run
        .phases
        .iter()
        .map(|row| (row.phase, open_steps(run, row.phase)))
        .collect();
    let left = estimate(&run.past_paces, &open)?;
    let mut words = in_words(left);
    words.replace_range(..1, &words[..1].to_ascii_uppercase());
    Some(format!("{words} left, from {} earlier runs.", left.runs))
}

/// "about 35 s": how long a phase will take that has not begun. Nothing where it cannot be told, or
/// the run will not come to it.
pub fn phase_ahead(run: &RunDetail, phase: Phase) -> Option<String> {
    let on_its_way = matches!(
        run.plan.status,
        PlanStatus::Running | PlanStatus::NeedsIntervention
    );
    let row = run.phases.iter().find(|row| row.phase == phase)?;
    if !on_its_way || row.state != StepState::Waiting || row.started.is_some() {
        return None;
    }
    estimate(&run.past_paces, &[(phase, open_steps(run, phase))]).map(in_words)
}

fn in_words(told: Estimate) -> String {
    span_in_words(told.least, told.most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::run::outcome::tests::sample;
    use domain::execution::PhasePace;
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

    #[test]
    fn a_phase_that_is_ahead_says_how_long_it_will_take() {
        let mut run = sample(PlanStatus::Running);
        let phase = run.steps[0].phase;
        run.steps.truncate(1);
        run.steps[0].state = StepState::Waiting;
        run.phases = vec![PhaseRow {
            phase,
            state: StepState::Waiting,
            started: None,
            finished: None,
        }];
        assert_eq!(phase_ahead(&run, phase), None, "there were no runs");
        run.past_paces = vec![vec![pace(phase, 60_000)], vec![pace(phase, 80_000)]];
        assert_eq!(
            phase_ahead(&run, phase).as_deref(),
            Some("about 30 to 40 s")
        );
        // The pause before the switch changes nothing about how long the switch takes.
        run.plan.status = PlanStatus::NeedsIntervention;
        assert!(phase_ahead(&run, phase).is_some());
        run.plan.status = PlanStatus::Aborting;
        assert_eq!(phase_ahead(&run, phase), None, "it is not going there");
        run.plan.status = PlanStatus::Running;
        run.phases[0].state = StepState::Running;
        assert_eq!(phase_ahead(&run, phase), None, "it is there");
    }
}
