//! In which order the list of plans is read.

use serde::{Deserialize, Serialize};

/// What the list is sorted by. Plans that have no such time come last, the newest first; so do
/// plans that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum PlanOrder {
    /// The highest number first.
    #[default]
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
    pub const ALL: [Self; 10] = [
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
            Self::Newest => "",
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

    /// The other direction.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Newest => Self::Oldest,
            Self::Oldest => Self::Newest,
            Self::Name => Self::NameFromEnd,
            Self::NameFromEnd => Self::Name,
            Self::StartedLast => Self::StartedFirst,
            Self::StartedFirst => Self::StartedLast,
            Self::FinishedLast => Self::FinishedFirst,
            Self::FinishedFirst => Self::FinishedLast,
            Self::Longest => Self::Shortest,
            Self::Shortest => Self::Longest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::PlanOrder;

    #[test]
    fn each_order_has_a_word_of_its_own_and_another_direction() {
        for order in PlanOrder::ALL {
            assert_eq!(PlanOrder::parse(order.word()), order);
            assert_ne!(order.reversed(), order);
            assert_eq!(order.reversed().reversed(), order);
        }
        assert_eq!(PlanOrder::parse("sideways"), PlanOrder::Newest);
    }
}
