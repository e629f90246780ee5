//! How long a run, or a phase of it, will still take: told from earlier runs like it, as a range.

use super::Phase;
use serde::{Deserialize, Serialize};

/// How fast a phase of an earlier run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhasePace {
    /// Which.
    pub phase: Phase,
    /// From the begin of its first step to the end of its last one, in milliseconds.
    pub took: i64,
    /// How many steps it had.
    pub steps: u32,
}

/// How long something will take, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// At the pace of the fastest earlier run.
    pub least: i64,
    /// At the pace of the slowest one.
    pub most: i64,
    /// How many earlier runs it is told from.
    pub runs: usize,
}

/// Fewer earlier runs say nothing about how much they differ.
const LEAST_RUNS: usize = 2;

/// How long it takes to do what is `open`: phases, each with how many steps are to be done. Earlier
/// runs that had no such phase are no measure. Nothing if too few are left, or nothing is open.
pub fn estimate(past: &[Vec<PhasePace>], open: &[(Phase, u32)]) -> Option<Estimate> {
    let times: Vec<i64> = past
        .iter()
        .filter_map(|paces| at_pace(paces, open))
        .collect();
    let (least, most) = (*times.iter().min()?, *times.iter().max()?);
    (times.len() >= LEAST_RUNS && most > 0).then_some(Estimate {
        least,
        most,
        runs: times.len(),
    })
}

/// The same at the pace of one earlier run.
fn at_pace(paces: &[PhasePace], open: &[(Phase, u32)]) -> Option<i64> {
    let mut time = 0_i64;
    for (phase, steps) in open.iter().filter(|(_, steps)| *steps > 0) {
        let pace = paces.iter().find(|pace| pace.phase == *phase)?;
        let all = pace.took.max(0).saturating_mul(i64::from(*steps));
        time = time.saturating_add(all / i64::from(pace.steps.max(1)));
    }
    Some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(phase: Phase, took: i64, steps: u32) -> PhasePace {
        PhasePace { phase, took, steps }
    }

    #[test]
    fn what_is_open_is_told_at_the_pace_of_each_earlier_run() {
        let past = [
            vec![
                pace(Phase::Transfer, 1_000, 2),
                pace(Phase::Prepare, 6_000, 3),
            ],
            vec![
                pace(Phase::Transfer, 3_000, 1),
                pace(Phase::Prepare, 2_000, 2),
            ],
            // It had nothing to prepare.
            vec![pace(Phase::Transfer, 9_000, 1)],
        ];
        let told = |open: &[(Phase, u32)]| {
            estimate(&past, open).map(|estimate| (estimate.least, estimate.most, estimate.runs))
        };
        assert_eq!(told(&[(Phase::Prepare, 2)]), Some((2_000, 4_000, 2)));
        assert_eq!(
            told(&[(Phase::Transfer, 1), (Phase::Prepare, 2)]),
            Some((4_500, 5_000, 2))
        );
        // A phase in which nothing is open does not matter, had they one or not.
        assert_eq!(
            told(&[(Phase::Transfer, 1), (Phase::Activate, 0)]),
            Some((500, 9_000, 3))
        );
        assert_eq!(told(&[(Phase::Activate, 1)]), None, "none had such a phase");
        assert_eq!(told(&[]), None, "nothing is open");
        assert_eq!(told(&[(Phase::Prepare, 0)]), None);
    }

    #[test]
    fn one_run_is_no_range_and_odd_facts_are_no_danger() {
        let one = vec![pace(Phase::Finish, 800, 1)];
        assert_eq!(estimate(&[], &[(Phase::Finish, 1)]), None);
        assert_eq!(
            estimate(std::slice::from_ref(&one), &[(Phase::Finish, 1)]),
            None
        );
        let odd = [
            vec![pace(Phase::Finish, i64::MAX, 0)],
            vec![pace(Phase::Finish, -5, 1)],
        ];
        let told = estimate(&odd, &[(Phase::Finish, u32::MAX)]);
        assert_eq!(
            told.map(|told| (told.least, told.most)),
            Some((0, i64::MAX))
        );
    }
}
