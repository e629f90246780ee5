//! Applications, modules, their published states, and tags.

mod changes;
mod installed;
mod lists;
mod versions;

pub use changes::*;
pub use installed::*;
pub use lists::*;
pub use versions::*;

use crate::entity::catalog::{application, module, module_version};
use crate::error::StoreResult;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The most rows named in one statement.
pub(crate) const CHUNK: usize = 400;

/// All applications.
pub async fn all_applications(
    connection: &impl ConnectionTrait,
) -> StoreResult<Vec<application::Model>> {
    Ok(application::Entity::find().all(connection).await?)
}

/// An application.
pub async fn find_application(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<application::Model>> {
    Ok(application::Entity::find_by_id(id).one(connection).await?)
}

/// These applications.
pub async fn applications(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
) -> StoreResult<Vec<application::Model>> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        rows.extend(
            application::Entity::find()
                .filter(application::Column::Id.is_in(chunk.iter().copied()))
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// The application that has a name, compared with ASCII case folded.
pub async fn find_application_by_name(
    connection: &impl ConnectionTrait,
    name: &str,
) -> StoreResult<Option<application::Model>> {
    Ok(application::Entity::find()
        .filter(application::Column::NameFolded.eq(domain::name::fold(name)))
        .one(connection)
        .await?)
}

/// All modules.
pub async fn all_modules(connection: &impl ConnectionTrait) -> StoreResult<Vec<module::Model>> {
    Ok(module::Entity::find().all(connection).await?)
}

/// These modules.
pub async fn modules(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
) -> StoreResult<Vec<module::Model>> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        rows.extend(
            module::Entity::find()
                .filter(module::Column::Id.is_in(chunk.iter().copied()))
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// The modules that belong to an application now.
pub async fn modules_of(
    connection: &impl ConnectionTrait,
    application: Uuid,
) -> StoreResult<Vec<module::Model>> {
    Ok(module::Entity::find()
        .filter(module::Column::ApplicationId.eq(application))
        .all(connection)
        .await?)
}

/// Modules that have a name, compared with ASCII case folded.
pub async fn modules_by_name(
    connection: &impl ConnectionTrait,
    name: &str,
) -> StoreResult<Vec<module::Model>> {
    Ok(module::Entity::find()
        .filter(module::Column::NameFolded.eq(domain::name::fold(name)))
        .all(connection)
        .await?)
}

/// These published states.
pub async fn module_versions(
    connection: &impl ConnectionTrait,
    ids: &BTreeSet<Uuid>,
) -> StoreResult<Vec<module_version::Model>> {
    let ids: Vec<Uuid> = ids.iter().copied().collect();
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        rows.extend(
            module_version::Entity::find()
                .filter(module_version::Column::Id.is_in(chunk.iter().copied()))
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// The state of a module that was published last, wherever.
pub async fn newest_state(
    connection: &impl ConnectionTrait,
    module: Uuid,
) -> StoreResult<Option<module_version::Model>> {
    Ok(module_version::Entity::find()
        .filter(module_version::Column::ModuleId.eq(module))
        .order_by_desc(module_version::Column::Created)
        .order_by_desc(module_version::Column::Id)
        .one(connection)
        .await?)
}

/// The published state with this identity.
pub async fn find_state(
    connection: &impl ConnectionTrait,
    state_key: &str,
) -> StoreResult<Option<module_version::Model>> {
    Ok(module_version::Entity::find()
        .filter(module_version::Column::StateKey.eq(state_key))
        .one(connection)
        .await?)
}
