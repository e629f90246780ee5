//! Reading the facts of a landscape: a fixed number of queries, whatever its size.

use crate::Backend;
use crate::agents::link_state;
use crate::contract::ModuleState;
use crate::environments::{purpose_from, small};
use crate::hotfixes::add_guards;
use crate::plans::People;
use crate::settings::property_of;
use domain::environment::LinkState;
use domain::landscape::{
    EnvironmentFacts, LandscapeBuilder, ModuleFacts, NewActivePlan, NewModuleVersion, NewRunning,
    NewValue, NewVersion, Seen, Started,
};
use domain::reference::Interface;
use domain::settings::{Fits, Held};
use domain::{
    AppError, ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, PlanId, Timestamp, VersionId,
};
use std::collections::{BTreeMap, BTreeSet};
use store::catalog::kind_from;
use store::{
    DatabaseTransaction, agents, catalog, environments, plans_active, publications, running,
};
use uuid::Uuid;

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
    for setting in &state.settings {
        facts.property(id, &setting.name, property_of(setting));
    }
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
    /// All facts, from one snapshot.
    pub(super) async fn read_facts(
        &self,
        snapshot: &DatabaseTransaction,
        revision: u64,
    ) -> Result<LandscapeBuilder, AppError> {
        let mut facts = LandscapeBuilder::new(revision);
        self.add_environments(snapshot, &mut facts).await?;
        for application in catalog::all_applications(snapshot).await? {
            let id = ApplicationId(application.id);
            facts.application(id, application.name, true, true);
        }

        let running_modules = running::list_modules(snapshot, None).await?;
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
        let mut producers = BTreeMap::new();
        for state in states.values() {
            add_state(&mut facts, state, &mut producers);
        }
        self.add_modules(snapshot, &mut facts, producers).await?;

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
            &mut facts,
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
        for plan in active {
            facts.active_plan(plan);
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
        Ok(facts)
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

    /// All modules, and those of which only the name is known.
    async fn add_modules(
        &self,
        snapshot: &DatabaseTransaction,
        facts: &mut LandscapeBuilder,
        mut producers: BTreeMap<Uuid, String>,
    ) -> Result<(), AppError> {
        for module in catalog::all_modules(snapshot).await? {
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
        let mut plans = Vec::new();
        for (id, number, name, target, started) in active {
            // A plan's run has the plan's id.
            let rows = store::executions::list_run_modules(snapshot, id).await?;
            plans.push(NewActivePlan {
                id: PlanId(id),
                number: u64::try_from(number).unwrap_or(0),
                name,
                target: EnvironmentId(target),
                modules: rows.iter().map(|row| ModuleId(row.module_id)).collect(),
                brings: rows
                    .iter()
                    .filter_map(|row| row.module_version_id.map(ModuleVersionId))
                    .collect(),
                started,
            });
        }
        Ok(plans)
    }
}

/// A producer of which nothing but the name is known.
pub(crate) fn unknown_producer(id: Uuid, name: String) -> ModuleFacts {
    ModuleFacts {
        id: ModuleId(id),
        name,
        kind: domain::application::ModuleKind::Library,
    }
}
