//! Bearer tokens, for `slipway publish` and programs.

use super::{actor_from, sentence};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::secrets;
use domain::AppError;
use domain::name::parse_name;
use store::entity::people::token;
use store::{Set, people};

/// What tokens begin with, so that they are recognised where they should not be.
const PREFIX: &str = "slw_";
/// Its last use is noted at most once a minute.
const TOUCH_AFTER: i64 = 60 * 1_000;

impl Backend {
    /// The actor behind a bearer token of the API or of `slipway publish`.
    pub async fn find_bearer(&self, token: &str) -> Result<Option<Actor>, AppError> {
        if !token.starts_with(PREFIX) {
            return Ok(None);
        }
        let hash = secrets::hash(token);
        let Some((token, user)) = people::find_token(self.store.read(), &hash).await? else {
            return Ok(None);
        };
        let now = self.now();
        if !user.active || token.expires.is_some_and(|end| now >= end) {
            return Ok(None);
        }
        if token.last_used.is_none_or(|last| now - last >= TOUCH_AFTER) {
            let noted = self
                .store
                .write(async |tx| people::touch_token(tx, token.id, now).await)
                .await;
            if let Err(error) = noted {
                tracing::warn!(%error, "the use of a token could not be noted");
            }
        }
        Ok(Some(actor_from(&user)))
    }

    /// Makes a bearer token for the actor's own account; it is shown once.
    pub async fn create_token(&self, actor: &Actor, name: &str) -> Result<String, AppError> {
        let name = parse_name(name)
            .map_err(|error| AppError::invalid("name", sentence(&error.to_string())))?;
        let secret = format!("{PREFIX}{}", secrets::new_secret()?);
        let id = self.new_id();
        let row = token::ActiveModel {
            id: Set(id),
            user_id: Set(actor.user.0),
            name: Set(name.clone()),
            token_hash: Set(secrets::hash(&secret)),
            created: Set(self.now()),
            last_used: Set(None),
            expires: Set(None),
        };
        self.store
            .write(async |tx| -> Result<(), AppError> {
                people::insert_token(tx, row).await?;
                let object = Object {
                    kind: "token",
                    id: Some(id),
                    name: &name,
                };
                self.record(tx, Some(actor), "token_created", object, Entry::new())
                    .await
            })
            .await?;
        Ok(secret)
    }
}
