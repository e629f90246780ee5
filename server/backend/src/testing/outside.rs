//! What an agent hosts that was published on its own machine.

use super::TestBackend;
use futures::TryStreamExt;
use protocol::Hosted;

impl TestBackend {
    /// The module of this bundle, which is in the store, as an agent tells of it that published it
    /// without the console.
    pub async fn hosted_outside(&self, digest: &str) -> Hosted {
        let (_, pieces) = self.open_bundle(digest).await.expect("the bundle");
        let pieces: Vec<_> = pieces.try_collect().await.expect("all of it");
        let named = digest.parse().expect("a digest");
        let limits = bundle::Limits::STANDARD;
        let found = bundle::inspect(pieces.concat().as_slice(), &named, &limits);
        let manifest = found.expect("a sound bundle").manifest;
        Hosted {
            module: manifest.module.id,
            name: manifest.module.name.clone(),
            application: manifest.application.id,
            application_name: manifest.application.name.clone(),
            kind: "static".to_owned(),
            url_path: format!("/{}", manifest.module.name),
            digest: digest.to_owned(),
            links: Vec::new(),
            module_version: None,
            attempt: None,
            activated_ms: 5,
            state: "up".to_owned(),
            trouble: None,
            manifest: Some(String::from_utf8(manifest.to_json()).expect("text")),
        }
    }
}
