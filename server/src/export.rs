//! Lists as files for other programs.

use crate::ServerState;
use crate::answer;
use crate::auth::Identity;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use backend::Package;
use domain::view::PlanFilter;
use domain::{AppError, Day, VersionId};
use futures::stream;

/// Where the plans of the list are as a table.
pub const PLANS_CSV: &str = app::routes::PLANS_CSV;

/// Where a version is as one file.
pub const PACKAGE: &str = app::routes::PACKAGE;

/// `GET /versions/{version}/package`: a version as one file, for somebody who is signed in.
pub async fn package(
    State(state): State<ServerState>,
    Extension(identity): Extension<Identity>,
    Path(version): Path<String>,
) -> Response {
    let Some(actor) = identity.actor else {
        return answer::error(&AppError::Unauthenticated, PACKAGE);
    };
    let Ok(version) = version.parse::<VersionId>() else {
        return answer::error(&AppError::not_found("This version"), PACKAGE);
    };
    match state.backend.open_package(&actor, version).await {
        Ok(package) => package_answer(package),
        Err(error) => answer::error(&error, PACKAGE),
    }
}

/// A version's package as a file that is saved.
pub(crate) fn package_answer(package: Package) -> Response {
    let name = format!("attachment; filename=\"{}\"", package.name);
    let head = [
        (header::CONTENT_TYPE, "application/x-tar".to_owned()),
        (header::CONTENT_LENGTH, package.size.to_string()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (head, Body::from_stream(package.bytes)).into_response()
}

/// `GET /plans.csv`: every plan that the filter matches (as in the list's address), as
/// comma-separated values, sent while it is read.
pub async fn plans(
    State(state): State<ServerState>,
    Extension(identity): Extension<Identity>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(actor) = identity.actor else {
        return answer::error(&AppError::Unauthenticated, PLANS_CSV);
    };
    let filter = PlanFilter::parse(&query.unwrap_or_default());
    // What is refused is told before the first byte.
    let first = match state.backend.export_plans(&actor, &filter, None).await {
        Ok(first) => first,
        Err(error) => return answer::error(&error, PLANS_CSV),
    };
    let today = Day::of(state.backend.time());
    let parts = stream::try_unfold(Some((first.lines, first.next)), move |part| {
        let (backend, actor, filter) = (state.backend.clone(), actor.clone(), filter.clone());
        async move {
            let Some((lines, next)) = part else {
                return Ok::<_, AppError>(None);
            };
            let following = match next {
                Some(after) => {
                    let part = backend.export_plans(&actor, &filter, Some(after)).await;
                    let part = part.inspect_err(|error| {
                        tracing::warn!(code = error.code(), "an export of plans was cut off");
                    })?;
                    Some((part.lines, part.next))
                }
                None => None,
            };
            Ok(Some((lines, following)))
        }
    });
    let name = format!("attachment; filename=\"deployment-plans-{today}.csv\"");
    let head = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (head, Body::from_stream(parts)).into_response()
}
