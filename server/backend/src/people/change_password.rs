//! Passwords set by their own person: with the old one, or with a one-time link.

use super::administration::{account_named, object};
use super::sign_in::Tried;
use super::{actor_from, me_from, sentence};
use crate::Backend;
use crate::actor::{Actor, Client};
use crate::audit::Entry;
use crate::events::Topic;
use crate::secrets;
use domain::access::Action;
use domain::name::check_password;
use domain::view::{Me, PasswordLink, PasswordLinkOwner};
use domain::{AppError, Timestamp, UserId};
use store::accounts::{self, Change};
use store::entity::people::{password_link, user};
use store::{DatabaseTransaction, Set, StoreError, people};

/// A link can be used for 72 hours.
const LINK_LIFETIME: i64 = 72 * 60 * 60 * 1_000;

/// A link that does not know its account yet.
pub(super) struct UnownedLink {
    code: String,
    now: i64,
}

fn over() -> AppError {
    AppError::conflict(
        "link_over",
        "This link does not work any more: it was used, replaced by a newer one, or is older than three days. Ask an administrator for another one.",
    )
}

fn check(password: &str) -> Result<(), AppError> {
    check_password(password)
        .map_err(|error| AppError::invalid("password", sentence(&error.to_string())))
}

impl Backend {
    /// A new one-time link.
    pub(super) fn new_password_link(&self) -> Result<UnownedLink, AppError> {
        Ok(UnownedLink {
            code: secrets::new_secret()?,
            now: self.now(),
        })
    }

    /// Keeps the link's hash in place of the account's earlier links.
    pub(super) async fn keep_password_link(
        &self,
        tx: &DatabaseTransaction,
        link: UnownedLink,
        user: &user::Model,
    ) -> Result<PasswordLink, AppError> {
        let expires = link.now + LINK_LIFETIME;
        let row = password_link::ActiveModel {
            code_hash: Set(secrets::hash(&link.code)),
            user_id: Set(user.id),
            created: Set(link.now),
            expires: Set(expires),
        };
        accounts::replace_link(tx, row).await?;
        Ok(PasswordLink {
            account: UserId(user.id),
            name: user.name.clone(),
            login: user.login.clone(),
            code: link.code,
            expires: Timestamp(expires),
        })
    }

    /// Whose password a link sets. Whoever has the link may know.
    pub async fn read_password_link(&self, code: &str) -> Result<PasswordLinkOwner, AppError> {
        accounts::find_link(self.store.read(), &secrets::hash(code), self.now())
            .await?
            .filter(|user| user.active)
            .map(|user| PasswordLinkOwner {
                name: user.name,
                login: user.login,
            })
            .ok_or_else(over)
    }

    /// Sets the password of a link's account, uses the link up, ends the account's other sessions
    /// and opens one; answers with its token.
    pub async fn use_password_link(
        &self,
        code: &str,
        password: &str,
        client: &Client,
    ) -> Result<(Me, String), AppError> {
        check(password)?;
        let hash = secrets::hash(code);
        // Before the password is hashed, which takes a while, for nobody's sake.
        self.read_password_link(code).await?;
        let password_hash = self.passwords.hash(password).await?;
        let (session, token) = self.new_session(client)?;
        let now = self.now();
        let actor = self
            .store
            .write(async |tx| -> Result<Actor, AppError> {
                let user = accounts::find_link(tx, &hash, now)
                    .await?
                    .filter(|user| user.active)
                    .ok_or_else(over)?;
                let change = Change {
                    password_hash: Some(password_hash),
                    ..Change::default()
                };
                accounts::change(tx, user.id, user.revision, change).await?;
                accounts::delete_links(tx, user.id).await?;
                accounts::delete_sessions(tx, user.id, None).await?;
                let actor = actor_from(&user);
                people::insert_session(tx, session.of(actor.user)).await?;
                accounts::note_sign_in(tx, user.id, now).await?;
                let entry = Entry::new().after(&serde_json::json!({ "address": client.address }));
                self.record(tx, Some(&actor), "password_set", object(&user), entry)
                    .await?;
                Ok(actor)
            })
            .await?;
        self.topics.bump([Topic::Me]);
        Ok((me_from(&actor), token))
    }

    /// Changes the actor's own password; the other sessions of the account end, `session` stays.
    ///
    /// # Errors
    /// A wrong old password counts as a failed sign-in, so that a browser left open is no way to
    /// guess it.
    pub async fn change_password(
        &self,
        actor: &Actor,
        session: &str,
        old: &str,
        new: &str,
        client: &Client,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageOwnAccount)?;
        check(new)?;
        if old == new {
            return Err(AppError::invalid(
                "password",
                "The new password is the old one. Choose another.",
            ));
        }
        let user = match self.try_password(&actor.login, old, client).await? {
            Tried::Right(user) if user.id == actor.user.0 => user,
            Tried::Right(_) => return Err(AppError::Unauthenticated),
            Tried::Wrong { tries_left } => {
                return Err(AppError::invalid(
                    "old",
                    match tries_left {
                        1 => "This is not your password. One more wrong one starts a pause."
                            .to_owned(),
                        left => {
                            format!("This is not your password. {left} more tries before a pause.")
                        }
                    },
                ));
            }
            Tried::Paused { seconds } => {
                return Err(AppError::Unavailable {
                    message: format!(
                        "Too many wrong passwords. The password was not changed; try again in {seconds} seconds."
                    ),
                    retry_seconds: seconds,
                });
            }
        };
        let password_hash = self.passwords.hash(new).await?;
        let keep = secrets::hash(session);
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let change = Change {
                    password_hash: Some(password_hash),
                    ..Change::default()
                };
                accounts::change(tx, user.id, user.revision, change)
                    .await
                    .map_err(|error| match error {
                        StoreError::Stale => StoreError::Stale.about(account_named(&user)),
                        other => other.into(),
                    })?;
                accounts::delete_links(tx, user.id).await?;
                let ended = accounts::delete_sessions(tx, user.id, Some(&keep)).await?;
                people::clear_failures(tx, &user.login, &client.address).await?;
                let entry = Entry::new().after(&serde_json::json!({
                    "address": client.address, "sessions_ended": ended,
                }));
                self.record(tx, Some(actor), "password_changed", object(&user), entry)
                    .await
            })
            .await?;
        self.topics.bump([Topic::Me]);
        Ok(())
    }
}
