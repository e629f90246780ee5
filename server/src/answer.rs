//! What is answered when nothing of a page or a function was reached: in JSON for programs, in a
//! sentence for people.

use crate::api;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::AppError;

/// Whether a path belongs to programs.
pub fn is_api(path: &str) -> bool {
    ["/api", "/agent", "/rest", "/-"].iter().any(|prefix| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// An error, in the form that fits the path.
pub fn error(error: &AppError, path: &str) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if path.starts_with("/api/v1/") {
        // Programs with a token know one form of errors, also where they were not let in.
        api::Refused::from(error.clone()).into_response()
    } else if is_api(path) {
        (status, Json(app::error::ApiError::App(error.clone()))).into_response()
    } else {
        (status, error.to_string()).into_response()
    };
    if let AppError::Unavailable { retry_seconds, .. } = error {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, (*retry_seconds).into());
    }
    response
}

/// A fault of ours that stopped a request. What happened is in the log; people get a sentence.
pub fn panicked(fault: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let text = fault
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| fault.downcast_ref::<&str>().copied())
        .unwrap_or_default();
    tracing::error!(fault = text, "a request stopped with a fault");
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong in Slipway, and this request was not finished. Reload the page; if it happens again, an administrator finds the details in the log.",
    )
        .into_response()
}
