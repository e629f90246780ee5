//! What was looked at for a plan, and what has changed since. Places in the order of
//! `running_module_history` and not times say what came later: they do not hang on clocks.

use super::CHUNK;
use crate::StoreResult;
use crate::entity::catalog::{application, module, running, running_module_change, version};
use crate::entity::plans::plan_look;
use sea_orm::sea_query::{Expr, ExprTrait, IntoCondition, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    JoinType, Order, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// When something was looked at: the last change of what runs by then, and the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The last row of the history of modules.
    pub sequence: i64,
    /// In milliseconds since 1970.
    pub at: i64,
}

/// The last change of what any environment runs; 0 before the first.
pub async fn newest_change(connection: &impl ConnectionTrait) -> StoreResult<i64> {
    Ok(running_module_change::Entity::find()
        .select_only()
        .expr(running_module_change::Column::Sequence.max())
        .into_tuple::<Option<i64>>()
        .one(connection)
        .await?
        .flatten()
        .unwrap_or(0))
}

/// Keeps that these subjects were looked at for a plan.
pub async fn put_looks(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    subjects: &[Uuid],
    look: Look,
) -> StoreResult<()> {
    for chunk in subjects.chunks(CHUNK) {
        let rows = chunk.iter().map(|subject| {
            plan_look::Model {
                plan_id: plan,
                subject_id: *subject,
                sequence: look.sequence,
                at: look.at,
            }
            .into_active_model()
        });
        plan_look::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([plan_look::Column::PlanId, plan_look::Column::SubjectId])
                    .update_columns([plan_look::Column::Sequence, plan_look::Column::At])
                    .to_owned(),
            )
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Forgets what was looked at for a plan.
pub async fn drop_looks(connection: &impl ConnectionTrait, plan: Uuid) -> StoreResult<()> {
    plan_look::Entity::delete_many()
        .filter(plan_look::Column::PlanId.eq(plan))
        .exec(connection)
        .await?;
    Ok(())
}

/// What was looked at for a plan, by subject.
pub async fn list_looks(
    connection: &impl ConnectionTrait,
    plan: Uuid,
) -> StoreResult<BTreeMap<Uuid, Look>> {
    let rows = plan_look::Entity::find()
        .filter(plan_look::Column::PlanId.eq(plan))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let look = Look {
                sequence: row.sequence,
                at: row.at,
            };
            (row.subject_id, look)
        })
        .collect())
}

/// An application that runs otherwise than when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct ChangedApplication {
    /// Which.
    pub application_id: Uuid,
    /// Its name.
    pub name: String,
    /// How many of its modules were published, moved or removed.
    pub modules: i64,
    /// The last of these changes.
    pub at: i64,
    /// Who changed the application last, if that was a person.
    pub changed_by: Option<Uuid>,
}

/// What an environment runs otherwise than by `since`, the last change first: at most `limit`
/// applications. `only` names the applications that count, each with what was seen of it; without
/// it all count.
pub async fn changed_applications(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    since: i64,
    only: Option<&BTreeMap<Uuid, i64>>,
    limit: u64,
) -> StoreResult<Vec<ChangedApplication>> {
    let mut later = Condition::any();
    match only {
        None => later = later.add(running_module_change::Column::Sequence.gt(since)),
        Some(seen) if seen.is_empty() => return Ok(Vec::new()),
        Some(seen) => {
            // Most were looked at together.
            let mut together: BTreeMap<i64, Vec<Uuid>> = BTreeMap::new();
            for (application, sequence) in seen {
                together.entry(*sequence).or_default().push(*application);
            }
            for (sequence, applications) in together {
                later = later.add(
                    Condition::all()
                        .add(running_module_change::Column::Sequence.gt(sequence))
                        .add(module::Column::ApplicationId.is_in(applications)),
                );
            }
        }
    }
    Ok(running_module_change::Entity::find()
        .select_only()
        .column(module::Column::ApplicationId)
        .column(application::Column::Name)
        .column(running::Column::ChangedBy)
        .expr_as(
            Expr::col((
                running_module_change::Entity,
                running_module_change::Column::ModuleId,
            ))
            .count_distinct(),
            "modules",
        )
        .expr_as(running_module_change::Column::At.max(), "at")
        .join(
            JoinType::InnerJoin,
            running_module_change::Entity::belongs_to(module::Entity)
                .from(running_module_change::Column::ModuleId)
                .to(module::Column::Id)
                .into(),
        )
        .join(
            JoinType::InnerJoin,
            module::Entity::belongs_to(application::Entity)
                .from(module::Column::ApplicationId)
                .to(application::Column::Id)
                .into(),
        )
        .join(
            JoinType::LeftJoin,
            application::Entity::belongs_to(running::Entity)
                .from(application::Column::Id)
                .to(running::Column::ApplicationId)
                .on_condition(move |_, right| {
                    Expr::col((right, running::Column::EnvironmentId))
                        .eq(environment)
                        .into_condition()
                })
                .into(),
        )
        .filter(running_module_change::Column::EnvironmentId.eq(environment))
        .filter(later)
        .group_by(module::Column::ApplicationId)
        .group_by(application::Column::Name)
        .group_by(running::Column::ChangedBy)
        .order_by(running_module_change::Column::Sequence.max(), Order::Desc)
        .limit(limit)
        .into_model::<ChangedApplication>()
        .all(connection)
        .await?)
}

/// A tag that was made after its application was looked at.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct NewTag {
    /// Its application.
    pub application_id: Uuid,
    /// The application's name.
    pub name: String,
    /// Its number.
    pub number: String,
    /// When it was made.
    pub created: i64,
}

/// The tags of these applications made in one of the environments after `since`, the newest first:
/// at most `limit`.
pub async fn tags_since(
    connection: &impl ConnectionTrait,
    environments: &[Uuid],
    applications: &[Uuid],
    since: i64,
    limit: u64,
) -> StoreResult<Vec<NewTag>> {
    Ok(version::Entity::find()
        .select_only()
        .columns([
            version::Column::ApplicationId,
            version::Column::Number,
            version::Column::Created,
        ])
        .column(application::Column::Name)
        .join(
            JoinType::InnerJoin,
            version::Entity::belongs_to(application::Entity)
                .from(version::Column::ApplicationId)
                .to(application::Column::Id)
                .into(),
        )
        .filter(version::Column::ApplicationId.is_in(applications.iter().copied()))
        .filter(version::Column::EnvironmentId.is_in(environments.iter().copied()))
        .filter(version::Column::Created.gt(since))
        .order_by_desc(version::Column::Created)
        .limit(limit)
        .into_model::<NewTag>()
        .all(connection)
        .await?)
}
