//! Versions of applications.

use super::body::Body;
use super::query::Asked;
use super::refused::Refused;
use super::wire::{self, ApplicationVersion, MadeVersion, ModuleVersion, instant};
use super::{Caller, key};
use crate::ServerState;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use backend::{Tag, TagModule};
use domain::view::{MAX_PAGE, NewVersion, VERSION_PAGE, VersionFilter};
use domain::{AppError, ApplicationId, EnvironmentId, VersionId};
use std::collections::BTreeSet;

/// `GET applications/{application}/versions?MaximumVersionsToReturn=&ChangeLogFilter=`
pub(super) async fn list(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(application): Path<String>,
    asked: Asked,
) -> Result<Json<Vec<ApplicationVersion>>, Refused> {
    let application: ApplicationId = key(&application, "application")?;
    let most = asked.count("MaximumVersionsToReturn")?;
    let filter = VersionFilter {
        text: asked.text("ChangeLogFilter").unwrap_or_default().to_owned(),
        ..VersionFilter::newest(application, most.unwrap_or(VERSION_PAGE).min(MAX_PAGE))
    };
    let tags = state.backend.list_tags(&actor, filter).await?;
    let tags = tags.into_iter().map(|tag| version(application, tag));
    Ok(Json(tags.collect()))
}

/// `GET applications/{application}/versions/{version}?IncludeModules=`
pub(super) async fn read(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path((application, id)): Path<(String, String)>,
    asked: Asked,
) -> Result<Json<ApplicationVersion>, Refused> {
    let application: ApplicationId = key(&application, "application")?;
    let id: VersionId = key(&id, "version")?;
    let modules = asked.flag("IncludeModules")?;
    let mut tag = state.backend.read_tag(&actor, application, id).await?;
    if !modules {
        tag.modules.clear();
    }
    Ok(Json(version(application, tag)))
}

/// `POST environments/{environment}/applications/{application}/versions`: tags what runs there.
pub(super) async fn create(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path((environment, application)): Path<(String, String)>,
    Body(new): Body<wire::NewVersion>,
) -> Result<(StatusCode, Json<MadeVersion>), Refused> {
    let environment: EnvironmentId = key(&environment, "environment")?;
    let application: ApplicationId = key(&application, "application")?;
    let runs = state
        .backend
        .read_installed(&actor, application, Some(environment))
        .await?;
    // Read after what runs: who tags something else meanwhile is found out by the revision.
    let detail = state.backend.read_application(&actor, application).await?;
    let place = detail
        .cells
        .iter()
        .position(|cell| cell.environment == environment);
    let revision = place.and_then(|place| detail.running_revisions.get(place).copied().flatten());
    let Some(running_revision) = revision else {
        return Err(AppError::not_found(format!("{} in this environment", detail.name)).into());
    };
    let known: BTreeSet<String> = new
        .module_version_keys
        .iter()
        .map(|key| key.to_ascii_lowercase())
        .collect();
    let there = runs.places.iter().flat_map(|place| &place.modules);
    let there: BTreeSet<String> = there.map(ToString::to_string).collect();
    if !known.is_empty() && known != there {
        return Err(Refused::invalid(format!(
            "ModuleVersionKeys is not what runs of {} there now. Read it again, or leave it out.",
            detail.name
        )));
    }
    let new = NewVersion {
        application,
        environment,
        number: new.version,
        description: new.change_log,
        running_revision,
    };
    let made = state.backend.tag_version(&actor, new).await?;
    Ok((
        StatusCode::CREATED,
        Json(MadeVersion {
            application_version_key: made.to_string(),
        }),
    ))
}

fn version(application: ApplicationId, tag: Tag) -> ApplicationVersion {
    ApplicationVersion {
        key: tag.row.id.to_string(),
        application_key: application.to_string(),
        version: tag.row.number.to_string(),
        change_log: tag.row.description,
        created_on: instant(tag.row.created.at),
        created_by: tag.row.created.by.name,
        created_by_username: tag.row.created.by.login,
        in_use: !tag.row.running_in.is_empty(),
        mobile_versions: [],
        primary_color: "",
        native_hash: "",
        module_versions: tag.modules.into_iter().map(module).collect(),
        environment_key: tag.environment.to_string(),
    }
}

fn module(module: TagModule) -> ModuleVersion {
    ModuleVersion {
        key: module.version.to_string(),
        module_key: module.module.to_string(),
        created_on: instant(module.created.at),
        created_by: module.created.by.name,
        created_by_username: module.created.by.login,
        general_hash: module.digest,
        direct_upgrade_from_hash: "",
    }
}
