//! `slipway serve`: the console.

use super::exit;
use super::secret_keys::SecretKeys;
use super::terminal::{complain, say, told_to_stop};
use crate::console::{Console, Settings};
use crate::proxy::Network;
use std::net::SocketAddr;
use std::path::PathBuf;

/// `slipway serve`
#[derive(Debug, Clone, clap::Args)]
#[command(after_long_help = "\
The first start prints a one-time set-up token: open the address, and make the administrator's
account with it. There is no default password.

One console process per SQLite file. Several consoles may share a PostgreSQL database; they also need
one shared folder of bundles (`bundles` in the data folder).

Examples:
  slipway serve
  slipway serve --public-url https://slipway.example.com --trusted-proxy 127.0.0.1
  SLIPWAY_DATABASE=postgres://slipway:...@db/slipway slipway serve")]
pub struct Serve {
    /// The address to listen on; port 0 takes a free one
    #[arg(
        long,
        env = "SLIPWAY_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8400"
    )]
    pub listen: SocketAddr,
    /// The folder for the database and the bundles
    #[arg(long, env = "SLIPWAY_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// `sqlite:PATH` or `postgres://...`; without it, console.db in the data folder
    #[arg(
        long,
        env = "SLIPWAY_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// The address people type, if it is another one (a proxy in front); https makes cookies secure
    #[arg(long, env = "SLIPWAY_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// A proxy in front, as an address or network, whose X-Forwarded-For says who asks; may be given several times
    #[arg(
        long = "trusted-proxy",
        env = "SLIPWAY_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    pub trusted_proxies: Vec<Network>,
    /// Where the keys for secrets are.
    #[command(flatten)]
    pub secret_keys: SecretKeys,
}

impl Serve {
    /// Serves until it is told to stop.
    pub async fn run(self) -> anyhow::Result<u8> {
        let mut settings = Settings::in_folder(&self.data, self.listen);
        if let Some(database) = self.database {
            settings.database = database;
        }
        settings.secure = self
            .public_url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"));
        settings.trusted_proxies = self.trusted_proxies;
        settings.secret_keys = self.secret_keys.source(&self.data);
        let mut console = Console::start(settings).await?;
        let stopped = told_to_stop();
        let url = self.public_url.unwrap_or_else(|| console.url());
        say(&format!("Slipway is ready: {url}"));
        if let Some(token) = console.backend.create_setup_token().await? {
            say(&format!(
                "\nThis console has no account yet. Open {url}/setup and enter the one-time set-up token:\n\n    {token}\n"
            ));
        }
        tokio::select! {
            () = stopped => {
                complain("Stopping.");
                console.stop().await;
                Ok(exit::FINE)
            }
            error = console.failed() => Err(error),
        }
    }
}
