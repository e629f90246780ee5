//! Rolling back a plan that finished: a plan of its own that brings back what the target ran before.
//! What can come back and what cannot is foreseen before it is made.

use super::{Choice, Operation, PlanStatus};
use crate::id::{ApplicationId, VersionId};
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

/// A tag with its number.
pub type Tag = (VersionId, VersionNumber);

/// What the target ran of an application at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ran {
    /// Nothing.
    Nothing,
    /// A tag, unchanged.
    Tag(VersionId, VersionNumber),
    /// Something that was never tagged, or changed since it was; the number of the tag that it was
    /// derived from.
    Untagged(Option<VersionNumber>),
}

/// What the plan that is to be rolled back brought of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brought {
    /// A tag.
    Tag(VersionId, VersionNumber),
    /// Some modules, so that the target held a mix.
    Modules {
        /// The target still has exactly that mix.
        as_left: bool,
    },
    /// A part of it: the run ended with errors, and may have left the new state of some modules
    /// and the former one of others.
    Part {
        /// The tag that was to come; none if single modules were.
        of: Option<VersionNumber>,
        /// Each module still is what it was before, or what the plan brought.
        as_left: bool,
    },
}

/// What is true of an application of the plan that is to be rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// Which.
    pub application: ApplicationId,
    /// What the plan brought.
    pub brought: Brought,
    /// What the target ran right before.
    pub before: Ran,
    /// What it runs now.
    pub now: Ran,
    /// It runs exactly the modules again, or still, that it ran before, whether they have a tag or
    /// not.
    pub as_before: bool,
    /// The last plan that changed it in the target since.
    pub changed_by: Option<u64>,
    /// Whether the files of what ran before are kept and may be deployed there.
    pub kept: bool,
    /// The number that what ran before gets if it was never tagged; none if who asks may not tag.
    pub tagged_as: Option<VersionNumber>,
}

/// What becomes of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Returns {
    /// This tag comes back.
    Back {
        /// The tag.
        version: VersionId,
        /// Its number.
        number: VersionNumber,
    },
    /// What ran before was never tagged: it gets a tag, and comes back as that.
    BackTagged {
        /// The tag that it was derived from.
        base: Option<VersionNumber>,
        /// The number that it gets.
        number: VersionNumber,
    },
    /// The target runs what it ran before already.
    AlreadyBack {
        /// What that is.
        ran: Ran,
    },
    /// The target ran nothing of it before; a plan takes nothing away.
    NothingBefore,
    /// What ran before was never tagged, and who asks may not tag it.
    NoRightToTag {
        /// The tag that it was derived from.
        base: Option<VersionNumber>,
    },
    /// The files of what ran before are not kept any more.
    NotKept {
        /// What that was.
        ran: Ran,
    },
    /// It was changed since: by a later plan, or without one.
    ChangedSince {
        /// The last plan that did.
        plan: Option<u64>,
    },
}

impl Returns {
    /// Whether something comes back.
    pub const fn is_back(&self) -> bool {
        matches!(self, Self::Back { .. } | Self::BackTagged { .. })
    }
}

/// Whether a plan with this status can be rolled back: it ran to its end, whichever one.
pub const fn can_roll_back(status: PlanStatus) -> bool {
    matches!(
        status,
        PlanStatus::FinishedSuccessful
            | PlanStatus::FinishedWithWarnings
            | PlanStatus::FinishedWithErrors
    )
}

impl Undone {
    /// What rolling back makes of it.
    pub fn returns(&self) -> Returns {
        let ran = self.before;
        let is_back = match (ran, self.now) {
            (Ran::Nothing, _) => return Returns::NothingBefore,
            (Ran::Tag(before, _), Ran::Tag(now, _)) if before == now => true,
            _ => self.as_before,
        };
        if is_back {
            return Returns::AlreadyBack { ran };
        }
        let unchanged = match (self.now, self.brought) {
            (Ran::Tag(now, _), Brought::Tag(brought, _)) if now == brought => true,
            (_, Brought::Modules { as_left } | Brought::Part { as_left, .. }) => as_left,
            _ => false,
        };
        if !unchanged {
            return Returns::ChangedSince {
                plan: self.changed_by,
            };
        }
        if !self.kept {
            return Returns::NotKept { ran };
        }
        match (ran, self.tagged_as) {
            (Ran::Nothing, _) => Returns::NothingBefore,
            (Ran::Tag(version, number), _) => Returns::Back { version, number },
            (Ran::Untagged(base), Some(number)) => Returns::BackTagged { base, number },
            (Ran::Untagged(base), None) => Returns::NoRightToTag { base },
        }
    }
}

/// The operations of a plan that brings back what is `wanted` of these applications, in their
/// order. What cannot come back is left out, and what has to be tagged for it first.
pub fn roll_back(undone: &[Undone], wanted: impl Fn(ApplicationId) -> bool) -> Vec<Operation> {
    undone
        .iter()
        .filter(|row| wanted(row.application))
        .filter_map(|row| match row.returns() {
            Returns::Back { version, .. } => Some(Operation {
                application: row.application,
                choice: Choice::Deploy { version },
            }),
            _ => None,
        })
        .collect()
}
