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
    /// The last plan that changed it in the target since.
    pub changed_by: Option<u64>,
    /// Whether the files of what ran before are kept and may be deployed there.
    pub kept: bool,
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
    /// The target runs what it ran before already.
    AlreadyBack {
        /// Its number.
        number: VersionNumber,
    },
    /// The target ran nothing of it before; a plan takes nothing away.
    NothingBefore,
    /// What ran before was no tag, so that it cannot be named.
    Untagged {
        /// The tag that it was derived from.
        base: Option<VersionNumber>,
    },
    /// The files of what ran before are not kept any more.
    NotKept {
        /// Its number.
        number: VersionNumber,
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
        matches!(self, Self::Back { .. })
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
        let (version, number) = match self.before {
            Ran::Nothing => return Returns::NothingBefore,
            Ran::Untagged(base) => return Returns::Untagged { base },
            Ran::Tag(version, number) => (version, number),
        };
        match (self.now, self.brought) {
            (Ran::Tag(now, _), _) if now == version => return Returns::AlreadyBack { number },
            (Ran::Tag(now, _), Brought::Tag(brought, _)) if now == brought => {}
            (_, Brought::Modules { as_left: true }) => {}
            _ => {
                return Returns::ChangedSince {
                    plan: self.changed_by,
                };
            }
        }
        if self.kept {
            Returns::Back { version, number }
        } else {
            Returns::NotKept { number }
        }
    }
}

/// The operations of a plan that brings back what is `wanted` of these applications, in their
/// order. What cannot come back is left out.
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
