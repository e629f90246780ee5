//! The plans that hold a slot of their target, in one query.

use crate::entity::plans::plan;
use crate::error::StoreResult;
use domain::plan::PlanStatus;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

/// Whether a plan is one of them.
pub(crate) fn is_active() -> SimpleExpr {
    let active = PlanStatus::ALL
        .into_iter()
        .filter(|status| status.is_active())
        .map(PlanStatus::as_str);
    plan::Column::Status.is_in(active)
}

/// All of them, the one that started last first.
pub async fn list(connection: &impl ConnectionTrait) -> StoreResult<Vec<plan::Model>> {
    Ok(plan::Entity::find()
        .filter(is_active())
        .order_by_desc(plan::Column::Started)
        .all(connection)
        .await?)
}
