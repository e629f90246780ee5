//! An application's tags: asked for by page, tagged anew from an older state, taken along.

use super::Stamp;
use crate::plan::PlanStatus;
use crate::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, VersionId, VersionNumber};
use serde::{Deserialize, Serialize};

/// Tags on a page of the list, unless somebody says how many (domain.md V12).
pub const VERSION_PAGE: u32 = 5;

/// The most tags that are offered at once as the base of a new one.
pub const MAX_BASES: u64 = 200;

/// Which tags of an application are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFilter {
    /// Whose.
    pub application: ApplicationId,
    /// Looked for in what they say about the change, and in their numbers (domain.md V12).
    pub text: String,
    /// The first one.
    pub offset: u64,
    /// How many, at most [`super::MAX_PAGE`].
    pub limit: u32,
}

impl VersionFilter {
    /// The newest tags of an application.
    pub const fn newest(application: ApplicationId, limit: u32) -> Self {
        Self {
            application,
            text: String::new(),
            offset: 0,
            limit,
        }
    }
}

/// Plans that brought a version somewhere, at once.
pub const DELIVERY_PAGE: u32 = 3;

/// The plans that brought a version somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliveries {
    /// Which version.
    pub version: VersionId,
    /// The newest first, at most [`DELIVERY_PAGE`] at once.
    pub rows: Vec<Delivery>,
    /// How many there are.
    pub total: u64,
}

/// A plan that brought a version to its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The plan's number.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Where it brought the version.
    pub target: String,
    /// How it ended.
    pub status: PlanStatus,
    /// Who started it, and when it was finished.
    pub finished: Stamp,
    /// Its notes, in Markdown.
    pub notes: String,
}

/// The tags that can be the base of a new one in an environment (domain.md V7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagBases {
    /// The highest first, at most [`MAX_BASES`].
    pub bases: Vec<(VersionId, VersionNumber)>,
    /// How many there are besides.
    pub more: u64,
}

/// An older state, as it can be tagged anew (domain.md V7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OlderState {
    /// The tag it is taken from.
    pub base: VersionId,
    /// The number of that tag.
    pub number: VersionNumber,
    /// The number that is proposed (V5).
    pub proposal: VersionNumber,
    /// The highest version that another environment runs, and where: a plan does not bring a lower
    /// one there (V6).
    pub ahead: Option<(String, VersionNumber)>,
    /// Its modules, by name.
    pub modules: Vec<OlderModule>,
}

/// A module of an older state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OlderModule {
    /// Its id.
    pub module: ModuleId,
    /// Its name.
    pub name: String,
    /// What can be tagged of it: the base's own state first, then the others, newest first.
    pub states: Vec<OlderModuleState>,
}

/// A published state of a module that a new tag can hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OlderModuleState {
    /// Its id.
    pub version: ModuleVersionId,
    /// The tags that hold it, the lowest first.
    pub tags: Vec<VersionNumber>,
    /// Whether the environment runs it.
    pub running: bool,
}

/// A new tag with older content, as typed (domain.md V7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRetag {
    /// Whose.
    pub application: ApplicationId,
    /// Where it is tagged.
    pub environment: EnvironmentId,
    /// The tag that it is based on.
    pub base: VersionId,
    /// What it holds: one state of each module of the base.
    pub modules: Vec<ModuleVersionId>,
    /// Its number, as typed.
    pub number: String,
    /// What it says about the change.
    pub description: String,
}
