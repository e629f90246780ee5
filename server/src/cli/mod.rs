//! The command line: what can be asked of the binary, and the way from the arguments to what
//! carries them out. Nothing here decides anything about plans or applications.

pub mod account;
pub mod agent;
mod arenas;
mod beside;
pub mod check;
mod console;
pub mod demo;
pub mod init;
pub mod landscape;
pub mod publish;
pub mod sample;
pub mod sample_service;
pub mod secret;
mod secret_keys;
pub mod serve;
pub mod setting;
mod terminal;
pub mod token;

pub(crate) use secret_keys::in_folder as secret_key_in;

use crate::config;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// How a command ended, as the shell sees it.
pub mod exit {
    /// All went well.
    pub const FINE: u8 = 0;
    /// It was done, and the answer is no: errors were found, a publication failed.
    pub const REFUSED: u8 = 1;
    /// It could not be done: bad input, a file that is not there, a console that is away.
    pub const BAD_INPUT: u8 = 2;
}

/// A self-hosted console for the life of applications: versions, environments, deployment plans.
///
/// Slipway shows which version of which application runs in which environment, checks what would
/// break before anything is deployed, and moves tagged versions from one environment to the next
/// through agents that host them.
#[derive(Debug, Parser)]
#[command(
    name = "slipway",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_long_help = EXAMPLES
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  Try it: a console, three environments and a sample factory, all local
    slipway demo

  A console on its own; the first start prints a one-time set-up token
    slipway serve --data /var/lib/slipway --public-url https://slipway.example.com

  An environment: make a join code on the page Environments, then on its machine
    slipway agent join --console https://slipway.example.com --code ABCDE-FGHJK-LMNPQ-RSTUV
    slipway agent

  A new application, and publishing it into Development
    slipway init shop
    SLIPWAY_TOKEN=... slipway publish --environment Development shop

Configuration, strongest first: flags, environment variables (SLIPWAY_...), the file that
--config names (a TOML table per command, keys are the flags' names), the defaults.";

/// Options of every command.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// A TOML file with a table per command whose keys are the flags' names
    #[arg(long, global = true, env = "SLIPWAY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What is logged: error, warn, info, debug, trace, or a filter such as `info,backend=debug`
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log: String,
    /// How log lines look on standard error
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for machines.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the console
    Serve(serve::Serve),
    /// Run an environment's agent, join it to a console, or publish on its own machine
    Agent(agent::Agent),
    /// Run a console, three environments and the sample factory on this machine
    Demo(demo::Demo),
    /// Publish an application's folder into an environment
    Publish(publish::Publish),
    /// Make, list and revoke tokens for programs, on the console's machine
    Token(token::Token),
    /// Make and change accounts on the console's machine, and let a locked-out one in again
    Account(account::Account),
    /// List and set what modules find as their site properties, on the console's machine
    Setting(setting::Setting),
    /// Renew the key that secrets are sealed with, on the console's machine
    Secret(secret::Secret),
    /// Start an application's folder, or give ids to what has none in its slipway.toml
    Init(init::Init),
    /// Write the sample factory's folders, or generate a larger factory
    Sample(sample::Sample),
    /// Write what an installation knows as JSON, without secrets
    Landscape(landscape::Export),
    /// Check a plan against an exported landscape, offline
    Check(check::Check),
    /// A small web service for the sample factory's modules
    #[command(hide = true)]
    SampleService(sample_service::SampleService),
}

/// Reads the arguments, carries the command out, and says how it ended.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match parse(&arguments) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    if matches!(
        cli.command,
        Command::Serve(_) | Command::Agent(_) | Command::Demo(_)
    ) {
        arenas::limit(&arguments);
    }
    start_logging(&cli.common);
    match run(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal::complain(&format!("slipway: {}", said(&error)));
            ExitCode::from(exit::BAD_INPUT)
        }
    }
}

/// An error with its causes, each once: some say their cause themselves.
fn said(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// The arguments as a command, with the configuration file's values as defaults.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let command = config::with_file(Cli::command(), arguments)?;
    let mut matches = command.try_get_matches_from(arguments)?;
    Cli::from_arg_matches_mut(&mut matches)
}

fn run(command: Command) -> anyhow::Result<u8> {
    match command {
        // No runtime, and nothing of the console, for what needs neither.
        Command::Check(check) => check.run(),
        Command::Init(init) => init.run(),
        Command::Sample(sample) => sample.run(),
        Command::SampleService(service) => block_on(service.run()),
        Command::Serve(serve) => block_on(serve.run()),
        Command::Agent(agent) => block_on(agent.run()),
        Command::Demo(demo) => block_on(demo.run()),
        Command::Publish(publish) => block_on(publish.run()),
        Command::Landscape(export) => block_on(export.run()),
        Command::Token(token) => block_on(token.run()),
        Command::Account(account) => block_on(account.run()),
        Command::Setting(setting) => block_on(setting.run()),
        Command::Secret(secret) => block_on(secret.run()),
    }
}

fn block_on<F: Future<Output = anyhow::Result<u8>>>(work: F) -> anyhow::Result<u8> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}

fn start_logging(common: &Common) {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::try_new(&common.log).unwrap_or_else(|error| {
        terminal::complain(&format!(
            "slipway: --log {}: {error}; logging at info instead",
            common.log
        ));
        tracing_subscriber::EnvFilter::new("info")
    });
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    match common.log_format {
        LogFormat::Text => builder.compact().init(),
        LogFormat::Json => builder.json().flatten_event(true).init(),
    }
}
