//! Deployments: plans as programs know them (domain.md 3.13). A program names a plan by its key,
//! says everything about it at once, and never sees a draft. What happens to the plan is what the
//! page's use cases do.

mod change;
mod command;
mod read;

pub use read::{DeploymentCheck, DeploymentFilter, DeploymentPage};

use super::{Plan, plan_of};
use domain::plan::{Choice, Intervention, PlanStatus};
use domain::view::Stamp;
use domain::{AppError, ApplicationId, EnvironmentId, PlanId, VersionId, VersionNumber};
use store::ConnectionTrait;

/// What a program wants to be deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeployment {
    /// Where versions come from.
    pub source: EnvironmentId,
    /// Where they go.
    pub target: EnvironmentId,
    /// Deployment notes, Markdown.
    pub notes: String,
    /// What is deployed, one version of each application.
    pub versions: Vec<VersionId>,
}

/// What a program changes of a saved plan; what is not there stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeploymentChange {
    /// Where versions come from.
    pub source: Option<EnvironmentId>,
    /// Where they go.
    pub target: Option<EnvironmentId>,
    /// Deployment notes, Markdown.
    pub notes: Option<String>,
    /// What is deployed in place of all that was.
    pub versions: Option<Vec<VersionId>>,
}

/// How a program starts a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeploymentStart {
    /// Consumers that would keep old logic are republished, as far as they stay whole by that.
    pub redeploy_outdated: bool,
    /// Why it goes on with errors, if it may.
    pub in_spite_because: Option<String>,
}

/// A plan that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// Its key.
    pub id: PlanId,
    /// The number people know it by.
    pub number: u64,
    /// Where versions come from.
    pub source: EnvironmentId,
    /// Where they go.
    pub target: EnvironmentId,
    /// Where it stands.
    pub status: PlanStatus,
    /// What it waits for, if it does.
    pub intervention: Option<Intervention>,
    /// Deployment notes, Markdown.
    pub notes: String,
    /// Who made it, and when.
    pub created: Stamp,
    /// Who saved it last.
    pub saved: Option<Stamp>,
    /// Who started it.
    pub started: Option<Stamp>,
    /// Who asked it to stop.
    pub aborted: Option<Stamp>,
    /// What it does, in its order.
    pub operations: Vec<DeploymentOperation>,
}

/// What a plan does with an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentOperation {
    /// Which.
    pub application: ApplicationId,
    /// What happens.
    pub choice: Choice,
    /// The number that it gets.
    pub number: Option<VersionNumber>,
}

/// The plan with this key. Nobody's drafts are deployments.
async fn find_deployment(connection: &impl ConnectionTrait, id: PlanId) -> Result<Plan, AppError> {
    let row = store::plans::find(connection, id.0).await?;
    let row = row.filter(|row| row.status != PlanStatus::Draft.as_str());
    let row = store::or_missing(row, "This deployment")?;
    Ok(plan_of(connection, row).await?)
}

/// The number of a plan.
fn number_of(plan: &Plan) -> u64 {
    u64::try_from(plan.row.number).unwrap_or(0)
}
