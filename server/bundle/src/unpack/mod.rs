//! Taking bundles apart. A bundle may come from anywhere, so nothing in it is believed: paths,
//! kinds of entries, order, sizes and the digest are checked while reading, and limits hold on the
//! bytes that come *out* of the decompressor.

mod entries;

use crate::BUNDLE_MANIFEST_FILE;
use crate::digest::{Digest, DigestReader};
use crate::limits::{Limits, size_words};
use crate::travel::{BundleManifest, TravelError};
use entries::{Walk, plain_path};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// The largest window a bundle may ask the decompressor to keep: 8 MiB, whatever it holds.
const WINDOW_LOG: u32 = 23;

/// What came out of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// Its manifest.
    pub manifest: BundleManifest,
    /// Length of the packed bytes.
    pub packed: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Files and folders.
    pub entries: u64,
}

/// Why a bundle was refused, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The bytes are not those of the name.
    #[error(
        "The bundle's bytes have the digest {actual}, not {expected}. Nothing of it was kept; fetch or publish it again."
    )]
    WrongDigest {
        /// The name.
        expected: Digest,
        /// What the bytes say.
        actual: Digest,
    },
    /// Cut off, or not an archive at all.
    #[error("The bundle is cut off or damaged. Nothing of it was kept; fetch or publish it again.")]
    Damaged,
    /// An entry that no honest bundle has.
    #[error(
        "The bundle was refused because of the entry {entry:?}: {why}. Nothing of it was kept; pack it with `slipway publish`."
    )]
    Hostile {
        /// The entry's path, as far as it can be read.
        entry: String,
        /// Why.
        why: &'static str,
    },
    /// Over a limit.
    #[error(
        "The bundle was refused: it holds more than {0}. Nothing of it was kept; make the module smaller."
    )]
    TooBig(String),
    /// Its manifest is not valid.
    #[error(transparent)]
    Manifest(#[from] TravelError),
    /// The source failed.
    #[error("The bundle could not be read: {0}.")]
    Read(io::Error),
    /// The disk failed; `is_disk_full` tells whether it is full.
    #[error("The bundle could not be unpacked: {0}. Check the disk's free space and permissions.")]
    Write(io::Error),
}

impl UnpackError {
    /// Whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::StorageFull
            || error.kind() == io::ErrorKind::QuotaExceeded)
    }
}

/// Reads a whole bundle and checks everything, writing nothing.
pub fn inspect(
    reader: impl Read,
    expected: &Digest,
    limits: &Limits,
) -> Result<Unpacked, UnpackError> {
    walk(reader, expected, limits, None)
}

/// Unpacks into `folder`, which must be there and empty. Nothing is synced; on an error the folder
/// holds rubbish and the caller removes it. For callers that sync many folders at once.
pub fn unpack_into(
    reader: impl Read,
    expected: &Digest,
    folder: &Path,
    limits: &Limits,
) -> Result<Unpacked, UnpackError> {
    let unpacked = walk(reader, expected, limits, Some(folder))?;
    unpacked.manifest.check_content(folder)?;
    Ok(unpacked)
}

/// Unpacks to `destination`, which must not be there yet: beside it first, synced, then renamed.
/// After an error or a crash there is either all of it or nothing (a folder ending in `.partial`
/// may be left by a crash and is replaced by the next try).
pub fn unpack(
    reader: impl Read,
    expected: &Digest,
    destination: &Path,
    limits: &Limits,
) -> Result<Unpacked, UnpackError> {
    let mut partial = destination.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    match fs::remove_dir_all(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(UnpackError::Write(error));
        }
        _ => {}
    }
    if fs::symlink_metadata(destination).is_ok() {
        return Err(UnpackError::Write(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "the destination is already there",
        )));
    }
    fs::create_dir_all(&partial).map_err(UnpackError::Write)?;
    let result = unpack_into(reader, expected, &partial, limits).and_then(|unpacked| {
        sync_tree(&partial)
            .and_then(|()| fs::rename(&partial, destination))
            .and_then(|()| match destination.parent() {
                Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
                _ => Ok(()),
            })
            .map_err(UnpackError::Write)?;
        Ok(unpacked)
    });
    if result.is_err() {
        // The error to report is the first one; what is left is replaced by the next try.
        let _ = fs::remove_dir_all(&partial);
    }
    result
}

fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// Stops at `left` bytes with an error of kind `FileTooLarge`.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            // At the limit: only the end may follow.
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::ErrorKind::FileTooLarge.into()),
            };
        }
        let most = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let n = self.inner.read(&mut buffer[..most])?;
        self.left -= n as u64;
        Ok(n)
    }
}

/// Keeps what the source itself reported, so that a failing source and a damaged bundle differ.
struct Source<R> {
    inner: R,
    failed: Option<io::Error>,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
            other => other,
        }
    }
}

fn walk(
    reader: impl Read,
    expected: &Digest,
    limits: &Limits,
    into: Option<&Path>,
) -> Result<Unpacked, UnpackError> {
    let mut source = DigestReader::new(Source {
        inner: Limited {
            inner: reader,
            left: limits.packed,
        },
        failed: None,
    });
    let outcome = walk_archive(&mut source, limits, into);
    // The name is checked over all bytes, also those after the archive; a wrong name explains
    // whatever else seems wrong, unless the source itself failed.
    let drained = io::copy(&mut source, &mut io::sink());
    let (failed, actual, packed) = source.into_parts();
    if let Some(error) = failed.failed {
        return Err(if error.kind() == io::ErrorKind::FileTooLarge {
            UnpackError::TooBig(size_words(limits.packed))
        } else {
            UnpackError::Read(error)
        });
    }
    if let Err(UnpackError::Write(_) | UnpackError::TooBig(_)) = outcome {
        return outcome.map(|found| found.with_packed(packed));
    }
    if actual != *expected {
        return Err(UnpackError::WrongDigest {
            expected: *expected,
            actual,
        });
    }
    if drained.map_err(UnpackError::Read)? > 0 {
        return outcome.and(Err(UnpackError::Damaged));
    }
    outcome.map(|found| found.with_packed(packed))
}

impl Unpacked {
    fn with_packed(mut self, packed: u64) -> Self {
        self.packed = packed;
        self
    }
}

fn walk_archive(
    source: &mut impl Read,
    limits: &Limits,
    into: Option<&Path>,
) -> Result<Unpacked, UnpackError> {
    let damaged = |error: io::Error| {
        if error.kind() == io::ErrorKind::FileTooLarge {
            UnpackError::TooBig(size_words(limits.unpacked))
        } else {
            UnpackError::Damaged
        }
    };
    let mut decoder = zstd::Decoder::with_buffer(BufReader::with_capacity(32 << 10, source))
        .map_err(damaged)?
        .single_frame();
    decoder.window_log_max(WINDOW_LOG).map_err(damaged)?;
    // Headers and padding come on top of the files: at most two blocks an entry, and the end.
    let overhead = limits.entries.saturating_mul(1024) + limits.manifest + (64 << 10);
    let mut archive = tar::Archive::new(Limited {
        inner: decoder,
        left: limits.unpacked.saturating_add(overhead),
    });
    let mut walk = Walk::new(limits, into);
    let mut manifest = None;
    for entry in archive.entries().map_err(damaged)?.raw(true) {
        let mut entry = entry.map_err(damaged)?;
        let path = plain_path(&entry)?;
        let Some(known) = &manifest else {
            manifest = Some(read_manifest(&mut entry, &path, limits, damaged)?);
            if let (Some(folder), Some(known)) = (into, &manifest) {
                let known: &BundleManifest = known;
                fs::write(folder.join(BUNDLE_MANIFEST_FILE), known.to_json())
                    .map_err(UnpackError::Write)?;
            }
            continue;
        };
        let _: &BundleManifest = known;
        walk.entry(&mut entry, path, damaged)?;
    }
    let manifest = manifest.ok_or(UnpackError::Damaged)?;
    // The rest of the frame (its padding and checksum) must be there and sound.
    let mut rest = archive.into_inner();
    let mut block = [0_u8; 4096];
    loop {
        let n = rest.read(&mut block).map_err(damaged)?;
        if n == 0 {
            break;
        }
        if block[..n].iter().any(|b| *b != 0) {
            return Err(UnpackError::Hostile {
                entry: String::new(),
                why: "something follows the end of the archive",
            });
        }
    }
    let mut source = rest.inner.finish();
    if !source.fill_is_empty().map_err(damaged)? {
        return Err(UnpackError::Hostile {
            entry: String::new(),
            why: "something follows the end of the archive",
        });
    }
    Ok(Unpacked {
        manifest,
        packed: 0,
        bytes: walk.bytes,
        entries: walk.entries,
    })
}

/// Whether a buffered reader is at its end.
trait AtEnd {
    fn fill_is_empty(&mut self) -> io::Result<bool>;
}

impl<R: Read> AtEnd for BufReader<R> {
    fn fill_is_empty(&mut self) -> io::Result<bool> {
        use std::io::BufRead;
        Ok(self.fill_buf()?.is_empty())
    }
}

fn read_manifest(
    entry: &mut impl Read,
    path: &str,
    limits: &Limits,
    damaged: impl Fn(io::Error) -> UnpackError,
) -> Result<BundleManifest, UnpackError> {
    if path != BUNDLE_MANIFEST_FILE {
        return Err(UnpackError::Hostile {
            entry: path.to_owned(),
            why: "slipway.json is not the first entry",
        });
    }
    let mut json = Vec::new();
    entry
        .take(limits.manifest + 1)
        .read_to_end(&mut json)
        .map_err(damaged)?;
    if json.len() as u64 > limits.manifest {
        return Err(UnpackError::TooBig(format!(
            "{} of slipway.json",
            size_words(limits.manifest)
        )));
    }
    Ok(BundleManifest::from_json(&json)?)
}
