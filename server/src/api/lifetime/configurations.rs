//! Where applications may not be deployed to (domain.md B8).

use super::body::Body;
use super::refused::Refused;
use super::wire::{ChangedConfigurations, Configuration, Configurations};
use super::{Caller, key};
use crate::ServerState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use backend::Block;
use domain::ApplicationId;

/// `GET applications/{application}/configurations`
pub(super) async fn read(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Json<Configurations>, Refused> {
    let id: ApplicationId = key(&id, "application")?;
    let detail = state.backend.read_application(&actor, id).await?;
    let cells = detail.cells.into_iter().map(|cell| Configuration {
        environment_key: cell.environment.to_string(),
        is_blocked: cell.marks.blocked,
        is_blocked_change_reason: cell.block_reason.unwrap_or_default(),
    });
    Ok(Json(Configurations {
        configurations: cells.collect(),
    }))
}

/// `PUT applications/{application}/configurations`: all of it or nothing.
pub(super) async fn change(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    Body(asked): Body<ChangedConfigurations>,
) -> Result<StatusCode, Refused> {
    let id: ApplicationId = key(&id, "application")?;
    let mut blocks = Vec::with_capacity(asked.configurations.len());
    for one in asked.configurations {
        blocks.push(Block {
            environment: key(&one.environment_key, "environment")?,
            blocked: one.is_blocked,
            reason: one.is_blocked_change_reason,
        });
    }
    state.backend.read_installed(&actor, id, None).await?;
    state.backend.set_blocks(&actor, id, blocks).await?;
    Ok(StatusCode::NO_CONTENT)
}
