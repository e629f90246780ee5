//! `slipway demo`: everything on one machine, to try and to test. The work is in [`crate::demo`].

use super::exit;
use super::terminal::{complain, say, told_to_stop};
use crate::demo::{Demo as Running, Options};
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// `slipway demo`
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = "\
Starts a console with an embedded database and three environments, Development, Quality and
Production, each an agent in a process of its own that really hosts the applications of a sample
factory. The administrator's account is made with a random password, kept in administrator.json and
printed at each start as long as it is right. demo.json tells tools where everything is; it is there
once all of it is ready. A second start keeps everything, also what you changed.

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
        let stop = CancellationToken::new();
        let told = told_to_stop();
        tokio::spawn({
            let stop = stop.clone();
            async move {
                told.await;
                complain("Stopping.");
                stop.cancel();
            }
        });
        let Some(mut demo) = Running::start(&options, &stop, say).await? else {
            return Ok(exit::FINE);
        };
        say(&welcome(&demo));
        let ended = tokio::select! {
            () = stop.cancelled() => Ok(exit::FINE),
            error = demo.watch(say) => Err(error),
        };
        demo.stop().await;
        ended
    }
}

/// The last lines on the terminal: where to go, and how to sign in.
fn welcome(demo: &Running) -> String {
    use std::fmt::Write;
    let file = &demo.file;
    let mut text = format!(
        "\nSlipway is ready: {}\n\n  Sign in as   {}\n",
        file.url, file.username
    );
    if demo.opens {
        let _ = write!(
            text,
            "  Password     {}\n  (also in {})\n",
            file.password,
            demo.path.display()
        );
    } else {
        // The account or its password is not any more what the demo made.
        let _ = writeln!(
            text,
            "  Password     you changed it; `slipway account password --data {} {}` makes a link for another one",
            demo.path.parent().unwrap_or(&demo.path).display(),
            file.username
        );
    }
    for environment in &file.environments {
        let _ = write!(text, "\n  {:<12} {}", environment.name, environment.url);
    }
    text.push_str("\n\nCtrl-C stops all of it; the data is kept.");
    text
}
