//! Opening everything that the use cases stand on, for whoever runs a console process.

use crate::clock::{SystemClock, SystemIds};
use crate::{Backend, Options};
use domain::AppError;
use std::path::Path;
use store::{Blobs, DatabaseKind, Store, StoreError};

/// How many bundles are looked for to tell whether a folder is the right one.
const ENOUGH_BUNDLES: usize = 20;

/// Why a console could not be opened: for the terminal of the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the SQLite file.
    #[error(
        "another console is using this database. One console per SQLite file: stop the other one, choose another data folder, or use PostgreSQL."
    )]
    InUse,
    /// The database or the folder of bundles cannot be reached.
    #[error("{0}. Check the address, the permissions of the folder, and that the server runs.")]
    Gone(String),
    /// No space is left.
    #[error("no space is left for the database. Free some, then start again.")]
    Full,
    /// The database answers, but not as Slipway's does.
    #[error("the database could not be used: {0}")]
    Broken(String),
    /// There is no console's database.
    #[error(
        "there is no console's database here. Name its folder with --data (or its address with --database), as `slipway serve` has it; the console must have been started once."
    )]
    NotThere,
    /// The schema is older or newer than this program's.
    #[error(
        "this database belongs to another version of Slipway. Use the `slipway` that the console runs, or start the console with this one first."
    )]
    OtherVersion,
    /// The folder of bundles is another installation's.
    #[error(
        "the folder {0} holds the bundles of another installation of Slipway. Name this one's data folder with --data; if the other installation is gone for good, move that folder away."
    )]
    OtherBundles(String),
    /// The database names bundles, and the folder has none of them.
    #[error(
        "the bundles that this database names are not in {folder}. Consoles on one PostgreSQL database need one shared folder: mount it there, or name it with --data. If the bundles are lost, write {installation} into {folder}/installation to go on without them."
    )]
    BundlesElsewhere {
        /// Where they were looked for.
        folder: String,
        /// The installation's id.
        installation: String,
    },
    /// The keys for secrets cannot be read.
    #[error(transparent)]
    Key(#[from] crate::vault::KeyError),
    /// Secrets are sealed with a key that is not there.
    #[error(
        "secrets in this database ({secrets} of them) are sealed with the key {key}, which is not in {source_name}. Nothing was changed. Put that key back from your backup, below the one in use; if it is lost for good, `slipway secret forget-lost` takes these values away, to be set anew."
    )]
    WrongKey {
        /// Where keys were looked for.
        source_name: String,
        /// The id of the missing one.
        key: String,
        /// How many secrets it seals.
        secrets: i64,
    },
    /// Other consoles on this database have another key.
    #[error(
        "the consoles on this database have another key for secrets, {key}, which is not in {source_name}. Give this one the same: copy the file, name a shared one with --secret-key-file, or set SLIPWAY_SECRET_KEY. If that key is lost for good, `slipway secret forget-lost` lets a new one be taken."
    )]
    OtherKey {
        /// Where keys were looked for.
        source_name: String,
        /// The id of the other one.
        key: String,
    },
    /// The use cases could not start on it.
    #[error(transparent)]
    Start(#[from] AppError),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::InUse,
            StoreError::Gone(what) => Self::Gone(what),
            StoreError::Full => Self::Full,
            other => Self::Broken(other.to_string()),
        }
    }
}

impl Backend {
    /// The use cases beside a console that may be running on the same database: for what the
    /// terminal of its machine may do. No engine, no agents, no change of the schema.
    pub async fn open_beside(
        url: &str,
        bundles: &Path,
        options: Options,
    ) -> Result<Self, OpenError> {
        let store = Store::open_beside(url).await.map_err(|error| match error {
            StoreError::Missing => OpenError::NotThere,
            StoreError::Stale => OpenError::OtherVersion,
            other => other.into(),
        })?;
        let blobs = Blobs::in_folder(bundles)?;
        Ok(Self::on(store, blobs, SystemClock, SystemIds, options))
    }

    /// The use cases on the database at `url` (`sqlite:PATH` or `postgres://…`) and the folder of
    /// bundles, both made if they are not there, the schema brought up to date.
    pub async fn open(url: &str, bundles: &Path, options: Options) -> Result<Self, OpenError> {
        let blobs = Blobs::in_folder(bundles)?;
        let store = Store::open(url).await?;
        let backend = Self::new(store, blobs, SystemClock, SystemIds, options).await?;
        backend.claim_bundles(bundles).await?;
        backend.claim_keys().await?;
        Ok(backend)
    }

    /// Sees to it that database and bundles belong together: consoles that share a database share
    /// the folder too, or each would miss what the others were given.
    async fn claim_bundles(&self, folder: &Path) -> Result<(), OpenError> {
        let connection = self.store.read();
        let Some(installation) = store::people::installation(connection).await? else {
            return Err(OpenError::Broken("it has no installation".to_owned()));
        };
        let own = installation.id.to_string();
        let folder = folder.display().to_string();
        if self.blobs.owner().await?.is_none() {
            if self.store.kind() == DatabaseKind::Postgres && self.lacks_bundles().await? {
                return Err(OpenError::BundlesElsewhere {
                    folder,
                    installation: own,
                });
            }
            self.blobs.set_owner(&own).await?;
        }
        match self.blobs.owner().await? {
            Some(owner) if owner == own => Ok(()),
            _ => Err(OpenError::OtherBundles(folder)),
        }
    }

    /// Whether the database names bundles and the first ones are all missing.
    async fn lacks_bundles(&self) -> Result<bool, OpenError> {
        let known = store::bundles::list(self.store.read()).await?;
        for (digest, _) in known.iter().take(ENOUGH_BUNDLES) {
            if self.blobs.size(digest).await?.is_some() {
                return Ok(false);
            }
        }
        Ok(!known.is_empty())
    }
}
