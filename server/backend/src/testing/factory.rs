//! Applications with modules, put straight into the database, and runs that publish them.

use super::FakeAgent;
use crate::Backend;
use crate::engine::{NewPlacement, NewRun, Removal, RunKind};
use domain::plan::PlanStatus;
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use protocol::Placement;
use std::collections::BTreeMap;
use store::entity::catalog::{application, module, module_version};
use store::entity::plans::plan;
use uuid::Uuid;

/// A module of a [`Factory`].
#[derive(Debug, Clone)]
pub struct FakeModule {
    /// Its id.
    pub id: Uuid,
    /// Its application.
    pub application: Uuid,
    /// Its name.
    pub name: String,
    /// Its states, oldest first.
    pub versions: Vec<Uuid>,
    /// The bundles of these states.
    pub digests: Vec<String>,
}

/// Modules in a chain: each uses the one before it, two in a wave.
#[derive(Debug, Clone)]
pub struct Factory {
    /// The modules.
    pub modules: Vec<FakeModule>,
}

impl Factory {
    /// One application with this many modules, each in two states.
    pub async fn of(backend: &Backend, modules: usize) -> Self {
        Self::named(backend, modules, "Policy").await
    }

    /// The same with another name, so that several fit into one database.
    pub async fn named(backend: &Backend, modules: usize, name: &str) -> Self {
        let id = backend.new_id();
        let mut made = Vec::new();
        let answer: Result<(), store::StoreError> = backend
            .store
            .write(async |tx| {
                store::testing::insert(
                    tx,
                    application::Model {
                        id,
                        name: name.to_owned(),
                        name_folded: name.to_lowercase(),
                        description: String::new(),
                        kind: "service".to_owned(),
                        modules: 0,
                        created: 1,
                        changed: 1,
                    },
                )
                .await?;
                for number in 0..modules {
                    let module_id = backend.new_id();
                    let name = format!("Module{number:03}");
                    store::testing::insert(
                        tx,
                        module::Model {
                            id: module_id,
                            application_id: id,
                            name: name.clone(),
                            name_folded: name.to_lowercase(),
                            kind: "static".to_owned(),
                            created: 1,
                        },
                    )
                    .await?;
                    let mut versions = Vec::new();
                    let mut digests = Vec::new();
                    for state in 0..2 {
                        let version = backend.new_id();
                        let digest = format!("{}{number:016x}{state:016x}", id.simple());
                        store::testing::insert(
                            tx,
                            module_version::Model {
                                id: version,
                                module_id,
                                application_id: id,
                                name: name.clone(),
                                kind: "static".to_owned(),
                                url_path: format!("/{name}"),
                                needs_platform: 0,
                                digest: digest.clone(),
                                state_key: digest.clone(),
                                contract: r#"{"provides":[],"uses":[]}"#.to_owned(),
                                links: "[]".to_owned(),
                                settings: "[]".to_owned(),
                                created: 1,
                                created_by: None,
                                environment_id: None,
                            },
                        )
                        .await?;
                        store::bundles::insert(tx, &digest, 1_000, 1).await?;
                        versions.push(version);
                        digests.push(digest);
                    }
                    made.push(FakeModule {
                        id: module_id,
                        application: id,
                        name,
                        versions,
                        digests,
                    });
                }
                Ok(())
            })
            .await;
        answer.expect("the factory is stored");
        Self { modules: made }
    }

    /// What runs when all modules are in this state.
    pub fn in_state(&self, state: usize) -> BTreeMap<Uuid, Uuid> {
        self.modules
            .iter()
            .map(|module| (module.id, module.versions[state]))
            .collect()
    }

    /// Makes a run that brings the second state of all modules but the last, which leaves.
    pub async fn start_run(
        &self,
        backend: &Backend,
        agent: &FakeAgent,
        two_stage: bool,
    ) -> Result<Uuid, AppError> {
        let id = backend.new_id();
        backend
            .store
            .write(async |tx| {
                let run = self.new_run(RunKind::Publication(id), agent, two_stage);
                backend.create_run(tx, run).await
            })
            .await
    }

    /// The same as a plan from `source` that somebody has started; gives its number too.
    pub async fn start_plan(
        &self,
        backend: &Backend,
        source: EnvironmentId,
        agent: &FakeAgent,
        two_stage: bool,
    ) -> Result<(u64, Uuid), AppError> {
        let id = backend.new_id();
        let now = backend.now();
        let target = agent.actor.environment;
        backend
            .store
            .write(async |tx| {
                let number = store::counters::raise(tx, store::counters::PLAN_NUMBER).await?;
                let row = plan::Model {
                    status: PlanStatus::Running.as_str().to_owned(),
                    name: "Policy".to_owned(),
                    saved_revision: Some(1),
                    saved: Some(now),
                    started: Some(now),
                    ..store::plans::fresh(id, number, (source.0, target.0), now)
                };
                store::plans::insert(tx, row).await?;
                let run = self.new_run(RunKind::Plan(id), agent, two_stage);
                let run = backend.create_run(tx, run).await?;
                Ok((u64::try_from(number).unwrap_or(0), run))
            })
            .await
    }

    /// Brings the second state of all modules but the last, which leaves.
    fn new_run(&self, kind: RunKind, agent: &FakeAgent, two_stage: bool) -> NewRun<'static> {
        let (leaving, staying) = self.modules.split_last().expect("at least one module");
        let placements = staying
            .iter()
            .map(|module| NewPlacement {
                placement: Placement {
                    module: module.id,
                    name: module.name.clone(),
                    application: module.application,
                    application_name: "Policy".to_owned(),
                    module_version: module.versions[1],
                    digest: module.digests[1].clone(),
                    links: Vec::new(),
                    weak: Vec::new(),
                    settings: BTreeMap::new(),
                    secret_settings: Vec::new(),
                },
                republish: false,
                // Values that come after the switch, so that these steps are walked as well.
                after: (module.id == staying[0].id)
                    .then(|| BTreeMap::from([("Limit".to_owned(), "5".to_owned())])),
            })
            .collect();
        NewRun {
            kind,
            environment: agent.actor.environment,
            name: "Policy published".to_owned(),
            placements,
            removals: vec![Removal {
                module: ModuleId(leaving.id),
                name: "leaving".to_owned(),
                application: ApplicationId(leaving.application),
            }],
            waves: staying
                .chunks(2)
                .map(|pair| pair.iter().map(|m| ModuleId(m.id)).collect())
                .collect(),
            edges: Vec::new(),
            two_stage,
            overridden: false,
            findings: &[],
            warnings: Vec::new(),
            actor: None,
        }
    }

    /// What [`Self::start_run`] brings when it ends well.
    pub fn planned(&self) -> BTreeMap<Uuid, Uuid> {
        let mut planned = self.in_state(1);
        if let Some(leaving) = self.modules.last() {
            planned.remove(&leaving.id);
        }
        planned
    }
}
