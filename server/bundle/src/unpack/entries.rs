//! The entries of a bundle: each path, kind, order and size is one that packing writes, or the
//! whole bundle is refused.

use super::UnpackError;
use crate::limits::{Limits, size_words};
use crate::{BUNDLE_MANIFEST_FILE, PRODUCERS_FOLDER};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// The entry's path, if its header is one that packing writes.
pub(super) fn plain_path<R: Read>(entry: &tar::Entry<'_, R>) -> Result<String, UnpackError> {
    let header = entry.header();
    let bytes = entry.path_bytes();
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    let hostile = |why| {
        Err(UnpackError::Hostile {
            entry: shown.chars().take(200).collect(),
            why,
        })
    };
    let kind = header.entry_type();
    if kind.is_symlink() || kind.is_hard_link() {
        return hostile("it is a link");
    }
    if !kind.is_file() && !kind.is_dir() {
        return hostile("it is neither a plain file nor a folder");
    }
    let Ok(path) = std::str::from_utf8(&bytes) else {
        return hostile("its path is not UTF-8");
    };
    let path = if kind.is_dir() {
        path.strip_suffix('/').unwrap_or(path)
    } else {
        path
    };
    if path.starts_with('/') {
        return hostile("its path is absolute");
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return hostile("its path holds a backslash or a control character");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return hostile("its path leads out of the bundle or is empty");
    }
    Ok(path.to_owned())
}

/// What was seen of the entries so far.
pub(super) struct Walk<'a> {
    limits: &'a Limits,
    into: Option<&'a Path>,
    folders: BTreeSet<String>,
    last: Option<String>,
    /// Bytes of all files.
    pub(super) bytes: u64,
    /// Files and folders.
    pub(super) entries: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(limits: &'a Limits, into: Option<&'a Path>) -> Self {
        Self {
            limits,
            into,
            folders: BTreeSet::new(),
            last: None,
            bytes: 0,
            entries: 0,
        }
    }

    pub(super) fn entry<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
        path: String,
        damaged: impl Fn(io::Error) -> UnpackError,
    ) -> Result<(), UnpackError> {
        let hostile = |path: &str, why| {
            Err(UnpackError::Hostile {
                entry: path.chars().take(200).collect(),
                why,
            })
        };
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(UnpackError::TooBig(format!(
                "{} files and folders",
                self.limits.entries
            )));
        }
        if path.len() > self.limits.path {
            return hostile(&path, "its path is too long");
        }
        let root = path.split('/').next().unwrap_or_default();
        if root == PRODUCERS_FOLDER || root == BUNDLE_MANIFEST_FILE {
            return hostile(&path, "this name is Slipway's own");
        }
        if let Some((parent, _)) = path.rsplit_once('/')
            && !self.folders.contains(parent)
        {
            return hostile(&path, "its folder does not come before it");
        }
        if self
            .last
            .as_ref()
            .is_some_and(|last| last.split('/').cmp(path.split('/')).is_ge())
        {
            return hostile(&path, "entries are not sorted, or one is there twice");
        }
        let size = entry.header().entry_size().map_err(&damaged)?;
        if size > self.limits.file {
            return Err(UnpackError::TooBig(format!(
                "{} in one file",
                size_words(self.limits.file)
            )));
        }
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.limits.unpacked {
            return Err(UnpackError::TooBig(size_words(self.limits.unpacked)));
        }
        if entry.header().entry_type().is_dir() {
            if size != 0 {
                return hostile(&path, "it is a folder with content");
            }
            if let Some(into) = self.into {
                fs::create_dir(into.join(&path)).map_err(UnpackError::Write)?;
            }
            self.folders.insert(path.clone());
        } else if let Some(into) = self.into {
            let executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
            let mut file = create(&into.join(&path), executable).map_err(UnpackError::Write)?;
            copy(entry, &mut file, size, damaged)?;
        } else {
            copy(entry, &mut io::sink(), size, damaged)?;
        }
        self.last = Some(path);
        Ok(())
    }
}

/// Copies with errors of the two sides kept apart.
fn copy(
    from: &mut impl Read,
    to: &mut impl io::Write,
    size: u64,
    damaged: impl Fn(io::Error) -> UnpackError,
) -> Result<(), UnpackError> {
    let mut buffer = vec![0; usize::try_from(size.clamp(1, 64 << 10)).unwrap_or(64 << 10)];
    let mut left = size;
    while left > 0 {
        let n = from.read(&mut buffer).map_err(&damaged)?;
        if n == 0 {
            return Err(UnpackError::Damaged);
        }
        to.write_all(&buffer[..n]).map_err(UnpackError::Write)?;
        left = left.saturating_sub(n as u64);
    }
    Ok(())
}

fn create(path: &Path, executable: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if executable { 0o755 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = executable;
    options.open(path)
}
