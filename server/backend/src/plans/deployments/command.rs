//! What a program tells a deployment to do: start, continue, abort.

use super::super::may;
use super::{DeploymentStart, Plan, find_deployment, number_of};
use crate::Backend;
use crate::actor::Actor;
use crate::stop::Until;
use domain::access::Action;
use domain::plan::{Choice, PlanEvent};
use domain::view::{ContinueOutcome, PlanEdit, StartOutcome};
use domain::{AppError, ModuleId, PlanId};
use std::collections::BTreeSet;

/// Republished consumers may make others outdated; so often it is looked at what is left.
const ROUNDS: usize = 16;

impl Backend {
    /// Starts a saved plan. What it does is what was saved: not what somebody is changing, and no
    /// tag that nobody has seen.
    pub async fn start_deployment(
        &self,
        actor: &Actor,
        id: PlanId,
        start: DeploymentStart,
    ) -> Result<StartOutcome, AppError> {
        actor.require(Action::DeployApplications)?;
        let plan = find_deployment(self.store.read(), id).await?;
        may(&plan, PlanEvent::Start)?;
        require_startable(&plan)?;
        let revision = if start.redeploy_outdated {
            self.republish_outdated(actor, id).await?
        } else {
            plan.row.revision
        };
        self.start_plan(actor, number_of(&plan), revision, start.in_spite_because)
            .await
    }

    /// Takes every consumer into a plan that would keep old logic and stays whole when it is
    /// linked anew; gives the plan's revision.
    async fn republish_outdated(&self, actor: &Actor, id: PlanId) -> Result<i64, AppError> {
        for _ in 0..ROUNDS {
            let plan = find_deployment(self.store.read(), id).await?;
            require_startable(&plan)?;
            let report = self.check(actor, &plan).await?.report;
            let mut republish: BTreeSet<ModuleId> =
                plan.content.republish.iter().copied().collect();
            let before = republish.len();
            let outdated = report.outdated_consumers.iter();
            let able = outdated.filter(|row| !row.republished && row.allowed && !row.would_break);
            republish.extend(able.map(|row| row.consumer.module));
            if republish.len() == before {
                return Ok(plan.row.revision);
            }
            let edit = PlanEdit::SetRepublish(republish.into_iter().collect());
            let number = number_of(&plan);
            let revision = self
                .edit_plan(actor, number, plan.row.revision, edit)
                .await?;
            self.save_plan(actor, number, revision).await?;
        }
        Err(AppError::Unavailable {
            message: "What would be outdated changed again and again while it was looked at. Nothing was started; start the plan again.".to_owned(),
            retry_seconds: 2,
        })
    }

    /// Lets a paused deployment go on; a reason goes on with what was found in the target since.
    pub async fn continue_deployment(
        &self,
        actor: &Actor,
        id: PlanId,
        in_spite_because: Option<String>,
    ) -> Result<ContinueOutcome, AppError> {
        actor.require(Action::DeployApplications)?;
        let plan = find_deployment(self.store.read(), id).await?;
        // A plan that never ran has no run to be missed.
        if plan.row.started.is_none() {
            may(&plan, PlanEvent::Continue)?;
        }
        self.continue_plan(actor, number_of(&plan), in_spite_because)
            .await
    }

    /// Asks a deployment to stop, as long as nothing of its target was switched.
    pub async fn abort_deployment(
        &self,
        actor: &Actor,
        id: PlanId,
        reason: &str,
    ) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        let plan = find_deployment(self.store.read(), id).await?;
        self.ask_to_stop(actor, number_of(&plan), reason, Until::Switching)
            .await
    }
}

/// Refuses a plan that would do something else than what was saved.
fn require_startable(plan: &Plan) -> Result<(), AppError> {
    if plan.row.saved_revision != Some(plan.row.revision) {
        return Err(AppError::conflict(
            "unsaved_changes",
            format!(
                "{} was changed in the console since it was saved. Save it there, or say with PUT what it shall deploy; nothing was started.",
                plan.title()
            ),
        ));
    }
    let tags = |choice: &Choice| matches!(choice, Choice::TagAndDeploy { .. });
    if plan.content.operations.iter().any(|row| tags(&row.choice)) {
        return Err(AppError::conflict(
            "tags_at_start",
            format!(
                "{} tags versions as it starts, which somebody has to look at. Start it in the console, or tag first and deploy the tags; nothing was started.",
                plan.title()
            ),
        ));
    }
    Ok(())
}
