//! Drafts: those that somebody finds, those that nobody saved in time, and plans that were discarded.

use super::delete_seen;
use crate::entity::plans::{plan, plan_operation};
use crate::{StoreError, StoreResult};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

/// The drafts of this person and those that others share, that were made after `since` and hold
/// anything: the newest ones, and how many there are up to `cap`.
pub async fn list_open_drafts(
    connection: &impl ConnectionTrait,
    user: Uuid,
    since: i64,
    limit: u64,
    cap: u64,
) -> StoreResult<(Vec<plan::Model>, u64)> {
    let newest = open(user, since)
        .order_by_desc(plan::Column::Number)
        .limit(limit)
        .all(connection)
        .await?;
    let total = if (newest.len() as u64) < limit {
        newest.len() as u64
    } else {
        open(user, since)
            .select_only()
            .column(plan::Column::Number)
            .limit(cap)
            .into_tuple::<i64>()
            .all(connection)
            .await?
            .len() as u64
    };
    Ok((newest, total))
}

fn open(user: Uuid, since: i64) -> Select<plan::Entity> {
    let brings = Query::select()
        .expr(Expr::value(1))
        .from(plan_operation::Entity)
        .and_where(
            Expr::col((plan_operation::Entity, plan_operation::Column::PlanId))
                .equals((plan::Entity, plan::Column::Id)),
        )
        .to_owned();
    plan::Entity::find()
        .filter(plan::Column::Status.eq("draft"))
        .filter(plan::Column::Discarded.is_null())
        .filter(
            Condition::any()
                .add(plan::Column::CreatedBy.eq(user))
                .add(plan::Column::Shared.eq(true)),
        )
        .filter(plan::Column::Created.gt(since))
        .filter(
            Condition::any()
                .add(plan::Column::Notes.ne(""))
                .add(Expr::exists(brings)),
        )
}

/// Removes drafts made at or before `made`, and plans discarded at or before `discarded`, at most 100
/// of them; gives those that it removed.
pub async fn delete_drafts(
    connection: &impl ConnectionTrait,
    made: i64,
    discarded: i64,
) -> StoreResult<Vec<plan::Model>> {
    let over = Condition::any()
        .add(plan::Column::Discarded.lte(discarded))
        .add(
            plan::Column::Discarded
                .is_null()
                .and(plan::Column::Created.lte(made)),
        );
    let old = plan::Entity::find()
        .filter(plan::Column::Status.eq("draft"))
        .filter(over)
        .order_by_asc(plan::Column::Number)
        .limit(100)
        .all(connection)
        .await?;
    let mut removed = Vec::with_capacity(old.len());
    for draft in old {
        // One that was saved meanwhile is no draft any more, and stays.
        match delete_seen(connection, &draft).await {
            Ok(()) => removed.push(draft),
            Err(StoreError::Stale) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}
