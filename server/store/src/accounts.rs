//! Accounts as administrators change them, and the one-time links that set a password.

use crate::entity::people::{password_link, session, user};
use crate::error::{StoreResult, changed_one};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

/// All accounts, by name.
pub async fn list(connection: &impl ConnectionTrait) -> StoreResult<Vec<user::Model>> {
    Ok(user::Entity::find()
        .order_by_asc(user::Column::Name)
        .order_by_asc(user::Column::LoginFolded)
        .all(connection)
        .await?)
}

/// Active accounts of this standing that have a password, apart from `other_than`.
pub async fn count_usable(
    connection: &impl ConnectionTrait,
    standing: &str,
    other_than: Uuid,
) -> StoreResult<u64> {
    Ok(user::Entity::find()
        .filter(user::Column::Standing.eq(standing))
        .filter(user::Column::Active.eq(true))
        .filter(user::Column::PasswordHash.ne(""))
        .filter(user::Column::Id.ne(other_than))
        .count(connection)
        .await?)
}

/// What of an account is changed; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The stored word of its standing.
    pub standing: Option<&'static str>,
    /// Whether it may sign in.
    pub active: Option<bool>,
    /// Its password's hash; empty for none.
    pub password_hash: Option<String>,
}

/// Changes an account and raises its revision; [`crate::StoreError::Stale`] if it is not at `revision`.
pub async fn change(
    connection: &impl ConnectionTrait,
    id: Uuid,
    revision: i64,
    change: Change,
) -> StoreResult<()> {
    let mut update = user::Entity::update_many()
        .col_expr(
            user::Column::Revision,
            Expr::col(user::Column::Revision).add(1),
        )
        .filter(user::Column::Id.eq(id))
        .filter(user::Column::Revision.eq(revision));
    if let Some(standing) = change.standing {
        update = update.col_expr(user::Column::Standing, Expr::value(standing));
    }
    if let Some(active) = change.active {
        update = update.col_expr(user::Column::Active, Expr::value(active));
    }
    if let Some(hash) = change.password_hash {
        update = update.col_expr(user::Column::PasswordHash, Expr::value(hash));
    }
    changed_one(update.exec(connection).await?.rows_affected)
}

/// Notes that an account signed in.
pub async fn note_sign_in(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
) -> StoreResult<()> {
    user::Entity::update_many()
        .col_expr(user::Column::LastSignIn, Expr::value(now))
        .filter(user::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}

/// Ends the sessions of an account, all or all but one; how many.
pub async fn delete_sessions(
    connection: &impl ConnectionTrait,
    user: Uuid,
    but: Option<&str>,
) -> StoreResult<u64> {
    let mut delete = session::Entity::delete_many().filter(session::Column::UserId.eq(user));
    if let Some(but) = but {
        delete = delete.filter(session::Column::TokenHash.ne(but));
    }
    Ok(delete.exec(connection).await?.rows_affected)
}

/// Keeps a password link in place of the account's earlier ones.
pub async fn replace_link(
    connection: &impl ConnectionTrait,
    link: password_link::ActiveModel,
) -> StoreResult<()> {
    if let sea_orm::ActiveValue::Set(user) = &link.user_id {
        delete_links(connection, *user).await?;
    }
    link.insert(connection).await?;
    Ok(())
}

/// Takes the password links of an account away.
pub async fn delete_links(connection: &impl ConnectionTrait, user: Uuid) -> StoreResult<()> {
    password_link::Entity::delete_many()
        .filter(password_link::Column::UserId.eq(user))
        .exec(connection)
        .await?;
    Ok(())
}

/// A password link that is good at `now`, with its account.
pub async fn find_link(
    connection: &impl ConnectionTrait,
    code_hash: &str,
    now: i64,
) -> StoreResult<Option<user::Model>> {
    let Some(link) = password_link::Entity::find_by_id(code_hash.to_owned())
        .filter(password_link::Column::Expires.gt(now))
        .one(connection)
        .await?
    else {
        return Ok(None);
    };
    crate::people::find_user(connection, link.user_id).await
}

/// Removes password links that are over at `now`.
pub async fn delete_ended_links(connection: &impl ConnectionTrait, now: i64) -> StoreResult<()> {
    password_link::Entity::delete_many()
        .filter(password_link::Column::Expires.lte(now))
        .exec(connection)
        .await?;
    Ok(())
}
