//! The application and the states of its modules that a publication brings, as they are written.

use super::rules::Published;
use crate::Backend;
use crate::contract::{
    Contract, Missing, ModuleState, Offers, module_kind, offered_by, resolve, wanted_by,
};
use bundle::BundleManifest;
use domain::AppError;
use domain::name::fold;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::entity::catalog::application;
use store::{DatabaseTransaction, StoreError, catalog};
use uuid::Uuid;

impl Backend {
    /// The application as it is published. One that is not known yet is written down, so that
    /// its modules have something to belong to; one that is known stays as it is until the
    /// publication has succeeded.
    pub(super) async fn put_published_application(
        &self,
        tx: &DatabaseTransaction,
        manifests: &[(String, BundleManifest)],
        environment: Uuid,
    ) -> Result<application::Model, AppError> {
        let packed = &manifests[0].1.application;
        let now = self.now();
        let taken = || {
            AppError::conflict(
                "name_taken",
                format!(
                    "Another application is named \"{}\" already. Give yours another name in slipway.toml; if it is meant to be the same application, it must carry the same id.",
                    packed.name
                ),
            )
        };
        let of_name = catalog::find_application_by_name(tx, &packed.name).await?;
        if of_name.is_some_and(|other| other.id != packed.id) {
            return Err(taken());
        }
        let known = catalog::find_application(tx, packed.id).await?;
        let is_new = known.is_none();
        let row = application::Model {
            id: packed.id,
            name: packed.name.clone(),
            name_folded: fold(&packed.name),
            description: packed.description.clone(),
            kind: known
                .as_ref()
                .map_or_else(|| "library".to_owned(), |known| known.kind.clone()),
            modules: known.as_ref().map_or(0, |known| known.modules),
            created: known.as_ref().map_or(now, |known| known.created),
            changed: now,
        };
        if is_new {
            catalog::put_application(tx, row.clone())
                .await
                .map_err(|error| match error {
                    StoreError::Duplicate(_) => taken(),
                    other => other.into(),
                })?;
            self.block_new(tx, &row, environment).await?;
        }
        Ok(row)
    }

    /// The new states, resolved against the environment and each other.
    pub(super) async fn resolve_all(
        &self,
        tx: &DatabaseTransaction,
        manifests: &[(String, BundleManifest)],
        running: &BTreeMap<Uuid, Arc<ModuleState>>,
    ) -> Result<(Vec<ModuleState>, Vec<Published<Missing>>), AppError> {
        let mut offers = Offers::default();
        let application = manifests[0].1.application.id;
        let published: BTreeSet<Uuid> = manifests.iter().map(|(_, m)| m.module.id).collect();
        for state in running.values() {
            // What leaves with this publication is not there afterwards.
            if state.application != application || published.contains(&state.module) {
                offers.add(Arc::clone(state));
            }
        }
        let mut drafts = Vec::new();
        for (digest, manifest) in manifests {
            let draft = ModuleState {
                id: self.new_id(),
                module: manifest.module.id,
                application,
                name: manifest.module.name.clone(),
                kind: module_kind(manifest.module.kind),
                url_path: manifest.module.url_path.clone(),
                needs_platform: manifest.module.needs_platform,
                digest: digest.clone(),
                contract: Contract {
                    provides: offered_by(manifest),
                    uses: Vec::new(),
                },
                links: Vec::new(),
                settings: manifest.settings.clone(),
            };
            offers.add(Arc::new(draft.clone()));
            drafts.push((draft, wanted_by(manifest)));
        }
        for wanted in drafts.iter().flat_map(|(_, wanted)| wanted) {
            for module in catalog::modules_by_name(tx, &wanted.producer).await? {
                offers.add_absent(&wanted.producer, module.id);
            }
        }
        let mut states = Vec::with_capacity(drafts.len());
        let mut missing = Vec::new();
        for (draft, wanted) in drafts {
            let resolved = resolve(&wanted, &offers);
            missing.extend(
                resolved
                    .missing
                    .into_iter()
                    .map(|missing| missing.needed_by(&draft.name)),
            );
            states.push(ModuleState {
                contract: Contract {
                    uses: resolved.uses,
                    ..draft.contract
                },
                links: resolved.links,
                ..draft
            });
        }
        Ok((states, missing))
    }
}

/// Refuses what the environment does not offer.
pub(super) fn unresolved(environment: &str, missing: &[Published<Missing>]) -> AppError {
    const NAMED: usize = 20;
    let mut lines: Vec<String> = missing
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    if missing.len() > NAMED {
        lines.push(format!("and {} more", missing.len() - NAMED));
    }
    AppError::conflict(
        "unresolved_references",
        format!(
            "{environment} does not offer what these modules use: {}. Nothing was published. Publish the producers first, or say --allow-missing to record these references as broken.",
            lines.join("; ")
        ),
    )
}
