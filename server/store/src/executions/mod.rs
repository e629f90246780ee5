//! Runs with their steps and attempts, and what the engine writes while it walks them.

mod commands;
mod leases;
mod locks;
mod log;
mod recording;
mod results;

pub use commands::{
    NewCommand, bundle_sizes, find_agent, queue_commands, withdraw_commands, withdraw_run,
};
pub use leases::{Claim, claim, hold, release};
pub use locks::{lock_agent, lock_plan, lock_plan_numbered};
pub(crate) use log::pattern;
pub use log::{LogQuery, NewLine, append_log, list_log};
pub use recording::record_versions;
pub use results::{
    AgentResult, Patience, Reported, find_attempt, list_reported, list_results, mark_applied,
    mark_under_way, record_result, record_successes,
};

use crate::StoreResult;
use crate::entity::plans::{attempt, plan, run, run_module, step};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, JoinType,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
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

/// How long the last runs to an environment that ended well took, newest first, at most three;
/// without the time for which they waited for people.
pub async fn past_durations(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    except: Uuid,
) -> StoreResult<Vec<i64>> {
    let rows: Vec<(i64, Option<i64>, i64)> = run::Entity::find()
        .select_only()
        .column(run::Column::Created)
        .column(run::Column::Ended)
        .column(plan::Column::Waited)
        // A plan's run has the plan's id.
        .join(
            JoinType::InnerJoin,
            run::Entity::belongs_to(plan::Entity)
                .from(run::Column::PlanId)
                .to(plan::Column::Id)
                .into(),
        )
        .filter(run::Column::EnvironmentId.eq(environment))
        .filter(run::Column::Id.ne(except))
        .filter(run::Column::PlanId.is_not_null())
        // In two stages most of the time is that of a person.
        .filter(run::Column::TwoStage.eq(false))
        .filter(run::Column::Stage.is_in(["successful", "with_warnings"]))
        .order_by_desc(run::Column::Created)
        .limit(3)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(created, ended, waited)| Some(ended? - created - waited))
        .collect())
}

/// When a step of an earlier run began and ended.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct PastStep {
    /// The run.
    pub run_id: Uuid,
    /// The step's phase.
    pub phase: String,
    /// When it began.
    pub started: Option<i64>,
    /// When it ended.
    pub finished: Option<i64>,
}

/// The steps of the last runs to an environment that ended well, at most five runs.
pub async fn past_steps(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    except: Uuid,
) -> StoreResult<Vec<PastStep>> {
    let runs: Vec<Uuid> = run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .filter(run::Column::EnvironmentId.eq(environment))
        .filter(run::Column::Id.ne(except))
        .filter(run::Column::PlanId.is_not_null())
        .filter(run::Column::Stage.is_in(["successful", "with_warnings"]))
        .order_by_desc(run::Column::Created)
        .limit(5)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(step::Entity::find()
        .select_only()
        .columns([
            step::Column::RunId,
            step::Column::Phase,
            step::Column::Started,
            step::Column::Finished,
        ])
        .filter(step::Column::RunId.is_in(runs))
        .into_model()
        .all(connection)
        .await?)
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
