//! Whether the process lives, and whether it can serve.

use crate::ServerState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;

/// `GET /-/health`: the process answers.
pub async fn health() -> impl IntoResponse {
    "ok"
}

/// `GET /-/ready`: the database answers too, plans make progress, and the process is not stopping.
pub async fn ready(State(state): State<ServerState>) -> impl IntoResponse {
    if state.stopping.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    if !state.backend.is_walking() {
        return (StatusCode::SERVICE_UNAVAILABLE, "runs make no progress");
    }
    match state.backend.read_setup_state().await {
        Ok(_) => (StatusCode::OK, "ready"),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer",
        ),
    }
}
