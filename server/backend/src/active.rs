//! Plans that hold a slot of their target, as the environments' screens show them.

use crate::Backend;
use domain::plan::{Intervention, PlanStatus};
use domain::view::ActivePlanRef;
use domain::{AppError, EnvironmentId};
use store::entity::plans::plan;
use store::plans_active;

impl Backend {
    /// Running, paused, prepared and aborting plans with their targets, newest first.
    pub(crate) async fn active_plans(
        &self,
    ) -> Result<Vec<(EnvironmentId, ActivePlanRef)>, AppError> {
        let rows = plans_active::list(self.store.read()).await?;
        Ok(rows
            .into_iter()
            .filter_map(|plan| Some((EnvironmentId(plan.target_id), active_ref(plan)?)))
            .collect())
    }
}

/// A stored plan that holds a slot.
pub(crate) fn active_ref(row: plan::Model) -> Option<ActivePlanRef> {
    let steps = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
    Some(ActivePlanRef {
        number: u64::try_from(row.number).ok()?,
        name: row.name,
        status: PlanStatus::parse(&row.status)?,
        intervention: row.intervention.as_deref().and_then(Intervention::parse),
        progress: (steps(row.steps_done), steps(row.steps_total)),
    })
}
