//! The console's database, as the terminal of its own machine reaches it: also while the console
//! runs, without going through it. Whoever may write the database may do this.

use super::exit;
use super::secret_keys::SecretKeys;
use anyhow::Context;
use backend::{Actor, Backend, Options};
use std::path::PathBuf;

/// Which console.
#[derive(Debug, Clone, clap::Args)]
pub struct Beside {
    /// The console's folder, as `slipway serve` has it
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    data: PathBuf,
    /// Its database, if it is not in that folder
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    database: Option<String>,
    #[command(flatten)]
    secret_keys: SecretKeys,
}

/// The long help of a command that works beside the console: where it works, then what is its own.
macro_rules! long_help {
    ($own:literal) => {
        concat!(
            "Works on the console's database, on its own machine, also while the console runs.\n",
            $own
        )
    };
}
pub(super) use long_help;

impl Beside {
    /// Does something there, and tells the running consoles that something may have changed.
    pub async fn run(
        &self,
        act: impl AsyncFnOnce(&Backend, &Actor) -> anyhow::Result<()>,
    ) -> anyhow::Result<u8> {
        let (backend, actor) = self.open().await?;
        act(&backend, &actor).await?;
        backend.tell_others().await;
        Ok(exit::FINE)
    }

    /// The use cases, and who asks for them.
    async fn open(&self) -> anyhow::Result<(Backend, Actor)> {
        let url = self
            .database
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", self.data.join("console.db").display()));
        let options = Options {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            secret_keys: self.secret_keys.source(&self.data),
            ..Options::default()
        };
        let backend = Backend::open_beside(&url, &self.data.join("bundles"), options)
            .await
            .with_context(|| match &self.database {
                Some(_) => "the database of --database could not be used".to_owned(),
                None => format!("{} could not be used", self.data.display()),
            })?;
        let person = std::env::var("USER").unwrap_or_else(|_| "somebody".to_owned());
        Ok((backend, Actor::at_terminal(&person)))
    }
}

/// What is refused by a rule is said in its words, without a word about where it came from.
pub fn refused(error: domain::AppError) -> anyhow::Error {
    anyhow::Error::msg(error.to_string())
}
