//! Applications that tests write into a folder: packed, and given to a console.

use crate::{Actor, Backend};
use bundle::{Limits, Manifest, pack_module};
use std::path::Path;

/// The modules of the application with this manifest: digests and bytes of their bundles.
pub fn pack(folder: &Path, manifest: &str) -> Vec<(String, Vec<u8>)> {
    let manifest = Manifest::parse("slipway.toml", manifest).expect("a manifest without mistakes");
    let modules = manifest.modules.iter();
    modules
        .map(|module| {
            let mut bytes = Vec::new();
            let packed = pack_module(folder, &manifest, module, &Limits::STANDARD, &mut bytes)
                .expect("the module can be packed");
            (packed.digest.to_hex(), bytes)
        })
        .collect()
}

impl Backend {
    /// Packs an application and takes its bundles; their digests.
    pub async fn upload_application(
        &self,
        by: &Actor,
        folder: &Path,
        manifest: &str,
    ) -> Vec<String> {
        let mut digests = Vec::new();
        for (digest, bytes) in pack(folder, manifest) {
            let uploaded = self.upload_bundle(by, &digest, bytes.into());
            uploaded.await.expect("the bundle is taken");
            digests.push(digest);
        }
        digests
    }
}
