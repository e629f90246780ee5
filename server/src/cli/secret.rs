//! `slipway secret`: the key that secrets are sealed with.

use super::beside::{Beside, long_help, refused};
use super::terminal::say;
use backend::{Actor, Backend};
use clap::Subcommand;

/// `slipway secret rotate | forget-lost`
#[derive(Debug, clap::Args)]
#[command(after_long_help = long_help!("\
The values of secret site properties are sealed in the database with a key that is not in it. A new
key is due when somebody may have seen the old one. Rotating can be interrupted and done again at any
time: the old key stays in the file until nothing is sealed with it. Back the new file up afterwards,
and keep the old one as long as backups of the database that need it.

With SLIPWAY_SECRET_KEY nothing is made: put the new key before the old one, start the consoles with
both, rotate, and take the old one away.

Examples:
  slipway secret rotate --data /var/lib/slipway
  slipway secret forget-lost --data /var/lib/slipway
      when a key is lost for good: takes the values away that nobody can open any more"))]
pub struct Secret {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    beside: Beside,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Seal every secret with a new key
    Rotate,
    /// Take away the secrets whose key is lost for good
    ForgetLost,
}

impl Secret {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<u8> {
        self.beside
            .run(async |backend, actor| self.act(backend, actor).await)
            .await
    }

    async fn act(&self, backend: &Backend, actor: &Actor) -> anyhow::Result<()> {
        match self.what {
            What::Rotate => {
                let done = backend.rotate_secrets(actor).await.map_err(refused)?;
                let secrets = counted(done.secrets);
                say(&if done.given {
                    format!(
                        "Everything is sealed with the key {}, the first one given; {secrets} sealed anew. The others can be taken out of SLIPWAY_SECRET_KEY.",
                        done.key
                    )
                } else {
                    format!(
                        "Everything is sealed with the new key {}; {secrets} sealed anew. Back its file up.",
                        done.key
                    )
                });
            }
            What::ForgetLost => {
                let gone = backend.forget_lost_secrets(actor).await.map_err(refused)?;
                say(&format!(
                    "{} taken away. Set them anew with `slipway setting set` or in a plan.",
                    counted(gone)
                ));
            }
        }
        Ok(())
    }
}

fn counted(secrets: u64) -> String {
    match secrets {
        1 => "1 secret was".to_owned(),
        n => format!("{n} secrets were"),
    }
}
