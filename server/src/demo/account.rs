//! The demo's administrator: made once, with a random password. What a later start does, it does
//! without signing in: the account is a person's by then, who may have changed everything about it.

use super::file::Credentials;
use anyhow::{Context, bail};
use backend::{Actor, Backend, Client};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::access::{Access, Standing};
use domain::view::NewAdministrator;
use std::path::Path;
use uuid::Uuid;

/// The demo's administrator.
pub struct Account {
    /// The login.
    pub login: String,
    /// The password that was made with the account.
    pub password: String,
    /// Whether it still opens the console.
    pub opens: bool,
}

impl Account {
    /// Makes the account in a new console, or looks at the one that the file at `path` names.
    pub async fn open(
        backend: &Backend,
        known: Option<Credentials>,
        path: &Path,
    ) -> anyhow::Result<Self> {
        let is_known = known.is_some();
        let known = known.unwrap_or_else(|| Credentials {
            username: "admin".to_owned(),
            password: random_password(),
        });
        let Some(token) = backend.create_setup_token().await? else {
            if !is_known {
                bail!(
                    "the console in this folder was not made by `slipway demo` (there is no {}); choose another folder with --data",
                    path.display()
                );
            }
            let opens = backend.opens(&known.username, &known.password).await?;
            return Ok(Self::of(known, opens));
        };
        // Known before it is used: a start that is cut off does not lock anybody out.
        known.write(path)?;
        let new = NewAdministrator {
            token,
            name: "Ana Ribeiro".to_owned(),
            login: known.username.clone(),
            email: String::new(),
            password: known.password.clone(),
        };
        let client = Client {
            address: "127.0.0.1".to_owned(),
            user_agent: "slipway demo".to_owned(),
        };
        let (_, session) = backend.create_administrator(new, &client).await?;
        // Nobody sits at it.
        backend
            .sign_out(&session)
            .await
            .context("the demo's first session could not be closed")?;
        Ok(Self::of(known, true))
    }

    fn of(known: Credentials, opens: bool) -> Self {
        Self {
            login: known.username,
            password: known.password,
            opens,
        }
    }

    /// Who the sample factory's history is by: its administrator, as long as that is one; else, as
    /// everything else that a start does, whoever sits at the terminal.
    pub async fn actor(&self, backend: &Backend) -> Actor {
        let terminal = terminal();
        match backend.find_account(&terminal, &self.login).await {
            Ok(row) if row.active && row.standing == Standing::Administrator => Actor {
                user: row.id,
                login: row.login,
                name: row.name,
                access: Access {
                    standing: row.standing,
                },
                token: None,
            },
            _ => terminal,
        }
    }
}

/// Whoever started the demo.
pub fn terminal() -> Actor {
    let person = std::env::var("USER").unwrap_or_else(|_| "somebody".to_owned());
    Actor::at_terminal(&person)
}

/// 122 random bits from two ids that are made of nothing else, in a form that the policy takes.
fn random_password() -> String {
    let text = BASE64_URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes());
    format!("{}-aA1", text.replace(['-', '_'], "x"))
}
