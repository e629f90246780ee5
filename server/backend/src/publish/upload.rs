//! The bundles of a publication, uploaded before it.

use super::{MAX_MODULES, no_environment};
use crate::Backend;
use crate::actor::Actor;
use bytes::Bytes;
use domain::AppError;
use domain::access::Action;
use futures::Stream;
use store::{bundles, environments};

impl Backend {
    /// Which of these bundles the console does not have. Refused if they are meant for an
    /// environment that is not there: nobody uploads in vain.
    pub async fn missing_bundles(
        &self,
        actor: &Actor,
        digests: Vec<String>,
        environment: Option<String>,
    ) -> Result<Vec<String>, AppError> {
        actor.require(Action::PublishApplication)?;
        if let Some(name) = environment {
            let found = environments::find_by_name(self.store.read(), &name).await?;
            found.ok_or_else(|| no_environment(&name))?;
        }
        let mut missing = Vec::new();
        for digest in digests.into_iter().take(MAX_MODULES) {
            let noted = bundles::find(self.store.read(), &digest).await?.is_some();
            if !noted || !self.has_bundle(&digest).await? {
                missing.push(digest);
            }
        }
        Ok(missing)
    }

    /// Keeps a bundle that is uploaded piece by piece. Its bytes are checked: digest, structure,
    /// limits, manifest.
    pub async fn receive_bundle<E: std::fmt::Display>(
        &self,
        actor: &Actor,
        digest: &str,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), AppError> {
        actor.require(Action::PublishApplication)?;
        Ok(self.put_inspected(digest, pieces).await?)
    }

    /// The same for a bundle that is in memory.
    pub async fn upload_bundle(
        &self,
        actor: &Actor,
        digest: &str,
        bytes: Bytes,
    ) -> Result<(), AppError> {
        let pieces = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
        self.receive_bundle(actor, digest, pieces).await
    }
}
