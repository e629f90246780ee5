//! Hotfixes (domain.md 3.12): changes that were made downstream of Development and did not come down
//! the lanes. One is open until a version that contains it is named, or until somebody goes without.

use crate::id::{EnvironmentId, VersionId};
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a hotfix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HotfixState {
    /// Not merged back, as far as anybody said.
    Open,
    /// Somebody named the version that contains it.
    Solved,
    /// Somebody gave a reason to go without it.
    Waived,
    /// It was replaced where it was made before it was ever tagged; nothing runs it.
    Withdrawn,
}

impl HotfixState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Open, Self::Solved, Self::Waived, Self::Withdrawn];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Solved => "solved",
            Self::Waived => "waived",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The state with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether plans are kept from overwriting it with versions that do not contain it.
    pub const fn protects(self) -> bool {
        matches!(self, Self::Open | Self::Solved)
    }
}

/// The tags that descend from `first`, with itself: each is based on one that does. `based_on` has
/// every tag of the application and the one that it was made from.
pub fn descendants(
    first: VersionId,
    based_on: &BTreeMap<VersionId, Option<VersionId>>,
) -> BTreeSet<VersionId> {
    let mut children: BTreeMap<VersionId, Vec<VersionId>> = BTreeMap::new();
    for (version, base) in based_on {
        if let Some(base) = base {
            children.entry(*base).or_default().push(*version);
        }
    }
    let mut found = BTreeSet::from([first]);
    let mut queue = vec![first];
    while let Some(version) = queue.pop() {
        for child in children.get(&version).into_iter().flatten() {
            if found.insert(*child) {
                queue.push(*child);
            }
        }
    }
    found
}

/// Whether a version contains a hotfix: it descends from the hotfix's tag, or it is not below the
/// version that was named as containing it.
pub fn contains(
    descends: bool,
    number: Option<VersionNumber>,
    solved_by: Option<VersionNumber>,
) -> bool {
    descends
        || match (number, solved_by) {
            (Some(number), Some(solved_by)) => number >= solved_by,
            _ => false,
        }
}

/// A hotfix, as far as it matters who has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hotfix {
    /// Where it was made.
    pub made_in: EnvironmentId,
    /// The tags that descend from it; none while it is not tagged.
    pub descendants: BTreeSet<VersionId>,
    /// The version that was named as containing it.
    pub solved_by: Option<VersionNumber>,
}

/// What an environment runs of the hotfix's application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runs {
    /// Where.
    pub environment: EnvironmentId,
    /// The tag that it is derived from.
    pub base: Option<(VersionId, VersionNumber)>,
}

impl Hotfix {
    /// Whether this runs the hotfix, or something that contains it.
    pub fn is_in(&self, runs: &Runs) -> bool {
        let descends = runs
            .base
            .is_some_and(|(version, _)| self.descendants.contains(&version));
        // What is not tagged yet runs nowhere but where it was made.
        let is_it = self.descendants.is_empty() && runs.environment == self.made_in;
        is_it
            || contains(
                descends,
                runs.base.map(|(_, number)| number),
                self.solved_by,
            )
    }

    /// Whether it is where `runs` is, and this version, brought there, would take it away.
    pub fn is_overwritten(&self, runs: &Runs, brings: Option<(VersionId, VersionNumber)>) -> bool {
        let descends = |version: Option<(VersionId, VersionNumber)>| {
            version.is_some_and(|(version, _)| self.descendants.contains(&version))
        };
        let is_there = if self.descendants.is_empty() {
            runs.environment == self.made_in
        } else {
            descends(runs.base)
        };
        let number = brings.map(|(_, number)| number);
        is_there && !contains(descends(brings), number, self.solved_by)
    }

    /// The environments that run the application without the hotfix, in the order given.
    pub fn lacked_by(&self, runs: &[Runs]) -> Vec<EnvironmentId> {
        runs.iter()
            .filter(|runs| !self.is_in(runs))
            .map(|runs| runs.environment)
            .collect()
    }
}
