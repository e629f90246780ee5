//! Applications and their modules.

use serde::{Deserialize, Serialize};

/// How a module comes alive on an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleKind {
    /// Files, served as they are.
    Static,
    /// A process that listens on a port it is given.
    Service,
    /// No runtime of its own; its strong content is linked into consumers.
    Library,
}

/// What an application in an environment shows besides its version (domain.md 1.8).
/// Kept per (application, environment), written in the transaction that took the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // each is a mark of its own that lists filter by
pub struct Marks {
    /// Changed since its base version (`+`).
    pub modified: bool,
    /// Changed downstream of Development, through Slipway, and not yet merged back.
    pub hotfix: bool,
    /// Found by inventory without an attempt of ours.
    pub changed_outside: bool,
    /// May not be deployed to this environment.
    pub blocked: bool,
    /// References to missing or incompatible elements.
    pub broken_references: u32,
    /// References whose strong content is older than the producer's.
    pub outdated_references: u32,
}

/// The worst of an application's references in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Consistency {
    /// All references are satisfied.
    Sound,
    /// At least one module runs old logic of a producer.
    Outdated,
    /// At least one reference is missing or incompatible.
    Broken,
}

impl Marks {
    /// The worst of the reference marks.
    pub const fn consistency(&self) -> Consistency {
        if self.broken_references > 0 {
            Consistency::Broken
        } else if self.outdated_references > 0 {
            Consistency::Outdated
        } else {
            Consistency::Sound
        }
    }
}
