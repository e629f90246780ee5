//! The pauses of a run whose rounds fail, so that it takes no time from the others.

use std::time::Duration;

/// After a first failure, doubled with each that follows, up to the longest. In milliseconds.
const FIRST: i64 = 500;
const LONGEST: i64 = 8_000;

/// How long a run is left alone.
#[derive(Debug, Default)]
pub(super) struct Rest {
    failures: u32,
    until: i64,
}

impl Rest {
    /// A round has failed; answers how long the run is left alone.
    pub(super) fn begin(&mut self, now: i64) -> Duration {
        // Four doublings reach the longest.
        let pause = LONGEST.min(FIRST << self.failures.min(4));
        self.failures += 1;
        self.until = now + pause;
        Duration::from_millis(pause.unsigned_abs())
    }

    /// A round went well.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// What is left of the pause, if it is not over. A clock that was put back makes it no longer.
    pub(super) fn left(&self, now: i64) -> Option<Duration> {
        let left = self.until - now;
        (1..=LONGEST)
            .contains(&left)
            .then(|| Duration::from_millis(left.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_begin_anew_after_a_round_that_went_well() {
        let mut rest = Rest::default();
        let mut pauses = || rest.begin(0).as_millis();
        let first: Vec<u128> = (0..7).map(|_| pauses()).collect();
        assert_eq!(first, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
        rest.end();
        assert_eq!(rest.left(0), None);
        assert_eq!(rest.begin(0).as_millis(), 500);
    }

    #[test]
    fn a_pause_ends_with_its_time_and_when_the_clock_is_put_back() {
        let mut rest = Rest::default();
        rest.begin(10_000);
        assert_eq!(rest.left(10_000), Some(Duration::from_millis(500)));
        assert_eq!(rest.left(10_499), Some(Duration::from_millis(1)));
        assert_eq!(rest.left(10_500), None);
        assert_eq!(rest.left(0), None);
    }
}
