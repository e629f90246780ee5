//! Staging: unpack, link, verify. Works on the disk only, beside everything that runs.

use crate::PLATFORM;
use crate::error::Failure;
use crate::secrets::Secrets;
use crate::state::Release;
use bundle::{BundleManifest, Digest, ElementKind, Limits, UnpackError};
use protocol::{Link, Placement};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uuid::Uuid;

/// All that staging needs to know.
pub(crate) struct StageWork {
    pub(crate) placement: Placement,
    /// The new release's folder is made in here.
    pub(crate) releases: PathBuf,
    pub(crate) bundles: PathBuf,
    pub(crate) release_id: Uuid,
    /// Releases that are there, by the digest of their bundle: linked content is copied from them;
    /// other producers are unpacked for it.
    pub(crate) sources: BTreeMap<String, PathBuf>,
    /// What secret values are sealed with.
    pub(crate) secrets: Arc<Secrets>,
}

/// Stages a module. Blocking. Nothing is synced; after an error nothing is left.
pub(crate) fn stage(work: &StageWork) -> Result<Release, Failure> {
    let folder = work.releases.join(work.release_id.to_string());
    let staged = stage_into(work, &folder);
    if staged.is_err() {
        // The first error is the one to report; what is left is removed at the next clean-up.
        let _ = fs::remove_dir_all(&folder);
    }
    staged
}

fn stage_into(work: &StageWork, folder: &Path) -> Result<Release, Failure> {
    let placement = &work.placement;
    let name = &placement.name;
    fs::create_dir(folder).map_err(|e| Failure::disk(&format!("staging \"{name}\""), &e))?;
    let manifest = unpack(&work.bundles, &placement.digest, folder, name)?;
    if manifest.module.id != placement.module {
        return Err(Failure::lasting(
            "wrong_bundle",
            format!(
                "The bundle {:.12} is of the module \"{}\", not of \"{name}\". Publish the \
                 version again.",
                placement.digest, manifest.module.name
            ),
        ));
    }
    if manifest.module.needs_platform > PLATFORM {
        return Err(Failure::lasting(
            "platform_too_old",
            format!(
                "\"{name}\" needs platform {}, this agent is platform {PLATFORM}. Upgrade the \
                 agent, or deploy a version that needs less.",
                manifest.module.needs_platform
            ),
        ));
    }
    for link in &placement.links {
        link_producer(work, link, folder)?;
    }
    let mut release = Release {
        id: work.release_id,
        module: placement.module,
        name: name.clone(),
        application: placement.application,
        application_name: placement.application_name.clone(),
        module_version: Some(placement.module_version),
        digest: placement.digest.clone(),
        links: placement.links.clone(),
        weak: placement.weak.clone(),
        settings: BTreeMap::new(),
        sealed: BTreeMap::new(),
        secret_settings: BTreeSet::new(),
        manifest,
        attempt: None,
        activated_ms: 0,
    };
    let secret = &placement.secret_settings;
    work.secrets
        .set(&mut release, &placement.settings, secret)?;
    Ok(release)
}

/// Unpacks a bundle of the store, checking all of it again.
fn unpack(
    bundles: &Path,
    digest: &str,
    folder: &Path,
    name: &str,
) -> Result<BundleManifest, Failure> {
    let wrong_name = |_| {
        Failure::lasting(
            "bad_command",
            format!("`{digest:.80}` is no digest. This is a fault of the console; report it."),
        )
    };
    let expected: Digest = digest.parse().map_err(wrong_name)?;
    let file = File::open(bundles.join(digest)).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            Failure::passing(
                "bundle_missing",
                format!(
                    "The bundle {digest:.12} of \"{name}\" is not on the agent. It is fetched \
                     again when the step is tried again."
                ),
            )
        } else {
            Failure::disk("opening a bundle", &error)
        }
    })?;
    bundle::unpack_into(file, &expected, folder, &Limits::STANDARD)
        .map(|unpacked| unpacked.manifest)
        .map_err(|error| match &error {
            UnpackError::Write(source) | UnpackError::Read(source) => {
                Failure::disk(&format!("unpacking \"{name}\""), source)
            }
            UnpackError::WrongDigest { .. } => {
                // What is under that name is rubbish; without it the next try fetches it anew.
                let _ = fs::remove_file(bundles.join(digest));
                Failure::passing("digest_mismatch", format!("\"{name}\": {error}"))
            }
            _ => Failure::lasting("bad_bundle", format!("\"{name}\": {error}")),
        })
}

/// Copies the used strong content of a producer to `producers/{name}/`, at the paths that it has
/// in the producer.
fn link_producer(work: &StageWork, link: &Link, folder: &Path) -> Result<(), Failure> {
    let name = &work.placement.name;
    let producer = &link.name;
    let bad_name =
        producer.is_empty() || producer.starts_with('.') || producer.contains(['/', '\\', '\0']);
    if bad_name {
        return Err(Failure::lasting(
            "bad_command",
            format!("{producer:?} cannot be a producer's folder. Rename the producer."),
        ));
    }
    let unpacked;
    let source = if let Some(source) = work.sources.get(&link.digest) {
        source.clone()
    } else {
        unpacked = Scratch::make(&work.releases)?;
        unpack(&work.bundles, &link.digest, &unpacked.0, producer)?;
        unpacked.0.clone()
    };
    let json = fs::read(source.join(bundle::BUNDLE_MANIFEST_FILE))
        .map_err(|e| Failure::disk("reading a producer", &e))?;
    let manifest = BundleManifest::from_json(&json)
        .map_err(|error| Failure::lasting("bad_bundle", format!("\"{producer}\": {error}")))?;
    let target = folder.join(bundle::PRODUCERS_FOLDER).join(producer);
    let disk = |e: io::Error| Failure::disk(&format!("linking \"{producer}\" into \"{name}\""), &e);
    fs::create_dir_all(&target).map_err(disk)?;
    for (kind, element) in &link.elements {
        let found = ElementKind::parse(kind).and_then(|kind| manifest.element(kind, element));
        let Some(found) = found else {
            return Err(Failure::lasting(
                "element_missing",
                format!(
                    "\"{name}\" uses the {kind} \"{element}\" of \"{producer}\", which its bundle \
                     {:.12} does not have. Deploy a version of \"{producer}\" that has it, or \
                     adapt \"{name}\".",
                    link.digest
                ),
            ));
        };
        if let Some(path) = &found.content {
            let to = target.join(path);
            if let Some(parent) = to.parent() {
                fs::create_dir_all(parent).map_err(disk)?;
            }
            copy(&source.join(path), &to).map_err(disk)?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(from)?.is_dir() {
        fs::copy(from, to)?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// A folder that is gone after its use.
struct Scratch(PathBuf);

impl Scratch {
    fn make(releases: &Path) -> Result<Self, Failure> {
        let path = releases.join(format!("scratch-{}", Uuid::now_v7()));
        fs::create_dir(&path).map_err(|e| Failure::disk("linking a producer", &e))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
