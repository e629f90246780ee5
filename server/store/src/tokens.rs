//! Bearer tokens, by their hashes.

use crate::entity::people::{token, user};
use crate::error::StoreResult;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
};
use uuid::Uuid;

/// Keeps a token.
pub async fn insert(connection: &impl ConnectionTrait, new: token::ActiveModel) -> StoreResult<()> {
    new.insert(connection).await?;
    Ok(())
}

/// A token by its hash, with its account.
pub async fn find_by_hash(
    connection: &impl ConnectionTrait,
    token_hash: &str,
) -> StoreResult<Option<(token::Model, user::Model)>> {
    let Some(token) = token::Entity::find()
        .filter(token::Column::TokenHash.eq(token_hash))
        .one(connection)
        .await?
    else {
        return Ok(None);
    };
    Ok(crate::people::find_user(connection, token.user_id)
        .await?
        .map(|user| (token, user)))
}

/// Notes that a token was used.
pub async fn touch(connection: &impl ConnectionTrait, id: Uuid, now: i64) -> StoreResult<()> {
    token::Entity::update_many()
        .col_expr(token::Column::LastUsed, Expr::value(now))
        .filter(token::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}

/// A token by its id.
pub async fn find(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<token::Model>> {
    Ok(token::Entity::find_by_id(id).one(connection).await?)
}

/// The tokens of an account, newest first.
pub async fn list(connection: &impl ConnectionTrait, user: Uuid) -> StoreResult<Vec<token::Model>> {
    Ok(token::Entity::find()
        .filter(token::Column::UserId.eq(user))
        .order_by_desc(token::Column::Created)
        .order_by_desc(token::Column::Id)
        .all(connection)
        .await?)
}

/// Removes a token; whether it was there.
pub async fn delete(connection: &impl ConnectionTrait, id: Uuid) -> StoreResult<bool> {
    Ok(token::Entity::delete_by_id(id)
        .exec(connection)
        .await?
        .rows_affected
        == 1)
}
