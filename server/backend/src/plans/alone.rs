//! Environments that take one saved plan at a time (PP3, PM4).

use super::Plan;
use crate::Backend;
use domain::{AppError, EnvironmentId};
use store::DatabaseTransaction;

impl Backend {
    /// Refuses to make a plan one of those saved for `target`, where only one may be and another
    /// one is not over.
    pub(super) async fn require_alone(
        &self,
        tx: &DatabaseTransaction,
        plan: &Plan,
        target: EnvironmentId,
    ) -> Result<(), AppError> {
        let found = store::environments::find(tx, target.0).await?;
        let found = store::or_missing(found, "The target environment")?;
        if found.parallel_creation {
            return Ok(());
        }
        // Who does the same at this moment waits here, and then finds this plan.
        store::counters::raise(tx, store::counters::LANDSCAPE).await?;
        let open = store::line::find_open_plan(tx, target.0, Some(plan.row.id)).await?;
        match open {
            None => Ok(()),
            Some((number, name)) => Err(AppError::conflict(
                "creation_switched_off",
                format!(
                    "{} takes one saved plan at a time, and plan #{number} ({name}) is not over. {} was not saved; do it when that one is over, or let an administrator allow several plans for {}.",
                    found.name,
                    plan.title(),
                    found.name,
                ),
            )),
        }
    }
}
