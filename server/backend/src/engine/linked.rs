//! Producers of which a run takes content for the modules it brings, without bringing them: their
//! bundles are transferred, too.

use domain::ModuleId;
use protocol::Placement;
use std::collections::{BTreeMap, BTreeSet};
use store::entity::plans::run_module;

/// Such a producer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Linked {
    /// Its name.
    pub(crate) name: String,
    /// The modules that take content of it, by name.
    pub(crate) into: Vec<String>,
}

/// All of them, by id.
pub(crate) fn linked<'a>(
    modules: impl Iterator<Item = &'a run_module::Model> + Clone,
) -> BTreeMap<ModuleId, Linked> {
    let brought: BTreeSet<_> = modules.clone().map(|row| row.module_id).collect();
    let mut found: BTreeMap<ModuleId, Linked> = BTreeMap::new();
    for row in modules {
        let placement = row
            .placement
            .as_deref()
            .map(serde_json::from_str::<Placement>);
        let Some(Ok(placement)) = placement else {
            continue;
        };
        for link in placement.links {
            if brought.contains(&link.producer) {
                continue;
            }
            let one = found.entry(ModuleId(link.producer)).or_insert(Linked {
                name: link.name,
                into: Vec::new(),
            });
            if !one.into.contains(&row.name) {
                one.into.push(row.name.clone());
            }
        }
    }
    for one in found.values_mut() {
        one.into.sort();
    }
    found
}
