//! Plans that hold a slot of their target, as the environments' screens show them.

use crate::Backend;
use domain::plan::PlanStatus;
use domain::view::ActivePlanRef;
use domain::{AppError, EnvironmentId};
use store::plans_active;

impl Backend {
    /// Running, paused, prepared and aborting plans with their targets, newest first.
    pub(crate) async fn active_plans(
        &self,
    ) -> Result<Vec<(EnvironmentId, ActivePlanRef)>, AppError> {
        let rows = plans_active::list(self.store.read()).await?;
        Ok(rows
            .into_iter()
            .filter_map(|plan| {
                let status = PlanStatus::ALL
                    .into_iter()
                    .find(|status| status.as_str() == plan.status)?;
                let steps = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
                Some((
                    EnvironmentId(plan.target_id),
                    ActivePlanRef {
                        number: u64::try_from(plan.number).ok()?,
                        name: plan.name,
                        status,
                        progress: (steps(plan.steps_done), steps(plan.steps_total)),
                    },
                ))
            })
            .collect())
    }
}
