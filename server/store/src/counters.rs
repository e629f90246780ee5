//! Numbers that are raised inside transactions, so that two of them never see the same one.

use crate::entity::people::counter;
use crate::error::StoreResult;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, EntityTrait, Set};

/// Changes whenever anything that checks look at may have changed.
pub const LANDSCAPE: &str = "landscape";
/// The last plan number given.
pub const PLAN_NUMBER: &str = "plan_number";
/// How often a secret was sealed; who raised it may choose the key.
pub const SECRETS: &str = "secrets";
/// The key that secrets are sealed with, as a number; 0 before there is one.
pub const SECRET_KEY: &str = "secret_key";
/// How often the audit has grown; who raised it may write at its end.
pub(crate) const AUDIT: &str = "audit";

/// Raises a counter by one and gives its new value; the first is 1.
pub async fn raise(connection: &impl ConnectionTrait, name: &str) -> StoreResult<i64> {
    let row = counter::ActiveModel {
        name: Set(name.to_owned()),
        value: Set(1),
    };
    let raised = counter::Entity::insert(row)
        .on_conflict(
            OnConflict::column(counter::Column::Name)
                .value(
                    counter::Column::Value,
                    Expr::col((counter::Entity, counter::Column::Value)).add(1),
                )
                .to_owned(),
        )
        .exec_with_returning(connection)
        .await?;
    Ok(raised.value)
}

/// Gives a counter this value.
pub async fn set(connection: &impl ConnectionTrait, name: &str, value: i64) -> StoreResult<()> {
    let row = counter::ActiveModel {
        name: Set(name.to_owned()),
        value: Set(value),
    };
    counter::Entity::insert(row)
        .on_conflict(
            OnConflict::column(counter::Column::Name)
                .update_column(counter::Column::Value)
                .to_owned(),
        )
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// A counter's value; 0 if it was never raised.
pub async fn value(connection: &impl ConnectionTrait, name: &str) -> StoreResult<i64> {
    let row = counter::Entity::find_by_id(name.to_owned())
        .one(connection)
        .await?;
    Ok(row.map_or(0, |row| row.value))
}
