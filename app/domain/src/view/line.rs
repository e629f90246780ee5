//! Plans that wait: in line for their target, and prepared.

use super::Stamp;
use crate::Timestamp;
use crate::environment::LinkState;
use crate::execution::PhasePace;
use crate::id::ApplicationId;
use crate::label::Label;
use crate::plan::Kept;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

/// What a plan's target makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PlanStay {
    /// The target deploys in two stages now: a start prepares only.
    pub two_stage: bool,
    /// Its place in line, while it is queued.
    pub place: Option<Place>,
    /// Since when and why it stands in line no more without having been started; until it is saved
    /// or queued again.
    pub sent_back: Option<(Timestamp, String)>,
    /// How long what it has prepared is kept, while it is prepared.
    pub kept: Option<Kept>,
    /// Its source or target is in maintenance: why nothing can be done with it but to look, to
    /// discard it, and to take it out of its line.
    pub maintenance: Option<String>,
    /// Its target is: why it cannot be rolled back now, which has nothing to do with its source.
    pub no_way_back: Option<String>,
    /// Which wave it switches, from 1, and of how many; while it activates.
    pub wave: Option<(u32, u32)>,
    /// When it should end, while it runs; none if nobody can know.
    pub ends: Option<Ends>,
}

/// A place in line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Who put it there, and when.
    pub queued: Stamp,
    /// From 1.
    pub position: u32,
    /// How many stand in this line.
    pub length: u32,
    /// What it waits for, as it was when the line was last looked at.
    pub waits_for: Vec<Hindrance>,
    /// Why it starts in spite of errors, as who put it there said.
    pub in_spite_because: Option<String>,
}

/// What a plan in line waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hindrance {
    /// A plan that is active moves the same modules or related ones.
    Plan(Blocker),
    /// A publication does.
    Publication(Blocker),
    /// A plan ahead in line does.
    Ahead(Blocker),
    /// All slots are in use, or kept for plans ahead: how many there are.
    Slot(u32),
    /// The agent of this environment, the target, takes no work, as it stands.
    NoAgent(String, LinkState),
    /// This environment, its source or its target, is in maintenance.
    Maintenance(String),
    /// Another plan has switched this application in this environment, the source, and may still put
    /// it back.
    InHand(String, String),
}

/// A plan or publication in the way, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// The plan's number; 0 for a publication.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// The modules along the references that tie the two, consumer first; one if it is the same.
    pub path: Vec<Label>,
}

/// A plan in line, as somebody who opens it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDetail {
    /// The plan.
    pub plan: super::PlanRow,
    /// Everybody in the same line, first come first.
    pub line: Vec<LineRow>,
    /// The plans that hold a slot of the target, newest first.
    pub there: Vec<HoldsSlot>,
    /// How long the last runs to this target took, in milliseconds: the shortest and the longest.
    pub usual: Option<(i64, i64)>,
    /// When it will begin, told from earlier runs to this target: the earliest and the latest.
    pub estimate: Option<(Timestamp, Timestamp)>,
    /// Why the reader cannot take it out of the line; none if it can be.
    pub leave_refusal: Option<String>,
    /// The deployment notes, whole.
    pub notes: String,
    /// What it brings, in its order; [`MOST_IN_LINE`] of it at most.
    pub brings: Vec<LineApplication>,
    /// The values that it sets, by module and name.
    pub settings: Vec<LineSetting>,
    /// They take effect after everything was switched, not with it.
    pub settings_after: bool,
}

/// How many of its applications the page of a plan in line names.
pub const MOST_IN_LINE: usize = 100;

/// An application that a plan in line brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineApplication {
    /// Which.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// Its version; none if single modules of it go.
    pub number: Option<VersionNumber>,
}

/// A value that a plan in line sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSetting {
    /// The module's name.
    pub module: String,
    /// The site property's name.
    pub name: String,
    /// The value; none for a secret.
    pub value: Option<String>,
    /// Who entered it, and when.
    pub by: Stamp,
}

/// A plan that holds a slot, as it stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldsSlot {
    /// The plan.
    pub plan: super::ActivePlanRef,
    /// Who started it, and when.
    pub started: Option<Stamp>,
    /// When it should end, at the earliest and at the latest; none if nobody can know.
    pub ends: Option<Ends>,
}

/// The earliest and the latest time at which something should end.
pub type Ends = (Timestamp, Timestamp);

/// What earlier runs to an environment let expect of the next one and of those under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outlook {
    /// How fast they went, at most 5.
    pub paces: Vec<Vec<PhasePace>>,
    /// How long the last of them took, in milliseconds: the shortest and the longest; none if there
    /// were none.
    pub usual: Option<(i64, i64)>,
    /// The plans under way there, by number, and when each should end. What waits for a person, or
    /// is being aborted, is not among them.
    pub ends: Vec<(u64, Ends)>,
}

/// A plan in a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineRow {
    /// Its number.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Who put it there, and when.
    pub queued: Stamp,
}

/// How putting a plan in line ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueOutcome {
    /// It waits, or starts right away.
    Queued,
    /// The server's own check found what no waiting settles; nothing was changed.
    Refused(crate::impact::Report),
}

/// How letting a paused plan go on ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContinueOutcome {
    /// It goes on.
    Continued,
    /// What was found in the target now was not known at the start; the plan waits as before.
    Refused(crate::impact::Report),
}
