//! Reading the facts of a landscape: a fixed number of queries, whatever its size.

use crate::Backend;
use crate::agents::link_state;
use crate::contract::ModuleState;
use crate::environments::{purpose_from, small};
use crate::hotfixes::add_guards;
use crate::landscape::damaged;
use crate::plans::People;
use crate::settings::property_of;
use domain::environment::LinkState;
use domain::landscape::{
    EnvironmentFacts, Landscape, LandscapeBuilder, ModuleFacts, NewActivePlan, NewModuleVersion,
    NewRunning, NewValue, NewVersion, Seen, Started,
};
use domain::reference::Interface;
use domain::settings::{Fits, Held};
use domain::{
    AppError, ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, PlanId, Timestamp, VersionId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::catalog::kind_from;
use store::entity::catalog::{application, module, version_module};
use store::running::Placed;
use store::{
    DatabaseTransaction, agents, catalog, environments, plans_active, publications, running,
};
use uuid::Uuid;

/// Adds the site properties of a published state.
fn add_properties(facts: &mut LandscapeBuilder, state: &ModuleState) {
    for setting in &state.settings {
        facts.property(state.version_id(), &setting.name, property_of(setting));
    }
}

/// Adds a published state with what it offers and uses. Producers must be added as modules too;
/// the ids of those are given to `producers`.
pub(crate) fn add_state(
    facts: &mut LandscapeBuilder,
    state: &ModuleState,
    producers: &mut BTreeMap<Uuid, String>,
) {
    let id = state.version_id();
    facts.module_version(NewModuleVersion {
        id,
        module: ModuleId(state.module),
        application: ApplicationId(state.application),
        name: state.name.clone(),
        url_path: state.url_path.clone(),
        content: state.digest.clone().into_bytes(),
        needs_platform: state.needs_platform,
    });
    for offered in &state.contract.provides {
        let interface = Interface {
            members: offered.members.clone(),
        };
        facts.provides(
            id,
            offered.kind,
            &offered.name,
            interface,
            offered.full.as_bytes(),
        );
    }
    for used in &state.contract.uses {
        producers
            .entry(used.producer)
            .or_insert_with(|| used.name.clone());
        for element in &used.elements {
            let seen = element.seen.as_ref().map(|seen| {
                let interface = Interface {
                    members: seen.members.clone(),
                };
                let names: Vec<&str> = element.members.iter().map(String::as_str).collect();
                Seen {
                    // Checked when it was resolved.
                    members: interface.positions(&names).unwrap_or_default(),
                    interface,
                    full: seen.full.as_bytes(),
                }
            });
            facts.uses(
                id,
                ModuleId(used.producer),
                element.kind,
                &element.name,
                seen,
            );
        }
    }
}

impl Backend {
    /// The landscape as one snapshot has it. Published states never change: if nothing but what
    /// runs, waits or is set has changed since `former` was read, they are taken from there.
    pub(super) async fn read_landscape(
        &self,
        snapshot: &DatabaseTransaction,
        revision: u64,
        former: Option<&Landscape>,
    ) -> Result<Landscape, AppError> {
        let mut facts = LandscapeBuilder::new(revision);
        self.add_environments(snapshot, &mut facts).await?;
        let applications = catalog::all_applications(snapshot).await?;
        let modules = catalog::all_modules(snapshot).await?;
        let running_modules = running::list_placed(snapshot).await?;
        let version_modules = catalog::all_version_modules(snapshot).await?;
        let active = self.active_plan_facts(snapshot).await?;
        let needed: BTreeSet<Uuid> = running_modules
            .iter()
            .map(|row| row.module_version_id)
            .chain(version_modules.iter().map(|row| row.module_version_id))
            .chain(
                active
                    .iter()
                    .flat_map(|plan| plan.brings.iter().map(|v| v.0)),
            )
            .collect();
        let states = self.states.load(snapshot, needed).await?;
        let former = former.filter(|former| is_about(former, &applications, &modules, &states));
        let mut producers = former.map(unknown_producers).unwrap_or_default();
        for state in states.values() {
            add_properties(&mut facts, state);
            if former.is_none() {
                add_state(&mut facts, state, &mut producers);
            }
        }
        for application in applications {
            let id = ApplicationId(application.id);
            facts.application(id, application.name, true, true);
        }
        add_modules(&mut facts, modules, producers);
        self.add_landscape(snapshot, &mut facts, running_modules, version_modules)
            .await?;
        for plan in active {
            facts.active_plan(plan);
        }
        let built = match former {
            Some(former) => facts.build_on(former),
            None => facts.build(),
        };
        built.map_err(|error| damaged(&error))
    }

    /// What runs, what is tagged, and what is set.
    async fn add_landscape(
        &self,
        snapshot: &DatabaseTransaction,
        facts: &mut LandscapeBuilder,
        running_modules: Vec<Placed>,
        version_modules: Vec<version_module::Model>,
    ) -> Result<(), AppError> {
        let mut eligible: BTreeMap<Uuid, Vec<EnvironmentId>> = BTreeMap::new();
        for row in catalog::all_version_environments(snapshot).await? {
            let environment = EnvironmentId(row.environment_id);
            eligible
                .entry(row.version_id)
                .or_default()
                .push(environment);
        }
        let mut made_of: BTreeMap<Uuid, Vec<ModuleVersionId>> = BTreeMap::new();
        for row in version_modules {
            let module = ModuleVersionId(row.module_version_id);
            made_of.entry(row.version_id).or_default().push(module);
        }
        let tags = catalog::all_versions(snapshot).await?;
        add_guards(
            facts,
            store::hotfixes::list_protecting(snapshot).await?,
            store::holds::list_open(snapshot).await?,
            &tags,
        );
        for version in tags {
            let Ok(number) = version.number.parse() else {
                tracing::error!(version = %version.id, "a stored number cannot be read");
                continue;
            };
            facts.version(NewVersion {
                id: VersionId(version.id),
                application: ApplicationId(version.application_id),
                number,
                name: version.name,
                created: Timestamp(version.created),
                modules: made_of.remove(&version.id).unwrap_or_default(),
                eligible: eligible.remove(&version.id).unwrap_or_default(),
            });
        }

        let mut modules_of: BTreeMap<(Uuid, Uuid), Vec<ModuleVersionId>> = BTreeMap::new();
        for row in running_modules {
            let key = (row.environment_id, row.application_id);
            let module = ModuleVersionId(row.module_version_id);
            modules_of.entry(key).or_default().push(module);
        }
        for row in running::list(snapshot, None).await? {
            let environment = EnvironmentId(row.environment_id);
            let application = ApplicationId(row.application_id);
            if row.blocked {
                let reason = row.block_reason.unwrap_or_default();
                facts.block(application, environment, reason);
            }
            let key = (row.environment_id, row.application_id);
            let Some(modules) = modules_of.remove(&key) else {
                continue;
            };
            facts.running(NewRunning {
                environment,
                application,
                base: row.base_id.map(VersionId),
                modified: row.modified,
                hotfix: row.hotfix,
                changed_outside: row.changed_outside,
                modules,
            });
        }
        for row in store::settings::list_held(snapshot).await? {
            facts.value(NewValue {
                environment: EnvironmentId(row.environment_id),
                module: ModuleId(row.module_id),
                name: row.name_folded,
                held: Held {
                    secret: row.key_id.is_some(),
                    fits: Fits::from_bits(u8::try_from(row.fits).unwrap_or(0)),
                },
            });
        }
        Ok(())
    }

    pub(crate) async fn add_environments(
        &self,
        snapshot: &DatabaseTransaction,
        facts: &mut LandscapeBuilder,
    ) -> Result<(), AppError> {
        let now = self.now();
        let mut agents: BTreeMap<Uuid, _> = agents::all(snapshot)
            .await?
            .into_iter()
            .map(|agent| (agent.environment_id, agent))
            .collect();
        for environment in environments::all(snapshot).await? {
            let agent = agents.remove(&environment.id);
            let link = link_state(agent.as_ref(), now);
            facts.environment(EnvironmentFacts {
                id: EnvironmentId(environment.id),
                name: environment.name,
                purpose: purpose_from(&environment.purpose),
                reachable: link == LinkState::Online,
                link,
                platform: agent.map_or(0, |agent| small(agent.platform)),
                maintenance: environment.maintenance_reason,
            });
        }
        Ok(())
    }

    /// Plans and publications that hold modules now.
    async fn active_plan_facts(
        &self,
        snapshot: &DatabaseTransaction,
    ) -> Result<Vec<NewActivePlan>, AppError> {
        // A publication is known by no number.
        let publications = publications::list_open(snapshot)
            .await?
            .into_iter()
            .map(|run| (run.id, 0, run.name, run.environment_id, None));
        let active = plans_active::list(snapshot).await?;
        let people = People::of(snapshot, active.iter().map(|plan| plan.started_by)).await?;
        let active = active
            .into_iter()
            .map(|plan| {
                let stamp = people.stamp(plan.started_by, plan.started);
                let started = stamp.map(|stamp| Started {
                    by: stamp.by.name,
                    at: stamp.at,
                });
                (plan.id, plan.number, plan.name, plan.target_id, started)
            })
            .chain(publications);
        let active: Vec<_> = active.collect();
        // A plan's run has the plan's id.
        let runs: Vec<Uuid> = active.iter().map(|(id, ..)| *id).collect();
        let mut held = BTreeMap::new();
        for row in store::executions::list_held(snapshot, &runs).await? {
            let (modules, brings): &mut (Vec<_>, Vec<_>) = held.entry(row.run_id).or_default();
            modules.push(ModuleId(row.module_id));
            brings.extend(row.module_version_id.map(ModuleVersionId));
        }
        let plans = active
            .into_iter()
            .map(|(id, number, name, target, started)| {
                let (modules, brings) = held.remove(&id).unwrap_or_default();
                NewActivePlan {
                    id: PlanId(id),
                    number: u64::try_from(number).unwrap_or(0),
                    name,
                    target: EnvironmentId(target),
                    modules,
                    brings,
                    started,
                }
            });
        Ok(plans.collect())
    }
}

/// All modules, and those of which only the name is known.
fn add_modules(
    facts: &mut LandscapeBuilder,
    modules: Vec<module::Model>,
    mut producers: BTreeMap<Uuid, String>,
) {
    for module in modules {
        producers.remove(&module.id);
        facts.module(ModuleFacts {
            id: ModuleId(module.id),
            kind: kind_from(&module.kind),
            name: module.name,
        });
    }
    for (id, name) in producers {
        facts.module(unknown_producer(id, name));
    }
}

/// Whether a former landscape has the same applications, modules and published states.
fn is_about(
    former: &Landscape,
    applications: &[application::Model],
    modules: &[module::Model],
    states: &BTreeMap<Uuid, Arc<ModuleState>>,
) -> bool {
    // Those of which only the name is known follow from the states.
    let mut known: BTreeSet<Uuid> = unknown_producers(former).into_keys().collect();
    known.extend(modules.iter().map(|row| row.id));
    former.is_about(
        applications.iter().map(|row| ApplicationId(row.id)),
        known.into_iter().map(ModuleId),
        states.keys().copied().map(ModuleVersionId),
    )
}

/// The producers of which a landscape knows nothing but that they are used: no state of them is in
/// it. A module that the console knows may be among them.
fn unknown_producers(former: &Landscape) -> BTreeMap<Uuid, String> {
    let mut used = vec![false; former.modules.len()];
    let elements = &former.elements;
    for version in &former.module_versions {
        for reference in &version.uses {
            used[elements[reference.element as usize].module as usize] = true;
        }
    }
    for version in &former.module_versions {
        used[version.module as usize] = false;
    }
    let modules = former.modules.iter().zip(used);
    modules
        .filter(|(_, is_used)| *is_used)
        .map(|(module, _)| (module.id.0, module.name.clone()))
        .collect()
}

/// A producer of which nothing but the name is known.
pub(crate) fn unknown_producer(id: Uuid, name: String) -> ModuleFacts {
    ModuleFacts {
        id: ModuleId(id),
        name,
        kind: domain::application::ModuleKind::Library,
    }
}
