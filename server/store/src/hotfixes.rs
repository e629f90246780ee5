//! Hotfixes: changes that were made downstream of Development.

use crate::entity::catalog::{module_version, running, version, version_module};
use crate::entity::environments::environment;
use crate::entity::hotfixes::hotfix;
use crate::error::{StoreError, StoreResult};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The most values bound in one statement.
const CHUNK: usize = 400;

/// Stores a new one.
pub async fn insert(connection: &impl ConnectionTrait, row: hotfix::Model) -> StoreResult<()> {
    hotfix::Entity::insert(row.into_active_model())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// One of them.
pub async fn find(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<hotfix::Model>> {
    Ok(hotfix::Entity::find_by_id(id).one(connection).await?)
}

/// Stores a change of one that is still in the state that was `seen`.
///
/// # Errors
/// [`StoreError::Stale`] if it is in another one by now.
pub async fn update_seen(
    connection: &impl ConnectionTrait,
    id: Uuid,
    seen: &str,
    change: hotfix::ActiveModel,
) -> StoreResult<()> {
    let done = hotfix::Entity::update_many()
        .set(change)
        .filter(hotfix::Column::Id.eq(id))
        .filter(hotfix::Column::State.eq(seen))
        .exec(connection)
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Stale)
    }
}

/// Those that plans must not overwrite: open or solved.
pub async fn list_protecting(connection: &impl ConnectionTrait) -> StoreResult<Vec<hotfix::Model>> {
    Ok(hotfix::Entity::find()
        .filter(hotfix::Column::State.is_in(["open", "solved"]))
        .all(connection)
        .await?)
}

/// Those of an environment that were never tagged.
pub async fn list_untagged(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<Vec<hotfix::Model>> {
    Ok(hotfix::Entity::find()
        .filter(hotfix::Column::EnvironmentId.eq(environment))
        .filter(hotfix::Column::VersionId.is_null())
        .order_by_asc(hotfix::Column::Since)
        .all(connection)
        .await?)
}

/// The open ones of an application.
pub async fn list_open(
    connection: &impl ConnectionTrait,
    application: Uuid,
) -> StoreResult<Vec<hotfix::Model>> {
    Ok(hotfix::Entity::find()
        .filter(hotfix::Column::ApplicationId.eq(application))
        .filter(hotfix::Column::State.eq("open"))
        .all(connection)
        .await?)
}

/// An application's, the open ones first, then the newest; not those that were withdrawn.
pub async fn list_of_application(
    connection: &impl ConnectionTrait,
    application: Uuid,
    limit: u64,
) -> StoreResult<Vec<hotfix::Model>> {
    let open = Expr::expr(Expr::case(hotfix::Column::State.eq("open"), 0_i64).finally(1_i64));
    Ok(hotfix::Entity::find()
        .filter(hotfix::Column::ApplicationId.eq(application))
        .filter(hotfix::Column::State.ne("withdrawn"))
        .order_by_asc(open)
        .order_by_desc(hotfix::Column::Since)
        .order_by_desc(hotfix::Column::Id)
        .limit(limit)
        .all(connection)
        .await?)
}

/// Of these tags those that are hotfixes which somebody marked as solved, each with the tag that
/// contains it.
pub async fn solved_by(
    connection: &impl ConnectionTrait,
    tags: impl IntoIterator<Item = Uuid>,
) -> StoreResult<BTreeMap<Uuid, Uuid>> {
    let tags: Vec<Uuid> = tags.into_iter().collect();
    let mut found = BTreeMap::new();
    for chunk in tags.chunks(crate::catalog::CHUNK) {
        let rows = hotfix::Entity::find()
            .filter(hotfix::Column::VersionId.is_in(chunk.iter().copied()))
            .filter(hotfix::Column::State.eq("solved"))
            .all(connection)
            .await?;
        found.extend(
            rows.into_iter()
                .filter_map(|row| Some((row.version_id?, row.solved_by_id?))),
        );
    }
    Ok(found)
}

/// What came down the lanes of these modules: each with the bundles that were published in the first
/// environment, or that are in a tag that is no hotfix.
pub async fn list_came_down(
    connection: &impl ConnectionTrait,
    modules: &[Uuid],
) -> StoreResult<BTreeSet<(Uuid, String)>> {
    let first = Query::select()
        .column(environment::Column::Id)
        .from(environment::Entity)
        .and_where(environment::Column::Position.eq(0))
        .take();
    let mut rows = BTreeSet::new();
    for chunk in modules.chunks(CHUNK) {
        let tagged = version_module::Entity::find()
            .select_only()
            .column(version_module::Column::ModuleVersionId)
            .join(
                JoinType::InnerJoin,
                version_module::Entity::belongs_to(version::Entity)
                    .from(version_module::Column::VersionId)
                    .to(version::Column::Id)
                    .into(),
            )
            .filter(version::Column::Hotfix.eq(false));
        let found: Vec<(Uuid, String)> = module_version::Entity::find()
            .select_only()
            .column(module_version::Column::ModuleId)
            .column(module_version::Column::Digest)
            .filter(module_version::Column::ModuleId.is_in(chunk.iter().copied()))
            .filter(
                Condition::any()
                    .add(module_version::Column::EnvironmentId.in_subquery(first.clone()))
                    .add(module_version::Column::Id.in_subquery(tagged.into_query())),
            )
            .distinct()
            .into_tuple()
            .all(connection)
            .await?;
        rows.extend(found);
    }
    Ok(rows)
}

/// Takes the red mark from these tags.
pub async fn unmark_versions(
    connection: &impl ConnectionTrait,
    versions: &[Uuid],
) -> StoreResult<()> {
    for chunk in versions.chunks(CHUNK) {
        version::Entity::update_many()
            .col_expr(version::Column::Hotfix, Expr::value(false))
            .filter(version::Column::Id.is_in(chunk.iter().copied()))
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// Takes the red mark from what an environment runs of an application.
pub async fn unmark_running(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    application: Uuid,
) -> StoreResult<()> {
    running::Entity::update_many()
        .col_expr(running::Column::Hotfix, Expr::value(false))
        .filter(running::Column::EnvironmentId.eq(environment))
        .filter(running::Column::ApplicationId.eq(application))
        .exec(connection)
        .await?;
    Ok(())
}
