//! How fast earlier runs went, and how far those are that run now.

use super::CHUNK;
use crate::StoreResult;
use crate::entity::plans::{plan, run, step};
use domain::execution::{Phase, StepState};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

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

/// How much of a wave is still to be switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct WaveLeft {
    /// The run.
    pub run_id: Uuid,
    /// The wave's number.
    pub wave: i64,
    /// How many of its steps have not ended.
    pub open: i64,
}

/// The waves of these runs, by run and number.
pub async fn list_waves(
    connection: &impl ConnectionTrait,
    runs: &[Uuid],
) -> StoreResult<Vec<WaveLeft>> {
    let open: Expr = Expr::case(
        step::Column::State.is_in([StepState::Waiting.as_str(), StepState::Running.as_str()]),
        1_i64,
    )
    .finally(0_i64)
    .into();
    let mut waves = Vec::new();
    for chunk in runs.chunks(CHUNK) {
        let rows = step::Entity::find()
            .select_only()
            .columns([step::Column::RunId, step::Column::Wave])
            .column_as(open.clone().sum().cast_as("bigint"), "open")
            .filter(step::Column::RunId.is_in(chunk.iter().copied()))
            .filter(step::Column::Phase.eq(Phase::Activate.as_str()))
            .group_by(step::Column::RunId)
            .group_by(step::Column::Wave)
            .order_by_asc(step::Column::RunId)
            .order_by_asc(step::Column::Wave)
            .into_model::<WaveLeft>()
            .all(connection);
        waves.extend(rows.await?);
    }
    Ok(waves)
}
