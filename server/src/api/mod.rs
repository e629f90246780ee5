//! The HTTP API under `/api/v1`: what `slipway publish` and build servers use, with a token. The
//! LifeTime API is in [`lifetime`].

pub mod lifetime;
pub(crate) mod publications;
mod versions;
pub mod wire;

use crate::auth::Identity;
use crate::{ServerState, auth};
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, delete, get, post, put};
use axum::{Json, Router};
use backend::Actor;
use domain::AppError;
use domain::landscape::Landscape;
use wire::Problem;

/// Bytes of a message other than a bundle.
const MESSAGE_LIMIT: usize = 4 << 20;

/// The code of a bundle above the limit.
const TOO_LARGE: &str = "bundle_too_large";

/// `/api/v1`
pub(crate) fn routes(state: &ServerState) -> Router<ServerState> {
    Router::new()
        .route(
            "/api/v1/bundles/missing",
            post(publications::missing_bundles),
        )
        .route("/api/v1/publications", post(publications::publish))
        .route(
            "/api/v1/publications/{id}",
            get(publications::read_publication),
        )
        .route("/api/v1/landscape", get(export_landscape))
        .route(
            "/api/v1/applications/{application}/versions",
            get(versions::list_versions),
        )
        .route(
            "/api/v1/versions/{version}",
            delete(versions::delete_version),
        )
        .route(
            "/api/v1/versions/{version}/package",
            get(versions::download_package),
        )
        .layer(DefaultBodyLimit::max(MESSAGE_LIMIT))
        .route(
            "/api/v1/bundles/{digest}",
            // Counted by who takes it, piece by piece.
            put(publications::upload_bundle).layer(DefaultBodyLimit::disable()),
        )
        .route("/api/v1/{*rest}", any(unknown))
        .method_not_allowed_fallback(unknown)
        .layer(from_fn_with_state(state.clone(), auth::identify))
}

/// `GET /api/v1/landscape`: what `slipway landscape` writes and `slipway check` reads.
async fn export_landscape(
    State(state): State<ServerState>,
    Caller(actor): Caller,
) -> Result<Json<Landscape>, Refused> {
    Ok(Json(state.backend.export_landscape(&actor).await?))
}

/// A refusal, in the API's form.
pub(crate) struct Refused {
    status: StatusCode,
    problem: Problem,
    retry_seconds: Option<u32>,
}

impl Refused {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            problem: Problem {
                code: code.to_owned(),
                message: message.into(),
                fields: Vec::new(),
            },
            retry_seconds: None,
        }
    }

    /// A bundle above the limit.
    fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            TOO_LARGE,
            format!(
                "The bundle is larger than {}, the most that Slipway takes. Nothing of it was kept. Split the module, or leave large files out.",
                backend::max_bundle_words()
            ),
        )
    }
}

impl From<AppError> for Refused {
    fn from(error: AppError) -> Self {
        let status =
            StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if error.code() == TOO_LARGE {
            return Self::too_large();
        }
        let mut refused = Self::new(status, error.code(), error.to_string());
        match error {
            AppError::Invalid { fields } => {
                // A single field's message is the problem's message already.
                if fields.len() > 1 {
                    refused.problem.message = "The request is not valid.".to_owned();
                    refused.problem.fields =
                        fields.into_iter().map(|f| (f.field, f.message)).collect();
                }
            }
            AppError::Unavailable { retry_seconds, .. } => {
                refused.retry_seconds = Some(retry_seconds);
            }
            _ => {}
        }
        refused
    }
}

impl From<JsonRejection> for Refused {
    fn from(rejection: JsonRejection) -> Self {
        Self::new(
            rejection.status(),
            "not_understood",
            format!(
                "The request's body is not what this call takes: {}",
                rejection.body_text()
            ),
        )
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.problem)).into_response();
        if let Some(seconds) = self.retry_seconds {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

/// Who calls, by a token. A browser's session is not enough: it would come along with a request
/// that another site made.
pub(crate) struct Caller(pub(crate) Actor);

impl FromRequestParts<ServerState> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        _: &ServerState,
    ) -> Result<Self, Self::Rejection> {
        let identity = parts.extensions.get::<Identity>();
        match identity {
            Some(Identity {
                actor: Some(actor),
                bearer: true,
                ..
            }) => Ok(Self(actor.clone())),
            Some(Identity { bearer: true, .. }) => Err(Refused::new(
                StatusCode::UNAUTHORIZED,
                "wrong_token",
                "The token is not valid, or no longer. Make a new one in the console (your own menu, Tokens).",
            )),
            _ => Err(Refused::new(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "This call needs a token: Authorization: Bearer ... Make one in the console (your own menu, Tokens).",
            )),
        }
    }
}

async fn unknown(_: Caller, request: Request) -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "unknown_call",
        format!(
            "This console has no {} {}. Use a `slipway` of the console's version.",
            request.method(),
            request.uri().path()
        ),
    )
}
