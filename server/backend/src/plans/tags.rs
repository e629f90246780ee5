//! What a starting plan brings: the tags it makes, and how each module shall be on the target.

use super::Plan;
use super::check::Checked;
use super::replaced::numbers_now;
use super::settings::PlanValues;
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::contract::{ModuleState, Offers};
use crate::engine::{NewPlacement, Removal};
use domain::impact::WaveModule;
use domain::plan::Choice;
use domain::version::TagNumberError;
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId, VersionId, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::DatabaseTransaction;
use store::entity::catalog::{running, version};
use store::entity::environments::environment;
use store::entity::plans::plan_operation;
use uuid::Uuid;

/// The version that each application of the plan gets.
pub(super) type Tags = BTreeMap<ApplicationId, VersionId>;

/// What a run is made of.
pub(super) struct Brings {
    pub(super) placements: Vec<NewPlacement>,
    pub(super) removals: Vec<Removal>,
    pub(super) waves: Vec<Vec<ModuleId>>,
    pub(super) edges: Vec<(ModuleId, ModuleId)>,
}

impl Backend {
    /// Makes the tags of *Tag & Deploy* rows; answers with the frozen operations and the version
    /// of each application that is deployed.
    pub(super) async fn make_tags(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
    ) -> Result<(Vec<plan_operation::Model>, Tags), AppError> {
        let source = store::environments::find(tx, plan.content.source.0).await?;
        let source = store::or_missing(source, "The source environment")?;
        let mut tags = Tags::new();
        let mut rows = plan.operations.clone();
        let ids: Vec<Uuid> = rows.iter().map(|row| row.application_id).collect();
        let before = numbers_now(tx, plan.content.target.0, &ids).await?;
        for (row, operation) in rows.iter_mut().zip(&plan.content.operations) {
            row.from_number = before.get(&row.application_id).cloned().flatten();
            match &operation.choice {
                Choice::DoNothing => {}
                Choice::Deploy { version } => {
                    tags.insert(operation.application, *version);
                }
                Choice::TagAndDeploy {
                    number,
                    description,
                } => {
                    let version = self
                        .make_tag(
                            tx,
                            actor,
                            &source,
                            operation.application,
                            *number,
                            description,
                        )
                        .await?;
                    row.version_id = Some(version.0);
                    tags.insert(operation.application, version);
                }
                // Where there is nothing of it yet, what comes is derived from the source's tag.
                Choice::DeployCustom { .. } if !before.contains_key(&row.application_id) => {
                    let running = store::running::find(tx, source.id, row.application_id).await?;
                    row.version_id = running.and_then(|running| running.base_id);
                }
                Choice::DeployCustom { .. } => {}
            }
        }
        Ok((rows, tags))
    }

    /// How each module shall be on the target, and which modules leave it.
    pub(super) async fn brings(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        checked: &Checked,
        tags: &Tags,
    ) -> Result<Brings, AppError> {
        let waves: Vec<Vec<ModuleId>> = checked
            .report
            .waves
            .iter()
            .map(|wave| wave.modules.iter().map(|module| module.module).collect())
            .collect();
        let modules: Vec<_> = checked
            .report
            .waves
            .iter()
            .flat_map(|wave| wave.modules.iter().cloned())
            .collect();
        let placements = self.place_modules(tx, actor, plan, &modules).await?;
        let in_run: BTreeSet<ModuleId> = modules.iter().map(|module| module.module).collect();
        let removals = self.leaving(tx, plan, tags, &in_run).await?;
        let edges = edges(&placements, &in_run);
        Ok(Brings {
            placements,
            removals,
            waves,
            edges,
        })
    }

    /// Modules that the target has in an application of the plan and that its new version has not.
    /// Of an application of which single modules are brought, none leaves.
    async fn leaving(
        &self,
        tx: &DatabaseTransaction,
        plan: &Plan,
        tags: &Tags,
        brought: &BTreeSet<ModuleId>,
    ) -> Result<Vec<Removal>, AppError> {
        let applications: Vec<Uuid> = tags.keys().map(|id| id.0).collect();
        let versions: Vec<Uuid> = tags.values().map(|id| id.0).collect();
        // A module that moves to another application of the plan does not leave.
        let stays: BTreeSet<Uuid> = store::plans::list_version_modules(tx, &versions)
            .await?
            .into_iter()
            .collect();
        let runs =
            store::plans::list_running_modules(tx, plan.content.target.0, &applications).await?;
        Ok(runs
            .into_iter()
            .filter(|row| !stays.contains(&row.module) && !brought.contains(&ModuleId(row.module)))
            .map(|row| Removal {
                module: ModuleId(row.module),
                name: row.name,
                application: ApplicationId(row.application),
            })
            .collect())
    }
}

/// References between the modules of the run.
fn edges(placements: &[NewPlacement], in_run: &BTreeSet<ModuleId>) -> Vec<(ModuleId, ModuleId)> {
    let mut edges = BTreeSet::new();
    for new in placements {
        let consumer = ModuleId(new.placement.module);
        let strong = new.placement.links.iter().map(|link| link.producer);
        let weak = new.placement.weak.iter().map(|link| link.producer);
        for producer in strong.chain(weak).map(ModuleId) {
            if producer != consumer && in_run.contains(&producer) {
                edges.insert((consumer, producer));
            }
        }
    }
    edges.into_iter().collect()
}

/// Writes a tag. A number that is taken is a conflict, `number_taken`.
pub(crate) async fn store_tag(
    tx: &DatabaseTransaction,
    row: version::Model,
    number: VersionNumber,
    modules: &[Uuid],
) -> Result<(), AppError> {
    let application = row.name.clone();
    store::catalog::insert_version(tx, row, modules)
        .await
        .map_err(|error| match error {
            store::StoreError::Duplicate(_) => {
                let taken = TagNumberError::Taken {
                    application,
                    number,
                };
                AppError::conflict("number_taken", taken.to_string())
            }
            other => other.into(),
        })
}

/// Why nothing is done with what a plan may still put back; `then` is what can be done later.
fn in_hand_of_another(application: &str, source: &str, then: &str) -> AppError {
    AppError::conflict(
        "in_hand",
        format!(
            "A plan that is not over has switched {application} in {source}, and may still go back. {then} when that plan is over."
        ),
    )
}

impl Backend {
    /// Refuses to bring single modules of what another plan has switched in the source and may still
    /// put back there.
    pub(super) async fn require_settled(
        &self,
        tx: &DatabaseTransaction,
        plan: &Plan,
    ) -> Result<(), AppError> {
        let mut custom: Vec<Uuid> = plan
            .operations
            .iter()
            .filter(|row| row.choice == "deploy_custom")
            .map(|row| row.application_id)
            .collect();
        if custom.is_empty() {
            return Ok(());
        }
        let in_hand = store::executions::list_in_hand(tx).await?;
        let source = plan.content.source.0;
        custom.retain(|id| in_hand.contains(&(source, *id)));
        let Some(&id) = custom.first() else {
            return Ok(());
        };
        let names = store::plans::list_application_names(tx, &[id]).await?;
        let name = names.get(&id).map_or("The application", String::as_str);
        let place = store::environments::find(tx, source).await?;
        let place = store::or_missing(place, "The source environment")?;
        Err(in_hand_of_another(name, &place.name, "Start this one"))
    }

    /// Tags what the source runs of an application.
    pub(crate) async fn make_tag(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        source: &environment::Model,
        application: ApplicationId,
        number: VersionNumber,
        description: &str,
    ) -> Result<VersionId, AppError> {
        let names = store::plans::list_application_names(tx, &[application.0]).await?;
        let name = store::or_missing(names.get(&application.0).cloned(), "The application")?;
        let running = store::running::find(tx, source.id, application.0).await?;
        let modules: Vec<Uuid> =
            store::plans::list_running_modules(tx, source.id, &[application.0])
                .await?
                .into_iter()
                .map(|row| row.version)
                .collect();
        let Some(running) = running.filter(|row| row.present && !modules.is_empty()) else {
            return Err(AppError::conflict(
                "nothing_to_tag",
                format!(
                    "{} runs nothing of {name}, so it cannot be tagged there. Choose a version to deploy instead.",
                    source.name
                ),
            ));
        };
        let in_hand = store::executions::list_in_hand(tx).await?;
        if in_hand.contains(&(source.id, application.0)) {
            return Err(in_hand_of_another(&name, &source.name, "Tag it"));
        }
        let id = self.new_id();
        let hotfix = self.tags_hotfix(tx, source, &running).await?;
        let row = version::Model {
            id,
            application_id: application.0,
            number: number.to_string(),
            sort_key: number.sort_key(),
            name: name.clone(),
            description: description.to_owned(),
            created: self.now(),
            created_by: self.stored_person(tx, actor).await?,
            environment_id: source.id,
            base_id: running.base_id,
            hotfix,
        };
        store_tag(tx, row, number, &modules).await?;
        if hotfix {
            self.note_tag(tx, actor, source, &running, id).await?;
        }
        store::running::put(
            tx,
            running::Model {
                base_id: Some(id),
                base_sort_key: Some(number.sort_key()),
                modified: false,
                changed_outside: false,
                revision: running.revision + 1,
                hotfix,
                ..running
            },
            self.now(),
        )
        .await?;
        self.record(
            tx,
            Some(actor),
            "version_tagged",
            Object {
                kind: "application",
                id: Some(application.0),
                name: &name,
            },
            Entry::new()
                .at(EnvironmentId(source.id))
                .after(&serde_json::json!({ "version": number, "description": description })),
        )
        .await?;
        Ok(VersionId(id))
    }

    /// How each module of the waves shall be on the target; what is republished is linked against
    /// what the target will run.
    async fn place_modules(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        modules: &[WaveModule],
    ) -> Result<Vec<NewPlacement>, AppError> {
        let target = plan.content.target;
        let ids: BTreeSet<Uuid> = modules.iter().map(|module| module.version.0).collect();
        let states = self.states.load(tx, ids).await?;
        let mut offers = Offers::default();
        if modules.iter().any(|module| module.republish) {
            for state in self.running_states(tx, target).await?.into_values() {
                offers.add(state);
            }
            for module in modules.iter().filter(|module| !module.republish) {
                if let Some(state) = states.get(&module.version.0) {
                    offers.add(Arc::clone(state));
                }
            }
        }
        let applications: BTreeSet<Uuid> =
            modules.iter().map(|module| module.application.0).collect();
        let applications: Vec<Uuid> = applications.into_iter().collect();
        let names = store::plans::list_application_names(tx, &applications).await?;
        let author = self.stored_person(tx, actor).await?;
        let brought: Vec<Uuid> = modules.iter().map(|module| module.module.0).collect();
        let settings = PlanValues::read(tx, plan, &brought).await?;
        let mut placements = Vec::with_capacity(modules.len());
        // Waves come producers first, so a relinked producer is there before its consumers.
        for module in modules {
            let state = states.get(&module.version.0).cloned();
            let mut state =
                store::or_missing(state, format!("The published state of {}", module.name))?;
            if module.republish {
                state = Arc::new(self.relinked(tx, target, author, &state, &offers).await?);
                offers.add(Arc::clone(&state));
            }
            let application = names.get(&state.application).map_or("", String::as_str);
            placements.push(NewPlacement {
                placement: settings.at_the_switch.place(&state, application),
                republish: module.republish,
                after: settings.after_it(&state),
            });
        }
        Ok(placements)
    }

    /// The same content linked against `offers`, stored if it is new.
    async fn relinked(
        &self,
        tx: &DatabaseTransaction,
        target: EnvironmentId,
        author: Option<Uuid>,
        state: &ModuleState,
        offers: &Offers,
    ) -> Result<ModuleState, AppError> {
        let (state, missing) = state.relink(self.new_id(), offers);
        if !missing.is_empty() {
            tracing::debug!(
                module = state.name,
                missing = missing.len(),
                "relinked with gaps"
            );
        }
        if let Some(known) = store::catalog::find_state(tx, &state.state_key()).await? {
            return Ok(ModuleState {
                id: known.id,
                ..state
            });
        }
        let (row, references) = state.row(self.now(), author, target.0);
        store::catalog::insert_module_version(tx, row, references).await?;
        Ok(state)
    }
}
