//! Where a deployment stands, with its log.

use super::refused::Refused;
use super::stream::{self, Part};
use super::wire::{LogLine, instant};
use super::{Caller, key};
use crate::ServerState;
use axum::extract::{Path, State};
use axum::response::Response;
use backend::{Actor, Backend};
use domain::execution::LogKind;
use domain::plan::{Intervention, PlanStatus};
use domain::view::{LogFilter, LogPage};
use domain::{AppError, PlanId};
use std::sync::Arc;

/// `GET deployments/{deployment}/status`
pub(super) async fn read(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Response, Refused> {
    let id: PlanId = key(&id, "deployment")?;
    let backend = Arc::clone(&state.backend);
    // Before the log: of what is over, all lines are there.
    let found = backend.read_deployment(&actor, id).await?;
    let number = found.number;
    let before = format!(
        "{{\"DeploymentStatus\":{},\"Info\":{},\"DeploymentLog\":[",
        stream::written(&status_word(found.status))?,
        stream::written(&info(found.status, found.intervention))?,
    );
    let first = part(&backend, &actor, number, 0).await?;
    Ok(stream::within(&before, "]}", first, move |after| {
        let (backend, actor) = (Arc::clone(&backend), actor.clone());
        async move { part(&backend, &actor, number, after.unwrap_or(0)).await }
    }))
}

async fn part(
    backend: &Backend,
    actor: &Actor,
    number: u64,
    after: u64,
) -> Result<Part<LogLine, u64>, AppError> {
    let filter = LogFilter {
        after,
        ..LogFilter::default()
    };
    let LogPage { lines, more, .. } = backend.read_log(actor, number, filter).await?;
    Ok(Part {
        next: lines.last().filter(|_| more).map(|line| line.number),
        rows: lines
            .into_iter()
            .map(|line| LogLine {
                instant: instant(line.at),
                message: match line.module {
                    Some(module) => format!("{module}: {}", line.text),
                    None => line.text,
                },
                kind: kind(line.kind),
            })
            .collect(),
    })
}

const fn kind(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Error | LogKind::StageAborted | LogKind::PublishStop => "Error",
        LogKind::Warning | LogKind::AcceptableError => "Warning",
        LogKind::Start
        | LogKind::Step
        | LogKind::StepSub
        | LogKind::Info
        | LogKind::End
        | LogKind::Unknown => "Info",
    }
}

/// Where a plan stands, as clients know it. What waits in line has not started.
pub(super) const fn status_word(status: PlanStatus) -> &'static str {
    match status {
        PlanStatus::Draft | PlanStatus::Saved | PlanStatus::Queued => "saved",
        PlanStatus::Running => "running",
        PlanStatus::NeedsIntervention => "needs_user_intervention",
        PlanStatus::Aborting => "aborting",
        PlanStatus::Aborted => "aborted",
        PlanStatus::FinishedSuccessful => "finished_successful",
        PlanStatus::FinishedWithWarnings => "finished_with_warnings",
        PlanStatus::FinishedWithErrors => "finished_with_errors",
    }
}

/// What it waits for; empty unless it does.
fn info(status: PlanStatus, intervention: Option<Intervention>) -> &'static str {
    if status != PlanStatus::NeedsIntervention {
        return "";
    }
    match intervention.unwrap_or(Intervention::DeploymentSuspended) {
        Intervention::Prepared => "deployment_prepared",
        other => other.as_str(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pause_has_the_word_that_clients_test_for() {
        let words = Intervention::ALL.map(|why| info(PlanStatus::NeedsIntervention, Some(why)));
        assert_eq!(
            words,
            [
                "deployment_prepared",
                "needs_configuration_or_confirmation",
                "business_process_impact",
                "deployment_suspended",
            ]
        );
        for status in PlanStatus::ALL {
            let said = info(status, None);
            assert_eq!(!said.is_empty(), status == PlanStatus::NeedsIntervention);
        }
    }
}
