//! Publishing straight into an environment, as `slipway publish` does: bundles are uploaded,
//! their references resolved against what the environment runs, and a run of kind *publication*
//! brings them there. Published downstream of Development, that is a hotfix; the inventory at the
//! run's end marks it.

mod ending;
mod rules;

use crate::Backend;
use crate::actor::Actor;
use crate::agents::link_state;
use crate::audit::{Entry, Object};
use crate::contract::{
    Contract, Missing, ModuleState, Offers, module_kind, offered_by, resolve, wanted_by,
};
use crate::engine::{NewPlacement, NewRun, Removal, RunKind};
use crate::events::Topic;
use crate::inventory::module_row;
use crate::settings::SettingsOf;
use bundle::BundleManifest;
use bytes::Bytes;
use domain::access::Action;
use domain::environment::LinkState;
use domain::execution::{LogKind, Outcome, Stage};
use domain::name::fold;
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use futures::Stream;
use rules::{Published, check_application, check_modules, waves};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::entity::catalog::application;
use store::entity::environments::environment;
use store::executions::LogQuery;
use store::{
    DatabaseTransaction, StoreError, agents, bundles, catalog, environments, executions,
    publications, running,
};
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

/// How a publication goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationState {
    /// None while it runs; then whether it succeeded.
    pub succeeded: Option<bool>,
    /// Lines after the number asked for.
    pub lines: Vec<PublicationLine>,
    /// What went wrong, if it did.
    pub error: Option<String>,
}

/// A line of a publication's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationLine {
    /// From 1, without gaps.
    pub number: u64,
    /// `info`, `warning` or `error`.
    pub level: &'static str,
    /// What happened.
    pub text: String,
}

/// The most modules of one publication.
const MAX_MODULES: usize = 1_000;
/// How long a reader of a publication's log waits for something new.
const LONG_POLL: Duration = Duration::from_secs(15);
/// How often such a reader looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// The most lines of one answer.
const MAX_LINES: u64 = 500;

impl Backend {
    /// Which of these bundles the console does not have.
    pub async fn missing_bundles(
        &self,
        actor: &Actor,
        digests: Vec<String>,
    ) -> Result<Vec<String>, AppError> {
        actor.require(Action::PublishApplication)?;
        let mut missing = Vec::new();
        for digest in digests.into_iter().take(MAX_MODULES) {
            let noted = bundles::find(self.store.read(), &digest).await?.is_some();
            if !noted || !self.has_bundle(&digest).await? {
                missing.push(digest);
            }
        }
        Ok(missing)
    }

    /// Keeps a bundle that is uploaded piece by piece. Its bytes are checked: digest, structure,
    /// limits, manifest.
    pub async fn receive_bundle<E: std::fmt::Display>(
        &self,
        actor: &Actor,
        digest: &str,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(), AppError> {
        actor.require(Action::PublishApplication)?;
        Ok(self.put_inspected(digest, pieces).await?)
    }

    /// The same for a bundle that is in memory.
    pub async fn upload_bundle(
        &self,
        actor: &Actor,
        digest: &str,
        bytes: Bytes,
    ) -> Result<(), AppError> {
        let pieces = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
        self.receive_bundle(actor, digest, pieces).await
    }

    /// Publishes an application; answers with the run's id, at once.
    pub async fn publish(&self, actor: &Actor, new: NewPublication) -> Result<Uuid, AppError> {
        actor.require(Action::PublishApplication)?;
        let manifests = self.read_manifests(&new.bundles).await?;
        let application = check_application(&manifests)?;
        let id = self.new_id();
        let (environment, name) = self
            .store
            .write(async |tx| -> Result<(EnvironmentId, String), AppError> {
                // Raised first: of several that claim a name or an address at once, each after the
                // first sees what those before it claimed.
                store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                let environment = environments::find_by_name(tx, &new.environment)
                    .await?
                    .ok_or_else(|| {
                        AppError::invalid(
                            "environment",
                            format!(
                                "There is no environment named \"{}\". Its name stands on the Environments page.",
                                new.environment.trim()
                            ),
                        )
                    })?;
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
        let ids: BTreeSet<Uuid> = running::list_modules(tx, Some(environment.0))
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
        let application = self.put_published_application(tx, manifests).await?;

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
        }));
        self.record(tx, Some(actor), "publication_started", object, entry)
            .await
    }

    /// The application as it is published. One that is not known yet is written down, so that
    /// its modules have something to belong to; one that is known stays as it is until the
    /// publication has succeeded.
    async fn put_published_application(
        &self,
        tx: &DatabaseTransaction,
        manifests: &[(String, BundleManifest)],
    ) -> Result<application::Model, AppError> {
        let packed = &manifests[0].1.application;
        let now = self.now();
        let taken = || {
            AppError::conflict(
                "name_taken",
                format!(
                    "Another application is named \"{}\" already. Give yours another name in slipway.toml; if it is meant to be the same application, it must carry the same id.",
                    packed.name
                ),
            )
        };
        let of_name = catalog::find_application_by_name(tx, &packed.name).await?;
        if of_name.is_some_and(|other| other.id != packed.id) {
            return Err(taken());
        }
        let known = catalog::find_application(tx, packed.id).await?;
        let is_new = known.is_none();
        let row = application::Model {
            id: packed.id,
            name: packed.name.clone(),
            name_folded: fold(&packed.name),
            description: packed.description.clone(),
            kind: known
                .as_ref()
                .map_or_else(|| "library".to_owned(), |known| known.kind.clone()),
            modules: known.as_ref().map_or(0, |known| known.modules),
            created: known.as_ref().map_or(now, |known| known.created),
            changed: now,
        };
        if is_new {
            catalog::put_application(tx, row.clone())
                .await
                .map_err(|error| match error {
                    StoreError::Duplicate(_) => taken(),
                    other => other.into(),
                })?;
        }
        Ok(row)
    }

    /// The new states, resolved against the environment and each other.
    async fn resolve_all(
        &self,
        tx: &DatabaseTransaction,
        manifests: &[(String, BundleManifest)],
        running: &BTreeMap<Uuid, Arc<ModuleState>>,
    ) -> Result<(Vec<ModuleState>, Vec<Published<Missing>>), AppError> {
        let mut offers = Offers::default();
        let application = manifests[0].1.application.id;
        let published: BTreeSet<Uuid> = manifests.iter().map(|(_, m)| m.module.id).collect();
        for state in running.values() {
            // What leaves with this publication is not there afterwards.
            if state.application != application || published.contains(&state.module) {
                offers.add(Arc::clone(state));
            }
        }
        let mut drafts = Vec::new();
        for (digest, manifest) in manifests {
            let draft = ModuleState {
                id: self.new_id(),
                module: manifest.module.id,
                application,
                name: manifest.module.name.clone(),
                kind: module_kind(manifest.module.kind),
                url_path: manifest.module.url_path.clone(),
                needs_platform: manifest.module.needs_platform,
                digest: digest.clone(),
                contract: Contract {
                    provides: offered_by(manifest),
                    uses: Vec::new(),
                },
                links: Vec::new(),
                settings: manifest.settings.clone(),
            };
            offers.add(Arc::new(draft.clone()));
            drafts.push((draft, wanted_by(manifest)));
        }
        for wanted in drafts.iter().flat_map(|(_, wanted)| wanted) {
            for module in catalog::modules_by_name(tx, &wanted.producer).await? {
                offers.add_absent(&wanted.producer, module.id);
            }
        }
        let mut states = Vec::with_capacity(drafts.len());
        let mut missing = Vec::new();
        for (draft, wanted) in drafts {
            let resolved = resolve(&wanted, &offers);
            missing.extend(
                resolved
                    .missing
                    .into_iter()
                    .map(|missing| missing.needed_by(&draft.name)),
            );
            states.push(ModuleState {
                contract: Contract {
                    uses: resolved.uses,
                    ..draft.contract
                },
                links: resolved.links,
                ..draft
            });
        }
        Ok((states, missing))
    }

    /// How a publication goes: answers as soon as there is something after line `after`, or after
    /// some seconds.
    pub async fn read_publication(
        &self,
        actor: &Actor,
        id: Uuid,
        after: u64,
    ) -> Result<PublicationState, AppError> {
        actor.require(Action::SeeLandscape)?;
        let query = LogQuery {
            after: i64::try_from(after).unwrap_or(i64::MAX),
            before: None,
            text: String::new(),
            kinds: Vec::new(),
            limit: MAX_LINES,
        };
        let end = tokio::time::Instant::now() + LONG_POLL;
        loop {
            let run = executions::find_run(self.store.read(), id)
                .await?
                .filter(|run| run.kind == "publication")
                .ok_or_else(|| AppError::not_found("This publication"))?;
            let over = run.ended.is_some();
            let lines: Vec<PublicationLine> = executions::list_log(self.store.read(), id, &query)
                .await?
                .into_iter()
                .map(|line| PublicationLine {
                    number: u64::try_from(line.number).unwrap_or(0),
                    level: level(&line.kind),
                    text: match line.module {
                        Some(module) => format!("{module}: {}", line.text),
                        None => line.text,
                    },
                })
                .collect();
            let more = lines.len() as u64 >= MAX_LINES;
            if over || !lines.is_empty() || tokio::time::Instant::now() >= end {
                let succeeded = (over && !more).then(|| {
                    matches!(
                        crate::engine::stage_from(&run.stage),
                        Stage::Ended(Outcome::Successful | Outcome::WithWarnings)
                    )
                });
                return Ok(PublicationState {
                    succeeded,
                    error: (succeeded == Some(false))
                        .then(|| run.outcome.unwrap_or_else(|| "It was stopped.".to_owned())),
                    lines,
                });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Refuses at once what an agent would have to be waited for with.
fn require_agent(environment: &environment::Model, link: LinkState) -> Result<(), AppError> {
    let name = &environment.name;
    let (message, retry_seconds) = match link {
        LinkState::Online => return Ok(()),
        LinkState::NeverJoined => {
            return Err(AppError::conflict(
                "no_agent",
                format!(
                    "No agent has joined {name} yet. Make a join code on the Environments page and start an agent with it."
                ),
            ));
        }
        LinkState::Offline => (
            format!(
                "The agent of {name} is away. Nothing was published; start the agent, then publish again."
            ),
            10,
        ),
        LinkState::Incompatible => (
            format!(
                "The agent of {name} speaks a protocol that this console does not. Nothing was published; give agent and console versions that go together, then publish again."
            ),
            60,
        ),
    };
    Err(AppError::Unavailable {
        message,
        retry_seconds,
    })
}

/// A kind of log line as callers of the API know it.
fn level(kind: &str) -> &'static str {
    if kind == LogKind::Warning.as_str() || kind == LogKind::AcceptableError.as_str() {
        "warning"
    } else if [LogKind::Error, LogKind::PublishStop, LogKind::StageAborted]
        .iter()
        .any(|error| error.as_str() == kind)
    {
        "error"
    } else {
        "info"
    }
}

fn unresolved(environment: &str, missing: &[Published<Missing>]) -> AppError {
    const NAMED: usize = 20;
    let mut lines: Vec<String> = missing
        .iter()
        .take(NAMED)
        .map(ToString::to_string)
        .collect();
    if missing.len() > NAMED {
        lines.push(format!("and {} more", missing.len() - NAMED));
    }
    AppError::conflict(
        "unresolved_references",
        format!(
            "{environment} does not offer what these modules use: {}. Nothing was published. Publish the producers first, or say --allow-missing to record these references as broken.",
            lines.join("; ")
        ),
    )
}
