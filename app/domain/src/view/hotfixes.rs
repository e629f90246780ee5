//! Hotfixes and holds of an application, rolling back, replicating.

use super::Stamp;
use crate::Timestamp;
use crate::application::ModuleKind;
use crate::hotfix::HotfixState;
use crate::id::{ApplicationId, HoldId, HotfixId};
use crate::plan::Returns;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

/// What an application's page says of hotfixes and holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Guarded {
    /// Hotfixes, the open ones first, then the newest; at most [`MAX_GUARDED`].
    pub hotfixes: Vec<HotfixRow>,
    /// Holds that nobody released, the newest first; at most [`MAX_GUARDED`].
    pub holds: Vec<HoldRow>,
}

/// How many hotfixes, and how many holds, an application's page names.
pub const MAX_GUARDED: u64 = 50;

/// A hotfix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotfixRow {
    /// Its id.
    pub id: HotfixId,
    /// The number it was tagged with; none while it is not tagged.
    pub number: Option<VersionNumber>,
    /// The version that it was made from.
    pub base: Option<VersionNumber>,
    /// Where it was made, by name.
    pub environment: String,
    /// Who made it, and when.
    pub made: Stamp,
    /// What became of it.
    pub state: HotfixState,
    /// The version that was named as containing it.
    pub solved_by: Option<VersionNumber>,
    /// Who solved or waived it, and when.
    pub ended: Option<Stamp>,
    /// The reason that was given.
    pub reason: Option<String>,
    /// The environments that run the application without it, by name, in promotion order.
    pub lacking: Vec<String>,
}

impl HotfixRow {
    /// "Hotfix 2.14.1", or "A hotfix" while it has no number.
    pub fn called(&self) -> String {
        self.number.map_or_else(
            || "A hotfix".to_owned(),
            |number| format!("Hotfix {number}"),
        )
    }
}

/// A version that a rollback took out of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldRow {
    /// Its id.
    pub id: HoldId,
    /// The version.
    pub number: VersionNumber,
    /// From where, by name.
    pub environment: String,
    /// The plan that took it out.
    pub plan: u64,
    /// When.
    pub since: Timestamp,
}

/// What rolling back a plan would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackOutlook {
    /// The plan's number.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// When it was over.
    pub over: Option<Timestamp>,
    /// Where it went, by name.
    pub target: String,
    /// The target is in maintenance: why no rollback can be made now.
    pub maintenance: Option<String>,
    /// Its applications that it changed, in its order.
    pub rows: Vec<RollbackRow>,
}

/// What a plan that is rolled back left of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goes {
    /// A version.
    Version(VersionNumber),
    /// Single modules.
    Modules,
    /// A mix of what it brought (this version; none if it brought single modules) and of what ran
    /// before: going back failed.
    Mix(Option<VersionNumber>),
}

/// An application of a plan that is rolled back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackRow {
    /// Which.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ModuleKind,
    /// What the plan left, which goes.
    pub goes: Goes,
    /// What becomes of it.
    pub returns: Returns,
}
