//! Suspended plans: the target's agent stayed away before anything was switched there, and they go on
//! when it is back and somebody lets them; or it has not said what it runs since everything was
//! switched, and they go on by themselves when it does.

use crate::Backend;
use crate::agents::link_state;
use crate::engine::state_of;
use crate::plans::{Plan, not_yet};
use domain::AppError;
use domain::environment::{LinkState, NoAgent};
use domain::plan::{Intervention, PlanState};
use store::{ConnectionTrait, environments, executions, or_missing};

/// The state in which a plan waits for its target's agent.
pub(crate) const SUSPENDED: PlanState = PlanState::Paused(Intervention::DeploymentSuspended);

impl Backend {
    /// What is the matter with the agent of a plan's target now, if it takes no work.
    pub(crate) async fn no_agent_of(
        &self,
        connection: &impl ConnectionTrait,
        plan: &Plan,
    ) -> Result<Option<NoAgent>, AppError> {
        let target = plan.content.target.0;
        let agent = executions::find_agent(connection, target).await?;
        let link = link_state(agent.as_ref(), self.now());
        if link == LinkState::Online {
            return Ok(None);
        }
        let target = environments::find(connection, target).await?;
        let target = or_missing(target, "The target environment")?;
        Ok(link.no_agent(&target.name))
    }

    /// Why a suspended plan cannot go on yet.
    pub(crate) async fn suspended_words(
        &self,
        connection: &impl ConnectionTrait,
        plan: &Plan,
    ) -> Result<Option<String>, AppError> {
        if state_of(&plan.row) != SUSPENDED {
            return Ok(None);
        }
        let no_agent = self.no_agent_of(connection, plan).await?;
        Ok(no_agent.map(|no_agent| not_yet(plan, &no_agent)))
    }
}
