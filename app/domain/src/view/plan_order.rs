//! In which order the list of plans is read.

use crate::plan::PlanStatus;
use serde::{Deserialize, Serialize};

/// What the list is sorted by. Plans that have no such time come last, the newest first; so do
/// plans that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum PlanOrder {
    /// As they stand: what waits for a person, what moves, what is saved ([`PlanShelf`]), then what
    /// was over last. Only of the whole list: what a filter leaves has the highest number first.
    #[default]
    ByState,
    /// The highest number first.
    Newest,
    /// The lowest number first.
    Oldest,
    /// By name, letters of ASCII in one case.
    Name,
    /// The same from the end.
    NameFromEnd,
    /// What was started last first.
    StartedLast,
    /// What was started first first.
    StartedFirst,
    /// What was over last first.
    FinishedLast,
    /// What was over first first.
    FinishedFirst,
    /// What took longest first.
    Longest,
    /// What took shortest first.
    Shortest,
}

impl PlanOrder {
    /// All, as they are offered.
    pub const ALL: [Self; 11] = [
        Self::ByState,
        Self::Newest,
        Self::Oldest,
        Self::Name,
        Self::NameFromEnd,
        Self::StartedLast,
        Self::StartedFirst,
        Self::FinishedLast,
        Self::FinishedFirst,
        Self::Longest,
        Self::Shortest,
    ];

    /// Its word in the address; empty for the one that is not said.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ByState => "",
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Name => "name",
            Self::NameFromEnd => "name-from-end",
            Self::StartedLast => "started-last",
            Self::StartedFirst => "started-first",
            Self::FinishedLast => "finished-last",
            Self::FinishedFirst => "finished-first",
            Self::Longest => "longest",
            Self::Shortest => "shortest",
        }
    }

    /// The one with this word; the default for one that is not known.
    pub fn parse(word: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|order| order.word() == word).unwrap_or_default()
    }

    /// What people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::ByState => "As they stand",
            Self::Newest => "Newest first",
            Self::Oldest => "Oldest first",
            Self::Name => "Name, from A",
            Self::NameFromEnd => "Name, from Z",
            Self::StartedLast => "Latest start first",
            Self::StartedFirst => "Earliest start first",
            Self::FinishedLast => "Latest end first",
            Self::FinishedFirst => "Earliest end first",
            Self::Longest => "Longest first",
            Self::Shortest => "Shortest first",
        }
    }
}

/// The parts of the list of plans as they stand, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlanShelf {
    /// What waits for a person, moves, or stands in line.
    Now,
    /// What is saved and was not started.
    Saved,
    /// What is over, by day.
    Over,
}

impl PlanShelf {
    /// The statuses of what is under way, in their order: what needs a person stands on top.
    pub const NOW: [PlanStatus; 4] = [
        PlanStatus::NeedsIntervention,
        PlanStatus::Running,
        PlanStatus::Aborting,
        PlanStatus::Queued,
    ];

    /// Where a plan of this status stands.
    pub const fn of(status: PlanStatus) -> Self {
        match status {
            PlanStatus::NeedsIntervention
            | PlanStatus::Running
            | PlanStatus::Aborting
            | PlanStatus::Queued => Self::Now,
            PlanStatus::Draft | PlanStatus::Saved => Self::Saved,
            PlanStatus::Aborted
            | PlanStatus::FinishedSuccessful
            | PlanStatus::FinishedWithWarnings
            | PlanStatus::FinishedWithErrors => Self::Over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PlanOrder;

    #[test]
    fn each_order_has_a_word_of_its_own() {
        for order in PlanOrder::ALL {
            assert_eq!(PlanOrder::parse(order.word()), order);
        }
        assert_eq!(PlanOrder::parse("sideways"), PlanOrder::ByState);
    }
}
