//! Values as they are stored: what holds of them, and what may be shown.

use super::{HIDDEN, property_of};
use crate::Backend;
use crate::contract::ModuleState;
use crate::vault::{Owner, Place};
use domain::name::fold;
use domain::settings::{Fits, Held};
use domain::{AppError, EnvironmentId, Timestamp};
use protocol::Placement;
use std::collections::{BTreeMap, BTreeSet};
use store::entity::plans::plan_setting;
use store::{ConnectionTrait, settings};
use uuid::Uuid;

/// The key that nobody has: of a secret of former times, which is not kept.
const FORMER_KEY: &str = "former";

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

    /// Reads all that an environment sets now, or what held there at a time.
    ///
    /// A secret of former times is not kept: if it is not the one that holds now, it is none that
    /// anybody knows, and counts as another one than any.
    pub(crate) async fn read_all(
        connection: &impl ConnectionTrait,
        environment: EnvironmentId,
        at: Option<Timestamp>,
    ) -> Result<Self, AppError> {
        let owner = Owner::Environment(environment.0);
        let mut found = Self::default();
        let now = settings::list_all(connection, environment.0).await?;
        let Some(at) = at else {
            for row in now {
                let value = SetValue::new(owner, row.value, row.key_id, row.fits);
                let of = found.0.entry(row.module_id).or_default();
                of.insert(row.name_folded, value);
            }
            return Ok(found);
        };
        let last = settings::list_at(connection, environment.0, i64::MAX).await?;
        let last: BTreeSet<i64> = last.into_iter().map(|row| row.sequence).collect();
        let now: BTreeMap<(Uuid, String), _> = now
            .into_iter()
            .map(|row| ((row.module_id, row.name_folded.clone()), row))
            .collect();
        for row in settings::list_at(connection, environment.0, at.0).await? {
            let value = match row.value {
                Some(value) => SetValue::new(owner, value, None, row.fits),
                None if row.secret == 0 => continue,
                None if last.contains(&row.sequence) => {
                    let key = (row.module_id, row.name_folded.clone());
                    // Gone with its key, since.
                    let Some(held) = now.get(&key) else { continue };
                    SetValue::new(owner, held.value.clone(), held.key_id.clone(), held.fits)
                }
                None => {
                    let former = format!("former {}", row.sequence);
                    SetValue::new(owner, former, Some(FORMER_KEY.to_owned()), row.fits)
                }
            };
            let of = found.0.entry(row.module_id).or_default();
            of.insert(row.name_folded, value);
        }
        Ok(found)
    }

    /// Has of these properties what `truth` has, be it something or nothing.
    pub(crate) fn take_over<'a>(
        &mut self,
        mut truth: Self,
        properties: impl Iterator<Item = (Uuid, &'a String)>,
    ) {
        for (module, name) in properties {
            let found = truth.0.get_mut(&module).and_then(|of| of.remove(name));
            let of = self.0.entry(module).or_default();
            match found {
                Some(value) => of.insert(name.clone(), value),
                None => of.remove(name),
            };
        }
    }

    /// The modules of which something is set here.
    pub(crate) fn modules(&self) -> impl Iterator<Item = Uuid> {
        self.0.keys().copied()
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

    /// What a comparison is told of a property: its value, or a mark of the secret.
    pub(crate) fn told(
        &self,
        backend: &Backend,
        module: Uuid,
        setting: &bundle::Setting,
    ) -> Option<String> {
        if setting.secret {
            self.mark(backend, module, setting)
        } else {
            self.shown(module, setting)
        }
    }

    /// A text that is the same on two sides if the secret is: never the secret.
    fn mark(&self, backend: &Backend, module: Uuid, setting: &bundle::Setting) -> Option<String> {
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
        if value.key_id.as_deref() == Some(FORMER_KEY) {
            // Known to nobody, which is no fault that operators would have to hear of.
            return Some(value.stored.clone());
        }
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
