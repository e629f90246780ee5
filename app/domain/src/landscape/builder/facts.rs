//! The facts that a builder takes where they are not those of the landscape itself.

use crate::id::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, PlanId, VersionId};
use crate::landscape::Started;
use crate::reference::Interface;
use crate::settings::Held;
use crate::time::Timestamp;
use crate::version::VersionNumber;

/// A published state of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewModuleVersion {
    /// Its id.
    pub id: ModuleVersionId,
    /// Whose state.
    pub module: ModuleId,
    /// The application it belonged to when published.
    pub application: ApplicationId,
    /// The module's name when published.
    pub name: String,
    /// The module's URL path when published; empty if it has none.
    pub url_path: String,
    /// The digest of its own content (linked producers left out).
    pub content: Vec<u8>,
    /// The lowest platform it needs; 0 if any will do.
    pub needs_platform: u32,
}

/// What a consumer saw of an element when it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The interface it saw.
    pub interface: Interface,
    /// The full hash it saw.
    pub full: &'a [u8],
    /// Positions of the members it uses, in the interface as [`Interface::new`] sorts it
    /// ([`Interface::positions`] finds them by name); empty means all of them.
    pub members: Vec<u16>,
}

/// A tagged version of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// Its id.
    pub id: VersionId,
    /// Whose.
    pub application: ApplicationId,
    /// Its number.
    pub number: VersionNumber,
    /// The application's name in this version.
    pub name: String,
    /// When it was tagged.
    pub created: Timestamp,
    /// The module versions it is made of.
    pub modules: Vec<ModuleVersionId>,
    /// Environments it can be deployed from.
    pub eligible: Vec<EnvironmentId>,
}

/// What an environment runs of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRunning {
    /// Where.
    pub environment: EnvironmentId,
    /// What.
    pub application: ApplicationId,
    /// The tag it is derived from.
    pub base: Option<VersionId>,
    /// Something differs from the base.
    pub modified: bool,
    /// Changed downstream of Development and not merged back.
    pub hotfix: bool,
    /// Found without an attempt of ours.
    pub changed_outside: bool,
    /// The module versions that run.
    pub modules: Vec<ModuleVersionId>,
}

impl NewRunning {
    /// An application that runs without a base, without marks and (so far) without modules.
    pub const fn new(environment: EnvironmentId, application: ApplicationId) -> Self {
        Self {
            environment,
            application,
            base: None,
            modified: false,
            hotfix: false,
            changed_outside: false,
            modules: Vec::new(),
        }
    }
}

/// Another plan that holds modules of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivePlan {
    /// Its id; that of the run for a publication.
    pub id: PlanId,
    /// The number people know it by; 0 for a publication.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Its target.
    pub target: EnvironmentId,
    /// The modules that it deploys, republishes or removes.
    pub modules: Vec<ModuleId>,
    /// The module versions that it brings.
    pub brings: Vec<ModuleVersionId>,
    /// Who started it, and when, where that is told.
    pub started: Option<Started>,
}

/// That an environment sets a site property of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewValue {
    /// Where.
    pub environment: EnvironmentId,
    /// Whose.
    pub module: ModuleId,
    /// The property's name.
    pub name: String,
    /// What is known of the value.
    pub held: Held,
}
