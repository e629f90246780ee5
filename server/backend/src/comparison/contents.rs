//! The contents of the modules that are not the same.

use super::sides::Seen;
use crate::Backend;
use crate::contract::ModuleState;
use crate::settings::SettingsOf;
use domain::application::ModuleKind;
use domain::difference::{
    ApplicationChange, Change, Contents, ModuleChange, ModuleDetails, Offer, Property,
    Seen as SeenElement, contents_difference,
};
use domain::name::fold;
use domain::{AppError, ModuleId, ModuleVersionId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::DatabaseTransaction;
use uuid::Uuid;

/// The values that hold on each side.
pub(super) struct Values {
    before: SettingsOf,
    after: SettingsOf,
}

/// The states that changes speak of, with the values that hold on each side.
pub(super) struct Names {
    states: BTreeMap<Uuid, Arc<ModuleState>>,
    values: Values,
}

impl Backend {
    /// Reads what is set on both sides.
    pub(super) async fn values(
        &self,
        snapshot: &DatabaseTransaction,
        from: &Seen,
        to: &Seen,
    ) -> Result<Values, AppError> {
        // A version has no values of its own: the other side's would hold for it, too.
        let place = |side: &Seen| Some((side.environment?, side.values_at));
        let values = async |place, side: &Seen| -> Result<SettingsOf, AppError> {
            let mut values = match place {
                Some((place, at)) => SettingsOf::read_all(snapshot, place, at).await?,
                None => SettingsOf::default(),
            };
            let Some(plan) = side.sets else {
                return Ok(values);
            };
            let set = store::plans::settings::list(snapshot, plan).await?;
            match place.zip(side.values_after) {
                // What became of it, not what was meant.
                Some(((place, _), end)) => {
                    let truth = SettingsOf::read_all(snapshot, place, Some(end)).await?;
                    values.take_over(
                        truth,
                        set.iter().map(|row| (row.module_id, &row.name_folded)),
                    );
                }
                None => values.lay_over(set),
            }
            Ok(values)
        };
        Ok(Values {
            before: values(place(from).or_else(|| place(to)), from).await?,
            after: values(place(to).or_else(|| place(from)), to).await?,
        })
    }

    /// Modules that are on both sides in the same state and find other values there.
    pub(super) async fn other_values(
        &self,
        snapshot: &DatabaseTransaction,
        from: &Seen,
        to: &Seen,
        values: &Values,
    ) -> Result<BTreeSet<ModuleId>, AppError> {
        let set: BTreeSet<Uuid> = values
            .before
            .modules()
            .chain(values.after.modules())
            .collect();
        let mut same = BTreeMap::new();
        for module in set.into_iter().map(ModuleId) {
            let (old, new) = (from.side.modules.get(&module), to.side.modules.get(&module));
            if let (Some(old), Some(new)) = (old, new)
                && old == new
            {
                same.insert(module, new.version.0);
            }
        }
        let states = self
            .states
            .load(snapshot, same.values().copied().collect())
            .await?;
        let mut other = BTreeSet::new();
        for (module, version) in same {
            let Some(state) = states.get(&version) else {
                continue;
            };
            let differs = state.settings.iter().any(|setting| {
                values.before.told(self, module.0, setting)
                    != values.after.told(self, module.0, setting)
            });
            if differs {
                other.insert(module);
            }
        }
        Ok(other)
    }

    pub(super) async fn contents(
        &self,
        snapshot: &DatabaseTransaction,
        values: Values,
        changes: &[ApplicationChange],
    ) -> Result<Names, AppError> {
        let modules = || changes.iter().flat_map(|change| &change.modules);
        let wanted: BTreeSet<Uuid> = modules()
            .flat_map(|module| [module.before, module.after])
            .flatten()
            .map(|version| version.0)
            .collect();
        Ok(Names {
            states: self.states.load(snapshot, wanted).await?,
            values,
        })
    }
}

impl Names {
    fn state(&self, version: Option<ModuleVersionId>) -> Option<&Arc<ModuleState>> {
        self.states.get(&version?.0)
    }

    /// What a module is called and how it comes alive: as it is afterwards, else as it was.
    pub(super) fn module(&self, change: &ModuleChange) -> (String, ModuleKind) {
        self.state(change.after)
            .or_else(|| self.state(change.before))
            .map_or_else(
                || ("A module".to_owned(), ModuleKind::Library),
                |state| (state.name.clone(), state.kind),
            )
    }

    /// What is not the same in a module. The application that it goes to tells of one that moved.
    pub(super) fn details(&self, backend: &Backend, change: &ModuleChange) -> ModuleDetails {
        if change.change == Change::Removed && change.moved.is_some() {
            return ModuleDetails::default();
        }
        let contents = |version, values: &SettingsOf| {
            self.state(version)
                .map(|state| contents_of(backend, state, change.module, values))
        };
        let before = contents(change.before, &self.values.before);
        let after = contents(change.after, &self.values.after);
        contents_difference(before.as_ref(), after.as_ref())
    }
}

fn contents_of(
    backend: &Backend,
    state: &ModuleState,
    module: ModuleId,
    values: &SettingsOf,
) -> Contents {
    Contents {
        name: state.name.clone(),
        url_path: state.url_path.clone(),
        digest: state.digest.clone(),
        provides: state
            .contract
            .provides
            .iter()
            .map(|offered| Offer {
                kind: offered.kind,
                name: offered.name.clone(),
                members: offered.members.clone(),
                full: offered.full.clone(),
            })
            .collect(),
        uses: state
            .contract
            .uses
            .iter()
            .flat_map(|used| {
                used.elements.iter().map(|element| {
                    let mut members: Vec<String> =
                        element.members.iter().map(|name| fold(name)).collect();
                    members.sort_unstable();
                    SeenElement {
                        producer: ModuleId(used.producer),
                        producer_name: used.name.clone(),
                        kind: element.kind,
                        name: element.name.clone(),
                        full: element.seen.as_ref().map(|seen| seen.full.clone()),
                        members,
                    }
                })
            })
            .collect(),
        properties: state
            .settings
            .iter()
            .map(|setting| Property {
                name: setting.name.clone(),
                kind: setting.kind.as_str().to_owned(),
                secret: setting.secret,
                value: values.told(backend, module.0, setting),
            })
            .collect(),
    }
}
