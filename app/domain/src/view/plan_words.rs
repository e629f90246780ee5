//! How plans stand, as words of the list's address.

use crate::plan::{Intervention, PlanStatus};
use std::collections::BTreeSet;

/// A group of statuses that has a word of its own in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusGroup {
    /// Its word.
    pub word: &'static str,
    /// What people read.
    pub label: &'static str,
    /// The statuses.
    pub statuses: &'static [PlanStatus],
}

/// The groups, in the order in which they are offered.
pub const STATUS_GROUPS: [StatusGroup; 6] = [
    StatusGroup {
        word: "active",
        label: "Active",
        statuses: &[
            PlanStatus::Queued,
            PlanStatus::Running,
            PlanStatus::NeedsIntervention,
            PlanStatus::Aborting,
        ],
    },
    StatusGroup {
        word: "waiting",
        label: "Waiting",
        statuses: &[PlanStatus::NeedsIntervention],
    },
    StatusGroup {
        word: "saved",
        label: "Saved",
        statuses: &[PlanStatus::Saved],
    },
    StatusGroup {
        word: "finished",
        label: "Finished",
        statuses: &[
            PlanStatus::FinishedSuccessful,
            PlanStatus::FinishedWithWarnings,
            PlanStatus::FinishedWithErrors,
        ],
    },
    StatusGroup {
        word: "errors",
        label: "With errors",
        statuses: &[PlanStatus::FinishedWithErrors],
    },
    StatusGroup {
        word: "aborted",
        label: "Aborted",
        statuses: &[PlanStatus::Aborted],
    },
];

/// What a plan waits for a person for, with its word in the address and what people read. A part of
/// the plans that need intervention, so it is told beside their statuses.
pub const WAITS: [(&str, &str, Intervention); 3] = [
    ("prepared", "Prepared", Intervention::Prepared),
    (
        "needs-value",
        "Needs a value",
        Intervention::NeedsConfigurationOrConfirmation,
    ),
    ("suspended", "Suspended", Intervention::DeploymentSuspended),
];

/// The reasons of a word, as [`PlanFilter::status`] writes it; what it does not know is left out.
pub fn waits_of(word: &str) -> BTreeSet<Intervention> {
    let known = |part| WAITS.into_iter().find(|(word, ..)| *word == part);
    word.split(',')
        .filter_map(known)
        .map(|known| known.2)
        .collect()
}

/// The word of a set of statuses: a group's, or the statuses' own with commas between.
pub fn status_word(statuses: &BTreeSet<PlanStatus>) -> String {
    let group = STATUS_GROUPS
        .iter()
        .find(|group| group.statuses.iter().copied().collect::<BTreeSet<_>>() == *statuses);
    group.map_or_else(
        || {
            let words: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
            words.join(",")
        },
        |group| group.word.to_owned(),
    )
}

/// The statuses of a word, see [`status_word`]; what it does not know is left out.
pub fn statuses_of(word: &str) -> BTreeSet<PlanStatus> {
    word.split(',')
        .flat_map(|part| {
            STATUS_GROUPS
                .iter()
                .find(|group| group.word == part)
                .map_or_else(
                    || {
                        PlanStatus::parse(part)
                            .filter(|status| *status != PlanStatus::Draft)
                            .into_iter()
                            .collect()
                    },
                    |group| group.statuses.to_vec(),
                )
        })
        .collect()
}
