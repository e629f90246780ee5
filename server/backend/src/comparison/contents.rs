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

/// The states that changes speak of, with the values that hold on each side.
pub(super) struct Names {
    states: BTreeMap<Uuid, Arc<ModuleState>>,
    before: SettingsOf,
    after: SettingsOf,
}

impl Backend {
    pub(super) async fn contents(
        &self,
        snapshot: &DatabaseTransaction,
        from: &Seen,
        to: &Seen,
        changes: &[ApplicationChange],
    ) -> Result<Names, AppError> {
        let modules = || changes.iter().flat_map(|change| &change.modules);
        let wanted: BTreeSet<Uuid> = modules()
            .flat_map(|module| [module.before, module.after])
            .flatten()
            .map(|version| version.0)
            .collect();
        let ids: Vec<Uuid> = modules().map(|module| module.module.0).collect();
        // A version has no values of its own: the other side's would hold for it, too.
        let before = from.environment.or(to.environment);
        let after = to.environment.or(from.environment);
        let values = async |place, side: &Seen| -> Result<SettingsOf, AppError> {
            let mut values = match place {
                Some(place) => SettingsOf::read(snapshot, place, &ids).await?,
                None => SettingsOf::default(),
            };
            if let Some(plan) = side.sets {
                values.lay_over(store::plans::settings::list(snapshot, plan).await?);
            }
            Ok(values)
        };
        Ok(Names {
            states: self.states.load(snapshot, wanted).await?,
            before: values(before, from).await?,
            after: values(after, to).await?,
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
        let before = contents(change.before, &self.before);
        let after = contents(change.after, &self.after);
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
                value: if setting.secret {
                    values.mark(backend, module.0, setting)
                } else {
                    values.shown(module.0, setting)
                },
            })
            .collect(),
    }
}
