//! What a deployment is told to do.

use super::deployments::words;
use super::query::Asked;
use super::refused::Refused;
use super::{Caller, key, shown};
use crate::ServerState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use backend::{Actor, DeploymentStart};
use domain::PlanId;
use domain::impact::Severity;
use domain::view::StartOutcome;

/// Why a run was stopped whose program does not say.
const ABORTED: &str = "Aborted through the API.";
/// Why a run goes on with errors whose program does not say.
const IN_SPITE: &str = "ContinueWithErrors was set through the API.";

/// `POST deployments/{deployment}/{command}`
pub(super) async fn command(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path((id, command)): Path<(String, String)>,
    asked: Asked,
) -> Result<StatusCode, Refused> {
    let id: PlanId = key(&id, "deployment")?;
    match command.as_str() {
        "start" => start(&state, &actor, id, &asked).await?,
        "continue" => state.backend.continue_deployment(&actor, id).await?,
        "abort" => {
            let reason = asked.text("Reason").unwrap_or(ABORTED);
            state.backend.abort_deployment(&actor, id, reason).await?;
        }
        other => {
            return Err(Refused::not_found(format!(
                "A deployment has no command {}. There are start, continue and abort.",
                shown(other)
            )));
        }
    }
    Ok(StatusCode::ACCEPTED)
}

async fn start(
    state: &ServerState,
    actor: &Actor,
    id: PlanId,
    asked: &Asked,
) -> Result<(), Refused> {
    let start = DeploymentStart {
        redeploy_outdated: asked.flag("RedeployOutdated")?,
        in_spite_because: asked
            .flag("ContinueWithErrors")?
            .then(|| asked.text("Reason").unwrap_or(IN_SPITE).to_owned()),
    };
    match state.backend.start_deployment(actor, id, start).await? {
        StartOutcome::Started => Ok(()),
        StartOutcome::Refused(report) => {
            // What the findings are about is named as it is now.
            let check = state.backend.check_deployment(actor, id).await?;
            let errors = report.findings.iter();
            let errors = errors.filter(|finding| finding.severity == Severity::Error);
            let errors: Vec<String> = errors.map(|finding| words(&check, finding)).collect();
            Err(Refused::all(errors))
        }
    }
}
