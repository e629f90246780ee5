//! What a plan sets on its target: the step of the editor, the values, and what becomes of them
//! when the plan runs.

mod apply;
mod entries;
mod when;

pub(super) use entries::{audited, entered, left};
pub(super) use when::PlanValues;

use super::{People, find_plan};
use crate::Backend;
use crate::actor::Actor;
use crate::contract::ModuleState;
use crate::settings::{SettingsOf, property_of};
use domain::access::Action;
use domain::name::fold;
use domain::plan::{Choice, PlanContent};
use domain::settings::{BroughtModule, BroughtProperty, EnteredSetting, StepState, step_state};
use domain::view::{EnteredValue, PlanProperty, SETTINGS_PAGE, SettingsRequest, SettingsStep};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::{ConnectionTrait, catalog};
use uuid::Uuid;

/// A module that a plan brings, with what its target runs of it.
struct Brought {
    application: ApplicationId,
    state: Arc<ModuleState>,
    before: Option<Arc<ModuleState>>,
    /// Whether the plan changes its application.
    changes: bool,
}

impl Brought {
    /// What is known of each property, in the manifest's order.
    fn properties(
        &self,
        target: &SettingsOf,
        entered: &BTreeMap<(ModuleId, String), &EnteredSetting>,
    ) -> Vec<BroughtProperty> {
        let module = ModuleId(self.state.module);
        self.state
            .settings
            .iter()
            .map(|setting| {
                let folded = fold(&setting.name);
                let known = self.before.as_ref().and_then(|state| {
                    let all = state.settings.iter();
                    all.map(|known| (fold(&known.name), property_of(known)))
                        .find(|(name, _)| *name == folded)
                });
                BroughtProperty {
                    property: property_of(setting),
                    before: known.map(|(_, property)| property),
                    target: target.find(module.0, &folded).map(|value| value.held),
                    entered: entered.get(&(module, folded)).map(|entered| entered.held()),
                }
            })
            .collect()
    }
}

impl Backend {
    /// A page of the settings step of a plan. Properties that need no look are in it if they are
    /// asked for.
    pub async fn read_plan_settings(
        &self,
        actor: &Actor,
        number: u64,
        request: SettingsRequest,
    ) -> Result<SettingsStep, AppError> {
        actor.require(Action::SeeLandscape)?;
        let search = fold(request.search.trim());
        let connection = self.store.read();
        let plan = find_plan(connection, actor, number, self.now()).await?;
        let brought = self.brought(connection, &plan.content).await?;
        let modules: Vec<Uuid> = brought.iter().map(|brought| brought.state.module).collect();
        let source = SettingsOf::read(connection, plan.content.source, &modules).await?;
        let target = SettingsOf::read(connection, plan.content.target, &modules).await?;
        let rows = store::plans::settings::list(connection, plan.row.id).await?;
        let people = People::of(connection, rows.iter().map(|row| row.changed_by)).await?;
        let stamps: BTreeMap<(ModuleId, &str), _> = rows
            .iter()
            .map(|row| {
                let stamp = people.stamp(row.changed_by, Some(row.changed));
                ((ModuleId(row.module_id), row.name_folded.as_str()), stamp)
            })
            .collect();
        let entered: BTreeMap<_, &EnteredSetting> = plan
            .content
            .settings
            .iter()
            .map(|entered| (entered.key(), entered))
            .collect();
        let applications: Vec<Uuid> = brought
            .iter()
            .map(|brought| brought.application.0)
            .collect();
        let names = store::plans::list_application_names(connection, &applications).await?;
        let mut step = SettingsStep {
            state: StepState::Skipped,
            revision: plan.row.revision,
            total: 0,
            matching: 0,
            from: 0,
            rows: Vec::new(),
        };
        let mut known = Vec::with_capacity(brought.len());
        let mut shown = Vec::new();
        for module in &brought {
            let properties = module.properties(&target, &entered);
            for (setting, facts) in module.state.settings.iter().zip(&properties) {
                let id = ModuleId(module.state.module);
                let key = (id, fold(&setting.name));
                let value = entered.get(&key);
                let source_of_value = facts.source();
                let news = facts.is_news();
                step.total += 1;
                let asked_for = news || value.is_some() || source_of_value.needs_a_value();
                if !(asked_for && module.changes || request.all) {
                    continue;
                }
                let stamp = stamps.get(&(id, key.1.as_str())).cloned().flatten();
                let set = target.find(id.0, &setting.name);
                let application = names.get(&module.application.0);
                let application = application.cloned().unwrap_or_default();
                let texts = [
                    &setting.name,
                    &setting.description,
                    &module.state.name,
                    &application,
                ];
                if !texts.iter().any(|text| fold(text).contains(&search)) {
                    continue;
                }
                shown.push(PlanProperty {
                    application,
                    module: id,
                    module_name: module.state.name.clone(),
                    changes: module.changes,
                    name: setting.name.clone(),
                    description: setting.description.clone(),
                    property: facts.property,
                    default: setting.default.clone(),
                    in_source: source.shown(id.0, setting),
                    in_target: set
                        .filter(|value| value.held.holds_for(facts.property))
                        .and_then(|value| value.shown())
                        .map(str::to_owned),
                    set_in_target: set.is_some_and(|value| value.held.holds_for(facts.property)),
                    entered: value.zip(stamp).map(|(entered, by)| EnteredValue {
                        value: entered.value.clone(),
                        by,
                    }),
                    news,
                    source: source_of_value,
                });
            }
            known.push(BroughtModule {
                changes: module.changes,
                properties,
            });
        }
        step.state = step_state(&known, actor.access.can(Action::DeployApplications));
        // What needs a value first, then what is new, each by name.
        shown.sort_by_cached_key(|row| {
            (
                !row.source.needs_a_value(),
                !row.news,
                fold(&row.application),
                fold(&row.module_name),
                fold(&row.name),
            )
        });
        step.matching = u32::try_from(shown.len()).unwrap_or(u32::MAX);
        let last = step.matching.saturating_sub(1) / SETTINGS_PAGE * SETTINGS_PAGE;
        step.from = request.from.min(last);
        let rows = shown.into_iter().skip(step.from as usize);
        step.rows = rows.take(SETTINGS_PAGE as usize).collect();
        Ok(step)
    }

    /// The modules that a plan brings, by application in its order.
    async fn brought(
        &self,
        connection: &impl ConnectionTrait,
        content: &PlanContent,
    ) -> Result<Vec<Brought>, AppError> {
        let mut versions = Vec::new();
        let mut applications = Vec::new();
        for operation in &content.operations {
            match operation.choice {
                Choice::DoNothing => continue,
                Choice::Deploy { version } => versions.push(version.0),
                Choice::TagAndDeploy { .. } | Choice::DeployCustom { .. } => {}
            }
            applications.push(operation.application.0);
        }
        let mut made_of: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for row in catalog::version_modules(connection, &versions).await? {
            let of = made_of.entry(row.version_id).or_default();
            of.push(row.module_version_id);
        }
        let running = async |place: EnvironmentId| {
            let rows = store::plans::list_running_modules(connection, place.0, &applications);
            let mut found: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
            for row in rows.await? {
                found.entry(row.application).or_default().push(row.version);
            }
            Ok::<_, AppError>(found)
        };
        let in_source = running(content.source).await?;
        let in_target = running(content.target).await?;
        let all: BTreeSet<Uuid> = [&made_of, &in_source, &in_target]
            .into_iter()
            .flat_map(BTreeMap::values)
            .flatten()
            .copied()
            .collect();
        let states = self.states.load(connection, all).await?;
        let before: BTreeMap<Uuid, &Arc<ModuleState>> = in_target
            .values()
            .flatten()
            .filter_map(|id| states.get(id))
            .map(|state| (state.module, state))
            .collect();
        let mut brought = Vec::new();
        for operation in &content.operations {
            let id = operation.application;
            let versions = match &operation.choice {
                Choice::DoNothing => continue,
                Choice::Deploy { version } => made_of.get(&version.0),
                Choice::TagAndDeploy { .. } | Choice::DeployCustom { .. } => in_source.get(&id.0),
            };
            let Some(versions) = versions else { continue };
            let mut coming: Vec<&Arc<ModuleState>> =
                versions.iter().filter_map(|id| states.get(id)).collect();
            let mut old: BTreeSet<Uuid> = in_target
                .get(&id.0)
                .into_iter()
                .flatten()
                .copied()
                .collect();
            if let Choice::DeployCustom { modules } = &operation.choice {
                let picked = |module: Uuid| modules.contains(&ModuleId(module));
                coming.retain(|state| picked(state.module));
                // The others stay as they are.
                old.retain(|id| states.get(id).is_some_and(|state| picked(state.module)));
            }
            let new: BTreeSet<Uuid> = coming.iter().map(|state| state.id).collect();
            for state in coming {
                brought.push(Brought {
                    application: id,
                    state: Arc::clone(state),
                    before: before.get(&state.module).map(|state| Arc::clone(state)),
                    changes: new != old,
                });
            }
        }
        Ok(brought)
    }
}
