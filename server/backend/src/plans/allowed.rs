//! What an edit of a plan may bring besides its form: what the target blocks stays at *Do nothing*,
//! and consumers and values are for who may change and deploy.

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

/// Refuses if the edit changes which consumers are republished, or what is set and when that takes
/// effect, and the actor may not deploy (domain.md 3.4). That consumers are not republished when the plan
/// goes another way is no choice of anybody; that its values are lost is.
pub(super) fn require_rights(
    actor: &Actor,
    before: &PlanContent,
    after: &PlanContent,
) -> Result<(), AppError> {
    let is_added = |module| !before.republish.contains(module);
    let ticks = if (before.source, before.target) == (after.source, after.target) {
        before.republish != after.republish
    } else {
        after.republish.iter().any(is_added)
    };
    let values = before.settings != after.settings || before.settings_after != after.settings_after;
    if ticks || values {
        actor.require(Action::DeployApplications)?;
    }
    Ok(())
}
