//! What an edit of a plan may bring besides its form: what the target blocks stays at *Do nothing*,
//! and consumers are ticked by who may change them.

use super::draft::ends;
use crate::actor::Actor;
use domain::access::Action;
use domain::plan::{Choice, PlanContent};
use domain::{AppError, ApplicationId};
use store::DatabaseTransaction;

/// Refuses if `after` chooses something of an application that its target blocks (domain.md B3), and
/// `before` did not.
pub(super) async fn require_unblocked(
    tx: &DatabaseTransaction,
    before: &PlanContent,
    after: &PlanContent,
) -> Result<(), AppError> {
    let moved = before.target != after.target;
    let chosen: Vec<ApplicationId> = after
        .operations
        .iter()
        .filter(|operation| operation.choice != Choice::DoNothing)
        .filter(|operation| moved || !before.operations.contains(operation))
        .map(|operation| operation.application)
        .collect();
    if chosen.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = chosen.iter().map(|application| application.0).collect();
    let rows = store::plans::list_running(tx, &[after.target.0], &ids).await?;
    let Some(row) = rows.into_iter().find(|row| row.blocked) else {
        return Ok(());
    };
    let names = store::plans::list_application_names(tx, &[row.application_id]).await?;
    let name = names
        .get(&row.application_id)
        .map_or("The application", String::as_str);
    let (_, target) = ends(tx, after.source, after.target).await?;
    let reason = row.block_reason.filter(|reason| !reason.is_empty());
    let because = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    Err(AppError::conflict(
        "application_blocked",
        format!(
            "{name} is blocked for {}{because}, so it stays at Do nothing. Unblock it there first.",
            target.name
        ),
    ))
}

/// Refuses if `after` republishes consumers that `before` does not, and the actor may not change
/// them (domain.md 3.4).
pub(super) fn require_may_republish(
    actor: &Actor,
    before: &PlanContent,
    after: &PlanContent,
) -> Result<(), AppError> {
    let mut added = after.republish.iter();
    if added.any(|module| !before.republish.contains(module)) {
        actor.require(Action::DeployApplications)?;
    }
    Ok(())
}
