//! `slipway token`: tokens for programs on the console's own machine.

use super::beside::{Beside, long_help, refused};
use super::terminal::{complain, say};
use anyhow::bail;
use backend::{Actor, Backend};
use clap::Subcommand;
use domain::Timestamp;
use domain::view::NewToken;

/// `slipway token create | list | revoke`
#[derive(Debug, clap::Args)]
#[command(after_long_help = long_help!("\
A token acts as the account that it is made for. Elsewhere, tokens are made in the console: one's
own menu, Tokens.

Examples:
  slipway token create --data /var/lib/slipway --account ci --name \"build server\" --days 365
  slipway token list --data /var/lib/slipway --account ci
  slipway token revoke --data /var/lib/slipway --account ci --name \"build server\""))]
pub struct Token {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    beside: Beside,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token; it is printed on standard output, once
    Create(Create),
    /// List an account's tokens
    List(Of),
    /// Revoke a token; programs that use it are refused at once
    Revoke(Revoke),
}

/// Whose tokens.
#[derive(Debug, clap::Args)]
struct Of {
    /// The account, by its login
    #[arg(long, env = "SLIPWAY_ACCOUNT", value_name = "LOGIN")]
    account: String,
}

#[derive(Debug, clap::Args)]
struct Create {
    #[command(flatten)]
    of: Of,
    /// What the token is called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Days until it ends; without it, it has no end
    #[arg(
        long,
        value_name = "DAYS",
        allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(NewToken::MAX_DAYS))
    )]
    days: Option<u32>,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    #[command(flatten)]
    of: Of,
    /// What the token is called
    #[arg(long, value_name = "NAME")]
    name: String,
}

impl Token {
    /// Does it.
    pub async fn run(self) -> anyhow::Result<u8> {
        self.beside
            .run(async |backend, actor| self.act(backend, actor).await)
            .await
    }

    async fn act(&self, backend: &Backend, actor: &Actor) -> anyhow::Result<()> {
        match &self.what {
            What::Create(create) => {
                let account = backend
                    .find_account(actor, &create.of.account)
                    .await
                    .map_err(refused)?;
                let new = NewToken {
                    name: create.name.clone(),
                    days: create.days,
                };
                let made = backend
                    .create_token(actor, account.id, new)
                    .await
                    .map_err(refused)?;
                complain(&format!(
                    "A token for {}, ends {}. It is printed only now.",
                    account.login,
                    day(made.row.expires)
                ));
                say(&made.secret);
            }
            What::List(of) => {
                let account = backend
                    .find_account(actor, &of.account)
                    .await
                    .map_err(refused)?;
                for token in backend
                    .list_tokens(actor, account.id)
                    .await
                    .map_err(refused)?
                {
                    say(&format!(
                        "{}  made {}, last used {}, ends {}",
                        token.name,
                        day(Some(token.created)),
                        day(token.last_used),
                        day(token.expires)
                    ));
                }
            }
            What::Revoke(revoke) => {
                let account = backend
                    .find_account(actor, &revoke.of.account)
                    .await
                    .map_err(refused)?;
                let tokens = backend
                    .list_tokens(actor, account.id)
                    .await
                    .map_err(refused)?;
                let Some(token) = tokens.into_iter().find(|token| token.name == revoke.name) else {
                    bail!(
                        "{} has no token called {}. `slipway token list` names those there are.",
                        account.login,
                        revoke.name
                    );
                };
                backend
                    .revoke_token(actor, token.id)
                    .await
                    .map_err(refused)?;
                say(&format!("Revoked {} of {}.", token.name, account.login));
            }
        }
        Ok(())
    }
}

/// A day as `2026-11-21`; `never` if there is none.
pub(super) fn day(at: Option<Timestamp>) -> String {
    let Some(at) = at else {
        return "never".to_owned();
    };
    // Days since 1 March of the year 0, in eras of 400 years.
    let days = at.0.div_euclid(86_400_000) + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    let year = year + days.div_euclid(146_097) * 400 + next;
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::day;
    use domain::Timestamp;

    #[test]
    fn days_are_right_at_the_edges() {
        for (at, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (951_782_400_000, "2000-02-29"),
            (1_795_171_572_000, "2026-11-20"),
        ] {
            assert_eq!(day(Some(Timestamp(at))), text);
        }
        assert_eq!(day(None), "never");
    }
}
