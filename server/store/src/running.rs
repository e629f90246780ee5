//! What runs where, and the marks that lists filter by.

use crate::entity::catalog::{running, running_module};
use crate::entity::environments::environment;
use crate::error::StoreResult;
use crate::history::{self, Release};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The most values bound in one statement.
const CHUNK: usize = 400;
/// Rows of modules written in one statement, seven values each.
const WRITTEN: usize = 100;

/// What an environment hosts, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, FromQueryResult)]
pub struct EnvironmentCounts {
    /// Which environment.
    pub environment_id: Uuid,
    /// Applications that run there.
    pub applications: i64,
    /// Modules that run there.
    pub modules: i64,
    /// Applications with broken references there.
    pub broken: i64,
    /// Applications changed outside Slipway there.
    pub changed_outside: i64,
}

/// The numbers of all environments that run anything.
pub async fn count_by_environment(
    connection: &impl ConnectionTrait,
) -> StoreResult<Vec<EnvironmentCounts>> {
    let one_if = |condition: sea_orm::sea_query::SimpleExpr| {
        Expr::expr(Expr::case(condition, 1_i64).finally(0_i64))
            .sum()
            .cast_as("bigint")
    };
    let applications = running::Entity::find()
        .select_only()
        .column(running::Column::EnvironmentId)
        .column_as(
            Expr::col(running::Column::ApplicationId).count(),
            "applications",
        )
        .column_as(Expr::value(0_i64), "modules")
        .column_as(one_if(running::Column::Broken.gt(0)), "broken")
        .column_as(
            one_if(running::Column::ChangedOutside.eq(true)),
            "changed_outside",
        )
        .filter(running::Column::Present.eq(true))
        .group_by(running::Column::EnvironmentId)
        .into_model::<EnvironmentCounts>()
        .all(connection)
        .await?;
    let modules: BTreeMap<Uuid, i64> = running_module::Entity::find()
        .select_only()
        .column(running_module::Column::EnvironmentId)
        .column_as(Expr::col(running_module::Column::ModuleId).count(), "count")
        .group_by(running_module::Column::EnvironmentId)
        .into_tuple::<(Uuid, i64)>()
        .all(connection)
        .await?
        .into_iter()
        .collect();
    Ok(applications
        .into_iter()
        .map(|counts| EnvironmentCounts {
            modules: modules.get(&counts.environment_id).copied().unwrap_or(0),
            ..counts
        })
        .collect())
}

/// All rows of an environment; with `None`, of all.
pub async fn list(
    connection: &impl ConnectionTrait,
    environment: Option<Uuid>,
) -> StoreResult<Vec<running::Model>> {
    let mut query = running::Entity::find();
    if let Some(environment) = environment {
        query = query.filter(running::Column::EnvironmentId.eq(environment));
    }
    Ok(query.all(connection).await?)
}

/// The rows of these applications in all environments.
pub async fn list_of_applications(
    connection: &impl ConnectionTrait,
    applications: &[Uuid],
) -> StoreResult<Vec<running::Model>> {
    let mut rows = Vec::new();
    for chunk in applications.chunks(CHUNK) {
        rows.extend(
            running::Entity::find()
                .filter(running::Column::ApplicationId.is_in(chunk.iter().copied()))
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// One row.
pub async fn find(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    application: Uuid,
) -> StoreResult<Option<running::Model>> {
    Ok(running::Entity::find_by_id((environment, application))
        .one(connection)
        .await?)
}

/// Writes a row as it is `now`, new or not, and keeps what it says of the release.
pub async fn put(
    connection: &impl ConnectionTrait,
    row: running::Model,
    now: i64,
) -> StoreResult<()> {
    let known = find(connection, row.environment_id, row.application_id).await?;
    let said = |row: &running::Model| (row.present, row.base_id, row.modified);
    if known.as_ref().map(said) != Some(said(&row)) {
        history::keep_releases(connection, [Release::of(&row)], now).await?;
    }
    let change = row.into_active_model().reset_all();
    if known.is_some() {
        change.update(connection).await?;
    } else {
        change.insert(connection).await?;
    }
    Ok(())
}

/// The modules that run in an environment.
pub async fn list_modules(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<Vec<running_module::Model>> {
    Ok(running_module::Entity::find()
        .filter(running_module::Column::EnvironmentId.eq(environment))
        .all(connection)
        .await?)
}

/// A published state that runs somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Placed {
    /// Where.
    pub environment_id: Uuid,
    /// As a part of which application.
    pub application_id: Uuid,
    /// The state.
    pub module_version_id: Uuid,
}

/// What runs in all environments: no more of each row than that, as there are many.
pub async fn list_placed(connection: &impl ConnectionTrait) -> StoreResult<Vec<Placed>> {
    Ok(running_module::Entity::find()
        .select_only()
        .column(running_module::Column::EnvironmentId)
        .column(running_module::Column::ApplicationId)
        .column(running_module::Column::ModuleVersionId)
        .into_model()
        .all(connection)
        .await?)
}

/// Those of these modules that an environment runs, by id.
pub async fn list_there(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    modules: &[Uuid],
) -> StoreResult<Vec<Uuid>> {
    let mut there = Vec::new();
    for chunk in modules.chunks(CHUNK) {
        there.extend(
            running_module::Entity::find()
                .select_only()
                .column(running_module::Column::ModuleId)
                .filter(running_module::Column::EnvironmentId.eq(environment))
                .filter(running_module::Column::ModuleId.is_in(chunk.iter().copied()))
                .into_tuple::<Uuid>()
                .all(connection)
                .await?,
        );
    }
    there.sort_unstable();
    Ok(there)
}

/// What an environment runs of these modules.
pub async fn list_modules_in(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    modules: &[Uuid],
) -> StoreResult<Vec<running_module::Model>> {
    let mut rows = Vec::new();
    for chunk in modules.chunks(CHUNK) {
        rows.extend(
            running_module::Entity::find()
                .filter(running_module::Column::EnvironmentId.eq(environment))
                .filter(running_module::Column::ModuleId.is_in(chunk.iter().copied()))
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// What an environment runs of a module.
pub async fn find_module(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    module: Uuid,
) -> StoreResult<Option<running_module::Model>> {
    Ok(running_module::Entity::find_by_id((environment, module))
        .one(connection)
        .await?)
}

/// The modules of an application, where they run.
pub async fn list_modules_of_application(
    connection: &impl ConnectionTrait,
    application: Uuid,
) -> StoreResult<Vec<running_module::Model>> {
    Ok(running_module::Entity::find()
        .filter(running_module::Column::ApplicationId.eq(application))
        .order_by_asc(running_module::Column::ModuleId)
        .all(connection)
        .await?)
}

/// The modules of these applications, where they run.
pub async fn list_modules_of_applications(
    connection: &impl ConnectionTrait,
    applications: &[Uuid],
) -> StoreResult<Vec<running_module::Model>> {
    let mut rows = Vec::new();
    for chunk in applications.chunks(CHUNK) {
        rows.extend(
            running_module::Entity::find()
                .filter(running_module::Column::ApplicationId.is_in(chunk.iter().copied()))
                .order_by_asc(running_module::Column::ModuleId)
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}

/// Writes modules of an environment that run from `now` on in the state that their rows name,
/// whether or not there are rows of them.
pub async fn put_modules(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    rows: &[running_module::Model],
    now: i64,
) -> StoreResult<()> {
    let place = |row: &running_module::Model| (row.application_id, row.module_version_id);
    for chunk in rows.chunks(WRITTEN) {
        let known: BTreeMap<Uuid, (Uuid, Uuid)> = running_module::Entity::find()
            .filter(running_module::Column::EnvironmentId.eq(environment))
            .filter(running_module::Column::ModuleId.is_in(chunk.iter().map(|row| row.module_id)))
            .all(connection)
            .await?
            .iter()
            .map(|row| (row.module_id, place(row)))
            .collect();
        // Whether it answers is no history.
        let moved = chunk
            .iter()
            .filter(|row| known.get(&row.module_id) != Some(&place(row)))
            .map(|row| (row.module_id, Some(place(row))));
        history::keep_modules(connection, environment, moved, now).await?;
        let changes = chunk
            .iter()
            .cloned()
            .map(|row| row.into_active_model().reset_all());
        running_module::Entity::insert_many(changes)
            .on_conflict(
                OnConflict::columns([
                    running_module::Column::EnvironmentId,
                    running_module::Column::ModuleId,
                ])
                .update_columns([
                    running_module::Column::ApplicationId,
                    running_module::Column::ModuleVersionId,
                    running_module::Column::AttemptId,
                    running_module::Column::Activated,
                    running_module::Column::State,
                ])
                .to_owned(),
            )
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// A module runs in an environment no more, from `now` on.
pub async fn remove_module(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    module: Uuid,
    now: i64,
) -> StoreResult<()> {
    history::keep_modules(connection, environment, [(module, None)], now).await?;
    running_module::Entity::delete_by_id((environment, module))
        .exec(connection)
        .await?;
    Ok(())
}

/// Computes anew which applications can move on: the next environment runs something lower, the
/// same tag without what was changed since, or nothing, and has no hotfix that would be overwritten;
/// not while a run has them in its hands. For these applications, or for all.
pub async fn refresh_can_move(
    connection: &impl ConnectionTrait,
    applications: Option<&[Uuid]>,
) -> StoreResult<()> {
    let order: Vec<Uuid> = environment::Entity::find()
        .select_only()
        .column(environment::Column::Id)
        .order_by_asc(environment::Column::Position)
        .order_by_asc(environment::Column::Created)
        .into_tuple()
        .all(connection)
        .await?;
    let rows = match applications {
        Some(applications) => list_of_applications(connection, applications).await?,
        None => list(connection, None).await?,
    };
    let by_key: BTreeMap<(Uuid, Uuid), &running::Model> = rows
        .iter()
        .map(|row| ((row.environment_id, row.application_id), row))
        .collect();
    let next: BTreeMap<Uuid, Uuid> = order.windows(2).map(|pair| (pair[0], pair[1])).collect();
    // What a rollback took out is no news until somebody releases it.
    let held: BTreeSet<(Uuid, Uuid)> = crate::holds::list_open(connection)
        .await?
        .into_iter()
        .map(|hold| (hold.environment_id, hold.version_id))
        .collect();
    // What a run has in its hands may still go back.
    let in_hand = crate::executions::list_in_hand(connection).await?;
    let is_held = |row: &running::Model| {
        let place = next.get(&row.environment_id).copied().zip(row.base_id);
        !row.modified && place.is_some_and(|place| held.contains(&place))
    };
    for row in &rows {
        let after = next
            .get(&row.environment_id)
            .map(|environment| by_key.get(&(*environment, row.application_id)));
        let can_move = row.present
            && !in_hand.contains(&(row.environment_id, row.application_id))
            && !is_held(row)
            && match after {
                None => false,
                Some(None) => true,
                Some(Some(after)) => {
                    !after.present
                        || !after.hotfix
                            && (after.base_sort_key < row.base_sort_key
                                || (row.modified
                                    && !after.modified
                                    && after.base_sort_key == row.base_sort_key))
                }
            };
        if can_move != row.can_move {
            running::Entity::update_many()
                .col_expr(running::Column::CanMove, Expr::value(can_move))
                .filter(running::Column::EnvironmentId.eq(row.environment_id))
                .filter(running::Column::ApplicationId.eq(row.application_id))
                .exec(connection)
                .await?;
        }
    }
    Ok(())
}
