//! Runs that are prepared, and until when what they have prepared is kept.

use crate::entity::waiting::prepared;
use crate::error::StoreResult;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use uuid::Uuid;

/// Notes that a run is prepared.
pub async fn keep(connection: &impl ConnectionTrait, row: prepared::Model) -> StoreResult<()> {
    prepared::Entity::insert(row.into_active_model())
        .on_conflict(
            OnConflict::column(prepared::Column::RunId)
                .update_columns([
                    prepared::Column::Since,
                    prepared::Column::Until,
                    prepared::Column::Hours,
                    prepared::Column::Warned,
                ])
                .to_owned(),
        )
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// A run waits for nobody any more.
pub async fn forget(connection: &impl ConnectionTrait, run: Uuid) -> StoreResult<()> {
    prepared::Entity::delete_by_id(run).exec(connection).await?;
    Ok(())
}

/// Until when what a run has prepared is kept.
pub async fn find(
    connection: &impl ConnectionTrait,
    run: Uuid,
) -> StoreResult<Option<prepared::Model>> {
    Ok(prepared::Entity::find_by_id(run).one(connection).await?)
}

/// All prepared runs, the one that ends first first.
pub async fn list(connection: &impl ConnectionTrait) -> StoreResult<Vec<prepared::Model>> {
    Ok(prepared::Entity::find()
        .order_by_asc(prepared::Column::Until)
        .order_by_asc(prepared::Column::RunId)
        .all(connection)
        .await?)
}

/// The warning that it ends soon was given; false if somebody gave it before.
pub async fn note_warning(connection: &impl ConnectionTrait, run: Uuid) -> StoreResult<bool> {
    let done = prepared::Entity::update_many()
        .col_expr(prepared::Column::Warned, Expr::value(true))
        .filter(prepared::Column::RunId.eq(run))
        .filter(prepared::Column::Warned.eq(false))
        .exec(connection)
        .await?;
    Ok(done.rows_affected == 1)
}
