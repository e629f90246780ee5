//! Accounts, signing in and sessions.

mod password;
mod protection;
mod sessions;
mod sign_in;
mod tokens;

pub(crate) use password::Passwords;

use crate::Backend;
use crate::actor::{Actor, Client};
use crate::audit::{Entry, Object};
use crate::secrets;
use domain::access::{Access, Action, Standing};
use domain::name::{check_password, parse_name};
use domain::view::{Me, NewAdministrator, SetupState};
use domain::{AppError, FieldError, UserId};
use store::entity::people::user;
use store::{DatabaseTransaction, Set, StoreError, people};

/// The stored word of a standing.
pub(crate) fn standing_word(standing: Standing) -> &'static str {
    match standing {
        Standing::Viewer => "viewer",
        Standing::Operator => "operator",
        Standing::Administrator => "administrator",
    }
}

/// A stored standing; an unknown word gives the least.
fn standing_from(word: &str) -> Standing {
    match word {
        "administrator" => Standing::Administrator,
        "operator" => Standing::Operator,
        _ => Standing::Viewer,
    }
}

/// The actor that an account is.
fn actor_from(user: &user::Model) -> Actor {
    Actor {
        user: UserId(user.id),
        login: user.login.clone(),
        name: user.name.clone(),
        access: Access {
            standing: standing_from(&user.standing),
        },
    }
}

fn me_from(actor: &Actor) -> Me {
    Me {
        id: actor.user,
        name: actor.name.clone(),
        login: actor.login.clone(),
        access: actor.access.clone(),
    }
}

/// A new account, as typed.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// Display name.
    pub name: String,
    /// Login.
    pub login: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// Password.
    pub password: String,
    /// What it may do.
    pub standing: Standing,
}

impl NewAccount {
    /// The account with trimmed fields, or what is wrong with each.
    fn check(self) -> Result<Self, AppError> {
        let mut fields = Vec::new();
        let name = parse_name(&self.name).unwrap_or_else(|error| {
            fields.push(FieldError::new("name", sentence(&error.to_string())));
            String::new()
        });
        let login = parse_name(&self.login).unwrap_or_else(|error| {
            let text = error.to_string().replacen("a name", "a login", 1);
            fields.push(FieldError::new("login", sentence(&text)));
            String::new()
        });
        if login.contains(char::is_whitespace) {
            fields.push(FieldError::new("login", "A login has no blanks."));
        }
        let email = self.email.trim().to_owned();
        let plausible = email.len() <= 254
            && !email.chars().any(|c| c.is_whitespace() || c.is_control())
            && email
                .split_once('@')
                .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
        if !email.is_empty() && !plausible {
            fields.push(FieldError::new(
                "email",
                "This is not an e-mail address. Leave it empty, or write it like ada@example.com.",
            ));
        }
        if let Err(error) = check_password(&self.password) {
            fields.push(FieldError::new("password", sentence(&error.to_string())));
        }
        if fields.is_empty() {
            Ok(Self {
                name,
                login,
                email,
                ..self
            })
        } else {
            Err(AppError::Invalid { fields })
        }
    }
}

/// A rule's words as a sentence.
pub(crate) fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let text: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    format!("{text}.")
}

impl Backend {
    /// Whether the first account is still to be made.
    pub async fn read_setup_state(&self) -> Result<SetupState, AppError> {
        Ok(SetupState {
            needed: !people::has_users(self.store.read()).await?,
        })
    }

    /// Makes a new one-time set-up token, which ends the one before; none if the first account is
    /// there already. The caller shows it on the terminal; only its hash is kept.
    pub async fn create_setup_token(&self) -> Result<Option<String>, AppError> {
        let token = secrets::new_code()?;
        let hash = secrets::hash(&token);
        self.store
            .write(async |tx| {
                if people::has_users(tx).await? {
                    return Ok(None);
                }
                people::set_setup_hash(tx, &hash).await?;
                Ok(Some(token))
            })
            .await
    }

    /// Makes the first account with the one-time token; answers with the session's token.
    pub async fn create_administrator(
        &self,
        new: NewAdministrator,
        client: &Client,
    ) -> Result<(Me, String), AppError> {
        let setup_hash = secrets::hash(&secrets::normal_code(&new.token));
        let account = NewAccount {
            name: new.name,
            login: new.login,
            email: new.email,
            password: new.password,
            standing: Standing::Administrator,
        }
        .check()?;
        let password_hash = self.passwords.hash(&account.password).await?;
        let (row, session) = self.new_session(client)?;
        let now = self.now();
        let actor = self
            .store
            .write(async |tx| {
                if people::has_users(tx).await? {
                    return Err(AppError::conflict(
                        "setup_done",
                        "The administrator's account is there already. Sign in with it.",
                    ));
                }
                people::use_setup_hash(tx, &setup_hash, now)
                    .await
                    .map_err(|error| match error {
                        StoreError::Missing => AppError::invalid(
                            "token",
                            "This is not the set-up token. It stands in the terminal in which Slipway was started; each start prints a new one.",
                        ),
                        other => other.into(),
                    })?;
                let actor = self.insert_account(tx, None, account, password_hash).await?;
                people::insert_session(tx, row.of(actor.user)).await?;
                Ok(actor)
            })
            .await?;
        Ok((me_from(&actor), session))
    }

    /// Makes an account.
    pub async fn create_account(&self, actor: &Actor, new: NewAccount) -> Result<UserId, AppError> {
        actor.require(Action::ManageUsers)?;
        let account = new.check()?;
        let password_hash = self.passwords.hash(&account.password).await?;
        let made = self
            .store
            .write(async |tx| {
                self.insert_account(tx, Some(actor), account, password_hash)
                    .await
            })
            .await?;
        Ok(made.user)
    }

    async fn insert_account(
        &self,
        tx: &DatabaseTransaction,
        by: Option<&Actor>,
        account: NewAccount,
        password_hash: String,
    ) -> Result<Actor, AppError> {
        let row = user::ActiveModel {
            id: Set(self.new_id()),
            login_folded: Set(domain::name::fold(&account.login)),
            login: Set(account.login),
            name: Set(account.name),
            email: Set(account.email),
            standing: Set(standing_word(account.standing).to_owned()),
            password_hash: Set(password_hash),
            active: Set(true),
            created: Set(self.now()),
            revision: Set(1),
        };
        let user = people::insert_user(tx, row)
            .await
            .map_err(|error| match error {
                StoreError::Duplicate(_) => {
                    AppError::invalid("login", "This login is taken. Choose another.")
                }
                other => other.into(),
            })?;
        let made = actor_from(&user);
        self.record(
            tx,
            Some(by.unwrap_or(&made)),
            "account_created",
            Object {
                kind: "account",
                id: Some(user.id),
                name: &user.login,
            },
            Entry::new()
                .after(&serde_json::json!({ "standing": user.standing, "name": user.name })),
        )
        .await?;
        Ok(made)
    }

    /// The actor's own account.
    pub async fn read_me(&self, actor: &Actor) -> Result<Me, AppError> {
        // As it is now: a standing that was taken away ends with the next look.
        let user = people::find_user(self.store.read(), actor.user.0)
            .await?
            .filter(|user| user.active)
            .ok_or(AppError::Unauthenticated)?;
        Ok(me_from(&actor_from(&user)))
    }
}
