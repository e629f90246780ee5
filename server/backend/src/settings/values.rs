//! Values as they are stored: what holds of them, and what may be shown.

use super::{HIDDEN, property_of};
use crate::Backend;
use crate::contract::ModuleState;
use crate::vault::{Owner, Place};
use domain::name::fold;
use domain::settings::{Fits, Held};
use domain::{AppError, EnvironmentId};
use protocol::Placement;
use std::collections::BTreeMap;
use store::entity::plans::plan_setting;
use store::{ConnectionTrait, settings};
use uuid::Uuid;

/// A value that is set, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetValue {
    pub(crate) held: Held,
    /// Who sets it.
    pub(super) owner: Owner,
    pub(super) key_id: Option<String>,
    pub(super) stored: String,
}

impl SetValue {
    fn new(owner: Owner, stored: String, key_id: Option<String>, fits: i64) -> Self {
        Self {
            held: Held {
                secret: key_id.is_some(),
                fits: Fits::from_bits(u8::try_from(fits).unwrap_or(0)),
            },
            owner,
            key_id,
            stored,
        }
    }

    /// The value, unless it is a secret.
    pub(crate) fn shown(&self) -> Option<&str> {
        self.key_id.is_none().then_some(self.stored.as_str())
    }

    /// What the audit says of it.
    pub(crate) fn audited(&self) -> &str {
        self.shown().unwrap_or(HIDDEN)
    }
}

/// The values that an environment sets for some modules: by module, then by folded name.
#[derive(Debug, Default)]
pub(crate) struct SettingsOf(BTreeMap<Uuid, BTreeMap<String, SetValue>>);

impl SettingsOf {
    /// Reads them for these modules.
    pub(crate) async fn read(
        connection: &impl ConnectionTrait,
        environment: EnvironmentId,
        modules: &[Uuid],
    ) -> Result<Self, AppError> {
        let mut found = Self::default();
        for row in settings::list(connection, environment.0, modules).await? {
            let owner = Owner::Environment(row.environment_id);
            let value = SetValue::new(owner, row.value, row.key_id, row.fits);
            let of = found.0.entry(row.module_id).or_default();
            of.insert(row.name_folded, value);
        }
        Ok(found)
    }

    /// What a plan sets counts from now on.
    pub(crate) fn lay_over(&mut self, rows: Vec<plan_setting::Model>) {
        for row in rows {
            let owner = Owner::Plan(row.plan_id);
            let value = SetValue::new(owner, row.value, row.key_id, row.fits);
            let of = self.0.entry(row.module_id).or_default();
            of.insert(row.name_folded, value);
        }
    }

    /// What is set for a module's site property, whether it holds or not.
    pub(crate) fn find(&self, module: Uuid, name: &str) -> Option<&SetValue> {
        self.0.get(&module)?.get(&fold(name))
    }

    /// The value of a property of a module, if it is shown at all: what is set, as far as it holds,
    /// else the default.
    pub(crate) fn shown(&self, module: Uuid, setting: &bundle::Setting) -> Option<String> {
        if setting.secret {
            return None;
        }
        let property = property_of(setting);
        self.find(module, &setting.name)
            .filter(|value| value.held.holds_for(property))
            .and_then(SetValue::shown)
            .or(setting.default.as_deref())
            .map(str::to_owned)
    }

    /// A text that is the same on two sides if the secret is: never the secret.
    pub(crate) fn mark(
        &self,
        backend: &Backend,
        module: Uuid,
        setting: &bundle::Setting,
    ) -> Option<String> {
        let folded = fold(&setting.name);
        let value = self.find(module, &folded)?;
        if !value.held.holds_for(property_of(setting)) {
            return None;
        }
        let place = Place {
            owner: value.owner,
            module,
            name: &folded,
        };
        let opened = backend.open_value(place, value);
        Some(match opened {
            Ok(opened) => crate::secrets::hash(&opened),
            // Without its key nobody knows: two rows count as two secrets.
            Err(_) => value.stored.clone(),
        })
    }

    /// How the environment's agent shall have a state, with what it finds as its site properties:
    /// the environment's value, else the default. A value that does not fit the state's type any
    /// more gives way to the default. Secrets are named and come later.
    pub(crate) fn place(&self, state: &ModuleState, application_name: &str) -> Placement {
        let settings = state
            .settings
            .iter()
            .filter_map(|setting| Some((setting.name.clone(), self.shown(state.module, setting)?)))
            .collect();
        Placement {
            settings,
            ..state.placement(application_name)
        }
    }
}
