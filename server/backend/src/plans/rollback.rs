//! *Roll back*: a plan of its own that brings back what the target of a finished plan ran before it.
//! What was never tagged is tagged with it. When it is over, what it took out is held.

use super::draft::ends;
use super::reuse::stored;
use super::rows::kind_from;
use super::{Plan, find_plan, replaces_since};
use crate::Backend;
use crate::actor::Actor;
use crate::environments::require_in_service;
use crate::events::Topic;
use domain::access::Action;
use domain::plan::{
    Brought, Origin, PlanContent, PlanKind, PlanStatus, Ran, Returns, Undone, can_roll_back,
    roll_back,
};
use domain::view::{Goes, RollbackOutlook, RollbackRow};
use domain::{AppError, ApplicationId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::hotfixes::hold;
use store::entity::plans::plan;
use store::{ConnectionTrait, DatabaseTransaction, counters, history, holds};
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
        let undone = self.undoing(connection, actor, &plan).await?.rows;
        let ids: Vec<Uuid> = undone.iter().map(|row| row.application.0).collect();
        let applications = store::plans::list_applications(connection, &ids).await?;
        let applications: BTreeMap<Uuid, _> =
            applications.into_iter().map(|row| (row.id, row)).collect();
        Ok(RollbackOutlook {
            number,
            name: plan.row.name.clone(),
            over: plan.row.finished.map(Timestamp),
            maintenance: super::stay::maintenance_words(&target),
            target: target.name,
            rows: undone
                .iter()
                .filter_map(|row| {
                    let facts = applications.get(&row.application.0)?;
                    Some(RollbackRow {
                        application: row.application,
                        name: facts.name.clone(),
                        kind: kind_from(&facts.kind),
                        goes: goes(row),
                        returns: row.returns(),
                    })
                })
                .collect(),
        })
    }

    /// Makes a draft that brings back what the plan's target ran of these applications, and gives
    /// its number. What was never tagged is tagged in the same transaction, and stays so whatever
    /// becomes of the draft; once it is tagged, that tag is taken.
    pub async fn roll_back_plan(
        &self,
        actor: &Actor,
        number: u64,
        applications: Vec<ApplicationId>,
    ) -> Result<u64, AppError> {
        actor.require(Action::EditPlan)?;
        let wanted: BTreeSet<ApplicationId> = applications.into_iter().collect();
        let (made, tagged) = self
            .store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                finished(&plan)?;
                let (_, target) = ends(tx, plan.content.source, plan.content.target).await?;
                require_in_service(&target, "No plan was made; roll back when that is over.")?;
                let mut undoing = self.undoing(tx, actor, &plan).await?;
                let mut tagged = Vec::new();
                if undoing.is_about_untagged(&wanted) {
                    // Looked at once more: from here on it stays as it is until the commit.
                    counters::raise(tx, counters::LANDSCAPE).await?;
                    undoing = self.undoing(tx, actor, &plan).await?;
                    tagged = self.tag_formers(tx, actor, &plan, &mut undoing, &wanted).await?;
                }
                let undone = undoing.rows;
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
                let whole = undone.iter().filter(|row| row.returns().is_back()).count()
                    == operations.len();
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
                let made = self.insert_draft(tx, actor, &content, Some(origin)).await?;
                Ok((made, tagged))
            })
            .await?;
        if !tagged.is_empty() {
            let pages = tagged.into_iter().map(Topic::Application);
            self.topics.bump(pages.chain([Topic::Applications]));
        }
        Ok(made)
    }

    /// Holds what a rollback that is over took out of its target. What had changes that were never
    /// tagged has no version that could be held.
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
        let replaced = replaces_since(tx, row).await?.unwrap_or(row.created);
        let former: BTreeMap<Uuid, Uuid> = history::releases_at(tx, row.target_id, replaced - 1)
            .await?
            .into_iter()
            .filter(|release| !release.modified)
            .filter_map(|release| Some((release.application_id, release.base_id?)))
            .collect();
        let mut new = Vec::new();
        for operation in &operations {
            // Of a run that ended with errors, only what did come back.
            let back = runs.iter().any(|runs| {
                runs.application_id == operation.application_id
                    && runs.base_id.is_some()
                    && runs.base_id == operation.version_id
            });
            let taken_out = former.get(&operation.application_id).copied();
            let taken_out = taken_out.filter(|tag| back && Some(*tag) != operation.version_id);
            let Some(taken_out) = taken_out else {
                continue;
            };
            if !holds::is_held(tx, row.target_id, taken_out).await? {
                new.push(hold::Model {
                    id: self.new_id(),
                    application_id: operation.application_id,
                    environment_id: row.target_id,
                    version_id: taken_out,
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

fn goes(row: &Undone) -> Goes {
    let is_back = matches!(row.returns(), Returns::AlreadyBack { .. });
    match (row.brought, row.now) {
        (Brought::Tag(_, number), _) => Goes::Version(number),
        // All of it came, though not all that was to come with it.
        (
            Brought::Part {
                of: Some(number), ..
            },
            Ran::Tag(_, now),
        ) if number == now => Goes::Version(number),
        (Brought::Part { of, as_left: true }, _) if !is_back => Goes::Mix(of),
        (Brought::Part { of, .. }, _) => of.map_or(Goes::Modules, Goes::Version),
        (Brought::Modules { .. }, _) => Goes::Modules,
    }
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
