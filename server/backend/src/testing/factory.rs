//! Applications with modules, put straight into the database, and runs that publish them.

use super::FakeAgent;
use crate::Backend;
use crate::engine::{NewPlacement, NewRun, Removal, RunKind};
use domain::{AppError, ApplicationId, ModuleId};
use protocol::Placement;
use std::collections::BTreeMap;
use store::entity::catalog::{application, module, module_version};
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
            })
            .collect();
        let id = backend.new_id();
        backend
            .store
            .write(async |tx| {
                backend
                    .create_run(
                        tx,
                        NewRun {
                            kind: RunKind::Publication(id),
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
                            actor: None,
                        },
                    )
                    .await
            })
            .await
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
