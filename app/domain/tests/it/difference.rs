//! What differs between two sides, and between two states of a module.

use domain::difference::{
    Change, Contents, ModuleMove, Offer, Placed, Property, Release, Seen, Side, changes,
    contents_difference,
};
use domain::reference::{ElementKind, Member, MemberRole};
use domain::{ApplicationId, ModuleId, ModuleVersionId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

fn app(number: u8) -> ApplicationId {
    ApplicationId(Uuid::from_u128(u128::from(number)))
}

fn module(number: u8) -> ModuleId {
    ModuleId(Uuid::from_u128(u128::from(number)))
}

fn state(number: u8) -> ModuleVersionId {
    ModuleVersionId(Uuid::from_u128(u128::from(number)))
}

fn release(number: u32) -> Release {
    Release {
        number: domain::VersionNumber::from_parts(&[1, number]),
        modified: false,
    }
}

#[test]
fn a_version_replaces_all_modules_of_its_application() {
    let mut side = Side::default();
    side.bring(
        app(1),
        release(0),
        [(module(1), state(1)), (module(2), state(2))],
    );
    side.bring(app(2), release(0), [(module(3), state(3))]);
    let before = side.clone();
    side.bring(app(1), release(1), [(module(1), state(4))]);
    let (found, totals) = changes(&before, &side, &BTreeSet::new(), &BTreeSet::new());
    assert_eq!(found.len(), 1);
    let told: Vec<_> = found[0]
        .modules
        .iter()
        .map(|m| (m.module, m.change))
        .collect();
    assert_eq!(
        told,
        [(module(1), Change::Changed), (module(2), Change::Removed)]
    );
    assert_eq!((totals.modules_changed, totals.modules_removed), (1, 1));
    assert_eq!(totals.applications_same, 1);
}

#[test]
fn a_module_that_moves_is_told_by_both_and_counted_once() {
    let mut before = Side::default();
    before.bring(
        app(1),
        release(0),
        [(module(1), state(1)), (module(2), state(2))],
    );
    before.bring(app(2), release(0), [(module(3), state(3))]);
    let mut after = before.clone();
    after.bring(
        app(2),
        release(1),
        [(module(3), state(3)), (module(1), state(1))],
    );
    let (found, totals) = changes(&before, &after, &BTreeSet::new(), &BTreeSet::new());
    assert_eq!(found[0].modules[0].moved, Some(ModuleMove::To(app(2))));
    assert_eq!(found[1].modules[0].moved, Some(ModuleMove::From(app(1))));
    assert_eq!(
        (
            totals.modules_added,
            totals.modules_removed,
            totals.modules_changed
        ),
        (0, 0, 1)
    );
}

#[test]
fn what_is_published_again_is_told_although_it_is_the_same() {
    let mut side = Side::default();
    side.bring(app(1), release(0), [(module(1), state(1))]);
    let (found, totals) = changes(&side, &side, &BTreeSet::from([module(1)]), &BTreeSet::new());
    assert!(found[0].modules[0].republished);
    assert_eq!((totals.modules_changed, totals.modules_republished), (1, 1));
}

#[test]
fn other_values_are_told_although_the_module_is_the_same() {
    let mut side = Side::default();
    side.bring(
        app(1),
        release(0),
        [(module(1), state(1)), (module(2), state(2))],
    );
    // Of a module that is nowhere there is nothing to tell.
    let values = BTreeSet::from([module(2), module(3)]);
    let (found, totals) = changes(&side, &side, &BTreeSet::new(), &values);
    let told: Vec<_> = found[0]
        .modules
        .iter()
        .map(|m| (m.module, m.republished))
        .collect();
    assert_eq!(told, [(module(2), false)]);
    assert_eq!((totals.modules_changed, totals.modules_republished), (1, 0));
}

#[test]
fn another_tag_of_the_same_modules_is_a_change_of_the_application() {
    let mut before = Side::default();
    before.bring(app(1), release(0), [(module(1), state(1))]);
    let mut after = before.clone();
    after.bring(app(1), release(1), [(module(1), state(1))]);
    let (found, totals) = changes(&before, &after, &BTreeSet::new(), &BTreeSet::new());
    assert!(found[0].modules.is_empty());
    assert_eq!(totals.applications_changed, 1);
}

fn member(name: &str, data_type: &str, mandatory: bool) -> Member {
    Member {
        role: MemberRole::Input,
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        mandatory,
    }
}

fn offer(name: &str, full: &str, members: &[Member]) -> Offer {
    Offer {
        kind: ElementKind::ServerAction,
        name: name.to_owned(),
        members: members.to_vec(),
        full: full.to_owned(),
    }
}

#[test]
fn elements_are_told_with_what_became_of_their_interface() {
    let old = Contents {
        provides: vec![
            offer("Gone", "a", &[]),
            offer("Inside", "b", &[]),
            offer(
                "Quote",
                "c",
                &[
                    member("amount", "integer", false),
                    member("old", "text", false),
                ],
            ),
            offer("Same", "d", &[]),
        ],
        ..Contents::default()
    };
    let new = Contents {
        provides: vec![
            offer("Inside", "B", &[]),
            offer("New", "e", &[]),
            // Names are compared with their case folded.
            offer("quote", "C", &[member("amount", "integer", true)]),
            offer("Same", "d", &[]),
        ],
        ..Contents::default()
    };
    let details = contents_difference(Some(&old), Some(&new));
    let told: Vec<_> = details
        .elements
        .iter()
        .map(|element| (element.name.as_str(), element.change))
        .collect();
    assert_eq!(
        told,
        [
            ("Gone", Change::Removed),
            ("Inside", Change::Changed),
            ("New", Change::Added),
            ("quote", Change::Changed),
        ]
    );
    let members: Vec<_> = details.elements[3]
        .members
        .iter()
        .map(|m| {
            (
                m.name.as_str(),
                m.change,
                m.before.as_deref(),
                m.after.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        members,
        [
            ("amount", Change::Changed, Some("integer"), Some("integer!")),
            ("old", Change::Removed, Some("text"), None),
        ]
    );
}

#[test]
fn uses_and_names_are_told() {
    let seen = |name: &str, full: Option<&str>, members: &[&str]| Seen {
        producer: module(9),
        producer_name: "Core".to_owned(),
        kind: ElementKind::ServerAction,
        name: name.to_owned(),
        full: full.map(str::to_owned),
        members: members.iter().map(|&m| m.to_owned()).collect(),
    };
    let old = Contents {
        name: "Front".to_owned(),
        url_path: "/old".to_owned(),
        uses: vec![
            seen("A", Some("1"), &[]),
            seen("B", None, &[]),
            seen("C", Some("1"), &["x"]),
        ],
        ..Contents::default()
    };
    let new = Contents {
        name: "Face".to_owned(),
        url_path: "/new".to_owned(),
        digest: "other".to_owned(),
        uses: vec![
            seen("A", Some("1"), &[]),
            seen("B", Some("1"), &[]),
            seen("C", Some("1"), &[]),
        ],
        ..Contents::default()
    };
    let details = contents_difference(Some(&old), Some(&new));
    let told: Vec<_> = details
        .uses
        .iter()
        .map(|used| (used.name.as_str(), used.change))
        .collect();
    assert_eq!(told, [("B", Change::Changed), ("C", Change::Changed)]);
    assert_eq!(details.renamed_from.as_deref(), Some("Front"));
    assert_eq!(
        details.url_path,
        Some(("/old".to_owned(), "/new".to_owned()))
    );
    assert!(details.content);
    // A module that came has no former name, and brings all that it has.
    let came = contents_difference(None, Some(&new));
    assert_eq!(
        (came.renamed_from, came.url_path, came.content),
        (None, None, false)
    );
    assert_eq!(came.uses.len(), 3);
}

#[test]
fn values_of_secrets_are_never_told() {
    let property = |secret, value: &str| Property {
        name: "Key".to_owned(),
        kind: "text".to_owned(),
        secret,
        value: Some(value.to_owned()),
    };
    let with = |property| Contents {
        properties: vec![property],
        ..Contents::default()
    };
    for (old, new) in [(true, true), (true, false), (false, true)] {
        let details = contents_difference(
            Some(&with(property(old, "one"))),
            Some(&with(property(new, "two"))),
        );
        let told = &details.properties[0];
        assert_eq!((told.change, told.secret), (Change::Changed, true));
        assert_eq!((&told.before, &told.after), (&None, &None));
    }
}

#[test]
fn of_what_is_the_same_only_secrets_are_told_and_only_by_name() {
    let property = |name: &str, secret, value: &str| Property {
        name: name.to_owned(),
        kind: "text".to_owned(),
        secret,
        value: Some(value.to_owned()),
    };
    let with = |properties: Vec<Property>| Contents {
        properties,
        ..Contents::default()
    };
    let old = with(vec![
        property("Second", true, "one"),
        property("First", true, "one"),
        property("Currency", false, "EUR"),
        property("Other", true, "one"),
        property("Gone", true, "one"),
        property("Shown", true, "one"),
    ]);
    let new = with(vec![
        property("First", true, "one"),
        property("Second", true, "one"),
        property("Currency", false, "EUR"),
        property("Other", true, "two"),
        property("New", true, "one"),
        property("Shown", false, "one"),
    ]);
    let details = contents_difference(Some(&old), Some(&new));
    assert_eq!(details.same_secrets, ["First", "Second"]);
    let told: Vec<_> = details.properties.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(told, ["Gone", "New", "Other", "Shown"]);
    // A module that came or left has nothing that could stay.
    let came = contents_difference(None, Some(&new));
    let left = contents_difference(Some(&old), None);
    assert!(came.same_secrets.is_empty() && left.same_secrets.is_empty());
}

fn sides() -> impl Strategy<Value = Side> {
    let module_rows = prop::collection::btree_map(0_u8..8, (0_u8..4, 0_u8..6), 0..8);
    let releases = prop::collection::btree_map(0_u8..4, 0_u32..3, 0..4);
    (module_rows, releases).prop_map(|(modules, numbers)| {
        let mut releases: BTreeMap<_, _> = numbers
            .into_iter()
            .map(|(id, number)| (app(id), release(number)))
            .collect();
        let modules = modules
            .into_iter()
            .map(|(id, (application, version))| {
                releases
                    .entry(app(application))
                    .or_insert_with(|| release(0));
                let placed = Placed {
                    application: app(application),
                    version: state(version),
                };
                (module(id), placed)
            })
            .collect();
        Side { releases, modules }
    })
}

proptest! {
    /// What is told, done to the first side, gives the second; what is not told is the same.
    #[test]
    fn what_is_told_leads_from_one_side_to_the_other(before in sides(), after in sides()) {
        let (found, totals) = changes(&before, &after, &BTreeSet::new(), &BTreeSet::new());
        let mut side = before.clone();
        for change in &found {
            match change.after {
                Some(release) => side.releases.insert(change.application, release),
                None => side.releases.remove(&change.application),
            };
            for told in &change.modules {
                match (told.change, told.after) {
                    (Change::Removed, _) if told.moved.is_some() => {}
                    (Change::Removed, _) => {
                        side.modules.remove(&told.module);
                    }
                    (_, Some(version)) => {
                        let placed = Placed { application: change.application, version };
                        side.modules.insert(told.module, placed);
                    }
                    (_, None) => prop_assert!(false, "{:?} comes in no state", told),
                }
            }
        }
        prop_assert_eq!(side, after.clone());
        let told = totals.applications_added + totals.applications_removed + totals.applications_changed;
        prop_assert_eq!(told as usize, found.len());
        let all: BTreeSet<_> = before.releases.keys().chain(after.releases.keys()).collect();
        prop_assert_eq!(all.len(), found.len() + totals.applications_same as usize);
    }

    /// The way back tells the opposite.
    #[test]
    fn the_way_back_tells_the_opposite(before in sides(), after in sides()) {
        let (_, there) = changes(&before, &after, &BTreeSet::new(), &BTreeSet::new());
        let (_, back) = changes(&after, &before, &BTreeSet::new(), &BTreeSet::new());
        prop_assert_eq!(there.modules_added, back.modules_removed);
        prop_assert_eq!(there.modules_removed, back.modules_added);
        prop_assert_eq!(there.modules_changed, back.modules_changed);
        prop_assert_eq!(there.applications_added, back.applications_removed);
        prop_assert_eq!(there.applications_same, back.applications_same);
    }

    #[test]
    fn a_side_does_not_differ_from_itself(side in sides()) {
        let (found, _) = changes(&side, &side, &BTreeSet::new(), &BTreeSet::new());
        prop_assert!(found.is_empty());
    }
}
