//! Bundles on disk, named by their digest: whatever is under its name is whole and verified.
//! Also the one place that makes files durable, many at once.

use crate::error::Failure;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Mutex as AsyncMutex;

/// A sync that follows another one within this time has more to come: it waits for [`GATHER`].
const BUSY: Duration = Duration::from_millis(20);
/// On a quick disk callers come one after the other, and each would have a sync of its own, which
/// costs a commit of the file system. So long, the next ones join.
const GATHER: Duration = Duration::from_millis(4);

/// The folder of bundles.
#[derive(Clone)]
pub(crate) struct Store {
    folder: PathBuf,
    /// One fetch at a time per digest.
    fetching: Arc<Mutex<BTreeMap<String, Arc<AsyncMutex<()>>>>>,
}

impl Store {
    /// Opens the folder and removes what a crash left half fetched.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "partial") {
                fs::remove_file(path)?;
            }
        }
        Ok(Self {
            folder,
            fetching: Arc::default(),
        })
    }

    /// Where a bundle is, whether or not it is there.
    pub(crate) fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(digest)
    }

    /// Whether the bundle is there.
    pub(crate) fn has(&self, digest: &str) -> bool {
        self.path(digest).is_file()
    }

    /// Waits for its turn to fetch this bundle; whoever waited finds it there, usually.
    pub(crate) async fn turn(&self, digest: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            fetching.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(fetching.entry(digest.to_owned()).or_default())
        };
        lock.lock_owned().await
    }

    /// Stores a bundle from a stream, verifying while it comes. It is not durable yet. After an error
    /// nothing of it is there.
    pub(crate) async fn put<E: std::fmt::Display>(
        &self,
        digest: &str,
        size: u64,
        mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), Failure> {
        let partial = Partial(
            self.folder
                .join(format!("{digest}.{}.partial", uuid::Uuid::now_v7())),
        );
        let doing = format!("storing the bundle {digest:.12}");
        let disk = |error: io::Error| Failure::disk(&doing, &error);
        let mut file =
            BufWriter::with_capacity(64 << 10, File::create_new(&partial.0).map_err(disk)?);
        let mut hasher = Sha256::new();
        let mut got: u64 = 0;
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| {
                Failure::passing(
                    "download_cut",
                    format!(
                        "The download of the bundle {digest:.12} stopped after {got} of {size} \
                         bytes ({error}). Nothing of it was kept; it is fetched again."
                    ),
                )
            })?;
            got += chunk.len() as u64;
            if got > size {
                break;
            }
            hasher.update(&chunk);
            file.write_all(&chunk).map_err(disk)?;
        }
        if got < size {
            return Err(Failure::passing(
                "download_cut",
                format!(
                    "The download of the bundle {digest:.12} ended after {got} of {size} bytes. \
                     Nothing of it was kept; it is fetched again."
                ),
            ));
        }
        let actual = hex::encode(hasher.finalize());
        if got > size || actual != digest {
            return Err(Failure::lasting(
                "digest_mismatch",
                format!(
                    "What was fetched as the bundle {digest:.12} is another thing (digest \
                     {actual:.12}). Nothing of it was kept. Check the console's bundle store, or \
                     publish the version again."
                ),
            ));
        }
        file.into_inner().map_err(|e| disk(e.into_error()))?;
        fs::rename(&partial.0, self.path(digest)).map_err(disk)
    }

    /// Stores bytes that were packed on this machine.
    pub(crate) fn put_file(&self, digest: &str, packed: &Path) -> Result<(), Failure> {
        if !self.has(digest) {
            let disk = |error: io::Error| Failure::disk("storing a bundle", &error);
            let partial = Partial(self.folder.join(format!("{digest}.partial")));
            fs::copy(packed, &partial.0).map_err(disk)?;
            fs::rename(&partial.0, self.path(digest)).map_err(disk)?;
        }
        Ok(())
    }

    /// Removes the bundles that nobody needs.
    pub(crate) fn keep_only(&self, kept: &BTreeSet<String>) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.ends_with(".partial") && !kept.contains(name.as_ref()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// A file that is removed unless it was renamed away.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Usually gone by its rename; a failure leaves a file that the next start removes.
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes everything written before the call durable. Callers that come together share one sync of
/// the file system, which is what makes many small modules as cheap as one.
#[derive(Clone)]
pub(crate) struct Syncer {
    folder: Arc<File>,
    /// Whose turn it is; when the last sync ended.
    turn: Arc<AsyncMutex<Option<Instant>>>,
    /// How many syncs have begun.
    begun: Arc<AtomicU64>,
    /// The last sync that ended well, by the number at its beginning.
    ended: Arc<AtomicU64>,
}

impl Syncer {
    /// For the file system that `folder` is on.
    pub(crate) fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: Arc::new(File::open(folder)?),
            turn: Arc::default(),
            begun: Arc::default(),
            ended: Arc::default(),
        })
    }

    /// Returns when everything that was written before the call is on the disk.
    pub(crate) async fn sync(&self) -> io::Result<()> {
        // A sync that has not begun yet will cover what was written until now.
        let wanted = self.begun.load(Ordering::SeqCst) + 1;
        let mut last = self.turn.lock().await;
        if self.ended.load(Ordering::SeqCst) >= wanted {
            return Ok(());
        }
        if last.is_some_and(|last| last.elapsed() < BUSY) {
            tokio::time::sleep(GATHER).await;
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let folder = Arc::clone(&self.folder);
        tokio::task::spawn_blocking(move || sync_file_system(&folder))
            .await
            .map_err(io::Error::other)??;
        self.ended.store(number, Ordering::SeqCst);
        *last = Some(Instant::now());
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn sync_file_system(folder: &File) -> io::Result<()> {
    Ok(nix::unistd::syncfs(folder)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_system(_: &File) -> io::Result<()> {
    nix::unistd::sync();
    Ok(())
}
