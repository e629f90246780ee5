//! What a plan replaced. It may have waited for days between its start and its switch, and its target
//! may have become another one meanwhile.

use domain::AppError;
use domain::plan::PlanStatus;
use std::collections::BTreeMap;
use store::entity::plans::plan;
use store::{ConnectionTrait, executions};
use uuid::Uuid;

/// Since when a plan's target is another one because of the plan: since it began to switch. One that
/// was over before that changed nothing since its start. None for a plan that has not begun yet:
/// what it will replace is what runs now.
pub(crate) async fn replaces_since(
    connection: &impl ConnectionTrait,
    row: &plan::Model,
) -> Result<Option<i64>, AppError> {
    let Some(started) = row.started else {
        return Ok(None);
    };
    // A plan's run has the plan's id.
    let switched = executions::began_to_switch(connection, row.id).await?;
    let is_over = PlanStatus::parse(&row.status).is_some_and(PlanStatus::is_terminal);
    Ok(switched.or(is_over.then_some(started)))
}

/// The numbers that a target runs now of these applications.
pub(super) async fn numbers_now(
    connection: &impl ConnectionTrait,
    target: Uuid,
    applications: &[Uuid],
) -> Result<BTreeMap<Uuid, Option<String>>, AppError> {
    let running = store::plans::list_running(connection, &[target], applications).await?;
    Ok(running
        .into_iter()
        .filter(|row| row.present)
        .map(|row| (row.application_id, row.number))
        .collect())
}

/// Notes once more what a plan's target runs of its applications, before it goes on to switch them.
pub(crate) async fn note_what_runs(
    connection: &impl ConnectionTrait,
    row: &plan::Model,
) -> Result<(), AppError> {
    let operations = store::plans::list_operations(connection, row.id).await?;
    let ids: Vec<Uuid> = operations.iter().map(|row| row.application_id).collect();
    let now = numbers_now(connection, row.target_id, &ids).await?;
    for operation in operations {
        let number = now.get(&operation.application_id).cloned().flatten();
        if number != operation.from_number {
            let of = (row.id, operation.application_id);
            store::plans::set_from_number(connection, of, number).await?;
        }
    }
    Ok(())
}
