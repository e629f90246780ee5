//! Refusals, in the form that every client of this API reads: a list of sentences and the status.

use super::wire::Problem;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::AppError;
use std::any::Any;

/// A refusal.
pub(crate) struct Refused {
    status: StatusCode,
    errors: Vec<String>,
    retry_seconds: Option<u32>,
}

impl Refused {
    fn new(status: StatusCode, errors: Vec<String>) -> Self {
        Self {
            status,
            errors,
            retry_seconds: None,
        }
    }

    /// The request cannot be understood, or its state does not allow it.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, vec![message.into()])
    }

    /// The same for several reasons.
    pub(super) fn all(errors: Vec<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, errors)
    }

    /// No token, or none that is valid.
    pub(super) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, vec![message.into()])
    }

    /// Nothing is there.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, vec![message.into()])
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        // This API knows no conflicts: what the state of things does not allow is a bad request.
        let status = match error.status() {
            409 => StatusCode::BAD_REQUEST,
            status => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        match error {
            AppError::Invalid { fields } if !fields.is_empty() => {
                Self::new(status, fields.into_iter().map(|f| f.message).collect())
            }
            AppError::Unavailable {
                message,
                retry_seconds,
            } => Self {
                retry_seconds: Some(retry_seconds),
                ..Self::new(status, vec![message])
            },
            other => Self::new(status, vec![other.to_string()]),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let problem = Problem {
            errors: self.errors,
            status_code: self.status.as_u16(),
        };
        let mut response = (self.status, Json(problem)).into_response();
        let headers = response.headers_mut();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(seconds) = self.retry_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// What JSON is called here.
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// Says of every answer in JSON that it is UTF-8.
pub(super) async fn in_utf8(mut response: Response) -> Response {
    if let Some(kind) = response.headers_mut().get_mut(header::CONTENT_TYPE)
        && kind.as_bytes() == b"application/json"
    {
        *kind = HeaderValue::from_static(JSON);
    }
    response
}

/// A fault of ours that stopped a request. What happened is in the log.
pub(super) fn panicked(fault: Box<dyn Any + Send + 'static>) -> Response {
    let text = fault
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| fault.downcast_ref::<&str>().copied())
        .unwrap_or_default();
    tracing::error!(fault = text, "a call of a program stopped with a fault");
    Refused::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        vec!["Something went wrong in Slipway, and this call was not finished. An administrator finds the details in the log.".to_owned()],
    )
    .into_response()
}
