//! Time as a number. The clock is never read here.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1 January 1970, UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This time, later by `milliseconds`; stops at the ends of the range.
    #[must_use]
    pub const fn plus(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this time; negative if this one came first.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

const DAY: i64 = 86_400_000;

/// A day of the calendar, in UTC: from its first millisecond to the one before the next day's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(i32);

/// A text that is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a day; write it as 2026-11-20")]
pub struct ParseDayError;

impl Day {
    /// The day on which this moment lies; the nearest one between the years 1 and 9999.
    pub fn of(at: Timestamp) -> Self {
        let first = days_before(1, 1, 1);
        let last = days_before(9_999, 12, 31);
        let days =
            i32::try_from(at.0.div_euclid(DAY)).unwrap_or(if at.0 < 0 { first } else { last });
        Self(days.clamp(first, last))
    }

    /// Its first moment.
    pub fn begin(self) -> Timestamp {
        Timestamp(i64::from(self.0) * DAY)
    }

    /// The first moment after it.
    pub fn end(self) -> Timestamp {
        self.begin().plus(DAY)
    }

    /// Year, month and day of the month.
    pub fn parts(self) -> (i32, u32, u32) {
        // Years that begin in March, so that the leap day is the last; in eras of 400 years.
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let small = |n: i64| u32::try_from(n).unwrap_or(0);
        (i32::try_from(year).unwrap_or(0), small(month), small(day))
    }
}

/// Days from 1 January 1970 to this one, by the calendar in use today.
fn days_before(year: i32, month: u32, day: u32) -> i32 {
    let (month, day) = (month.cast_signed(), day.cast_signed());
    let year = year - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl std::str::FromStr for Day {
    type Err = ParseDayError;

    fn from_str(text: &str) -> Result<Self, ParseDayError> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| {
            let part = parts.next().filter(|part| part.len() == digits)?;
            part.bytes()
                .all(|byte| byte.is_ascii_digit())
                .then(|| part.parse::<u32>().ok())
                .flatten()
        };
        let (year, month, day) = (number(4), number(2), number(2));
        let (Some(year), Some(month), Some(day), None) = (year, month, day, parts.next()) else {
            return Err(ParseDayError);
        };
        if year == 0 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return Err(ParseDayError);
        }
        let found = Self(days_before(year.cast_signed(), month, day));
        // The 30th of February is the second of March, and therefore no day.
        if found.parts() == (year.cast_signed(), month, day) {
            Ok(found)
        } else {
            Err(ParseDayError)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn days_come_back_and_no_others_are_taken() {
        for (text, at) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400_000),
            ("2026-11-28", 1_795_824_000_000),
            ("0001-01-01", -62_135_596_800_000),
            ("9999-12-31", 253_402_214_400_000),
        ] {
            let day: Day = text.parse().unwrap();
            assert_eq!((day.to_string().as_str(), day.begin().0), (text, at));
            assert_eq!(Day::of(day.begin()), day);
            assert_eq!(Day::of(day.end().plus(-1)), day);
        }
        for bad in [
            "",
            "2026",
            "2026-1-1",
            "2026-02-30",
            "2023-02-29",
            "2026-13-01",
            "2026-00-10",
            "0000-01-01",
            "2026-11-28x",
            "+026-11-28",
            "2026-11-28-1",
            "20261128",
        ] {
            assert_eq!(bad.parse::<Day>(), Err(ParseDayError), "{bad}");
        }
        assert_eq!(Day::of(Timestamp(i64::MAX)).to_string(), "9999-12-31");
        assert_eq!(Day::of(Timestamp(i64::MIN)).to_string(), "0001-01-01");
    }
}
