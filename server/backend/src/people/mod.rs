//! Accounts, signing in and sessions.

mod administration;
mod change_password;
mod password;
mod protection;
mod sessions;
mod sign_in;
mod tokens;
mod who_can;

pub(crate) use password::Passwords;

use crate::Backend;
use crate::actor::{Actor, Client};
use crate::audit::{Entry, Object};
use crate::secrets;
use domain::access::{Access, Standing};
use domain::name::{check_password, parse_name};
use domain::view::{Me, NewAdministrator, SetupState};
use domain::{AppError, FieldError, UserId};
use store::entity::people::user;
use store::{DatabaseTransaction, Set, StoreError, accounts, people};

/// A stored standing; an unknown word gives the least.
fn standing_from(word: &str) -> Standing {
    Standing::from_word(word).unwrap_or(Standing::Guest)
}

/// The actor that an account is.
pub(crate) fn actor_from(user: &user::Model) -> Actor {
    Actor {
        user: UserId(user.id),
        login: user.login.clone(),
        name: user.name.clone(),
        access: Access {
            standing: standing_from(&user.standing),
        },
        token: None,
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

/// What is known of a new account apart from its password, trimmed and checked.
struct Person {
    name: String,
    login: String,
    email: String,
    standing: Standing,
}

impl Person {
    /// The person with trimmed fields, or what is wrong with each.
    fn check(
        name: &str,
        login: &str,
        email: &str,
        standing: Standing,
    ) -> Result<Self, Vec<FieldError>> {
        let mut fields = Vec::new();
        let name = parse_name(name).unwrap_or_else(|error| {
            fields.push(FieldError::new("name", sentence(&error.to_string())));
            String::new()
        });
        let login = parse_name(login).unwrap_or_else(|error| {
            let text = error.to_string().replacen("a name", "a user name", 1);
            fields.push(FieldError::new("login", sentence(&text)));
            String::new()
        });
        if login.contains(char::is_whitespace) {
            fields.push(FieldError::new("login", "A user name has no blanks."));
        }
        let email = email.trim().to_owned();
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
        if fields.is_empty() {
            Ok(Self {
                name,
                login,
                email,
                standing,
            })
        } else {
            Err(fields)
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
        let person = Person::check(&new.name, &new.login, &new.email, Standing::Administrator);
        let password = check_password(&new.password)
            .map_err(|error| FieldError::new("password", sentence(&error.to_string())));
        let person = match (person, password) {
            (Ok(person), Ok(())) => person,
            (person, password) => {
                let fields = person.err().into_iter().flatten().chain(password.err());
                return Err(AppError::Invalid {
                    fields: fields.collect(),
                });
            }
        };
        let password_hash = self.passwords.hash(&new.password).await?;
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
                let actor = self.insert_account(tx, None, person, password_hash).await?;
                people::insert_session(tx, row.of(actor.user)).await?;
                accounts::note_sign_in(tx, actor.user.0, now).await?;
                Ok(actor)
            })
            .await?;
        Ok((me_from(&actor), session))
    }

    async fn insert_account(
        &self,
        tx: &DatabaseTransaction,
        by: Option<&Actor>,
        account: Person,
        password_hash: String,
    ) -> Result<Actor, AppError> {
        let row = user::ActiveModel {
            id: Set(self.new_id()),
            login_folded: Set(domain::name::fold(&account.login)),
            login: Set(account.login),
            name: Set(account.name),
            email: Set(account.email),
            standing: Set(account.standing.word().to_owned()),
            password_hash: Set(password_hash),
            active: Set(true),
            created: Set(self.now()),
            revision: Set(1),
            last_sign_in: Set(None),
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
