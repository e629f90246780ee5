//! The run of a plan: phases, steps and the state machine that walks them (domain.md 3.8,
//! decisions "Running a plan").

mod decide;
mod pace;
mod state;
mod steps;

pub use decide::{ANSWER, Decision, Link, MAX_IN_FLIGHT, next};
pub use pace::{Estimate, PhasePace, estimate};
pub use state::{Attempt, Fact, MAX_ATTEMPTS, Outcome, RunState, Stage, Step, StopCause, back_off};
pub use steps::{NewStep, RunPlan, derive_steps, time_limit};

use serde::{Deserialize, Serialize};

/// The phases of a run, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Bundles go to the agent.
    Transfer,
    /// Every module is staged and verified; nothing visible changes.
    Prepare,
    /// The switch, in waves, producers first.
    Activate,
    /// The target is synchronized back and versions are recorded.
    Finish,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The agent fetches a module's bundle.
    Transfer,
    /// The agent stages a module: unpack, link, verify.
    Stage,
    /// The agent switches a module to what was staged.
    Activate,
    /// The agent stops and removes a module that left its application.
    Remove,
    /// The agent puts a module back to what it ran before.
    SwitchBack,
    /// The agent removes what was staged and not switched.
    CleanUp,
    /// The console records versions.
    Record,
    /// The agent reports its inventory.
    Synchronize,
    /// The agent lets a module go on with other values of its site properties.
    Settings,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// An attempt is under way.
    Running,
    /// Done.
    Succeeded,
    /// Given up after its attempts.
    Failed,
    /// Not needed any more (the run was stopped before).
    Skipped,
}

/// Kinds of log line (domain.md 3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// The run begins.
    Start,
    /// A phase or wave begins or ends.
    Step,
    /// A part of a step.
    StepSub,
    /// For information.
    Info,
    /// Worth a look.
    Warning,
    /// Went wrong.
    Error,
    /// Went wrong, and somebody accepted that.
    AcceptableError,
    /// Publishing was stopped.
    PublishStop,
    /// The run was aborted.
    StageAborted,
    /// The run is over.
    End,
    /// None of these.
    Unknown,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Transfer, Self::Prepare, Self::Activate, Self::Finish];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Prepare => "prepare",
            Self::Activate => "activate",
            Self::Finish => "finish",
        }
    }

    /// The one with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

impl StepKind {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Transfer,
        Self::Stage,
        Self::Activate,
        Self::Remove,
        Self::SwitchBack,
        Self::CleanUp,
        Self::Record,
        Self::Synchronize,
        Self::Settings,
    ];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Stage => "stage",
            Self::Activate => "activate",
            Self::Remove => "remove",
            Self::SwitchBack => "switch_back",
            Self::CleanUp => "clean_up",
            Self::Record => "record",
            Self::Synchronize => "synchronize",
            Self::Settings => "settings",
        }
    }

    /// The one with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

impl StepState {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Skipped,
    ];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// The one with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

impl LogKind {
    /// All of them, in order.
    pub const ALL: [Self; 11] = [
        Self::Start,
        Self::Step,
        Self::StepSub,
        Self::Info,
        Self::Warning,
        Self::Error,
        Self::AcceptableError,
        Self::PublishStop,
        Self::StageAborted,
        Self::End,
        Self::Unknown,
    ];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Step => "step",
            Self::StepSub => "step_sub",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::AcceptableError => "acceptable_error",
            Self::PublishStop => "publish_stop",
            Self::StageAborted => "stage_aborted",
            Self::End => "end",
            Self::Unknown => "unknown",
        }
    }

    /// The one with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}
