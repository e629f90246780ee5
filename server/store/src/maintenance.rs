//! Environments that are out of service for a while.

use crate::entity::environments::{agent, environment};
use crate::entity::plans::{plan, run};
use crate::error::{StoreResult, changed_one};
use domain::plan::PlanStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use uuid::Uuid;

/// Since when, by whom and why an environment is out of service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Since {
    /// Since when.
    pub at: i64,
    /// Who switched it.
    pub by: Option<Uuid>,
    /// Why.
    pub reason: String,
}

/// Takes an environment out of service, or puts it back; [`crate::StoreError::Stale`] if its
/// revision is another.
pub async fn set(
    connection: &impl ConnectionTrait,
    id: Uuid,
    revision: i64,
    since: Option<Since>,
) -> StoreResult<()> {
    let (at, by, reason) = since.map_or((None, None, None), |since| {
        (Some(since.at), since.by, Some(since.reason))
    });
    let done = environment::Entity::update_many()
        .set(environment::ActiveModel {
            maintenance_since: Set(at),
            maintenance_by: Set(by),
            maintenance_reason: Set(reason),
            // Whatever was asked of its agent is waited for no more.
            synchronizing_since: Set(None),
            revision: Set(revision + 1),
            ..Default::default()
        })
        .filter(environment::Column::Id.eq(id))
        .filter(environment::Column::Revision.eq(revision))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

/// Those of these environments that are out of service, by place in the order.
pub async fn among(
    connection: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> StoreResult<Vec<environment::Model>> {
    Ok(environment::Entity::find()
        .filter(environment::Column::Id.is_in(ids))
        .filter(environment::Column::MaintenanceSince.is_not_null())
        .order_by_asc(environment::Column::Position)
        .all(connection)
        .await?)
}

/// Numbers of the active plans that come from or go to an environment, lowest first.
pub async fn list_active_plans(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<Vec<i64>> {
    let active = PlanStatus::ALL
        .into_iter()
        .filter(|status| status.is_active())
        .map(PlanStatus::as_str);
    Ok(plan::Entity::find()
        .select_only()
        .column(plan::Column::Number)
        .filter(plan::Column::Status.is_in(active))
        .filter(
            Condition::any()
                .add(plan::Column::SourceId.eq(environment))
                .add(plan::Column::TargetId.eq(environment)),
        )
        .order_by_asc(plan::Column::Number)
        .into_tuple()
        .all(connection)
        .await?)
}

/// Asks the publications into an environment that are not over to stop.
pub async fn stop_publications(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    request: run::ActiveModel,
) -> StoreResult<u64> {
    let done = run::Entity::update_many()
        .set(request)
        .filter(run::Column::EnvironmentId.eq(environment))
        .filter(run::Column::Kind.eq("publication"))
        .filter(run::Column::Ended.is_null())
        .filter(run::Column::StopRequested.is_null())
        .exec(connection)
        .await?;
    Ok(done.rows_affected)
}

/// The next time the environment's agent says hello it is asked for its inventory.
pub async fn want_inventory(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<()> {
    agent::Entity::update_many()
        .col_expr(agent::Column::WantsInventory, Expr::value(true))
        .filter(agent::Column::EnvironmentId.eq(environment))
        .exec(connection)
        .await?;
    Ok(())
}
