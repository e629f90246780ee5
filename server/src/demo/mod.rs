//! The demo: a console in this process and one agent process per environment, on one machine. What
//! it does for a person (making the account, the environments, the join codes) it does through the
//! same use cases.

mod account;
mod agents;
mod file;

pub use file::{DemoEnvironment, DemoFile};

use crate::console::{Console, Settings};
use account::Account;
use agents::AgentProcess;
use anyhow::Context;
use backend::{Actor, Backend};
use domain::environment::{LinkState, Purpose};
use domain::view::{ApplicationFilter, EnvironmentDetail, MAX_PAGE, NewEnvironment};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The environments, in promotion order.
const ENVIRONMENTS: [(&str, Purpose); 3] = [
    ("Development", Purpose::Development),
    ("Quality", Purpose::Test),
    ("Production", Purpose::Production),
];

/// How long an agent may take until the console knows it.
const AGENT_PATIENCE: Duration = Duration::from_secs(30);

/// What a demo is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder for everything.
    pub data: PathBuf,
    /// Where the console listens; the environments take the ports after it, or free ones.
    pub listen: SocketAddr,
    /// Whether the environments are left without applications.
    pub empty: bool,
}

/// A demo that runs.
pub struct Demo {
    console: Console,
    agents: Vec<AgentProcess>,
    /// What was written to `demo.json`.
    pub file: DemoFile,
    /// Where.
    pub path: PathBuf,
}

impl Demo {
    /// Starts everything, and fills a new factory. `say` is told what takes time.
    pub async fn start(options: &Options, say: impl Fn(&str)) -> anyhow::Result<Self> {
        let data = prepare(&options.data)?;
        let path = data.join("demo.json");
        let known = DemoFile::read(&path)?;
        let console = Console::start(Settings::in_folder(&data, options.listen)).await?;
        let url = console.url();
        let account = Account::open(&console.backend, known.as_ref(), &path, &url).await?;
        let mut demo = Self {
            console,
            agents: Vec::new(),
            file: DemoFile {
                url,
                username: account.login.clone(),
                password: account.password.clone(),
                environments: Vec::new(),
                applications: Vec::new(),
            },
            path,
        };
        // Whatever goes wrong from here on, what was started is stopped.
        match demo.fill(options, &data, &account.actor, &say).await {
            Ok(()) => {
                account.close(&demo.console.backend).await;
                Ok(demo)
            }
            Err(error) => {
                demo.stop().await;
                Err(error)
            }
        }
    }

    async fn fill(
        &mut self,
        options: &Options,
        data: &Path,
        actor: &Actor,
        say: &impl Fn(&str),
    ) -> anyhow::Result<()> {
        let backend = Arc::clone(&self.console.backend);
        for (position, environment) in environments(&backend, actor).await?.iter().enumerate() {
            let listen = listen_address(options.listen, position);
            let agent =
                AgentProcess::start(&backend, actor, environment, data, &self.file.url, listen)
                    .await?;
            self.file.environments.push(DemoEnvironment {
                name: environment.row.name.clone(),
                url: agent.url.clone(),
            });
            self.agents.push(agent);
        }
        wait_until_online(&backend, actor).await?;
        if !options.empty {
            crate::sample::history::play(&backend, actor, &data.join("sample.json"), say).await?;
        }
        self.file.applications = applications(&backend, actor).await?;
        self.file.write(&self.path)
    }

    /// Resolves when a part stopped by itself, with the reason.
    pub async fn failed(&mut self) -> anyhow::Error {
        let Self {
            console, agents, ..
        } = self;
        let agent =
            futures::future::select_all(agents.iter_mut().map(|agent| Box::pin(agent.ended())));
        tokio::select! {
            error = console.failed() => error,
            (error, ..) = agent => error,
        }
    }

    /// Stops the agents with what they host, then the console.
    pub async fn stop(self) {
        futures::future::join_all(self.agents.into_iter().map(AgentProcess::stop)).await;
        self.console.stop().await;
    }
}

/// The folder, for its owner's eyes only.
fn prepare(data: &Path) -> anyhow::Result<PathBuf> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .and_then(|()| std::fs::canonicalize(data))
        .with_context(|| format!("the data folder {} cannot be made", data.display()))
}

/// The console's address with the port that belongs to the environment at this position.
fn listen_address(console: SocketAddr, position: usize) -> SocketAddr {
    let mut address = console;
    let port = u16::try_from(position + 1)
        .ok()
        .filter(|_| console.port() != 0)
        .and_then(|offset| console.port().checked_add(offset))
        .unwrap_or(0);
    address.set_port(port);
    address
}

/// All environments, made where missing.
async fn environments(backend: &Backend, actor: &Actor) -> anyhow::Result<Vec<EnvironmentDetail>> {
    let there = backend.list_environments(actor).await?;
    for (name, purpose) in ENVIRONMENTS {
        if !there.iter().any(|e| e.row.name == name) {
            let new = NewEnvironment {
                name: name.to_owned(),
                purpose,
            };
            backend.create_environment(actor, new).await?;
        }
    }
    let mut all = backend.list_environments(actor).await?;
    all.retain(|e| ENVIRONMENTS.iter().any(|(name, _)| e.row.name == *name));
    Ok(all)
}

/// The console knows every agent and what it hosts.
async fn wait_until_online(backend: &Backend, actor: &Actor) -> anyhow::Result<()> {
    let online = async {
        loop {
            let all = backend.list_environments(actor).await?;
            let ready = |e: &EnvironmentDetail| {
                e.row.link == LinkState::Online && e.last_synchronized.is_some()
            };
            if all.iter().all(ready) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(AGENT_PATIENCE, online)
        .await
        .context("an agent did not reach the console in time; its log is in the folder `logs`")?
}

/// Names of all applications.
async fn applications(backend: &Backend, actor: &Actor) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    loop {
        let filter = ApplicationFilter {
            offset: names.len() as u64,
            limit: MAX_PAGE,
            ..ApplicationFilter::default()
        };
        let page = backend.list_applications(actor, filter).await?;
        if page.rows.is_empty() {
            return Ok(names);
        }
        names.extend(page.rows.into_iter().map(|row| row.name));
    }
}
