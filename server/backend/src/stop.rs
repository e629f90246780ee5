//! Asking a run to stop: by a person who aborts it, or because its environment goes into
//! maintenance.

use crate::Backend;
use crate::engine::stage_from;
use crate::plans::Plan;
use domain::AppError;
use domain::execution::{Stage, StepKind, StepState};
use domain::plan::PlanState;
use store::entity::plans::{plan, run, step};
use store::{DatabaseTransaction, Set, executions};
use uuid::Uuid;

/// Who wants a run to stop, when and why.
pub(crate) struct StopRequest {
    pub(crate) at: i64,
    pub(crate) by: Option<Uuid>,
    pub(crate) reason: String,
}

impl StopRequest {
    /// What it changes of the run.
    pub(crate) fn as_change(&self) -> run::ActiveModel {
        run::ActiveModel {
            stop_requested: Set(Some(self.at)),
            stop_by: Set(self.by),
            stop_reason: Set(Some(self.reason.clone())),
            ..Default::default()
        }
    }
}

/// How far a run may be for somebody to stop it (decisions, "Running a plan").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// Until it is over: people, who see what goes back.
    Over,
    /// Until the first switch: programs.
    Switching,
}

impl Backend {
    /// Asks the run of a plan to stop; `next` is where the plan stands then.
    pub(crate) async fn stop_run(
        &self,
        tx: &DatabaseTransaction,
        plan: &Plan,
        next: PlanState,
        request: &StopRequest,
    ) -> Result<(), AppError> {
        store::prepared::forget(tx, plan.row.id).await?;
        let mut stamps = plan::ActiveModel {
            aborted: Set(Some(request.at)),
            aborted_by: Set(request.by),
            abort_reason: Set(Some(request.reason.clone())),
            ..Default::default()
        };
        crate::pause::end(&plan.row, &mut stamps, request.at);
        self.set_status(tx, plan, next, stamps).await?;
        // A plan's run has the plan's id.
        executions::update_run(tx, plan.row.id, request.as_change()).await?;
        Ok(())
    }
}

/// Whether a run can be stopped: it is not over and does not stop already.
pub(crate) fn may_stop(run: &run::Model) -> bool {
    matches!(
        stage_from(&run.stage),
        Stage::Forward | Stage::Prepared | Stage::Suspended
    )
}

/// Whether everything that the target shall run is switched, so that only its end is missing.
pub(crate) fn has_switched_all(steps: &[step::Model]) -> bool {
    let mut switching = steps
        .iter()
        .filter(|step| {
            matches!(
                StepKind::parse(&step.kind),
                Some(StepKind::Activate | StepKind::Remove)
            )
        })
        .peekable();
    switching.peek().is_some() && switching.all(|step| step.state == StepState::Succeeded.as_str())
}

/// Whether anything of what the target runs was switched, or is being switched.
pub(crate) fn has_begun_to_switch(steps: &[step::Model]) -> bool {
    let mut switching = steps.iter().filter(|step| {
        matches!(
            StepKind::parse(&step.kind),
            Some(StepKind::Activate | StepKind::Remove)
        )
    });
    switching.any(|step| step.state != StepState::Waiting.as_str() || step.started.is_some())
}
