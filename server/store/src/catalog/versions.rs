//! Tags: what they are made of, where they can be deployed from.

use super::{CHUNK, contains};
use crate::entity::catalog::{
    running, running_change, version, version_environment, version_module,
};
use crate::entity::hotfixes::{hold, hotfix};
use crate::entity::plans::{plan, plan_operation};
use crate::error::StoreResult;
use domain::plan::PlanStatus;
use domain::view::VersionFilter;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
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

/// A page of an application's tags, the highest first, with how many match and how many there are.
pub async fn list_versions(
    connection: &impl ConnectionTrait,
    filter: &VersionFilter,
) -> StoreResult<(Vec<version::Model>, u64, u64)> {
    let all =
        version::Entity::find().filter(version::Column::ApplicationId.eq(filter.application.0));
    let unfiltered = all.clone().count(connection).await?;
    let (query, total) = if filter.text.trim().is_empty() {
        (all, unfiltered)
    } else {
        let like = |column| Func::lower(Expr::col(column)).like(contains(&filter.text));
        let matching = all.filter(
            Condition::any()
                .add(like(version::Column::Description))
                .add(like(version::Column::Number)),
        );
        let total = matching.clone().count(connection).await?;
        (matching, total)
    };
    let rows = query
        .order_by_desc(version::Column::SortKey)
        .offset(Ord::min(filter.offset, crate::LAST_ROW))
        .limit(u64::from(filter.limit))
        .all(connection)
        .await?;
    Ok((rows, total, unfiltered))
}

/// The tags of an application that can be deployed from an environment, the highest first, at most
/// `limit`, and how many there are.
pub async fn eligible_versions(
    connection: &impl ConnectionTrait,
    application: Uuid,
    environment: Uuid,
    limit: u64,
) -> StoreResult<(Vec<version::Model>, u64)> {
    let here = Query::select()
        .column(version_environment::Column::VersionId)
        .from(version_environment::Entity)
        .and_where(version_environment::Column::EnvironmentId.eq(environment))
        .to_owned();
    let query = version::Entity::find()
        .filter(version::Column::ApplicationId.eq(application))
        .filter(version::Column::Id.in_subquery(here));
    let total = query.clone().count(connection).await?;
    let rows = query
        .order_by_desc(version::Column::SortKey)
        .limit(limit)
        .all(connection)
        .await?;
    Ok((rows, total))
}

/// A plan that brought a tag to its target.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Bringing {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Where to.
    pub target_id: Uuid,
    /// How it ended.
    pub status: String,
    /// Who started it.
    pub started_by: Option<Uuid>,
    /// When it was finished.
    pub finished: i64,
    /// Its notes.
    pub notes: String,
}

/// A page of the plans that are over and brought this tag, the newest first, and how many there
/// are. Not those that brought some of its modules only.
pub async fn list_bringing(
    connection: &impl ConnectionTrait,
    version: Uuid,
    offset: u64,
    limit: u64,
) -> StoreResult<(Vec<Bringing>, u64)> {
    let rows = Query::select()
        .column(plan_operation::Column::PlanId)
        .from(plan_operation::Entity)
        .and_where(plan_operation::Column::VersionId.eq(version))
        .and_where(plan_operation::Column::Choice.is_in(["deploy", "tag_and_deploy"]))
        .to_owned();
    let over = [
        PlanStatus::FinishedSuccessful,
        PlanStatus::FinishedWithWarnings,
        PlanStatus::FinishedWithErrors,
    ];
    let query = plan::Entity::find()
        .filter(plan::Column::Id.in_subquery(rows))
        .filter(plan::Column::Status.is_in(over.map(PlanStatus::as_str)))
        .filter(plan::Column::Finished.is_not_null());
    let total = query.clone().count(connection).await?;
    let page = query
        .order_by_desc(plan::Column::Number)
        .offset(Ord::min(offset, crate::LAST_ROW))
        .limit(limit)
        .into_model()
        .all(connection)
        .await?;
    Ok((page, total))
}

/// What keeps a tag from being removed (domain.md V11).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VersionUses {
    /// Environments that run it or something based on it.
    pub running: Vec<Uuid>,
    /// Numbers of plans that it is part of, the newest first, at most three.
    pub plans: Vec<i64>,
    /// Whether a hotfix or a rollback refers to it.
    pub remembered: bool,
}

/// What keeps a tag from being removed.
pub async fn version_uses(
    connection: &impl ConnectionTrait,
    version: Uuid,
) -> StoreResult<VersionUses> {
    let rows = running::Entity::find()
        .filter(running::Column::BaseId.eq(version))
        .all(connection)
        .await?;
    let plans: Vec<i64> = plan::Entity::find()
        .select_only()
        .column(plan::Column::Number)
        .filter(
            plan::Column::Id.in_subquery(
                Query::select()
                    .column(plan_operation::Column::PlanId)
                    .from(plan_operation::Entity)
                    .and_where(plan_operation::Column::VersionId.eq(version))
                    .to_owned(),
            ),
        )
        .order_by_desc(plan::Column::Number)
        .limit(3)
        .into_tuple()
        .all(connection)
        .await?;
    let fix = hotfix::Entity::find()
        .filter(
            Condition::any()
                .add(hotfix::Column::VersionId.eq(version))
                .add(hotfix::Column::BaseId.eq(version))
                .add(hotfix::Column::SolvedById.eq(version)),
        )
        .one(connection)
        .await?;
    let held = hold::Entity::find()
        .filter(hold::Column::VersionId.eq(version))
        .one(connection)
        .await?;
    Ok(VersionUses {
        running: rows.into_iter().map(|row| row.environment_id).collect(),
        plans,
        remembered: fix.is_some() || held.is_some(),
    })
}

/// Removes a tag that nothing uses. What was made from it, and what ran as it at former times, is
/// based on what it was made from.
///
/// # Errors
/// [`crate::StoreError::Missing`] if something refers to it meanwhile.
pub async fn delete_version(
    connection: &impl ConnectionTrait,
    row: &version::Model,
) -> StoreResult<()> {
    version::Entity::update_many()
        .col_expr(version::Column::BaseId, Expr::value(row.base_id))
        .filter(version::Column::BaseId.eq(row.id))
        .exec(connection)
        .await?;
    running_change::Entity::update_many()
        .col_expr(running_change::Column::BaseId, Expr::value(row.base_id))
        .col_expr(
            running_change::Column::Modified,
            Expr::value(row.base_id.is_some()),
        )
        .filter(running_change::Column::ApplicationId.eq(row.application_id))
        .filter(running_change::Column::BaseId.eq(row.id))
        .exec(connection)
        .await?;
    version_module::Entity::delete_many()
        .filter(version_module::Column::VersionId.eq(row.id))
        .exec(connection)
        .await?;
    version_environment::Entity::delete_many()
        .filter(version_environment::Column::VersionId.eq(row.id))
        .exec(connection)
        .await?;
    version::Entity::delete_by_id(row.id)
        .exec(connection)
        .await?;
    Ok(())
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
    make_eligible(connection, &[id], environment).await
}

/// These tags can be deployed from this environment from now on; saying it twice is no error.
pub async fn make_eligible(
    connection: &impl ConnectionTrait,
    versions: &[Uuid],
    environment: Uuid,
) -> StoreResult<()> {
    for chunk in versions.chunks(CHUNK) {
        let rows = chunk
            .iter()
            .map(|version| version_environment::ActiveModel {
                version_id: Set(*version),
                environment_id: Set(environment),
            });
        version_environment::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([
                    version_environment::Column::VersionId,
                    version_environment::Column::EnvironmentId,
                ])
                .do_nothing()
                .to_owned(),
            )
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}
