//! Digest of an element's content: one file, or a folder with all that is in it.

use crate::digest::{Digest, DigestWriter};
use crate::pack::is_hidden;
use std::fs;
use std::io;
use std::path::Path;

/// The digest of a file's bytes, or of a folder's files in the order of their names. Names inside
/// a folder count, its own name does not; hidden files are left out, as packing leaves them out.
/// Links are an error of kind `InvalidInput`.
pub fn content_digest(path: &Path) -> io::Result<Digest> {
    let kind = fs::symlink_metadata(path)?.file_type();
    if kind.is_file() {
        let (_, digest, _) = copy_hashed(path)?;
        return Ok(digest);
    }
    if !kind.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "neither a file nor a folder",
        ));
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        if !is_hidden(&name) {
            names.push(name);
        }
    }
    names.sort_unstable();
    let mut bytes = b"slipway folder 1\n".to_vec();
    for name in names {
        let child = path.join(&name);
        let name = name.as_encoded_bytes();
        bytes.push(if fs::symlink_metadata(&child)?.is_dir() {
            b'd'
        } else {
            b'f'
        });
        bytes.extend_from_slice(&(name.len() as u64).to_be_bytes());
        bytes.extend_from_slice(name);
        bytes.extend_from_slice(content_digest(&child)?.as_bytes());
    }
    Ok(Digest::of(bytes))
}

fn copy_hashed(path: &Path) -> io::Result<(io::Sink, Digest, u64)> {
    let mut writer = DigestWriter::new(io::sink());
    io::copy(&mut fs::File::open(path)?, &mut writer)?;
    Ok(writer.finish())
}
