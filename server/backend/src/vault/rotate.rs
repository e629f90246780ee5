//! A new key for all secrets. Every step can be the last one before the power fails: the old key
//! stays in the file until nothing is sealed with it, and doing it again goes on where it stopped.

use super::{Owner, Place, Vault, refused};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use domain::AppError;
use domain::access::Action;
use seal::{Key, KeySource, Keys, Sealed};
use store::counters;

/// Secrets of one transaction.
const BATCH: u64 = 200;

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotated {
    /// The key that everything is sealed with now.
    pub key: String,
    /// How many secrets were sealed anew.
    pub secrets: u64,
    /// Whether former keys can be taken away by whoever gives them.
    pub given: bool,
}

impl Backend {
    /// Seals every secret with a new key, and forgets the old ones. With keys that are given, the
    /// first of them is the new one.
    pub async fn rotate_secrets(&self, actor: &Actor) -> Result<Rotated, AppError> {
        actor.require(Action::ManageEnvironments)?;
        let keys = self.next_key().await?;
        let current = keys.current.id();
        let mut secrets = 0;
        loop {
            let done = self.seal_some(&keys).await?;
            if done == 0 {
                break;
            }
            secrets += done;
        }
        self.forget_former(actor, &keys, secrets).await?;
        Ok(Rotated {
            key: current,
            secrets,
            given: matches!(self.vault.source, KeySource::Given { .. }),
        })
    }

    /// Takes away the values of secrets whose key is lost, so that the console can be started; how
    /// many there were. They have to be set anew.
    pub async fn forget_lost_secrets(&self, actor: &Actor) -> Result<u64, AppError> {
        actor.require(Action::ManageEnvironments)?;
        // Without any key everything is lost.
        let known: Vec<String> = self
            .vault
            .read()
            .map(|keys| keys.all().map(Key::id).collect())
            .unwrap_or_default();
        self.store
            .write(async |tx| {
                counters::raise(tx, counters::SECRETS).await?;
                let gone = store::settings::remove_sealed_otherwise(tx, &known).await?;
                // Whoever starts next says which key it is.
                counters::set(tx, counters::SECRET_KEY, 0).await?;
                if gone > 0 {
                    store::counters::raise(tx, counters::LANDSCAPE).await?;
                    let object = Object {
                        kind: "installation",
                        id: None,
                        name: "Secrets",
                    };
                    let entry = Entry::new().after(&serde_json::json!({ "secrets": gone }));
                    self.record(tx, Some(actor), "lost_secrets_forgotten", object, entry)
                        .await?;
                }
                Ok(gone)
            })
            .await
    }

    /// The keys with a new one in front. One that was put there by a rotation that did not end is
    /// taken up again.
    async fn next_key(&self) -> Result<Keys, AppError> {
        self.store
            .write(async |tx| {
                counters::raise(tx, counters::SECRETS).await?;
                let keys = self.vault.read().map_err(|error| refused(&error))?;
                let KeySource::File(path) = &self.vault.source else {
                    return Ok(keys);
                };
                if !keys.former.is_empty() {
                    return Ok(keys);
                }
                let next = Keys {
                    current: Key::new().map_err(|error| refused(&error))?,
                    former: vec![keys.current],
                };
                // Before anything is sealed with it.
                next.replace_file(path).map_err(|error| refused(&error))?;
                Ok(next)
            })
            .await
    }

    /// Seals some of those secrets anew that are sealed with another key; how many.
    async fn seal_some(&self, keys: &Keys) -> Result<u64, AppError> {
        let current = keys.current.id();
        self.store
            .write(async |tx| {
                counters::raise(tx, counters::SECRETS).await?;
                let mut done = 0;
                for mut row in store::settings::list_sealed_otherwise(tx, &current, BATCH).await? {
                    let place = Place {
                        owner: Owner::Environment(row.environment_id),
                        module: row.module_id,
                        name: &row.name_folded,
                    };
                    let sealed =
                        reseal(&self.vault, keys, place, row.key_id.as_deref(), &row.value)?;
                    row.value = sealed.value;
                    row.key_id = Some(sealed.key_id);
                    store::settings::put(tx, row).await?;
                    done += 1;
                }
                let plans = store::settings::list_plans_sealed_otherwise(tx, &current, BATCH);
                for mut row in plans.await? {
                    let place = Place {
                        owner: Owner::Plan(row.plan_id),
                        module: row.module_id,
                        name: &row.name_folded,
                    };
                    let sealed =
                        reseal(&self.vault, keys, place, row.key_id.as_deref(), &row.value)?;
                    row.value = sealed.value;
                    row.key_id = Some(sealed.key_id);
                    store::plans::settings::put(tx, row).await?;
                    done += 1;
                }
                Ok(done)
            })
            .await
    }

    /// Takes the former keys away, now that nothing needs them. In a transaction that nobody seals
    /// beside.
    async fn forget_former(
        &self,
        actor: &Actor,
        keys: &Keys,
        secrets: u64,
    ) -> Result<(), AppError> {
        let current = keys.current.id();
        self.store
            .write(async |tx| {
                counters::raise(tx, counters::SECRETS).await?;
                let used = self.keys_in_use(tx).await?;
                if used.iter().any(|(key, _)| *key != current) {
                    return Err(AppError::Unavailable {
                        message: "Secrets were set with the former key meanwhile. Nothing is lost; do it again.".to_owned(),
                        retry_seconds: 1,
                    });
                }
                let object = Object {
                    kind: "installation",
                    id: None,
                    name: "Secrets",
                };
                counters::set(tx, counters::SECRET_KEY, keys.current.number()).await?;
                let entry = Entry::new()
                    .after(&serde_json::json!({ "key": current, "secrets": secrets }));
                self.record(tx, Some(actor), "secrets_rotated", object, entry)
                    .await?;
                if let KeySource::File(path) = &self.vault.source {
                    let only = Keys {
                        current: keys.current.clone(),
                        former: Vec::new(),
                    };
                    only.replace_file(path).map_err(|error| refused(&error))?;
                }
                Ok(())
            })
            .await
    }
}

fn reseal(
    vault: &Vault,
    keys: &Keys,
    place: Place<'_>,
    key_id: Option<&str>,
    value: &str,
) -> Result<Sealed, AppError> {
    let id = key_id.unwrap_or_default();
    let Some(key) = keys.find(id) else {
        return Err(AppError::conflict(
            "unknown_key",
            format!(
                "A secret is sealed with the key {id}, which is not in {}. Nothing of it was changed: put that key back, below the first one, and do it again.",
                vault.source
            ),
        ));
    };
    let opened = key.open(&place.bytes(), value).map_err(|_| {
        AppError::conflict(
            "secret_damaged",
            format!(
                "The stored value of {} of the module {} is damaged and cannot be opened. Set it anew or take it away with `slipway setting`, then do it again.",
                place.name, place.module
            ),
        )
    })?;
    let sealed = keys.current.seal(&place.bytes(), &opened);
    sealed.map_err(|error| refused(&error))
}
