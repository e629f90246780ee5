//! What the editor shows of applications between two environments, and which can be added.

use crate::StoreResult;
use crate::entity::catalog::{
    application, module_version, running, running_module, version, version_environment,
    version_module,
};
use crate::executions::pattern;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, LikeExpr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter,
    QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What an environment has of an application.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
#[allow(clippy::struct_excessive_bools)] // the columns of the row
pub struct RunningRow {
    /// The environment.
    pub environment_id: Uuid,
    /// The application.
    pub application_id: Uuid,
    /// It is there.
    pub present: bool,
    /// The tag it is derived from.
    pub base_id: Option<Uuid>,
    /// That tag's number.
    pub number: Option<String>,
    /// Changed since that tag.
    pub modified: bool,
    /// Changed downstream of Development.
    pub hotfix: bool,
    /// Found without an attempt of ours.
    pub changed_outside: bool,
    /// May not be deployed here.
    pub blocked: bool,
    /// The reason given for that.
    pub block_reason: Option<String>,
    /// Broken references.
    pub broken: i64,
    /// Outdated references.
    pub outdated: i64,
}

/// What the environments have of the applications.
pub async fn list_running(
    connection: &impl ConnectionTrait,
    environments: &[Uuid],
    applications: &[Uuid],
) -> StoreResult<Vec<RunningRow>> {
    let mut rows = Vec::new();
    for chunk in applications.chunks(super::CHUNK) {
        rows.extend(
            running::Entity::find()
                .select_only()
                .columns([
                    running::Column::EnvironmentId,
                    running::Column::ApplicationId,
                    running::Column::Present,
                    running::Column::BaseId,
                    running::Column::Modified,
                    running::Column::Hotfix,
                    running::Column::ChangedOutside,
                    running::Column::Blocked,
                    running::Column::BlockReason,
                    running::Column::Broken,
                    running::Column::Outdated,
                ])
                .column(version::Column::Number)
                .join(
                    JoinType::LeftJoin,
                    running::Entity::belongs_to(version::Entity)
                        .from(running::Column::BaseId)
                        .to(version::Column::Id)
                        .into(),
                )
                .filter(running::Column::EnvironmentId.is_in(environments.iter().copied()))
                .filter(running::Column::ApplicationId.is_in(chunk.iter().copied()))
                .into_model::<RunningRow>()
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// Which content each module of the applications runs in the environments: (environment,
/// application, module) with the digest of its own content.
pub async fn list_running_digests(
    connection: &impl ConnectionTrait,
    environments: &[Uuid],
    applications: &[Uuid],
) -> StoreResult<BTreeMap<(Uuid, Uuid, Uuid), String>> {
    let mut digests = BTreeMap::new();
    for chunk in applications.chunks(super::CHUNK) {
        let rows: Vec<(Uuid, Uuid, Uuid, String)> = running_module::Entity::find()
            .select_only()
            .column(running_module::Column::EnvironmentId)
            .column(running_module::Column::ApplicationId)
            .column(running_module::Column::ModuleId)
            .column(module_version::Column::Digest)
            .join(
                JoinType::InnerJoin,
                running_module::Entity::belongs_to(module_version::Entity)
                    .from(running_module::Column::ModuleVersionId)
                    .to(module_version::Column::Id)
                    .into(),
            )
            .filter(running_module::Column::EnvironmentId.is_in(environments.iter().copied()))
            .filter(running_module::Column::ApplicationId.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        digests.extend(
            rows.into_iter()
                .map(|(environment, application, module, digest)| {
                    ((environment, application, module), digest)
                }),
        );
    }
    Ok(digests)
}

/// A tag that can be deployed from an environment.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct EligibleRow {
    /// Its id.
    pub id: Uuid,
    /// Its application.
    pub application_id: Uuid,
    /// Its number.
    pub number: String,
    /// What it says about the change.
    pub description: String,
    /// When it was made.
    pub created: i64,
}

/// The tags of applications that can be deployed from `source`, highest number first.
pub async fn list_eligible(
    connection: &impl ConnectionTrait,
    source: Uuid,
    applications: &[Uuid],
) -> StoreResult<Vec<EligibleRow>> {
    let mut rows = Vec::new();
    for chunk in applications.chunks(super::CHUNK) {
        rows.extend(
            version::Entity::find()
                .select_only()
                .columns([
                    version::Column::Id,
                    version::Column::ApplicationId,
                    version::Column::Number,
                    version::Column::Description,
                    version::Column::Created,
                ])
                .join(
                    JoinType::InnerJoin,
                    version::Entity::belongs_to(version_environment::Entity)
                        .from(version::Column::Id)
                        .to(version_environment::Column::VersionId)
                        .into(),
                )
                .filter(version_environment::Column::EnvironmentId.eq(source))
                .filter(version::Column::ApplicationId.is_in(chunk.iter().copied()))
                .order_by_asc(version::Column::ApplicationId)
                .order_by_desc(version::Column::SortKey)
                .into_model::<EligibleRow>()
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// A tag's application and number.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct VersionRow {
    /// Its id.
    pub id: Uuid,
    /// Its application.
    pub application_id: Uuid,
    /// Its number.
    pub number: String,
}

/// Tags by their ids; unknown ones are left out.
pub async fn list_versions(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
) -> StoreResult<Vec<VersionRow>> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(super::CHUNK) {
        rows.extend(
            version::Entity::find()
                .select_only()
                .columns([
                    version::Column::Id,
                    version::Column::ApplicationId,
                    version::Column::Number,
                ])
                .filter(version::Column::Id.is_in(chunk.iter().copied()))
                .into_model::<VersionRow>()
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// Every number that the applications have given to tags.
pub async fn list_numbers(
    connection: &impl ConnectionTrait,
    applications: &[Uuid],
) -> StoreResult<Vec<(Uuid, String)>> {
    let mut rows = Vec::new();
    for chunk in applications.chunks(super::CHUNK) {
        let part: Vec<(Uuid, String)> = version::Entity::find()
            .select_only()
            .column(version::Column::ApplicationId)
            .column(version::Column::Number)
            .filter(version::Column::ApplicationId.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        rows.extend(part);
    }
    Ok(rows)
}

/// Which applications can be added to a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateQuery {
    /// From where.
    pub source: Uuid,
    /// To where.
    pub target: Uuid,
    /// Text in the folded name.
    pub text: String,
    /// Only those that differ between the two.
    pub with_differences: bool,
    /// Applications that are in the plan already.
    pub except: Vec<Uuid>,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows to give.
    pub limit: u64,
    /// Totals are counted up to this.
    pub cap: u64,
}

/// A part of the applications that can be added, by name, and how many there are.
pub async fn list_candidates(
    connection: &impl ConnectionTrait,
    query: &CandidateQuery,
) -> StoreResult<(Vec<Uuid>, u64)> {
    let (s, t) = (Alias::new("s"), Alias::new("t"));
    let col = |alias: &Alias, column: running::Column| Expr::col((alias.clone(), column));
    let mut all = Condition::all()
        .add(col(&s, running::Column::EnvironmentId).eq(query.source))
        .add(col(&s, running::Column::Present).eq(true));
    if !query.text.is_empty() {
        all = all.add(
            Expr::col((application::Entity, application::Column::NameFolded))
                .like(LikeExpr::new(pattern(&query.text)).escape('\\')),
        );
    }
    if !query.except.is_empty() {
        all = all.add(
            Expr::col((application::Entity, application::Column::Id))
                .is_not_in(query.except.iter().copied()),
        );
    }
    if query.with_differences {
        all = all.add(
            Condition::any()
                .add(col(&t, running::Column::ApplicationId).is_null())
                .add(col(&t, running::Column::Present).eq(false))
                .add(col(&s, running::Column::Modified).eq(true))
                .add(col(&t, running::Column::Modified).eq(true))
                .add(col(&s, running::Column::BaseId).is_null())
                .add(col(&t, running::Column::BaseId).is_null())
                .add(
                    col(&s, running::Column::BaseId)
                        .ne(Expr::col((t.clone(), running::Column::BaseId))),
                ),
        );
    }
    let base = Query::select()
        .from(application::Entity)
        .join_as(
            JoinType::InnerJoin,
            running::Entity,
            s.clone(),
            col(&s, running::Column::ApplicationId)
                .eq(Expr::col((application::Entity, application::Column::Id))),
        )
        .join_as(
            JoinType::LeftJoin,
            running::Entity,
            t.clone(),
            Condition::all()
                .add(
                    col(&t, running::Column::ApplicationId)
                        .eq(Expr::col((application::Entity, application::Column::Id))),
                )
                .add(col(&t, running::Column::EnvironmentId).eq(query.target)),
        )
        .cond_where(all)
        .take();
    let page: SelectStatement = base
        .clone()
        .column((application::Entity, application::Column::Id))
        .order_by(
            (application::Entity, application::Column::NameFolded),
            sea_orm::Order::Asc,
        )
        .offset(Ord::min(query.offset, crate::LAST_ROW))
        .limit(query.limit)
        .take();
    let mut ids = Vec::new();
    for row in connection.query_all(&page).await? {
        ids.push(row.try_get("", "id")?);
    }
    let matching = base
        .clone()
        .column((application::Entity, application::Column::Id))
        .limit(query.cap)
        .take();
    let count = Query::select()
        .expr_as(Expr::col(sea_orm::sea_query::Asterisk).count(), "total")
        .from_subquery(matching, Alias::new("matching"))
        .take();
    let total: i64 = match connection.query_one(&count).await? {
        Some(row) => row.try_get("", "total")?,
        None => 0,
    };
    Ok((ids, u64::try_from(total).unwrap_or(0)))
}

/// Applications by their ids; unknown ones are left out.
pub async fn list_applications(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
) -> StoreResult<Vec<application::Model>> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(super::CHUNK) {
        rows.extend(
            application::Entity::find()
                .filter(application::Column::Id.is_in(chunk.iter().copied()))
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// The names of applications, by id; unknown ones are left out.
pub async fn list_application_names(
    connection: &impl ConnectionTrait,
    ids: &[Uuid],
) -> StoreResult<BTreeMap<Uuid, String>> {
    let rows = list_applications(connection, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.name)).collect())
}

/// The modules that tags are made of.
pub async fn list_version_modules(
    connection: &impl ConnectionTrait,
    versions: &[Uuid],
) -> StoreResult<Vec<Uuid>> {
    let mut modules = Vec::new();
    for chunk in versions.chunks(super::CHUNK) {
        let part: Vec<Uuid> = version_module::Entity::find()
            .select_only()
            .column(module_version::Column::ModuleId)
            .join(
                JoinType::InnerJoin,
                version_module::Entity::belongs_to(module_version::Entity)
                    .from(version_module::Column::ModuleVersionId)
                    .to(module_version::Column::Id)
                    .into(),
            )
            .filter(version_module::Column::VersionId.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        modules.extend(part);
    }
    Ok(modules)
}
