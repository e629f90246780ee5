//! Deployment plans: what they hold and the states they pass through (domain.md 3).

mod edit;
mod kept;
mod life;
mod naming;
mod refresh;
mod reuse;
mod rollback;

pub use edit::{
    EditError, MAX_CUSTOM, MAX_DESCRIPTION, MAX_NOTES, MAX_OPERATIONS, check_form, edit,
};
pub use kept::Kept;
pub use life::{Ending, Guards, PlanEvent, PlanState, TransitionError, follow, transition};
pub use naming::{plan_name, propose_number};
pub use refresh::refreshed;
pub use reuse::{Becomes, CannotReuse, Origin, OriginalRow, Outlook, Standing};
pub use rollback::{Brought, Ran, Returns, Tag, Undone, can_roll_back, roll_back};

use crate::id::{ApplicationId, EnvironmentId, ModuleId, VersionId};
use crate::settings::EnteredSetting;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

/// Where a plan stands (domain.md 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// Open in the editor, not saved; seen by its creator only.
    Draft,
    /// Stored, waiting.
    Saved,
    /// Waiting for other plans; validated again right before it starts.
    Queued,
    /// Executing.
    Running,
    /// Paused; the reason is an [`Intervention`].
    NeedsIntervention,
    /// Abort requested, not finished.
    Aborting,
    /// Stopped by a person or by the system.
    Aborted,
    /// Done.
    FinishedSuccessful,
    /// Done, something to look at.
    FinishedWithWarnings,
    /// Ended with errors.
    FinishedWithErrors,
}

/// Why a plan is paused (domain.md 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intervention {
    /// The two-stage pause: everything is staged, nothing has changed.
    Prepared,
    /// A value or confirmation is missing.
    NeedsConfigurationOrConfirmation,
    /// Running business processes are affected. A word of the LifeTime API that clients know: Slipway
    /// runs no such processes, so no plan is ever paused for this.
    BusinessProcessImpact,
    /// The target's agent stayed away before anything was switched.
    DeploymentSuspended,
}

/// Ordinary plans only go up; the other kinds may bring lower versions (decisions).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// Brings versions forward.
    #[default]
    Ordinary,
    /// Brings back what ran before a run.
    Rollback,
    /// Brings another environment's exact versions.
    Replicate,
}

/// What a plan does, as edited and saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanContent {
    /// Which kind of plan.
    #[serde(default)]
    pub kind: PlanKind,
    /// Where versions come from.
    pub source: EnvironmentId,
    /// Where they go.
    pub target: EnvironmentId,
    /// One per application, in the order they were added; no application twice.
    pub operations: Vec<Operation>,
    /// Consumers in the target that are relinked although they do not change.
    #[serde(default)]
    pub republish: Vec<ModuleId>,
    /// Deployment notes, Markdown.
    #[serde(default)]
    pub notes: String,
    /// Site properties that it sets on the target: by module and name, none twice.
    #[serde(default)]
    pub settings: Vec<EnteredSetting>,
    /// They take effect after everything was switched: what starts at the switch still finds what
    /// was set before (C6). Otherwise they come with the switch.
    #[serde(default)]
    pub settings_after: bool,
}

/// A plan's row for one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Which application.
    pub application: ApplicationId,
    /// What happens to it.
    pub choice: Choice,
}

/// What a plan does with one application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Leave it as it is.
    DoNothing,
    /// Deploy a tagged version.
    Deploy {
        /// Which.
        version: VersionId,
    },
    /// Tag what the source runs now, then deploy that. The tag is made in the start transaction.
    TagAndDeploy {
        /// The number of the new tag.
        number: VersionNumber,
        /// What the tag says about the change.
        description: String,
    },
    /// Deploy these modules as the source runs them now; the application's others stay as the
    /// target has them (domain.md 3.10). No tag is made: the target holds a mix.
    DeployCustom {
        /// Which: at least one, sorted.
        modules: Vec<ModuleId>,
    },
}

impl PlanStatus {
    /// All statuses, in the order of a plan's life.
    pub const ALL: [Self; 10] = [
        Self::Draft,
        Self::Saved,
        Self::Queued,
        Self::Running,
        Self::NeedsIntervention,
        Self::Aborting,
        Self::Aborted,
        Self::FinishedSuccessful,
        Self::FinishedWithWarnings,
        Self::FinishedWithErrors,
    ];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Saved => "saved",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::NeedsIntervention => "needs_intervention",
            Self::Aborting => "aborting",
            Self::Aborted => "aborted",
            Self::FinishedSuccessful => "finished_successful",
            Self::FinishedWithWarnings => "finished_with_warnings",
            Self::FinishedWithErrors => "finished_with_errors",
        }
    }

    /// The status with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether the plan holds its modules and a slot of its target (decisions: running, needs
    /// intervention, prepared and aborting do; queued does not).
    pub const fn is_active(self) -> bool {
        matches!(
            self,
            Self::Running | Self::NeedsIntervention | Self::Aborting
        )
    }

    /// Whether nothing can happen to the plan any more.
    pub const fn is_terminal(self) -> bool {
        matches!(
            self,
            Self::Aborted
                | Self::FinishedSuccessful
                | Self::FinishedWithWarnings
                | Self::FinishedWithErrors
        )
    }

    /// Whether its content may still be edited.
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Saved)
    }
}

impl Intervention {
    /// All reasons.
    pub const ALL: [Self; 4] = [
        Self::Prepared,
        Self::NeedsConfigurationOrConfirmation,
        Self::BusinessProcessImpact,
        Self::DeploymentSuspended,
    ];

    /// Whether a plan that waits for this is kept for a time only: then it ends by itself.
    pub const fn is_for_a_time(self) -> bool {
        matches!(
            self,
            Self::Prepared | Self::NeedsConfigurationOrConfirmation | Self::DeploymentSuspended
        )
    }

    /// How a plan that waits for this stands, in a word or three.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::NeedsConfigurationOrConfirmation => "needs a value",
            Self::BusinessProcessImpact => "waits for a person",
            Self::DeploymentSuspended => "suspended",
        }
    }

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::NeedsConfigurationOrConfirmation => "needs_configuration_or_confirmation",
            Self::BusinessProcessImpact => "business_process_impact",
            Self::DeploymentSuspended => "deployment_suspended",
        }
    }

    /// The reason with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

impl PlanKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Ordinary, Self::Rollback, Self::Replicate];

    /// The stored and transmitted name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Rollback => "rollback",
            Self::Replicate => "replicate",
        }
    }

    /// The kind with this stored name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
