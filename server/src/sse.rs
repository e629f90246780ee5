//! The live stream: topics and numbers, never data.

use crate::ServerState;
use crate::auth::Identity;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use backend::events::Topic;
use futures::stream::{self, StreamExt};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How often the stream says something even if nothing changes, so that both ends notice a line
/// that is gone.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How often the session is looked at again; sign-out and expiry end the
/// stream. A change of somebody's account makes every stream look at once.
const RECHECK: Duration = Duration::from_secs(30);

/// `GET /-/live`: one event per change. The event `all` means: load everything again. The first
/// event tells the build and where the process stands, each change where it stands with it: a page
/// whose document was begun at another stand has missed something.
pub async fn live(
    State(state): State<ServerState>,
    Extension(identity): Extension<Identity>,
) -> Response {
    if identity.actor.is_none() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let changes = state.backend.topics().subscribe();
    let hello = Event::default()
        .event("hello")
        .data(format!(
            "{} {}",
            state.build,
            state.backend.topics().stand()
        ))
        .retry(Duration::from_secs(2));
    let recheck = tokio::time::interval_at(tokio::time::Instant::now() + RECHECK, RECHECK);
    let following = stream::unfold(
        (changes, recheck, state, identity),
        |(mut changes, mut recheck, state, identity)| async move {
            let event = loop {
                tokio::select! {
                    () = state.stopping.cancelled() => return None,
                    _ = recheck.tick() => {
                        if !still_signed_in(&state, &identity).await {
                            return None;
                        }
                    }
                    change = changes.recv() => match change {
                        Ok(change) => {
                            if change.topic == Topic::Me && !still_signed_in(&state, &identity).await {
                                return None;
                            }
                            break Event::default()
                                .event("change")
                                .data(format!("{} {} {}", change.topic, change.number, change.stand));
                        }
                        Err(RecvError::Lagged(_)) => break Event::default().event("all").data("lagged"),
                        Err(RecvError::Closed) => return None,
                    },
                }
            };
            Some((event, (changes, recheck, state, identity)))
        },
    );
    let events = stream::once(async { hello })
        .chain(following)
        .map(Ok::<_, Infallible>);
    Sse::new(events)
        .keep_alive(
            KeepAlive::new()
                .interval(KEEP_ALIVE)
                // Browsers keep an event without data to themselves.
                .event(Event::default().event("alive").data("-")),
        )
        .into_response()
}

async fn still_signed_in(state: &ServerState, identity: &Identity) -> bool {
    match &identity.session {
        // A database that is away for a moment does not sign people out.
        Some(token) if !identity.bearer => {
            !matches!(state.backend.find_session(token).await, Ok(None))
        }
        _ => true,
    }
}
