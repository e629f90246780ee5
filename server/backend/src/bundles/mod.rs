//! Bundles in the console's store: received piece by piece, verified, kept, given out, read, and
//! removed when nothing needs them.

mod sweep;

use crate::{AgentError, Backend};
use bundle::{BundleManifest, Limits, UnpackError};
use bytes::Bytes;
use domain::AppError;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;
use store::{StoreError, bundles};
use tokio::io::AsyncWriteExt;

/// The most bytes of one bundle, for uploads, agents and packing alike.
pub const MAX_BUNDLE: u64 = Limits::STANDARD.packed;

/// How long the next piece of a bundle may take to come.
const PIECE_PATIENCE: Duration = Duration::from_mins(1);

/// [`MAX_BUNDLE`] in words.
pub fn max_bundle_words() -> String {
    format!("{} MiB", MAX_BUNDLE >> 20)
}

/// Why a bundle was not kept. Nothing of it is there.
#[derive(Debug)]
pub(crate) enum Refused {
    TooLarge,
    Cut(String),
    OtherDigest { expected: String, found: String },
    Bad(UnpackError),
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Refused {
    fn disk(error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        Self::Store(if matches!(error.kind(), StorageFull | QuotaExceeded) {
            StoreError::Full
        } else {
            StoreError::Gone(error.to_string())
        })
    }

    /// Status, code and words; or the store's own error.
    fn words(self) -> Result<(u16, &'static str, String), StoreError> {
        Ok(match self {
            Self::TooLarge => (
                413,
                "bundle_too_large",
                format!(
                    "The bundle is larger than {}, the most that Slipway takes. Nothing of it was kept. Split the module, or leave large files out.",
                    max_bundle_words()
                ),
            ),
            Self::Cut(why) => (
                400,
                "upload_cut",
                format!("The upload was cut off ({why}). Nothing of it was kept; send it again."),
            ),
            Self::OtherDigest { expected, found } => (
                400,
                "digest_mismatch",
                format!(
                    "The bundle's bytes have the digest {found}, not {expected}. It was cut or changed on the way; nothing of it was kept. Send it again."
                ),
            ),
            Self::Bad(error) => (409, "bad_bundle", error.to_string()),
            Self::Store(error) => return Err(error),
        })
    }
}

impl From<Refused> for AgentError {
    fn from(refused: Refused) -> Self {
        match refused.words() {
            Ok((status, code, message)) => Self::new(status, code, message),
            Err(error) => error.into(),
        }
    }
}

impl From<Refused> for AppError {
    fn from(refused: Refused) -> Self {
        match refused.words() {
            Ok((_, code, message)) => Self::conflict(code, message),
            Err(error) => error.into(),
        }
    }
}

/// A verified bundle that has no name yet; gone when dropped.
struct Received {
    name: String,
    path: PathBuf,
    size: u64,
}

impl Drop for Received {
    fn drop(&mut self) {
        // Usually gone by its renaming; what stays after a crash is swept later.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Backend {
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
    pub async fn has_bundle(&self, digest: &str) -> Result<bool, AppError> {
        Ok(self.blobs.size(digest).await?.is_some())
    }

    /// Keeps a bundle that an agent gives, whose bytes have this digest; keeping it twice is no
    /// error.
    pub async fn put_bundle<E: Display>(
        &self,
        digest: &str,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), AgentError> {
        let received = self.receive(digest, pieces).await?;
        self.keep_bundle(digest, received).await?;
        Ok(())
    }

    /// Keeps an uploaded bundle after everything about it was checked: digest, structure, limits,
    /// manifest.
    pub(crate) async fn put_inspected<E: Display>(
        &self,
        digest: &str,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), Refused> {
        let received = self.receive(digest, pieces).await?;
        let path = received.path.clone();
        inspect(digest, move || std::fs::File::open(path)).await?;
        self.keep_bundle(digest, received).await
    }

    /// Writes what comes to the disk while it is counted and hashed, so that memory holds a piece
    /// of it at a time.
    async fn receive<E: Display>(
        &self,
        digest: &str,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Received, Refused> {
        let name = self.new_id().to_string();
        let mut received = Received {
            path: self.blobs.incoming(&name),
            name,
            size: 0,
        };
        let disk = |error: std::io::Error| Refused::disk(&error);
        let file = tokio::fs::File::create_new(&received.path)
            .await
            .map_err(disk)?;
        let mut file = tokio::io::BufWriter::with_capacity(256 << 10, file);
        let mut hasher = Sha256::new();
        let mut pieces = std::pin::pin!(pieces);
        let stalled = |_| {
            Refused::Cut(format!(
                "nothing came for {} seconds",
                PIECE_PATIENCE.as_secs()
            ))
        };
        while let Some(piece) = tokio::time::timeout(PIECE_PATIENCE, pieces.next())
            .await
            .map_err(stalled)?
        {
            let piece = piece.map_err(|error| Refused::Cut(error.to_string()))?;
            received.size += piece.len() as u64;
            if received.size > MAX_BUNDLE {
                return Err(Refused::TooLarge);
            }
            hasher.update(&piece);
            file.write_all(&piece).await.map_err(disk)?;
        }
        file.flush().await.map_err(disk)?;
        let found = hex::encode(hasher.finalize());
        if found != digest {
            return Err(Refused::OtherDigest {
                expected: digest.to_owned(),
                found,
            });
        }
        file.get_ref().sync_all().await.map_err(disk)?;
        Ok(received)
    }

    async fn keep_bundle(&self, digest: &str, received: Received) -> Result<(), Refused> {
        // Not while bundles are removed: one that looks kept might be gone a moment later.
        let _turn = self.bundle_turn.read().await;
        if self.blobs.size(digest).await? != Some(received.size) {
            self.blobs.adopt(&received.name, digest).await?;
        }
        let size = i64::try_from(received.size).unwrap_or(i64::MAX);
        let now = self.now();
        self.store
            .write(async |tx| bundles::insert(tx, digest, size, now).await)
            .await?;
        Ok(())
    }

    /// The manifest of a bundle that is kept, after all of it was checked again.
    pub(crate) async fn read_bundle_manifest(
        &self,
        digest: &str,
    ) -> Result<BundleManifest, AppError> {
        let (_, pieces) = self.blobs.open(digest).await.map_err(|error| match error {
            StoreError::Missing => AppError::conflict(
                "bundle_missing",
                format!("The console has no bundle {digest}. Upload it, then publish again."),
            ),
            other => other.into(),
        })?;
        let runtime = tokio::runtime::Handle::current();
        let reader = Pieces {
            pieces,
            runtime,
            rest: Bytes::new(),
        };
        Ok(inspect(digest, move || Ok(reader)).await?)
    }
}

/// Pieces as a reader, for a thread that may wait.
struct Pieces {
    pieces: BoxStream<'static, std::io::Result<Bytes>>,
    runtime: tokio::runtime::Handle,
    rest: Bytes,
}

impl std::io::Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.rest.is_empty() {
            match self.runtime.block_on(self.pieces.next()) {
                Some(piece) => self.rest = piece?,
                None => return Ok(0),
            }
        }
        let some = self.rest.split_to(self.rest.len().min(buffer.len()));
        buffer[..some.len()].copy_from_slice(&some);
        Ok(some.len())
    }
}

/// The bundle's manifest, after everything that can be checked without unpacking was.
async fn inspect<R: std::io::Read + Send + 'static>(
    digest: &str,
    open: impl FnOnce() -> std::io::Result<R> + Send + 'static,
) -> Result<BundleManifest, Refused> {
    let other = || Refused::OtherDigest {
        expected: digest.to_owned(),
        found: "none".to_owned(),
    };
    let expected: bundle::Digest = digest.parse().map_err(|_| other())?;
    tokio::task::spawn_blocking(move || {
        let reader = open().map_err(|error| Refused::disk(&error))?;
        bundle::inspect(reader, &expected, &Limits::STANDARD).map_err(Refused::Bad)
    })
    .await
    .map_err(|_| Refused::Cut("checking it was interrupted".to_owned()))?
    .map(|unpacked| unpacked.manifest)
}
