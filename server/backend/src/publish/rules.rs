//! What a publication must keep to, beyond what each bundle's manifest does.

use crate::contract::{Missing, ModuleState};
use bundle::BundleManifest;
use domain::name::fold;
use domain::{AppError, ApplicationId, ModuleId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Something about one of the published modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Published<T> {
    pub(super) module: String,
    pub(super) what: T,
}

impl fmt::Display for Published<Missing> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} uses {}", self.module, self.what)
    }
}

impl Missing {
    pub(super) fn needed_by(self, module: &str) -> Published<Self> {
        Published {
            module: module.to_owned(),
            what: self,
        }
    }
}

/// The one application that all bundles belong to.
pub(super) fn check_application(
    manifests: &[(String, BundleManifest)],
) -> Result<ApplicationId, AppError> {
    let Some((_, first)) = manifests.first() else {
        return Err(AppError::invalid(
            "bundles",
            "Nothing was given to publish.",
        ));
    };
    let other = manifests
        .iter()
        .find(|(_, manifest)| manifest.application.id != first.application.id);
    if let Some((_, other)) = other {
        return Err(AppError::conflict(
            "several_applications",
            format!(
                "{} belongs to {} and {} to {}. Publish one application at a time.",
                first.module.name,
                first.application.name,
                other.module.name,
                other.application.name
            ),
        ));
    }
    Ok(ApplicationId(first.application.id))
}

fn path(text: &str) -> String {
    fold(text.trim_matches('/'))
}

/// Ids, names and addresses, among the modules and against `others`, which are in the environment
/// as `verb` says: what runs there, or what is being brought there.
pub(super) fn check_modules<'a>(
    environment: &str,
    manifests: &[(String, BundleManifest)],
    others: impl Iterator<Item = &'a Arc<ModuleState>>,
    verb: &str,
) -> Result<(), AppError> {
    let mut ids: BTreeMap<Uuid, &str> = BTreeMap::new();
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    let mut paths: BTreeMap<String, &str> = BTreeMap::new();
    for (_, manifest) in manifests {
        let module = &manifest.module;
        if let Some(other) = ids.insert(module.id, &module.name) {
            return Err(AppError::conflict(
                "duplicate_id",
                format!(
                    "{other} and {} carry the same id. Each module needs one of its own: remove one of the two ids from slipway.toml and run `slipway init`.",
                    module.name
                ),
            ));
        }
        if names.insert(fold(&module.name), &module.name).is_some() {
            return Err(AppError::conflict(
                "duplicate_name",
                format!("Two modules are named \"{}\". Rename one.", module.name),
            ));
        }
        if !module.url_path.is_empty()
            && let Some(other) = paths.insert(path(&module.url_path), &module.name)
        {
            return Err(AppError::conflict(
                "duplicate_path",
                format!(
                    "{other} and {} have the same url_path \"{}\". Change one.",
                    module.name, module.url_path
                ),
            ));
        }
    }
    let application = manifests.first().map(|(_, m)| m.application.id);
    for state in others {
        let own = Some(state.application) == application;
        if ids.contains_key(&state.module) {
            if !own {
                return Err(AppError::conflict(
                    "module_elsewhere",
                    format!(
                        "{} {verb} {environment} as a part of another application. Publish that application without it first.",
                        state.name
                    ),
                ));
            }
            continue;
        }
        // Modules of the same application that are not published leave.
        if own {
            continue;
        }
        if let Some(name) = names.get(&fold(&state.name)) {
            return Err(AppError::conflict(
                "name_taken",
                format!(
                    "Another module in {environment} is named \"{name}\" already. Rename yours; if it is meant to be the same module, it must carry the same id.",
                ),
            ));
        }
        if let Some(name) = paths
            .get(&path(&state.url_path))
            .filter(|_| !state.url_path.is_empty())
        {
            return Err(AppError::conflict(
                "path_taken",
                format!(
                    "{} is reached at \"{}\" in {environment} already. Give {name} another url_path.",
                    state.name, state.url_path
                ),
            ));
        }
    }
    Ok(())
}

/// Waves of modules, producers first, and the references between them (consumer, producer).
pub(super) type Order = (Vec<Vec<ModuleId>>, Vec<(ModuleId, ModuleId)>);

/// The order of switching, producers first; modules that use each other in a circle, and those
/// that use them, are one last wave.
pub(super) fn waves(states: &[ModuleState]) -> Order {
    let ids: BTreeSet<Uuid> = states.iter().map(|state| state.module).collect();
    let mut needs: BTreeMap<Uuid, BTreeSet<Uuid>> = states
        .iter()
        .map(|state| {
            let producers = state.contract.uses.iter().map(|used| used.producer);
            let inner = producers.filter(|id| ids.contains(id) && *id != state.module);
            (state.module, inner.collect())
        })
        .collect();
    let edges = needs
        .iter()
        .flat_map(|(consumer, producers)| {
            producers
                .iter()
                .map(|producer| (ModuleId(*consumer), ModuleId(*producer)))
        })
        .collect();
    let mut waves = Vec::new();
    while !needs.is_empty() {
        let mut ready: BTreeSet<Uuid> = needs
            .iter()
            .filter(|(_, producers)| producers.is_empty())
            .map(|(module, _)| *module)
            .collect();
        if ready.is_empty() {
            ready = needs.keys().copied().collect();
        }
        needs.retain(|module, _| !ready.contains(module));
        for producers in needs.values_mut() {
            producers.retain(|producer| !ready.contains(producer));
        }
        waves.push(ready.into_iter().map(ModuleId).collect());
    }
    (waves, edges)
}
