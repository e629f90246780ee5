//! Packing: the same folder gives the same bytes, wherever and whenever it is packed.

use crate::content::content_digest;
use crate::digest::{Digest, DigestWriter};
use crate::limits::{Limits, size_words};
use crate::manifest::{Manifest, ManifestError, Module};
use crate::travel::BundleManifest;
use crate::{BUNDLE_MANIFEST_FILE, MANIFEST_FILE, PRODUCERS_FOLDER};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Packed at this level: about as fast as the disk, and small memory on both ends.
const LEVEL: i32 = 3;

/// A packed module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// SHA-256 of the packed bytes: the bundle's name.
    pub digest: Digest,
    /// Length of the packed bytes.
    pub size: u64,
    /// Bytes of all files, unpacked.
    pub unpacked: u64,
    /// Files and folders.
    pub entries: u64,
    /// What the bundle says of itself.
    pub manifest: BundleManifest,
}

/// Why a module could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The manifest lacks ids.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file or folder cannot be read.
    #[error(
        "{path} could not be read: {source}. Make it readable, or leave it out of the module's folder."
    )]
    Read {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The module's folder or an element's content is not there.
    #[error("{path} is not there, but {by} names it. Create it, or correct slipway.toml.")]
    Missing {
        /// The path.
        path: String,
        /// Who names it.
        by: String,
    },
    /// Neither a file nor a folder, or a name that no bundle may hold.
    #[error("{path} cannot be packed: {why}")]
    Refused {
        /// The path inside the module.
        path: String,
        /// Why, and what to do.
        why: String,
    },
    /// Over a limit.
    #[error(
        "The module \"{module}\" is too big: {what}, and at most {limit} are allowed. Remove what does not belong in it, or split it."
    )]
    TooBig {
        /// The module's name.
        module: String,
        /// What it has.
        what: String,
        /// What is allowed.
        limit: String,
    },
    /// The packed bytes could not be written.
    #[error("The bundle could not be written: {0}. Check the disk's free space and permissions.")]
    Write(io::Error),
}

/// Names that no bundle carries: they begin with a dot (version control, editors' files).
pub(crate) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().first() == Some(&b'.')
}

struct Entry {
    /// Inside the module, with slashes.
    name: String,
    path: PathBuf,
    folder: bool,
    executable: bool,
    size: u64,
}

/// Packs a module of the application in the folder `root` into `out`. Hidden files are left out;
/// links and special files are refused. `module` must be one of `manifest`'s.
pub fn pack_module(
    root: &Path,
    manifest: &Manifest,
    module: &Module,
    limits: &Limits,
    out: impl Write,
) -> Result<Packed, PackError> {
    manifest.require_ids(MANIFEST_FILE, "")?;
    let (Some(application_id), Some(module_id)) = (manifest.application.id, module.id) else {
        return Err(PackError::Refused {
            path: MANIFEST_FILE.to_owned(),
            why: "ids are missing; run `slipway init`".to_owned(),
        });
    };
    let folder = root.join(&module.path);
    if !folder.is_dir() {
        return Err(PackError::Missing {
            path: folder.display().to_string(),
            by: format!("the module \"{}\"", module.name),
        });
    }
    let mut entries = Vec::new();
    collect(&folder, "", limits, &mut entries)?;
    if module.path == "." {
        entries.retain(|entry| entry.name != MANIFEST_FILE);
    }
    entries.sort_by(|a, b| a.name.split('/').cmp(b.name.split('/')));
    let unpacked: u64 = entries.iter().map(|e| e.size).sum();
    check_limits(&module.name, &entries, unpacked, limits)?;

    let description =
        BundleManifest::describe(manifest, application_id, module, module_id, |path| {
            let trimmed = path.trim_end_matches('/');
            if !entries.iter().any(|e| e.name == trimmed) {
                return Err(PackError::Missing {
                    path: folder.join(trimmed).display().to_string(),
                    by: format!("an element of the module \"{}\"", module.name),
                });
            }
            content_digest(&folder.join(trimmed)).map_err(|source| PackError::Read {
                path: folder.join(trimmed).display().to_string(),
                source,
            })
        })?;

    let json = description.to_json();
    if json.len() as u64 > limits.manifest {
        return Err(PackError::TooBig {
            module: module.name.clone(),
            what: format!("its manifest has {}", size_words(json.len() as u64)),
            limit: size_words(limits.manifest),
        });
    }
    let mut encoder =
        zstd::Encoder::new(DigestWriter::new(out), LEVEL).map_err(PackError::Write)?;
    encoder.include_checksum(true).map_err(PackError::Write)?;
    let mut archive = tar::Builder::new(encoder);
    append(
        &mut archive,
        BUNDLE_MANIFEST_FILE,
        false,
        false,
        json.len() as u64,
        &json[..],
    )?;
    for entry in &entries {
        if entry.folder {
            append(&mut archive, &entry.name, true, false, 0, io::empty())?;
            continue;
        }
        let unreadable = |source| PackError::Read {
            path: entry.path.display().to_string(),
            source,
        };
        let file = File::open(&entry.path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.len() != entry.size {
            return Err(changed(entry));
        }
        append(
            &mut archive,
            &entry.name,
            false,
            entry.executable,
            entry.size,
            file.take(entry.size),
        )?;
    }
    let (mut out, digest, size) = archive
        .into_inner()
        .and_then(zstd::Encoder::finish)
        .map_err(PackError::Write)?
        .finish();
    out.flush().map_err(PackError::Write)?;
    if size > limits.packed {
        return Err(PackError::TooBig {
            module: module.name.clone(),
            what: format!("packed it has {}", size_words(size)),
            limit: size_words(limits.packed),
        });
    }
    Ok(Packed {
        digest,
        size,
        unpacked,
        entries: entries.len() as u64,
        manifest: description,
    })
}

fn changed(entry: &Entry) -> PackError {
    PackError::Refused {
        path: entry.name.clone(),
        why: "it changed while it was packed. Let whatever writes it finish, then try again"
            .to_owned(),
    }
}

fn append<W: Write>(
    archive: &mut tar::Builder<W>,
    name: &str,
    folder: bool,
    executable: bool,
    size: u64,
    data: impl Read,
) -> Result<(), PackError> {
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(if folder {
        tar::EntryType::Directory
    } else {
        tar::EntryType::Regular
    });
    header.set_mode(if folder || executable { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_path(name).map_err(|_| PackError::Refused {
        path: name.to_owned(),
        why: "its path is too long for an archive. Shorten the names of its folders".to_owned(),
    })?;
    header.set_cksum();
    archive.append(&header, data).map_err(PackError::Write)
}

fn check_limits(
    module: &str,
    entries: &[Entry],
    unpacked: u64,
    limits: &Limits,
) -> Result<(), PackError> {
    let too_big = |what: String, limit: String| {
        Err(PackError::TooBig {
            module: module.to_owned(),
            what,
            limit,
        })
    };
    if entries.len() as u64 > limits.entries {
        return too_big(
            format!("it has {} files and folders", entries.len()),
            limits.entries.to_string(),
        );
    }
    if unpacked > limits.unpacked {
        return too_big(
            format!("its files have {}", size_words(unpacked)),
            size_words(limits.unpacked),
        );
    }
    if let Some(entry) = entries.iter().find(|e| e.size > limits.file) {
        return too_big(
            format!("{} has {}", entry.name, size_words(entry.size)),
            size_words(limits.file),
        );
    }
    Ok(())
}

fn collect(
    folder: &Path,
    prefix: &str,
    limits: &Limits,
    entries: &mut Vec<Entry>,
) -> Result<(), PackError> {
    let unreadable = |path: &Path| {
        let path = path.display().to_string();
        move |source| PackError::Read { path, source }
    };
    for item in fs::read_dir(folder).map_err(unreadable(folder))? {
        let item = item.map_err(unreadable(folder))?;
        let file_name = item.file_name();
        if is_hidden(&file_name) {
            continue;
        }
        let path = item.path();
        let refused = |why: &str| PackError::Refused {
            path: path.display().to_string(),
            why: why.to_owned(),
        };
        let Some(text) = file_name.to_str() else {
            return Err(refused("its name is not UTF-8. Rename it"));
        };
        if text.contains('\\') || text.chars().any(char::is_control) {
            return Err(refused(
                "its name holds a backslash or a control character. Rename it",
            ));
        }
        if prefix.is_empty() && (text == BUNDLE_MANIFEST_FILE || text == PRODUCERS_FOLDER) {
            return Err(refused(
                "this name is Slipway's own at the root of a module. Rename it",
            ));
        }
        let name = format!("{prefix}{text}");
        if name.len() > limits.path {
            return Err(refused(&format!(
                "its path is longer than {} bytes. Shorten the names of its folders",
                limits.path
            )));
        }
        let metadata = item.metadata().map_err(unreadable(&path))?;
        let kind = metadata.file_type();
        if !kind.is_file() && !kind.is_dir() {
            return Err(refused(
                "only plain files and folders are packed. Replace the link by what it points to",
            ));
        }
        entries.push(Entry {
            name: name.clone(),
            path: path.clone(),
            folder: kind.is_dir(),
            executable: kind.is_file() && is_executable(&metadata),
            size: if kind.is_file() { metadata.len() } else { 0 },
        });
        if kind.is_dir() {
            collect(&path, &format!("{name}/"), limits, entries)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata) -> bool {
    false
}
