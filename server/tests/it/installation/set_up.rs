//! What a person does once with a new console, here with the console in this process: the account,
//! a token, environments, and an agent that joins each.

use crate::harness::{PASSWORD, SLIPWAY};
use backend::{Actor, Backend, Client};
use domain::EnvironmentId;
use domain::environment::{LinkState, Purpose, Rules};
use domain::view::{NewAdministrator, NewEnvironment, NewToken};
use server::console::Console;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// Where a process listens that takes any free port.
pub const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A client for HTTP; the library wants to be told what to encrypt with before the first one.
pub fn http_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

/// Who set a console up.
pub struct Administrator {
    pub actor: Actor,
    /// Theirs, in a browser.
    pub session: String,
}

impl Administrator {
    /// The first account of a console, `ada`.
    pub async fn of(backend: &Backend) -> Self {
        let new = NewAdministrator {
            token: backend.create_setup_token().await.unwrap().unwrap(),
            name: "Ada Quill".to_owned(),
            login: "ada".to_owned(),
            email: String::new(),
            password: PASSWORD.to_owned(),
        };
        let made = backend.create_administrator(new, &Client::default()).await;
        let (_, session) = made.unwrap();
        let actor = backend.find_session(&session).await.unwrap().unwrap();
        Self { actor, session }
    }

    /// A token for a build server.
    pub async fn token(&self, backend: &Backend) -> String {
        let new = NewToken {
            name: "build".to_owned(),
            days: None,
        };
        let made = backend.create_token(&self.actor, self.actor.user, new);
        made.await.unwrap().secret
    }
}

/// An environment with an agent that has joined it and does not run yet.
pub struct Joined {
    pub environment: EnvironmentId,
    pub config: agent::Config,
    /// What it joined with.
    pub code: String,
}

/// Makes an environment, and an agent of it in a folder.
pub async fn join(
    console: &Console,
    actor: &Actor,
    (name, purpose): (&str, Purpose),
    folder: &Path,
) -> Joined {
    let backend = &console.backend;
    let new = NewEnvironment {
        name: name.to_owned(),
        purpose,
    };
    let environment = backend.create_environment(actor, new).await.unwrap();
    let code = backend.create_join_code(actor, environment).await.unwrap();
    let config = agent_config(folder, console);
    agent::join(&config, &code.code).await.unwrap();
    Joined {
        environment,
        config,
        code: code.code,
    }
}

/// From now on an environment takes plans like this.
pub async fn rule(backend: &Backend, actor: &Actor, environment: EnvironmentId, rules: Rules) {
    let all = backend.list_environments(actor).await.unwrap();
    let now = all.iter().find(|one| one.row.id == environment).unwrap();
    backend
        .set_environment_rules(actor, environment, now.revision, rules)
        .await
        .unwrap();
}

/// An agent in a folder, of this console.
fn agent_config(folder: &Path, console: &Console) -> agent::Config {
    agent::Config {
        folder: folder.to_owned(),
        console: console.url(),
        listen: ANY_PORT,
        public_address: None,
        // What services run that ask for `{slipway}`.
        program: Some(SLIPWAY.into()),
        version: "0.0.0".to_owned(),
        secret_keys: None,
        services: agent::ServiceLimits::default(),
        tidy_after: agent::TIDY_AFTER,
    }
}

/// Waits until every agent is there.
pub async fn online(console: &Console, actor: &Actor) {
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
