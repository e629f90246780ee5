//! The installation, accounts, sessions, failed sign-ins.

use crate::entity::people::{installation, session, sign_in_failure, user};
use crate::error::{StoreError, StoreResult};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};
use uuid::Uuid;

/// The installation's row; none before the first start.
pub async fn installation(
    connection: &impl ConnectionTrait,
) -> StoreResult<Option<installation::Model>> {
    Ok(installation::Entity::find().one(connection).await?)
}

/// Writes the installation's row.
pub async fn insert_installation(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
) -> StoreResult<()> {
    installation::ActiveModel {
        id: Set(id),
        created: Set(now),
        setup_hash: Set(None),
        setup_used: Set(None),
    }
    .insert(connection)
    .await?;
    Ok(())
}

/// Puts a new set-up token's hash in place of the last one.
pub async fn set_setup_hash(connection: &impl ConnectionTrait, hash: &str) -> StoreResult<()> {
    installation::Entity::update_many()
        .col_expr(installation::Column::SetupHash, Expr::value(hash))
        .exec(connection)
        .await?;
    Ok(())
}

/// Uses the set-up token up; [`StoreError::Missing`] if it is not this one or was used.
pub async fn use_setup_hash(
    connection: &impl ConnectionTrait,
    hash: &str,
    now: i64,
) -> StoreResult<()> {
    let done = installation::Entity::update_many()
        .col_expr(installation::Column::SetupUsed, Expr::value(now))
        .col_expr(
            installation::Column::SetupHash,
            Expr::value(Option::<String>::None),
        )
        .filter(installation::Column::SetupHash.eq(hash))
        .filter(installation::Column::SetupUsed.is_null())
        .exec(connection)
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Missing)
    }
}

/// Whether any account is there.
pub async fn has_users(connection: &impl ConnectionTrait) -> StoreResult<bool> {
    Ok(user::Entity::find()
        .select_only()
        .column(user::Column::Id)
        .into_tuple::<Uuid>()
        .one(connection)
        .await?
        .is_some())
}

/// Adds an account; [`StoreError::Duplicate`] if its login is taken.
pub async fn insert_user(
    connection: &impl ConnectionTrait,
    new: user::ActiveModel,
) -> StoreResult<user::Model> {
    Ok(new.insert(connection).await?)
}

/// An account.
pub async fn find_user(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<user::Model>> {
    Ok(user::Entity::find_by_id(id).one(connection).await?)
}

/// An account by its login, as typed.
pub async fn find_user_by_login(
    connection: &impl ConnectionTrait,
    login: &str,
) -> StoreResult<Option<user::Model>> {
    Ok(user::Entity::find()
        .filter(user::Column::LoginFolded.eq(domain::name::fold(login)))
        .one(connection)
        .await?)
}

/// These accounts, for the names beside what they did.
pub async fn users(
    connection: &impl ConnectionTrait,
    ids: std::collections::BTreeSet<Uuid>,
) -> StoreResult<Vec<user::Model>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(user::Entity::find()
        .filter(user::Column::Id.is_in(ids))
        .all(connection)
        .await?)
}

/// Opens a session.
pub async fn insert_session(
    connection: &impl ConnectionTrait,
    new: session::ActiveModel,
) -> StoreResult<()> {
    new.insert(connection).await?;
    Ok(())
}

/// A session by its token's hash, with its account.
pub async fn find_session(
    connection: &impl ConnectionTrait,
    token_hash: &str,
) -> StoreResult<Option<(session::Model, user::Model)>> {
    let Some(session) = session::Entity::find_by_id(token_hash.to_owned())
        .one(connection)
        .await?
    else {
        return Ok(None);
    };
    Ok(find_user(connection, session.user_id)
        .await?
        .map(|user| (session, user)))
}

/// Notes that a session was used.
pub async fn touch_session(
    connection: &impl ConnectionTrait,
    token_hash: &str,
    now: i64,
) -> StoreResult<()> {
    session::Entity::update_many()
        .col_expr(session::Column::LastSeen, Expr::value(now))
        .filter(session::Column::TokenHash.eq(token_hash))
        .exec(connection)
        .await?;
    Ok(())
}

/// Ends a session; whose it was.
pub async fn delete_session(
    connection: &impl ConnectionTrait,
    token_hash: &str,
) -> StoreResult<Option<Uuid>> {
    let Some(session) = session::Entity::find_by_id(token_hash.to_owned())
        .one(connection)
        .await?
    else {
        return Ok(None);
    };
    session::Entity::delete_by_id(token_hash.to_owned())
        .exec(connection)
        .await?;
    Ok(Some(session.user_id))
}

/// Removes sessions that are over at `now` or were last used before `idle_since`.
pub async fn delete_ended_sessions(
    connection: &impl ConnectionTrait,
    now: i64,
    idle_since: i64,
) -> StoreResult<u64> {
    let done = session::Entity::delete_many()
        .filter(
            sea_orm::Condition::any()
                .add(session::Column::Expires.lte(now))
                .add(session::Column::LastSeen.lt(idle_since)),
        )
        .exec(connection)
        .await?;
    Ok(done.rows_affected)
}

/// Failures to sign in within a window: how many, and when the last one was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Failures {
    /// How many.
    pub count: u64,
    /// The last one; 0 if there is none.
    pub last: i64,
}

/// Failures since `since` from this address: for this login, and for any.
pub async fn failures(
    connection: &impl ConnectionTrait,
    login: &str,
    address: &str,
    since: i64,
) -> StoreResult<(Failures, Failures)> {
    let of_address = sign_in_failure::Entity::find()
        .filter(sign_in_failure::Column::Address.eq(address))
        .filter(sign_in_failure::Column::At.gt(since));
    let of_user = of_address
        .clone()
        .filter(sign_in_failure::Column::LoginFolded.eq(domain::name::fold(login)));
    let mut both = [Failures::default(); 2];
    for (slot, query) in both.iter_mut().zip([of_user, of_address]) {
        let last = query
            .clone()
            .order_by_desc(sign_in_failure::Column::At)
            .limit(1)
            .one(connection)
            .await?;
        if let Some(last) = last {
            *slot = Failures {
                count: query.count(connection).await?,
                last: last.at,
            };
        }
    }
    Ok((both[0], both[1]))
}

/// Notes a failure, and forgets those from before `forget_before`.
pub async fn insert_failure(
    connection: &impl ConnectionTrait,
    id: Uuid,
    login: &str,
    address: &str,
    now: i64,
    forget_before: i64,
) -> StoreResult<()> {
    sign_in_failure::Entity::delete_many()
        .filter(sign_in_failure::Column::At.lt(forget_before))
        .exec(connection)
        .await?;
    sign_in_failure::ActiveModel {
        id: Set(id),
        login_folded: Set(domain::name::fold(login)),
        address: Set(address.to_owned()),
        at: Set(now),
    }
    .insert(connection)
    .await?;
    Ok(())
}

/// Forgets the failures of this login from this address.
pub async fn clear_failures(
    connection: &impl ConnectionTrait,
    login: &str,
    address: &str,
) -> StoreResult<()> {
    sign_in_failure::Entity::delete_many()
        .filter(sign_in_failure::Column::Address.eq(address))
        .filter(sign_in_failure::Column::LoginFolded.eq(domain::name::fold(login)))
        .exec(connection)
        .await?;
    Ok(())
}
