//! A real console and a real agent: joining, `/api/v1`, publishing, what the agent then serves.

use crate::harness::{PASSWORD, SLIPWAY, write_files};
use agent::testing::Leftovers;
use backend::Client;
use bundle::{Limits, Manifest, pack_module};
use domain::environment::{LinkState, Purpose};
use domain::view::{NewAdministrator, NewEnvironment};
use serde_json::{Value, json};
use server::console::{Console, Settings};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
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

const ANY_PORT: ([u8; 4], u16) = ([127, 0, 0, 1], 0);

/// A client for HTTP; the library wants to be told what to encrypt with before the first one.
pub fn http_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
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

/// An agent in a folder, of this console.
pub fn agent_config(folder: &Path, console: &Console) -> agent::Config {
    agent::Config {
        folder: folder.to_owned(),
        console: console.url(),
        listen: SocketAddr::from(ANY_PORT),
        public_address: None,
        // What services run that ask for `{slipway}`.
        program: Some(SLIPWAY.into()),
        version: "0.0.0".to_owned(),
        secret_keys: None,
        services: agent::ServiceLimits::default(),
    }
}

/// Waits until every agent is there.
pub async fn online(console: &Console, actor: &backend::Actor) {
    let mut changes = console.backend.topics().subscribe();
    let online = async {
        loop {
            let all = console.backend.list_environments(actor).await.unwrap();
            if all.iter().all(|e| e.row.link == LinkState::Online) {
                return;
            }
            changes.recv().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), online)
        .await
        .expect("the agent connects");
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// With a console that is told something else.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::in_folder(folder.path(), SocketAddr::from(ANY_PORT));
        change(&mut settings);
        let console = Console::start(settings).await.unwrap();
        let backend = &console.backend;
        let new = NewAdministrator {
            token: backend.create_setup_token().await.unwrap().unwrap(),
            name: "Ada Quill".to_owned(),
            login: "ada".to_owned(),
            email: String::new(),
            password: PASSWORD.to_owned(),
        };
        let (_, session) = backend
            .create_administrator(new, &Client::default())
            .await
            .unwrap();
        let actor = backend.find_session(&session).await.unwrap().unwrap();
        let http = http_client();
        let token = make_token(&http, &console.url(), &session).await;
        let new = NewEnvironment {
            name: "Workshop".to_owned(),
            purpose: Purpose::Development,
        };
        let environment = backend.create_environment(&actor, new).await.unwrap();
        let code = backend.create_join_code(&actor, environment).await.unwrap();
        let config = agent_config(&folder.path().join("agent"), &console);
        agent::join(&config, &code.code).await.unwrap();
        let used = agent::Config {
            folder: folder.path().join("other"),
            ..config.clone()
        };
        agent::join(&used, &code.code)
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
        let manifest = Manifest::parse("slipway.toml", toml).unwrap();
        let mut bundles = Vec::new();
        for module in &manifest.modules {
            let mut bytes = Vec::new();
            let packed =
                pack_module(source, &manifest, module, &Limits::STANDARD, &mut bytes).unwrap();
            bundles.push((packed.digest.to_hex(), bytes));
        }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_is_served_by_the_agent() {
    let world = World::new().await;
    let state = world.publish(&world.source("old")).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    assert_eq!(world.read("/shop/").await, "<h1>Shop</h1>");
    assert_eq!(
        world.read("/shop/producers/ShopTheme/brand.css").await,
        "old"
    );
    let state = world.publish(&world.source("new")).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    assert_eq!(
        world.read("/shop/producers/ShopTheme/brand.css").await,
        "new"
    );
    world.end().await;
}

/// Runs the binary with only this in its environment.
async fn slipway(arguments: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_slipway"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .await
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_the_page_publishes_with_the_real_command_until_it_is_revoked() {
    let world = World::new().await;
    let source = world.source("by the command");
    let (source, console) = (source.to_str().unwrap(), world.console.url());
    let publish = async |token: &str| {
        slipway(
            &["publish", "--environment", "Workshop", source],
            &[
                ("SLIPWAY_CONSOLE", console.as_str()),
                ("SLIPWAY_TOKEN", token),
            ],
        )
        .await
    };
    let (code, said, complained) = publish(&world.token).await;
    assert_eq!(code, Some(0), "{said}{complained}");
    assert_eq!(
        world.read("/shop/producers/ShopTheme/brand.css").await,
        "by the command"
    );

    // A token cannot make another one.
    let more = world
        .http
        .post(format!("{console}/api/create_token"))
        .bearer_auth(&world.token)
        .json(&json!({ "new": { "name": "more", "days": null } }));
    assert_eq!(more.send().await.unwrap().status(), 403);

    // Beside the console that runs, from its own machine.
    let data = world.folder.path().to_str().unwrap();
    let of_ada = ["--data", data, "--account", "ada"];
    let (code, listed, _) = slipway(&[&["token", "list"][..], &of_ada[..]].concat(), &[]).await;
    assert_eq!(code, Some(0));
    assert!(listed.starts_with("ci  made "), "{listed}");
    assert!(!listed.contains("last used never"), "{listed}");
    let create = ["token", "create", "--name", "terminal"];
    let (code, token, _) = slipway(&[&create[..], &of_ada[..]].concat(), &[]).await;
    assert_eq!(code, Some(0));
    let (code, said, complained) = publish(token.trim()).await;
    assert_eq!(code, Some(0), "{said}{complained}");
    let revoke = ["token", "revoke", "--name", "terminal"];
    let (code, _, _) = slipway(&[&revoke[..], &of_ada[..]].concat(), &[]).await;
    assert_eq!(code, Some(0));
    let (code, _, complained) = publish(token.trim()).await;
    assert_eq!(code, Some(2));
    assert!(complained.contains("your own menu, Tokens"), "{complained}");
    let (code, _, complained) = slipway(&[&revoke[..], &of_ada[..]].concat(), &[]).await;
    assert_eq!(code, Some(2));
    assert!(
        complained.contains("no token called terminal"),
        "{complained}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_out_administrator_comes_in_again_from_the_consoles_machine() {
    let world = World::new().await;
    let data = world.folder.path().to_str().unwrap();
    let account = async |arguments: &[&str]| {
        slipway(
            &[&["account"][..], arguments, &["--data", data][..]].concat(),
            &[("SLIPWAY_PUBLIC_URL", "https://slipway.example.com/")],
        )
        .await
    };
    let (code, _, complained) = account(&["deactivate", "ada"]).await;
    assert_eq!(code, Some(2));
    assert!(complained.contains("only administrator"), "{complained}");
    let (code, link, _) = account(&["password", "ada"]).await;
    assert_eq!(code, Some(0));
    let code_of = |link: &str| {
        let (address, code) = link.trim().split_once('#').unwrap();
        assert_eq!(address, "https://slipway.example.com/set-password");
        code.to_owned()
    };
    let backend = &world.console.backend;
    let password = "Battery-Staple-8";
    let client = Client::default();
    backend
        .use_password_link(&code_of(&link), password, &client)
        .await
        .unwrap();
    let (_, session) = backend.sign_in("ada", password, &client).await.unwrap();
    assert!(session.is_some());

    let (code, link, _) = account(&["add", "ben", "--standing", "release-manager"]).await;
    assert_eq!(code, Some(0));
    let owner = backend.read_password_link(&code_of(&link)).await.unwrap();
    assert_eq!(owner.login, "ben");
    assert_eq!(account(&["standing", "ben", "viewer"]).await.0, Some(0));
    assert_eq!(account(&["deactivate", "ben"]).await.0, Some(0));
    let (_, listed, _) = account(&["list"]).await;
    assert!(
        listed.contains("ada  Ada Quill, Administrator, active, last sign-in 2"),
        "{listed}"
    );
    assert!(
        listed.contains("ben  ben, Viewer, deactivated, last sign-in never"),
        "{listed}"
    );

    // A folder without a console is not made into one.
    let nowhere = world.folder.path().join("nowhere");
    let (code, _, complained) = slipway(
        &["account", "list", "--data", nowhere.to_str().unwrap()],
        &[],
    )
    .await;
    assert_eq!(code, Some(2));
    assert!(complained.contains("no console's database"), "{complained}");
    assert!(!nowhere.join("console.db").exists());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_api_and_the_agents_protocol_say_no_in_their_own_words() {
    let world = World::new().await;
    let digest = bundle::Digest::of("nothing").to_hex();
    let cases = [
        (
            world.http.put(world.api("bundles/..%2f..%2fx")).body("x"),
            400,
            "bad_digest",
        ),
        (world.http.get(world.api("nothing")), 404, "unknown_call"),
        (
            world.http.get(world.api("publications/12")),
            404,
            "not_found",
        ),
        (
            world.http.post(world.api("publications")).body("{"),
            415,
            "not_understood",
        ),
    ];
    for (request, expected, code) in cases {
        let (status, problem) = world.call(request).await;
        assert_eq!(
            (status, problem["code"].as_str()),
            (expected, Some(code)),
            "{problem}"
        );
        assert!(problem["message"].as_str().unwrap().len() > 20, "{problem}");
    }
    let lie = world
        .http
        .put(world.api(&format!("bundles/{digest}")))
        .body("something else");
    let (status, problem) = world.call(lie).await;
    assert!((400..500).contains(&status), "{status} {problem}");
    let anonymous = world.http.post(world.api("publications")).json(&json!({}));
    assert_eq!(anonymous.send().await.unwrap().status(), 401);
    let wrong = world
        .http
        .post(world.api("publications"))
        .bearer_auth("slp_wrong")
        .json(&json!({}));
    let wrong: Value = wrong.send().await.unwrap().json().await.unwrap();
    assert_eq!(wrong["code"], "wrong_token");
    for (path, expected) in [
        ("agent/v1/hello", "wrong_secret"),
        ("agent/v1/nothing", "unknown_call"),
    ] {
        let url = format!("{}/{path}", world.console.url());
        let answer = world
            .http
            .post(url)
            .bearer_auth("not-an-agent")
            .json(&json!({}))
            .send();
        let refusal: Value = answer.await.unwrap().json().await.unwrap();
        assert_eq!(refusal["code"], expected);
    }
    world.end().await;
}
