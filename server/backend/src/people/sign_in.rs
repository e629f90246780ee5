//! Signing in, with pauses after failures.

use super::administration::object;
use super::protection::{Verdict, WINDOW, verdict};
use super::{actor_from, me_from};
use crate::Backend;
use crate::actor::Client;
use crate::audit::{Entry, Object};
use domain::AppError;
use domain::name::MAX_PASSWORD;
use domain::view::SignInOutcome;
use store::entity::people::user;
use store::{accounts, people};

/// Logins longer than this are nobody's; they are cut before they are counted.
const LONGEST_LOGIN: usize = 200;

/// What a password led to.
pub(super) enum Tried {
    /// It is the account's. The failure that was noted for the try still stands; whoever goes on
    /// clears it.
    Right(user::Model),
    /// Login or password is wrong.
    Wrong {
        /// Tries left before a pause.
        tries_left: u32,
    },
    /// No try counts now.
    Paused {
        /// Seconds left.
        seconds: u32,
    },
}

impl Backend {
    /// Tries to open a session; the token is there if it was opened.
    pub async fn sign_in(
        &self,
        login: &str,
        password: &str,
        client: &Client,
    ) -> Result<(SignInOutcome, Option<String>), AppError> {
        let user = match self.try_password(login, password, client).await? {
            Tried::Right(user) => user,
            Tried::Wrong { tries_left } => {
                return Ok((SignInOutcome::WrongCredentials { tries_left }, None));
            }
            Tried::Paused { seconds } => return Ok((SignInOutcome::Paused { seconds }, None)),
        };
        let address = client.address.as_str();
        let actor = actor_from(&user);
        let (row, token) = self.new_session(client)?;
        let now = self.now();
        self.store
            .write(async |tx| -> Result<(), AppError> {
                people::clear_failures(tx, &user.login, address).await?;
                people::insert_session(tx, row.of(actor.user)).await?;
                accounts::note_sign_in(tx, user.id, now).await?;
                let entry = Entry::new().after(&serde_json::json!({ "address": address }));
                self.record(tx, Some(&actor), "signed_in", object(&user), entry)
                    .await
            })
            .await?;
        Ok((SignInOutcome::SignedIn(me_from(&actor)), Some(token)))
    }

    /// Whether login and password would open a session now. No try is counted, so this is never
    /// for what comes over the network: only for who may write the database anyway.
    pub async fn opens(&self, login: &str, password: &str) -> Result<bool, AppError> {
        let user = people::find_user_by_login(self.store.read(), login.trim())
            .await?
            .filter(|user| user.active && !user.password_hash.is_empty());
        match user {
            Some(user) => {
                self.passwords
                    .verify(password, Some(user.password_hash.as_str()))
                    .await
            }
            None => Ok(false),
        }
    }

    /// Looks whether a password is the account's.
    ///
    /// A try is counted as a failure *before* the password is looked at and taken back when it was
    /// right, so that many tries at once cannot outrun the counters.
    pub(super) async fn try_password(
        &self,
        login: &str,
        password: &str,
        client: &Client,
    ) -> Result<Tried, AppError> {
        let login: String = login.trim().chars().take(LONGEST_LOGIN).collect();
        let now = self.now();
        let since = now - WINDOW;
        let address = client.address.as_str();
        let before = self
            .store
            .write(async |tx| -> Result<Verdict, AppError> {
                let (user, all) = people::failures(tx, &login, address, since).await?;
                let before = verdict(user, all, now);
                if matches!(before, Verdict::Open { .. }) {
                    people::insert_failure(tx, self.new_id(), &login, address, now, since).await?;
                }
                Ok(before)
            })
            .await?;
        if let Verdict::Paused { seconds } = before {
            return Ok(Tried::Paused { seconds });
        }

        let user = people::find_user_by_login(self.store.read(), &login)
            .await?
            .filter(|user| user.active);
        // An account whose password is still to be set has an empty one, which no password is.
        let stored = user
            .as_ref()
            .map(|user| user.password_hash.as_str())
            .filter(|hash| !hash.is_empty());
        let right =
            password.len() <= MAX_PASSWORD && self.passwords.verify(password, stored).await?;
        match user.filter(|_| right) {
            Some(user) => Ok(Tried::Right(user)),
            None => self.refuse_sign_in(&login, client, now).await,
        }
    }

    /// What a wrong try leads to. A pause that begins stands in the audit.
    async fn refuse_sign_in(
        &self,
        login: &str,
        client: &Client,
        now: i64,
    ) -> Result<Tried, AppError> {
        let address = client.address.as_str();
        self.store
            .write(async |tx| {
                let (user, all) = people::failures(tx, login, address, now - WINDOW).await?;
                tracing::info!(
                    address,
                    of_login = user.count,
                    of_address = all.count,
                    "a sign-in failed"
                );
                match verdict(user, all, now) {
                    Verdict::Open { tries_left } => Ok(Tried::Wrong { tries_left }),
                    Verdict::Paused { seconds } => {
                        let object = Object {
                            kind: "account",
                            id: None,
                            name: login,
                        };
                        let entry = Entry::new().after(&serde_json::json!({
                            "address": address,
                            "seconds": seconds,
                            "failures_of_login": user.count,
                            "failures_of_address": all.count,
                        }));
                        self.record(tx, None, "sign_in_paused", object, entry)
                            .await?;
                        Ok(Tried::Paused { seconds })
                    }
                }
            })
            .await
    }
}
