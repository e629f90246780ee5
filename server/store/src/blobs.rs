//! Bundles, by the SHA-256 of their packed bytes. A folder by default; anything that
//! `object_store` speaks to can stand in its place. Callers verify digests; this only keeps bytes.

use crate::error::{StoreError, StoreResult};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload};
use std::path::Path;
use std::sync::Arc;

/// The blob store.
#[derive(Debug, Clone)]
pub struct Blobs {
    inner: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Keeps blobs in `folder`, which is made if it is not there.
    pub fn in_folder(folder: &Path) -> StoreResult<Self> {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Gone(format!("{}: {error}", folder.display())))?;
        let local = LocalFileSystem::new_with_prefix(folder).map_err(|e| classify(&e))?;
        Ok(Self {
            inner: Arc::new(local.with_fsync(true)),
        })
    }

    /// Whether a blob is there, and its size.
    pub async fn size(&self, digest: &str) -> StoreResult<Option<u64>> {
        match self.inner.head(&key(digest)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(classify(&error)),
        }
    }

    /// Keeps a blob; it appears whole or not at all. Keeping the same one twice is no error.
    pub async fn put(&self, digest: &str, bytes: Bytes) -> StoreResult<()> {
        self.inner
            .put(&key(digest), PutPayload::from_bytes(bytes))
            .await
            .map_err(|error| classify(&error))?;
        Ok(())
    }

    /// A blob's bytes; [`StoreError::Missing`] if it is not there.
    pub async fn get(&self, digest: &str) -> StoreResult<Bytes> {
        let found = self
            .inner
            .get(&key(digest))
            .await
            .map_err(|e| classify(&e))?;
        found.bytes().await.map_err(|error| classify(&error))
    }

    /// A blob's bytes in pieces, with its size.
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
