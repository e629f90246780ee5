//! `slipway demo`: everything on one machine, to try and to test. The work is in [`crate::demo`].

use super::exit;
use super::terminal::{complain, say, told_to_stop};
use crate::demo::{Demo as Running, DemoFile, Options};
use std::net::SocketAddr;
use std::path::PathBuf;

/// `slipway demo`
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = "\
Starts a console with an embedded database and three environments, Development, Quality and
Production, each an agent in a process of its own that really hosts the applications of a sample
factory. The administrator's account is made with a random password, printed at each start and
kept in demo.json. A second start keeps everything.

Examples:
  slipway demo
  slipway demo --data /tmp/try --listen 127.0.0.1:0")]
pub struct Demo {
    /// The folder for everything; removing it starts anew
    #[arg(long, env = "SLIPWAY_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// The console's address; the environments take the next three ports, or free ones with port 0
    #[arg(
        long,
        env = "SLIPWAY_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8400"
    )]
    pub listen: SocketAddr,
    /// Leave the environments empty
    #[arg(long, env = "SLIPWAY_EMPTY")]
    pub empty: bool,
}

impl Demo {
    /// Runs until it is told to stop.
    pub async fn run(self) -> anyhow::Result<u8> {
        let options = Options {
            data: self.data,
            listen: self.listen,
            empty: self.empty,
        };
        let mut demo = tokio::select! {
            started = Running::start(&options, say) => started?,
            // Agents end with their standard input, the database with its last commit.
            () = told_to_stop() => return Ok(exit::FINE),
        };
        say(&welcome(&demo.file, &demo.path));
        tokio::select! {
            () = told_to_stop() => {
                complain("Stopping.");
                demo.stop().await;
                Ok(exit::FINE)
            }
            error = demo.failed() => {
                demo.stop().await;
                Err(error)
            }
        }
    }
}

/// The last lines on the terminal: where to go, and how to sign in.
fn welcome(file: &DemoFile, path: &std::path::Path) -> String {
    use std::fmt::Write;
    let mut text = format!(
        "\nSlipway is ready: {}\n\n  Sign in as   {}\n  Password     {}\n  (also in {})\n",
        file.url,
        file.username,
        file.password,
        path.display()
    );
    for environment in &file.environments {
        let _ = write!(text, "\n  {:<12} {}", environment.name, environment.url);
    }
    text.push_str("\n\nCtrl-C stops all of it; the data is kept.");
    text
}
