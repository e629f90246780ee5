//! Filters of the list that people keep.

use crate::StoreResult;
use crate::entity::plans::plan_filter;
use crate::error::changed_one;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set,
};
use uuid::Uuid;

/// Somebody's filters, by name.
pub async fn list_filters(
    connection: &impl ConnectionTrait,
    user: Uuid,
) -> StoreResult<Vec<plan_filter::Model>> {
    Ok(plan_filter::Entity::find()
        .filter(plan_filter::Column::UserId.eq(user))
        .order_by_asc(plan_filter::Column::NameFolded)
        .all(connection)
        .await?)
}

/// A filter of somebody by its id.
pub async fn find_filter(
    connection: &impl ConnectionTrait,
    user: Uuid,
    id: Uuid,
) -> StoreResult<Option<plan_filter::Model>> {
    Ok(plan_filter::Entity::find_by_id(id)
        .filter(plan_filter::Column::UserId.eq(user))
        .one(connection)
        .await?)
}

/// A filter of somebody by its name, compared with ASCII case folded.
pub async fn find_filter_named(
    connection: &impl ConnectionTrait,
    user: Uuid,
    name: &str,
) -> StoreResult<Option<plan_filter::Model>> {
    Ok(plan_filter::Entity::find()
        .filter(plan_filter::Column::UserId.eq(user))
        .filter(plan_filter::Column::NameFolded.eq(domain::name::fold(name)))
        .one(connection)
        .await?)
}

/// Keeps a filter. [`crate::StoreError::Duplicate`] if the owner has one of this name.
pub async fn insert_filter(
    connection: &impl ConnectionTrait,
    row: plan_filter::Model,
) -> StoreResult<()> {
    plan_filter::Entity::insert(row.into_active_model())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Gives a filter another name and content, and the next revision.
///
/// # Errors
/// [`crate::StoreError::Stale`] if it has another revision by now, or is gone.
pub async fn update_filter(
    connection: &impl ConnectionTrait,
    seen: &plan_filter::Model,
    name: &str,
    query: &str,
) -> StoreResult<()> {
    let change = plan_filter::ActiveModel {
        name: Set(name.to_owned()),
        name_folded: Set(domain::name::fold(name)),
        query: Set(query.to_owned()),
        revision: Set(seen.revision + 1),
        ..Default::default()
    };
    let done = plan_filter::Entity::update_many()
        .set(change)
        .filter(plan_filter::Column::Id.eq(seen.id))
        .filter(plan_filter::Column::Revision.eq(seen.revision))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

/// Removes a filter.
pub async fn delete_filter(connection: &impl ConnectionTrait, id: Uuid) -> StoreResult<()> {
    plan_filter::Entity::delete_by_id(id)
        .exec(connection)
        .await?;
    Ok(())
}
