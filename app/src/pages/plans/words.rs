//! What a row of the list says of a plan: what happened to it and when, how it stands, what it brings.

use crate::components::foreseen::span_in_words;
use crate::components::line::waits_since;
use crate::components::timeline::phase_word;
use domain::execution::Phase;
use domain::plan::PlanStatus;
use domain::view::{PlanRow, PlanStamps, PlanStay, Stamp};
use domain::{Timestamp, VersionNumber};
use std::fmt::Write;

/// The latest thing that happened to it, in words, when, and who had to do with it.
pub(super) fn latest(row: &PlanRow) -> (String, Timestamp, String) {
    let (done, stamp) = latest_deed(row);
    match waits_since(row) {
        Some((word, since)) => (
            format!("{word}, {} by {}", done.to_lowercase(), stamp.by.name),
            since,
            stamp.by.name,
        ),
        None => (
            format!("{done} by {}", stamp.by.name),
            stamp.at,
            stamp.by.name,
        ),
    }
}

/// The latest thing that somebody did: a word, who and when.
fn latest_deed(row: &PlanRow) -> (&'static str, Stamp) {
    if let Some(place) = &row.stay.place {
        return ("Queued", place.queued.clone());
    }
    let stamps = &row.stamps;
    [
        ("Aborted", &stamps.aborted),
        ("Continued", &stamps.continued),
        ("Started", &stamps.started),
        ("Saved", &stamps.saved),
    ]
    .into_iter()
    .find_map(|(word, stamp)| stamp.clone().map(|stamp| (word, stamp)))
    .unwrap_or_else(|| ("Created", stamps.created.clone()))
}

/// Everything that happened to it, in order: a word, when, and who if it was a person's doing.
pub(super) fn stamps(row: &PlanRow) -> Vec<(&'static str, Timestamp, Option<String>)> {
    let PlanStamps {
        created,
        saved,
        queued,
        started,
        continued,
        aborted,
        finished,
        synchronized,
        ..
    } = &row.stamps;
    let by = |word, stamp: &Stamp| (word, stamp.at, Some(stamp.by.name.clone()));
    let waits = waits_since(row).map(|(word, since)| (word, since, None));
    std::iter::once(by("Created", created))
        .chain(saved.as_ref().map(|stamp| by("Saved", stamp)))
        .chain(queued.as_ref().map(|stamp| by("Queued", stamp)))
        .chain(started.as_ref().map(|stamp| by("Started", stamp)))
        .chain(continued.as_ref().map(|stamp| by("Continued", stamp)))
        .chain(waits)
        .chain(aborted.as_ref().map(|stamp| by("Aborted", stamp)))
        .chain(finished.map(|at| ("Finished", at, None)))
        .chain(synchronized.map(|at| ("Synchronized", at, None)))
        .collect()
}

/// How it stands, in words: what came of it, or how far it is.
pub(super) fn state_words(
    outcome: Option<&str>,
    status: PlanStatus,
    way: Option<String>,
) -> Option<String> {
    let moving = matches!(status, PlanStatus::Running | PlanStatus::Aborting);
    // What went as planned is said by the status.
    let outcome = outcome.filter(|_| status != PlanStatus::FinishedSuccessful);
    outcome.map(str::to_owned).or(way.filter(|_| moving))
}

/// How far it is, and how long it will still take: "Activate, wave 3 of 4, about 3 min left."
pub(super) fn way_words(phase: Phase, stay: &PlanStay, now: Timestamp) -> String {
    let mut words = phase_word(phase).to_owned();
    if let Some((wave, all)) = stay.wave {
        let _ = write!(words, ", wave {wave} of {all}");
    }
    match stay.ends {
        Some((_, latest)) if latest <= now => words.push_str(", takes longer than usual"),
        Some((earliest, latest)) => {
            let left = span_in_words(earliest.since(now).max(0), latest.since(now));
            let _ = write!(words, ", {left} left");
        }
        None => {}
    }
    words.push('.');
    words
}

/// The applications with the versions they get, however the plan stands.
pub(super) fn application_words(
    applications: &[(String, Option<VersionNumber>)],
    total: u32,
) -> String {
    let named = applications.iter().map(|(name, number)| match number {
        Some(number) => format!("{name} {number}"),
        None => name.clone(),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    match total as usize {
        0 => "No applications yet".to_owned(),
        total if total > applications.len() => {
            format!("{named} and {} more", total - applications.len())
        }
        _ => named,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_a_plan_does_not_take_the_place_of_its_applications() {
        let said = "Aborted: seen enough.";
        let state = state_words(Some(said), PlanStatus::Aborted, None);
        assert_eq!(state.as_deref(), Some(said));
        let brings = [
            ("Claims".to_owned(), "2.14".parse().ok()),
            ("Broker Portal".to_owned(), None),
        ];
        assert_eq!(application_words(&brings, 2), "Claims 2.14, Broker Portal");
        assert_eq!(
            application_words(&brings, 3),
            "Claims 2.14, Broker Portal and 1 more"
        );
        assert_eq!(application_words(&[], 0), "No applications yet");
        // Only what moves tells how far it is.
        let way = || Some("Prepare.".to_owned());
        assert_eq!(state_words(None, PlanStatus::Running, way()), way());
        assert_eq!(state_words(None, PlanStatus::Saved, way()), None);
    }

    #[test]
    fn what_runs_says_how_far_it_is_and_how_long_it_will_still_take() {
        let now = Timestamp(1_000_000);
        let after = |minutes: i64| Timestamp(now.0 + minutes * 60_000);
        let words = |phase, wave, ends| {
            let stay = PlanStay {
                wave,
                ends,
                ..PlanStay::default()
            };
            way_words(phase, &stay, now)
        };
        assert_eq!(words(Phase::Transfer, None, None), "Transfer.");
        let ends = Some((after(2), after(3)));
        assert_eq!(
            words(Phase::Activate, Some((3, 4)), ends),
            "Activate, wave 3 of 4, about 2 to 3 min left."
        );
        let ends = Some((after(-3), after(1)));
        assert_eq!(
            words(Phase::Prepare, None, ends),
            "Prepare, at most 1 min left."
        );
        let ends = Some((after(-3), after(-1)));
        assert_eq!(
            words(Phase::Prepare, None, ends),
            "Prepare, takes longer than usual."
        );
    }
}
