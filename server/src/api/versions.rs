//! Versions: listed, taken along, removed (domain.md V11, V12). Nothing is decided here.

use super::wire::{Version, Versions};
use super::{Caller, Refused};
use crate::{ServerState, export};
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use domain::view::{VERSION_PAGE, VersionFilter};
use domain::{ApplicationId, VersionId};
use serde::Deserialize;
use std::str::FromStr;

/// Which versions are asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    text: String,
    #[serde(default)]
    offset: u64,
    #[serde(default = "page")]
    limit: u32,
}

const fn page() -> u32 {
    VERSION_PAGE
}

/// An id of the address; what is none is nothing that exists.
fn id<T: FromStr>(text: &str, what: &str) -> Result<T, Refused> {
    text.parse().map_err(|_| {
        Refused::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("There is no such {what}."),
        )
    })
}

/// `GET /api/v1/applications/{application}/versions?text=&offset=&limit=`
pub(super) async fn list_versions(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(application): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Versions>, Refused> {
    let application: ApplicationId = id(&application, "application")?;
    let Query(asked) = asked.map_err(|rejection| {
        Refused::new(
            StatusCode::BAD_REQUEST,
            "not_understood",
            format!(
                "The address is not what this call takes (text, offset, limit): {}",
                rejection.body_text()
            ),
        )
    })?;
    let filter = VersionFilter {
        application,
        text: asked.text,
        offset: asked.offset,
        limit: asked.limit,
    };
    let page = state.backend.list_versions(&actor, filter).await?;
    Ok(Json(Versions {
        versions: page
            .rows
            .into_iter()
            .map(|row| Version {
                id: row.id.0,
                number: row.number.to_string(),
                description: row.description,
                created: row.created.at.0,
                created_by: row.created.by.name,
                environment: row.environment,
                running_in: row.running_in,
                hotfix: row.hotfix,
            })
            .collect(),
        offset: page.offset,
        total: page.total,
    }))
}

/// `GET /api/v1/versions/{version}/package`
pub(super) async fn download_package(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(version): Path<String>,
) -> Result<Response, Refused> {
    let version: VersionId = id(&version, "version")?;
    let package = state.backend.open_package(&actor, version).await?;
    Ok(export::package_answer(package))
}

/// `DELETE /api/v1/versions/{version}`
pub(super) async fn delete_version(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(version): Path<String>,
) -> Result<StatusCode, Refused> {
    let version: VersionId = id(&version, "version")?;
    state.backend.delete_version(&actor, version).await?;
    Ok(StatusCode::NO_CONTENT)
}
