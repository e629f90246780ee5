//! Secret values of site properties: sealed from the moment a release is made of an order, so that
//! neither the state nor the journal ever holds them in the clear, and opened for the moment in which
//! a service is started. Sealed values are bound to their module and name.

use crate::error::Failure;
use crate::settings::is_secret;
use crate::state::{Release, State};
use seal::{Closed, Key, KeyError, KeySource, Keys, Sealed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;
use zeroize::Zeroizing;

/// What is authenticated with a secret. Ids have one length, so the parts cannot run into each other.
fn place(module: Uuid, name: &str) -> Vec<u8> {
    let mut bytes = b"slipway agent secret 1\0".to_vec();
    bytes.extend(module.as_bytes());
    bytes.extend(name.to_ascii_lowercase().as_bytes());
    bytes
}

/// Why a module's secrets are of no use now.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Locked {
    /// The keys are not there.
    #[error("the agent's key for secrets cannot be used: {0}")]
    Keys(#[from] KeyError),
    /// The key is another one.
    #[error(
        "the value of \"{name}\" is sealed with the key {key}, which is not in {from}. Put that key back, as a line of its own below the one in use"
    )]
    UnknownKey {
        name: String,
        key: String,
        from: String,
    },
    /// It was changed on the disk.
    #[error("the stored value of \"{name}\" is damaged")]
    Damaged { name: String },
}

impl Locked {
    /// For an order that needs them.
    fn into_failure(self, module: &str) -> Failure {
        Failure::lasting(
            protocol::SECRETS_LOCKED,
            format!(
                "\"{module}\" cannot be started: {self}. If the key is lost, set the module's \
                 secret values anew in the console, or deploy it again. What ran before still runs."
            ),
        )
    }
}

/// The agent's keys, read when they are needed first and again when one is missing.
pub(crate) struct Secrets {
    source: KeySource,
    known: Mutex<Option<Keys>>,
}

impl Secrets {
    /// With the keys of this source; a file is made if it is not there. An agent without keys runs
    /// all the same: only what has secrets needs them.
    pub(crate) fn new(source: KeySource) -> Self {
        let secrets = Self {
            source,
            known: Mutex::new(None),
        };
        if let Err(error) = secrets.current() {
            tracing::error!(%error, "the agent has no key for secrets: modules that have some cannot be started");
        }
        secrets
    }

    fn read(&self) -> Result<Keys, KeyError> {
        let keys = Keys::read(&self.source)?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys.clone());
        Ok(keys)
    }

    fn current(&self) -> Result<Key, KeyError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = known.as_ref() {
            return Ok(keys.current.clone());
        }
        drop(known);
        if let KeySource::File(path) = &self.source
            && !path.exists()
        {
            Keys::make_file(path)?;
        }
        Ok(self.read()?.current)
    }

    fn open(&self, module: Uuid, name: &str, sealed: &Sealed) -> Result<Zeroizing<String>, Locked> {
        let place = place(module, name);
        let opened = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.as_ref().map(|keys| keys.open(&place, sealed))
        };
        let opened = match opened {
            // Somebody may have put it back meanwhile.
            None | Some(Err(Closed::UnknownKey)) => self.read()?.open(&place, sealed),
            Some(opened) => opened,
        };
        opened.map_err(|closed| match closed {
            Closed::UnknownKey => Locked::UnknownKey {
                name: name.to_owned(),
                key: sealed.key_id.clone(),
                from: self.source.to_string(),
            },
            Closed::Damaged => Locked::Damaged {
                name: name.to_owned(),
            },
        })
    }

    /// The opened values of a module's secrets, by name.
    pub(crate) fn open_all(
        &self,
        module: Uuid,
        sealed: &BTreeMap<String, Sealed>,
    ) -> Result<BTreeMap<String, Zeroizing<String>>, Locked> {
        sealed
            .iter()
            .map(|(name, sealed)| Ok((name.clone(), self.open(module, name, sealed)?)))
            .collect()
    }

    /// Whether a release can be started, as far as its secrets go.
    pub(crate) fn require(&self, release: &Release) -> Result<(), Failure> {
        match self.open_all(release.module, &release.sealed) {
            Ok(_) => Ok(()),
            Err(locked) => Err(locked.into_failure(&release.name)),
        }
    }

    /// Gives a release these values: secret ones sealed, the others as they are. Answers whether
    /// that changes what it finds.
    pub(crate) fn set(
        &self,
        release: &mut Release,
        settings: &BTreeMap<String, String>,
        secret: &[String],
    ) -> Result<bool, Failure> {
        let former = (
            std::mem::take(&mut release.settings),
            std::mem::take(&mut release.sealed),
        );
        let names: BTreeSet<String> = secret.iter().cloned().collect();
        let same_names = release.secret_settings == names;
        release.secret_settings = names;
        let (hidden, open): (BTreeMap<_, _>, BTreeMap<_, _>) = settings
            .iter()
            .partition(|(name, _)| is_secret(release, name));
        release.settings = open
            .into_iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let same_hidden = former.1.len() == hidden.len()
            && hidden.iter().all(|(name, value)| {
                former.1.get(*name).is_some_and(|sealed| {
                    self.open(release.module, name, sealed)
                        .is_ok_and(|opened| *opened == **value)
                })
            });
        if same_hidden {
            release.sealed = former.1;
            return Ok(!same_names || release.settings != former.0);
        }
        for (name, value) in hidden {
            let sealed = self
                .seal(release.module, name, value)
                .map_err(|error| Locked::Keys(error).into_failure(&release.name))?;
            release.sealed.insert(name.clone(), sealed);
        }
        Ok(true)
    }

    fn seal(&self, module: Uuid, name: &str, value: &str) -> Result<Sealed, KeyError> {
        self.current()?.seal(&place(module, name), value)
    }

    /// Seals what an older agent has left in the clear, and what is sealed with a former key. What
    /// cannot be sealed or opened stays as it is, and is named in the log.
    pub(crate) fn tidy(&self, state: &mut State) {
        let current = self.current().map(|key| key.id()).ok();
        let mut troubles = BTreeSet::new();
        for release in state.releases_mut() {
            let open: Vec<String> = release
                .settings
                .keys()
                .filter(|name| is_secret(release, name))
                .cloned()
                .collect();
            for name in open {
                let Some(value) = release.settings.get(&name) else {
                    continue;
                };
                match self.seal(release.module, &name, value) {
                    Ok(sealed) => {
                        release.settings.remove(&name).map(Zeroizing::new);
                        release.sealed.insert(name, sealed);
                    }
                    Err(error) => {
                        troubles.insert((release.name.clone(), Locked::Keys(error).to_string()));
                    }
                }
            }
            for (name, sealed) in &mut release.sealed {
                if Some(&sealed.key_id) == current.as_ref() {
                    continue;
                }
                let anew = self.open(release.module, name, sealed).and_then(|value| {
                    self.seal(release.module, name, &value)
                        .map_err(Locked::from)
                });
                match anew {
                    Ok(anew) => *sealed = anew,
                    Err(locked) => {
                        troubles.insert((release.name.clone(), locked.to_string()));
                    }
                }
            }
        }
        for (module, trouble) in troubles {
            tracing::error!(%module, %trouble, "secret values of a module are locked; nothing of them is lost");
        }
    }
}
