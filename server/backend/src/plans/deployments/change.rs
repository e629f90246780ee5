//! Deployments before they run: made, changed, removed. Each is one transaction, because a program
//! says everything at once.

use super::super::allowed::require_rights;
use super::super::changes::changes;
use super::super::draft::{ends, invalid, object};
use super::super::together::once_more;
use super::super::{find_plan, pass};
use super::{Deployment, DeploymentChange, NewDeployment, Plan, find_deployment, number_of};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use domain::access::Action;
use domain::plan::{self, Choice, Operation, PlanContent, PlanEvent, PlanKind, PlanStatus};
use domain::view::PlanEdit;
use domain::{AppError, ApplicationId, EnvironmentId, PlanId, VersionId};
use std::collections::{BTreeMap, BTreeSet};
use store::DatabaseTransaction;
use store::entity::catalog::version;
use uuid::Uuid;

/// The field of the request that versions stand in.
const OPERATIONS: &str = "ApplicationOperations";

impl Backend {
    /// Makes a saved plan that deploys these versions, and gives its key.
    pub async fn create_deployment(
        &self,
        actor: &Actor,
        new: NewDeployment,
    ) -> Result<PlanId, AppError> {
        actor.require(Action::EditPlan)?;
        let now = self.now();
        let plan = self
            .store
            .write(async |tx| {
                let between = (new.source, new.target);
                let content = PlanContent {
                    kind: PlanKind::Ordinary,
                    source: new.source,
                    target: new.target,
                    operations: operations(tx, between, &new.versions).await?,
                    republish: Vec::new(),
                    notes: new.notes.clone(),
                    settings: Vec::new(),
                    settings_after: false,
                };
                let number = self.insert_draft(tx, actor, &content, None).await?;
                let draft = find_plan(tx, actor, number, now).await?;
                pass(actor, &draft, PlanEvent::Save)?;
                self.mark_saved(tx, actor, &draft, now).await?;
                find_plan(tx, actor, number, now).await
            })
            .await?;
        self.after_saved(actor, &plan).await;
        Ok(PlanId(plan.row.id))
    }

    /// Changes a saved plan and saves it again. To say the same twice changes nothing.
    pub async fn change_deployment(
        &self,
        actor: &Actor,
        id: PlanId,
        change: DeploymentChange,
    ) -> Result<Deployment, AppError> {
        actor.require(Action::EditPlan)?;
        let plan = once_more(|| self.store_change(actor, id, &change)).await?;
        self.after_saved(actor, &plan).await;
        self.deployment_of(plan).await
    }

    async fn store_change(
        &self,
        actor: &Actor,
        id: PlanId,
        change: &DeploymentChange,
    ) -> Result<Plan, AppError> {
        let now = self.now();
        self.store
            .write(async |tx| {
                // Who changes the same plan waits; what is read then is whole.
                store::executions::lock_plan(tx, id.0).await?;
                let plan = find_deployment(tx, id).await?;
                pass(actor, &plan, PlanEvent::Edit)?;
                if plan.content.kind != PlanKind::Ordinary {
                    return Err(AppError::conflict(
                        "not_ordinary",
                        format!(
                            "{} brings back what ran before, so its versions are not chosen one by one. Change it in the console.",
                            plan.title()
                        ),
                    ));
                }
                let content = changed(tx, &plan.content, change).await?;
                let content = plan::edit(&plan.content, PlanEdit::Replace(content), |_| {
                    Choice::DoNothing
                })
                .map_err(invalid)?;
                if content == plan.content && plan.row.saved_revision == Some(plan.row.revision) {
                    return Ok(plan);
                }
                require_rights(actor, &plan.content, &content)?;
                if content.target != plan.content.target {
                    self.require_alone(tx, &plan, content.target).await?;
                }
                let plan = if content == plan.content {
                    plan
                } else {
                    self.store_content(tx, actor, &plan, &content).await?;
                    if content.settings.is_empty() && !plan.content.settings.is_empty() {
                        store::plans::settings::delete_all(tx, &[plan.row.id]).await?;
                    }
                    let (before, after) = changes(&plan.content, &content);
                    let entry = Entry::new().at(content.target).before(&before).after(&after);
                    self.record(tx, Some(actor), "plan_edited", object(&plan), entry)
                        .await?;
                    find_deployment(tx, id).await?
                };
                self.mark_saved(tx, actor, &plan, now).await?;
                find_deployment(tx, id).await
            })
            .await
    }

    /// Removes a saved plan.
    pub async fn delete_deployment(&self, actor: &Actor, id: PlanId) -> Result<(), AppError> {
        actor.require(Action::EditPlan)?;
        let plan = find_deployment(self.store.read(), id).await?;
        if plan.row.status != PlanStatus::Saved.as_str() {
            return Err(AppError::conflict(
                "not_saved",
                format!(
                    "{} is not a saved plan (any more), and only those can be deleted. What was started stays on record.",
                    plan.title()
                ),
            ));
        }
        self.discard_plan(actor, number_of(&plan)).await
    }
}

/// The content after a change.
async fn changed(
    tx: &DatabaseTransaction,
    before: &PlanContent,
    change: &DeploymentChange,
) -> Result<PlanContent, AppError> {
    let between = (
        change.source.unwrap_or(before.source),
        change.target.unwrap_or(before.target),
    );
    let moved = between != (before.source, before.target);
    let operations = match &change.versions {
        Some(versions) => operations(tx, between, versions).await?,
        None if moved => {
            // The same versions, if they can be deployed there.
            let versions = before.operations.iter().filter_map(|row| match row.choice {
                Choice::Deploy { version } => Some(version),
                _ => None,
            });
            operations(tx, between, &versions.collect::<Vec<_>>()).await?
        }
        None => before.operations.clone(),
    };
    Ok(PlanContent {
        source: between.0,
        target: between.1,
        operations,
        republish: if moved {
            Vec::new()
        } else {
            before.republish.clone()
        },
        notes: change.notes.clone().unwrap_or_else(|| before.notes.clone()),
        ..before.clone()
    })
}

/// What deploys these versions: each is there, once per application, can be deployed from the
/// source, and is not blocked in the target.
async fn operations(
    tx: &DatabaseTransaction,
    (source, target): (EnvironmentId, EnvironmentId),
    versions: &[VersionId],
) -> Result<Vec<Operation>, AppError> {
    let (from, to) = ends(tx, source, target).await?;
    if versions.len() > plan::MAX_OPERATIONS {
        return Err(AppError::invalid(
            OPERATIONS,
            plan::EditError::TooMany.to_string(),
        ));
    }
    let ids: Vec<Uuid> = versions.iter().map(|version| version.0).collect();
    let known: BTreeMap<Uuid, version::Model> = store::catalog::versions(tx, &ids)
        .await?
        .into_iter()
        .map(|row| (row.id, row))
        .collect();
    let applications: Vec<Uuid> = known.values().map(|row| row.application_id).collect();
    let eligible: BTreeSet<Uuid> = store::plans::list_eligible(tx, source.0, &applications)
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    let blocked: BTreeMap<Uuid, String> =
        store::plans::list_running(tx, &[target.0], &applications)
            .await?
            .into_iter()
            .filter(|row| row.blocked)
            .map(|row| (row.application_id, row.block_reason.unwrap_or_default()))
            .collect();
    let mut seen = BTreeSet::new();
    let mut operations = Vec::with_capacity(versions.len());
    for id in versions {
        let refused = |why: String| AppError::invalid(OPERATIONS, why);
        let Some(row) = known.get(&id.0) else {
            return Err(refused(format!(
                "There is no version with the key {id}. The versions of an application are at /applications/KEY/versions/."
            )));
        };
        let called = format!("{} {}", row.name, row.number);
        if !seen.insert(row.application_id) {
            return Err(refused(format!(
                "{called} is not the only version of its application here. Leave all but one out."
            )));
        }
        if !eligible.contains(&row.id) {
            return Err(refused(format!(
                "{called} cannot be deployed from {}: it was neither made nor deployed there. Choose another version, or deploy it there first.",
                from.name
            )));
        }
        if let Some(why) = blocked.get(&row.application_id) {
            return Err(refused(format!(
                "{} is blocked in {}: {why} Unblock it first, or leave it out.",
                row.name, to.name
            )));
        }
        operations.push(Operation {
            application: ApplicationId(row.application_id),
            choice: Choice::Deploy { version: *id },
        });
    }
    Ok(operations)
}
