//! The live stream: topics and numbers, never data.

use crate::ServerState;
use crate::auth::Identity;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use backend::events::Topic;
use domain::access::Action;
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
    let Some(actor) = &identity.actor else {
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let sees = actor.access.can(Action::SeeLandscape);
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
        (changes, recheck, state, identity, sees),
        |(mut changes, mut recheck, state, identity, mut sees)| async move {
            let event = loop {
                tokio::select! {
                    () = state.stopping.cancelled() => return None,
                    _ = recheck.tick() => {
                        sees = still_sees(&state, &identity, sees).await?;
                    }
                    change = changes.recv() => match change {
                        Ok(change) => {
                            if change.topic == Topic::Me {
                                sees = still_sees(&state, &identity, sees).await?;
                            } else if !sees {
                                continue;
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
            Some((event, (changes, recheck, state, identity, sees)))
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

/// Whether the reader may see what most topics are about, as `before` unless that changed; none
/// once the session is over.
async fn still_sees(state: &ServerState, identity: &Identity, before: bool) -> Option<bool> {
    match &identity.session {
        Some(token) if !identity.bearer => match state.backend.find_session(token).await {
            Ok(actor) => Some(actor?.access.can(Action::SeeLandscape)),
            // A database that is away for a moment does not sign people out.
            Err(_) => Some(before),
        },
        _ => Some(before),
    }
}
