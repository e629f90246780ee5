//! Agents in processes of their own. Each watches its standard input, which ends with this process
//! however it ends, so none is left behind.

use anyhow::{Context, anyhow, bail};
use backend::{Actor, Backend};
use domain::view::EnvironmentDetail;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long an agent may take to open its front door, and to stop.
const START_PATIENCE: Duration = Duration::from_secs(30);
const STOP_PATIENCE: Duration = Duration::from_secs(15);
/// The pause before an agent that ended is started again; doubled each time up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// An agent of the demo, started again whenever it ends by itself.
pub struct AgentProcess {
    name: String,
    folder: PathBuf,
    log: PathBuf,
    console: String,
    listen: SocketAddr,
    running: Option<Running>,
    /// Where its applications are reached; empty until it was ready once.
    pub url: String,
}

/// The process, in a group of its own: Ctrl-C in a terminal reaches the whole group, and the agents
/// are told by us, in order.
struct Running {
    child: Child,
    /// The agent stops in peace when this is closed: with this process, however it ends. Kept
    /// apart from the child, whose `wait` would close it.
    _input: Option<ChildStdin>,
}

impl AgentProcess {
    /// Joins the environment if that has not happened yet. `place` is the name that the demo knows
    /// it by, whatever people call it.
    pub async fn join(
        backend: &Backend,
        actor: &Actor,
        environment: &EnvironmentDetail,
        place: &str,
        data: &Path,
        console: &str,
        listen: SocketAddr,
    ) -> anyhow::Result<Self> {
        let name = environment.row.name.clone();
        let slug = place.to_ascii_lowercase();
        let folder = data.join("agents").join(&slug);
        let logs = data.join("logs");
        std::fs::create_dir_all(&folder)?;
        std::fs::create_dir_all(&logs)?;
        if !folder.join("agent.json").exists() {
            let code = backend.create_join_code(actor, environment.row.id).await?;
            let config = agent::Config {
                folder: folder.clone(),
                console: console.to_owned(),
                listen,
                public_address: None,
                program: None,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                secret_keys: None,
                services: agent::ServiceLimits::default(),
                tidy_after: agent::TIDY_AFTER,
            };
            agent::join(&config, &code.code)
                .await
                .with_context(|| format!("the agent of {name} could not join"))?;
        }
        Ok(Self {
            name,
            folder,
            log: logs.join(format!("{slug}.log")),
            console: console.to_owned(),
            listen,
            running: None,
            url: String::new(),
        })
    }

    /// Starts the process and waits until its front door is open. May be dropped at any time: the
    /// process is this one's from its first moment, so [`AgentProcess::stop`] finds it.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let program = std::env::current_exe().context("this program's own path is not known")?;
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&self.log)?;
        let mut child = Command::new(&program)
            .args(["agent", "run", "--stop-with-input"])
            .arg("--data")
            .arg(&self.folder)
            .args(["--console", &self.console])
            .args(["--listen", &self.listen.to_string()])
            .env_remove("SLIPWAY_CONFIG")
            .env_remove("SLIPWAY_PUBLIC_URL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| format!("the agent of {} could not be started", self.name))?;
        let output = child.stdout.take();
        let input = child.stdin.take();
        self.running = Some(Running {
            child,
            _input: input,
        });
        self.url = tokio::time::timeout(START_PATIENCE, address_of(output))
            .await
            .map_err(|_| anyhow!("it took too long"))
            .flatten()
            .with_context(|| {
                format!(
                    "the agent of {} did not start; see {}",
                    self.name,
                    self.log.display()
                )
            })?;
        // A free port was taken once; from then on people know it.
        if let Some(address) = self.url.strip_prefix("http://") {
            self.listen = address.parse().unwrap_or(self.listen);
        }
        Ok(())
    }

    /// Starts it again whenever it ends, with pauses that grow, and says so. Never resolves.
    pub async fn keep(&mut self, say: &impl Fn(&str)) {
        let mut pause = FIRST_PAUSE;
        loop {
            let since = Instant::now();
            let why = self.ended().await;
            if since.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            say(&format!("The agent of {} ended ({why}).", self.name));
            loop {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                match self.start().await {
                    Ok(()) => break,
                    Err(error) => {
                        say(&format!(
                            "{error:#}. It is tried again in {} s.",
                            pause.as_secs()
                        ));
                        self.end().await;
                    }
                }
            }
            say(&format!(
                "The agent of {} runs again: {}",
                self.name, self.url
            ));
        }
    }

    /// Resolves when the process ended by itself.
    async fn ended(&mut self) -> String {
        match &mut self.running {
            Some(running) => match running.child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
            None => "it was not started".to_owned(),
        }
    }

    /// Asks it to stop, waits, and ends it if it does not.
    pub async fn stop(mut self) {
        self.end().await;
    }

    async fn end(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        if let Some(pid) = running.child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        if tokio::time::timeout(STOP_PATIENCE, running.child.wait())
            .await
            .is_err()
        {
            tracing::warn!(environment = self.name, "the agent did not stop in time");
            let _ = running.child.kill().await;
        }
    }
}

/// The address that an agent prints once its front door is open. What it prints later is read too,
/// so that it never waits for a reader.
async fn address_of(output: Option<ChildStdout>) -> anyhow::Result<String> {
    let mut lines = BufReader::new(output.context("it has no output")?).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, url)) = line.split_once("ready: ") {
            let url = url.to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(url);
        }
    }
    bail!("it ended before it was ready")
}
