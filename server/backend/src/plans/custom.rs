//! *Deploy Custom…*: single modules of an application (domain.md 3.10). They come as the source
//! runs them; what is not ticked stays as the target has it.

use crate::Backend;
use crate::actor::Actor;
use crate::contract::ModuleState;
use domain::access::Action;
use domain::name::fold;
use domain::plan::{Choice, OriginalRow, PlanContent};
use domain::view::{ModuleSide, PlanModule};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::ConnectionTrait;
use store::plans::RunningModuleRow;
use uuid::Uuid;

/// How many hexadecimal digits of a bundle's name are shown.
const SHOWN_DIGITS: usize = 8;

/// A choice of modules as it is stored; none for the other choices.
pub(super) fn stored(choice: &Choice) -> Option<String> {
    match choice {
        Choice::DeployCustom { modules } => serde_json::to_string(modules).ok(),
        _ => None,
    }
}

/// The modules that a stored operation chooses.
pub(super) fn modules_from(stored: Option<&str>) -> Vec<ModuleId> {
    stored
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// The applications of which a plan brings single modules.
fn custom(content: &PlanContent) -> Vec<Uuid> {
    content
        .operations
        .iter()
        .filter(|operation| matches!(operation.choice, Choice::DeployCustom { .. }))
        .map(|operation| operation.application.0)
        .collect()
}

/// The modules that the source runs of the applications of which single ones are brought.
pub(super) async fn in_source(
    connection: &impl ConnectionTrait,
    content: &PlanContent,
) -> Result<BTreeMap<ApplicationId, BTreeSet<ModuleId>>, AppError> {
    running_modules(connection, content.source, &custom(content)).await
}

/// The same for a plan that is made of another one.
pub(super) async fn in_source_of(
    connection: &impl ConnectionTrait,
    original: &[OriginalRow],
    source: EnvironmentId,
) -> Result<BTreeMap<ApplicationId, BTreeSet<ModuleId>>, AppError> {
    let custom: Vec<Uuid> = original
        .iter()
        .filter(|row| !row.modules.is_empty())
        .map(|row| row.application.0)
        .collect();
    running_modules(connection, source, &custom).await
}

/// The modules that an environment runs of these applications.
async fn running_modules(
    connection: &impl ConnectionTrait,
    place: EnvironmentId,
    applications: &[Uuid],
) -> Result<BTreeMap<ApplicationId, BTreeSet<ModuleId>>, AppError> {
    let mut found: BTreeMap<ApplicationId, BTreeSet<ModuleId>> = BTreeMap::new();
    for row in store::plans::list_running_modules(connection, place.0, applications).await? {
        let of = found.entry(ApplicationId(row.application)).or_default();
        of.insert(ModuleId(row.module));
    }
    Ok(found)
}

impl Backend {
    /// The modules of an application, as a plan's source and target run them: what single ones can
    /// be chosen of. Those that only the target has are left out: nothing can bring them.
    pub async fn list_plan_modules(
        &self,
        actor: &Actor,
        source: EnvironmentId,
        target: EnvironmentId,
        application: ApplicationId,
    ) -> Result<Vec<PlanModule>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let own = [application.0];
        let here = store::plans::list_running_modules(connection, source.0, &own).await?;
        let modules: Vec<Uuid> = here.iter().map(|row| row.module).collect();
        // A module may sit in another application there.
        let there = store::plans::list_running_states(connection, target.0, &modules).await?;
        let tagged = tagged(connection, source, application).await?;
        let states: BTreeSet<Uuid> = here
            .iter()
            .chain(&there)
            .map(|row| row.version)
            .chain(tagged.iter().flatten().copied())
            .collect();
        let states = self.states.load(connection, states).await?;
        let homes: Vec<Uuid> = there.iter().map(|row| row.application).collect();
        let names = store::plans::list_application_names(connection, &homes).await?;
        let state = |row: &RunningModuleRow| states.get(&row.version);
        // Where nothing is tagged, nothing was changed since.
        let of_tag: Option<BTreeSet<(ModuleId, &str)>> = tagged.as_ref().map(|tagged| {
            let states = tagged.iter().filter_map(|version| states.get(version));
            states
                .map(|state| (ModuleId(state.module), &*state.digest))
                .collect()
        });
        let mut found: Vec<PlanModule> = here
            .iter()
            .filter_map(|row| {
                let from = state(row)?;
                let to = there.iter().find(|other| other.module == row.module);
                let moved = to.filter(|to| to.application != application.0);
                Some(PlanModule {
                    module: ModuleId(row.module),
                    name: row.name.clone(),
                    kind: from.kind,
                    in_source: side(from),
                    in_target: to.and_then(state).map(side),
                    changed: of_tag
                        .as_ref()
                        .is_some_and(|tag| !tag.contains(&(ModuleId(row.module), &*from.digest))),
                    differs: to.and_then(state).is_none_or(|to| to.digest != from.digest),
                    moves_from: moved.and_then(|to| names.get(&to.application).cloned()),
                })
            })
            .collect();
        found.sort_by_cached_key(|module| (fold(&module.name), module.module));
        Ok(found)
    }
}

/// The module states of the tag that an environment runs of an application; none if it runs no tag.
async fn tagged(
    connection: &impl ConnectionTrait,
    place: EnvironmentId,
    application: ApplicationId,
) -> Result<Option<Vec<Uuid>>, AppError> {
    let row = store::running::find(connection, place.0, application.0).await?;
    let Some(base) = row.and_then(|row| row.base_id) else {
        return Ok(None);
    };
    let rows = store::catalog::version_modules(connection, &[base]).await?;
    Ok(Some(rows.iter().map(|row| row.module_version_id).collect()))
}

fn side(state: &Arc<ModuleState>) -> ModuleSide {
    ModuleSide {
        bundle: state.digest.chars().take(SHOWN_DIGITS).collect(),
    }
}
