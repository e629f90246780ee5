//! Other processes that tests need: this same binary, told by its environment what to be.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

/// Nothing in an ordinary test run. As a service's process (the agent sets `SLIPWAY_MODULE`): a
/// service whose file `behaviour` says how it is. With `AGENT_FOLDER`: an agent, for killing. With
/// `TEST_PANICS`: a test that panics.
#[test]
fn play() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    if std::env::var_os("SLIPWAY_MODULE").is_some() {
        runtime().block_on(service());
    } else if let Some(folder) = std::env::var_os("AGENT_FOLDER") {
        runtime().block_on(agent(folder.into()));
    } else if let Some(how) = std::env::var_os("TEST_PANICS") {
        runtime().block_on(crate::panics::panicking(&how));
    }
}

async fn service() {
    let behaviour = std::fs::read_to_string("behaviour").unwrap();
    println!("starting as {behaviour}");
    // One that does not go on before somebody opens the gate.
    if let Some(gate) = behaviour.strip_prefix("waits at ") {
        std::fs::File::open(gate).unwrap();
    }
    // One that does not start with a value that it cannot use.
    let unusable = std::env::var("SETTING_CURRENCY").is_ok_and(|value| value == "none");
    if behaviour == "exits" || (behaviour == "picky" && unusable) {
        println!("the database is not there");
        std::process::exit(3);
    }
    let health = if behaviour == "sick" {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::OK
    };
    let router = Router::new()
        .route("/health", get(move || answer_health(health)))
        .route("/hang", get(hang))
        .route("/never", get(std::future::pending::<StatusCode>))
        .route(
            "/body",
            post(|body: axum::body::Bytes| async move { body.len().to_string() }),
        )
        .route("/child", get(child))
        .route("/", get(move || async move { behaviour }))
        .route("/process", get(|| async { std::process::id().to_string() }))
        .route("/crash", get(crash))
        .route("/environment", get(environment))
        .route("/prefix", get(prefix));
    let port: u16 = std::env::var("PORT").unwrap().parse().unwrap();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .unwrap();
    axum::serve(listener, router).await.unwrap();
}

static HANGS: AtomicBool = AtomicBool::new(false);

async fn answer_health(health: StatusCode) -> StatusCode {
    if HANGS.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    health
}

async fn hang() {
    HANGS.store(true, Ordering::SeqCst);
}

/// Starts a process that outlives it, and says which.
#[allow(clippy::zombie_processes)] // nobody waits for it: that is the point
async fn child() -> String {
    let child = std::process::Command::new("sleep")
        .arg("1000")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    child.id().to_string()
}

async fn environment() -> String {
    let mut variables: Vec<_> = std::env::vars()
        .filter(|(name, _)| name.starts_with('S') && name != "SHELL")
        .collect();
    variables.sort();
    variables
        .iter()
        .fold(String::new(), |mut text, (name, value)| {
            let _ = writeln!(text, "{name}={value}");
            text
        })
}

async fn prefix(headers: axum::http::HeaderMap) -> String {
    headers
        .get("x-forwarded-prefix")
        .and_then(|h| h.to_str().ok())
        .unwrap_or_default()
        .to_owned()
}

async fn agent(folder: std::path::PathBuf) {
    let config = crate::world::config(&folder, &std::env::var("AGENT_CONSOLE").unwrap());
    let stop = CancellationToken::new();
    let running = agent::run(config, stop.clone()).await.unwrap();
    println!("\nfront {}", running.address());
    // Nothing comes: it ends when whoever has started this process does, however that ends.
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await
        .unwrap()
        .unwrap();
    stop.cancel();
    running.finished().await.unwrap();
}

async fn crash() -> StatusCode {
    std::process::exit(9)
}
