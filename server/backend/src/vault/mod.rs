//! Secrets at rest: the values of secret site properties are sealed before they are stored, and
//! opened on their way to an agent. What is sealed says with which key, and opens only in the row
//! that it was sealed for: it cannot be moved to another property, module, environment or plan.

mod rotate;

pub use rotate::Rotated;
pub use seal::{KeyError, KeySource};

use crate::Backend;
use crate::open::OpenError;
use domain::AppError;
use seal::{Closed, Key, Keys, Sealed, id_of};
use std::sync::{Mutex, PoisonError};
use store::{ConnectionTrait, DatabaseKind, DatabaseTransaction, counters};
use uuid::Uuid;
use zeroize::Zeroizing;

/// The row that a secret belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// Whose table, and which environment or plan.
    pub(crate) owner: Owner,
    pub(crate) module: Uuid,
    /// The property's name, folded.
    pub(crate) name: &'a str,
}

/// Who sets a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Environment(Uuid),
    Plan(Uuid),
}

impl Place<'_> {
    /// What is authenticated with the secret. Ids have one length, so the parts cannot run into
    /// each other.
    fn bytes(self) -> Vec<u8> {
        let (tag, id) = match self.owner {
            Owner::Environment(id) => (b'e', id),
            Owner::Plan(id) => (b'p', id),
        };
        let mut bytes = b"slipway secret 1\0".to_vec();
        bytes.push(tag);
        bytes.extend(id.as_bytes());
        bytes.extend(self.module.as_bytes());
        bytes.extend(self.name.as_bytes());
        bytes
    }
}

/// The keys of this process.
pub(crate) struct Vault {
    source: KeySource,
    known: Mutex<Option<Keys>>,
}

impl Vault {
    pub(crate) fn new(source: KeySource) -> Self {
        Self {
            source,
            known: Mutex::new(None),
        }
    }

    /// The keys as they are now.
    fn read(&self) -> Result<Keys, KeyError> {
        let keys = Keys::read(&self.source)?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys.clone());
        Ok(keys)
    }

    /// A key by its id, looked for anew if it is not known: somebody may have made a new one.
    fn find(&self, id: &str) -> Result<Option<Key>, KeyError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.as_ref().and_then(|keys| keys.find(id)) {
            return Ok(Some(key.clone()));
        }
        drop(known);
        Ok(self.read()?.find(id).cloned())
    }
}

impl Backend {
    /// Seals a secret with the key in use. Inside the transaction that stores it: while that holds
    /// its place in the row, no key is taken away.
    pub(crate) async fn seal(
        &self,
        tx: &DatabaseTransaction,
        place: Place<'_>,
        value: &str,
    ) -> Result<Sealed, AppError> {
        counters::raise(tx, counters::SECRETS).await?;
        let keys = self.vault.read().map_err(|error| refused(&error))?;
        let sealed = keys.current.seal(&place.bytes(), value);
        sealed.map_err(|error| refused(&error))
    }

    /// Opens a secret.
    ///
    /// # Errors
    /// `Unavailable` if its key is not there, `Conflict` if it was tampered with.
    pub(crate) fn unseal(
        &self,
        place: Place<'_>,
        key_id: &str,
        value: &str,
    ) -> Result<Zeroizing<String>, AppError> {
        let key = self.vault.find(key_id).map_err(|error| refused(&error))?;
        key.ok_or(Closed::UnknownKey)
            .and_then(|key| key.open(&place.bytes(), value))
            .map_err(|closed| match closed {
                Closed::UnknownKey => {
                    tracing::error!(key_id, "a secret is sealed with a key that is not here");
                    AppError::Unavailable {
                        message: "A secret cannot be opened: the key that it is sealed with is not at the console. Put the key back, as its operators were told when it started; or set the secret anew.".to_owned(),
                        retry_seconds: 60,
                    }
                }
                Closed::Damaged => {
                    tracing::error!(module = %place.module, property = place.name, "a sealed secret is damaged");
                    AppError::conflict(
                        "secret_damaged",
                        format!("The stored value of {} is damaged and cannot be opened. Set it anew.", place.name),
                    )
                }
            })
    }

    /// Sees to it that the keys are there that secrets are sealed with, makes the first one, and
    /// that consoles on one database have the same.
    pub(crate) async fn claim_keys(&self) -> Result<(), OpenError> {
        let connection = self.store.read();
        let needed = store::settings::list_keys(connection).await?;
        let shared = self.store.kind() == DatabaseKind::Postgres;
        let in_use = counters::value(connection, counters::SECRET_KEY).await?;
        // Another console may have made one and not used it yet.
        let first = needed.is_empty() && (in_use == 0 || !shared);
        match &self.vault.source {
            KeySource::None if needed.is_empty() => return Ok(()),
            KeySource::File(path) if first && !path.exists() => Keys::make_file(path)?,
            _ => {}
        }
        let keys = self.vault.read()?;
        let source_name = || self.vault.source.to_string();
        let missing = needed.iter().find(|(id, _)| keys.find(id).is_none());
        if let Some((id, secrets)) = missing {
            return Err(OpenError::WrongKey {
                source_name: source_name(),
                key: id.clone(),
                secrets: *secrets,
            });
        }
        let other = self
            .store
            .write(async |tx| -> Result<_, store::StoreError> {
                counters::raise(tx, counters::SECRETS).await?;
                let in_use = counters::value(tx, counters::SECRET_KEY).await?;
                if shared && in_use != 0 && !keys.all().any(|key| key.number() == in_use) {
                    return Ok(Some(in_use));
                }
                counters::set(tx, counters::SECRET_KEY, keys.current.number()).await?;
                Ok(None)
            })
            .await?;
        match other {
            None => Ok(()),
            Some(number) => Err(OpenError::OtherKey {
                source_name: source_name(),
                key: id_of(number),
            }),
        }
    }

    /// How many secrets are sealed with each key.
    async fn keys_in_use(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<Vec<(String, i64)>, AppError> {
        Ok(store::settings::list_keys(connection).await?)
    }
}

/// A missing key, for whoever wanted to set or use a secret: what to do is for operators, who find
/// the rest in the log.
fn refused(error: &KeyError) -> AppError {
    tracing::error!(%error, "secrets cannot be sealed or opened");
    AppError::Unavailable {
        message: "Secrets cannot be set or used: the console's key for them cannot be read. The console's log says why.".to_owned(),
        retry_seconds: 60,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_place_of_its_own() {
        let place = Place {
            owner: Owner::Environment(Uuid::from_u128(1)),
            module: Uuid::from_u128(2),
            name: "apikey",
        };
        let elsewhere = [
            Place {
                name: "other",
                ..place
            },
            Place {
                module: Uuid::from_u128(3),
                ..place
            },
            Place {
                owner: Owner::Environment(Uuid::from_u128(3)),
                ..place
            },
            Place {
                owner: Owner::Plan(Uuid::from_u128(1)),
                ..place
            },
        ];
        for other in elsewhere {
            assert_ne!(other.bytes(), place.bytes(), "{other:?}");
        }
    }
}
