//! Environments, their agents, and what the console itself runs as.

use super::Stamp;
use crate::Timestamp;
use crate::environment::{LinkState, Purpose, Rules};
use crate::id::EnvironmentId;
use serde::{Deserialize, Serialize};

/// An environment in short: for lane heads, selects and the watch bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentRow {
    /// Its id.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Position in the promotion order, from 0.
    pub position: u32,
    /// Whether its agent is there.
    pub link: LinkState,
    /// Plans that hold a slot.
    pub active_plans: u32,
    /// How many may, all switches considered.
    pub parallel_limit: u32,
    /// Whether it deploys in two stages.
    pub two_stage: bool,
    /// The plan that keeps another one for this target from being saved, where only one may be.
    pub open_plan: Option<(u64, String)>,
    /// Why it is in maintenance, if it is.
    pub maintenance: Option<String>,
}

/// An environment in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentDetail {
    /// The short form.
    pub row: EnvironmentRow,
    /// How it takes plans.
    pub rules: Rules,
    /// How many plans stand in line for it.
    pub queued: u32,
    /// Who took it into maintenance, and when, if it is.
    pub in_maintenance: Option<Stamp>,
    /// Where its applications are reached, as the agent reported it.
    pub address: Option<String>,
    /// The agent's version.
    pub agent_version: Option<String>,
    /// The protocol version the agent speaks.
    pub agent_protocol: Option<u32>,
    /// When the agent was last heard.
    pub last_seen: Option<Timestamp>,
    /// When its inventory was last taken.
    pub last_synchronized: Option<Timestamp>,
    /// Whether a synchronization is under way.
    pub synchronizing: bool,
    /// Why the last synchronization failed, if it did.
    pub synchronization_error: Option<String>,
    /// Milliseconds by which the agent's clock differs from the console's (positive: ahead).
    pub clock_skew_ms: Option<i64>,
    /// How many applications run there.
    pub applications: u32,
    /// How many modules run there.
    pub modules: u32,
    /// Applications with broken references there.
    pub broken: u32,
    /// Applications changed outside Slipway there.
    pub changed_outside: u32,
    /// Names and numbers of the plans that hold a slot: (number, name, status).
    pub active: Vec<ActivePlanRef>,
    /// Publications that run there now: name, and who started them and when.
    pub publications: Vec<(String, Stamp)>,
    /// Who registered it and when.
    pub created: Option<Stamp>,
    /// For optimistic writes.
    pub revision: i64,
}

/// What happens when an environment is taken into maintenance now. Plans are told by number and
/// name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MaintenanceOutlook {
    /// Plans that are aborted.
    pub aborted: Vec<(u64, String)>,
    /// Publications that are stopped.
    pub stopped: Vec<String>,
    /// Plans that go on: they have switched everything and only record what runs, or are being
    /// aborted already, or have all they need of it.
    pub going_on: Vec<(u64, String)>,
    /// How many plans stand in line for it, and wait.
    pub waiting: u32,
}

/// Whether applications that are created from now on may be deployed everywhere (B7).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NewApplicationsRule {
    /// Whether they are blocked in all environments after the one they are created in.
    pub blocked: bool,
    /// Who changed that last, when and why.
    pub changed: Option<(Stamp, String)>,
    /// For optimistic writes; 0 if it was never changed.
    pub revision: i64,
}

/// A plan that holds a slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivePlanRef {
    /// The number people know it by.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub status: crate::plan::PlanStatus,
    /// What it waits for, if it does.
    pub intervention: Option<crate::plan::Intervention>,
    /// Steps done, of all.
    pub progress: (u32, u32),
}

/// A new environment, as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEnvironment {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
}

/// A one-time code with which an agent joins; shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinCode {
    /// The code.
    pub code: String,
    /// Until when it can be used.
    pub expires: Timestamp,
}

/// Which version am I running?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The console's version.
    pub version: String,
    /// The build it came from (commit and profile), if known.
    pub build: String,
    /// `SQLite 3.x` or `PostgreSQL 15.x`.
    pub database: String,
    /// The agent protocol versions this console speaks: lowest and highest.
    pub protocol: (u32, u32),
    /// When this console process started.
    pub started: Timestamp,
    /// The agents, in promotion order.
    pub agents: Vec<AboutAgent>,
}

/// An agent on the About page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutAgent {
    /// Its environment.
    pub environment: String,
    /// Its version, if it ever joined.
    pub version: Option<String>,
    /// The protocol it speaks.
    pub protocol: Option<u32>,
    /// Whether it is there.
    pub link: LinkState,
}

/// What the watch bar shows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Watch {
    /// All environments, in order.
    pub environments: Vec<EnvironmentRow>,
    /// Plans that run, newest first, at most [`Watch::MOST`].
    pub active: Vec<ActivePlanRef>,
    /// How many more run.
    pub more_active: u32,
    /// Plans that wait for a person the reader could be.
    pub waiting: u32,
    /// The last plan of the reader's that ended, for as long as that is news.
    pub ended: Option<EndedPlanRef>,
}

impl Watch {
    /// The most plans that it names.
    pub const MOST: usize = 5;

    /// How long it is news that a plan ended, in milliseconds: a day.
    pub const NEWS: i64 = 24 * 60 * 60 * 1_000;
}

/// A plan that the reader started, and that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedPlanRef {
    /// The number people know it by.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: crate::plan::PlanStatus,
    /// When.
    pub over: Timestamp,
    /// Whether it went wrong (a person who stops a plan knows that), and the reader has started
    /// nothing since.
    pub failed: bool,
}
