//! *Roll back*: a plan of its own that brings back what the target of a finished plan ran before it.
//! When it is over, what it took out is held.

use super::draft::ends;
use super::reuse::stored;
use super::rows::kind_from;
use super::{Plan, find_plan};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::plan::{
    Brought, Origin, PlanContent, PlanKind, PlanStatus, Ran, Undone, can_roll_back, roll_back,
};
use domain::view::{RollbackOutlook, RollbackRow};
use domain::{AppError, ApplicationId, Timestamp, VersionId, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::catalog::version;
use store::entity::hotfixes::hold;
use store::entity::plans::plan;
use store::{ConnectionTrait, DatabaseTransaction, catalog, history, holds};
use uuid::Uuid;

impl Backend {
    /// What rolling a plan back would bring back, and what it cannot.
    pub async fn foresee_rollback(
        &self,
        actor: &Actor,
        number: u64,
    ) -> Result<RollbackOutlook, AppError> {
        actor.require(Action::EditPlan)?;
        let connection = self.store.read();
        let plan = find_plan(connection, actor, number, self.now()).await?;
        finished(&plan)?;
        let (_, target) = ends(connection, plan.content.source, plan.content.target).await?;
        let undone = undone(connection, &plan).await?;
        let ids: Vec<Uuid> = undone.iter().map(|row| row.application.0).collect();
        let applications = store::plans::list_applications(connection, &ids).await?;
        let applications: BTreeMap<Uuid, _> =
            applications.into_iter().map(|row| (row.id, row)).collect();
        Ok(RollbackOutlook {
            number,
            name: plan.row.name.clone(),
            over: plan.row.finished.map(Timestamp),
            target: target.name,
            rows: undone
                .iter()
                .filter_map(|row| {
                    let facts = applications.get(&row.application.0)?;
                    Some(RollbackRow {
                        application: row.application,
                        name: facts.name.clone(),
                        kind: kind_from(&facts.kind),
                        brought: match row.brought {
                            Brought::Tag(_, number) => Some(number),
                            Brought::Modules { .. } => None,
                        },
                        returns: row.returns(),
                    })
                })
                .collect(),
        })
    }

    /// Makes a draft that brings back what the plan's target ran of these applications, and gives
    /// its number.
    pub async fn roll_back_plan(
        &self,
        actor: &Actor,
        number: u64,
        applications: Vec<ApplicationId>,
    ) -> Result<u64, AppError> {
        actor.require(Action::EditPlan)?;
        let wanted: BTreeSet<ApplicationId> = applications.into_iter().collect();
        self.store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                finished(&plan)?;
                let undone = undone(tx, &plan).await?;
                let operations = roll_back(&undone, |id| wanted.contains(&id));
                if operations.is_empty() || operations.len() < wanted.len() {
                    return Err(AppError::conflict(
                        "cannot_roll_back",
                        format!(
                            "Not everything that was chosen of {} can be brought back any more. Nothing was made; look again at what can.",
                            plan.title()
                        ),
                    ));
                }
                // What the plan linked anew is linked anew with what comes back; of a part the check
                // says which consumers that concerns.
                let whole = roll_back(&undone, |_| true).len() == operations.len();
                let republish = if whole {
                    plan.content.republish.clone()
                } else {
                    Vec::new()
                };
                let content = PlanContent {
                    kind: PlanKind::Rollback,
                    source: plan.content.target,
                    target: plan.content.target,
                    operations,
                    republish,
                    notes: String::new(),
                    settings: Vec::new(),
                    settings_after: false,
                };
                let origin = (plan.row.number, stored(Origin::Rollback));
                self.insert_draft(tx, actor, &content, Some(origin)).await
            })
            .await
    }

    /// Holds what a rollback that is over took out of its target.
    pub(crate) async fn hold_what_was_taken_out(
        &self,
        tx: &DatabaseTransaction,
        row: &plan::Model,
    ) -> Result<(), AppError> {
        if PlanKind::parse(&row.kind) != Some(PlanKind::Rollback) {
            return Ok(());
        }
        let operations = store::plans::list_operations(tx, row.id).await?;
        let ids: Vec<Uuid> = operations.iter().map(|row| row.application_id).collect();
        let runs = store::plans::list_running(tx, &[row.target_id], &ids).await?;
        let tags = catalog::versions_of(tx, &ids).await?;
        let mut new = Vec::new();
        for operation in &operations {
            // Of a run that ended with errors, only what did come back.
            let back = runs.iter().any(|runs| {
                runs.application_id == operation.application_id
                    && runs.base_id.is_some()
                    && runs.base_id == operation.version_id
            });
            let taken_out = tags.iter().find(|tag| {
                tag.application_id == operation.application_id
                    && Some(&tag.number) == operation.from_number.as_ref()
                    && Some(tag.id) != operation.version_id
            });
            let Some(taken_out) = taken_out.filter(|_| back) else {
                continue;
            };
            if !holds::is_held(tx, row.target_id, taken_out.id).await? {
                new.push(hold::Model {
                    id: self.new_id(),
                    application_id: operation.application_id,
                    environment_id: row.target_id,
                    version_id: taken_out.id,
                    plan_number: row.number,
                    since: self.now(),
                    released: None,
                    released_by: None,
                    reason: None,
                });
            }
        }
        let held: Vec<Uuid> = new.iter().map(|hold| hold.application_id).collect();
        holds::insert(tx, new).await?;
        store::running::refresh_can_move(tx, Some(&held)).await?;
        Ok(())
    }
}

/// The plans that roll this one back, by number.
pub(crate) async fn rolled_back_by(
    connection: &impl ConnectionTrait,
    number: i64,
) -> Result<Vec<u64>, AppError> {
    let numbers = holds::list_rollbacks(connection, number).await?;
    Ok(numbers
        .into_iter()
        .filter_map(|number| u64::try_from(number).ok())
        .collect())
}

/// The plan that this one rolls back.
pub(crate) fn rolls_back(row: &plan::Model) -> Option<u64> {
    let number = row
        .origin_number
        .and_then(|number| u64::try_from(number).ok());
    number.filter(|_| row.origin.as_deref() == Some(stored(Origin::Rollback)))
}

fn finished(plan: &Plan) -> Result<(), AppError> {
    if PlanStatus::parse(&plan.row.status).is_some_and(can_roll_back) {
        return Ok(());
    }
    Err(AppError::conflict(
        "plan_not_finished",
        format!(
            "{} did not run to its end, so there is nothing to roll back. One that was aborted left its target as it was.",
            plan.title()
        ),
    ))
}

/// What is true of each application that the plan changed. A fixed number of queries for any
/// number of applications.
async fn undone(connection: &impl ConnectionTrait, plan: &Plan) -> Result<Vec<Undone>, AppError> {
    let started = plan.row.started.unwrap_or(plan.row.created);
    let target = plan.row.target_id;
    let changed = plan.operations.iter().filter(|row| row.choice != "nothing");
    let ids: Vec<Uuid> = changed.clone().map(|row| row.application_id).collect();
    let tags = Tags::new(catalog::versions_of(connection, &ids).await?);
    let before: BTreeMap<Uuid, _> = history::releases_at(connection, target, started - 1)
        .await?
        .into_iter()
        .map(|row| (row.application_id, row))
        .collect();
    let now: BTreeMap<Uuid, _> = store::plans::list_running(connection, &[target], &ids)
        .await?
        .into_iter()
        .filter(|row| row.present)
        .map(|row| (row.application_id, row))
        .collect();
    let kept: BTreeSet<Uuid> = store::plans::list_eligible(connection, target, &ids)
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    let later: BTreeMap<Uuid, i64> = holds::list_later_plans(connection, target, &ids, started)
        .await?
        .into_iter()
        .collect();
    let custom = changed.clone().filter(|row| row.choice == "deploy_custom");
    let custom: BTreeSet<Uuid> = custom.map(|row| row.application_id).collect();
    let as_left = as_left(connection, plan, started, &custom).await?;
    Ok(changed
        .filter_map(|row| {
            let application = row.application_id;
            let before = before
                .get(&application)
                .map_or(Ran::Nothing, |row| tags.ran(row.base_id, row.modified));
            let kept = match before {
                Ran::Tag(version, _) => kept.contains(&version.0),
                Ran::Nothing | Ran::Untagged(_) => false,
            };
            Some(Undone {
                application: ApplicationId(application),
                brought: if custom.contains(&application) {
                    Brought::Modules {
                        as_left: as_left.contains(&application),
                    }
                } else {
                    let (version, number) = tags.find(row.version_id?)?;
                    Brought::Tag(version, number)
                },
                before,
                now: now
                    .get(&application)
                    .map_or(Ran::Nothing, |row| tags.ran(row.base_id, row.modified)),
                changed_by: later.get(&application).and_then(|n| u64::try_from(*n).ok()),
                kept,
            })
        })
        .collect())
}

/// Of the applications of which the plan brought single modules: those that the target still runs
/// exactly as the plan left them.
async fn as_left(
    connection: &impl ConnectionTrait,
    plan: &Plan,
    started: i64,
    applications: &BTreeSet<Uuid>,
) -> Result<BTreeSet<Uuid>, AppError> {
    let mut left: BTreeMap<Uuid, BTreeMap<Uuid, Uuid>> = BTreeMap::new();
    if applications.is_empty() {
        return Ok(BTreeSet::new());
    }
    let target = plan.row.target_id;
    for row in history::modules_at(connection, target, started - 1).await? {
        if let Some((application, version)) = row.application_id.zip(row.module_version_id) {
            let of = left.entry(application).or_default();
            of.insert(row.module_id, version);
        }
    }
    // A plan's run has the plan's id.
    for row in store::executions::list_run_modules(connection, plan.row.id).await? {
        for of in left.values_mut() {
            of.remove(&row.module_id);
        }
        if let Some(version) = row.module_version_id {
            let of = left.entry(row.application_id).or_default();
            of.insert(row.module_id, version);
        }
    }
    let all: Vec<Uuid> = applications.iter().copied().collect();
    let mut now: BTreeMap<Uuid, BTreeMap<Uuid, Uuid>> = BTreeMap::new();
    for row in store::plans::list_running_modules(connection, target, &all).await? {
        let of = now.entry(row.application).or_default();
        of.insert(row.module, row.version);
    }
    let same = |id: &&Uuid| left.get(*id) == now.get(*id);
    Ok(applications.iter().filter(same).copied().collect())
}

/// Tags by their ids.
struct Tags(BTreeMap<Uuid, VersionNumber>);

impl Tags {
    fn new(rows: Vec<version::Model>) -> Self {
        let numbers = rows
            .into_iter()
            .filter_map(|row| Some((row.id, row.number.parse().ok()?)));
        Self(numbers.collect())
    }

    fn find(&self, id: Uuid) -> Option<(VersionId, VersionNumber)> {
        Some((VersionId(id), *self.0.get(&id)?))
    }

    /// What runs that is derived from `base`.
    fn ran(&self, base: Option<Uuid>, modified: bool) -> Ran {
        match base.and_then(|base| self.find(base)) {
            Some((version, number)) if !modified => Ran::Tag(version, number),
            found => Ran::Untagged(found.map(|(_, number)| number)),
        }
    }
}
