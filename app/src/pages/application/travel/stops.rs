//! When each version came to which environment, and where that stands on a line of time.

use domain::Timestamp;
use domain::version::VersionNumber;
use domain::view::{ApplicationDetail, PlanRow};

/// A chip is about this wide, in permille of the line; what would cover another is only a mark.
const CHIP: i64 = 75;
/// The line goes on a little beyond now, so that the last chip has its place.
pub(super) const NOW_AT: i64 = 925;

/// A version came to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) lane: usize,
    pub(super) at: Timestamp,
    pub(super) number: VersionNumber,
    pub(super) hotfix: bool,
    /// The plan that brought it; none where it was tagged.
    pub(super) plan: Option<u64>,
}

/// Everything that is known, oldest first, and when plans brought single modules, which have no number
/// of their own.
pub(super) fn stops(detail: &ApplicationDetail, plans: &[PlanRow]) -> (Vec<Stop>, Vec<Timestamp>) {
    let lane_of = |name: &str| detail.environments.iter().position(|lane| lane == name);
    let hotfix = |number: VersionNumber| {
        let tag = detail.versions.iter().find(|tag| tag.number == number);
        tag.is_some_and(|tag| tag.hotfix)
    };
    let mut stops: Vec<Stop> = detail
        .versions
        .iter()
        .filter_map(|tag| {
            Some(Stop {
                lane: lane_of(&tag.environment)?,
                at: tag.created.at,
                number: tag.number,
                hotfix: tag.hotfix,
                plan: None,
            })
        })
        .collect();
    let mut parts = Vec::new();
    for plan in plans {
        let (Some(lane), Some(at)) = (lane_of(&plan.target), plan.stamps.finished) else {
            continue;
        };
        // The console names what was asked for, however long a plan is: what is not named was in it
        // and stayed as it was.
        let brought = plan
            .applications
            .iter()
            .find(|(name, _)| *name == detail.name);
        match brought {
            Some((_, Some(number))) => stops.push(Stop {
                lane,
                at,
                number: *number,
                hotfix: hotfix(*number),
                plan: Some(plan.number),
            }),
            Some((_, None)) => parts.push(at),
            None => {}
        }
    }
    stops.sort_by_key(|stop| (stop.at, stop.lane));
    (stops, parts)
}

/// The stops since `from`, and what was in each lane then, which stands at the beginning.
pub(super) fn since(stops: &[Stop], from: Timestamp) -> Vec<Stop> {
    let mut kept: Vec<Stop> = Vec::new();
    for stop in stops {
        if stop.at < from {
            kept.retain(|before| before.lane != stop.lane);
            kept.push(Stop {
                at: from,
                ..stop.clone()
            });
        } else {
            kept.push(stop.clone());
        }
    }
    kept.sort_by_key(|stop| (stop.at, stop.lane));
    kept
}

/// Where a time is on the line, in permille.
pub(super) fn place_of(at: Timestamp, from: Timestamp, now: Timestamp) -> i64 {
    at.since(from) * NOW_AT / now.since(from).max(1)
}

/// Whether the chip of this stop would lie under a later one of its lane.
pub(super) fn is_covered(stops: &[Stop], index: usize, from: Timestamp, now: Timestamp) -> bool {
    let stop = &stops[index];
    let here = place_of(stop.at, from, now);
    stops[index + 1..]
        .iter()
        .any(|later| later.lane == stop.lane && place_of(later.at, from, now) - here < CHIP)
}

/// The last stop of the same version in the lane before.
pub(super) fn origin<'a>(stops: &'a [Stop], stop: &Stop) -> Option<&'a Stop> {
    let before = stop.lane.checked_sub(1)?;
    stops
        .iter()
        .rev()
        .find(|from| from.lane == before && from.number == stop.number && from.at <= stop.at)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn stop(lane: usize, at: i64, number: &str) -> Stop {
        Stop {
            lane,
            at: Timestamp(at),
            number: number.parse().unwrap(),
            hotfix: false,
            plan: None,
        }
    }

    #[test]
    fn what_was_there_before_stands_at_the_beginning() {
        let all = [
            stop(0, 5, "1.0"),
            stop(0, 8, "1.1"),
            stop(1, 9, "1.0"),
            stop(0, 20, "1.2"),
        ];
        assert_eq!(
            since(&all, Timestamp(10)),
            [stop(0, 10, "1.1"), stop(1, 10, "1.0"), stop(0, 20, "1.2")]
        );
    }

    #[test]
    fn a_version_comes_from_the_lane_before() {
        let all = [
            stop(0, 1, "1.0"),
            stop(0, 2, "1.1"),
            stop(1, 3, "1.0"),
            stop(2, 4, "1.1"),
        ];
        assert_eq!(origin(&all, &all[2]), Some(&all[0]));
        assert_eq!(origin(&all, &all[3]), None, "it skipped one");
        assert_eq!(origin(&all, &all[0]), None);
    }

    #[test]
    fn chips_do_not_cover_each_other() {
        let (from, now) = (Timestamp(0), Timestamp(1_000));
        let all = [
            stop(0, 100, "1.0"),
            stop(0, 110, "1.1"),
            stop(1, 111, "1.1"),
            stop(0, 500, "1.2"),
        ];
        let covered: Vec<bool> = (0..4).map(|i| is_covered(&all, i, from, now)).collect();
        assert_eq!(covered, [true, false, false, false]);
        assert_eq!(place_of(now, from, now), NOW_AT);
    }
}
