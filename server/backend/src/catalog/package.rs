//! A version as one file (domain.md V11: its package can be downloaded before it is removed).

use crate::Backend;
use crate::actor::Actor;
use crate::plans::fault;
use bytes::Bytes;
use domain::access::Action;
use domain::{AppError, VersionId};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;
use store::catalog::{self, kind_word};
use store::entity::catalog::version;
use uuid::Uuid;

/// What a package holds, written as its first file, `version.json`.
#[derive(Debug, Serialize)]
struct Contents<'a> {
    /// Of this document.
    format: u32,
    application: Named<'a>,
    version: &'a str,
    description: &'a str,
    /// Milliseconds since the epoch, UTC.
    created: i64,
    modules: Vec<Packed<'a>>,
}

#[derive(Debug, Serialize)]
struct Named<'a> {
    id: Uuid,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct Packed<'a> {
    id: Uuid,
    name: &'a str,
    kind: &'static str,
    /// The file in the package.
    bundle: String,
    /// Of the bundle's bytes.
    sha256: &'a str,
}

/// A version as one file.
pub struct Package {
    /// What the file is called.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// A tar archive: `version.json`, then the bundle of each module.
    pub bytes: BoxStream<'static, io::Result<Bytes>>,
}

impl Backend {
    /// A version as one file, to keep it elsewhere, for instance before it is removed (V11).
    pub async fn open_package(
        &self,
        actor: &Actor,
        version: VersionId,
    ) -> Result<Package, AppError> {
        actor.require(Action::TagVersion)?;
        let read = self.store.read();
        let tag = store::or_missing(
            catalog::find_version(read, version.0).await?,
            "This version",
        )?;
        let made_of = catalog::version_modules(read, &[tag.id]).await?;
        let ids = made_of.iter().map(|row| row.module_version_id).collect();
        let states = self.states.load(read, ids).await?;
        let mut modules: Vec<_> = states.values().collect();
        modules.sort_by(|a, b| (&a.name, a.module).cmp(&(&b.name, b.module)));
        let contents = Contents {
            format: 1,
            application: Named {
                id: tag.application_id,
                name: &tag.name,
            },
            version: &tag.number,
            description: &tag.description,
            created: tag.created,
            modules: modules
                .iter()
                .map(|state| Packed {
                    id: state.module,
                    name: &state.name,
                    kind: kind_word(state.kind),
                    bundle: path(&state.digest),
                    sha256: &state.digest,
                })
                .collect(),
        };
        let contents =
            serde_json::to_vec_pretty(&contents).map_err(|error| fault("package", &error))?;
        let digests: BTreeSet<&String> = modules.iter().map(|state| &state.digest).collect();
        let contents_size = contents.len() as u64;
        let mut size = padded(contents_size) + END;
        let mut files = Vec::with_capacity(digests.len());
        // What is missing is told before the first byte.
        for digest in digests {
            let bytes = self
                .blobs
                .size(digest)
                .await?
                .ok_or_else(|| missing(digest))?;
            size += padded(bytes);
            files.push((digest.clone(), bytes));
        }
        let contents = stream::iter([Ok(Bytes::from(contents))]).boxed();
        let first = file("version.json", contents_size, contents);
        let blobs = self.blobs.clone();
        let rest = stream::iter(files).then(move |(digest, size)| {
            let blobs = blobs.clone();
            async move {
                let (_, bytes) = blobs.open(&digest).await.map_err(io::Error::other)?;
                Ok::<_, io::Error>(file(&path(&digest), size, bytes))
            }
        });
        let end = stream::iter([Ok(Bytes::from_static(&[0; END as usize]))]);
        Ok(Package {
            name: file_name(&tag),
            size,
            bytes: first.chain(rest.try_flatten()).chain(end).boxed(),
        })
    }
}

fn missing(digest: &str) -> AppError {
    AppError::conflict(
        "bundle_missing",
        format!(
            "The console has no bundle {digest}, which this version is made of. Restore the console's bundle folder from a backup."
        ),
    )
}

/// `Orders-2.14.tar`, without what file systems do not take.
fn file_name(tag: &version::Model) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    let name: String = tag.name.chars().map(plain).collect();
    format!("{}-{}.tar", name.trim_matches(['-', '.']), tag.number)
}

fn path(digest: &str) -> String {
    format!("bundles/{digest}.tar.zst")
}

/// A block of a tar archive.
const BLOCK: u64 = 512;
/// An archive's end: two empty blocks.
const END: u64 = 2 * BLOCK;

/// What a file takes in an archive, with its head.
const fn padded(size: u64) -> u64 {
    BLOCK + size.next_multiple_of(BLOCK)
}

/// A file in an archive: its head, its bytes, and zeros up to the next block.
fn file(
    path: &str,
    size: u64,
    bytes: BoxStream<'static, io::Result<Bytes>>,
) -> BoxStream<'static, io::Result<Bytes>> {
    let mut head = tar::Header::new_ustar();
    let named = head.set_path(path);
    head.set_size(size);
    head.set_mode(0o644);
    head.set_mtime(0);
    head.set_cksum();
    let head = named.map(|()| Bytes::copy_from_slice(head.as_bytes()));
    let rest = usize::try_from(size.next_multiple_of(BLOCK) - size).unwrap_or(0);
    stream::iter([head])
        .chain(bytes)
        .chain(stream::iter([Ok(Bytes::from(vec![0; rest]))]))
        .boxed()
}
