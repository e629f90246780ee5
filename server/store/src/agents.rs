//! Agents, the codes with which they join, and the commands that wait for them.

use crate::entity::environments::{agent, agent_command, join_code};
use crate::error::{StoreError, StoreResult, changed_one};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// Attempts named in one statement.
const FINISHED_AT_ONCE: usize = 400;

/// Keeps a new join code.
pub async fn insert_join_code(
    connection: &impl ConnectionTrait,
    code: join_code::ActiveModel,
) -> StoreResult<()> {
    code.insert(connection).await?;
    Ok(())
}

/// A join code by its hash.
pub async fn find_join_code(
    connection: &impl ConnectionTrait,
    code_hash: &str,
) -> StoreResult<Option<join_code::Model>> {
    Ok(join_code::Entity::find_by_id(code_hash.to_owned())
        .one(connection)
        .await?)
}

/// Marks a join code as used; [`StoreError::Stale`] if somebody was faster.
pub async fn use_join_code(
    connection: &impl ConnectionTrait,
    code_hash: &str,
    now: i64,
) -> StoreResult<()> {
    let done = join_code::Entity::update_many()
        .col_expr(join_code::Column::Used, Expr::value(now))
        .filter(join_code::Column::CodeHash.eq(code_hash))
        .filter(join_code::Column::Used.is_null())
        .exec(connection)
        .await?;
    changed_one(done.rows_affected)
}

/// Removes join codes that could not be used any more before this time.
pub async fn remove_join_codes(connection: &impl ConnectionTrait, before: i64) -> StoreResult<u64> {
    let done = join_code::Entity::delete_many()
        .filter(join_code::Column::Expires.lt(before))
        .exec(connection)
        .await?;
    Ok(done.rows_affected)
}

/// An agent.
pub async fn find(
    connection: &impl ConnectionTrait,
    id: Uuid,
) -> StoreResult<Option<agent::Model>> {
    Ok(agent::Entity::find_by_id(id).one(connection).await?)
}

/// The agent of an environment.
pub async fn find_of_environment(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<Option<agent::Model>> {
    Ok(agent::Entity::find()
        .filter(agent::Column::EnvironmentId.eq(environment))
        .one(connection)
        .await?)
}

/// All agents.
pub async fn all(connection: &impl ConnectionTrait) -> StoreResult<Vec<agent::Model>> {
    Ok(agent::Entity::find().all(connection).await?)
}

/// Puts a new agent in the place of the one that served its environment, whose commands go too.
pub async fn replace(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    new: agent::ActiveModel,
) -> StoreResult<()> {
    if let Some(old) = find_of_environment(connection, environment).await? {
        agent_command::Entity::delete_many()
            .filter(agent_command::Column::AgentId.eq(old.id))
            .exec(connection)
            .await?;
        agent::Entity::delete_by_id(old.id).exec(connection).await?;
    }
    new.insert(connection).await?;
    Ok(())
}

/// Changes the named columns of an agent; [`StoreError::Missing`] if it is gone.
pub async fn update(
    connection: &impl ConnectionTrait,
    change: agent::ActiveModel,
) -> StoreResult<()> {
    agent::Entity::update(change)
        .validate()?
        .exec(connection)
        .await?;
    Ok(())
}

/// Notes that an agent was heard, and whether its stream is open if that is known.
pub async fn touch(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
    connected: Option<bool>,
) -> StoreResult<bool> {
    let mut change = agent::Entity::update_many()
        .col_expr(agent::Column::LastSeen, Expr::value(now))
        .filter(agent::Column::Id.eq(id));
    if let Some(connected) = connected {
        change = change.col_expr(agent::Column::Connected, Expr::value(connected));
    }
    Ok(change.exec(connection).await?.rows_affected == 1)
}

/// Notes the number of the last event of an agent that was recorded.
pub async fn note_events(
    connection: &impl ConnectionTrait,
    id: Uuid,
    number: i64,
) -> StoreResult<()> {
    agent::Entity::update_many()
        .col_expr(agent::Column::LastEvent, Expr::value(number))
        .filter(agent::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}

/// Notes that an agent's stream has ended; false if the agent is not known.
pub async fn disconnect(connection: &impl ConnectionTrait, id: Uuid) -> StoreResult<bool> {
    let done = agent::Entity::update_many()
        .col_expr(agent::Column::Connected, Expr::value(false))
        .filter(agent::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Marks all agents as away: at the start of the only console process.
pub async fn disconnect_all(connection: &impl ConnectionTrait) -> StoreResult<()> {
    agent::Entity::update_many()
        .col_expr(agent::Column::Connected, Expr::value(false))
        .exec(connection)
        .await?;
    Ok(())
}

/// Appends a command and gives its number; the attempt's earlier command if there is one.
pub async fn append_command(
    connection: &impl ConnectionTrait,
    command: NewCommand,
) -> StoreResult<i64> {
    let known = agent_command::Entity::find()
        .filter(agent_command::Column::AttemptId.eq(command.attempt))
        .one(connection)
        .await?;
    if let Some(known) = known {
        return Ok(known.number);
    }
    // Raised first, so that two writers never get the same number.
    agent::Entity::update_many()
        .col_expr(
            agent::Column::NextCommand,
            Expr::col(agent::Column::NextCommand).add(1),
        )
        .filter(agent::Column::Id.eq(command.agent))
        .exec(connection)
        .await?;
    let agent = find(connection, command.agent)
        .await?
        .ok_or(StoreError::Missing)?;
    let number = agent.next_command - 1;
    agent_command::ActiveModel {
        agent_id: sea_orm::Set(command.agent),
        number: sea_orm::Set(number),
        attempt_id: sea_orm::Set(command.attempt),
        run_id: sea_orm::Set(command.run),
        epoch: sea_orm::Set(command.epoch),
        time_limit_ms: sea_orm::Set(command.time_limit_ms),
        body: sea_orm::Set(command.body),
        created: sea_orm::Set(command.created),
        finished: sea_orm::Set(None),
    }
    .insert(connection)
    .await?;
    Ok(number)
}

/// A command to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommand {
    /// To whom.
    pub agent: Uuid,
    /// The attempt that it is.
    pub attempt: Uuid,
    /// The run it belongs to.
    pub run: Uuid,
    /// The lease epoch.
    pub epoch: i64,
    /// How long it may take.
    pub time_limit_ms: i64,
    /// The protocol's order, as JSON.
    pub body: String,
    /// When.
    pub created: i64,
}

/// An agent's unfinished commands with a number above `after`, in order, at most `limit`.
pub async fn commands_after(
    connection: &impl ConnectionTrait,
    agent: Uuid,
    after: i64,
    limit: u64,
) -> StoreResult<Vec<agent_command::Model>> {
    Ok(agent_command::Entity::find()
        .filter(agent_command::Column::AgentId.eq(agent))
        .filter(agent_command::Column::Number.gt(after))
        .filter(agent_command::Column::Finished.is_null())
        .order_by_asc(agent_command::Column::Number)
        .limit(limit)
        .all(connection)
        .await?)
}

/// The command of an attempt.
pub async fn find_command(
    connection: &impl ConnectionTrait,
    agent: Uuid,
    attempt: Uuid,
) -> StoreResult<Option<agent_command::Model>> {
    Ok(agent_command::Entity::find()
        .filter(agent_command::Column::AgentId.eq(agent))
        .filter(agent_command::Column::AttemptId.eq(attempt))
        .one(connection)
        .await?)
}

/// Marks the commands of attempts as finished.
pub async fn finish_commands(
    connection: &impl ConnectionTrait,
    agent: Uuid,
    attempts: &[Uuid],
    now: i64,
) -> StoreResult<()> {
    for chunk in attempts.chunks(FINISHED_AT_ONCE) {
        agent_command::Entity::update_many()
            .col_expr(agent_command::Column::Finished, Expr::value(now))
            .filter(agent_command::Column::AgentId.eq(agent))
            .filter(agent_command::Column::AttemptId.is_in(chunk.iter().copied()))
            .filter(agent_command::Column::Finished.is_null())
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// Removes commands that were finished before `before`.
pub async fn remove_finished(connection: &impl ConnectionTrait, before: i64) -> StoreResult<u64> {
    let done = agent_command::Entity::delete_many()
        .filter(agent_command::Column::Finished.lt(before))
        .exec(connection)
        .await?;
    Ok(done.rows_affected)
}
