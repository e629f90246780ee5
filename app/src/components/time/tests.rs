//! What time is in words.

use super::*;

#[test]
fn dates_are_right_at_the_edges() {
    let civil = |ms| Civil::from_utc(Timestamp(ms), 0, true).full();
    assert_eq!(civil(0), "Thu 1 Jan 1970, 00:00:00 UTC");
    assert_eq!(civil(-1), "Wed 31 Dec 1969, 23:59:59 UTC");
    assert_eq!(civil(951_782_400_000), "Tue 29 Feb 2000, 00:00:00 UTC");
    assert_eq!(civil(1_795_171_572_000), "Fri 20 Nov 2026, 10:46:12 UTC");
}

#[test]
fn a_time_zone_is_named_by_its_place() {
    let place = |zone| super::place_of(zone).unwrap_or_default();
    assert_eq!(place("Europe/Lisbon"), "Lisbon");
    assert_eq!(place("America/Argentina/Buenos_Aires"), "Buenos Aires");
    assert_eq!(place("UTC"), "UTC");
    assert_eq!(place(""), "");
}

#[test]
fn zones_move_the_day() {
    let at = Timestamp(1_795_171_572_000);
    assert_eq!(
        Civil::from_utc(at, 14 * 60, false).full(),
        "Sat 21 Nov 2026, 00:46:12"
    );
}

#[test]
fn ages_are_relative_for_a_week() {
    assert_eq!(relative(12_000).as_deref(), Some("12 s ago"));
    assert_eq!(relative(8 * 60_000).as_deref(), Some("8 min ago"));
    assert_eq!(relative(-8 * 60_000).as_deref(), Some("in 8 min"));
    assert_eq!(relative(16 * 3_600_000).as_deref(), Some("16 h ago"));
    assert_eq!(relative(8 * 86_400_000), None);
    assert_eq!(age(41 * 86_400_000), "41 d");
    assert_eq!(duration(702_000), "11 min 42 s");
    assert_eq!(duration(3_780_000), "1 h 03 min");
    assert_eq!(short_duration(158_000), "2:38");
}

#[test]
fn long_durations_are_told_in_days() {
    let hours = |hours: i64| hours * 3_600_000;
    assert_eq!(duration(hours(72) - 1_000), "3 d");
    assert_eq!(duration(hours(72)), "3 d");
    assert_eq!(duration(hours(72) - 61_000), "2 d 23 h");
    assert_eq!(duration(hours(71)), "2 d 23 h");
    assert_eq!(duration(hours(72) + 120_000), "3 d");
    assert_eq!(duration(hours(47)), "47 h 00 min");
    assert_eq!(duration(hours(24) - 1_000), "1 d");
    assert_eq!(duration(hours(25)), "25 h 00 min");
}
