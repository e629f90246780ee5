//! Tags: what they are made of, where they can be deployed from.

use super::CHUNK;
use crate::entity::catalog::{version, version_environment, version_module};
use crate::error::StoreResult;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// All tags.
pub async fn all_versions(connection: &impl ConnectionTrait) -> StoreResult<Vec<version::Model>> {
    Ok(version::Entity::find().all(connection).await?)
}

/// What all tags are made of: (tag, module version).
pub async fn all_version_modules(
    connection: &impl ConnectionTrait,
) -> StoreResult<Vec<version_module::Model>> {
    Ok(version_module::Entity::find().all(connection).await?)
}

/// Where all tags can be deployed from.
pub async fn all_version_environments(
    connection: &impl ConnectionTrait,
) -> StoreResult<Vec<version_environment::Model>> {
    Ok(version_environment::Entity::find().all(connection).await?)
}

/// A tag.
pub async fn find_version(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<version::Model>> {
    Ok(version::Entity::find_by_id(id).one(connection).await?)
}

/// These tags.
pub async fn versions(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
) -> StoreResult<Vec<version::Model>> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        rows.extend(
            version::Entity::find()
                .filter(version::Column::Id.is_in(chunk.iter().copied()))
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// The tags of these applications, the highest number first within each.
pub async fn versions_of(
    connection: &impl ConnectionTrait,
    applications: &[Uuid],
) -> StoreResult<Vec<version::Model>> {
    let mut rows = Vec::new();
    for chunk in applications.chunks(CHUNK) {
        rows.extend(
            version::Entity::find()
                .filter(version::Column::ApplicationId.is_in(chunk.iter().copied()))
                .order_by_asc(version::Column::ApplicationId)
                .order_by_desc(version::Column::SortKey)
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// A page of an application's tags, newest first, and how many there are.
pub async fn list_versions(
    connection: &impl ConnectionTrait,
    application: Uuid,
    offset: u64,
    limit: u64,
) -> StoreResult<(Vec<version::Model>, u64)> {
    let query = version::Entity::find().filter(version::Column::ApplicationId.eq(application));
    let total = query.clone().count(connection).await?;
    let rows = query
        .order_by_desc(version::Column::SortKey)
        .offset(Ord::min(offset, crate::LAST_ROW))
        .limit(limit)
        .all(connection)
        .await?;
    Ok((rows, total))
}

/// What these tags are made of.
pub async fn version_modules(
    connection: &impl ConnectionTrait,
    versions: &[Uuid],
) -> StoreResult<Vec<version_module::Model>> {
    let mut rows = Vec::new();
    for chunk in versions.chunks(CHUNK) {
        rows.extend(
            version_module::Entity::find()
                .filter(version_module::Column::VersionId.is_in(chunk.iter().copied()))
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// Writes a tag with what it is made of; it can be deployed from where it was made.
/// [`crate::StoreError::Duplicate`] if the application has its number already.
pub async fn insert_version(
    connection: &impl ConnectionTrait,
    row: version::Model,
    modules: &[Uuid],
) -> StoreResult<()> {
    let (id, environment) = (row.id, row.environment_id);
    row.into_active_model()
        .reset_all()
        .insert(connection)
        .await?;
    for chunk in modules.chunks(CHUNK) {
        version_module::Entity::insert_many(chunk.iter().map(|module| {
            version_module::Model {
                version_id: id,
                module_version_id: *module,
            }
            .into_active_model()
            .reset_all()
        }))
        .exec_without_returning(connection)
        .await?;
    }
    make_eligible(connection, id, environment).await
}

/// A tag can be deployed from this environment from now on; saying it twice is no error.
pub async fn make_eligible(
    connection: &impl ConnectionTrait,
    version: Uuid,
    environment: Uuid,
) -> StoreResult<()> {
    let row = version_environment::Model {
        version_id: version,
        environment_id: environment,
    };
    version_environment::Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing_on([
            version_environment::Column::VersionId,
            version_environment::Column::EnvironmentId,
        ])
        .exec(connection)
        .await?;
    Ok(())
}
