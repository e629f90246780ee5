//! Accounts as administrators make and change them. There is always somebody left who can: an
//! active administrator with a password.

use super::{Person, standing_from};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::events::Topic;
use domain::access::{Action, Standing};
use domain::view::{AccountRow, NewInvitation, PasswordLink};
use domain::{AppError, Timestamp, UserId};
use store::accounts::{self, Change};
use store::entity::people::user;
use store::{DatabaseTransaction, people};

/// Raised whenever the number of administrators may sink, so that two such changes at the same
/// time come one after the other.
const ADMINISTRATORS: &str = "administrators";

fn row_from(user: user::Model) -> AccountRow {
    AccountRow {
        id: UserId(user.id),
        standing: standing_from(&user.standing),
        has_password: !user.password_hash.is_empty(),
        last_sign_in: user.last_sign_in.map(Timestamp),
        created: Timestamp(user.created),
        name: user.name,
        login: user.login,
        email: user.email,
        active: user.active,
        revision: user.revision,
    }
}

pub(super) fn object(user: &user::Model) -> Object<'_> {
    Object {
        kind: "account",
        id: Some(user.id),
        name: &user.login,
    }
}

impl Backend {
    /// All accounts, by name.
    pub async fn list_accounts(&self, actor: &Actor) -> Result<Vec<AccountRow>, AppError> {
        actor.require(Action::ManageUsers)?;
        Ok(accounts::list(self.store.read())
            .await?
            .into_iter()
            .map(row_from)
            .collect())
    }

    /// An account by its login, as typed.
    pub async fn find_account(&self, actor: &Actor, login: &str) -> Result<AccountRow, AppError> {
        actor.require(Action::ManageUsers)?;
        people::find_user_by_login(self.store.read(), login.trim())
            .await?
            .map(row_from)
            .ok_or_else(|| AppError::not_found(format!("The account {}", login.trim())))
    }

    /// Makes an account without a password, and the link with which its person sets one.
    pub async fn invite_account(
        &self,
        actor: &Actor,
        new: NewInvitation,
    ) -> Result<PasswordLink, AppError> {
        actor.require(Action::ManageUsers)?;
        let person = Person::check(&new.name, &new.login, &new.email, new.standing)
            .map_err(|fields| AppError::Invalid { fields })?;
        let link = self.new_password_link()?;
        self.store
            .write(async |tx| {
                let made = self
                    .insert_account(tx, Some(actor), person, String::new())
                    .await?;
                let user = store::or_missing(
                    people::find_user(tx, made.user.0).await?,
                    "The new account",
                )?;
                self.keep_password_link(tx, link, &user).await
            })
            .await
    }

    /// Gives an account another standing.
    pub async fn set_account_standing(
        &self,
        actor: &Actor,
        account: UserId,
        revision: i64,
        standing: Standing,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageUsers)?;
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let user = self.account_to_change(tx, account).await?;
                if standing_from(&user.standing) == standing {
                    return Ok(());
                }
                if standing != Standing::Administrator {
                    self.keep_an_administrator(tx, &user).await?;
                }
                let change = Change {
                    standing: Some(standing.word()),
                    ..Change::default()
                };
                accounts::change(tx, user.id, revision, change)
                    .await
                    .map_err(|error| error.about(account_named(&user)))?;
                let entry = Entry::new()
                    .before(&serde_json::json!({ "standing": user.standing }))
                    .after(&serde_json::json!({ "standing": standing.word() }));
                self.record(
                    tx,
                    Some(actor),
                    "account_standing_changed",
                    object(&user),
                    entry,
                )
                .await
            })
            .await?;
        self.topics.bump([Topic::Me]);
        Ok(())
    }

    /// Takes the right to sign in from an account, or gives it back. Taking it ends the sessions
    /// and any password link; tokens do not work while it is taken.
    pub async fn set_account_active(
        &self,
        actor: &Actor,
        account: UserId,
        revision: i64,
        active: bool,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageUsers)?;
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let user = self.account_to_change(tx, account).await?;
                if user.active == active {
                    return Ok(());
                }
                let mut ended = 0;
                if !active {
                    if actor.user == account {
                        return Err(AppError::conflict(
                            "own_account",
                            "You cannot deactivate your own account. Another administrator can.",
                        ));
                    }
                    self.keep_an_administrator(tx, &user).await?;
                    ended = accounts::delete_sessions(tx, user.id, None).await?;
                    accounts::delete_links(tx, user.id).await?;
                }
                let change = Change {
                    active: Some(active),
                    ..Change::default()
                };
                accounts::change(tx, user.id, revision, change)
                    .await
                    .map_err(|error| error.about(account_named(&user)))?;
                let (action, entry) = if active {
                    ("account_activated", Entry::new())
                } else {
                    (
                        "account_deactivated",
                        Entry::new().after(&serde_json::json!({ "sessions_ended": ended })),
                    )
                };
                self.record(tx, Some(actor), action, object(&user), entry)
                    .await
            })
            .await?;
        self.topics.bump([Topic::Me]);
        Ok(())
    }

    /// Takes an account's password away, signs it out everywhere, and makes the link with which its
    /// person sets another.
    pub async fn reset_account_password(
        &self,
        actor: &Actor,
        account: UserId,
        revision: i64,
    ) -> Result<PasswordLink, AppError> {
        actor.require(Action::ManageUsers)?;
        if actor.user == account {
            return Err(AppError::conflict(
                "own_account",
                "Change your own password from your own menu, with Change password.",
            ));
        }
        let link = self.new_password_link()?;
        let made = self
            .store
            .write(async |tx| {
                let user = self.account_to_change(tx, account).await?;
                if !user.active {
                    return Err(AppError::conflict(
                        "account_inactive",
                        format!("{} is deactivated. Activate the account first, then reset its password.", user.name),
                    ));
                }
                // At the terminal the link is the way in again, also for the last administrator.
                if !actor.is_terminal() {
                    self.keep_an_administrator(tx, &user).await?;
                }
                let change = Change {
                    password_hash: Some(String::new()),
                    ..Change::default()
                };
                accounts::change(tx, user.id, revision, change)
                    .await
                    .map_err(|error| error.about(account_named(&user)))?;
                let ended = accounts::delete_sessions(tx, user.id, None).await?;
                let entry = Entry::new().after(&serde_json::json!({ "sessions_ended": ended }));
                self.record(
                    tx,
                    Some(actor),
                    "account_password_reset",
                    object(&user),
                    entry,
                )
                .await?;
                self.keep_password_link(tx, link, &user).await
            })
            .await?;
        self.topics.bump([Topic::Me]);
        Ok(made)
    }

    /// The account, with other changes of administrators held back until this one is done.
    async fn account_to_change(
        &self,
        tx: &DatabaseTransaction,
        account: UserId,
    ) -> Result<user::Model, AppError> {
        store::counters::raise(tx, ADMINISTRATORS).await?;
        store::or_missing(people::find_user(tx, account.0).await?, "This account")
    }

    /// Refuses if this account is the last one that can manage accounts.
    async fn keep_an_administrator(
        &self,
        tx: &DatabaseTransaction,
        user: &user::Model,
    ) -> Result<(), AppError> {
        let administrator = Standing::Administrator.word();
        let can = user.standing == administrator && user.active && !user.password_hash.is_empty();
        if can && accounts::count_usable(tx, administrator, user.id).await? == 0 {
            return Err(AppError::conflict(
                "last_administrator",
                format!(
                    "{} is the only administrator who can sign in. Make another account an administrator first, and wait until its password is set.",
                    user.name
                ),
            ));
        }
        Ok(())
    }
}

pub(super) fn account_named(user: &user::Model) -> String {
    format!("The account of {}", user.name)
}
