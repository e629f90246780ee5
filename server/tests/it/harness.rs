//! What the tests begin with: a router on a database of its own, the binary, files in a folder.

use crate::installation::Administrator;
use axum::Router;
use axum::body::Body;
use backend::testing::TestBackend;
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use server::{ServerState, router};
use std::path::Path;
use std::process::Command;
use tower::ServiceExt;

pub struct Harness {
    pub backend: TestBackend,
    pub state: ServerState,
    router: Router,
}

impl Harness {
    /// Before anybody has set it up.
    pub async fn fresh() -> Self {
        Self::on(TestBackend::new().await)
    }

    /// On a database that is there.
    pub fn on(backend: TestBackend) -> Self {
        let state = ServerState::new(backend.backend.clone());
        Self {
            router: router(state.clone()),
            state,
            backend,
        }
    }

    /// With an administrator `ada`; gives the session's token too.
    pub async fn signed_in() -> (Self, String) {
        let harness = Self::fresh().await;
        let Administrator { session, .. } = Administrator::of(&harness.backend).await;
        (harness, session)
    }

    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn get_as(&self, session: &str, path: &str) -> Answer {
        let request = Request::get(path)
            .header(header::COOKIE, format!("slipway_session={session}"))
            .body(Body::empty())
            .unwrap();
        self.ask(request).await
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.send(request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }
}

pub const PASSWORD: &str = "Correct-Horse-9";

pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// A call of a server function as our own page makes it.
pub fn call(path: &str, body: &str) -> http::request::Builder {
    Request::post(path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, body.len())
        .header("sec-fetch-site", "same-origin")
}

/// The binary.
pub const SLIPWAY: &str = env!("CARGO_BIN_EXE_slipway");

/// The binary, as on a machine on which nothing is set up for it.
pub fn slipway() -> Command {
    command(SLIPWAY)
}

/// A program that knows nothing of what the machine that runs the tests has set for the binary.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SLIPWAY_") {
            command.env_remove(name);
        }
    }
    command
}

/// Writes files below a folder.
pub fn write_files(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
