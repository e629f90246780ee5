//! Environments as screens show them.

use super::{SYNCHRONIZE_PATIENCE, purpose_from, rules_from, small};
use crate::Backend;
use crate::actor::Actor;
use crate::agents::link_state;
use domain::access::Action;
use domain::view::{About, AboutAgent, EnvironmentDetail, EnvironmentRow, PersonRef, Stamp, Watch};
use domain::{AppError, EnvironmentId, Timestamp};
use std::collections::BTreeMap;
use store::entity::environments::{agent, environment};
use store::{publications, running};
use uuid::Uuid;

/// A line of a list of environments.
fn row_from(
    environment: &environment::Model,
    position: usize,
    agent: Option<&agent::Model>,
    active_plans: u32,
    now: i64,
) -> EnvironmentRow {
    EnvironmentRow {
        id: EnvironmentId(environment.id),
        name: environment.name.clone(),
        purpose: purpose_from(&environment.purpose),
        position: u32::try_from(position).unwrap_or(u32::MAX),
        link: link_state(agent, now),
        active_plans,
        parallel_limit: rules_from(environment).limit(),
        two_stage: environment.two_stage,
        open_plan: None,
        maintenance: environment.maintenance_reason.clone(),
    }
}

impl Backend {
    /// All environments in promotion order.
    pub async fn list_environments(
        &self,
        actor: &Actor,
    ) -> Result<Vec<EnvironmentDetail>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let all = self.environments_and_agents().await?;
        let counts: BTreeMap<Uuid, running::EnvironmentCounts> =
            running::count_by_environment(self.store.read())
                .await?
                .into_iter()
                .map(|counts| (counts.environment_id, counts))
                .collect();
        let people = all.iter();
        let people = people.flat_map(|(row, _)| [row.created_by, row.maintenance_by]);
        let names = self.names(people.collect()).await?;
        let active = self.active_plans().await?;
        let publications = publications::list_open(self.store.read()).await?;
        let mut open_plans = self.open_plans(&all).await?;
        let mut lines: BTreeMap<Uuid, u32> = BTreeMap::new();
        for (target, _) in store::line::list_all(self.store.read()).await? {
            *lines.entry(target).or_default() += 1;
        }
        let now = self.now();
        Ok(all
            .into_iter()
            .enumerate()
            .map(|(position, (environment, agent))| {
                let id = EnvironmentId(environment.id);
                let counts = counts.get(&environment.id).copied().unwrap_or_default();
                let plans: Vec<_> = active
                    .iter()
                    .filter(|(target, _)| *target == id)
                    .map(|(_, plan)| plan.clone())
                    .collect();
                let held = u32::try_from(plans.len()).unwrap_or(u32::MAX);
                let row = EnvironmentRow {
                    open_plan: open_plans.remove(&environment.id),
                    ..row_from(&environment, position, agent.as_ref(), held, now)
                };
                let waiting = environment
                    .synchronizing_since
                    .is_some_and(|since| now - since < SYNCHRONIZE_PATIENCE);
                let late = environment.synchronizing_since.is_some() && !waiting;
                let joined = agent.as_ref();
                EnvironmentDetail {
                    row,
                    rules: rules_from(&environment),
                    queued: lines.get(&environment.id).copied().unwrap_or(0),
                    in_maintenance: environment
                        .maintenance_since
                        .map(|since| names.stamp(environment.maintenance_by, since)),
                    address: joined.map(|agent| agent.address.clone()),
                    agent_version: joined.map(|agent| agent.version.clone()),
                    agent_protocol: joined.map(|agent| small(agent.protocol)),
                    last_seen: joined.and_then(|agent| agent.last_seen).map(Timestamp),
                    last_synchronized: environment.last_synchronized.map(Timestamp),
                    synchronizing: waiting,
                    synchronization_error: environment.synchronization_error.clone().or_else(
                        || {
                            late.then(|| {
                                "The agent did not report in time. It may be away; try again when it is back."
                                    .to_owned()
                            })
                        },
                    ),
                    clock_skew_ms: joined.and_then(|agent| agent.clock_skew_ms),
                    applications: small(counts.applications),
                    modules: small(counts.modules),
                    broken: small(counts.broken),
                    changed_outside: small(counts.changed_outside),
                    active: plans,
                    publications: publications
                        .iter()
                        .filter(|run| run.environment_id == environment.id)
                        .map(|run| {
                            let by = PersonRef {
                                name: run.actor_name.clone(),
                                login: String::new(),
                            };
                            let at = Timestamp(run.created);
                            (run.name.clone(), Stamp { by, at })
                        })
                        .collect(),
                    created: Some(names.stamp(environment.created_by, environment.created)),
                    revision: environment.revision,
                }
            })
            .collect())
    }

    /// Where only one plan may be saved, that plan.
    async fn open_plans(
        &self,
        all: &[(environment::Model, Option<agent::Model>)],
    ) -> Result<BTreeMap<Uuid, (u64, String)>, AppError> {
        let mut open = BTreeMap::new();
        for (environment, _) in all.iter().filter(|(row, _)| !row.parallel_creation) {
            let plan = store::line::find_open_plan(self.store.read(), environment.id, None).await?;
            open.extend(plan.map(|(number, name)| {
                (environment.id, (u64::try_from(number).unwrap_or(0), name))
            }));
        }
        Ok(open)
    }

    /// What the watch bar shows.
    pub async fn read_watch(&self, actor: &Actor) -> Result<Watch, AppError> {
        actor.require(Action::SeeLandscape)?;
        let active = self.active_plans().await?;
        let now = self.now();
        let environments = self
            .environments_and_agents()
            .await?
            .iter()
            .enumerate()
            .map(|(position, (environment, agent))| {
                let held = active
                    .iter()
                    .filter(|(target, _)| target.0 == environment.id)
                    .count();
                row_from(
                    environment,
                    position,
                    agent.as_ref(),
                    u32::try_from(held).unwrap_or(u32::MAX),
                    now,
                )
            })
            .collect();
        let waiting = active
            .iter()
            .filter(|(_, plan)| plan.status == domain::plan::PlanStatus::NeedsIntervention)
            .count();
        Ok(Watch {
            environments,
            more_active: u32::try_from(active.len().saturating_sub(Watch::MOST))
                .unwrap_or(u32::MAX),
            active: active
                .into_iter()
                .map(|(_, plan)| plan)
                .take(Watch::MOST)
                .collect(),
            waiting: if actor.access.can(Action::DeployApplications) {
                u32::try_from(waiting).unwrap_or(u32::MAX)
            } else {
                0
            },
            ended: self.last_ended(actor).await?,
        })
    }

    /// Versions of the console, the database and the agents.
    pub async fn read_about(&self, actor: &Actor) -> Result<About, AppError> {
        actor.require(Action::SeeLandscape)?;
        let now = self.now();
        let agents = self
            .environments_and_agents()
            .await?
            .into_iter()
            .map(|(environment, agent)| AboutAgent {
                link: link_state(agent.as_ref(), now),
                version: agent.as_ref().map(|agent| agent.version.clone()),
                protocol: agent.as_ref().map(|agent| small(agent.protocol)),
                environment: environment.name,
            })
            .collect();
        Ok(About {
            version: self.options.version.clone(),
            build: self.options.build.clone(),
            database: self.store.describe().await?,
            protocol: (protocol::OLDEST, protocol::VERSION),
            started: self.started,
            agents,
        })
    }
}
