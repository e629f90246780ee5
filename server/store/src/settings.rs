//! Values of site properties, per environment, and the secrets among them and among what plans set.
//! What has no row has its manifest's default.

use crate::entity::catalog::{setting, setting_change};
use crate::entity::plans::plan_setting;
use crate::error::StoreResult;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Set,
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

/// That a value is set, without the value.
#[derive(Debug, Clone, PartialEq, Eq, sea_orm::FromQueryResult)]
pub struct HeldRow {
    /// Where.
    pub environment_id: Uuid,
    /// Whose.
    pub module_id: Uuid,
    /// The property's name, folded.
    pub name_folded: String,
    /// The key that it is sealed with; none for what is no secret.
    pub key_id: Option<String>,
    /// The types it has.
    pub fits: i64,
}

/// Everything that is set anywhere, without the values.
pub async fn list_held(connection: &impl ConnectionTrait) -> StoreResult<Vec<HeldRow>> {
    Ok(setting::Entity::find()
        .select_only()
        .columns([
            setting::Column::EnvironmentId,
            setting::Column::ModuleId,
            setting::Column::NameFolded,
            setting::Column::KeyId,
            setting::Column::Fits,
        ])
        .into_model::<HeldRow>()
        .all(connection)
        .await?)
}

/// Everything that an environment sets.
pub async fn list_all(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<Vec<setting::Model>> {
    Ok(setting::Entity::find()
        .filter(setting::Column::EnvironmentId.eq(environment))
        .all(connection)
        .await?)
}

/// What held of an environment's site properties at a time: the last change of each until then;
/// one without value and secret says that the default held.
pub async fn list_at(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    at: i64,
) -> StoreResult<Vec<setting_change::Model>> {
    let last = setting_change::Entity::find()
        .select_only()
        .expr(setting_change::Column::Sequence.max())
        .filter(setting_change::Column::EnvironmentId.eq(environment))
        .filter(setting_change::Column::At.lte(at))
        .group_by(setting_change::Column::ModuleId)
        .group_by(setting_change::Column::NameFolded)
        .into_query();
    Ok(setting_change::Entity::find()
        .filter(setting_change::Column::Sequence.in_subquery(last))
        .all(connection)
        .await?)
}

/// Sets a value, new or not, and keeps that it holds from now on.
pub async fn set(connection: &impl ConnectionTrait, row: setting::Model) -> StoreResult<()> {
    let secret = row.key_id.is_some();
    let change = setting_change::ActiveModel {
        environment_id: Set(row.environment_id),
        module_id: Set(row.module_id),
        name_folded: Set(row.name_folded.clone()),
        at: Set(row.changed),
        value: Set((!secret).then(|| row.value.clone())),
        secret: Set(i64::from(secret)),
        fits: Set(row.fits),
        ..Default::default()
    };
    change.insert(connection).await?;
    put(connection, row).await
}

/// Sets a value, new or not, and keeps no history: what it says stays as it is.
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

/// Takes a value away: the default holds again from `at` on. Whether there was one.
pub async fn remove(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    module: Uuid,
    name_folded: &str,
    at: i64,
) -> StoreResult<bool> {
    let key = (environment, module, name_folded.to_owned());
    let done = setting::Entity::delete_by_id(key).exec(connection).await?;
    let removed = done.rows_affected == 1;
    if removed {
        let change = setting_change::ActiveModel {
            environment_id: Set(environment),
            module_id: Set(module),
            name_folded: Set(name_folded.to_owned()),
            at: Set(at),
            value: Set(None),
            secret: Set(0),
            fits: Set(0),
            ..Default::default()
        };
        change.insert(connection).await?;
    }
    Ok(removed)
}

/// The keys that secrets are sealed with, and how many of each.
pub async fn list_keys(connection: &impl ConnectionTrait) -> StoreResult<Vec<(String, i64)>> {
    let mut keys: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
    let of_environments: Vec<(String, i64)> = setting::Entity::find()
        .select_only()
        .column(setting::Column::KeyId)
        .column_as(setting::Column::KeyId.count(), "secrets")
        .filter(setting::Column::KeyId.is_not_null())
        .group_by(setting::Column::KeyId)
        .into_tuple()
        .all(connection)
        .await?;
    let of_plans: Vec<(String, i64)> = plan_setting::Entity::find()
        .select_only()
        .column(plan_setting::Column::KeyId)
        .column_as(plan_setting::Column::KeyId.count(), "secrets")
        .filter(plan_setting::Column::KeyId.is_not_null())
        .group_by(plan_setting::Column::KeyId)
        .into_tuple()
        .all(connection)
        .await?;
    for (key, count) in of_environments.into_iter().chain(of_plans) {
        *keys.entry(key).or_default() += count;
    }
    Ok(keys.into_iter().collect())
}

/// Some secrets of environments that are sealed with another key than this one.
pub async fn list_sealed_otherwise(
    connection: &impl ConnectionTrait,
    key: &str,
    limit: u64,
) -> StoreResult<Vec<setting::Model>> {
    Ok(setting::Entity::find()
        .filter(setting::Column::KeyId.is_not_null())
        .filter(setting::Column::KeyId.ne(key))
        .limit(limit)
        .all(connection)
        .await?)
}

/// Some secrets of plans that are sealed with another key than this one.
pub async fn list_plans_sealed_otherwise(
    connection: &impl ConnectionTrait,
    key: &str,
    limit: u64,
) -> StoreResult<Vec<plan_setting::Model>> {
    Ok(plan_setting::Entity::find()
        .filter(plan_setting::Column::KeyId.is_not_null())
        .filter(plan_setting::Column::KeyId.ne(key))
        .limit(limit)
        .all(connection)
        .await?)
}

/// Removes the secrets of environments and plans that are sealed with none of these keys; how many.
pub async fn remove_sealed_otherwise(
    connection: &impl ConnectionTrait,
    keys: &[String],
) -> StoreResult<u64> {
    let of_environments = setting::Entity::delete_many()
        .filter(setting::Column::KeyId.is_not_null())
        .filter(setting::Column::KeyId.is_not_in(keys.iter().cloned()))
        .exec(connection)
        .await?;
    let of_plans = plan_setting::Entity::delete_many()
        .filter(plan_setting::Column::KeyId.is_not_null())
        .filter(plan_setting::Column::KeyId.is_not_in(keys.iter().cloned()))
        .exec(connection)
        .await?;
    Ok(of_environments.rows_affected + of_plans.rows_affected)
}
