//! Modules that were published on the agent's own machine: they become published states like any
//! other, known by the manifest that the agent sends.

use super::known::Hosting;
use crate::Backend;
use crate::contract::{Contract, ModuleState, Offers, module_kind, offered_by, resolve, wanted_by};
use bundle::BundleManifest;
use domain::AppError;
use domain::name::fold;
use protocol::Hosted;
use std::sync::Arc;
use store::DatabaseTransaction;
use store::catalog::{self, kind_word};
use store::entity::catalog::{application, module};
use uuid::Uuid;

/// Hosted modules that the console did not publish.
pub(super) struct Outside<'a> {
    backend: &'a Backend,
    hosted: Vec<(&'a Hosted, BundleManifest)>,
}

impl<'a> Outside<'a> {
    pub(super) fn new(backend: &'a Backend, hosted: Vec<&'a Hosted>) -> Self {
        let hosted = hosted
            .into_iter()
            .filter_map(|hosted| {
                let manifest = hosted.manifest.as_deref()?;
                match BundleManifest::from_json(manifest.as_bytes()) {
                    Ok(manifest) if manifest.module.id == hosted.module => {
                        Some((hosted, manifest))
                    }
                    _ => {
                        tracing::warn!(module = %hosted.module, "a hosted module's manifest cannot be read");
                        None
                    }
                }
            })
            .collect();
        Self { backend, hosted }
    }

    /// Finds or makes the states of all of them. They may use each other, so their offers are
    /// known first.
    pub(super) async fn identify(
        self,
        connection: &DatabaseTransaction,
        hosting: &mut Hosting,
        mut offers: Offers,
    ) -> Result<(), AppError> {
        let mut drafts = Vec::new();
        for (hosted, manifest) in self.hosted {
            let draft = ModuleState {
                id: self.backend.new_id(),
                module: manifest.module.id,
                application: manifest.application.id,
                name: manifest.module.name.clone(),
                kind: module_kind(manifest.module.kind),
                url_path: manifest.module.url_path.clone(),
                needs_platform: manifest.module.needs_platform,
                digest: hosted.digest.clone(),
                contract: Contract {
                    provides: offered_by(&manifest),
                    uses: Vec::new(),
                },
                links: Vec::new(),
                settings: manifest.settings.clone(),
            };
            offers.add(Arc::new(draft.clone()));
            drafts.push((hosted, manifest, draft));
        }
        for (hosted, manifest, mut state) in drafts {
            let resolved = resolve(&wanted_by(&manifest), &offers);
            state.contract.uses = resolved.uses;
            state.links = resolved.links;
            // What the agent linked in may not be what runs now; what it says counts.
            for link in &mut state.links {
                let said = hosted.links.iter().find(|(id, _)| *id == link.producer);
                if let Some((_, digest)) = said {
                    link.digest.clone_from(digest);
                }
            }
            let known = catalog::find_state(connection, &state.state_key()).await?;
            let state = if let Some(row) = known {
                Arc::new(ModuleState::read(&row)?)
            } else {
                let state = Arc::new(state);
                hosting.new_states.push(Arc::clone(&state));
                state
            };
            add_application(self.backend, connection, hosting, &manifest).await?;
            add_module(self.backend, connection, hosting, &state).await?;
            hosting.insert(state, hosted.clone(), None);
        }
        Ok(())
    }
}

/// The application, if the console did not know it. One whose name is taken gets its id's first
/// part behind it: an inventory is a fact that cannot be refused.
async fn add_application(
    backend: &Backend,
    connection: &DatabaseTransaction,
    hosting: &mut Hosting,
    manifest: &BundleManifest,
) -> Result<(), AppError> {
    let id = manifest.application.id;
    let known = hosting.new_applications.iter().any(|row| row.id == id)
        || catalog::find_application(connection, id).await?.is_some();
    if known {
        return Ok(());
    }
    let mut name = manifest.application.name.clone();
    let taken = hosting
        .new_applications
        .iter()
        .any(|row| row.name_folded == fold(&name))
        || catalog::find_application_by_name(connection, &name)
            .await?
            .is_some();
    if taken {
        let part: String = id.simple().to_string().chars().take(8).collect();
        name = format!("{name} ({part})");
    }
    let now = backend.now();
    hosting.new_applications.push(application::Model {
        id,
        name_folded: fold(&name),
        name,
        description: manifest.application.description.clone(),
        kind: "library".to_owned(),
        modules: 0,
        created: now,
        changed: now,
    });
    Ok(())
}

async fn add_module(
    backend: &Backend,
    connection: &DatabaseTransaction,
    hosting: &mut Hosting,
    state: &ModuleState,
) -> Result<(), AppError> {
    if !catalog::modules(connection, &[state.module])
        .await?
        .is_empty()
    {
        return Ok(());
    }
    hosting.new_modules.push(module_row(state, backend.now()));
    Ok(())
}

/// A module's row as one of its states describes it.
pub(crate) fn module_row(state: &ModuleState, now: i64) -> module::Model {
    module::Model {
        id: state.module,
        application_id: state.application,
        name: state.name.clone(),
        name_folded: fold(&state.name),
        kind: kind_word(state.kind).to_owned(),
        created: now,
    }
}

/// The id of an application that a hosted module belongs to.
pub(super) fn owner(state: &ModuleState) -> Uuid {
    state.application
}
