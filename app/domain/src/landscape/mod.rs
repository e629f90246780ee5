//! An immutable snapshot of what an installation knows: the only input of checks, repair, order
//! and comparison. Rows refer to each other by position (interned ids), so that a slice with
//! 10,000 modules and 100,000 references stays small on the wire and fast to index.
//!
//! The same type is the browser's slice (postcard) and the export of `slipway landscape` (JSON,
//! described by a schema in `docs/`). Positions are checked once by [`Landscape::validate`];
//! after that the analysis may index freely.

use crate::application::ModuleKind;
use crate::environment::{LinkState, Purpose};
use crate::id::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, PlanId, VersionId};
use crate::reference::{ElementKind, Interface};
use crate::settings::{Held, Property};
use crate::time::Timestamp;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

mod builder;
mod guarded;
mod homes;
mod marks;
mod mistake;
mod slice;
mod sliced;
mod validate;

pub use builder::{
    LandscapeBuilder, NewActivePlan, NewHold, NewHotfix, NewModuleVersion, NewRunning, NewValue,
    NewVersion, Seen,
};
pub use guarded::{HoldFacts, HotfixFacts};
pub use marks::{Offers, ReferenceMarks, ReferenceState};
pub use mistake::{LandscapeError, Table};
pub use sliced::{Slice, SliceSize};

/// Position of a row in the table that the field's doc names.
pub type Ix = u32;

/// The snapshot. All tables are sorted by their own documented order, so equal facts give equal
/// bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Landscape {
    /// A number that changes whenever anything in here may have changed.
    pub revision: u64,
    /// Whether the person who asked may deploy nothing at all: then they prepare plans that others run
    /// (domain.md 3.4). They are told so once, and otherwise what those may do counts.
    #[serde(default)]
    pub prepares: bool,
    /// In promotion order.
    pub environments: Vec<EnvironmentFacts>,
    /// By id.
    pub applications: Vec<ApplicationFacts>,
    /// By id.
    pub modules: Vec<ModuleFacts>,
    /// Identities of elements: by (module, kind, name with ASCII case folded).
    pub elements: Vec<ElementFacts>,
    /// Interned interfaces, by their members; two elements with the same position have the same
    /// compatibility hash.
    pub interfaces: Vec<Interface>,
    /// Published states of modules: by (module, id).
    pub module_versions: Vec<ModuleVersionFacts>,
    /// Tagged versions: by (application, number).
    pub versions: Vec<VersionFacts>,
    /// What runs where: by (environment, application).
    pub running: Vec<RunningFacts>,
    /// Other plans that matter to a start: running, paused, prepared or aborting. By
    /// number; publications before them, by id.
    #[serde(default)]
    pub active_plans: Vec<ActivePlan>,
    /// Hotfixes that plans must not overwrite: by (application, environment, since, number).
    #[serde(default)]
    pub hotfixes: Vec<HotfixFacts>,
    /// Versions that were taken out of environments: by (application, environment, version).
    #[serde(default)]
    pub holds: Vec<HoldFacts>,
    /// Site properties that may need a value: by (module version, name with ASCII case folded).
    #[serde(default)]
    pub properties: Vec<PropertyFacts>,
    /// What is set for them, never the values: by (environment, module, name as above).
    #[serde(default)]
    pub values: Vec<ValueFacts>,
}

/// A site property of a module version that may need a value before it can be deployed: it has no
/// default, or somewhere a value is set that was given before it became, or stopped being, a
/// secret. Others never need one and are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyFacts {
    /// Whose, in `module_versions`.
    pub version: Ix,
    /// Its name.
    pub name: String,
    /// What it takes.
    pub property: Property,
}

/// That an environment sets a site property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueFacts {
    /// Where, in `environments`.
    pub environment: Ix,
    /// Whose, in `modules`.
    pub module: Ix,
    /// Its name with ASCII case folded.
    pub name: String,
    /// What is known of the value.
    pub held: Held,
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentFacts {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether its agent can be reached now.
    pub reachable: bool,
    /// How its agent stands; it tells those apart that cannot be reached.
    #[serde(default)]
    pub link: LinkState,
    /// The version of its agent's server contract, as one number; 0 if not known.
    pub platform: u32,
    /// Why it is in maintenance, if it is: nothing is deployed from it or to it then.
    #[serde(default)]
    pub maintenance: Option<String>,
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationFacts {
    /// Its id.
    pub id: ApplicationId,
    /// Its current name (one per installation).
    pub name: String,
    /// Whether the person who asked may tag it in the source of their plan.
    pub may_tag: bool,
    /// Whether the person who asked may deploy it.
    pub may_deploy: bool,
    /// Environments where it may not be deployed, with the reason given.
    #[serde(default)]
    pub blocked: Vec<(Ix, String)>,
}

/// A module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleFacts {
    /// Its id.
    pub id: ModuleId,
    /// Its current name.
    pub name: String,
    /// How it comes alive.
    pub kind: ModuleKind,
}

/// The identity of an element that some module version provides or uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementFacts {
    /// The producer, in `modules`.
    pub module: Ix,
    /// Its kind.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
}

/// One published state of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleVersionFacts {
    /// Its id.
    pub id: ModuleVersionId,
    /// Whose state, in `modules`.
    pub module: Ix,
    /// The application it belonged to when published, in `applications`.
    pub application: Ix,
    /// The module's name when published (renames travel with a deployment).
    pub name: String,
    /// The module's URL path when published; empty if it has none.
    pub url_path: String,
    /// Equal content has an equal number; linked producers do not count (domain.md: hash without
    /// semantic difference).
    pub content: u32,
    /// The lowest platform it needs; 0 if any will do.
    pub needs_platform: u32,
    /// What it offers, sorted by element.
    pub provides: Vec<Provided>,
    /// What it uses, sorted by element.
    pub uses: Vec<Reference>,
}

/// An element as a module version offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provided {
    /// Which, in `elements`.
    pub element: Ix,
    /// Its interface, in `interfaces` (the compatibility hash, interned).
    pub interface: Ix,
    /// Its interface and content (the full hash, interned): equal numbers, equal hashes. Never 0.
    pub full: u32,
}

/// An element as a consumer saw it when it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Which, in `elements`.
    pub element: Ix,
    /// The interface seen, in `interfaces`.
    pub interface: Ix,
    /// The full hash seen (interned as in [`Provided::full`]); for strong elements this is the
    /// content that was linked in. 0 if the reference was recorded without ever being resolved.
    pub full: u32,
    /// Positions of the members used within that interface; empty means all of them.
    pub members: Vec<u16>,
}

/// A tagged version of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFacts {
    /// Its id.
    pub id: VersionId,
    /// Whose, in `applications`.
    pub application: Ix,
    /// Its number.
    pub number: VersionNumber,
    /// The application's name in this version.
    pub name: String,
    /// The module versions it is made of, in `module_versions`, sorted.
    pub modules: Vec<Ix>,
    /// Environments it can be deployed from (made there or deployed there), in `environments`.
    pub eligible: Vec<Ix>,
    /// When it was tagged.
    pub created: Timestamp,
}

/// What an environment runs of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningFacts {
    /// Where, in `environments`.
    pub environment: Ix,
    /// What, in `applications`.
    pub application: Ix,
    /// The tag it is derived from, in `versions`; none if it was never tagged.
    pub base: Option<Ix>,
    /// Something differs from the base (the `+`).
    pub modified: bool,
    /// Changed downstream of Development and not merged back.
    pub hotfix: bool,
    /// Found without an attempt of ours.
    pub changed_outside: bool,
    /// The module versions that run, in `module_versions`, sorted.
    pub modules: Vec<Ix>,
}

/// Another plan that holds modules of a target, or a publication that does. A publication holds
/// modules as a plan does, but no slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivePlan {
    /// Its id; that of the run for a publication.
    pub id: PlanId,
    /// The number people know it by; 0 for a publication, which has none.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Its target, in `environments`.
    pub target: Ix,
    /// The modules that it deploys or redeploys, in `modules`, sorted.
    pub modules: Vec<Ix>,
    /// The module versions that it brings, in `module_versions`, sorted (their references join the
    /// graph of domain.md 3.14).
    pub brings: Vec<Ix>,
    /// Who started it, and when, where that is told.
    #[serde(default)]
    pub started: Option<Started>,
}

/// Who started a plan, and when.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Started {
    /// The person's name.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl Landscape {
    /// Whether it has exactly these applications, modules and published states. They may come in any
    /// order, each once.
    pub fn is_about(
        &self,
        applications: impl Iterator<Item = ApplicationId>,
        modules: impl Iterator<Item = ModuleId>,
        states: impl Iterator<Item = ModuleVersionId>,
    ) -> bool {
        are_same(self.applications.iter().map(|row| row.id), applications)
            && are_same(self.modules.iter().map(|row| row.id), modules)
            && are_same(self.module_versions.iter().map(|row| row.id), states)
    }
}

/// Whether the same ids come from both, whatever their order.
fn are_same<T: Ord>(one: impl Iterator<Item = T>, other: impl Iterator<Item = T>) -> bool {
    let (mut one, mut other): (Vec<T>, Vec<T>) = (one.collect(), other.collect());
    one.sort_unstable();
    other.sort_unstable();
    one == other
}

impl ActivePlan {
    /// Whether it is a publication, which holds no slot of its target.
    pub const fn is_publication(&self) -> bool {
        self.number == 0
    }
}
