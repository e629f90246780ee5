//! The page and its server functions, mounted with one and the same context.

use crate::auth::Identity;
use crate::missing::is_missing;
use crate::{BODY_LIMIT, ServerState, answer, assets};
use app::api::RequestContext;
use app::document::document;
use app::error::ApiError;
use app::routes;
use app::session::Boot;
use app::wire::WireEncoding;
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use domain::AppError;
use domain::view::Me;
use leptos::prelude::provide_context;
use server_fn::ContentType;
use server_fn::error::FromServerFnError;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a page may take until its first byte.
const PAGE_TIMEOUT: Duration = Duration::from_secs(20);

fn context_of(state: &ServerState, identity: &Identity, page: bool) -> RequestContext {
    RequestContext {
        backend: state.backend.clone(),
        actor: identity.actor.clone(),
        session: identity.session.clone(),
        bearer: identity.bearer,
        client: identity.client.clone(),
        secure: state.secure,
        page,
    }
}

fn identity_of(request: &Request) -> Identity {
    request
        .extensions()
        .get::<Identity>()
        .cloned()
        .unwrap_or_default()
}

/// A server function.
pub async fn call_function(State(state): State<ServerState>, request: Request) -> Response {
    let context = context_of(&state, &identity_of(&request), false);
    // Nothing else limits what a function reads.
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return too_large(&parts.headers);
    };
    let request = Request::from_parts(parts, Body::from(body));
    leptos_axum::handle_server_fns_with_context(move || provide_context(context.clone()), request)
        .await
        .into_response()
}

/// What was sent to a function was too much to read, in the form in which it was sent.
fn too_large(headers: &HeaderMap) -> Response {
    let error = ApiError::App(AppError::invalid(
        "request",
        "This is more than 4 MB at once, which is not taken. Nothing was changed; send less of it.",
    ));
    let sent_as = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if sent_as != WireEncoding::CONTENT_TYPE {
        return (StatusCode::PAYLOAD_TOO_LARGE, Json(error)).into_response();
    }
    let kind = [(header::CONTENT_TYPE, WireEncoding::CONTENT_TYPE)];
    (StatusCode::PAYLOAD_TOO_LARGE, kind, error.ser()).into_response()
}

/// Every other path: a page, after the guard.
pub async fn render_page(State(state): State<ServerState>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if answer::is_api(&path) {
        return answer::error(&AppError::not_found(format!("The address {path}")), &path);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let identity = identity_of(&request);
    if identity.session.is_none() && comes_from_elsewhere(request.headers()) {
        return ask_again();
    }
    match guard(&state, &identity, request.uri().clone()).await {
        Ok(None) => {}
        Ok(Some(elsewhere)) => return elsewhere,
        Err(error) => return answer::error(&error, &path),
    }
    let Some(files) = assets::page_files() else {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            "The page was not built into this binary. Run: make run (or: cargo xtask build-page, then build the server again)",
        )
            .into_response();
    };
    let context = context_of(&state, &identity, true);
    let boot = boot_of(&state, &identity);
    let render = leptos_axum::render_app_to_stream_with_context(
        move || {
            provide_context(context.clone());
            provide_context(boot.clone());
            provide_context(files.clone());
        },
        document,
    );
    let answer = async {
        let missing = async {
            match &identity.actor {
                Some(actor) => is_missing(&state.backend, actor, &path).await,
                None => false,
            }
        };
        let (mut response, missing) = tokio::join!(render(request), missing);
        if missing && response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        response
    };
    match tokio::time::timeout(PAGE_TIMEOUT, answer).await {
        Ok(response) => no_store(response),
        Err(_) => answer::error(
            &AppError::Unavailable {
                message: "This page took too long. Nothing was changed; try again.".to_owned(),
                retry_seconds: 5,
            },
            &path,
        ),
    }
}

/// Whether a link on another site led here. Browsers leave the strict session cookie out then.
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let is = |name: &str, one_of: &[&str]| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| one_of.contains(&value))
    };
    is("sec-fetch-site", &["cross-site", "same-site"])
        && is("sec-fetch-mode", &["navigate"])
        && is("sec-fetch-dest", &["document"])
}

/// A page that asks for the same address again, now from here, so that the browser sends the
/// session's cookie: a link in a chat opens the plan and not the sign-in. It tells nothing.
fn ask_again() -> Response {
    let page = "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\">\
        <meta http-equiv=\"refresh\" content=\"0\"><title>Slipway</title></html>";
    no_store((StatusCode::OK, Html(page)).into_response())
}

fn no_store(mut response: Response<Body>) -> Response {
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    response
}

fn boot_of(state: &ServerState, identity: &Identity) -> Boot {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok())
        .unwrap_or_default();
    Boot {
        me: identity.actor.as_ref().map(|actor| Me {
            id: actor.user,
            name: actor.name.clone(),
            login: actor.login.clone(),
            access: actor.access.clone(),
        }),
        now,
        build: state.build.to_string(),
        stand: state.backend.topics().stand().to_string(),
    }
}

/// Decides before a byte is sent: who is not signed in sees nothing but the way in.
async fn guard(
    state: &ServerState,
    identity: &Identity,
    uri: axum::http::Uri,
) -> Result<Option<Response>, AppError> {
    let path = uri.path();
    // The code of its link is what lets in; the page itself tells nothing.
    if path == routes::SET_PASSWORD {
        return Ok(None);
    }
    let to = |address: &str| Some(Redirect::to(address).into_response());
    if identity.actor.is_some() {
        return Ok(match path {
            "/" | routes::SETUP => to(routes::APPLICATIONS),
            routes::SIGN_IN => {
                let next = next_of(uri.query().unwrap_or_default());
                to(&routes::local_path(next.as_deref()))
            }
            _ => None,
        });
    }
    let setup = state.backend.read_setup_state().await?.needed;
    Ok(match (setup, path) {
        (true, routes::SETUP) | (false, routes::SIGN_IN) => None,
        (true, _) => to(routes::SETUP),
        (false, _) => {
            let here = uri
                .path_and_query()
                .map_or("/", axum::http::uri::PathAndQuery::as_str);
            to(&routes::sign_in_then(if path == routes::SETUP {
                "/"
            } else {
                here
            }))
        }
    })
}

/// The `next` of a query, decoded.
fn next_of(query: &str) -> Option<String> {
    let value = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("next="))?;
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::next_of;
    use app::routes::encode;

    #[test]
    fn the_way_back_survives() {
        let there = "/plans?text=a b&x=é";
        assert_eq!(
            next_of(&format!("a=1&next={}", encode(there))).as_deref(),
            Some(there)
        );
        assert_eq!(next_of("next=%2"), None);
        assert_eq!(next_of("other=1"), None);
    }
}
