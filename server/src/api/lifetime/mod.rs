//! The LifeTime API under `/lifetimeapi/rest/v2`: deployments for the programs that speak it
//! already. What they rely on is in `docs/api.md`; nothing is decided here.

mod applications;
mod body;
mod commands;
mod configurations;
mod deployments;
mod environments;
mod path;
mod query;
mod refused;
mod status;
mod stream;
mod versions;
pub mod wire;

pub(crate) use path::normal;

use crate::{ServerState, auth};
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::map_response;
use axum::routing::{any, get, post};
use backend::Actor;
use domain::AppError;
use refused::Refused;
use std::str::FromStr;
use tower_http::catch_panic::CatchPanicLayer;

/// Where everything of it is.
const BASE: &str = "/lifetimeapi/rest/v2";

/// Bytes that a request may have: a plan with as many applications and notes as one may have.
const LIMIT: usize = 1 << 20;

/// Every call, with the words in braces standing for keys. All need a token.
pub const CALLS: [(&str, &str); 19] = [
    ("GET", "/applications"),
    ("GET", "/applications/{application}"),
    ("GET", "/applications/{application}/configurations"),
    ("PUT", "/applications/{application}/configurations"),
    ("GET", "/applications/{application}/versions"),
    ("GET", "/applications/{application}/versions/{version}"),
    ("GET", "/environments"),
    ("GET", "/environments/{environment}"),
    ("GET", "/environments/{environment}/applications"),
    (
        "GET",
        "/environments/{environment}/applications/{application}",
    ),
    (
        "POST",
        "/environments/{environment}/applications/{application}/versions",
    ),
    ("GET", "/environments/{environment}/deploymentzones"),
    ("GET", "/deployments"),
    ("POST", "/deployments"),
    ("GET", "/deployments/{deployment}"),
    ("PUT", "/deployments/{deployment}"),
    ("DELETE", "/deployments/{deployment}"),
    ("POST", "/deployments/{deployment}/{command}"),
    ("GET", "/deployments/{deployment}/status"),
];

/// `/lifetimeapi`
pub(crate) fn routes() -> Router<ServerState> {
    let at = |path: &str| format!("{BASE}{path}");
    Router::new()
        .route(&at("/applications"), get(applications::list))
        .route(&at("/applications/{application}"), get(applications::read))
        .route(
            &at("/applications/{application}/configurations"),
            get(configurations::read).put(configurations::change),
        )
        .route(
            &at("/applications/{application}/versions"),
            get(versions::list),
        )
        .route(
            &at("/applications/{application}/versions/{version}"),
            get(versions::read),
        )
        .route(&at("/environments"), get(environments::list))
        .route(&at("/environments/{environment}"), get(environments::read))
        .route(
            &at("/environments/{environment}/applications"),
            get(applications::list_in),
        )
        .route(
            &at("/environments/{environment}/applications/{application}"),
            get(applications::read_in),
        )
        .route(
            &at("/environments/{environment}/applications/{application}/versions"),
            post(versions::create),
        )
        .route(
            &at("/environments/{environment}/deploymentzones"),
            get(environments::zones),
        )
        .route(
            &at("/deployments"),
            get(deployments::list).post(deployments::create),
        )
        .route(
            &at("/deployments/{deployment}"),
            get(deployments::read)
                .put(deployments::change)
                .delete(deployments::delete),
        )
        .route(&at("/deployments/{deployment}/status"), get(status::read))
        .route(
            &at("/deployments/{deployment}/{command}"),
            post(commands::command),
        )
        .route("/lifetimeapi", any(unknown))
        .route("/lifetimeapi/{*rest}", any(unknown))
        .method_not_allowed_fallback(unknown)
        .layer(DefaultBodyLimit::max(LIMIT))
        .layer(CatchPanicLayer::custom(refused::panicked))
        .layer(map_response(refused::in_utf8))
}

/// Who calls, by a token.
pub(crate) struct Caller(pub(crate) Actor);

impl FromRequestParts<ServerState> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Self, Self::Rejection> {
        let token = auth::bearer_token(&parts.headers).or_else(|| auth::bare_token(&parts.headers));
        let Some(token) = token else {
            return Err(Refused::unauthorized(
                "This call needs a token: Authorization: Bearer ... Make one in the console (your own menu, Tokens).",
            ));
        };
        match state.backend.find_bearer(token).await? {
            Some(actor) => Ok(Self(actor)),
            None => Err(Refused::unauthorized(
                "The token is not valid, or no longer. Make a new one in the console (your own menu, Tokens).",
            )),
        }
    }
}

/// A key of the address; what is none is nothing that exists.
fn key<T: FromStr>(text: &str, what: &str) -> Result<T, Refused> {
    text.parse()
        .map_err(|_| AppError::not_found(format!("The {what} with the key {}", shown(text))).into())
}

/// What somebody sent, short enough to be said back.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

async fn unknown(_: Caller, request: Request) -> Refused {
    Refused::not_found(format!(
        "This console has no {} {}. What it has is in its documentation (LifeTime API).",
        request.method(),
        shown(request.uri().path())
    ))
}
