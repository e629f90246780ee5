//! Values of site properties, per environment. What has no row has its manifest's default.

use crate::entity::catalog::setting;
use crate::error::StoreResult;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder,
};
use uuid::Uuid;

/// The most values bound in one statement.
const CHUNK: usize = 400;

/// The values that an environment sets for these modules.
pub async fn list(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    modules: &[Uuid],
) -> StoreResult<Vec<setting::Model>> {
    let mut rows = Vec::new();
    for chunk in modules.chunks(CHUNK) {
        rows.extend(
            setting::Entity::find()
                .filter(setting::Column::EnvironmentId.eq(environment))
                .filter(setting::Column::ModuleId.is_in(chunk.iter().copied()))
                .order_by_asc(setting::Column::NameFolded)
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// Sets a value, new or not.
pub async fn put(connection: &impl ConnectionTrait, row: setting::Model) -> StoreResult<()> {
    let key = (row.environment_id, row.module_id, row.name_folded.clone());
    let known = setting::Entity::find_by_id(key).one(connection).await?;
    let change = row.into_active_model().reset_all();
    if known.is_some() {
        change.update(connection).await?;
    } else {
        change.insert(connection).await?;
    }
    Ok(())
}

/// Takes a value away: the default holds again. Whether there was one.
pub async fn remove(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    module: Uuid,
    name_folded: &str,
) -> StoreResult<bool> {
    let key = (environment, module, name_folded.to_owned());
    let done = setting::Entity::delete_by_id(key).exec(connection).await?;
    Ok(done.rows_affected == 1)
}
