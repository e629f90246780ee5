//! Blocking an application from an environment, and lifting that again (domain.md 3.11).

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::events::Topic;
use crate::plans::plan_of;
use domain::access::Action;
use domain::name::parse_reason;
use domain::plan::Choice;
use domain::{AppError, ApplicationId, EnvironmentId};
use store::entity::catalog::running as running_row;
use store::{
    DatabaseTransaction, catalog, counters, environments, executions, line, plans, plans_active,
    publications, running,
};
use uuid::Uuid;

/// Whether an application may be deployed to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Where.
    pub environment: EnvironmentId,
    /// It may not.
    pub blocked: bool,
    /// Why; needed where that is a change.
    pub reason: String,
}

impl Backend {
    /// Keeps an application from being deployed to an environment by plans (B1). Only where it does
    /// not run yet, and is not on its way (B2).
    pub async fn block_application(
        &self,
        actor: &Actor,
        application: ApplicationId,
        environment: EnvironmentId,
        reason: &str,
    ) -> Result<(), AppError> {
        self.set_blocked(actor, application, environment, true, reason)
            .await
    }

    /// Lets an application be deployed to an environment again.
    pub async fn unblock_application(
        &self,
        actor: &Actor,
        application: ApplicationId,
        environment: EnvironmentId,
        reason: &str,
    ) -> Result<(), AppError> {
        self.set_blocked(actor, application, environment, false, reason)
            .await
    }

    async fn set_blocked(
        &self,
        actor: &Actor,
        application: ApplicationId,
        environment: EnvironmentId,
        blocked: bool,
        reason: &str,
    ) -> Result<(), AppError> {
        let block = Block {
            environment,
            blocked,
            reason: reason.to_owned(),
        };
        self.set_blocks(actor, application, vec![block]).await
    }

    /// Blocks an application in some environments and lifts that in others (B8): all of it or
    /// nothing.
    pub async fn set_blocks(
        &self,
        actor: &Actor,
        application: ApplicationId,
        blocks: Vec<Block>,
    ) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        let changed = self
            .store
            .write(async |tx| -> Result<bool, AppError> {
                // Raised first: what is looked at below stays as it is until the commit, and a
                // start that has checked already checks again.
                counters::raise(tx, counters::LANDSCAPE).await?;
                let mut changed = false;
                for block in &blocks {
                    changed |= self.set_block(tx, actor, application, block).await?;
                }
                Ok(changed)
            })
            .await?;
        if changed {
            self.topics
                .bump([Topic::Applications, Topic::Application(application)]);
        }
        Ok(())
    }

    /// One of them; whether it changes anything.
    async fn set_block(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        application: ApplicationId,
        block: &Block,
    ) -> Result<bool, AppError> {
        let place = store::or_missing(
            environments::find(tx, block.environment.0).await?,
            "This environment",
        )?;
        let found = store::or_missing(
            catalog::find_application(tx, application.0).await?,
            "This application",
        )?;
        let reason = parse_reason(&block.reason);
        let known = running::find(tx, place.id, found.id).await?;
        let before = known.unwrap_or_else(|| absent(place.id, found.id));
        if before.blocked == block.blocked {
            // Somebody else was faster, or it was asked twice.
            return Ok(false);
        }
        let reason = reason.map_err(|error| AppError::invalid("reason", error.to_string()))?;
        if block.blocked && before.present {
            return Err(AppError::conflict(
                "runs_there",
                format!(
                    "{} runs in {} already. Only what does not run there yet can be blocked.",
                    found.name, place.name
                ),
            ));
        }
        if block.blocked
            && let Some(by) = on_its_way(tx, place.id, found.id).await?
        {
            return Err(AppError::conflict(
                "on_its_way",
                format!(
                    "{by} is bringing {} to {}. Block it when that is over, if it does not run there then.",
                    found.name, place.name
                ),
            ));
        }
        if block.blocked
            && let Some(number) = in_line_for(tx, place.id, found.id).await?
        {
            return Err(AppError::conflict(
                "on_its_way",
                format!(
                    "Plan #{number} waits in line to bring {} to {}. Take it out of the line first, or block it when that is over, if it does not run there then.",
                    found.name, place.name
                ),
            ));
        }
        let entry = Entry::new()
            .at(block.environment)
            .because(reason.as_str())
            .before(&serde_json::json!({ "blocked": before.block_reason }))
            .after(&serde_json::json!({ "blocked": block.blocked.then_some(&reason) }));
        let row = running_row::Model {
            blocked: block.blocked,
            block_reason: block.blocked.then(|| reason.clone()),
            revision: before.revision + 1,
            ..before
        };
        running::put(tx, row, self.now()).await?;
        let action = if block.blocked {
            "application_blocked"
        } else {
            "application_unblocked"
        };
        let object = Object {
            kind: "application",
            id: Some(found.id),
            name: &found.name,
        };
        self.record(tx, Some(actor), action, object, entry).await?;
        Ok(true)
    }
}

/// Who is bringing an application to an environment right now, in words.
async fn on_its_way(
    tx: &DatabaseTransaction,
    environment: Uuid,
    application: Uuid,
) -> Result<Option<String>, AppError> {
    let plans = plans_active::list(tx).await?.into_iter();
    let plans = plans
        .filter(|plan| plan.target_id == environment)
        .map(|plan| (plan.id, format!("Plan #{}", plan.number)));
    let open = publications::list_open(tx).await?.into_iter();
    let open = open
        .filter(|run| run.environment_id == environment)
        .map(|run| (run.id, "A publication".to_owned()));
    for (run, words) in plans.chain(open) {
        // A plan's run has the plan's id.
        let modules = executions::list_run_modules(tx, run).await?;
        if modules.iter().any(|row| row.application_id == application) {
            return Ok(Some(words));
        }
    }
    Ok(None)
}

/// The number of the plan that waits in line to bring an application to an environment.
async fn in_line_for(
    tx: &DatabaseTransaction,
    environment: Uuid,
    application: Uuid,
) -> Result<Option<i64>, AppError> {
    for place in line::list(tx, environment).await? {
        let Some(row) = plans::find(tx, place.plan_id).await? else {
            continue;
        };
        let plan = plan_of(tx, row).await?;
        let mut brought = plan.content.operations.iter();
        if brought.any(|o| o.application.0 == application && o.choice != Choice::DoNothing) {
            return Ok(Some(plan.row.number));
        }
    }
    Ok(None)
}

/// An application that an environment has never had.
pub(crate) const fn absent(environment: Uuid, application: Uuid) -> running_row::Model {
    running_row::Model {
        environment_id: environment,
        application_id: application,
        present: false,
        base_id: None,
        base_sort_key: None,
        modified: false,
        hotfix: false,
        changed_outside: false,
        blocked: false,
        block_reason: None,
        broken: 0,
        outdated: 0,
        can_move: false,
        changed: None,
        changed_by: None,
        revision: 0,
    }
}
