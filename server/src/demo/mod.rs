//! The demo: a console in this process and one agent process per environment, on one machine. What
//! it does for a person (making the account, the environments, the join codes) it does through the
//! same use cases. Afterwards all of it is that person's: a later start leaves alone what it did not
//! make, and finds what it made by id.

mod account;
mod agents;
mod file;
mod places;

pub use file::{DemoEnvironment, DemoFile};

use crate::console::{Console, Settings};
use account::{Account, terminal};
use agents::AgentProcess;
use anyhow::Context;
use backend::{Actor, Backend};
use domain::EnvironmentId;
use domain::environment::LinkState;
use domain::view::{ApplicationFilter, EnvironmentDetail, MAX_PAGE};
use file::Credentials;
use places::Place;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

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
    /// Whether the password in it still opens the console.
    pub opens: bool,
}

impl Demo {
    /// Starts everything, and fills a new factory. `say` is told what takes time. None if it was
    /// told to stop meanwhile; then what was started has stopped, in peace.
    pub async fn start(
        options: &Options,
        stop: &CancellationToken,
        say: impl Fn(&str),
    ) -> anyhow::Result<Option<Self>> {
        let data = prepare(&options.data)?;
        let path = data.join("demo.json");
        let console = Console::start(Settings::in_folder(&data, options.listen)).await?;
        let url = console.url();
        // The folder is ours from here on: one console at a time runs in it.
        let account = match open_account(&console.backend, &data, &path).await {
            Ok(account) => account,
            Err(error) => {
                console.stop().await;
                return Err(error);
            }
        };
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
            opens: account.opens,
        };
        // Whatever goes wrong from here on, what was started is stopped.
        let filled = tokio::select! {
            filled = demo.fill(options, &data, &account, &say) => filled.map(|()| true),
            () = stop.cancelled() => Ok(false),
        };
        match filled {
            Ok(true) => Ok(Some(demo)),
            Ok(false) => {
                demo.stop().await;
                Ok(None)
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
        account: &Account,
        say: &impl Fn(&str),
    ) -> anyhow::Result<()> {
        let backend = Arc::clone(&self.console.backend);
        let terminal = terminal();
        let places = places::open(&backend, &terminal, &data.join("environments.json")).await?;
        for (position, place) in places.iter().enumerate() {
            let agent = AgentProcess::join(
                &backend,
                &terminal,
                &place.environment,
                place.name,
                data,
                &self.file.url,
                listen_address(options.listen, position),
            )
            .await?;
            // Ours before it runs, so that it is stopped whatever happens next.
            self.agents.push(agent);
            if let Some(agent) = self.agents.last_mut() {
                agent.start().await?;
            }
        }
        self.file.environments = in_order(&places, &self.agents);
        let own: Vec<EnvironmentId> = places.iter().map(|p| p.environment.row.id).collect();
        wait_until_online(&backend, &terminal, &own).await?;
        if !options.empty {
            let actor = account.actor(&backend).await;
            let named: Vec<_> = places.iter().map(|p| p.name).zip(own).collect();
            crate::sample::history::play(&backend, &actor, &data.join("sample.json"), &named, say)
                .await?;
        }
        self.file.applications = applications(&backend, &terminal).await?;
        self.file.write(&self.path)
    }

    /// Starts agents again that end by themselves; `say` is told. Resolves when the console stopped
    /// by itself, with the reason.
    pub async fn watch(&mut self, say: impl Fn(&str)) -> anyhow::Error {
        let Self {
            console, agents, ..
        } = self;
        let kept = futures::future::join_all(agents.iter_mut().map(|agent| agent.keep(&say)));
        tokio::pin!(kept);
        tokio::select! {
            error = console.failed() => error,
            never = async { (&mut kept).await; std::future::pending().await } => never,
        }
    }

    /// Stops the agents with what they host, then the console.
    pub async fn stop(self) {
        futures::future::join_all(self.agents.into_iter().map(AgentProcess::stop)).await;
        self.console.stop().await;
    }
}

/// The administrator, and away with what an earlier start told: nothing is ready yet.
async fn open_account(backend: &Backend, data: &Path, told: &Path) -> anyhow::Result<Account> {
    let kept = data.join("administrator.json");
    let mut known = Credentials::read(&kept)?;
    if known.is_none() {
        // Earlier versions kept them there alone.
        known = Credentials::read(told)?;
        if let Some(known) = &known {
            known.write(&kept)?;
        }
    }
    DemoFile::remove(told)?;
    Account::open(backend, known, &kept).await
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

/// The demo's environments as people know them now, in promotion order.
fn in_order(places: &[Place], agents: &[AgentProcess]) -> Vec<DemoEnvironment> {
    let mut all: Vec<_> = places.iter().zip(agents).collect();
    all.sort_by_key(|(place, _)| place.environment.row.position);
    all.into_iter()
        .map(|(place, agent)| DemoEnvironment {
            name: place.environment.row.name.clone(),
            url: agent.url.clone(),
        })
        .collect()
}

/// The console knows the demo's agents and what they host. Environments that people added have
/// agents of their own, or none.
async fn wait_until_online(
    backend: &Backend,
    actor: &Actor,
    own: &[EnvironmentId],
) -> anyhow::Result<()> {
    let online = async {
        loop {
            let all = backend.list_environments(actor).await?;
            let ready = |e: &EnvironmentDetail| {
                e.row.link == LinkState::Online && e.last_synchronized.is_some()
            };
            if all.iter().filter(|e| own.contains(&e.row.id)).all(ready) {
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
