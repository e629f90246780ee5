//! A real console with a real agent, and one who publishes there.

use crate::harness::write_files;
use crate::installation::{ANY_PORT, Administrator, Joined, http_client, join, online};
use agent::testing::Leftovers;
use backend::testing::pack;
use domain::environment::Purpose;
use serde_json::{Value, json};
use server::console::{Console, Settings};
use std::path::Path;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

const TOML: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000001"
name = "Shop"
[[module]]
id = "0197a000-0000-7000-8000-000000000002"
name = "ShopTheme"
kind = "library"
path = "theme"
[[module.provides]]
kind = "theme"
name = "Brand"
content = "brand.css"
[[module]]
id = "0197a000-0000-7000-8000-000000000003"
name = "Shop"
kind = "static"
path = "site"
url_path = "/shop"
[[module.uses]]
module = "ShopTheme"
elements = [{ kind = "theme", name = "Brand" }]
"#;

/// A console with one environment, *Workshop*, and its agent.
pub struct World {
    pub console: Console,
    agent: agent::Running,
    stop: DropGuard,
    pub http: reqwest::Client,
    pub token: String,
    /// The administrator's, in a browser.
    pub session: String,
    pub actor: backend::Actor,
    pub folder: TempDir,
    _leftovers: Leftovers,
}

/// Makes a token as the dialog *Tokens* of the page does.
async fn make_token(http: &reqwest::Client, console: &str, session: &str) -> String {
    let answer = http
        .post(format!("{console}/api/create_token"))
        .header("cookie", format!("slipway_session={session}"))
        .header("sec-fetch-site", "same-origin")
        .json(&json!({ "new": { "name": "ci", "days": 30 } }))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let made: Value = answer.json().await.unwrap();
    made["secret"].as_str().unwrap().to_owned()
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// With a console that is told something else.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::in_folder(folder.path(), ANY_PORT);
        change(&mut settings);
        let console = Console::start(settings).await.unwrap();
        let Administrator { actor, session } = Administrator::of(&console.backend).await;
        let http = http_client();
        let token = make_token(&http, &console.url(), &session).await;
        let workshop = ("Workshop", Purpose::Development);
        let own = folder.path().join("agent");
        let Joined { config, code, .. } = join(&console, &actor, workshop, &own).await;
        let used = agent::Config {
            folder: folder.path().join("other"),
            ..config.clone()
        };
        agent::join(&used, &code)
            .await
            .expect_err("a code works once");
        let stop = CancellationToken::new();
        let agent = agent::run(config, stop.clone()).await.unwrap();
        online(&console, &actor).await;
        Self {
            _leftovers: Leftovers::of(folder.path()),
            console,
            agent,
            stop: stop.drop_guard(),
            http,
            token,
            session,
            actor,
            folder,
        }
    }

    pub fn source(&self, brand: &str) -> std::path::PathBuf {
        let root = self.folder.path().join("source");
        let files = [
            ("slipway.toml", TOML),
            ("theme/brand.css", brand),
            ("site/index.html", "<h1>Shop</h1>"),
        ];
        write_files(&root, &files);
        root
    }

    pub async fn call(&self, request: reqwest::RequestBuilder) -> (u16, Value) {
        let answer = request.bearer_auth(&self.token).send().await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    pub fn api(&self, path: &str) -> String {
        format!("{}/api/v1/{path}", self.console.url())
    }

    /// As `slipway publish` does; gives the state at the end.
    pub async fn publish(&self, source: &Path) -> Value {
        self.publish_toml(TOML, source).await
    }

    /// The same for another application.
    pub async fn publish_toml(&self, toml: &str, source: &Path) -> Value {
        let id = self.begin_to_publish(toml, source).await;
        let mut after = 0;
        loop {
            let path = format!("publications/{id}?after={after}");
            let (status, state) = self.call(self.http.get(self.api(&path))).await;
            assert_eq!(status, 200, "{state}");
            for line in state["lines"].as_array().unwrap() {
                after = line["number"].as_u64().unwrap();
            }
            if state["state"] != "running" {
                return state;
            }
        }
    }

    /// Uploads what is missing and begins; gives the publication's id.
    pub async fn begin_to_publish(&self, toml: &str, source: &Path) -> String {
        let bundles = pack(source, toml);
        let digests: Vec<&String> = bundles.iter().map(|(digest, _)| digest).collect();
        let asked = json!({ "digests": digests });
        let (status, missing) = self
            .call(self.http.post(self.api("bundles/missing")).json(&asked))
            .await;
        assert_eq!(status, 200, "{missing}");
        for (digest, bytes) in &bundles {
            if missing["digests"]
                .as_array()
                .unwrap()
                .contains(&json!(digest))
            {
                let put = self
                    .http
                    .put(self.api(&format!("bundles/{digest}")))
                    .body(bytes.clone());
                let (status, problem) = self.call(put).await;
                assert_eq!(status, 204, "{problem}");
            }
        }
        let new = json!({ "environment": "workshop", "bundles": digests });
        let (status, publication) = self
            .call(self.http.post(self.api("publications")).json(&new))
            .await;
        assert_eq!(status, 202, "{publication}");
        publication["id"].as_str().unwrap().to_owned()
    }

    pub async fn read(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.agent.address());
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap()
    }

    pub async fn end(self) {
        drop(self.stop);
        self.agent.finished().await.unwrap();
        self.console.stop().await;
    }
}
