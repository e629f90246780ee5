//! How the plans of one person ended.

use crate::entity::plans::plan;
use crate::error::StoreResult;
use domain::plan::PlanStatus;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// The plan that ended last of those that a person started, if it ended after this time.
pub async fn find_last(
    connection: &impl ConnectionTrait,
    person: Uuid,
    after: i64,
) -> StoreResult<Option<plan::Model>> {
    let over = PlanStatus::ALL
        .into_iter()
        .filter(|status| status.is_terminal())
        .map(PlanStatus::as_str);
    Ok(plan::Entity::find()
        .filter(plan::Column::StartedBy.eq(person))
        .filter(plan::Column::Finished.gt(after))
        .filter(plan::Column::Status.is_in(over))
        .order_by_desc(plan::Column::Finished)
        .order_by_desc(plan::Column::Number)
        .one(connection)
        .await?)
}

/// Whether a person started a plan after this time.
pub async fn started_after(
    connection: &impl ConnectionTrait,
    person: Uuid,
    after: i64,
) -> StoreResult<bool> {
    let one = plan::Entity::find()
        .select_only()
        .column(plan::Column::Id)
        .filter(plan::Column::StartedBy.eq(person))
        .filter(plan::Column::Started.gt(after))
        .limit(1)
        .count(connection)
        .await?;
    Ok(one > 0)
}
