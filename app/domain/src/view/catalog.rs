//! Applications: the matrix and one application's page.

use super::Stamp;
use crate::Timestamp;
use crate::application::{Marks, ModuleKind};
use crate::id::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, VersionId};
use crate::plan::Intervention;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

/// The tabs of the matrix.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationTab {
    /// Everything the reader may see.
    #[default]
    All,
    /// Some environment runs a lower version than the one before it.
    CanMove,
    /// Modified since its tag, somewhere.
    Modified,
    /// A hotfix that is not merged back.
    Hotfix,
    /// Broken references, somewhere.
    Broken,
    /// Changed outside Slipway, somewhere.
    ChangedOutside,
    /// Blocked, somewhere.
    Blocked,
}

impl ApplicationTab {
    /// All tabs, in order.
    pub const ALL: [Self; 7] = [
        Self::All,
        Self::CanMove,
        Self::Modified,
        Self::Hotfix,
        Self::Broken,
        Self::ChangedOutside,
        Self::Blocked,
    ];
}

/// How the matrix is sorted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationSort {
    /// By name.
    #[default]
    Name,
    /// Last change anywhere, newest first.
    LastChange,
}

/// What the matrix asks for. Every part is in the page's address.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApplicationFilter {
    /// Text in the name of the application or of one of its modules.
    pub text: String,
    /// The tab.
    pub tab: ApplicationTab,
    /// Only applications with a module of this kind.
    pub kind: Option<ModuleKind>,
    /// Only applications that use this one, directly.
    pub consumer_of: Option<ApplicationId>,
    /// Only applications that this one uses, directly.
    pub producer_of: Option<ApplicationId>,
    /// The order.
    pub sort: ApplicationSort,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to give, at most [`super::MAX_PAGE`].
    pub limit: u32,
}

impl ApplicationFilter {
    /// Whether anything but the tab and the order narrows the list.
    pub fn is_narrowed(&self) -> bool {
        !self.text.trim().is_empty()
            || self.kind.is_some()
            || self.consumer_of.is_some()
            || self.producer_of.is_some()
    }
}

/// A row of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationRow {
    /// Its id.
    pub id: ApplicationId,
    /// Its name.
    pub name: String,
    /// The kind that shows best what it is: static (a site) before service before library.
    pub kind: ModuleKind,
    /// How many modules it has.
    pub modules: u32,
    /// One cell per environment, in promotion order.
    pub cells: Vec<MatrixCell>,
}

/// What one environment has of one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixCell {
    /// Where.
    pub environment: EnvironmentId,
    /// Whether it runs there at all.
    pub present: bool,
    /// The base version's number; none if it runs there untagged.
    pub version: Option<VersionNumber>,
    /// Its marks.
    pub marks: Marks,
    /// The reason it is blocked.
    pub block_reason: Option<String>,
    /// Last change and by whom.
    pub changed: Option<Stamp>,
    /// Whether it can move on: the next environment runs something lower, the same tag without what
    /// was changed since, or nothing.
    pub can_move: bool,
    /// What the environment before it runs was taken out of this one by a rollback, and is held.
    pub held: bool,
    /// A plan that is moving it into this environment.
    pub incoming: Option<IncomingPlan>,
}

/// A plan that brings an application into an environment and is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingPlan {
    /// The plan's number.
    pub number: u64,
    /// The version it brings; none if it is made by the plan itself.
    pub brings: Option<VersionNumber>,
    /// What it waits for, if it has stopped and waits for a person.
    pub waits: Option<Intervention>,
}

/// An application in an environment and in the one after it, between which a plan can move it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PossibleMove {
    /// Which application.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// The environment it runs in, and what it runs there.
    pub here: (String, MatrixCell),
    /// The environment after that, and what it runs there.
    pub next: (String, MatrixCell),
}

/// How many applications each tab holds for the text that is searched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ApplicationCounts {
    /// One per [`ApplicationTab::ALL`], in that order.
    pub tabs: Vec<u64>,
    /// How many of what is searched can move into each environment from the one before it and are
    /// not on their way yet, in promotion order (the first is always 0).
    pub movable: Vec<u64>,
}

/// One application's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationDetail {
    /// Its id.
    pub id: ApplicationId,
    /// Its name.
    pub name: String,
    /// What it says of itself.
    pub description: String,
    /// One cell per environment, in promotion order.
    pub cells: Vec<MatrixCell>,
    /// Names of the environments, in the same order.
    pub environments: Vec<String>,
    /// Where it is reached in each environment (the first module with a URL path), same order.
    pub addresses: Vec<Option<String>>,
    /// Its modules over all environments, by name.
    pub modules: Vec<ModuleRow>,
    /// Its tags, newest first, the first 50.
    pub versions: Vec<VersionRow>,
    /// How many tags there are.
    pub version_total: u64,
    /// The number that tagging would propose, per environment; none where it does not run.
    pub proposals: Vec<Option<VersionNumber>>,
    /// For the tag form: changes whenever what would be tagged changes, per environment.
    pub running_revisions: Vec<Option<i64>>,
    /// Its hotfixes, and what was taken out of environments.
    pub guarded: super::Guarded,
}

impl ApplicationDetail {
    /// Whether what runs in this lane was taken out of the next one by a rollback, and nobody has
    /// released it since.
    pub fn is_held_after(&self, lane: usize) -> bool {
        let (Some(here), Some(next)) = (self.cells.get(lane), self.environments.get(lane + 1))
        else {
            return false;
        };
        let mut holds = self.guarded.holds.iter();
        holds.any(|hold| hold.environment == *next && here.version == Some(hold.number))
    }
}

/// A module on its application's page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleRow {
    /// Its id.
    pub id: ModuleId,
    /// Its name.
    pub name: String,
    /// How it comes alive.
    pub kind: ModuleKind,
    /// One per environment, in promotion order.
    pub cells: Vec<ModuleCell>,
}

/// What an environment runs of a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleCell {
    /// What runs; none if it is not there.
    pub version: Option<ModuleVersionId>,
    /// The number of the application's version it belongs to, if any.
    pub number: Option<VersionNumber>,
    /// Differs from the application's base version.
    pub modified: bool,
    /// Missing or incompatible elements, in words.
    pub broken: Vec<String>,
    /// Producers whose newer logic is not linked yet, by name.
    pub outdated: Vec<String>,
    /// Whether the agent says it is up (services: healthy).
    pub healthy: Option<bool>,
    /// Whether it is down because the agent's key does not open its secret values.
    pub secrets_locked: bool,
    /// When it was published there.
    pub published: Option<Timestamp>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionRow {
    /// Its id.
    pub id: VersionId,
    /// Its number.
    pub number: VersionNumber,
    /// What it says about the change.
    pub description: String,
    /// Who made it, and when.
    pub created: Stamp,
    /// Where it was made.
    pub environment: String,
    /// Where it runs now, by name.
    pub running_in: Vec<String>,
    /// Whether it is a hotfix (third number, made downstream).
    pub hotfix: bool,
}

/// The neighbourhood of an application in an environment, for the graph.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GraphView {
    /// Applications that this one uses.
    pub producers: Vec<GraphNode>,
    /// Applications that use this one.
    pub consumers: Vec<GraphNode>,
}

/// A neighbour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphNode {
    /// Which application; none if it is not known here (a missing producer).
    pub application: Option<ApplicationId>,
    /// Its name.
    pub name: String,
    /// What it runs as.
    pub version: Option<VersionNumber>,
    /// Module pairs: consumer module, producer module, number of elements, strong or weak.
    pub links: Vec<GraphLink>,
}

/// A pair of modules that are bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphLink {
    /// The consumer.
    pub consumer: String,
    /// The producer.
    pub producer: String,
    /// How many elements are used.
    pub elements: u32,
    /// Whether at least one is strong.
    pub strong: bool,
    /// How many are missing or incompatible.
    pub broken: u32,
    /// How many are outdated.
    pub outdated: u32,
}

/// A new tag, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewVersion {
    /// Whose.
    pub application: ApplicationId,
    /// Where it is tagged.
    pub environment: EnvironmentId,
    /// Its number, as typed.
    pub number: String,
    /// What it says about the change.
    pub description: String,
    /// The state that was shown ([`ApplicationDetail::running_revisions`]).
    pub running_revision: i64,
}

/// What the command palette found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Found {
    /// Applications, then plans, then environments: of each kind the best ones.
    pub hits: Vec<Hit>,
    /// How many more applications match.
    pub more_applications: u64,
    /// How many more plans match.
    pub more_plans: u64,
    /// How many more environments match.
    pub more_environments: u64,
}

/// A hit of the command palette.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hit {
    /// An application.
    Application {
        /// Its id.
        id: ApplicationId,
        /// Its name.
        name: String,
    },
    /// A plan.
    Plan {
        /// Its number.
        number: u64,
        /// Its name.
        name: String,
        /// Where it stands.
        status: crate::plan::PlanStatus,
    },
    /// An environment.
    Environment {
        /// Its id.
        id: EnvironmentId,
        /// Its name.
        name: String,
    },
}
