//! Commands that a run gives to its environment's agent.

use crate::StoreResult;
use crate::entity::catalog::bundle;
use crate::entity::environments::{agent, agent_command};
use crate::entity::plans::{attempt, step};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QuerySelect, QueryTrait, Set,
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A command without its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommand {
    /// The attempt that it is.
    pub attempt: Uuid,
    /// The run it belongs to.
    pub run: Uuid,
    /// The lease epoch of who gives it.
    pub epoch: i64,
    /// How long the agent may take.
    pub time_limit_ms: i64,
    /// The protocol's order as JSON.
    pub body: String,
}

/// The agent of an environment, if one has joined.
pub async fn find_agent(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<Option<agent::Model>> {
    Ok(agent::Entity::find()
        .filter(agent::Column::EnvironmentId.eq(environment))
        .one(connection)
        .await?)
}

/// Queues commands for an agent in this order. A command whose attempt is queued already moves to
/// the end with its new epoch, so that the agent gets it once more.
pub async fn queue_commands(
    connection: &impl ConnectionTrait,
    agent_id: Uuid,
    commands: &[NewCommand],
    now: i64,
) -> StoreResult<()> {
    if commands.is_empty() {
        return Ok(());
    }
    let count = i64::try_from(commands.len()).unwrap_or(0);
    let raised = agent::Entity::update_many()
        .col_expr(
            agent::Column::NextCommand,
            Expr::col(agent::Column::NextCommand).add(count),
        )
        .filter(agent::Column::Id.eq(agent_id))
        .exec_with_returning(connection)
        .await?;
    let first = raised.first().map_or(1, |row| row.next_command - count);
    for (chunk, from) in commands
        .chunks(super::CHUNK)
        .zip((first..).step_by(super::CHUNK))
    {
        agent_command::Entity::delete_many()
            .filter(agent_command::Column::AttemptId.is_in(chunk.iter().map(|c| c.attempt)))
            .exec(connection)
            .await?;
        let rows = (from..)
            .zip(chunk)
            .map(|(number, command)| agent_command::ActiveModel {
                agent_id: Set(agent_id),
                number: Set(number),
                attempt_id: Set(command.attempt),
                run_id: Set(command.run),
                epoch: Set(command.epoch),
                time_limit_ms: Set(command.time_limit_ms),
                body: Set(command.body.clone()),
                created: Set(now),
                finished: Set(None),
            });
        agent_command::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// Takes back the commands of these attempts: an agent that has not got them never will.
pub async fn withdraw_commands(
    connection: &impl ConnectionTrait,
    attempts: &[Uuid],
    now: i64,
) -> StoreResult<()> {
    for chunk in attempts.chunks(super::CHUNK) {
        agent_command::Entity::update_many()
            .col_expr(agent_command::Column::Finished, Expr::value(now))
            .filter(agent_command::Column::AttemptId.is_in(chunk.iter().copied()))
            .filter(agent_command::Column::Finished.is_null())
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// Takes back what a run that is over has told its agent, but not to clean up: that is right also
/// when the agent comes back much later.
pub async fn withdraw_run(
    connection: &impl ConnectionTrait,
    run: Uuid,
    now: i64,
) -> StoreResult<()> {
    let cleaning = attempt::Entity::find()
        .select_only()
        .column(attempt::Column::Id)
        .join(
            JoinType::InnerJoin,
            attempt::Entity::belongs_to(step::Entity)
                .from(attempt::Column::StepId)
                .to(step::Column::Id)
                .into(),
        )
        .filter(attempt::Column::RunId.eq(run))
        .filter(step::Column::Kind.eq("clean_up"))
        .into_query();
    agent_command::Entity::update_many()
        .col_expr(agent_command::Column::Finished, Expr::value(now))
        .filter(agent_command::Column::RunId.eq(run))
        .filter(agent_command::Column::Finished.is_null())
        .filter(agent_command::Column::AttemptId.not_in_subquery(cleaning))
        .exec(connection)
        .await?;
    Ok(())
}

/// The sizes of bundles, by digest; unknown ones are left out.
pub async fn bundle_sizes(
    connection: &impl ConnectionTrait,
    digests: &[String],
) -> StoreResult<BTreeMap<String, i64>> {
    let mut sizes = BTreeMap::new();
    for chunk in digests.chunks(super::CHUNK) {
        let rows = bundle::Entity::find()
            .filter(bundle::Column::Digest.is_in(chunk.iter().cloned()))
            .all(connection)
            .await?;
        sizes.extend(rows.into_iter().map(|row| (row.digest, row.size)));
    }
    Ok(sizes)
}
