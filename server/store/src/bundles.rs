//! Which bundles the blob store holds.

use crate::entity::catalog::bundle;
use crate::error::StoreResult;
use sea_orm::{ConnectionTrait, EntityTrait, Set};

/// Notes a bundle; noting it twice is no error.
pub async fn insert(
    connection: &impl ConnectionTrait,
    digest: &str,
    size: i64,
    now: i64,
) -> StoreResult<()> {
    let row = bundle::ActiveModel {
        digest: Set(digest.to_owned()),
        size: Set(size),
        created: Set(now),
    };
    bundle::Entity::insert(row)
        .on_conflict_do_nothing_on([bundle::Column::Digest])
        .exec(connection)
        .await?;
    Ok(())
}

/// A bundle, if it is known.
pub async fn find(
    connection: &impl ConnectionTrait,
    digest: &str,
) -> StoreResult<Option<bundle::Model>> {
    Ok(bundle::Entity::find_by_id(digest.to_owned())
        .one(connection)
        .await?)
}
