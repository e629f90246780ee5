//! Deployment plans: rows, operations, reports, the list, and what the editor shows.

mod drafts;
mod editor;
mod filters;
mod fresh;
mod list;
mod looks;
mod modules;
mod roads;
mod search;
pub mod settings;
mod shelves;
mod sorted;
mod walk;

pub use drafts::{delete_drafts, list_open_drafts};
pub use editor::{
    CandidateQuery, EligibleRow, RunningRow, VersionRow, list_application_names, list_applications,
    list_candidates, list_eligible, list_numbers, list_running, list_running_digests,
    list_version_modules, list_versions,
};
pub use filters::{
    delete_filter, find_filter, find_filter_named, insert_filter, list_filters, update_filter,
};
pub use fresh::fresh;
pub use list::{
    Cut, OperationRow, PlanQuery, Reach, Span, Way, count_plans, find_way, list_first_plans,
    list_operation_rows, list_plan_numbers, list_plan_people, list_plans,
};
pub use looks::{
    ChangedApplication, Look, NewTag, changed_applications, drop_looks, list_looks, newest_change,
    put_looks, tags_since,
};
pub use modules::{RunningModuleRow, list_running_modules, list_running_states};
pub use search::refresh_search;
pub(crate) use search::{index_texts, refresh_searches};
pub use shelves::Shelves;
pub use sorted::{Sort, SortKey};

use crate::entity::plans::{plan, plan_look, plan_operation, plan_report, plan_republish};
use crate::error::changed_one;
use crate::{StoreError, StoreResult};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// Rows of one insert: SQLite takes at most 32,766 values in a statement.
const CHUNK: usize = 500;

/// A plan by its id.
pub async fn find(connection: &impl ConnectionTrait, id: Uuid) -> StoreResult<Option<plan::Model>> {
    Ok(plan::Entity::find_by_id(id).one(connection).await?)
}

/// A plan by the number people know.
pub async fn find_by_number(
    connection: &impl ConnectionTrait,
    number: u64,
) -> StoreResult<Option<plan::Model>> {
    let Ok(number) = i64::try_from(number) else {
        return Ok(None);
    };
    Ok(plan::Entity::find()
        .filter(plan::Column::Number.eq(number))
        .one(connection)
        .await?)
}

/// The number of a plan.
pub async fn find_number(connection: &impl ConnectionTrait, id: Uuid) -> StoreResult<Option<i64>> {
    Ok(plan::Entity::find_by_id(id)
        .select_only()
        .column(plan::Column::Number)
        .into_tuple()
        .one(connection)
        .await?)
}

/// Stores a new plan without operations.
pub async fn insert(connection: &impl ConnectionTrait, row: plan::Model) -> StoreResult<()> {
    plan::Entity::insert(row.into_active_model())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Stores a change of a plan whose revision does not matter (status, progress).
pub async fn update(
    connection: &impl ConnectionTrait,
    id: Uuid,
    change: plan::ActiveModel,
) -> StoreResult<()> {
    plan::Entity::update_many()
        .set(change)
        .filter(plan::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}

/// Stores a change that was decided on a plan with this revision and status.
///
/// # Errors
/// [`StoreError::Stale`] if it has another one by now.
pub async fn update_seen(
    connection: &impl ConnectionTrait,
    seen: &plan::Model,
    change: plan::ActiveModel,
) -> StoreResult<()> {
    let done = plan::Entity::update_many()
        .set(change)
        .filter(plan::Column::Id.eq(seen.id))
        .filter(plan::Column::Revision.eq(seen.revision))
        .filter(plan::Column::Status.eq(seen.status.as_str()))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

/// Removes a plan that has this revision and status, with what it holds.
///
/// # Errors
/// [`StoreError::Stale`] if it has another one by now.
pub async fn delete_seen(connection: &impl ConnectionTrait, seen: &plan::Model) -> StoreResult<()> {
    let same = plan::Entity::find_by_id(seen.id)
        .filter(plan::Column::Revision.eq(seen.revision))
        .filter(plan::Column::Status.eq(seen.status.as_str()))
        .one(connection)
        .await?;
    if same.is_none() {
        return Err(StoreError::Stale);
    }
    delete_content(connection, &[seen.id]).await?;
    search::forget(connection, seen.number).await?;
    let done = plan::Entity::delete_many()
        .filter(plan::Column::Id.eq(seen.id))
        .filter(plan::Column::Revision.eq(seen.revision))
        .filter(plan::Column::Status.eq(seen.status.as_str()))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

async fn delete_content(connection: &impl ConnectionTrait, plans: &[Uuid]) -> StoreResult<()> {
    for plan in plans {
        crate::line::leave(connection, *plan).await?;
    }
    plan_report::Entity::delete_many()
        .filter(plan_report::Column::PlanId.is_in(plans.iter().copied()))
        .exec(connection)
        .await?;
    settings::delete_all(connection, plans).await?;
    plan_republish::Entity::delete_many()
        .filter(plan_republish::Column::PlanId.is_in(plans.iter().copied()))
        .exec(connection)
        .await?;
    plan_look::Entity::delete_many()
        .filter(plan_look::Column::PlanId.is_in(plans.iter().copied()))
        .exec(connection)
        .await?;
    plan_operation::Entity::delete_many()
        .filter(plan_operation::Column::PlanId.is_in(plans.iter().copied()))
        .exec(connection)
        .await?;
    Ok(())
}

/// A plan's operations in order.
pub async fn list_operations(
    connection: &impl ConnectionTrait,
    plan: Uuid,
) -> StoreResult<Vec<plan_operation::Model>> {
    Ok(plan_operation::Entity::find()
        .filter(plan_operation::Column::PlanId.eq(plan))
        .order_by_asc(plan_operation::Column::Position)
        .all(connection)
        .await?)
}

/// Notes what the target runs of an application of a plan, before the plan switches it.
pub async fn set_from_number(
    connection: &impl ConnectionTrait,
    (plan, application): (Uuid, Uuid),
    number: Option<String>,
) -> StoreResult<()> {
    plan_operation::Entity::update_many()
        .col_expr(plan_operation::Column::FromNumber, Expr::value(number))
        .filter(plan_operation::Column::PlanId.eq(plan))
        .filter(plan_operation::Column::ApplicationId.eq(application))
        .exec(connection)
        .await?;
    Ok(())
}

/// The operations of several plans, by plan and position.
pub async fn list_operations_of(
    connection: &impl ConnectionTrait,
    plans: &[Uuid],
) -> StoreResult<Vec<plan_operation::Model>> {
    let mut rows = Vec::new();
    for chunk in plans.chunks(CHUNK) {
        rows.extend(
            plan_operation::Entity::find()
                .filter(plan_operation::Column::PlanId.is_in(chunk.iter().copied()))
                .order_by_asc(plan_operation::Column::PlanId)
                .order_by_asc(plan_operation::Column::Position)
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// The consumers that a plan republishes.
pub async fn list_republish(
    connection: &impl ConnectionTrait,
    plan: Uuid,
) -> StoreResult<Vec<Uuid>> {
    Ok(plan_republish::Entity::find()
        .select_only()
        .column(plan_republish::Column::ModuleId)
        .filter(plan_republish::Column::PlanId.eq(plan))
        .order_by_asc(plan_republish::Column::ModuleId)
        .into_tuple()
        .all(connection)
        .await?)
}

/// Replaces a plan's operations and republished consumers.
pub async fn replace_content(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    operations: &[plan_operation::Model],
    republish: &[Uuid],
) -> StoreResult<()> {
    plan_operation::Entity::delete_many()
        .filter(plan_operation::Column::PlanId.eq(plan))
        .exec(connection)
        .await?;
    for chunk in operations.chunks(CHUNK) {
        plan_operation::Entity::insert_many(
            chunk
                .iter()
                .cloned()
                .map(IntoActiveModel::into_active_model),
        )
        .exec_without_returning(connection)
        .await?;
    }
    plan_republish::Entity::delete_many()
        .filter(plan_republish::Column::PlanId.eq(plan))
        .exec(connection)
        .await?;
    for chunk in republish.chunks(CHUNK) {
        let rows = chunk.iter().map(|module| {
            plan_republish::Model {
                plan_id: plan,
                module_id: *module,
            }
            .into_active_model()
        });
        plan_republish::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Stores a report, in place of the one before of the same kind (`check` or `start`).
pub async fn save_report(
    connection: &impl ConnectionTrait,
    report: plan_report::Model,
) -> StoreResult<()> {
    plan_report::Entity::insert(report.into_active_model())
        .on_conflict(
            OnConflict::columns([plan_report::Column::PlanId, plan_report::Column::Kind])
                .update_columns([
                    plan_report::Column::At,
                    plan_report::Column::Revision,
                    plan_report::Column::Landscape,
                    plan_report::Column::Report,
                ])
                .to_owned(),
        )
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// What a stored report of a plan is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct CheckedRow {
    /// The plan.
    pub plan_id: Uuid,
    /// Its revision.
    pub revision: i64,
    /// When it was checked.
    pub at: i64,
    /// The number of the landscape that it was checked on.
    pub landscape: i64,
}

/// What the stored reports of these plans are about, of whatever kind, without what they say. The
/// later ones last.
pub async fn list_checked(
    connection: &impl ConnectionTrait,
    plans: &[Uuid],
) -> StoreResult<Vec<CheckedRow>> {
    let mut rows = Vec::new();
    for chunk in plans.chunks(CHUNK) {
        rows.extend(
            plan_report::Entity::find()
                .select_only()
                .column(plan_report::Column::PlanId)
                .column(plan_report::Column::Revision)
                .column(plan_report::Column::At)
                .column(plan_report::Column::Landscape)
                .filter(plan_report::Column::PlanId.is_in(chunk.iter().copied()))
                .order_by_asc(plan_report::Column::At)
                .into_model::<CheckedRow>()
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// The stored report of this kind.
pub async fn find_report(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    kind: &str,
) -> StoreResult<Option<plan_report::Model>> {
    Ok(plan_report::Entity::find_by_id((plan, kind.to_owned()))
        .one(connection)
        .await?)
}
