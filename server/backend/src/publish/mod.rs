//! Publishing straight into an environment, as `slipway publish` does: bundles are uploaded,
//! their references resolved against what the environment runs, and a run of kind *publication*
//! brings them there. Published downstream of Development, that is a hotfix; the inventory at the
//! run's end marks it.

mod ending;
mod progress;
mod rules;
mod states;
mod upload;

pub use progress::{PublicationLine, PublicationState};

use crate::Backend;
use crate::actor::Actor;
use crate::agents::link_state;
use crate::audit::{Entry, Object};
use crate::contract::ModuleState;
use crate::engine::{NewPlacement, NewRun, Removal, RunKind};
use crate::environments::require_in_service;
use crate::events::Topic;
use crate::inventory::module_row;
use crate::settings::SettingsOf;
use bundle::BundleManifest;
use domain::access::Action;
use domain::environment::{LinkState, NoAgent};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use rules::{check_application, check_modules, waves};
use states::unresolved;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::entity::environments::environment;
use store::{DatabaseTransaction, agents, bundles, catalog, environments, publications, running};
use uuid::Uuid;

/// What is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPublication {
    /// Where, by name.
    pub environment: String,
    /// The digests of the application's modules: all of them, uploaded before.
    pub bundles: Vec<String>,
    /// Records references that the environment cannot satisfy as broken, instead of refusing.
    pub allow_missing: bool,
}

/// The most modules of one publication.
const MAX_MODULES: usize = 1_000;

fn no_environment(name: &str) -> AppError {
    AppError::invalid(
        "environment",
        format!(
            "There is no environment named \"{}\". Its name stands on the Environments page.",
            name.trim()
        ),
    )
}

impl Backend {
    /// Publishes an application; answers with the run's id, at once.
    pub async fn publish(&self, actor: &Actor, new: NewPublication) -> Result<Uuid, AppError> {
        actor.require(Action::PublishApplication)?;
        let manifests = self.read_manifests(&new.bundles).await?;
        let application = check_application(&manifests)?;
        let id = self.new_id();
        // Before the transaction, which holds up everybody: who joins the line in between waits for
        // this one publication, and for no other.
        let place = environments::find_by_name(self.store.read(), &new.environment).await?;
        if let Some(place) = place {
            let brought = manifests.iter().map(|(_, manifest)| manifest.module.id);
            self.give_way_to_line(&place, application, &brought.collect())
                .await?;
        }
        let (environment, name) = self
            .store
            .write(async |tx| -> Result<(EnvironmentId, String), AppError> {
                // Raised first: of several that claim a name or an address at once, each after the
                // first sees what those before it claimed.
                store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                let environment = environments::find_by_name(tx, &new.environment)
                    .await?
                    .ok_or_else(|| no_environment(&new.environment))?;
                self.publish_into(tx, actor, id, &environment, &manifests, new.allow_missing)
                    .await?;
                Ok((EnvironmentId(environment.id), environment.name))
            })
            .await?;
        tracing::info!(%id, %environment, name, %application, "a publication begins");
        self.wake_engine();
        self.topics.bump([
            Topic::Applications,
            Topic::Application(application),
            Topic::Environments,
        ]);
        Ok(id)
    }

    /// The bundles' manifests, read from the bundles themselves.
    async fn read_manifests(
        &self,
        digests: &[String],
    ) -> Result<Vec<(String, BundleManifest)>, AppError> {
        if digests.is_empty() {
            return Err(AppError::invalid(
                "bundles",
                "Nothing was given to publish. An application has at least one module.",
            ));
        }
        if digests.len() > MAX_MODULES {
            return Err(AppError::invalid(
                "bundles",
                format!("At most {MAX_MODULES} modules can be published at once."),
            ));
        }
        let mut manifests = Vec::with_capacity(digests.len());
        for digest in digests {
            manifests.push((digest.clone(), self.read_bundle_manifest(digest).await?));
        }
        Ok(manifests)
    }

    /// The states that an environment runs, by module.
    pub(crate) async fn running_states(
        &self,
        tx: &DatabaseTransaction,
        environment: EnvironmentId,
    ) -> Result<BTreeMap<Uuid, Arc<ModuleState>>, AppError> {
        let ids: BTreeSet<Uuid> = running::list_modules(tx, environment.0)
            .await?
            .into_iter()
            .map(|row| row.module_version_id)
            .collect();
        Ok(self
            .states
            .load(tx, ids)
            .await?
            .into_values()
            .map(|state| (state.module, state))
            .collect())
    }

    async fn publish_into(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        id: Uuid,
        environment: &environment::Model,
        manifests: &[(String, BundleManifest)],
        allow_missing: bool,
    ) -> Result<(), AppError> {
        let place = EnvironmentId(environment.id);
        require_in_service(
            environment,
            "Nothing was published; publish again when that is over.",
        )?;
        let agent = agents::find_of_environment(tx, environment.id).await?;
        require_agent(environment, link_state(agent.as_ref(), self.now()))?;
        let digests: BTreeSet<String> = manifests.iter().map(|(d, _)| d.clone()).collect();
        let digests: Vec<String> = digests.into_iter().collect();
        if bundles::keep(tx, &digests).await? != digests.len() as u64 {
            return Err(AppError::conflict(
                "bundle_missing",
                "A bundle of this application was removed from the console meanwhile. Upload it again, then publish again.",
            ));
        }
        let running = self.running_states(tx, place).await?;
        check_modules(&environment.name, manifests, running.values(), "runs in")?;
        let coming = publications::coming(tx, environment.id).await?;
        let coming = self.states.load(tx, coming).await?;
        check_modules(
            &environment.name,
            manifests,
            coming.values(),
            "is being brought to",
        )?;
        let application = self
            .put_published_application(tx, manifests, environment.id)
            .await?;

        let (states, missing) = self.resolve_all(tx, manifests, &running).await?;
        if !missing.is_empty() && !allow_missing {
            return Err(unresolved(&environment.name, &missing));
        }
        let now = self.now();
        let author = self.stored_person(tx, actor).await?;
        let mut published = Vec::new();
        for state in states {
            let known = catalog::find_state(tx, &state.state_key()).await?;
            let state = if let Some(known) = known {
                ModuleState {
                    id: known.id,
                    ..state
                }
            } else {
                // What is known of a module already changes when the publication has succeeded.
                if catalog::modules(tx, &[state.module]).await?.is_empty() {
                    catalog::put_module(tx, module_row(&state, now)).await?;
                }
                let (row, references) = state.row(now, author, environment.id);
                catalog::insert_module_version(tx, row, references).await?;
                state
            };
            published.push(state);
        }

        let brought: BTreeSet<Uuid> = published.iter().map(|state| state.module).collect();
        let leaving: Vec<&Arc<ModuleState>> = running
            .values()
            .filter(|state| state.application == application.id && !brought.contains(&state.module))
            .collect();
        let touched: Vec<Uuid> = brought
            .iter()
            .copied()
            .chain(leaving.iter().map(|state| state.module))
            .collect();
        if let Some((module, run)) = publications::busy_modules(tx, environment.id, &touched)
            .await?
            .into_iter()
            .next()
        {
            return Err(AppError::conflict(
                "module_busy",
                format!(
                    "{module} is being changed in {} right now by \"{run}\". Nothing was published; try again when that is over.",
                    environment.name
                ),
            ));
        }
        let blocked = why_blocked(tx, environment.id, application.id).await?;
        let brought: Vec<Uuid> = brought.into_iter().collect();
        let settings = SettingsOf::read(tx, place, &brought).await?;
        let (waves, edges) = waves(&published);
        let run = NewRun {
            kind: RunKind::Publication(id),
            environment: place,
            name: format!("{} published to {}", application.name, environment.name),
            placements: published
                .iter()
                .map(|state| NewPlacement {
                    placement: settings.place(state, &application.name),
                    republish: false,
                    after: None,
                })
                .collect(),
            removals: leaving
                .into_iter()
                .map(|state| Removal {
                    module: ModuleId(state.module),
                    name: state.name.clone(),
                    application: ApplicationId(state.application),
                })
                .collect(),
            waves,
            edges,
            two_stage: false,
            overridden: !missing.is_empty(),
            findings: &[],
            warnings: blocked
                .iter()
                .map(|why| past_a_block(&application.name, &environment.name, why))
                .collect(),
            actor: Some(actor),
        };
        self.create_run(tx, run).await?;
        self.note_publication(tx, id, &application).await?;
        let object = Object {
            kind: "application",
            id: Some(application.id),
            name: &application.name,
        };
        let modules: Vec<_> = published
            .iter()
            .map(|state| serde_json::json!({ "module": state.name, "bundle": state.digest }))
            .collect();
        let entry = Entry::new().at(place).after(&serde_json::json!({
            "run": id,
            "modules": modules,
            "missing": missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "blocked": blocked,
        }));
        self.record(tx, Some(actor), "publication_started", object, entry)
            .await
    }
}

/// Why an application is blocked in an environment, if it is.
async fn why_blocked(
    tx: &DatabaseTransaction,
    environment: Uuid,
    application: Uuid,
) -> Result<Option<String>, AppError> {
    let row = running::find(tx, environment, application).await?;
    let blocked = row.filter(|row| row.blocked);
    Ok(blocked.map(|row| row.block_reason.unwrap_or_default()))
}

/// What who publishes past a block is told (domain.md B6): nobody is kept from it, and nothing lifts
/// the block but lifting it.
fn past_a_block(application: &str, environment: &str, why: &str) -> String {
    format!(
        "{application} is blocked in {environment}: \"{why}\" It is published there all the same; \
         the block stays, and no plan brings it there until that is lifted."
    )
}

/// Refuses at once what an agent would have to be waited for with.
fn require_agent(environment: &environment::Model, link: LinkState) -> Result<(), AppError> {
    let Some(NoAgent { what, remedy }) = link.no_agent(&environment.name) else {
        return Ok(());
    };
    let message = format!("{what}. Nothing was published; {remedy}, then publish again.");
    Err(match link {
        LinkState::NeverJoined => AppError::conflict("no_agent", message),
        LinkState::Online | LinkState::Offline => AppError::Unavailable {
            message,
            retry_seconds: 10,
        },
        LinkState::Incompatible => AppError::Unavailable {
            message,
            retry_seconds: 60,
        },
    })
}
