//! `slipway landscape`: everything a console knows, as JSON, without secrets.

use super::console::{Console, Refused};
use super::exit;
use super::terminal::{complain, say};
use anyhow::Context;
use std::path::PathBuf;

/// `slipway landscape`
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
What it writes is what `slipway check` reads; docs/landscape.schema.json describes it. It holds
names, versions and references, no settings, secrets or people.

Example:
  SLIPWAY_TOKEN=... slipway landscape --output landscape.json")]
pub struct Export {
    /// The console's address
    #[arg(
        long,
        env = "SLIPWAY_CONSOLE",
        value_name = "URL",
        default_value = "http://127.0.0.1:8400"
    )]
    console: String,
    /// A token of somebody who may see applications
    #[arg(
        long,
        env = "SLIPWAY_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    token: Option<String>,
    /// The file to write; without it, standard output
    #[arg(long, short, env = "SLIPWAY_OUTPUT", value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Export {
    /// Fetches and writes it.
    pub async fn run(self) -> anyhow::Result<u8> {
        let console = Console::new(&self.console, self.token.as_deref())?;
        let landscape: serde_json::Value = match console.get("api/v1/landscape").await {
            Ok(landscape) => landscape,
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) => {
                    complain(&format!("slipway: {refused}"));
                    return Ok(refused.exit());
                }
                None => return Err(error),
            },
        };
        match self.output {
            Some(path) => std::fs::write(&path, format!("{landscape}\n"))
                .with_context(|| format!("{} could not be written", path.display()))?,
            None => say(&landscape.to_string()),
        }
        Ok(exit::FINE)
    }
}
