//! What is under way, in few queries, for tests that look after every step.

use crate::StoreResult;
use crate::entity::catalog::{module_version, running_module};
use crate::entity::plans::{plan, run, run_module};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A run that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnderWay {
    /// Its id.
    pub run: Uuid,
    /// The plan's number; none for a publication.
    pub plan: Option<i64>,
    /// The applications of which it moves modules.
    pub applications: BTreeSet<Uuid>,
    /// Whether it only links some of these modules anew.
    pub links_anew: bool,
}

/// Runs in an environment that are not over.
pub async fn under_way(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<Vec<UnderWay>> {
    let runs: Vec<(Uuid, Option<Uuid>)> = run::Entity::find()
        .select_only()
        .columns([run::Column::Id, run::Column::PlanId])
        .filter(run::Column::EnvironmentId.eq(environment))
        .filter(run::Column::Ended.is_null())
        .order_by_asc(run::Column::Id)
        .into_tuple()
        .all(connection)
        .await?;
    if runs.is_empty() {
        return Ok(Vec::new());
    }
    let modules: Vec<(Uuid, Uuid, bool)> = run_module::Entity::find()
        .select_only()
        .columns([
            run_module::Column::RunId,
            run_module::Column::ApplicationId,
            run_module::Column::Republish,
        ])
        .filter(run_module::Column::RunId.is_in(runs.iter().map(|(run, _)| *run)))
        .into_tuple()
        .all(connection)
        .await?;
    let numbers: BTreeMap<Uuid, i64> = plan::Entity::find()
        .select_only()
        .columns([plan::Column::Id, plan::Column::Number])
        .filter(plan::Column::Id.is_in(runs.iter().filter_map(|(_, plan)| *plan)))
        .into_tuple::<(Uuid, i64)>()
        .all(connection)
        .await?
        .into_iter()
        .collect();
    Ok(runs
        .into_iter()
        .map(|(run, plan)| UnderWay {
            run,
            plan: plan.and_then(|plan| numbers.get(&plan).copied()),
            applications: modules
                .iter()
                .filter(|(of, _, _)| *of == run)
                .map(|(_, application, _)| *application)
                .collect(),
            links_anew: modules.iter().any(|(of, _, anew)| *of == run && *anew),
        })
        .collect())
}

/// Status and revision of these plans, by number; those that are gone are left out.
pub async fn stand(
    connection: &impl ConnectionTrait,
    numbers: impl IntoIterator<Item = i64>,
) -> StoreResult<BTreeMap<i64, (String, i64)>> {
    let rows: Vec<(i64, String, i64)> = plan::Entity::find()
        .select_only()
        .columns([
            plan::Column::Number,
            plan::Column::Status,
            plan::Column::Revision,
        ])
        .filter(plan::Column::Number.is_in(numbers))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|(number, status, revision)| (number, (status, revision)))
        .collect())
}

/// What an environment runs, as the console knows it: modules and their versions.
pub async fn runs(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<BTreeMap<Uuid, Uuid>> {
    let rows = running_module::Entity::find()
        .filter(running_module::Column::EnvironmentId.eq(environment))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.module_id, row.module_version_id))
        .collect())
}

/// What a run brings: modules and their versions, none where one is removed.
pub async fn brought(
    connection: &impl ConnectionTrait,
    run: Uuid,
) -> StoreResult<BTreeMap<Uuid, Option<Uuid>>> {
    let rows = run_module::Entity::find()
        .filter(run_module::Column::RunId.eq(run))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.module_id, row.module_version_id))
        .collect())
}

/// The digests of the bundles of these versions of modules.
pub async fn digests(
    connection: &impl ConnectionTrait,
    versions: impl IntoIterator<Item = Uuid>,
) -> StoreResult<Vec<String>> {
    Ok(module_version::Entity::find()
        .select_only()
        .column(module_version::Column::Digest)
        .filter(module_version::Column::Id.is_in(versions))
        .into_tuple()
        .all(connection)
        .await?)
}
