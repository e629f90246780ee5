//! `slipway agent`: the program that hosts an environment's applications. Everything it does is in
//! the `agent` crate; here are its arguments.

use super::exit;
use super::terminal::{say, told_to_stop};
use anyhow::Context;
use clap::Subcommand;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// `slipway agent [join | run | publish]`
#[derive(Debug, clap::Args)]
#[command(version = version(), after_long_help = "\
An agent dials the console; the console never dials it, so it needs no open control port.

Examples:
  slipway agent join --console https://slipway.example.com --code ABCDE-FGHJK-LMNPQ-RSTUV
  slipway agent                    run it, with what join wrote into its folder
  slipway agent publish shop       publish on this machine, around the console; the console shows
                                   it as changed outside")]
pub struct Agent {
    /// Without one: run
    #[command(subcommand)]
    what: Option<What>,
    /// Where it keeps its identity, bundles and applications
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_DATA",
        value_name = "DIR",
        default_value = "agent"
    )]
    data: PathBuf,
    /// The file with the key that secret values are sealed with on this machine, made at the first start; without it, secret.key in the agent's folder. SLIPWAY_AGENT_SECRET_KEY gives the key itself instead
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_AGENT_SECRET_KEY_FILE",
        value_name = "FILE"
    )]
    secret_key_file: Option<PathBuf>,
    #[command(flatten)]
    run: Run,
}

/// The environment variable that gives the key itself. Another one than the console's: what a
/// rotation there takes away may still be needed here.
const GIVEN_KEY: &str = "SLIPWAY_AGENT_SECRET_KEY";

/// What `--version` prints: with the platform that modules may need, and the protocol.
fn version() -> String {
    format!(
        "{} (platform {}, protocol {})",
        env!("CARGO_PKG_VERSION"),
        agent::PLATFORM,
        protocol::VERSION
    )
}

#[derive(Debug, Subcommand)]
enum What {
    /// Trade a one-time code for an identity, then stop
    Join(Join),
    /// Host applications and follow the console's commands (the default)
    Run(Run),
    /// Publish a folder on this machine, around the console
    Publish(Local),
}

/// `slipway agent join`
#[derive(Debug, clap::Args)]
struct Join {
    /// The console's address
    #[arg(long, env = "SLIPWAY_CONSOLE", value_name = "URL")]
    console: String,
    /// The code that the page Environments shows; good for 15 minutes, once
    #[arg(
        long,
        env = "SLIPWAY_JOIN_CODE",
        value_name = "CODE",
        hide_env_values = true
    )]
    code: String,
}

/// `slipway agent run`
#[derive(Debug, clap::Args)]
struct Run {
    /// The console's address, if it is another one than at the time of joining
    #[arg(long = "console", env = "SLIPWAY_CONSOLE", value_name = "URL")]
    moved: Option<String>,
    /// The address its applications are reached at; port 0 takes a free one
    #[arg(
        long,
        env = "SLIPWAY_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8500"
    )]
    listen: SocketAddr,
    /// The address people type, if it is another one (a proxy in front)
    #[arg(long, env = "SLIPWAY_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// How many seconds a service may take until its answer begins
    #[arg(
        long,
        env = "SLIPWAY_ANSWER_SECONDS",
        value_name = "SECONDS",
        default_value_t = 120,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    answer_seconds: u64,
    /// The largest body of a request to a service, in MiB
    #[arg(
        long,
        env = "SLIPWAY_LARGEST_REQUEST",
        value_name = "MIB",
        default_value_t = 1024,
        value_parser = clap::value_parser!(u64).range(1..=1_048_576)
    )]
    largest_request: u64,
    /// Stop when standard input ends, so that it does not outlive who started it
    #[arg(long, hide = true)]
    stop_with_input: bool,
}

/// `slipway agent publish`
#[derive(Debug, clap::Args)]
struct Local {
    /// The application's folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl Agent {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<u8> {
        let secret_keys = self.secret_keys();
        let config = |run: &Run, console: String| agent::Config {
            folder: self.data.clone(),
            console,
            listen: run.listen,
            public_address: run.public_url.clone(),
            program: None,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            secret_keys: secret_keys.clone(),
            services: agent::ServiceLimits {
                answer: Duration::from_secs(run.answer_seconds),
                request_body: run.largest_request << 20,
                ..agent::ServiceLimits::default()
            },
            tidy_after: agent::TIDY_AFTER,
        };
        match self.what {
            Some(What::Join(join)) => {
                let identity = agent::join(&config(&self.run, join.console), &join.code).await?;
                say(&format!(
                    "Joined {} as the agent of {}. Start it with\n  slipway agent --data {}",
                    identity.console,
                    identity.environment.name,
                    self.data.display()
                ));
                Ok(exit::FINE)
            }
            Some(What::Publish(local)) => {
                for line in agent::publish_locally(&self.data, &local.folder, secret_keys).await? {
                    say(&line);
                }
                Ok(exit::FINE)
            }
            Some(What::Run(ref run)) => {
                host(config(run, self.console(run)?), run.stop_with_input).await
            }
            None => {
                host(
                    config(&self.run, self.console(&self.run)?),
                    self.run.stop_with_input,
                )
                .await
            }
        }
    }
}

impl Agent {
    /// Where the key for secrets is, if not in the agent's folder.
    fn secret_keys(&self) -> Option<agent::KeySource> {
        match (std::env::var(GIVEN_KEY), &self.secret_key_file) {
            (Ok(keys), _) if !keys.trim().is_empty() => Some(agent::KeySource::Given {
                variable: GIVEN_KEY,
                keys,
            }),
            (_, Some(file)) => Some(agent::KeySource::File(file.clone())),
            (_, None) => None,
        }
    }

    /// Where the console is: as told, or as at the time of joining.
    fn console(&self, run: &Run) -> anyhow::Result<String> {
        if let Some(console) = &run.moved {
            return Ok(console.clone());
        }
        let path = self.data.join("agent.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "{} cannot be read: this agent has not joined a console yet. `slipway agent join --help` says how",
                path.display()
            )
        })?;
        let identity: agent::Identity = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged: join again", path.display()))?;
        Ok(identity.console)
    }
}

/// Hosts applications until told to stop.
async fn host(config: agent::Config, stop_with_input: bool) -> anyhow::Result<u8> {
    let stop = CancellationToken::new();
    let running = agent::run(config, stop.clone()).await?;
    let asked = told_to_stop();
    say(&format!(
        "The agent is ready: {}",
        crate::console::url_of(running.address())
    ));
    let told = {
        let stop = stop.clone();
        async move {
            tokio::select! {
                () = asked => {}
                () = input_ended(), if stop_with_input => {}
            }
            stop.cancel();
        }
    };
    let told = tokio::spawn(told);
    let ended = running.finished().await;
    told.abort();
    ended?;
    Ok(exit::FINE)
}

/// Resolves when whoever started this process is gone. A thread of its own waits: a runtime that
/// stops would wait for a blocked read.
async fn input_ended() {
    let (gone, ended) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        drop(gone);
    });
    let _ = ended.await;
}
