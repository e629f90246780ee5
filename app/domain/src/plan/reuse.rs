//! A new plan from one that is over (domain.md 5): *reuse* of a finished plan between any two
//! environments, *retry* of an aborted one between its own. What the new plan will hold is
//! foreseen before it is made, so that the popup and the opened plan say the same.

use super::{Choice, Operation, PlanStatus};
use crate::id::{ApplicationId, EnvironmentId, ModuleId, VersionId};
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How a plan came from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From a finished plan, perhaps between other environments.
    Reuse {
        /// The same tags again; otherwise the newest that can be deployed.
        keep_tags: bool,
    },
    /// From an aborted plan, with its environments and tags.
    Retry,
    /// From a finished plan, to bring back what its target ran before.
    Rollback,
}

impl Origin {
    /// What is offered for a plan with this status: retry when it was aborted, reuse when it ran
    /// to its end (RU7), nothing while it can still run.
    pub const fn offered(status: PlanStatus) -> Option<Self> {
        match status {
            PlanStatus::Aborted => Some(Self::Retry),
            PlanStatus::FinishedSuccessful
            | PlanStatus::FinishedWithWarnings
            | PlanStatus::FinishedWithErrors => Some(Self::Reuse { keep_tags: true }),
            _ => None,
        }
    }

    /// Whether the original's tags are wanted again.
    const fn keeps_tags(self) -> bool {
        matches!(self, Self::Retry | Self::Reuse { keep_tags: true })
    }
}

/// What the old plan did with an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginalRow {
    /// Which.
    pub application: ApplicationId,
    /// The tag that it deployed (or made and deployed); none if it left the application alone.
    pub tag: Option<(VersionId, VersionNumber)>,
    /// The modules that it deployed without a tag (domain.md 3.10).
    pub modules: Vec<ModuleId>,
}

/// What is true of an application now, between the new plan's environments.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// Whether the source has it and the reader may see it there (RU12: otherwise it counts as
    /// not there).
    pub in_source: bool,
    /// The modules that the source runs of it; only asked of what was deployed by modules.
    pub source_modules: BTreeSet<ModuleId>,
    /// Tags that can be deployed from the source, newest first.
    pub tags: Vec<(VersionId, VersionNumber)>,
    /// What the target runs.
    pub in_target: Option<VersionNumber>,
    /// Whether that was changed in the target since it was tagged: then the tag is not what runs.
    pub modified_in_target: bool,
    /// Why it may not be deployed to the target.
    pub blocked: Option<String>,
    /// Whether the new plan may bring less than the target runs.
    pub may_go_lower: bool,
}

/// What becomes of an application in the new plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Becomes {
    /// It is deployed.
    Deploy {
        /// This tag.
        version: VersionId,
        /// Its number.
        number: VersionNumber,
    },
    /// Some of its modules are deployed, as the source runs them now.
    Custom {
        /// Those of the original's that the source still has; none if it has none of them, and
        /// then nothing is done.
        modules: Vec<ModuleId>,
        /// How many it lacks.
        missing: u32,
    },
    /// The source does not have it: it is not in the new plan (RU2, RT1).
    LeftOut,
    /// It is there, but its tag cannot be deployed from the source (RU4).
    TagMissing {
        /// The tag that was wanted.
        number: VersionNumber,
    },
    /// It is there, but the target runs something newer than the wanted tag (RU5, RT3).
    TargetNewer {
        /// The tag that was wanted.
        number: VersionNumber,
        /// What the target runs.
        running: VersionNumber,
    },
    /// It is there, and the target runs just that tag already.
    AlreadyThere {
        /// The tag.
        number: VersionNumber,
    },
    /// It is there and blocked for the target (RU10).
    Blocked {
        /// The reason that was given.
        reason: String,
    },
    /// It is there, and nothing is done with it: the original did nothing either, or there is no
    /// tag above what the target runs.
    Nothing,
}

impl Becomes {
    /// Whether the new plan has the application.
    pub const fn is_in_plan(&self) -> bool {
        !matches!(self, Self::LeftOut)
    }

    /// Whether the new plan deploys something of it.
    pub const fn deploys(&self) -> bool {
        match self {
            Self::Deploy { .. } => true,
            Self::Custom { modules, .. } => !modules.is_empty(),
            _ => false,
        }
    }

    /// Whether the person has to look at the row when the plan is open.
    pub const fn needs_a_look(&self) -> bool {
        match self {
            Self::TagMissing { .. } | Self::TargetNewer { .. } | Self::Blocked { .. } => true,
            Self::Custom { missing, .. } => *missing > 0,
            _ => false,
        }
    }

    fn choice(&self) -> Choice {
        match self {
            Self::Deploy { version, .. } => Choice::Deploy { version: *version },
            Self::Custom { modules, .. } if !modules.is_empty() => Choice::DeployCustom {
                modules: modules.clone(),
            },
            _ => Choice::DoNothing,
        }
    }
}

/// Why no plan can be made this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CannotReuse {
    /// Source and target are the same (RU9).
    #[error("Source and target are the same environment. Choose two different ones.")]
    SameEnvironment,
    /// The source has none of the applications (RU1, RT2).
    #[error("The source has none of these applications.")]
    NoneInSource,
}

/// What a new plan from an old one will hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// The original's applications in its order, and what becomes of each.
    pub rows: Vec<(ApplicationId, Becomes)>,
}

impl Outlook {
    /// Foresees the new plan. `now` tells what is true of an application; an unknown one is not
    /// there.
    pub fn foresee(
        origin: Origin,
        original: &[OriginalRow],
        now: impl Fn(ApplicationId) -> Option<Standing>,
    ) -> Self {
        let rows = original
            .iter()
            .map(|row| {
                let standing = now(row.application).unwrap_or_default();
                (row.application, becomes(origin, row, &standing))
            })
            .collect();
        Self { rows }
    }

    /// Why the plan cannot be made; `None` if it can.
    pub fn refusal(&self, source: EnvironmentId, target: EnvironmentId) -> Option<CannotReuse> {
        if source == target {
            Some(CannotReuse::SameEnvironment)
        } else if self.rows.iter().any(|(_, becomes)| becomes.is_in_plan()) {
            None
        } else {
            Some(CannotReuse::NoneInSource)
        }
    }

    /// The applications that the source lacks (RU2, RT1).
    pub fn left_out(&self) -> impl Iterator<Item = ApplicationId> {
        self.rows
            .iter()
            .filter(|(_, becomes)| !becomes.is_in_plan())
            .map(|(application, _)| *application)
    }

    /// The operations of the new plan.
    pub fn operations(&self) -> Vec<Operation> {
        self.rows
            .iter()
            .filter(|(_, becomes)| becomes.is_in_plan())
            .map(|(application, becomes)| Operation {
                application: *application,
                choice: becomes.choice(),
            })
            .collect()
    }
}

fn becomes(origin: Origin, row: &OriginalRow, now: &Standing) -> Becomes {
    if !now.in_source {
        return Becomes::LeftOut;
    }
    if row.tag.is_none() && row.modules.is_empty() {
        return Becomes::Nothing;
    }
    if let Some(reason) = &now.blocked {
        return Becomes::Blocked {
            reason: reason.clone(),
        };
    }
    let Some((version, number)) = row.tag else {
        // The choice of modules is kept whatever becomes of tags; there is none to keep.
        let all = row.modules.iter().copied();
        let modules: Vec<ModuleId> = all.filter(|id| now.source_modules.contains(id)).collect();
        let missing = row.modules.len() - modules.len();
        return Becomes::Custom {
            modules,
            missing: u32::try_from(missing).unwrap_or(u32::MAX),
        };
    };
    if !origin.keeps_tags() {
        // RU6: the newest that may go up.
        return match (now.tags.first(), now.in_target) {
            (Some((_, newest)), Some(running)) if *newest == running && !now.modified_in_target => {
                Becomes::AlreadyThere { number: running }
            }
            (Some((version, number)), running)
                if running.is_none_or(|running| running <= *number) =>
            {
                Becomes::Deploy {
                    version: *version,
                    number: *number,
                }
            }
            _ => Becomes::Nothing,
        };
    }
    match now.in_target {
        _ if !now.tags.iter().any(|(known, _)| *known == version) => Becomes::TagMissing { number },
        Some(running) if running > number && !now.may_go_lower => {
            Becomes::TargetNewer { number, running }
        }
        Some(running) if running == number && !now.modified_in_target => {
            Becomes::AlreadyThere { number }
        }
        _ => Becomes::Deploy { version, number },
    }
}
