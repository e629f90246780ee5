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
use domain::impact::{Report, Severity};
use domain::view::{ContinueOutcome, StartOutcome};

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
        "continue" => go_on(&state, &actor, id, &asked).await?,
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
        in_spite_because: in_spite(asked)?,
    };
    match state.backend.start_deployment(actor, id, start).await? {
        StartOutcome::Started => Ok(()),
        StartOutcome::Refused(report) => Err(refused(state, actor, id, &report).await?),
    }
}

async fn go_on(
    state: &ServerState,
    actor: &Actor,
    id: PlanId,
    asked: &Asked,
) -> Result<(), Refused> {
    let because = in_spite(asked)?;
    let outcome = state.backend.continue_deployment(actor, id, because);
    match outcome.await? {
        ContinueOutcome::Continued => Ok(()),
        ContinueOutcome::Refused(report) => Err(refused(state, actor, id, &report).await?),
    }
}

/// Why a run goes on with errors, if it shall.
fn in_spite(asked: &Asked) -> Result<Option<String>, Refused> {
    Ok(asked
        .flag("ContinueWithErrors")?
        .then(|| asked.text("Reason").unwrap_or(IN_SPITE).to_owned()))
}

/// What was found, in words.
async fn refused(
    state: &ServerState,
    actor: &Actor,
    id: PlanId,
    report: &Report,
) -> Result<Refused, Refused> {
    // What the findings are about is named as it is now.
    let check = state.backend.check_deployment(actor, id).await?;
    let errors = report.findings.iter();
    let errors = errors.filter(|finding| finding.severity == Severity::Error);
    let errors: Vec<String> = errors.map(|finding| words(&check, finding)).collect();
    Ok(Refused::all(errors))
}
