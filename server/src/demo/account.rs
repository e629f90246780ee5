//! The demo's administrator: made once, with a random password, signed in while the demo starts.

use super::DemoFile;
use anyhow::{Context, bail};
use backend::{Actor, Backend, Client};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::view::NewAdministrator;
use std::path::Path;
use uuid::Uuid;

/// Somebody who is signed in.
pub struct Account {
    /// The login.
    pub login: String,
    /// The password.
    pub password: String,
    /// Who acts.
    pub actor: Actor,
    session: String,
}

impl Account {
    /// Makes the account in a new console, or signs in with what `demo.json` holds.
    pub async fn open(
        backend: &Backend,
        known: Option<&DemoFile>,
        path: &Path,
        url: &str,
    ) -> anyhow::Result<Self> {
        let client = Client {
            address: "127.0.0.1".to_owned(),
            user_agent: "slipway demo".to_owned(),
        };
        let (login, password) = match known {
            Some(file) => (file.username.clone(), file.password.clone()),
            None => ("admin".to_owned(), random_password()),
        };
        let session = match backend.create_setup_token().await? {
            Some(token) => {
                // Known before it is used: a start that is cut off does not lock anybody out.
                DemoFile {
                    url: url.to_owned(),
                    username: login.clone(),
                    password: password.clone(),
                    environments: Vec::new(),
                    applications: Vec::new(),
                }
                .write(path)?;
                let new = NewAdministrator {
                    token,
                    name: "Ana Ribeiro".to_owned(),
                    login: login.clone(),
                    email: String::new(),
                    password: password.clone(),
                };
                backend.create_administrator(new, &client).await?.1
            }
            None if known.is_none() => bail!(
                "the console in this folder was not made by `slipway demo` (there is no {}); choose another folder with --data",
                path.display()
            ),
            None => {
                let (_, session) = backend.sign_in(&login, &password, &client).await?;
                session.with_context(|| {
                    format!("the password in {} is not right any more", path.display())
                })?
            }
        };
        let actor = backend
            .find_session(&session)
            .await?
            .context("the demo's session ended at once")?;
        Ok(Self {
            login,
            password,
            actor,
            session,
        })
    }

    /// Signs out; the demo needs no session while it runs.
    pub async fn close(self, backend: &Backend) {
        let _ = backend.sign_out(&self.session).await;
    }
}

/// 122 random bits from two ids that are made of nothing else, in a form that the policy takes.
fn random_password() -> String {
    let text = BASE64_URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes());
    format!("{}-aA1", text.replace(['-', '_'], "x"))
}
