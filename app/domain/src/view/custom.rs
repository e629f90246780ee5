//! The modules that single ones are chosen of (*Deploy Custom…*).

use crate::application::ModuleKind;
use crate::id::ModuleId;
use serde::{Deserialize, Serialize};

/// A module of an application of a plan, as the source has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanModule {
    /// Which.
    pub module: ModuleId,
    /// Its name in the source.
    pub name: String,
    /// How it comes alive.
    pub kind: ModuleKind,
    /// What the source runs.
    pub in_source: ModuleSide,
    /// What the target runs; none if it is not there.
    pub in_target: Option<ModuleSide>,
    /// It was changed in the source since the tag that runs there, or has come since.
    pub changed: bool,
    /// The two differ, or the target has none.
    pub differs: bool,
    /// The application that it belongs to in the target, if that is another one.
    pub moves_from: Option<String>,
}

/// What an environment runs of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleSide {
    /// The beginning of its bundle's name, which is the hash of its content.
    pub bundle: String,
}
