//! Sessions in the database: opened, found, ended.

use super::actor_from;
use crate::Backend;
use crate::actor::{Actor, Client};
use crate::audit::{Entry, Object};
use crate::events::Topic;
use crate::secrets;
use domain::{AppError, UserId};
use store::entity::people::session;
use store::{Set, people};

/// A session ends this long after its last use: 12 hours.
const IDLE: i64 = 12 * 60 * 60 * 1_000;
/// A session ends this long after it was opened: 7 days.
const LIFETIME: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Its last use is noted at most once a minute.
const TOUCH_AFTER: i64 = 60 * 1_000;

/// A session that does not know its person yet.
pub(super) struct UnownedSession {
    token_hash: String,
    now: i64,
    client: Client,
}

impl UnownedSession {
    /// The row for this person.
    pub(super) fn of(self, user: UserId) -> session::ActiveModel {
        session::ActiveModel {
            token_hash: Set(self.token_hash),
            user_id: Set(user.0),
            created: Set(self.now),
            last_seen: Set(self.now),
            expires: Set(self.now + LIFETIME),
            address: Set(self.client.address),
            user_agent: Set(self.client.user_agent.chars().take(200).collect()),
        }
    }
}

impl Backend {
    /// A new session's row and its token.
    pub(super) fn new_session(
        &self,
        client: &Client,
    ) -> Result<(UnownedSession, String), AppError> {
        let token = secrets::new_secret()?;
        let row = UnownedSession {
            token_hash: secrets::hash(&token),
            now: self.now(),
            client: client.clone(),
        };
        Ok((row, token))
    }

    /// The actor behind a session's token; none if the session is over.
    pub async fn find_session(&self, token: &str) -> Result<Option<Actor>, AppError> {
        let hash = secrets::hash(token);
        let Some((session, user)) = people::find_session(self.store.read(), &hash).await? else {
            return Ok(None);
        };
        let now = self.now();
        if now >= session.expires || now - session.last_seen >= IDLE || !user.active {
            return Ok(None);
        }
        if now - session.last_seen >= TOUCH_AFTER {
            // A busy database must not throw people out; the next request notes it.
            let noted = self
                .store
                .write(async |tx| people::touch_session(tx, &hash, now).await)
                .await;
            if let Err(error) = noted {
                tracing::warn!(%error, "the use of a session could not be noted");
            }
        }
        Ok(Some(actor_from(&user)))
    }

    /// Ends the session with this token; unknown tokens are no error.
    pub async fn sign_out(&self, token: &str) -> Result<(), AppError> {
        let hash = secrets::hash(token);
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let Some(user) = people::delete_session(tx, &hash).await? else {
                    return Ok(());
                };
                let Some(user) = people::find_user(tx, user).await? else {
                    return Ok(());
                };
                let actor = actor_from(&user);
                let object = Object {
                    kind: "account",
                    id: Some(user.id),
                    name: &user.login,
                };
                self.record(tx, Some(&actor), "signed_out", object, Entry::new())
                    .await
            })
            .await?;
        // Ends the streams of the session's other tabs.
        self.topics.bump([Topic::Me]);
        Ok(())
    }

    /// Removes sessions that are over; called now and then.
    pub async fn remove_ended_sessions(&self) -> Result<u64, AppError> {
        let now = self.now();
        Ok(self
            .store
            .write(async |tx| people::delete_ended_sessions(tx, now, now - IDLE).await)
            .await?)
    }
}
