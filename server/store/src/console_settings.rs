//! Settings of the whole installation. One that nobody changed has no row.

use crate::entity::environments::console_setting;
use crate::error::{StoreError, StoreResult, changed_one};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

/// Whether newly created applications may be deployed everywhere.
pub const NEW_APPLICATIONS: &str = "new_applications_everywhere";

/// A setting, if it was ever changed.
pub async fn find(
    connection: &impl ConnectionTrait,
    name: &str,
) -> StoreResult<Option<console_setting::Model>> {
    Ok(console_setting::Entity::find_by_id(name.to_owned())
        .one(connection)
        .await?)
}

/// Stores a setting whose row says its revision after this change; [`StoreError::Stale`] if it was
/// changed since the one before was seen.
pub async fn put(
    connection: &impl ConnectionTrait,
    row: console_setting::Model,
) -> StoreResult<()> {
    if row.revision <= 1 {
        return match row.into_active_model().insert(connection).await {
            Ok(_) => Ok(()),
            Err(error) => Err(match StoreError::from(error) {
                StoreError::Duplicate(_) => StoreError::Stale,
                other => other,
            }),
        };
    }
    let (name, seen) = (row.name.clone(), row.revision - 1);
    let done = console_setting::Entity::update_many()
        .set(row.into_active_model().reset_all())
        .filter(console_setting::Column::Name.eq(name))
        .filter(console_setting::Column::Revision.eq(seen))
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}
