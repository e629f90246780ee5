//! The life of a plan as one state machine with guards (domain.md 3.2, 3.3, decisions "Running a
//! plan"). Nothing else decides whether a plan may change its status.

use super::{Intervention, PlanStatus};
use serde::{Deserialize, Serialize};

/// Where a plan stands, with what belongs to that status alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// Open in the editor of its creator.
    Draft,
    /// Stored, waiting.
    Saved,
    /// Waiting for other plans.
    Queued,
    /// Executing.
    Running,
    /// Paused, and why.
    Paused(Intervention),
    /// Being stopped: settles what is under way, goes back, cleans up.
    Aborting,
    /// Stopped; the target is as it was.
    Aborted,
    /// Over.
    Finished(Ending),
    /// Removed by a person.
    Gone,
}

/// How a run that reached its end ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Everything as planned.
    Successful,
    /// As planned, something to look at.
    WithWarnings,
    /// The target holds a mix that is listed.
    WithErrors,
}

/// What happens to a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanEvent {
    /// A person saves it.
    Save,
    /// A person changes its content.
    Edit,
    /// A person removes it.
    Discard,
    /// It shall wait for other plans.
    Queue,
    /// It shall not wait any longer.
    LeaveQueue,
    /// It begins to run.
    Start,
    /// The run pauses.
    Pause(Intervention),
    /// A person lets a paused run go on.
    Continue,
    /// A person asks to stop.
    Abort,
    /// Slipway has to stop it.
    Fatal,
    /// Stopping is over and the target is as it was.
    Stopped,
    /// The run is over.
    Finish(Ending),
}

/// What the guards of a transition look at, as it is when the transition is decided. Facts that do
/// not matter to an event are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is one guard of domain.md 3.3
pub struct Guards {
    /// The person may do it (edit, or deploy for start, continue and abort).
    pub permitted: bool,
    /// The check found no errors, or somebody gave a reason to go on with them.
    pub passed: bool,
    /// The target's agent can be reached.
    pub reachable: bool,
    /// No other running plan holds what this one needs, and the limit is not reached.
    pub unhindered: bool,
    /// Neither environment is in maintenance.
    pub in_service: bool,
}

impl Guards {
    /// Nobody may do anything. What Slipway itself reports about a run happens all the same.
    pub const CLOSED: Self = Self {
        permitted: false,
        passed: false,
        reachable: false,
        unhindered: false,
        in_service: false,
    };
}

/// Why an event cannot happen now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum TransitionError {
    /// The status does not know this event.
    #[error("a plan that is {} cannot be changed this way", .0.words())]
    NotFrom(PlanState),
    /// The same was asked for before and is under way.
    #[error("the plan is already being stopped")]
    AlreadyStopping,
    /// The person may not.
    #[error("not permitted")]
    NotPermitted,
    /// The check found errors.
    #[error("the check found errors")]
    NotPassed,
    /// The target's agent is away.
    #[error("the target cannot be reached")]
    Unreachable,
    /// Another plan is in the way.
    #[error("another plan is in the way")]
    Hindered,
    /// An environment is in maintenance.
    #[error("an environment is in maintenance")]
    InMaintenance,
}

impl PlanState {
    /// Every state.
    pub const ALL: [Self; 14] = [
        Self::Draft,
        Self::Saved,
        Self::Queued,
        Self::Running,
        Self::Paused(Intervention::Prepared),
        Self::Paused(Intervention::NeedsConfigurationOrConfirmation),
        Self::Paused(Intervention::BusinessProcessImpact),
        Self::Paused(Intervention::DeploymentSuspended),
        Self::Aborting,
        Self::Aborted,
        Self::Finished(Ending::Successful),
        Self::Finished(Ending::WithWarnings),
        Self::Finished(Ending::WithErrors),
        Self::Gone,
    ];

    /// The state that a stored row says; a paused plan without a reason counts as suspended.
    pub const fn from_status(status: PlanStatus, intervention: Option<Intervention>) -> Self {
        match status {
            PlanStatus::Draft => Self::Draft,
            PlanStatus::Saved => Self::Saved,
            PlanStatus::Queued => Self::Queued,
            PlanStatus::Running => Self::Running,
            PlanStatus::NeedsIntervention => Self::Paused(match intervention {
                Some(reason) => reason,
                None => Intervention::DeploymentSuspended,
            }),
            PlanStatus::Aborting => Self::Aborting,
            PlanStatus::Aborted => Self::Aborted,
            PlanStatus::FinishedSuccessful => Self::Finished(Ending::Successful),
            PlanStatus::FinishedWithWarnings => Self::Finished(Ending::WithWarnings),
            PlanStatus::FinishedWithErrors => Self::Finished(Ending::WithErrors),
        }
    }

    /// The status to store; `None` when the plan is gone.
    pub const fn status(self) -> Option<PlanStatus> {
        Some(match self {
            Self::Draft => PlanStatus::Draft,
            Self::Saved => PlanStatus::Saved,
            Self::Queued => PlanStatus::Queued,
            Self::Running => PlanStatus::Running,
            Self::Paused(_) => PlanStatus::NeedsIntervention,
            Self::Aborting => PlanStatus::Aborting,
            Self::Aborted => PlanStatus::Aborted,
            Self::Finished(Ending::Successful) => PlanStatus::FinishedSuccessful,
            Self::Finished(Ending::WithWarnings) => PlanStatus::FinishedWithWarnings,
            Self::Finished(Ending::WithErrors) => PlanStatus::FinishedWithErrors,
            Self::Gone => return None,
        })
    }

    /// Why it is paused.
    pub const fn intervention(self) -> Option<Intervention> {
        match self {
            Self::Paused(reason) => Some(reason),
            _ => None,
        }
    }

    /// The state in words, to follow "a plan that is".
    pub const fn words(self) -> &'static str {
        match self {
            Self::Draft => "a draft",
            Self::Saved => "saved",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Paused(Intervention::Prepared) => "prepared",
            Self::Paused(Intervention::DeploymentSuspended) => "suspended",
            Self::Paused(_) => "waiting for somebody",
            Self::Aborting => "being stopped",
            Self::Aborted => "aborted",
            Self::Finished(_) => "finished",
            Self::Gone => "gone",
        }
    }
}

impl PlanEvent {
    /// Every event.
    pub const ALL: [Self; 17] = [
        Self::Save,
        Self::Edit,
        Self::Discard,
        Self::Queue,
        Self::LeaveQueue,
        Self::Start,
        Self::Pause(Intervention::Prepared),
        Self::Pause(Intervention::NeedsConfigurationOrConfirmation),
        Self::Pause(Intervention::BusinessProcessImpact),
        Self::Pause(Intervention::DeploymentSuspended),
        Self::Continue,
        Self::Abort,
        Self::Fatal,
        Self::Stopped,
        Self::Finish(Ending::Successful),
        Self::Finish(Ending::WithWarnings),
        Self::Finish(Ending::WithErrors),
    ];
}

/// The state after `event`, or why it cannot happen. The status is asked first, then the guards
/// in the order permission, maintenance, reach, check, other plans.
pub fn transition(
    state: PlanState,
    event: PlanEvent,
    guards: Guards,
) -> Result<PlanState, TransitionError> {
    let next = follow(state, event)?;
    guard(state, event, guards)?;
    Ok(next)
}

/// The state after `event` as far as the status decides; what the guards say is another matter.
pub const fn follow(state: PlanState, event: PlanEvent) -> Result<PlanState, TransitionError> {
    use PlanEvent as E;
    use PlanState as S;
    Ok(match (state, event) {
        (S::Draft, E::Edit) => S::Draft,
        (S::Draft | S::Saved, E::Save) | (S::Saved, E::Edit) | (S::Queued, E::LeaveQueue) => {
            S::Saved
        }
        (S::Draft | S::Saved, E::Discard) => S::Gone,
        (S::Saved, E::Queue) => S::Queued,
        (S::Draft | S::Saved | S::Queued, E::Start) | (S::Paused(_), E::Continue) => S::Running,
        (S::Running, E::Pause(reason)) => S::Paused(reason),
        (S::Running | S::Paused(_), E::Abort | E::Fatal) => S::Aborting,
        (S::Aborting, E::Abort | E::Fatal) => return Err(TransitionError::AlreadyStopping),
        (S::Aborting, E::Stopped) => S::Aborted,
        (S::Running, E::Finish(ending)) => S::Finished(ending),
        // Going back did not work out: the mix is listed.
        (S::Aborting, E::Finish(Ending::WithErrors)) => S::Finished(Ending::WithErrors),
        _ => return Err(TransitionError::NotFrom(state)),
    })
}

/// The guards of `event` in this state; what Slipway itself reports about a run has none.
fn guard(state: PlanState, event: PlanEvent, guards: Guards) -> Result<(), TransitionError> {
    let by_person = !matches!(
        event,
        PlanEvent::Pause(_) | PlanEvent::Fatal | PlanEvent::Stopped | PlanEvent::Finish(_)
    );
    if by_person && !guards.permitted {
        return Err(TransitionError::NotPermitted);
    }
    let changes = matches!(
        event,
        PlanEvent::Save
            | PlanEvent::Edit
            | PlanEvent::Queue
            | PlanEvent::Start
            | PlanEvent::Continue
    );
    if changes && !guards.in_service {
        return Err(TransitionError::InMaintenance);
    }
    // What was suspended waits for nothing but its agent.
    let suspended = PlanState::Paused(Intervention::DeploymentSuspended);
    let needs_agent =
        event == PlanEvent::Start || (state == suspended && event == PlanEvent::Continue);
    if needs_agent && !guards.reachable {
        return Err(TransitionError::Unreachable);
    }
    if event == PlanEvent::Start {
        if !guards.passed {
            return Err(TransitionError::NotPassed);
        }
        if !guards.unhindered {
            return Err(TransitionError::Hindered);
        }
    }
    Ok(())
}
