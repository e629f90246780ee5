//! What agents report about attempts, and the bundles that go to and from them.

use super::{AgentActor, AgentError};
use crate::Backend;
use bytes::Bytes;
use futures::stream::BoxStream;
use protocol::{EventKind, Events};
use sha2::{Digest, Sha256};
use store::{DatabaseTransaction, StoreError, agents, bundles, environments};
use uuid::Uuid;

/// Events written in one transaction.
const AT_ONCE: usize = 200;

/// The most bytes of one bundle.
pub const MAX_BUNDLE: u64 = bundle::Limits::STANDARD.packed;

impl Backend {
    /// Takes an agent's reports, in order. Idempotent: an agent that did not hear the answer sends
    /// them again.
    pub async fn record_events(
        &self,
        actor: &AgentActor,
        events: Events,
    ) -> Result<(), AgentError> {
        let now = self.now();
        for events in events.events.chunks(AT_ONCE) {
            self.store
                .write(async |tx| -> Result<(), domain::AppError> {
                    self.record_attempt_events(tx, actor.environment, events)
                        .await?;
                    for event in events {
                        match &event.what {
                            EventKind::Succeeded => {}
                            EventKind::Failed { message, .. } => {
                                self.note_failed_report(tx, actor, event.attempt, message)
                                    .await?;
                            }
                            EventKind::Begun | EventKind::Log { .. } => continue,
                        }
                        agents::finish_command(tx, actor.agent.0, event.attempt, now).await?;
                    }
                    agents::touch(tx, actor.agent.0, now, None).await?;
                    Ok(())
                })
                .await?;
        }
        self.wake_engine();
        Ok(())
    }

    /// A failed inventory that a person asked for stands on the Environments page.
    async fn note_failed_report(
        &self,
        tx: &DatabaseTransaction,
        actor: &AgentActor,
        attempt: Uuid,
        message: &str,
    ) -> Result<(), domain::AppError> {
        let command = agents::find_command(tx, actor.agent.0, attempt).await?;
        // An attempt that is its own run belongs to no plan.
        if command.is_some_and(|command| command.run_id == attempt && command.finished.is_none()) {
            let message = message.chars().take(500).collect();
            environments::end_synchronization(tx, actor.environment.0, self.now(), Some(message))
                .await?;
        }
        Ok(())
    }

    /// A bundle's size and bytes.
    pub async fn open_bundle(
        &self,
        digest: &str,
    ) -> Result<(u64, BoxStream<'static, std::io::Result<Bytes>>), AgentError> {
        self.blobs.open(digest).await.map_err(|error| match error {
            StoreError::Missing => AgentError::new(
                404,
                "bundle_missing",
                format!(
                    "The console has no bundle {digest}. Publish the application again; if a version needs it, restore the console's bundle folder from a backup."
                ),
            ),
            other => other.into(),
        })
    }

    /// Whether the console has a bundle.
    pub async fn has_bundle(&self, digest: &str) -> Result<bool, domain::AppError> {
        Ok(self.blobs.size(digest).await?.is_some())
    }

    /// Keeps a bundle whose bytes have this digest; keeping it twice is no error.
    pub async fn put_bundle(&self, digest: &str, bytes: Bytes) -> Result<(), AgentError> {
        if bytes.len() as u64 > MAX_BUNDLE {
            return Err(AgentError::new(
                413,
                "bundle_too_large",
                format!(
                    "The bundle has {} bytes; the most is {MAX_BUNDLE}. Split the module, or leave large files out.",
                    bytes.len()
                ),
            ));
        }
        let bytes_to_hash = bytes.clone();
        let found =
            tokio::task::spawn_blocking(move || hex::encode(Sha256::digest(&bytes_to_hash)))
                .await
                .map_err(|_| {
                    AgentError::new(500, "internal", "The bundle could not be verified.")
                })?;
        if found != digest {
            return Err(AgentError::new(
                400,
                "digest_mismatch",
                format!(
                    "The bundle's bytes have the digest {found}, not {digest}. It was cut or changed on the way; send it again."
                ),
            ));
        }
        let size = bytes.len() as u64;
        if self.blobs.size(digest).await? != Some(size) {
            self.blobs.put(digest, bytes).await?;
        }
        let now = self.now();
        self.store
            .write(async |tx| {
                bundles::insert(tx, digest, i64::try_from(size).unwrap_or(i64::MAX), now).await
            })
            .await?;
        Ok(())
    }
}
