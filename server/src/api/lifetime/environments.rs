//! Environments.

use super::refused::Refused;
use super::wire::{DeploymentTechnology, DeploymentZone, Environment};
use super::{Caller, key};
use crate::ServerState;
use app::routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use backend::Actor;
use domain::environment::{Infrastructure, LinkState, Purpose};
use domain::view::EnvironmentDetail;
use domain::{AppError, EnvironmentId};

/// `GET environments`
pub(super) async fn list(
    State(state): State<ServerState>,
    Caller(actor): Caller,
) -> Result<Response, Refused> {
    let all = state.backend.list_environments(&actor).await?;
    if all.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let all: Vec<Environment> = all.into_iter().map(environment).collect();
    Ok(Json(all).into_response())
}

/// `GET environments/{environment}`
pub(super) async fn read(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Json<Environment>, Refused> {
    let id: EnvironmentId = key(&id, "environment")?;
    Ok(Json(environment(find(&state, &actor, id).await?)))
}

/// `GET environments/{environment}/deploymentzones`
pub(super) async fn zones(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Json<[DeploymentZone; 1]>, Refused> {
    let id: EnvironmentId = key(&id, "environment")?;
    let found = find(&state, &actor, id).await?;
    Ok(Json([DeploymentZone {
        key: found.row.id.to_string(),
        name: "Default",
        is_default: true,
        deployment_technology: DeploymentTechnology {
            key: "agent",
            name: "Slipway agent",
        },
    }]))
}

async fn find(
    state: &ServerState,
    actor: &Actor,
    id: EnvironmentId,
) -> Result<EnvironmentDetail, AppError> {
    let all = state.backend.list_environments(actor).await?;
    all.into_iter()
        .find(|environment| environment.row.id == id)
        .ok_or_else(|| AppError::not_found("This environment"))
}

fn environment(detail: EnvironmentDetail) -> Environment {
    let address = detail.address.unwrap_or_default();
    let (scheme, host) = address.split_once("://").unwrap_or(("", &address));
    Environment {
        key: detail.row.id.to_string(),
        name: detail.row.name,
        os_version: concat!(env!("CARGO_PKG_VERSION"), ".0").to_owned(),
        order: detail.row.position,
        details_url: routes::ENVIRONMENTS.to_owned(),
        host_name: host.trim_end_matches('/').to_owned(),
        use_https: scheme.eq_ignore_ascii_case("https"),
        environment_type: match detail.row.purpose {
            Purpose::Development => "Development",
            Purpose::Test => "Test",
            Purpose::Production => "Production",
        },
        number_of_front_ends: 1,
        application_server_type: "",
        application_server: "",
        database_provider: "",
        is_cloud_environment: detail.rules.infrastructure != Infrastructure::SelfManaged,
        is_offline: detail.row.link != LinkState::Online,
    }
}
