//! A plan's run: phases, waves, steps and the log.

use super::{PlanRow, Stamp};
use crate::Timestamp;
use crate::execution::{LogKind, Phase, PhasePace, StepKind, StepState};
use crate::id::{ApplicationId, ModuleId, StepId};
use crate::settings::Property;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

/// A run in full, without its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDetail {
    /// The plan.
    pub plan: PlanRow,
    /// The plan that this one rolls back.
    pub rolls_back: Option<u64>,
    /// The plans that roll this one back, by number.
    pub rolled_back_by: Vec<u64>,
    /// Notes of the plan.
    pub notes: String,
    /// Why it was started in spite of errors, if it was.
    pub in_spite_because: Option<String>,
    /// The four phases, in order.
    pub phases: Vec<PhaseRow>,
    /// All steps, in order of execution.
    pub steps: Vec<StepRow>,
    /// References between the modules of the run: (consumer, producer).
    pub edges: Vec<(ModuleId, ModuleId)>,
    /// The applications, in the order of the plan.
    pub applications: Vec<RunApplication>,
    /// The abort, if one was asked for: who, when, reason.
    pub abort: Option<(Stamp, String)>,
    /// How long the last runs to this target took, in milliseconds, newest first, at most 3.
    pub past_durations: Vec<i64>,
    /// How fast earlier runs to this target went, at most 5; none once this one is over.
    pub past_paces: Vec<Vec<PhasePace>>,
    /// Number of the last log line.
    pub last_log: u64,
    /// Why the reader cannot abort it; none if it can be aborted.
    pub abort_refusal: Option<String>,
    /// Why the reader cannot continue it; none if it can be continued.
    pub continue_refusal: Option<String>,
    /// Why this person cannot keep it longer, if they cannot.
    pub keep_refusal: Option<String>,
    /// What it waits for while it waits for values.
    pub values: Vec<RunValue>,
    /// Why the reader cannot enter any; none if they can.
    pub values_refusal: Option<String>,
}

/// A site property for which a run waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunValue {
    /// Its module.
    pub module: ModuleId,
    /// The module's name.
    pub module_name: String,
    /// The property's name.
    pub name: String,
    /// What its manifest says of it.
    pub description: String,
    /// What values it takes.
    pub property: Property,
    /// Whether somebody has entered a value since.
    pub given: bool,
    /// That value, unless it is a secret.
    pub value: Option<String>,
}

/// A value for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuppliedValue {
    /// The module.
    pub module: ModuleId,
    /// The property's name.
    pub name: String,
    /// The value.
    pub value: String,
}

impl SuppliedValue {
    /// What a form calls its field.
    pub fn key(&self) -> String {
        value_key(self.module, &self.name)
    }
}

/// What the form with the values that a run waits for calls a field.
pub fn value_key(module: ModuleId, name: &str) -> String {
    format!("value-{module}-{}", crate::name::fold(name))
}

/// A phase of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseRow {
    /// Which.
    pub phase: Phase,
    /// Where it stands.
    pub state: StepState,
    /// When its first step began.
    pub started: Option<Timestamp>,
    /// When its last step ended.
    pub finished: Option<Timestamp>,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRow {
    /// Its id.
    pub id: StepId,
    /// Its phase.
    pub phase: Phase,
    /// Its wave, from 1; 0 where waves do not matter.
    pub wave: u32,
    /// What it does.
    pub kind: StepKind,
    /// The module, if it is about one.
    pub module: Option<(ModuleId, String)>,
    /// A producer that the run does not bring, transferred only to be linked into modules that it
    /// brings: its name, and theirs.
    pub linked: Option<(String, Vec<String>)>,
    /// The module's application.
    pub application: Option<ApplicationId>,
    /// Relinks the module, its own content stays.
    pub republish: bool,
    /// Where it stands.
    pub state: StepState,
    /// Attempts so far.
    pub attempts: u32,
    /// When its first attempt began.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// What went wrong, in one sentence.
    pub error: Option<String>,
    /// The log line that says more.
    pub log_line: Option<u64>,
}

/// An application in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunApplication {
    /// Which; republished consumers are here too.
    pub application: ApplicationId,
    /// Its name.
    pub name: String,
    /// What the target ran before, also of republished consumers.
    pub from: Option<VersionNumber>,
    /// What the plan brings; none for republished consumers and for single modules.
    pub to: Option<VersionNumber>,
    /// Single modules of it are brought; the others stay.
    pub custom: bool,
    /// Modules done, of all.
    pub modules: (u32, u32),
    /// Where it stands.
    pub state: StepState,
}

/// Which lines of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogFilter {
    /// Lines after this number.
    pub after: u64,
    /// Lines before this number, the last ones of them; without it, the first ones after `after`.
    pub before: Option<u64>,
    /// Text in the line or the module's name.
    pub text: String,
    /// Only these kinds; empty means all.
    pub kinds: Vec<LogKind>,
    /// How many, at most 500.
    pub limit: u32,
}

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Its number in the run, from 1, without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What kind.
    pub kind: LogKind,
    /// The module, if it is about one.
    pub module: Option<String>,
    /// What happened.
    pub text: String,
}

/// A part of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LogPage {
    /// The lines, in order.
    pub lines: Vec<LogLine>,
    /// Number of the last line of the whole log when the lines were looked for; later ones may be
    /// among them.
    pub last: u64,
    /// Whether more lines match after these (before these if the filter has `before`).
    pub more: bool,
    /// Whether the run is over, so that no line will follow.
    pub complete: bool,
}
