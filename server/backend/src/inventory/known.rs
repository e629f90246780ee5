//! What the console knows of an environment before an inventory, and which of its published
//! states the hosted modules are.

use super::outside::Outside;
use crate::Backend;
use crate::contract::{ModuleState, Offers};
use domain::{AppError, EnvironmentId};
use protocol::{Hosted, Inventory};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::entity::catalog::{application, module, running as running_row, running_module};
use store::entity::environments::environment;
use store::{DatabaseTransaction, attempts, environments, running};
use uuid::Uuid;

/// An environment as the console has it.
pub(super) struct Situation {
    pub(super) environment: environment::Model,
    /// Its place in the promotion order.
    pub(super) position: usize,
    pub(super) rows: BTreeMap<Uuid, running_row::Model>,
    pub(super) modules: BTreeMap<Uuid, running_module::Model>,
}

impl Situation {
    pub(super) async fn read(
        connection: &DatabaseTransaction,
        id: EnvironmentId,
    ) -> Result<Self, AppError> {
        let all = environments::all(connection).await?;
        let position = all
            .iter()
            .position(|row| row.id == id.0)
            .ok_or_else(|| AppError::not_found("This environment"))?;
        let environment = all
            .into_iter()
            .nth(position)
            .ok_or_else(|| AppError::not_found("This environment"))?;
        let rows = running::list(connection, Some(id.0)).await?;
        let modules = running::list_modules(connection, id.0).await?;
        Ok(Self {
            environment,
            position,
            rows: rows
                .into_iter()
                .map(|row| (row.application_id, row))
                .collect(),
            modules: modules
                .into_iter()
                .map(|row| (row.module_id, row))
                .collect(),
        })
    }
}

/// A hosted module that is identified.
pub(super) struct Known {
    pub(super) state: Arc<ModuleState>,
    pub(super) hosted: Hosted,
    /// Who brought it, if an attempt of ours did.
    pub(super) origin: Option<attempts::RunOrigin>,
}

/// What an environment hosts, identified; with what had to be made for that.
#[derive(Default)]
pub(super) struct Hosting {
    pub(super) modules: BTreeMap<Uuid, Known>,
    pub(super) new_states: Vec<Arc<ModuleState>>,
    pub(super) new_applications: Vec<application::Model>,
    pub(super) new_modules: Vec<module::Model>,
}

impl Hosting {
    pub(super) async fn identify(
        backend: &Backend,
        connection: &DatabaseTransaction,
        situation: &Situation,
        inventory: &Inventory,
    ) -> Result<Self, AppError> {
        // States by what the agent says, and by what was there before: an agent that lost its
        // notes still hosts the same bundle.
        let named: BTreeSet<Uuid> = inventory
            .modules
            .iter()
            .filter_map(|hosted| hosted.module_version)
            .chain(situation.modules.values().map(|row| row.module_version_id))
            .collect();
        let states = backend.states.load(connection, named).await?;
        let ours: BTreeSet<Uuid> = inventory
            .modules
            .iter()
            .filter_map(|hosted| hosted.attempt)
            .collect();
        let origins = attempts::origins(connection, &ours).await?;

        let mut hosting = Self::default();
        let mut offers = Offers::default();
        let mut outside: Vec<&Hosted> = Vec::new();
        for hosted in &inventory.modules {
            let said = hosted.module_version.and_then(|id| states.get(&id));
            let before = situation
                .modules
                .get(&hosted.module)
                .and_then(|row| states.get(&row.module_version_id));
            let matching = [said, before]
                .into_iter()
                .flatten()
                .find(|state| is_state(state, hosted));
            match matching {
                Some(state) => {
                    offers.add(Arc::clone(state));
                    let origin = hosted.attempt.and_then(|id| origins.get(&id).cloned());
                    hosting.insert(Arc::clone(state), hosted.clone(), origin);
                }
                None => outside.push(hosted),
            }
        }
        if !outside.is_empty() {
            Outside::new(backend, outside)
                .identify(connection, &mut hosting, offers)
                .await?;
        }
        Ok(hosting)
    }

    pub(super) fn insert(
        &mut self,
        state: Arc<ModuleState>,
        hosted: Hosted,
        origin: Option<attempts::RunOrigin>,
    ) {
        let known = Known {
            state,
            hosted,
            origin,
        };
        self.modules.insert(known.hosted.module, known);
    }
}

/// Whether a hosted module is this published state: same bundle, same bundles linked in.
fn is_state(state: &ModuleState, hosted: &Hosted) -> bool {
    if state.module != hosted.module || state.digest != hosted.digest {
        return false;
    }
    let wanted: BTreeMap<Uuid, &str> = state
        .links
        .iter()
        .map(|link| (link.producer, link.digest.as_str()))
        .collect();
    let has: BTreeMap<Uuid, &str> = hosted
        .links
        .iter()
        .map(|(producer, digest)| (*producer, digest.as_str()))
        .collect();
    wanted == has
}
