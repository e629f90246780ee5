//! Opening everything that the use cases stand on, for whoever runs a console process.

use crate::clock::{SystemClock, SystemIds};
use crate::{Backend, Options};
use domain::AppError;
use std::path::Path;
use store::{Blobs, Store, StoreError};

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
        Ok(Self::new(store, blobs, SystemClock, SystemIds, options).await?)
    }
}
