//! Site properties: what a module's manifest describes, what an environment sets, and what the
//! module finds when it runs. A value takes effect when the module is deployed there next: values
//! come with the switch. Secrets are stored once, in the table of values; they are put into an
//! order when it goes to the agent, and are in no run, log, audit or answer.

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::contract::ModuleState;
use domain::access::Action;
use domain::name::fold;
use domain::view::SiteProperty;
use domain::{AppError, EnvironmentId, ModuleId};
use protocol::{Order, Placement};
use std::collections::BTreeMap;
use store::entity::catalog::setting;
use store::{ConnectionTrait, catalog, environments, running, settings};
use uuid::Uuid;

/// What stands in the audit for the value of a secret.
const HIDDEN: &str = "(secret)";

impl Backend {
    /// A module's site properties with their values in an environment: those of the state that
    /// runs there, else of the one that was published last.
    pub async fn list_site_properties(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
        module: ModuleId,
    ) -> Result<Vec<SiteProperty>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let (state, ..) = described(connection, environment, module).await?;
        let values = values(connection, environment, &[module.0]).await?;
        let values = values.get(&module.0);
        Ok(state
            .settings
            .into_iter()
            .map(|setting| {
                let value = values.and_then(|values| values.get(&fold(&setting.name)));
                SiteProperty {
                    set: value.is_some(),
                    value: value.filter(|_| !setting.secret).cloned(),
                    name: setting.name,
                    kind: setting.kind.as_str().to_owned(),
                    description: setting.description,
                    secret: setting.secret,
                    default: setting.default,
                }
            })
            .collect())
    }

    /// An environment by name, and a module by name or id: of several of one name the one that runs
    /// there.
    pub async fn find_module(
        &self,
        actor: &Actor,
        environment: &str,
        module: &str,
    ) -> Result<(EnvironmentId, String, ModuleId), AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let place = store::or_missing(
            environments::find_by_name(connection, environment.trim()).await?,
            format!("The environment \"{}\"", environment.trim()),
        )?;
        let found = match Uuid::try_parse(module.trim()) {
            Ok(id) => catalog::modules(connection, &[id]).await?,
            Err(_) => catalog::modules_by_name(connection, module.trim()).await?,
        };
        let mut here = Vec::new();
        for row in &found {
            if running::find_module(connection, place.id, row.id)
                .await?
                .is_some()
            {
                here.push(row.id);
            }
        }
        let all = || found.iter().map(|row| row.id).collect();
        let candidates: Vec<Uuid> = if here.is_empty() { all() } else { here };
        match candidates[..] {
            [id] => Ok((EnvironmentId(place.id), place.name, ModuleId(id))),
            [] => Err(AppError::not_found(format!(
                "The module \"{}\"",
                module.trim()
            ))),
            _ => {
                let ids: Vec<String> = candidates.iter().map(Uuid::to_string).collect();
                Err(AppError::conflict(
                    "several_modules",
                    format!(
                        "Several modules are named \"{}\". Name one by its id: {}.",
                        module.trim(),
                        ids.join(", ")
                    ),
                ))
            }
        }
    }

    /// Sets the value of a site property in an environment; without a value, the manifest's default
    /// holds again.
    ///
    /// # Errors
    /// `NotFound` if the module has no such property; `Invalid` if the value is not of its type.
    pub async fn set_site_property(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
        module: ModuleId,
        name: &str,
        value: Option<String>,
    ) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        let now = self.now();
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let (state, place) = described(tx, environment, module).await?;
                let known = state
                    .settings
                    .iter()
                    .find(|setting| fold(&setting.name) == fold(name))
                    .ok_or_else(|| {
                        AppError::not_found(format!(
                            "The site property \"{name}\" of {}",
                            state.name
                        ))
                    })?;
                if let Some(problem) = value.as_deref().and_then(|value| known.problem(value)) {
                    return Err(AppError::invalid(
                        "value",
                        format!("{} cannot have this value: {problem}.", known.name),
                    ));
                }
                let folded = fold(&known.name);
                let before = values(tx, environment, &[module.0])
                    .await?
                    .remove(&module.0)
                    .and_then(|mut values| values.remove(&folded));
                match &value {
                    Some(value) => {
                        let row = setting::Model {
                            environment_id: environment.0,
                            module_id: module.0,
                            name_folded: folded,
                            name: known.name.clone(),
                            value: value.clone(),
                            changed: now,
                            changed_by: self.stored_person(tx, actor).await?,
                        };
                        settings::put(tx, row).await?;
                    }
                    None => {
                        settings::remove(tx, environment.0, module.0, &folded).await?;
                    }
                }
                let shown = |value: Option<String>| {
                    let value = value.map(|value| {
                        if known.secret {
                            HIDDEN.to_owned()
                        } else {
                            value
                        }
                    });
                    serde_json::json!({ "site_property": known.name, "value": value })
                };
                let object = Object {
                    kind: "module",
                    id: Some(module.0),
                    name: &state.name,
                };
                let entry = Entry::new()
                    .at(EnvironmentId(place))
                    .before(&shown(before))
                    .after(&shown(value));
                self.record(tx, Some(actor), "site_property_set", object, entry)
                    .await
            })
            .await
    }
}

/// The state whose site properties an environment may set, and the environment.
async fn described(
    connection: &impl ConnectionTrait,
    environment: EnvironmentId,
    module: ModuleId,
) -> Result<(ModuleState, Uuid), AppError> {
    let place = store::or_missing(
        environments::find(connection, environment.0).await?,
        "This environment",
    )?;
    let here = running::find_module(connection, environment.0, module.0).await?;
    let row = match here {
        Some(row) => catalog::module_versions(connection, &[row.module_version_id].into())
            .await?
            .pop(),
        None => catalog::newest_state(connection, module.0).await?,
    };
    let row = store::or_missing(row, "This module")?;
    Ok((ModuleState::read(&row)?, place.id))
}

/// The values that an environment sets: by module, then by folded name.
async fn values(
    connection: &impl ConnectionTrait,
    environment: EnvironmentId,
    modules: &[Uuid],
) -> Result<BTreeMap<Uuid, BTreeMap<String, String>>, AppError> {
    let mut found: BTreeMap<Uuid, BTreeMap<String, String>> = BTreeMap::new();
    for row in settings::list(connection, environment.0, modules).await? {
        found
            .entry(row.module_id)
            .or_default()
            .insert(row.name_folded, row.value);
    }
    Ok(found)
}

/// The values that an environment sets for some modules.
#[derive(Debug, Default)]
pub(crate) struct SettingsOf(BTreeMap<Uuid, BTreeMap<String, String>>);

impl SettingsOf {
    /// Reads them for these modules.
    pub(crate) async fn read(
        connection: &impl ConnectionTrait,
        environment: EnvironmentId,
        modules: &[Uuid],
    ) -> Result<Self, AppError> {
        Ok(Self(values(connection, environment, modules).await?))
    }

    /// The value that is set for a module's site property.
    pub(crate) fn get(&self, module: Uuid, name: &str) -> Option<&str> {
        let value = self.0.get(&module)?.get(&fold(name))?;
        Some(value.as_str())
    }

    /// How the environment's agent shall have a state, with what it finds as its site properties:
    /// the environment's value, else the default. A value that does not fit the state's type any
    /// more gives way to the default. Secrets are named and come later.
    pub(crate) fn place(&self, state: &ModuleState, application_name: &str) -> Placement {
        let set = self.0.get(&state.module);
        let settings = state
            .settings
            .iter()
            .filter(|setting| !setting.secret)
            .filter_map(|setting| {
                let value = set
                    .and_then(|values| values.get(&fold(&setting.name)))
                    .filter(|value| setting.problem(value).is_none())
                    .or(setting.default.as_ref())?;
                Some((setting.name.clone(), value.clone()))
            })
            .collect();
        Placement {
            settings,
            ..state.placement(application_name)
        }
    }
}

/// Puts the values of secrets into an order that is about to go to its agent.
pub(crate) async fn add_secrets(
    connection: &impl ConnectionTrait,
    environment: EnvironmentId,
    order: &mut Order,
) -> Result<(), AppError> {
    let Order::Stage(placement) = order else {
        return Ok(());
    };
    if placement.secret_settings.is_empty() {
        return Ok(());
    }
    let mut values = values(connection, environment, &[placement.module]).await?;
    let Some(mut values) = values.remove(&placement.module) else {
        return Ok(());
    };
    for name in &placement.secret_settings {
        if let Some(value) = values.remove(&fold(name)) {
            placement.settings.insert(name.clone(), value);
        }
    }
    Ok(())
}
