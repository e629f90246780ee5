//! The agents' protocol over HTTP: reads the wire, finds out which agent it is, calls the use
//! case. Nothing is decided here.

use crate::ServerState;
use crate::api::publications::is_too_large;
use crate::auth::{bearer_token, client_of};
use axum::body::Body;
use axum::extract::rejection::{BytesRejection, JsonRejection, QueryRejection};
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use backend::{AgentActor, AgentError};
use futures::StreamExt;
use protocol::{COMMAND_EVENT, Events, Hello, Inventory, Join, Refusal};
use serde::Deserialize;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

/// Bytes of a message other than a bundle: an inventory of some thousand modules with their
/// manifests fits well.
const MESSAGE_LIMIT: usize = 64 << 20;

/// Bytes of what an agent says about itself, also before anybody knows who it is.
const GREETING_LIMIT: usize = 16 << 10;

/// Signs of life on the stream of commands. Agents give up after three that are missing.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `/agent/v1`
pub(crate) fn routes() -> Router<ServerState> {
    let greeting = DefaultBodyLimit::max(GREETING_LIMIT);
    Router::new()
        .route("/agent/v1/join", post(join).layer(greeting))
        .route("/agent/v1/hello", post(hello).layer(greeting))
        .route("/agent/v1/alive", post(alive).layer(greeting))
        .route("/agent/v1/commands", get(commands))
        .route("/agent/v1/events", post(events))
        .route("/agent/v1/inventory", post(inventory))
        // Who an agent is is asked before its message is read.
        .layer(DefaultBodyLimit::max(MESSAGE_LIMIT))
        .route(
            "/agent/v1/bundles/{digest}",
            get(bundle)
                .put(give_bundle)
                .layer(DefaultBodyLimit::disable()),
        )
        .route("/agent/{*rest}", axum::routing::any(unknown))
}

/// A refusal as an answer.
struct Refused(AgentError);

impl From<AgentError> for Refused {
    fn from(error: AgentError) -> Self {
        Self(error)
    }
}

impl Refused {
    fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self(AgentError {
            status: status.as_u16(),
            refusal: Refusal {
                code: code.to_owned(),
                message: message.into(),
            },
        })
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.0.refusal)).into_response()
    }
}

/// The agent that calls, by its bearer.
struct Caller(AgentActor);

impl FromRequestParts<ServerState> for Caller {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Self, Self::Rejection> {
        let bearer = bearer_token(&parts.headers).unwrap_or_default();
        Ok(Self(state.backend.find_agent(bearer).await?))
    }
}

/// The agent that fetches a bundle, by its bearer.
struct Fetcher;

impl FromRequestParts<ServerState> for Fetcher {
    type Rejection = Refused;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &ServerState,
    ) -> Result<Self, Self::Rejection> {
        let bearer = bearer_token(&parts.headers).unwrap_or_default();
        state.backend.find_fetching_agent(bearer).await?;
        Ok(Self)
    }
}

/// A body that is not what the protocol says.
fn message<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Refused> {
    match body {
        Ok(Json(message)) => Ok(message),
        Err(JsonRejection::BytesRejection(BytesRejection::FailedToBufferBody(_))) => {
            Err(Refused::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "The message was cut off, or is larger than the console takes.",
            ))
        }
        Err(_) => Err(Refused::new(
            StatusCode::BAD_REQUEST,
            "not_understood",
            "The console does not understand this message. Give agent and console versions that go together.",
        )),
    }
}

async fn join(
    State(state): State<ServerState>,
    connection: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    body: Result<Json<Join>, JsonRejection>,
) -> Result<Response, Refused> {
    let peer = connection.map(|axum::Extension(ConnectInfo(peer))| peer);
    let client = client_of(peer, &headers, &state.trusted_proxies);
    let joined = state.backend.join_agent(message(body)?, &client).await?;
    Ok(Json(joined).into_response())
}

async fn hello(
    State(state): State<ServerState>,
    Caller(agent): Caller,
    body: Result<Json<Hello>, JsonRejection>,
) -> Result<Response, Refused> {
    let welcome = state.backend.greet_agent(&agent, message(body)?).await?;
    Ok(Json(welcome).into_response())
}

async fn alive(
    State(state): State<ServerState>,
    Caller(agent): Caller,
) -> Result<StatusCode, Refused> {
    state.backend.note_life(&agent).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn commands(
    State(state): State<ServerState>,
    Caller(agent): Caller,
    after: Result<Query<After>, QueryRejection>,
) -> Result<Response, Refused> {
    let after = after.map_or(0, |Query(after)| after.after);
    let stopping = state.stopping.clone();
    let commands = state
        .backend
        .commands_after(&agent, after)
        .await?
        .map(|command| {
            let data = serde_json::to_string(&command).unwrap_or_default();
            Ok::<_, Infallible>(
                Event::default()
                    .event(COMMAND_EVENT)
                    .id(command.number.to_string())
                    .data(data),
            )
        })
        .take_until(stopping.cancelled_owned());
    Ok(Sse::new(commands)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response())
}

async fn events(
    State(state): State<ServerState>,
    Caller(agent): Caller,
    body: Result<Json<Events>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    state.backend.record_events(&agent, message(body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn inventory(
    State(state): State<ServerState>,
    Caller(agent): Caller,
    body: Result<Json<Inventory>, JsonRejection>,
) -> Result<StatusCode, Refused> {
    state
        .backend
        .record_inventory(&agent, message(body)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn bundle(
    State(state): State<ServerState>,
    _: Fetcher,
    Path(digest): Path<String>,
) -> Result<Response, Refused> {
    let (size, bytes) = state.backend.open_bundle(&known_form(digest)?).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zstd".to_owned()),
        (header::CONTENT_LENGTH, size.to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

async fn give_bundle(
    State(state): State<ServerState>,
    Caller(_): Caller,
    Path(digest): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refused> {
    let digest = known_form(digest)?;
    if is_too_large(&headers) {
        return Err(Refused::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "bundle_too_large",
            format!(
                "The bundle is larger than {}, the most that Slipway takes. Split the module, or leave large files out.",
                backend::max_bundle_words()
            ),
        ));
    }
    // Counted and verified piece by piece while it comes.
    state
        .backend
        .put_bundle(&digest, body.into_data_stream())
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Only digests name bundles; anything else never reaches the blob store.
fn known_form(digest: String) -> Result<String, Refused> {
    match digest.parse::<bundle::Digest>() {
        Ok(_) => Ok(digest),
        Err(error) => Err(Refused::new(
            StatusCode::BAD_REQUEST,
            "bad_digest",
            error.to_string(),
        )),
    }
}

async fn unknown(request: Request) -> Refused {
    Refused::new(
        StatusCode::NOT_FOUND,
        "unknown_call",
        format!(
            "This console has no {} {}. Give agent and console versions that go together.",
            request.method(),
            request.uri().path()
        ),
    )
}
