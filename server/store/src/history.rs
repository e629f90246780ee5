//! What environments ran at former times. Every change of what runs is kept in the transaction that
//! makes it; nothing in here is ever changed.

use crate::entity::catalog::{running, running_change, running_module_change};
use crate::error::StoreResult;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Set,
};
use uuid::Uuid;

/// What an environment has of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// Where.
    pub environment: Uuid,
    /// Of which application.
    pub application: Uuid,
    /// Whether it runs there.
    pub present: bool,
    /// The tag that it is derived from.
    pub base: Option<Uuid>,
    /// Whether something differs from that tag.
    pub modified: bool,
}

impl Release {
    /// What a row says.
    pub fn of(row: &running::Model) -> Self {
        Self {
            environment: row.environment_id,
            application: row.application_id,
            present: row.present,
            base: row.base_id,
            modified: row.modified,
        }
    }
}

/// Keeps what environments have of applications from `at` on.
pub async fn keep_releases(
    connection: &impl ConnectionTrait,
    releases: impl IntoIterator<Item = Release>,
    at: i64,
) -> StoreResult<()> {
    let rows: Vec<_> = releases
        .into_iter()
        .map(|release| running_change::ActiveModel {
            environment_id: Set(release.environment),
            application_id: Set(release.application),
            at: Set(at),
            present: Set(release.present),
            base_id: Set(release.base),
            modified: Set(release.modified),
            ..Default::default()
        })
        .collect();
    if !rows.is_empty() {
        running_change::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Keeps what an environment runs of modules from `at` on: the application and state of each, or
/// nothing.
pub async fn keep_modules(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    places: impl IntoIterator<Item = (Uuid, Option<(Uuid, Uuid)>)>,
    at: i64,
) -> StoreResult<()> {
    let rows: Vec<_> = places
        .into_iter()
        .map(|(module, place)| running_module_change::ActiveModel {
            environment_id: Set(environment),
            module_id: Set(module),
            at: Set(at),
            application_id: Set(place.map(|(application, _)| application)),
            module_version_id: Set(place.map(|(_, version)| version)),
            ..Default::default()
        })
        .collect();
    if !rows.is_empty() {
        running_module_change::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// What an environment had of its applications at a time, without those that were not there.
pub async fn releases_at(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    at: i64,
) -> StoreResult<Vec<running_change::Model>> {
    let last = running_change::Entity::find()
        .select_only()
        .expr(running_change::Column::Sequence.max())
        .filter(running_change::Column::EnvironmentId.eq(environment))
        .filter(running_change::Column::At.lte(at))
        .group_by(running_change::Column::ApplicationId)
        .into_query();
    Ok(running_change::Entity::find()
        .filter(running_change::Column::Sequence.in_subquery(last))
        .filter(running_change::Column::Present.eq(true))
        .all(connection)
        .await?)
}

/// What an environment had of these applications at a time: the tag that each was derived from,
/// where there was one.
pub async fn bases_at(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    applications: &[Uuid],
    at: i64,
) -> StoreResult<Vec<(Uuid, Uuid)>> {
    let last = running_change::Entity::find()
        .select_only()
        .expr(running_change::Column::Sequence.max())
        .filter(running_change::Column::EnvironmentId.eq(environment))
        .filter(running_change::Column::ApplicationId.is_in(applications.iter().copied()))
        .filter(running_change::Column::At.lte(at))
        .group_by(running_change::Column::ApplicationId)
        .into_query();
    let rows = running_change::Entity::find()
        .filter(running_change::Column::Sequence.in_subquery(last))
        .filter(running_change::Column::Present.eq(true))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| Some((row.application_id, row.base_id?)))
        .collect())
}

/// What an environment ran of its modules at a time, without those that were not there.
pub async fn modules_at(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    at: i64,
) -> StoreResult<Vec<running_module_change::Model>> {
    let last = running_module_change::Entity::find()
        .select_only()
        .expr(running_module_change::Column::Sequence.max())
        .filter(running_module_change::Column::EnvironmentId.eq(environment))
        .filter(running_module_change::Column::At.lte(at))
        .group_by(running_module_change::Column::ModuleId)
        .into_query();
    Ok(running_module_change::Entity::find()
        .filter(running_module_change::Column::Sequence.in_subquery(last))
        .filter(running_module_change::Column::ModuleVersionId.is_not_null())
        .all(connection)
        .await?)
}
