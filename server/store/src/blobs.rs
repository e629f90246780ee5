//! Bundles, by the SHA-256 of their packed bytes. A folder by default; anything that
//! `object_store` speaks to can stand in its place. Callers verify digests; this only keeps bytes.

use crate::error::{StoreError, StoreResult};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The blob store.
#[derive(Debug, Clone)]
pub struct Blobs {
    inner: Arc<dyn ObjectStore>,
    /// Where what comes in piece by piece is written first.
    incoming: PathBuf,
}

/// What comes in and has no name yet.
const INCOMING: &str = "incoming";
/// The file that says whose blobs these are.
const OWNER: &str = "installation";

impl Blobs {
    /// Keeps blobs in `folder`, which is made if it is not there.
    pub fn in_folder(folder: &Path) -> StoreResult<Self> {
        let incoming = folder.join(INCOMING);
        std::fs::create_dir_all(&incoming)
            .map_err(|error| StoreError::Gone(format!("{}: {error}", folder.display())))?;
        let local = LocalFileSystem::new_with_prefix(folder).map_err(|e| classify(&e))?;
        Ok(Self {
            inner: Arc::new(local.with_fsync(true)),
            incoming,
        })
    }

    /// The installation whose blobs these are, as it was written down; none if nobody has yet.
    pub async fn owner(&self) -> StoreResult<Option<String>> {
        match self.inner.get(&Key::from(OWNER)).await {
            Ok(found) => {
                let text = found.bytes().await.map_err(|e| classify(&e))?;
                Ok(Some(String::from_utf8_lossy(&text).trim().to_owned()))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(classify(&error)),
        }
    }

    /// Writes down whose blobs these are, unless somebody was faster.
    pub async fn set_owner(&self, owner: &str) -> StoreResult<()> {
        let text = format!("{owner}\n");
        let create = PutMode::Create.into();
        match self
            .inner
            .put_opts(&Key::from(OWNER), text.into(), create)
            .await
        {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }

    /// Whether a blob is there, and its size.
    pub async fn size(&self, digest: &str) -> StoreResult<Option<u64>> {
        match self.inner.head(&key(digest)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(classify(&error)),
        }
    }

    /// Where a file of this name may be written, to become a blob by [`Blobs::adopt`].
    pub fn incoming(&self, name: &str) -> PathBuf {
        self.incoming.join(name)
    }

    /// Makes the file of this name, which was written to [`Blobs::incoming`] and synced, a blob. It
    /// appears whole or not at all, in place of a former one.
    pub async fn adopt(&self, name: &str, digest: &str) -> StoreResult<()> {
        let from = Key::from(format!("{INCOMING}/{name}"));
        self.inner
            .rename(&from, &key(digest))
            .await
            .map_err(|error| classify(&error))
    }

    /// The names of blobs, and of files that came in, which were last written before `before`
    /// (milliseconds since the epoch).
    pub async fn list_before(&self, before: i64) -> StoreResult<Vec<Kept>> {
        let mut found = Vec::new();
        let mut all = self.inner.list(None);
        while let Some(meta) = all.next().await {
            let meta = match meta {
                Ok(meta) => meta,
                // Removed while the list was read.
                Err(Error::NotFound { .. }) => continue,
                Err(error) => return Err(classify(&error)),
            };
            if meta.location == Key::from(OWNER) {
                continue;
            }
            if meta.last_modified.timestamp_millis() < before {
                let name = meta.location.filename().unwrap_or_default().to_owned();
                let incoming = meta.location.prefix_matches(&Key::from(INCOMING));
                found.push(if incoming {
                    Kept::Incoming(name)
                } else {
                    Kept::Blob(name)
                });
            }
        }
        Ok(found)
    }

    /// Removes what came in and never became a blob.
    pub async fn remove_incoming(&self, name: &str) -> StoreResult<()> {
        let path = Key::from(format!("{INCOMING}/{name}"));
        match self.inner.delete(&path).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }

    /// A blob's bytes in pieces, with its size; [`StoreError::Missing`] if it is not there.
    pub async fn open(
        &self,
        digest: &str,
    ) -> StoreResult<(u64, BoxStream<'static, std::io::Result<Bytes>>)> {
        let found = self
            .inner
            .get(&key(digest))
            .await
            .map_err(|e| classify(&e))?;
        let size = found.meta.size;
        let pieces = found.into_stream().map_err(std::io::Error::other).boxed();
        Ok((size, pieces))
    }

    /// Removes a blob; removing what is not there is no error.
    pub async fn remove(&self, digest: &str) -> StoreResult<()> {
        match self.inner.delete(&key(digest)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }
}

/// Something in the blob store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// A blob, by its digest.
    Blob(String),
    /// What an upload that was cut off has left.
    Incoming(String),
}

/// Two levels, so that no folder gets too large.
fn key(digest: &str) -> Key {
    let head = digest.get(..2).unwrap_or("xx");
    Key::from(format!("{head}/{digest}"))
}

fn classify(error: &Error) -> StoreError {
    let full = std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |e| {
        e.source()
    })
    .filter_map(|e| e.downcast_ref::<std::io::Error>())
    .any(|e| e.kind() == std::io::ErrorKind::StorageFull);
    match error {
        Error::NotFound { .. } => StoreError::Missing,
        _ if full => StoreError::Full,
        other => StoreError::Gone(other.to_string()),
    }
}
