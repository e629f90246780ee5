//! Agents in processes of their own. Each watches its standard input, which ends with this process
//! however it ends, so none is left behind.

use anyhow::{Context, anyhow, bail};
use backend::{Actor, Backend};
use domain::view::EnvironmentDetail;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// How long an agent may take to open its front door, and to stop.
const START_PATIENCE: Duration = Duration::from_secs(30);
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// An agent that runs.
pub struct AgentProcess {
    name: String,
    child: Child,
    /// The agent stops when this is closed: with this process, however it ends. Kept apart from
    /// the child, whose `wait` would close it.
    _input: Option<ChildStdin>,
    /// Where its applications are reached.
    pub url: String,
}

impl AgentProcess {
    /// Joins the environment if that has not happened yet, and starts the agent.
    pub async fn start(
        backend: &Backend,
        actor: &Actor,
        environment: &EnvironmentDetail,
        data: &Path,
        console: &str,
        listen: SocketAddr,
    ) -> anyhow::Result<Self> {
        let name = environment.row.name.clone();
        let slug = name.to_ascii_lowercase();
        let folder = data.join("agents").join(&slug);
        std::fs::create_dir_all(&folder)?;
        let program = std::env::current_exe().context("this program's own path is not known")?;
        if !folder.join("agent.json").exists() {
            let code = backend.create_join_code(actor, environment.row.id).await?;
            let config = agent::Config {
                folder: folder.clone(),
                console: console.to_owned(),
                listen,
                public_address: None,
                program: None,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                services: agent::ServiceLimits::default(),
            };
            agent::join(&config, &code.code)
                .await
                .with_context(|| format!("the agent of {name} could not join"))?;
        }
        let log = log_file(data, &slug)?;
        let mut child = Command::new(&program)
            .args(["agent", "run", "--stop-with-input"])
            .arg("--data")
            .arg(&folder)
            .args(["--console", console])
            .args(["--listen", &listen.to_string()])
            .env_remove("SLIPWAY_CONFIG")
            .env_remove("SLIPWAY_PUBLIC_URL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C in a terminal reaches the whole group; the agents are told by us, in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("the agent of {name} could not be started"))?;
        let url = tokio::time::timeout(START_PATIENCE, address_of(&mut child))
            .await
            .map_err(|_| anyhow!("it took too long"))
            .flatten()
            .with_context(|| {
                format!(
                    "the agent of {name} did not start; see {}/logs/{slug}.log",
                    data.display()
                )
            })?;
        Ok(Self {
            name,
            _input: child.stdin.take(),
            child,
            url,
        })
    }

    /// Resolves when the agent stopped by itself.
    pub async fn ended(&mut self) -> anyhow::Error {
        match self.child.wait().await {
            Ok(status) => anyhow!("the agent of {} ended: {status}", self.name),
            Err(error) => anyhow!("the agent of {} is lost: {error}", self.name),
        }
    }

    /// Asks it to stop, waits, and ends it if it does not.
    pub async fn stop(mut self) {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if tokio::time::timeout(STOP_PATIENCE, self.child.wait())
            .await
            .is_err()
        {
            tracing::warn!(environment = self.name, "the agent did not stop in time");
            let _ = self.child.kill().await;
        }
    }
}

/// The address that an agent prints once its front door is open. What it prints later is read too,
/// so that it never waits for a reader.
async fn address_of(child: &mut Child) -> anyhow::Result<String> {
    let output = child.stdout.take().context("it has no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, url)) = line.split_once("ready: ") {
            let url = url.to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(url);
        }
    }
    bail!("it ended before it was ready")
}

/// Where an agent's log goes.
fn log_file(data: &Path, slug: &str) -> anyhow::Result<Stdio> {
    let logs = data.join("logs");
    std::fs::create_dir_all(&logs)?;
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(logs.join(format!("{slug}.log")))?;
    Ok(file.into())
}
