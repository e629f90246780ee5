//! The console over HTTP: the one function that builds the router, and what serves it.

// Views are nested types; the compiler counts their depth.
#![recursion_limit = "512"]

mod agent_api;
mod answer;
pub mod api;
mod assets;
mod auth;
pub mod check;
pub mod cli;
pub mod config;
pub mod console;
pub mod demo;
mod export;
mod health;
mod middleware;
mod missing;
mod pages;
pub mod proxy;
pub mod sample;
mod serve;
mod sse;

pub use auth::Identity;
pub use serve::{Limits, serve};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, get, on};
use backend::Backend;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::Layer;
use tower::util::MapRequestLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// Bytes that the body of a server function may have. Bundles go another way.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// What every handler shares.
#[derive(Clone)]
pub struct ServerState {
    /// The use cases.
    pub backend: Arc<Backend>,
    /// Whether people reach the page over TLS, so that cookies are marked `Secure`.
    pub secure: bool,
    /// The proxies whose word about the client's address is believed.
    pub trusted_proxies: Arc<[proxy::Network]>,
    /// The build, for the page to notice that a newer one serves it.
    pub build: Arc<str>,
    /// Cancelled when the process begins to stop; live streams end then.
    pub stopping: CancellationToken,
}

impl ServerState {
    /// State for these use cases, over plain HTTP.
    pub fn new(backend: Arc<Backend>) -> Self {
        Self {
            backend,
            secure: false,
            trusted_proxies: Arc::default(),
            build: assets::build().into(),
            stopping: CancellationToken::new(),
        }
    }
}

/// The paths of all server functions, with their method.
pub fn function_paths() -> Vec<(&'static str, http::Method)> {
    let mut paths: Vec<_> = server_fn::axum::server_fn_paths().collect();
    paths.sort_by_key(|(path, _)| *path);
    paths
}

/// Everything that is served. Programs' paths come first and have their own refusals; what is
/// left is a page.
pub fn router(state: ServerState) -> Router {
    // Rendering spawns tasks. A second call changes nothing and says so with an error.
    let _ = any_spawner::Executor::init_tokio();
    let mut functions = Router::new();
    for (path, method) in function_paths() {
        if let Ok(method) = MethodFilter::try_from(method) {
            functions = functions.route(path, on(method, pages::call_function));
        }
    }
    let people = functions
        .route("/-/live", get(sse::live))
        .route(export::PLANS_CSV, get(export::plans))
        .fallback(pages::render_page)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(from_fn(middleware::check_origin))
        .layer(from_fn_with_state(state.clone(), auth::identify));
    // Packed already.
    let packages = Router::new()
        .route(export::PACKAGE, get(export::package))
        .layer(from_fn_with_state(state.clone(), auth::identify));
    let all = Router::new()
        .route("/-/health", get(health::health))
        .route("/-/ready", get(health::ready))
        .merge(people)
        .layer(CompressionLayer::new())
        .route("/pkg/{*file}", get(assets::serve_file))
        .merge(packages)
        .merge(agent_api::routes())
        .merge(api::routes(&state))
        .merge(api::lifetime::routes())
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(from_fn(middleware::secure))
        .layer(from_fn(middleware::name_request))
        .with_state(state);
    // Before anything is routed.
    Router::new().fallback_service(MapRequestLayer::new(api::lifetime::normal).layer(all))
}
