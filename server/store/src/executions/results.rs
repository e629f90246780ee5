//! What agents report about attempts. Written by whichever process got the post, taken into the
//! run's state by the one that holds its lease.

use crate::StoreResult;
use crate::entity::environments::agent_command;
use crate::entity::plans::{attempt, run, run_module, step};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The end of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentResult {
    /// Done.
    Succeeded,
    /// Failed; what it had begun is undone.
    Failed {
        /// Stable, for programs.
        code: String,
        /// For people.
        message: String,
        /// Whether another try may help.
        retry: bool,
    },
}

/// An attempt by its id.
pub async fn find_attempt(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<attempt::Model>> {
    Ok(attempt::Entity::find_by_id(id).one(connection).await?)
}

/// Stores the result of an attempt; `false` if it has one already (the first one counts).
pub async fn record_result(
    connection: &impl ConnectionTrait,
    id: Uuid,
    result: &AgentResult,
    at: i64,
) -> StoreResult<bool> {
    let mut update = attempt::Entity::update_many()
        .col_expr(attempt::Column::Reported, Expr::value(at))
        .filter(attempt::Column::Id.eq(id))
        .filter(attempt::Column::Result.is_null());
    update = match result {
        AgentResult::Succeeded => {
            update.col_expr(attempt::Column::Result, Expr::value("succeeded"))
        }
        AgentResult::Failed {
            code,
            message,
            retry,
        } => update
            .col_expr(attempt::Column::Result, Expr::value("failed"))
            .col_expr(attempt::Column::Code, Expr::value(code.as_str()))
            .col_expr(attempt::Column::Message, Expr::value(message.as_str()))
            .col_expr(attempt::Column::Retry, Expr::value(*retry)),
    };
    Ok(update.exec(connection).await?.rows_affected == 1)
}

/// Results of a run that are not taken into its state, in the order they came.
pub async fn list_results(
    connection: &impl ConnectionTrait,
    run: Uuid,
) -> StoreResult<Vec<attempt::Model>> {
    Ok(attempt::Entity::find()
        .filter(attempt::Column::RunId.eq(run))
        .filter(attempt::Column::Applied.eq(false))
        .filter(attempt::Column::Result.is_not_null())
        .order_by_asc(attempt::Column::Reported)
        .order_by_asc(attempt::Column::Id)
        .all(connection)
        .await?)
}

/// Marks attempts as taken in; `given_up` also gives them that result.
pub async fn mark_applied(
    connection: &impl ConnectionTrait,
    attempts: &[Uuid],
    given_up: bool,
) -> StoreResult<()> {
    for chunk in attempts.chunks(super::CHUNK) {
        let mut update = attempt::Entity::update_many()
            .col_expr(attempt::Column::Applied, Expr::value(true))
            .filter(attempt::Column::Id.is_in(chunk.iter().copied()));
        if given_up {
            update = update
                .col_expr(attempt::Column::Result, Expr::value("given_up"))
                .filter(attempt::Column::Result.is_null());
        }
        update.exec(connection).await?;
    }
    Ok(())
}

/// What an agent may report about: an attempt of a run in its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// The run.
    pub run: Uuid,
    /// The name of the module that the attempt's step is about.
    pub module: Option<String>,
}

/// Those of `attempts` that belong to runs of `environment`.
pub async fn list_reported(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    attempts: &[Uuid],
) -> StoreResult<BTreeMap<Uuid, Reported>> {
    let mut known = BTreeMap::new();
    for chunk in attempts.chunks(super::CHUNK) {
        let rows: Vec<(Uuid, Uuid, Option<String>)> = attempt::Entity::find()
            .select_only()
            .column(attempt::Column::Id)
            .column(attempt::Column::RunId)
            .column(run_module::Column::Name)
            .join(
                JoinType::InnerJoin,
                attempt::Entity::belongs_to(run::Entity)
                    .from(attempt::Column::RunId)
                    .to(run::Column::Id)
                    .into(),
            )
            .join(
                JoinType::InnerJoin,
                attempt::Entity::belongs_to(step::Entity)
                    .from(attempt::Column::StepId)
                    .to(step::Column::Id)
                    .into(),
            )
            .join(
                JoinType::LeftJoin,
                step::Entity::belongs_to(run_module::Entity)
                    .from((step::Column::RunId, step::Column::ModuleId))
                    .to((run_module::Column::RunId, run_module::Column::ModuleId))
                    .into(),
            )
            .filter(run::Column::EnvironmentId.eq(environment))
            .filter(attempt::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(connection)
            .await?;
        known.extend(
            rows.into_iter()
                .map(|(id, run, module)| (id, Reported { run, module })),
        );
    }
    Ok(known)
}

/// Stores that attempts succeeded; those that have a result keep it.
pub async fn record_successes(
    connection: &impl ConnectionTrait,
    attempts: &[Uuid],
    at: i64,
) -> StoreResult<()> {
    for chunk in attempts.chunks(super::CHUNK) {
        attempt::Entity::update_many()
            .col_expr(attempt::Column::Reported, Expr::value(at))
            .col_expr(attempt::Column::Result, Expr::value("succeeded"))
            .filter(attempt::Column::Id.is_in(chunk.iter().copied()))
            .filter(attempt::Column::Result.is_null())
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// How long an agent that says it works on an attempt is waited for, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Beyond the time limit of the command.
    pub grace: i64,
    /// In all, since the attempt began.
    pub longest: i64,
}

/// Notes that an agent has attempts under way: an answer is overdue when the time limit has passed
/// once more.
pub async fn mark_under_way(
    connection: &impl ConnectionTrait,
    attempts: &[Uuid],
    now: i64,
    patience: Patience,
) -> StoreResult<()> {
    let mut by_limit: BTreeMap<i64, Vec<Uuid>> = BTreeMap::new();
    for chunk in attempts.chunks(super::CHUNK) {
        let limits: Vec<(Uuid, i64)> = agent_command::Entity::find()
            .select_only()
            .column(agent_command::Column::AttemptId)
            .column(agent_command::Column::TimeLimitMs)
            .filter(agent_command::Column::AttemptId.is_in(chunk.iter().copied()))
            .filter(agent_command::Column::Finished.is_null())
            .into_tuple()
            .all(connection)
            .await?;
        for (attempt, limit) in limits {
            by_limit.entry(limit).or_default().push(attempt);
        }
    }
    for (limit, attempts) in by_limit {
        let deadline = now + limit + patience.grace;
        for chunk in attempts.chunks(super::CHUNK) {
            attempt::Entity::update_many()
                .col_expr(attempt::Column::Deadline, Expr::value(deadline))
                .col_expr(attempt::Column::Asked, Expr::value(0_i64))
                .filter(attempt::Column::Id.is_in(chunk.iter().copied()))
                .filter(attempt::Column::Result.is_null())
                .filter(attempt::Column::Deadline.lt(deadline))
                .filter(attempt::Column::Started.gt(now - patience.longest))
                .exec(connection)
                .await?;
        }
    }
    Ok(())
}
