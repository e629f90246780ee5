//! Server functions of applications and versions. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use crate::wire::Wire;
use domain::view::{
    ApplicationCounts, ApplicationDetail, ApplicationFilter, ApplicationRow, Deliveries, Found,
    GraphView, NewRetag, NewVersion, OlderState, Page, PossibleMove, TagBases, VersionFilter,
    VersionRow,
};
use domain::{ApplicationId, EnvironmentId, VersionId};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::signed_in;

/// A page of the matrix.
#[server(input = Wire, output = Wire, endpoint = "list_applications")]
pub async fn list_applications(
    filter: ApplicationFilter,
) -> Result<Page<ApplicationRow>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_applications(&actor, filter)
        .await
        .map_err(ApiError::from)
}

/// The numbers on the tabs and lane heads.
#[server(input = Wire, output = Wire, endpoint = "count_applications")]
pub async fn count_applications(filter: ApplicationFilter) -> Result<ApplicationCounts, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .count_applications(&actor, filter)
        .await
        .map_err(ApiError::from)
}

/// One application's page.
#[server(input = Wire, output = Wire, endpoint = "read_application")]
pub async fn read_application(application: ApplicationId) -> Result<ApplicationDetail, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_application(&actor, application)
        .await
        .map_err(ApiError::from)
}

/// An application's tags, newest first.
#[server(input = Wire, output = Wire, endpoint = "list_versions")]
pub async fn list_versions(filter: VersionFilter) -> Result<Page<VersionRow>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_versions(&actor, filter)
        .await
        .map_err(ApiError::from)
}

/// Where plans brought these versions, and with which notes.
#[server(input = Wire, output = Wire, endpoint = "list_deliveries")]
pub async fn list_deliveries(
    versions: Vec<VersionId>,
    offset: u64,
) -> Result<Vec<Deliveries>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_deliveries(&actor, versions, offset)
        .await
        .map_err(ApiError::from)
}

/// Who uses it and whom it uses.
#[server(input = Wire, output = Wire, endpoint = "read_graph")]
pub async fn read_graph(
    application: ApplicationId,
    environment: EnvironmentId,
) -> Result<GraphView, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_graph(&actor, application, environment)
        .await
        .map_err(ApiError::from)
}

/// Tags what an environment runs.
#[server(input = Wire, output = Wire, endpoint = "tag_version")]
pub async fn tag_version(new: NewVersion) -> Result<VersionId, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .tag_version(&actor, new)
        .await
        .map_err(ApiError::from)
}

/// The tags that can be the base of a new one in an environment.
#[server(input = Wire, output = Wire, endpoint = "list_tag_bases")]
pub async fn list_tag_bases(
    application: ApplicationId,
    environment: EnvironmentId,
) -> Result<TagBases, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_tag_bases(&actor, application, environment)
        .await
        .map_err(ApiError::from)
}

/// What a tag is made of, and what could be tagged instead.
#[server(input = Wire, output = Wire, endpoint = "read_older_state")]
pub async fn read_older_state(
    application: ApplicationId,
    environment: EnvironmentId,
    base: VersionId,
) -> Result<OlderState, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_older_state(&actor, application, environment, base)
        .await
        .map_err(ApiError::from)
}

/// Tags an older state anew.
#[server(input = Wire, output = Wire, endpoint = "retag_version")]
pub async fn retag_version(new: NewRetag) -> Result<VersionId, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .retag_version(&actor, new)
        .await
        .map_err(ApiError::from)
}

/// Removes a tag that nothing needs.
#[server(input = Wire, output = Wire, endpoint = "delete_version")]
pub async fn delete_version(version: VersionId) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .delete_version(&actor, version)
        .await
        .map_err(ApiError::from)
}

/// Finds things by name or number.
#[server(input = Wire, output = Wire, endpoint = "find")]
pub async fn find(text: String) -> Result<Found, ApiError> {
    let (backend, actor) = signed_in()?;
    backend.find(&actor, &text).await.map_err(ApiError::from)
}

/// Finds applications by name, each with the environments between which it can be moved.
#[server(input = Wire, output = Wire, endpoint = "find_moves")]
pub async fn find_moves(text: String) -> Result<Vec<PossibleMove>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .find_moves(&actor, &text)
        .await
        .map_err(ApiError::from)
}

/// Keeps an application from being deployed to an environment, or lets it be deployed there again.
#[server(input = Wire, output = Wire, endpoint = "set_blocked")]
pub async fn set_blocked(
    application: ApplicationId,
    environment: EnvironmentId,
    blocked: bool,
    reason: String,
) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    let done = if blocked {
        let blocking = backend.block_application(&actor, application, environment, &reason);
        blocking.await
    } else {
        let lifting = backend.unblock_application(&actor, application, environment, &reason);
        lifting.await
    };
    done.map_err(ApiError::from)
}
