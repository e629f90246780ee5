//! Environments and their order.

use crate::entity::environments::{environment, join_code};
use crate::entity::plans::plan;
use crate::error::{StoreResult, changed_one};
use domain::environment::Rules;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use uuid::Uuid;

/// All environments in promotion order.
pub async fn all(connection: &impl ConnectionTrait) -> StoreResult<Vec<environment::Model>> {
    Ok(environment::Entity::find()
        .order_by_asc(environment::Column::Position)
        .order_by_asc(environment::Column::Created)
        .all(connection)
        .await?)
}

/// An environment.
pub async fn find(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<environment::Model>> {
    Ok(environment::Entity::find_by_id(id).one(connection).await?)
}

/// An environment by its name, as typed.
pub async fn find_by_name(
    connection: &impl ConnectionTrait,
    name: &str,
) -> StoreResult<Option<environment::Model>> {
    Ok(environment::Entity::find()
        .filter(environment::Column::NameFolded.eq(domain::name::fold(name.trim())))
        .one(connection)
        .await?)
}

/// Adds an environment.
pub async fn insert(
    connection: &impl ConnectionTrait,
    new: environment::ActiveModel,
) -> StoreResult<()> {
    new.insert(connection).await?;
    Ok(())
}

/// Gives an environment its place; [`crate::StoreError::Stale`] if its revision is another.
pub async fn set_position(
    connection: &impl ConnectionTrait,
    id: Uuid,
    revision: i64,
    position: i64,
) -> StoreResult<()> {
    let done = environment::Entity::update_many()
        .col_expr(environment::Column::Position, Expr::value(position))
        .col_expr(
            environment::Column::Revision,
            Expr::col(environment::Column::Revision).add(1),
        )
        .filter(environment::Column::Id.eq(id))
        .filter(environment::Column::Revision.eq(revision))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

/// Gives an environment another name; [`crate::StoreError::Stale`] if its revision is another,
/// [`crate::StoreError::Duplicate`] if the name is taken.
pub async fn rename(
    connection: &impl ConnectionTrait,
    id: Uuid,
    revision: i64,
    name: &str,
) -> StoreResult<()> {
    let done = environment::Entity::update_many()
        .col_expr(environment::Column::Name, Expr::value(name))
        .col_expr(
            environment::Column::NameFolded,
            Expr::value(domain::name::fold(name)),
        )
        .col_expr(
            environment::Column::Revision,
            Expr::col(environment::Column::Revision).add(1),
        )
        .filter(environment::Column::Id.eq(id))
        .filter(environment::Column::Revision.eq(revision))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

/// Says how an environment takes plans; [`StoreError::Stale`] if its revision is another.
pub async fn set_rules(
    connection: &impl ConnectionTrait,
    id: Uuid,
    revision: i64,
    rules: &Rules,
) -> StoreResult<()> {
    let done = environment::Entity::update_many()
        .set(environment::ActiveModel {
            infrastructure: Set(rules.infrastructure.as_str().to_owned()),
            parallel_creation: Set(rules.parallel_creation),
            parallel_execution: Set(rules.parallel_execution),
            parallel_limit: Set(i64::from(rules.parallel_limit)),
            two_stage: Set(rules.two_stage),
            keep_hours: Set(i64::from(rules.keep_hours)),
            revision: Set(revision + 1),
            ..Default::default()
        })
        .filter(environment::Column::Id.eq(id))
        .filter(environment::Column::Revision.eq(revision))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

/// Whether any plan has the environment as its source or target.
pub async fn has_plans(connection: &impl ConnectionTrait, id: Uuid) -> StoreResult<bool> {
    Ok(plan::Entity::find()
        .select_only()
        .column(plan::Column::Id)
        .filter(
            Condition::any()
                .add(plan::Column::SourceId.eq(id))
                .add(plan::Column::TargetId.eq(id)),
        )
        .into_tuple::<Uuid>()
        .one(connection)
        .await?
        .is_some())
}

/// Removes an environment with its join codes; [`crate::StoreError::Stale`] if its revision is another,
/// [`crate::StoreError::Missing`] if anything else still names it.
pub async fn remove(connection: &impl ConnectionTrait, id: Uuid, revision: i64) -> StoreResult<()> {
    join_code::Entity::delete_many()
        .filter(join_code::Column::EnvironmentId.eq(id))
        .exec(connection)
        .await?;
    let done = environment::Entity::delete_many()
        .filter(environment::Column::Id.eq(id))
        .filter(environment::Column::Revision.eq(revision))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

/// Notes that an inventory was asked for.
pub async fn begin_synchronization(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
) -> StoreResult<()> {
    environment::Entity::update_many()
        .col_expr(environment::Column::SynchronizingSince, Expr::value(now))
        .col_expr(
            environment::Column::SynchronizationError,
            Expr::value(Option::<String>::None),
        )
        .filter(environment::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}

/// Notes that an inventory was taken, or why it could not be.
pub async fn end_synchronization(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
    error: Option<String>,
) -> StoreResult<()> {
    let mut change = environment::Entity::update_many()
        .col_expr(
            environment::Column::SynchronizingSince,
            Expr::value(Option::<i64>::None),
        )
        .filter(environment::Column::Id.eq(id));
    if error.is_none() {
        change = change.col_expr(environment::Column::LastSynchronized, Expr::value(now));
    }
    change
        .col_expr(
            environment::Column::SynchronizationError,
            Expr::value(error),
        )
        .exec(connection)
        .await?;
    Ok(())
}
