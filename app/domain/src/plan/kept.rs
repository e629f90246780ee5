//! How long the packages of a prepared plan are kept (decisions "Running a plan"), and what one that
//! is suspended or waits for values has brought so far: never without saying so, and never for ever,
//! as it holds its modules and a slot of its target meanwhile.

use super::Intervention;
use crate::environment::MOST_HOURS;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;
/// A day before the end at the latest, there is a warning.
const DAY: i64 = 24 * HOUR;

/// Since when and until when what a plan has prepared is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Everything was staged and verified, the agent was given up, or a value was missed.
    pub since: Timestamp,
    /// Then it is removed.
    pub until: Timestamp,
    /// For how many hours it is kept, and kept longer each time somebody asks for it.
    pub hours: u32,
}

impl Kept {
    /// Prepared, suspended or without a value since now.
    pub fn from(now: Timestamp, hours: u32) -> Self {
        Self {
            since: now,
            until: now.plus(i64::from(hours) * HOUR),
            hours,
        }
    }

    /// From when on the end is near: a quarter of the time is left, or a day.
    pub fn warns_at(self) -> Timestamp {
        let quarter = i64::from(self.hours) * HOUR / 4;
        self.until.plus(-quarter.min(DAY))
    }

    /// Whether the end is near.
    pub fn is_ending(self, now: Timestamp) -> bool {
        now >= self.warns_at()
    }

    /// Whether it is over.
    pub fn is_over(self, now: Timestamp) -> bool {
        now >= self.until
    }

    /// Kept for the same time again; none if that were longer from now than packages are ever kept.
    pub fn longer(self, now: Timestamp) -> Option<Self> {
        let until = self.until.plus(i64::from(self.hours) * HOUR);
        (until.since(now) <= i64::from(MOST_HOURS) * HOUR).then_some(Self { until, ..self })
    }

    /// For how many hours it was kept when it ended.
    pub fn hours_in_all(self) -> i64 {
        self.until.since(self.since) / HOUR
    }

    /// Why a plan that waited for this ends when its time is over.
    pub fn reason(self, why: Intervention) -> String {
        let hours = self.hours_in_all();
        let hours = if hours == 1 {
            "1 hour".to_owned()
        } else {
            format!("{hours} hours")
        };
        match why {
            Intervention::DeploymentSuspended => {
                format!("It was suspended for {hours}, and nobody continued it.")
            }
            Intervention::NeedsConfigurationOrConfirmation => {
                format!("It waited {hours} for a value, and nobody continued it.")
            }
            _ => format!("Its prepared packages were kept {hours}, and nobody continued it."),
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    const fn hour(hours: i64) -> Timestamp {
        Timestamp(hours * HOUR)
    }

    #[test]
    fn a_warning_comes_with_a_quarter_left_or_a_day() {
        for (hours, warns) in [(96, 72), (8, 6), (4, 3), (720, 696)] {
            let kept = Kept::from(hour(0), hours);
            assert_eq!(kept.warns_at(), hour(warns), "{hours}");
            assert!(!kept.is_ending(hour(warns).plus(-1)) && kept.is_ending(hour(warns)));
            assert!(!kept.is_over(kept.until.plus(-1)) && kept.is_over(kept.until));
        }
    }

    #[test]
    fn kept_longer_is_kept_the_same_time_again_and_not_for_ever() {
        let kept = Kept::from(hour(0), 96).longer(hour(90)).expect("longer");
        assert_eq!((kept.since, kept.until), (hour(0), hour(192)));
        assert_eq!(kept.hours_in_all(), 192);
        assert_eq!(kept.warns_at(), hour(168));
        let mut kept = Kept::from(hour(0), 300);
        kept = kept.longer(hour(0)).expect("600 hours ahead");
        assert_eq!(kept.longer(hour(0)), None, "900 hours ahead");
        assert!(kept.longer(hour(200)).is_some());
    }

    #[test]
    fn the_reason_says_for_how_long() {
        let said = |hours| Kept::from(hour(5), hours).reason(Intervention::Prepared);
        assert_eq!(
            said(96),
            "Its prepared packages were kept 96 hours, and nobody continued it."
        );
        assert!(said(1).contains("kept 1 hour,"));
        assert_eq!(
            Kept::from(hour(5), 8).reason(Intervention::DeploymentSuspended),
            "It was suspended for 8 hours, and nobody continued it."
        );
        assert_eq!(
            Kept::from(hour(5), 8).reason(Intervention::NeedsConfigurationOrConfirmation),
            "It waited 8 hours for a value, and nobody continued it."
        );
    }
}
