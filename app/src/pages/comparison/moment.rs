//! A date and time as the browser's field for them writes it, in the person's own time zone.

use crate::components::time::Clock;
use domain::Timestamp;

/// What the field shows of a moment.
pub fn written(clock: Clock, at: Timestamp) -> String {
    clock.civil(at).machine()
}

/// The moment that the field tells.
pub fn read(clock: Clock, text: &str) -> Option<Timestamp> {
    resolve(seconds(text)?, |at| seconds(&written(clock, at)))
}

/// The moment at which clocks there show `local`, in seconds as if they were those of UTC. `shown`
/// tells what they show at a moment. Where they were put forward and never showed it, the moment
/// right after.
fn resolve(local: i64, shown: impl Fn(Timestamp) -> Option<i64>) -> Option<Timestamp> {
    let mut at = local;
    // The second step is for times between the offset of the guess and its own.
    for _ in 0..2 {
        at += local - shown(Timestamp(at * 1000))?;
    }
    Some(Timestamp(at * 1000))
}

/// "2026-11-20T10:46" or "2026-11-20T10:46:12" as seconds since 1970, as if in UTC.
fn seconds(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let numbers = |text: &str, sign: char| -> Option<Vec<i64>> {
        text.split(sign).map(|part| part.parse().ok()).collect()
    };
    let [year, month, day] = numbers(date, '-')?[..] else {
        return None;
    };
    let (hour, minute, second) = match numbers(time.split('.').next()?, ':')?[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let fits = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..60).contains(&second);
    fits.then(|| days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Days since 1970 (years begin in March, so that a leap day is the last of one).
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    year * 365 + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_field_writes_is_read() {
        assert_eq!(seconds("1970-01-01T00:00"), Some(0));
        assert_eq!(seconds("2024-02-29T23:59:59"), Some(1_709_251_199));
        assert_eq!(seconds("2026-11-20T10:46:12"), Some(1_795_171_572));
        assert_eq!(seconds("2026-11-20T10:46:12.500"), Some(1_795_171_572));
        for wrong in [
            "",
            "2026-11-20",
            "2026-13-01T00:00",
            "2026-11-20T24:00",
            "x-y-zT1:2",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_zone_and_its_summer_time_are_reckoned_with() {
        const HOUR: i64 = 3600;
        let change = 1_000_000 * HOUR;
        // An hour ahead, and two from `change` on.
        let shown = |at: Timestamp| {
            let at = at.0 / 1000;
            Some(at + if at < change { HOUR } else { 2 * HOUR })
        };
        let read = |local: i64| resolve(local, shown).map(|at| at.0 / 1000);
        for at in [
            change - 9 * HOUR,
            change - 1,
            change,
            change + 30 * 60,
            change + 9 * HOUR,
        ] {
            let local = shown(Timestamp(at * 1000)).unwrap_or_default();
            assert_eq!(read(local), Some(at));
        }
    }
}
