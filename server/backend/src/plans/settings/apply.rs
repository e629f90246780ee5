//! What becomes of a plan's values when it has run.

use crate::Backend;
use crate::contract::ModuleState;
use crate::settings::property_of;
use crate::vault::{Owner, Place};
use domain::name::fold;
use domain::settings::{Fits, Property};
use domain::{AppError, EnvironmentId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::DatabaseTransaction;
use store::entity::catalog::setting;
use store::entity::plans::plan_setting;
use uuid::Uuid;

impl Backend {
    /// The values of a plan that is done become those of its target, as far as what it brought has
    /// such properties. Doing it again changes nothing.
    pub(crate) async fn apply_plan_settings(
        &self,
        tx: &DatabaseTransaction,
        plan: Uuid,
        environment: EnvironmentId,
    ) -> Result<(), AppError> {
        let rows = store::plans::settings::list(tx, plan).await?;
        let modules: BTreeSet<Uuid> = rows.iter().map(|row| row.module_id).collect();
        let mut brought: BTreeMap<Uuid, Arc<ModuleState>> = BTreeMap::new();
        let run = store::executions::list_run_modules(tx, plan).await?;
        let versions: BTreeSet<Uuid> = run
            .iter()
            .filter(|row| modules.contains(&row.module_id))
            .filter_map(|row| row.module_version_id)
            .collect();
        for state in self.states.load(tx, versions).await?.into_values() {
            brought.insert(state.module, state);
        }
        for row in rows {
            let property = brought.get(&row.module_id).and_then(|state| {
                let mut all = state.settings.iter();
                all.find(|setting| fold(&setting.name) == row.name_folded)
            });
            let Some(property) = property.map(property_of) else {
                continue;
            };
            self.apply_setting(tx, environment, property, row).await?;
        }
        Ok(())
    }

    async fn apply_setting(
        &self,
        tx: &DatabaseTransaction,
        environment: EnvironmentId,
        property: Property,
        row: plan_setting::Model,
    ) -> Result<(), AppError> {
        let fits = Fits::from_bits(u8::try_from(row.fits).unwrap_or(0));
        if row.key_id.is_some() != property.secret || !fits.has(property.kind) {
            return Ok(());
        }
        let (value, key_id) = match &row.key_id {
            None => (row.value, None),
            Some(key) => {
                let from = Place {
                    owner: Owner::Plan(row.plan_id),
                    module: row.module_id,
                    name: &row.name_folded,
                };
                let to = Place {
                    owner: Owner::Environment(environment.0),
                    ..from
                };
                let opened = match self.unseal(from, key, &row.value) {
                    // Trying again would not help: what was set before stays. It is in the log.
                    Err(AppError::Conflict { .. }) => return Ok(()),
                    opened => opened?,
                };
                let sealed = self.seal(tx, to, &opened).await?;
                (sealed.value, Some(sealed.key_id))
            }
        };
        let row = setting::Model {
            environment_id: environment.0,
            module_id: row.module_id,
            name_folded: row.name_folded,
            name: row.name,
            value,
            key_id,
            fits: row.fits,
            changed: self.now(),
            changed_by: row.changed_by,
        };
        Ok(store::settings::set(tx, row).await?)
    }
}
