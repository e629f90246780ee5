//! `slipway account`: accounts from the console's own machine, for a new team and for an
//! administrator who is locked out.

use super::beside::{Beside, long_help, refused};
use super::terminal::{complain, say};
use super::token::day;
use backend::{Actor, Backend};
use clap::{Subcommand, ValueEnum};
use domain::access::Standing;
use domain::view::{NewInvitation, PasswordLink};

/// `slipway account add | password | standing | deactivate | activate | list`
#[derive(Debug, clap::Args)]
#[command(after_long_help = long_help!("\
Passwords are set by their own person, with a link that works once, for three days.

Examples:
  slipway account password --data /var/lib/slipway ada
      a way in again for somebody who is locked out
  slipway account add --data /var/lib/slipway ben --name \"Ben Quill\" --standing release-manager
  slipway account list --data /var/lib/slipway"))]
pub struct Account {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    beside: Beside,
    /// The address people type, for the links
    #[arg(
        long,
        global = true,
        env = "SLIPWAY_PUBLIC_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8400"
    )]
    public_url: String,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make an account, and print the link with which its person sets the password
    Add(Add),
    /// Take an account's password away, sign it out, and print the link for another one
    Password(Of),
    /// Give an account another standing
    Standing(Change),
    /// Take the right to sign in from an account, and sign it out
    Deactivate(Of),
    /// Give the right to sign in back
    Activate(Of),
    /// List the accounts
    List,
}

#[derive(Debug, clap::Args)]
struct Of {
    /// The account's login
    #[arg(value_name = "LOGIN")]
    login: String,
}

#[derive(Debug, clap::Args)]
struct Add {
    #[command(flatten)]
    of: Of,
    /// The name that others see; the login if not given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The e-mail address
    #[arg(long, value_name = "ADDRESS", default_value = "")]
    email: String,
    /// What it may do
    #[arg(long, value_name = "STANDING", default_value = "viewer")]
    standing: Word,
}

#[derive(Debug, clap::Args)]
struct Change {
    #[command(flatten)]
    of: Of,
    /// What it may do from now on
    #[arg(value_name = "STANDING")]
    standing: Word,
}

/// A standing as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Word {
    /// May sign in and sees nothing
    Guest,
    /// May see everything and prepare plans that others run
    Viewer,
    /// May also tag, publish and deploy
    ReleaseManager,
    /// May also manage environments and accounts
    Administrator,
}

impl From<Word> for Standing {
    fn from(word: Word) -> Self {
        match word {
            Word::Guest => Self::Guest,
            Word::Viewer => Self::Viewer,
            Word::ReleaseManager => Self::Operator,
            Word::Administrator => Self::Administrator,
        }
    }
}

impl Account {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<u8> {
        self.beside
            .run(async |backend, actor| self.act(backend, actor).await)
            .await
    }

    async fn act(&self, backend: &Backend, actor: &Actor) -> anyhow::Result<()> {
        let find = async |of: &Of| {
            backend
                .find_account(actor, &of.login)
                .await
                .map_err(refused)
        };
        match &self.what {
            What::Add(add) => {
                let new = NewInvitation {
                    name: add.name.clone().unwrap_or_else(|| add.of.login.clone()),
                    login: add.of.login.clone(),
                    email: add.email.clone(),
                    standing: add.standing.into(),
                };
                let link = backend.invite_account(actor, new).await.map_err(refused)?;
                self.show(&link);
            }
            What::Password(of) => {
                let account = find(of).await?;
                let link = backend
                    .reset_account_password(actor, account.id, account.revision)
                    .await
                    .map_err(refused)?;
                self.show(&link);
            }
            What::Standing(change) => {
                let account = find(&change.of).await?;
                let standing = Standing::from(change.standing);
                backend
                    .set_account_standing(actor, account.id, account.revision, standing)
                    .await
                    .map_err(refused)?;
                say(&format!("{}: {}.", account.login, standing.label()));
            }
            What::Deactivate(of) | What::Activate(of) => {
                let account = find(of).await?;
                let active = matches!(self.what, What::Activate(_));
                backend
                    .set_account_active(actor, account.id, account.revision, active)
                    .await
                    .map_err(refused)?;
                say(&format!(
                    "{} {}.",
                    account.login,
                    if active {
                        "may sign in"
                    } else {
                        "cannot sign in any more"
                    }
                ));
            }
            What::List => {
                for account in backend.list_accounts(actor).await.map_err(refused)? {
                    say(&format!(
                        "{}  {}, {}, {}, last sign-in {}",
                        account.login,
                        account.name,
                        account.standing.label(),
                        match (account.active, account.has_password) {
                            (false, _) => "deactivated",
                            (true, false) => "waits for its password",
                            (true, true) => "active",
                        },
                        day(account.last_sign_in)
                    ));
                }
            }
        }
        Ok(())
    }

    fn show(&self, link: &PasswordLink) {
        complain(&format!(
            "Give this link to {} only. It sets the password of {}, once, until {}:",
            link.name,
            link.login,
            day(Some(link.expires))
        ));
        say(&format!(
            "{}{}",
            self.public_url.trim_end_matches('/'),
            app::routes::set_password(&link.code)
        ));
    }
}
