//! Tagging an older state anew, under a higher number (domain.md V5, V7): the way back to what an
//! application was, by an ordinary plan.

use super::tagging::{number_field, typed_description, typed_number};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::contract::ModuleState;
use crate::environments::require_in_service;
use crate::events::Topic;
use crate::plans::store_tag;
use domain::access::Action;
use domain::plan::propose_number;
use domain::view::{MAX_BASES, NewRetag, OlderModule, OlderModuleState, OlderState, TagBases};
use domain::{
    AppError, ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, VersionId, VersionNumber,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::entity::catalog::version;
use store::{ConnectionTrait, catalog, counters, environments, running};
use uuid::Uuid;

/// The states of an application's modules that a new tag can hold.
struct Known {
    /// The tags that can be deployed from the environment, the highest first.
    tags: Vec<version::Model>,
    /// Which states each of them holds.
    made_of: BTreeMap<Uuid, BTreeSet<Uuid>>,
    states: BTreeMap<Uuid, Arc<ModuleState>>,
    /// What the environment runs now.
    running: BTreeSet<Uuid>,
}

impl Known {
    async fn read(
        backend: &Backend,
        connection: &impl ConnectionTrait,
        application: ApplicationId,
        environment: EnvironmentId,
    ) -> Result<Self, AppError> {
        let (tags, _) = catalog::eligible_versions(
            connection,
            application.0,
            environment.0,
            u64::from(u32::MAX),
        )
        .await?;
        let ids: Vec<Uuid> = tags.iter().map(|tag| tag.id).collect();
        let mut made_of: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for row in catalog::version_modules(connection, &ids).await? {
            let states = made_of.entry(row.version_id).or_default();
            states.insert(row.module_version_id);
        }
        let running: BTreeSet<Uuid> =
            store::plans::list_running_modules(connection, environment.0, &[application.0])
                .await?
                .into_iter()
                .map(|row| row.version)
                .collect();
        let needed = made_of
            .values()
            .flatten()
            .chain(&running)
            .copied()
            .collect();
        let states = backend.states.load(connection, needed).await?;
        Ok(Self {
            tags,
            made_of,
            states,
            running,
        })
    }

    fn tag(&self, base: VersionId) -> Result<&version::Model, AppError> {
        let found = self.tags.iter().find(|tag| tag.id == base.0);
        found.ok_or_else(|| AppError::not_found("This version"))
    }

    /// The states of a tag, by module.
    fn states_of(&self, tag: Uuid) -> BTreeMap<Uuid, &Arc<ModuleState>> {
        let made_of = self.made_of.get(&tag).into_iter().flatten();
        let states = made_of.filter_map(|id| self.states.get(id));
        states.map(|state| (state.module, state)).collect()
    }

    /// What can be tagged of a module: the base's state first, then the others, newest first. Of
    /// states with the same bundle the base's, or else the newest, stands for all.
    fn choices(&self, base: &ModuleState) -> Vec<OlderModuleState> {
        let mut all: Vec<&Arc<ModuleState>> = self
            .states
            .values()
            .filter(|state| state.module == base.module)
            .collect();
        // Ids grow with time.
        all.sort_by_key(|state| (state.id != base.id, Reverse(state.id)));
        let mut seen = BTreeSet::new();
        all.retain(|state| seen.insert(&state.digest));
        all.into_iter()
            .map(|state| {
                let holds = |id: &Uuid| {
                    let held = self.states.get(id);
                    held.is_some_and(|held| {
                        held.module == state.module && held.digest == state.digest
                    })
                };
                let mut tags: Vec<VersionNumber> = self
                    .tags
                    .iter()
                    .filter(|tag| {
                        self.made_of
                            .get(&tag.id)
                            .is_some_and(|of| of.iter().any(holds))
                    })
                    .filter_map(|tag| tag.number.parse().ok())
                    .collect();
                tags.sort_unstable();
                OlderModuleState {
                    version: ModuleVersionId(state.id),
                    tags,
                    running: self.running.iter().any(holds),
                }
            })
            .collect()
    }

    /// Exactly one state of each module of the base, in the order of the modules.
    fn chosen(
        &self,
        base: &version::Model,
        modules: &[ModuleVersionId],
    ) -> Result<Vec<Uuid>, AppError> {
        let wanted = self.states_of(base.id);
        let mut chosen: BTreeMap<Uuid, Uuid> = BTreeMap::new();
        for id in modules {
            let state = self.states.get(&id.0);
            let Some(state) = state.filter(|state| wanted.contains_key(&state.module)) else {
                return Err(AppError::conflict(
                    "state_unknown",
                    format!(
                        "One of the chosen states is not one of {}'s modules that can be tagged there any more. Open the dialog again and choose anew.",
                        base.name
                    ),
                ));
            };
            if chosen.insert(state.module, state.id).is_some() {
                return Err(AppError::invalid(
                    "modules",
                    format!("{} is chosen twice. Choose one state of it.", state.name),
                ));
            }
        }
        if let Some(left_out) = wanted
            .values()
            .find(|state| !chosen.contains_key(&state.module))
        {
            return Err(AppError::invalid(
                "modules",
                format!("{} is missing. Choose a state of it.", left_out.name),
            ));
        }
        Ok(chosen.into_values().collect())
    }

    /// Whether something of it is in no tag but hotfixes.
    fn is_hotfix(&self, chosen: &[Uuid]) -> bool {
        let digests: BTreeSet<(Uuid, &str)> = self
            .tags
            .iter()
            .filter(|tag| !tag.hotfix)
            .flat_map(|tag| self.states_of(tag.id).into_values())
            .map(|state| (state.module, state.digest.as_str()))
            .collect();
        chosen
            .iter()
            .filter_map(|id| self.states.get(id))
            .any(|state| !digests.contains(&(state.module, state.digest.as_str())))
    }
}

impl Backend {
    /// The tags that can be the base of a new one in an environment: those made there or deployed
    /// there.
    pub async fn list_tag_bases(
        &self,
        actor: &Actor,
        application: ApplicationId,
        environment: EnvironmentId,
    ) -> Result<TagBases, AppError> {
        actor.require(Action::TagVersion)?;
        let read = self.store.read();
        let (rows, total) =
            catalog::eligible_versions(read, application.0, environment.0, MAX_BASES).await?;
        Ok(TagBases {
            more: total.saturating_sub(rows.len() as u64),
            bases: rows
                .into_iter()
                .filter_map(|row| Some((VersionId(row.id), row.number.parse().ok()?)))
                .collect(),
        })
    }

    /// What a tag is made of, with the other states of its modules that could be tagged instead.
    pub async fn read_older_state(
        &self,
        actor: &Actor,
        application: ApplicationId,
        environment: EnvironmentId,
        base: VersionId,
    ) -> Result<OlderState, AppError> {
        actor.require(Action::TagVersion)?;
        let read = self.store.read();
        let known = Known::read(self, read, application, environment).await?;
        let tag = known.tag(base)?;
        let number: VersionNumber = tag
            .number
            .parse()
            .map_err(|_| AppError::not_found("This version"))?;
        let all = catalog::versions_of(read, &[application.0]).await?;
        let taken: Vec<VersionNumber> = all
            .iter()
            .filter_map(|tag| tag.number.parse().ok())
            .collect();
        let number_of = |id: Uuid| -> Option<VersionNumber> {
            let tag = all.iter().find(|tag| tag.id == id)?;
            tag.number.parse().ok()
        };
        let mut ahead: Option<(VersionNumber, Uuid)> = None;
        for row in running::list_of_applications(read, &[application.0]).await? {
            let runs = row.base_id.filter(|_| row.present).and_then(number_of);
            let runs = runs.filter(|_| row.environment_id != environment.0);
            if let Some(runs) = runs.filter(|runs| ahead.is_none_or(|(most, _)| *runs > most)) {
                ahead = Some((runs, row.environment_id));
            }
        }
        let ahead = match ahead {
            Some((number, id)) => environments::find(read, id)
                .await?
                .map(|row| (row.name, number)),
            None => None,
        };
        let mut modules: Vec<OlderModule> = known
            .states_of(tag.id)
            .into_values()
            .map(|state| OlderModule {
                module: ModuleId(state.module),
                name: state.name.clone(),
                states: known.choices(state),
            })
            .collect();
        modules.sort_by(|a, b| {
            a.name
                .to_ascii_lowercase()
                .cmp(&b.name.to_ascii_lowercase())
        });
        Ok(OlderState {
            base,
            number,
            proposal: propose_number(Some(number), &taken, true),
            ahead,
            modules,
        })
    }

    /// Tags an older state anew. What the environment runs stays as it is; the new version can be
    /// deployed from there.
    pub async fn retag_version(&self, actor: &Actor, new: NewRetag) -> Result<VersionId, AppError> {
        actor.require(Action::TagVersion)?;
        let number = typed_number(&new.number)?;
        let description = typed_description(&new.description)?;
        let application = new.application;
        let id = self.new_id();
        self.store
            .write(async |tx| -> Result<(), AppError> {
                // Raised first: what is looked at below stays as it is until the commit.
                counters::raise(tx, counters::LANDSCAPE).await?;
                let environment = store::or_missing(
                    environments::find(tx, new.environment.0).await?,
                    "This environment",
                )?;
                require_in_service(
                    &environment,
                    "Nothing was tagged; tag it when that is over.",
                )?;
                let found = store::or_missing(
                    catalog::find_application(tx, application.0).await?,
                    "This application",
                )?;
                let known = Known::read(self, tx, application, new.environment).await?;
                let base = known.tag(new.base)?;
                number
                    .check_new(&found.name, base.number.parse().ok(), [])
                    .map_err(|error| AppError::invalid("number", error.to_string()))?;
                let modules = known.chosen(base, &new.modules)?;
                let row = version::Model {
                    id,
                    application_id: application.0,
                    number: number.to_string(),
                    sort_key: number.sort_key(),
                    name: found.name.clone(),
                    description: description.clone(),
                    created: self.now(),
                    created_by: self.stored_person(tx, actor).await?,
                    environment_id: environment.id,
                    base_id: Some(base.id),
                    hotfix: environment.position > 0 && known.is_hotfix(&modules),
                };
                store_tag(tx, row, number, &modules)
                    .await
                    .map_err(number_field)?;
                running::refresh_can_move(tx, Some(&[application.0])).await?;
                self.record(
                    tx,
                    Some(actor),
                    "version_tagged",
                    Object {
                        kind: "application",
                        id: Some(application.0),
                        name: &found.name,
                    },
                    Entry::new().at(new.environment).after(&serde_json::json!({
                        "version": number,
                        "description": description,
                        "from": base.number,
                    })),
                )
                .await
            })
            .await?;
        self.topics
            .bump([Topic::Applications, Topic::Application(application)]);
        Ok(VersionId(id))
    }
}
