//! Runs with their steps and attempts, and what the engine writes while it walks them.

mod commands;
mod leases;
mod locks;
mod log;
mod paces;
mod recording;
mod results;

pub use commands::{
    NewCommand, bundle_sizes, find_agent, queue_commands, withdraw_commands, withdraw_run,
};
pub use leases::{Claim, claim, hold, release};
pub use locks::{lock_agent, lock_plan, lock_plan_numbered};
pub(crate) use log::pattern;
pub use log::{LogQuery, NewLine, append_log, list_log};
pub use paces::{PastStep, WaveLeft, list_waves, past_durations, past_steps};
pub use recording::{list_in_hand, record_versions};
pub use results::{
    AgentResult, Patience, Reported, find_attempt, list_reported, list_results, mark_applied,
    mark_under_way, record_result, record_successes,
};

use crate::StoreResult;
use crate::entity::plans::{attempt, run, run_module, step};
use domain::execution::Phase;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// Rows of one insert: SQLite takes at most 32,766 values in a statement.
const CHUNK: usize = 500;

/// Stores a run that has not begun, with what it brings and its steps.
pub async fn insert_run(
    connection: &impl ConnectionTrait,
    run: run::Model,
    modules: Vec<run_module::Model>,
    steps: Vec<step::Model>,
) -> StoreResult<()> {
    run::Entity::insert(run.into_active_model())
        .exec_without_returning(connection)
        .await?;
    for chunk in modules.chunks(CHUNK) {
        run_module::Entity::insert_many(
            chunk
                .iter()
                .cloned()
                .map(IntoActiveModel::into_active_model),
        )
        .exec_without_returning(connection)
        .await?;
    }
    save_steps(connection, &steps).await
}

/// Stores steps, new and changed ones alike.
pub async fn save_steps(
    connection: &impl ConnectionTrait,
    steps: &[step::Model],
) -> StoreResult<()> {
    for chunk in steps.chunks(CHUNK) {
        step::Entity::insert_many(
            chunk
                .iter()
                .cloned()
                .map(IntoActiveModel::into_active_model),
        )
        .on_conflict(
            OnConflict::column(step::Column::Id)
                .update_columns([
                    step::Column::State,
                    step::Column::Attempts,
                    step::Column::NotBefore,
                    step::Column::Started,
                    step::Column::Finished,
                    step::Column::Error,
                    step::Column::LogLine,
                ])
                .to_owned(),
        )
        .exec_without_returning(connection)
        .await?;
    }
    Ok(())
}

/// Stores attempts that begin.
pub async fn insert_attempts(
    connection: &impl ConnectionTrait,
    attempts: &[attempt::Model],
) -> StoreResult<()> {
    for chunk in attempts.chunks(CHUNK) {
        attempt::Entity::insert_many(
            chunk
                .iter()
                .cloned()
                .map(IntoActiveModel::into_active_model),
        )
        .exec_without_returning(connection)
        .await?;
    }
    Ok(())
}

/// Notes that attempts were asked about by the holder of `epoch`; a deadline is given when they
/// were overdue.
pub async fn mark_asked(
    connection: &impl ConnectionTrait,
    attempts: &[Uuid],
    deadline: Option<i64>,
    epoch: i64,
) -> StoreResult<()> {
    for chunk in attempts.chunks(CHUNK) {
        let mut update = attempt::Entity::update_many()
            .col_expr(attempt::Column::Epoch, Expr::value(epoch))
            .filter(attempt::Column::Id.is_in(chunk.iter().copied()));
        if let Some(deadline) = deadline {
            update = update
                .col_expr(attempt::Column::Deadline, Expr::value(deadline))
                .col_expr(
                    attempt::Column::Asked,
                    Expr::col(attempt::Column::Asked).add(1),
                );
        }
        update.exec(connection).await?;
    }
    Ok(())
}

/// A run by its id.
pub async fn find_run(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<run::Model>> {
    Ok(run::Entity::find_by_id(id).one(connection).await?)
}

/// The run of a plan.
pub async fn find_plan_run(
    connection: &impl ConnectionTrait,
    plan: Uuid,
) -> StoreResult<Option<run::Model>> {
    Ok(run::Entity::find()
        .filter(run::Column::PlanId.eq(plan))
        .order_by_desc(run::Column::Created)
        .one(connection)
        .await?)
}

/// Stores what the engine and people change of a run.
pub async fn update_run(
    connection: &impl ConnectionTrait,
    id: Uuid,
    change: run::ActiveModel,
) -> StoreResult<()> {
    run::Entity::update_many()
        .set(change)
        .filter(run::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}

/// A run's steps in order.
pub async fn list_steps(
    connection: &impl ConnectionTrait,
    run: Uuid,
) -> StoreResult<Vec<step::Model>> {
    Ok(step::Entity::find()
        .filter(step::Column::RunId.eq(run))
        .order_by_asc(step::Column::Position)
        .order_by_asc(step::Column::Id)
        .all(connection)
        .await?)
}

/// A run's modules by id.
pub async fn list_run_modules(
    connection: &impl ConnectionTrait,
    run: Uuid,
) -> StoreResult<Vec<run_module::Model>> {
    Ok(run_module::Entity::find()
        .filter(run_module::Column::RunId.eq(run))
        .order_by_asc(run_module::Column::ModuleId)
        .all(connection)
        .await?)
}

/// A module that a run brings or takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct HeldModule {
    /// Which run.
    pub run_id: Uuid,
    /// Which module.
    pub module_id: Uuid,
    /// The state that it brings; none if the module leaves.
    pub module_version_id: Option<Uuid>,
}

/// The modules of these runs.
pub async fn list_held(
    connection: &impl ConnectionTrait,
    runs: &[Uuid],
) -> StoreResult<Vec<HeldModule>> {
    let mut held = Vec::new();
    for chunk in runs.chunks(CHUNK) {
        let rows = run_module::Entity::find()
            .select_only()
            .column(run_module::Column::RunId)
            .column(run_module::Column::ModuleId)
            .column(run_module::Column::ModuleVersionId)
            .filter(run_module::Column::RunId.is_in(chunk.iter().copied()))
            .order_by_asc(run_module::Column::ModuleId)
            .into_model::<HeldModule>()
            .all(connection);
        held.extend(rows.await?);
    }
    Ok(held)
}

/// Stores how a module of a run shall be, and what it finds after the switch.
pub async fn set_placement(
    connection: &impl ConnectionTrait,
    (run, module): (Uuid, Uuid),
    placement: String,
    settings_after: Option<String>,
) -> StoreResult<()> {
    run_module::Entity::update_many()
        .col_expr(run_module::Column::Placement, Expr::value(placement))
        .col_expr(
            run_module::Column::SettingsAfter,
            Expr::value(settings_after),
        )
        .filter(run_module::Column::RunId.eq(run))
        .filter(run_module::Column::ModuleId.eq(module))
        .exec(connection)
        .await?;
    Ok(())
}

/// The attempts of a run whose result is not taken into its state yet.
pub async fn list_open_attempts(
    connection: &impl ConnectionTrait,
    run: Uuid,
) -> StoreResult<Vec<attempt::Model>> {
    Ok(attempt::Entity::find()
        .filter(attempt::Column::RunId.eq(run))
        .filter(attempt::Column::Applied.eq(false))
        .all(connection)
        .await?)
}

/// When a run began to switch: when its first step that switches anything began; none before.
pub async fn began_to_switch(
    connection: &impl ConnectionTrait,
    run: Uuid,
) -> StoreResult<Option<i64>> {
    let first = step::Entity::find()
        .select_only()
        .column_as(step::Column::Started.min(), "first")
        .filter(step::Column::RunId.eq(run))
        .filter(step::Column::Phase.eq(Phase::Activate.as_str()))
        .into_tuple::<Option<i64>>()
        .one(connection)
        .await?;
    Ok(first.flatten())
}

/// Whether a run has ever begun anything on its agent.
pub async fn has_attempts(connection: &impl ConnectionTrait, run: Uuid) -> StoreResult<bool> {
    let any = attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .filter(attempt::Column::RunId.eq(run))
        .limit(1)
        .into_tuple::<Uuid>();
    Ok(any.one(connection).await?.is_some())
}

/// How many runs of an environment are not over.
pub async fn count_open_runs(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<u64> {
    Ok(run::Entity::find()
        .filter(run::Column::EnvironmentId.eq(environment))
        .filter(run::Column::Ended.is_null())
        .count(connection)
        .await?)
}

/// Runs that are not over: id, environment, the plan it belongs to.
pub async fn list_open_runs(connection: &impl ConnectionTrait) -> StoreResult<Vec<run::Model>> {
    Ok(run::Entity::find()
        .filter(run::Column::Ended.is_null())
        .order_by_asc(run::Column::Created)
        .all(connection)
        .await?)
}
