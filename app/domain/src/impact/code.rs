//! What a finding is about, and how much it weighs.

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Blocks the run (unless continued with errors).
    Error,
    /// Worth a look.
    Warning,
    /// For information.
    Information,
}

/// What was found; the names follow the API's conflict types where it has one (domain.md 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// A module needed is neither in the target nor in the plan.
    ProducerModuleMissing,
    /// The producer is there, the element is not (the target's is too old).
    ProducerElementMissing,
    /// The element is there, its interface does not fit what the consumer uses.
    ProducerElementIncompatible,
    /// A consumer already in the target loses an element it uses.
    ConsumerElementMissing,
    /// A consumer already in the target no longer fits an element it uses.
    ConsumerElementIncompatible,
    /// A consumer in the target keeps the old logic of a producer until it is republished.
    ConsumerOutdated,
    /// The source has a newer producer than the one that is or goes into the target, and the
    /// module was published with elements that differ from what the target will have.
    NewerProducerAvailable,
    /// A module that the plan brings has other content of a producer linked in than that which the
    /// target will have, and the source has no newer one to bring along: it will be outdated there
    /// (domain.md 1.6, 4.2).
    LinkedContentDiffers,
    /// The module needs a newer agent than the target's.
    IncompatiblePlatform,
    /// A module of the plan sits in another application in the target.
    ModuleMoved,
    /// The name of an application or module is taken in the target by another one.
    NameCollision,
    /// The URL path of a module is taken in the target by another one.
    PathCollision,
    /// The application may not be deployed to this environment.
    ApplicationBlocked,
    /// The plan would bring a lower version than the target runs: an error of an ordinary plan, a
    /// warning of one that replicates.
    VersionDowngrade,
    /// The target runs a broken application that the plan depends on (error) or not (information).
    TargetBroken,
    /// The person may not deploy the application.
    NoRightToDeploy,
    /// The person may not tag the application in the source.
    NoRightToTag,
    /// The chosen version cannot be deployed from the source (any more).
    VersionNotAvailable,
    /// The number of the new tag is taken, or not above the base's.
    TagNumberUnusable,
    /// Modules leave the application in the target.
    ModulesRemoved,
    /// The target was changed outside Slipway; the plan overwrites that.
    ChangedOutside,
    /// An operation changes nothing: the target runs the same content.
    NothingToDo,
    /// The plan has no operation that does anything.
    EmptyPlan,
    /// Source and target are the same environment.
    SameEnvironment,
    /// The target's agent cannot be reached.
    TargetUnreachable,
    /// A module is being deployed by another running plan (PM1).
    ParallelSameModule,
    /// A module refers to, or is referred to by, one that another running plan deploys (PM2).
    ParallelRelatedModule,
    /// As many plans run on the target as it allows (PM3).
    ParallelLimit,
    /// The target takes one plan at a time, and another one runs (PM4).
    ParallelSwitchedOff,
    /// The target has a hotfix that the version does not contain (domain.md 3.12).
    HotfixOverwritten,
    /// A rollback took the version out of the target, and nobody has released it since.
    VersionHeld,
    /// A site property of a module that the plan brings has no value in the target (C1, C2).
    SettingMissing,
    /// The value of such a property is not of its type.
    SettingInvalid,
    /// The source or the target is in maintenance (domain.md 7.6).
    EnvironmentInMaintenance,
    /// A plan that waits in line for the target comes first: it concerns the same or a related
    /// module, or needs the slots that are free.
    AheadInLine,
}

impl FindingCode {
    /// All codes.
    pub const ALL: [Self; 35] = [
        Self::ProducerModuleMissing,
        Self::ProducerElementMissing,
        Self::ProducerElementIncompatible,
        Self::ConsumerElementMissing,
        Self::ConsumerElementIncompatible,
        Self::ConsumerOutdated,
        Self::NewerProducerAvailable,
        Self::LinkedContentDiffers,
        Self::IncompatiblePlatform,
        Self::ModuleMoved,
        Self::NameCollision,
        Self::PathCollision,
        Self::ApplicationBlocked,
        Self::VersionDowngrade,
        Self::TargetBroken,
        Self::NoRightToDeploy,
        Self::NoRightToTag,
        Self::VersionNotAvailable,
        Self::TagNumberUnusable,
        Self::ModulesRemoved,
        Self::ChangedOutside,
        Self::NothingToDo,
        Self::EmptyPlan,
        Self::SameEnvironment,
        Self::TargetUnreachable,
        Self::ParallelSameModule,
        Self::ParallelRelatedModule,
        Self::ParallelLimit,
        Self::ParallelSwitchedOff,
        Self::HotfixOverwritten,
        Self::VersionHeld,
        Self::SettingMissing,
        Self::SettingInvalid,
        Self::EnvironmentInMaintenance,
        Self::AheadInLine,
    ];

    /// Whether it is about other plans (PM1 to PM4, and those in line), so that the plan itself may
    /// be fine: it can wait until it is free to start.
    pub const fn is_about_other_plans(self) -> bool {
        matches!(
            self,
            Self::ParallelSameModule
                | Self::ParallelRelatedModule
                | Self::ParallelLimit
                | Self::ParallelSwitchedOff
                | Self::AheadInLine
        )
    }

    /// Whether it is about a switch to what was prepared before: what the target makes of it, and who
    /// may. What the source has, numbers of new tags and values that are entered later are not.
    pub const fn is_about_switch(self) -> bool {
        self.is_about_content()
            || matches!(
                self,
                Self::ApplicationBlocked
                    | Self::VersionDowngrade
                    | Self::TargetBroken
                    | Self::NoRightToDeploy
                    | Self::ChangedOutside
                    | Self::HotfixOverwritten
            )
    }

    /// Whether it hangs on what just these modules are that are brought.
    pub const fn is_about_content(self) -> bool {
        matches!(
            self,
            Self::ProducerModuleMissing
                | Self::ProducerElementMissing
                | Self::ProducerElementIncompatible
                | Self::ConsumerElementMissing
                | Self::ConsumerElementIncompatible
                | Self::IncompatiblePlatform
                | Self::ModuleMoved
                | Self::NameCollision
                | Self::PathCollision
        )
    }

    /// Whether it passes although nobody changes the plan or what it concerns: other plans end, an
    /// agent comes back, a maintenance is over. What is kept of a check does not count it; whoever
    /// starts the plan is told what holds then.
    pub const fn passes_by_itself(self) -> bool {
        self.is_about_other_plans()
            || matches!(
                self,
                Self::TargetUnreachable | Self::EnvironmentInMaintenance
            )
    }

    /// Whether it is about who asks: with somebody else it may not be found.
    pub const fn is_about_person(self) -> bool {
        matches!(self, Self::NoRightToDeploy | Self::NoRightToTag)
    }

    /// Whether a plan may run with such an error if somebody gives a reason. A reason overrides
    /// what only concerns references, settings and the state of the target (domain.md 4.4), never
    /// other plans, rights or what cannot work at all.
    pub const fn is_overridable(self) -> bool {
        matches!(
            self,
            Self::ProducerModuleMissing
                | Self::ProducerElementMissing
                | Self::ProducerElementIncompatible
                | Self::ConsumerElementMissing
                | Self::ConsumerElementIncompatible
                | Self::ConsumerOutdated
                | Self::ModuleMoved
                | Self::TargetBroken
                | Self::ChangedOutside
                | Self::SettingMissing
                | Self::SettingInvalid
        )
    }
}
