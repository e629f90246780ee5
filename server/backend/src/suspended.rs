//! Suspended plans: the target's agent stayed away before anything was switched there. They go on
//! when it is back and somebody lets them.

use crate::Backend;
use crate::agents::link_state;
use crate::engine::state_of;
use crate::plans::{Plan, agent_away};
use domain::AppError;
use domain::environment::LinkState;
use domain::plan::{Intervention, PlanState};
use store::{ConnectionTrait, executions};

/// The state in which a plan waits for its target's agent.
pub(crate) const SUSPENDED: PlanState = PlanState::Paused(Intervention::DeploymentSuspended);

impl Backend {
    /// Whether the agent of a plan's target is there now.
    pub(crate) async fn target_link(
        &self,
        connection: &impl ConnectionTrait,
        plan: &Plan,
    ) -> Result<LinkState, AppError> {
        let agent = executions::find_agent(connection, plan.content.target.0).await?;
        Ok(link_state(agent.as_ref(), self.now()))
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
        let link = self.target_link(connection, plan).await?;
        Ok((link != LinkState::Online).then(|| agent_away(&plan.title())))
    }
}
