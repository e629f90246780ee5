//! The times for which a run waited for people: left out of the scale and of every duration, and said
//! in words instead, so that hours of waiting do not make the steps invisible.

use domain::Timestamp;
use domain::execution::StepState;
use domain::view::RunDetail;
use std::cmp::Reverse;

/// A time for which no step was under way because the run waited for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The last step before it ended.
    pub from: Timestamp,
    /// The first step after it began.
    pub to: Timestamp,
}

/// What is less is told by rounding, in milliseconds.
const LEAST: i64 = 500;

/// The pauses of a run that are over. How long it waited in all is known; where that was follows from
/// its steps: none is under way in a pause, so the longest gaps between them are the pauses.
pub fn pauses(run: &RunDetail) -> Vec<Pause> {
    let stamps = &run.plan.stamps;
    let mut waited = stamps.waited;
    let mut steps: Vec<(Timestamp, Option<Timestamp>)> = run
        .steps
        .iter()
        .filter_map(|step| {
            let started = step.started?;
            // What was dropped half-way has no end of its own.
            let dropped = (step.state != StepState::Running).then_some(started);
            Some((started, step.finished.or(dropped)))
        })
        .collect();
    steps.sort_unstable();
    let mut gaps = Vec::new();
    let mut until = stamps.started.as_ref().map(|stamp| stamp.at);
    for (started, finished) in steps {
        if let Some(from) = until.filter(|until| *until < started) {
            gaps.push(Pause { from, to: started });
        }
        // Behind one that is under way there is no gap.
        let Some(finished) = finished else { break };
        until = until.max(Some(finished));
    }
    gaps.sort_by_key(|gap| Reverse(gap.to.since(gap.from)));
    let mut found: Vec<Pause> = gaps
        .into_iter()
        .take_while(|gap| {
            let is_one = waited > LEAST;
            waited -= gap.to.since(gap.from);
            is_one
        })
        .collect();
    found.sort_unstable_by_key(|pause| pause.from);
    found
}

/// How long something took from one time to another, in milliseconds, without the pauses between.
pub fn without(pauses: &[Pause], from: Timestamp, to: Timestamp) -> i64 {
    let paused: i64 = pauses
        .iter()
        .map(|pause| pause.to.min(to).since(pause.from.max(from)).max(0))
        .sum();
    (to.since(from) - paused).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::run::outcome::tests::sample;
    use domain::plan::PlanStatus;

    fn run(waited: i64, steps: &[(i64, i64)]) -> RunDetail {
        let mut run = sample(PlanStatus::FinishedSuccessful);
        let one = run.steps[0].clone();
        run.plan.stamps.waited = waited;
        run.steps = steps
            .iter()
            .map(|(started, finished)| {
                let mut step = one.clone();
                step.started = Some(Timestamp(*started));
                step.finished = Some(Timestamp(*finished));
                step
            })
            .collect();
        run
    }

    #[test]
    fn only_where_the_run_waited_for_somebody_is_a_pause() {
        let steps = [
            (1_000, 2_000),
            (1_200, 3_000),
            (9_000, 9_500),
            (60_000, 61_000),
        ];
        let pause = |from, to| Pause {
            from: Timestamp(from),
            to: Timestamp(to),
        };
        assert_eq!(pauses(&run(0, &steps)), []);
        assert_eq!(pauses(&run(50_000, &steps)), [pause(9_500, 60_000)]);
        let both = [pause(3_000, 9_000), pause(9_500, 60_000)];
        assert_eq!(pauses(&run(56_000, &steps)), both);
        assert_eq!(without(&both, Timestamp(1_000), Timestamp(61_000)), 3_500);
        assert_eq!(without(&both, Timestamp(2_500), Timestamp(5_000)), 500);
        assert_eq!(without(&[], Timestamp(2_500), Timestamp(5_000)), 2_500);
    }
}
