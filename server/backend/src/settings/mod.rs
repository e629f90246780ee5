//! Site properties: what a module's manifest describes, what an environment sets, and what the
//! module finds when it runs. A value takes effect when the module is deployed there next: values
//! come with the switch, or right after it if a plan says so. Secrets are stored once, sealed, in the table of values (and in that of a
//! plan which sets them); they are opened and put into an order when it goes to the agent, and are
//! in no run, log, audit or answer.

mod values;

pub(crate) use values::{SetValue, SettingsOf};

use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::contract::ModuleState;
use crate::environments::require_in_service;
use crate::vault::{Owner, Place};
use domain::access::Action;
use domain::name::fold;
use domain::settings::{Fits, Property, PropertyKind};
use domain::view::SiteProperty;
use domain::{AppError, EnvironmentId, ModuleId};
use protocol::Order;
use store::entity::catalog::setting;
use store::entity::environments::environment;
use store::{ConnectionTrait, DatabaseTransaction, catalog, environments, running, settings};
use uuid::Uuid;
use zeroize::Zeroizing;

/// What stands in the audit for the value of a secret.
pub(crate) const HIDDEN: &str = "(secret)";

/// A site property as rules ask for it.
pub(crate) fn property_of(setting: &bundle::Setting) -> Property {
    Property {
        kind: PropertyKind::parse(setting.kind.as_str()).unwrap_or(PropertyKind::Text),
        secret: setting.secret,
        default: setting.default.is_some(),
    }
}

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
        let values = SettingsOf::read(connection, environment, &[module.0]).await?;
        Ok(state
            .settings
            .into_iter()
            .map(|setting| {
                let property = property_of(&setting);
                let value = values.find(module.0, &setting.name);
                // A value from before the secret flag changed counts for nothing.
                let value = value.filter(|value| value.held.secret == property.secret);
                SiteProperty {
                    set: value.is_some(),
                    value: value.and_then(SetValue::shown).map(str::to_owned),
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
        self.store
            .write(async |tx| -> Result<(), AppError> {
                let (state, place) = described(tx, environment, module).await?;
                require_in_service(&place, "Nothing was set; set it when that is over.")?;
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
                self.put_site_property(tx, actor, environment, &state, known, value.as_deref())
                    .await
            })
            .await
    }

    /// Sets a property of a module in an environment to a value that fits it, or to nothing.
    pub(crate) async fn put_site_property(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        environment: EnvironmentId,
        state: &ModuleState,
        known: &bundle::Setting,
        value: Option<&str>,
    ) -> Result<(), AppError> {
        let now = self.now();
        let module = state.module;
        let folded = fold(&known.name);
        let values = SettingsOf::read(tx, environment, &[module]).await?;
        let before = values.find(module, &folded).map(SetValue::audited);
        match value {
            Some(value) => {
                let place = Place {
                    owner: Owner::Environment(environment.0),
                    module,
                    name: &folded,
                };
                let kept = self
                    .keep_value(tx, place, property_of(known), value)
                    .await?;
                let row = setting::Model {
                    environment_id: environment.0,
                    module_id: module,
                    name_folded: folded,
                    name: known.name.clone(),
                    value: kept.value,
                    key_id: kept.key_id,
                    fits: kept.fits,
                    changed: now,
                    changed_by: self.stored_person(tx, actor).await?,
                };
                settings::set(tx, row).await?;
            }
            None => {
                settings::remove(tx, environment.0, module, &folded, now).await?;
            }
        }
        // What is set decides which plans can run.
        store::counters::raise(tx, store::counters::LANDSCAPE).await?;
        let shown = |value: Option<&str>| serde_json::json!({ "site_property": known.name, "value": value });
        let after = value.map(|value| if known.secret { HIDDEN } else { value });
        let object = Object {
            kind: "module",
            id: Some(module),
            name: &state.name,
        };
        let entry = Entry::new()
            .at(environment)
            .before(&shown(before))
            .after(&shown(after));
        self.record(tx, Some(actor), "site_property_set", object, entry)
            .await
    }
}

/// The state whose site properties an environment may set, and the environment.
async fn described(
    connection: &impl ConnectionTrait,
    environment: EnvironmentId,
    module: ModuleId,
) -> Result<(ModuleState, environment::Model), AppError> {
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
    Ok((ModuleState::read(&row)?, place))
}

/// A value as it is stored: sealed if it has a key.
pub(crate) struct KeptValue {
    pub(crate) value: String,
    pub(crate) key_id: Option<String>,
    pub(crate) fits: i64,
}

impl Backend {
    /// A value in the form in which it is stored in `place`: secrets are sealed.
    pub(crate) async fn keep_value(
        &self,
        tx: &DatabaseTransaction,
        place: Place<'_>,
        property: Property,
        value: &str,
    ) -> Result<KeptValue, AppError> {
        let fits = i64::from(Fits::of(value).bits());
        if !property.secret {
            return Ok(KeptValue {
                value: value.to_owned(),
                key_id: None,
                fits,
            });
        }
        let sealed = self.seal(tx, place, value).await?;
        Ok(KeptValue {
            value: sealed.value,
            key_id: Some(sealed.key_id),
            fits,
        })
    }

    /// A stored value in plain.
    fn open_value(
        &self,
        place: Place<'_>,
        value: &SetValue,
    ) -> Result<Zeroizing<String>, AppError> {
        match &value.key_id {
            Some(key) => self.unseal(place, key, &value.stored),
            None => Ok(Zeroizing::new(value.stored.clone())),
        }
    }

    /// Puts the values of secrets into an order of a run that is about to go to its agent: what the
    /// run's plan sets, else what the environment sets.
    pub(crate) async fn add_secrets(
        &self,
        connection: &impl ConnectionTrait,
        environment: EnvironmentId,
        run: Uuid,
        order: &mut Order,
    ) -> Result<(), AppError> {
        let (module, secrets, settings, after_the_switch) = match order {
            Order::Stage(placement) => (
                placement.module,
                &placement.secret_settings,
                &mut placement.settings,
                false,
            ),
            Order::Settings {
                module,
                settings,
                secret_settings,
                ..
            } => (*module, &*secret_settings, settings, true),
            _ => return Ok(()),
        };
        if secrets.is_empty() {
            return Ok(());
        }
        let mut values = SettingsOf::read(connection, environment, &[module]).await?;
        // A plan's run has the plan's id; that of a publication sets nothing.
        if after_the_switch == store::plans::settings::come_after(connection, run).await? {
            values.lay_over(store::plans::settings::list_of(connection, run, module).await?);
        }
        for name in secrets {
            let folded = fold(name);
            let Some(value) = values.find(module, &folded) else {
                continue;
            };
            if !value.held.secret {
                continue;
            }
            let place = Place {
                owner: value.owner,
                module,
                name: &folded,
            };
            let opened = self.open_value(place, value)?;
            settings.insert(name.clone(), (*opened).clone());
        }
        Ok(())
    }
}
