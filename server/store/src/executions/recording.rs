//! What a run that is over leaves in the catalog: the versions that its target has now, and that may
//! move on from there.

use crate::StoreResult;
use crate::catalog;
use crate::entity::catalog::{running, version};
use crate::entity::plans::{plan_operation, run, run_module, step};
use crate::history::{self, Release};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, Set};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Makes the versions of a plan the base of what its target runs, and eligible from there, with the
/// marks of what is as planned; not of the applications in `except`. Repeating it changes nothing.
pub async fn record_versions(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    environment: Uuid,
    actor: Option<Uuid>,
    except: &BTreeSet<Uuid>,
    now: i64,
) -> StoreResult<()> {
    let mut versions = version::Entity::find()
        .join(
            JoinType::InnerJoin,
            version::Entity::belongs_to(plan_operation::Entity)
                .from(version::Column::Id)
                .to(plan_operation::Column::VersionId)
                .into(),
        )
        .filter(plan_operation::Column::PlanId.eq(plan))
        .filter(plan_operation::Column::Choice.is_in(["deploy", "tag_and_deploy"]))
        .all(connection)
        .await?;
    versions.retain(|version| !except.contains(&version.application_id));
    for chunk in versions.chunks(super::CHUNK) {
        let ids: Vec<Uuid> = chunk.iter().map(|version| version.id).collect();
        catalog::make_eligible(connection, &ids, environment).await?;
        let releases = chunk.iter().map(|version| Release {
            environment,
            application: version.application_id,
            present: true,
            base: Some(version.id),
            modified: false,
        });
        history::keep_releases(connection, releases, now).await?;
        let rows = chunk.iter().map(|version| running::ActiveModel {
            environment_id: Set(environment),
            application_id: Set(version.application_id),
            present: Set(true),
            base_id: Set(Some(version.id)),
            base_sort_key: Set(Some(version.sort_key.clone())),
            modified: Set(false),
            hotfix: Set(version.hotfix),
            changed_outside: Set(false),
            blocked: Set(false),
            block_reason: Set(None),
            broken: Set(0),
            outdated: Set(0),
            can_move: Set(false),
            changed: Set(Some(now)),
            changed_by: Set(actor),
            revision: Set(1),
        });
        let next = Expr::col((running::Entity, running::Column::Revision)).add(1);
        running::Entity::insert_many(rows)
            .on_conflict(
                OnConflict::columns([
                    running::Column::EnvironmentId,
                    running::Column::ApplicationId,
                ])
                .update_columns([
                    running::Column::Present,
                    running::Column::BaseId,
                    running::Column::BaseSortKey,
                    running::Column::Modified,
                    running::Column::Hotfix,
                    running::Column::ChangedOutside,
                    running::Column::Changed,
                    running::Column::ChangedBy,
                ])
                // Who has looked at it before would tag or plan something else.
                .value(running::Column::Revision, next)
                .to_owned(),
            )
            .exec_without_returning(connection)
            .await?;
    }
    record_mixes(connection, plan, environment, actor, except, now).await
}

/// Which applications are in the hands of runs that have begun to switch their environment and are
/// not over: what that runs of them may still go back. (Environment, application). Those that lose a
/// module to another application are, too.
pub async fn list_in_hand(
    connection: &impl ConnectionTrait,
) -> StoreResult<BTreeSet<(Uuid, Uuid)>> {
    let run_of_step = Expr::col((step::Entity, step::Column::RunId));
    let mut switching = Query::select();
    switching
        .expr(Expr::value(1))
        .from(step::Entity)
        .and_where(run_of_step.equals((run::Entity, run::Column::Id)))
        .and_where(step::Column::Kind.is_in(["activate", "remove"]))
        .and_where(step::Column::Started.is_not_null());
    let rows: Vec<(Uuid, Uuid, Option<Uuid>)> = run_module::Entity::find()
        .select_only()
        .column(run::Column::EnvironmentId)
        .column(run_module::Column::ApplicationId)
        .column(run_module::Column::FormerApplicationId)
        .distinct()
        .join(
            JoinType::InnerJoin,
            run_module::Entity::belongs_to(run::Entity)
                .from(run_module::Column::RunId)
                .to(run::Column::Id)
                .into(),
        )
        .filter(run::Column::Ended.is_null())
        .filter(run::Column::PlanId.is_not_null())
        .filter(Expr::exists(switching))
        .into_tuple()
        .all(connection)
        .await?;
    let pairs = rows
        .into_iter()
        .flat_map(|(environment, application, former)| {
            let concerned = std::iter::once(application).chain(former);
            concerned.map(move |application| (environment, application))
        });
    Ok(pairs.collect())
}

/// Applications of which a plan brought single modules to where there was nothing of them: what
/// runs is derived from the tag that the source's state was derived from. Where something ran, the
/// inventory says what became of it.
async fn record_mixes(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    environment: Uuid,
    actor: Option<Uuid>,
    except: &BTreeSet<Uuid>,
    now: i64,
) -> StoreResult<()> {
    let mut mixes = plan_operation::Entity::find()
        .filter(plan_operation::Column::PlanId.eq(plan))
        .filter(plan_operation::Column::Choice.eq("deploy_custom"))
        .filter(plan_operation::Column::VersionId.is_not_null())
        .all(connection)
        .await?;
    mixes.retain(|operation| !except.contains(&operation.application_id));
    for operation in mixes {
        let application = operation.application_id;
        let known = crate::running::find(connection, environment, application).await?;
        let tag = match operation.version_id {
            Some(id) if known.as_ref().is_none_or(|row| row.base_id.is_none()) => {
                crate::catalog::find_version(connection, id).await?
            }
            _ => None,
        };
        let Some(tag) = tag else { continue };
        let row = running::Model {
            environment_id: environment,
            application_id: application,
            present: true,
            base_id: Some(tag.id),
            base_sort_key: Some(tag.sort_key),
            modified: true,
            hotfix: false,
            changed_outside: false,
            blocked: false,
            block_reason: None,
            broken: known.as_ref().map_or(0, |row| row.broken),
            outdated: known.as_ref().map_or(0, |row| row.outdated),
            can_move: false,
            changed: Some(now),
            changed_by: actor,
            revision: known.as_ref().map_or(1, |row| row.revision + 1),
        };
        crate::running::put(connection, row, now).await?;
    }
    Ok(())
}
