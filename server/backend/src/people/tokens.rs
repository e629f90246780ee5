//! Bearer tokens, for `slipway publish` and programs: each acts as the account that made it.

use super::{actor_from, sentence};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::secrets;
use domain::access::Action;
use domain::name::parse_name;
use domain::view::{MadeToken, NewToken, TokenRow};
use domain::{AppError, FieldError, Timestamp, TokenId, UserId};
use store::entity::people::token;
use store::{Set, StoreError, people, tokens};

/// What tokens begin with, so that they are recognised where they should not be.
const PREFIX: &str = "slw_";
/// Its last use is noted at most once a minute.
const TOUCH_AFTER: i64 = 60 * 1_000;
/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// The most tokens that one account has, so that none is made in a loop and forgotten.
const MOST: usize = 50;

fn row_from(token: token::Model) -> TokenRow {
    TokenRow {
        id: TokenId(token.id),
        name: token.name,
        created: Timestamp(token.created),
        last_used: token.last_used.map(Timestamp),
        expires: token.expires.map(Timestamp),
    }
}

impl Backend {
    /// The actor behind a bearer token of the API or of `slipway publish`.
    pub async fn find_bearer(&self, token: &str) -> Result<Option<Actor>, AppError> {
        if !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let hash = secrets::hash(token);
        let Some((token, user)) = tokens::find_by_hash(self.store.read(), &hash).await? else {
            return Ok(None);
        };
        let now = self.now();
        if !user.active || token.expires.is_some_and(|end| now >= end) {
            return Ok(None);
        }
        if token.last_used.is_none_or(|last| now - last >= TOUCH_AFTER) {
            let noted = self
                .store
                .write(async |tx| tokens::touch(tx, token.id, now).await)
                .await;
            if let Err(error) = noted {
                tracing::warn!(%error, "the use of a token could not be noted");
            }
        }
        Ok(Some(Actor {
            token: Some(token.name),
            ..actor_from(&user)
        }))
    }

    /// The tokens of an account, newest first: one's own, or anybody's for those who manage
    /// accounts.
    pub async fn list_tokens(&self, actor: &Actor, of: UserId) -> Result<Vec<TokenRow>, AppError> {
        actor.require(own_or_others(actor, of))?;
        Ok(tokens::list(self.store.read(), of.0)
            .await?
            .into_iter()
            .map(row_from)
            .collect())
    }

    /// Makes a bearer token for an account: one's own, or anybody's for those who manage accounts.
    /// The secret is in the answer and nowhere else.
    pub async fn create_token(
        &self,
        actor: &Actor,
        of: UserId,
        new: NewToken,
    ) -> Result<MadeToken, AppError> {
        actor.require(own_or_others(actor, of))?;
        let mut fields = Vec::new();
        let name = parse_name(&new.name).unwrap_or_else(|error| {
            fields.push(FieldError::new("name", sentence(&error.to_string())));
            String::new()
        });
        if new
            .days
            .is_some_and(|days| !(1..=NewToken::MAX_DAYS).contains(&days))
        {
            fields.push(FieldError::new(
                "days",
                format!(
                    "A token lasts 1 to {} days, or has no end.",
                    NewToken::MAX_DAYS
                ),
            ));
        }
        if !fields.is_empty() {
            return Err(AppError::Invalid { fields });
        }
        let secret = format!("{PREFIX}{}", secrets::new_secret()?);
        let now = self.now();
        let row = token::Model {
            id: self.new_id(),
            user_id: of.0,
            name,
            token_hash: secrets::hash(&secret),
            created: now,
            last_used: None,
            expires: new.days.map(|days| now + i64::from(days) * DAY),
        };
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let owner = store::or_missing(people::find_user(tx, of.0).await?, "This account")?;
                let others = tokens::list(tx, of.0).await?;
                if others.len() >= MOST {
                    return Err(AppError::conflict(
                        "too_many_tokens",
                        format!("An account has at most {MOST} tokens. Revoke those that are not used any more, then make the new one."),
                    ));
                }
                if others.iter().any(|other| other.name == row.name) {
                    return Err(AppError::invalid(
                        "name",
                        "There is a token with this name already. Choose another, or revoke that one first.",
                    ));
                }
                tokens::insert(
                    tx,
                    token::ActiveModel {
                        id: Set(row.id),
                        user_id: Set(row.user_id),
                        name: Set(row.name.clone()),
                        token_hash: Set(row.token_hash.clone()),
                        created: Set(row.created),
                        last_used: Set(row.last_used),
                        expires: Set(row.expires),
                    },
                )
                .await?;
                let object = Object {
                    kind: "token",
                    id: Some(row.id),
                    name: &row.name,
                };
                let entry = Entry::new().after(&serde_json::json!({
                    "account": owner.login, "expires": row.expires,
                }));
                self.record(tx, Some(actor), "token_created", object, entry)
                    .await
            })
            .await?;
        Ok(MadeToken {
            row: row_from(row),
            secret,
        })
    }

    /// Ends a token: one's own, or anybody's for those who manage accounts. Programs that use it
    /// are refused from then on.
    pub async fn revoke_token(&self, actor: &Actor, id: TokenId) -> Result<(), AppError> {
        actor.require(Action::ManageOwnAccount)?;
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let token = tokens::find(tx, id.0)
                    .await?
                    // Whose tokens one may not see, of those one is not told that they exist.
                    .filter(|token| {
                        actor
                            .require(own_or_others(actor, UserId(token.user_id)))
                            .is_ok()
                    });
                let token = store::or_missing(token, "This token")?;
                if !tokens::delete(tx, id.0).await? {
                    return Err(StoreError::Missing.into());
                }
                let object = Object {
                    kind: "token",
                    id: Some(id.0),
                    name: &token.name,
                };
                self.record(tx, Some(actor), "token_revoked", object, Entry::new())
                    .await
            })
            .await
    }
}

/// What is needed to see or change the tokens of an account.
fn own_or_others(actor: &Actor, of: UserId) -> Action {
    if actor.user == of {
        Action::ManageOwnAccount
    } else {
        Action::ManageUsers
    }
}
