//! Uploading bundles and publishing them. Nothing is decided here.

use super::wire::{Bundles, Line, NewPublication, Publication, PublicationState};
use super::{Caller, Refused};
use crate::ServerState;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use backend::MAX_BUNDLE;
use serde::Deserialize;
use uuid::Uuid;

/// `POST /api/v1/bundles/missing`
pub(super) async fn missing_bundles(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    body: Result<Json<Bundles>, JsonRejection>,
) -> Result<Json<Bundles>, Refused> {
    let Json(asked) = body?;
    let digests = state
        .backend
        .missing_bundles(&actor, asked.digests, asked.environment)
        .await?;
    Ok(Json(Bundles {
        digests,
        environment: None,
    }))
}

/// `PUT /api/v1/bundles/{digest}`
pub(super) async fn upload_bundle(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(digest): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refused> {
    // Only digests name bundles; anything else never reaches the blob store.
    digest
        .parse::<bundle::Digest>()
        .map_err(|error| Refused::new(StatusCode::BAD_REQUEST, "bad_digest", error.to_string()))?;
    if is_too_large(&headers) {
        return Err(Refused::too_large());
    }
    state
        .backend
        .receive_bundle(&actor, &digest, body.into_data_stream())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether a request says beforehand that its bundle is too large; then nothing of it is read.
pub(crate) fn is_too_large(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok())
        .is_some_and(|length| length > MAX_BUNDLE)
}

/// `POST /api/v1/publications`
pub(super) async fn publish(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    body: Result<Json<NewPublication>, JsonRejection>,
) -> Result<(StatusCode, Json<Publication>), Refused> {
    let Json(new) = body?;
    let new = backend::NewPublication {
        environment: new.environment,
        bundles: new.bundles,
        allow_missing: new.allow_missing,
    };
    let id = state.backend.publish(&actor, new).await?;
    Ok((StatusCode::ACCEPTED, Json(Publication { id })))
}

/// The line after which to go on.
#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: u64,
}

/// `GET /api/v1/publications/{id}?after=N`
pub(super) async fn read_publication(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Json<PublicationState>, Refused> {
    let id = Uuid::try_parse(&id).map_err(|_| {
        Refused::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "There is no such publication.",
        )
    })?;
    let after = after.map_or(0, |Query(after)| after.after);
    let found = state.backend.read_publication(&actor, id, after).await?;
    Ok(Json(PublicationState {
        state: match found.succeeded {
            None => "running",
            Some(true) => "succeeded",
            Some(false) => "failed",
        }
        .to_owned(),
        lines: found
            .lines
            .into_iter()
            .map(|line| Line {
                number: line.number,
                level: line.level.to_owned(),
                text: line.text,
            })
            .collect(),
        error: found.error,
    }))
}
