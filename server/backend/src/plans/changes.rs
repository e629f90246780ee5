//! What an edit changed, for the audit: only the parts that differ, before and after.

use domain::ApplicationId;
use domain::plan::{Choice, PlanContent};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The parts of two contents that differ. An application that one of them does not have is there
/// as null.
pub(super) fn changes(before: &PlanContent, after: &PlanContent) -> (Value, Value) {
    let mut was = Map::new();
    let mut is = Map::new();
    let mut part = |name: &str, old: Value, new: Value| {
        if old != new {
            was.insert(name.to_owned(), old);
            is.insert(name.to_owned(), new);
        }
    };
    part("source", json!(before.source), json!(after.source));
    part("target", json!(before.target), json!(after.target));
    part("notes", json!(before.notes), json!(after.notes));
    part("republish", json!(before.republish), json!(after.republish));
    // Of secrets the content says only that there are some.
    part("settings", json!(before.settings), json!(after.settings));
    let when = |content: &PlanContent| json!(content.settings_after);
    part("settings_after", when(before), when(after));
    let (old, new) = (choices(before), choices(after));
    let differ = |id: &&ApplicationId| old.get(*id) != new.get(*id);
    let concerned: Vec<&ApplicationId> = old
        .keys()
        .filter(differ)
        .chain(new.keys().filter(|id| !old.contains_key(*id)))
        .collect();
    let of = |choices: &BTreeMap<ApplicationId, &Choice>| -> Value {
        concerned
            .iter()
            .map(|id| (id.to_string(), json!(choices.get(*id))))
            .collect::<Map<_, _>>()
            .into()
    };
    part("operations", of(&old), of(&new));
    (was.into(), is.into())
}

fn choices(content: &PlanContent) -> BTreeMap<ApplicationId, &Choice> {
    content
        .operations
        .iter()
        .map(|operation| (operation.application, &operation.choice))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::plan::{Operation, PlanKind};
    use domain::{EnvironmentId, ModuleId, VersionId};
    use uuid::Uuid;

    fn content(operations: &[(u128, Choice)]) -> PlanContent {
        PlanContent {
            kind: PlanKind::Ordinary,
            source: EnvironmentId(Uuid::from_u128(1)),
            target: EnvironmentId(Uuid::from_u128(2)),
            operations: operations
                .iter()
                .map(|(application, choice)| Operation {
                    application: ApplicationId(Uuid::from_u128(*application)),
                    choice: choice.clone(),
                })
                .collect(),
            republish: Vec::new(),
            notes: String::new(),
            settings: Vec::new(),
            settings_after: false,
        }
    }

    fn deploy(version: u128) -> Choice {
        Choice::Deploy {
            version: VersionId(Uuid::from_u128(version)),
        }
    }

    #[test]
    fn only_what_differs_is_named() {
        let before = content(&[(1, deploy(1)), (2, deploy(2)), (3, deploy(3))]);
        let mut after = content(&[(1, deploy(1)), (2, Choice::DoNothing), (4, deploy(4))]);
        after.republish = vec![ModuleId(Uuid::from_u128(9))];
        let (was, is) = changes(&before, &after);
        let id = |n: u128| Uuid::from_u128(n).to_string();
        assert_eq!(
            was,
            json!({
                "republish": [],
                "operations": { id(2): deploy(2), id(3): deploy(3), id(4): null },
            })
        );
        assert_eq!(
            is,
            json!({
                "republish": [id(9)],
                "operations": { id(2): "do_nothing", id(3): null, id(4): deploy(4) },
            })
        );
        assert_eq!(changes(&before, &before), (json!({}), json!({})));
    }
}
