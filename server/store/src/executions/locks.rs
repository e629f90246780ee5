//! Rows that are taken before anything is decided on them. Whoever takes several takes them in one
//! order, so that two never wait for each other: lease, plan, agent, attempts, run. On SQLite there
//! is one writer and nothing to take.

use crate::StoreResult;
use crate::entity::environments::agent;
use crate::entity::plans::plan;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

/// A plan, which nobody else changes until the transaction ends.
pub async fn lock_plan(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<plan::Model>> {
    Ok(plan::Entity::find_by_id(id)
        .lock_exclusive()
        .one(connection)
        .await?)
}

/// The plan with this number, as [`lock_plan`].
pub async fn lock_plan_numbered(
    connection: &impl ConnectionTrait,
    number: i64,
) -> StoreResult<Option<plan::Model>> {
    Ok(plan::Entity::find()
        .filter(plan::Column::Number.eq(number))
        .lock_exclusive()
        .one(connection)
        .await?)
}

/// An agent, whose commands and reports nobody else writes until the transaction ends.
pub async fn lock_agent(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<agent::Model>> {
    Ok(agent::Entity::find_by_id(id)
        .lock_exclusive()
        .one(connection)
        .await?)
}
