//! Building, checking and sending landscapes; compatibility of interfaces.

use crate::properties::{case, report};
use domain::application::ModuleKind;
use domain::environment::{LinkState, Purpose};
use domain::fixtures::{Chance, chaotic};
use domain::impact::Report;
use domain::landscape::{
    EnvironmentFacts, Landscape, LandscapeBuilder, LandscapeError, ModuleFacts, NewModuleVersion,
    NewRunning, Table,
};
use domain::reference::Compatibility::{Compatible, Incompatible, Same};
use domain::reference::ElementKind;
use domain::reference::{Compatibility, Interface, Member, MemberRole, compatible};
use domain::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

/// A landscape with numbers and rows changed at random: what a hostile or damaged file may hold.
fn damaged(seed: u64) -> Landscape {
    let mut chance = Chance::new(seed);
    let mut facts = chaotic(seed, 5).unwrap();
    for _ in 0..=chance.below(4) {
        let number = if chance.percent(50) {
            u32::MAX
        } else {
            chance.below(40) as u32
        };
        let place = chance.below(100);
        match chance.below(12) {
            0 => facts.modules.reverse(),
            1 => facts.environments.truncate(1),
            2 => facts.applications.truncate(1),
            3 => facts.elements.truncate(place / 10),
            4 => facts.interfaces.truncate(place / 20),
            5 => facts.module_versions.truncate(place / 5),
            6 => {
                let count = facts.module_versions.len().max(1);
                if let Some(v) = facts.module_versions.get_mut(place % count) {
                    v.module = number;
                    v.application = number;
                }
            }
            7 => {
                for v in &mut facts.module_versions {
                    for used in &mut v.uses {
                        used.members = vec![number as u16, 0];
                        used.element = used.element.wrapping_add(number);
                    }
                }
            }
            8 => {
                for v in &mut facts.versions {
                    v.modules.push(number);
                    v.eligible.insert(0, number);
                }
            }
            9 => {
                for r in &mut facts.running {
                    r.base = Some(number);
                    r.modules.extend([number, 0]);
                }
            }
            10 => facts.running.reverse(),
            _ => {
                for p in &mut facts.active_plans {
                    p.target = number;
                    p.brings.push(number);
                }
            }
        }
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::soaked(1_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_landscapes_are_refused_or_harmless(seed in any::<u64>()) {
        let facts = damaged(seed);
        let (_, plan) = case(seed, 5);
        if facts.validate().is_ok() {
            // Still good: then the analysis must not stumble either.
            let _ = report(&std::sync::Arc::new(facts), &plan);
        }
    }

    #[test]
    fn landscapes_and_reports_survive_both_wire_forms(seed in any::<u64>()) {
        let (landscape, plan) = case(seed, 5);
        let bytes = postcard::to_stdvec(&*landscape).unwrap();
        assert_eq!(&postcard::from_bytes::<Landscape>(&bytes).unwrap(), &*landscape);
        let json = serde_json::to_string(&*landscape).unwrap();
        assert_eq!(&serde_json::from_str::<Landscape>(&json).unwrap(), &*landscape);
        let report = report(&landscape, &plan);
        let bytes = postcard::to_stdvec(&report).unwrap();
        assert_eq!(&postcard::from_bytes::<Report>(&bytes).unwrap(), &report);
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(&serde_json::from_str::<Report>(&json).unwrap(), &report);
    }

    #[test]
    fn compatibility_is_reflexive_and_ignores_case(seed in any::<u64>()) {
        let mut chance = Chance::new(seed);
        let members: Vec<Member> = (0..chance.below(5)).map(|i| member(
            ["in", "out", "attr", "rec"][chance.below(4)],
            &format!("m{i}"),
            chance.percent(50),
        )).collect();
        let mut shouted = members.clone();
        for member in &mut shouted {
            member.name.make_ascii_uppercase();
            member.data_type.make_ascii_uppercase();
        }
        let (old, new) = (Interface::new(members), Interface::new(shouted));
        let kind = ElementKind::ALL[chance.below(ElementKind::ALL.len())];
        assert_eq!(compatible(kind, &old, &old, &[]), Same);
        assert_eq!(compatible(kind, &old, &new, &[]), Same);
        assert_eq!(compatible(kind, &new, &old, &[]), Same);
    }
}

#[test]
fn mistakes_are_named_with_table_and_row() {
    let good = chaotic(3, 5).unwrap();
    let mut facts = good.clone();
    facts.modules.swap(0, 1);
    assert!(matches!(
        facts.validate(),
        Err(LandscapeError::Order {
            table: Table::Modules,
            row: 1,
            ..
        })
    ));
    let mut facts = good.clone();
    facts.running[0].environment = 99;
    let message = facts.validate().unwrap_err().to_string();
    let place = facts.running.len().min(2);
    assert!(place > 0 && message.starts_with("running["), "{message}");
    let mut facts = good;
    facts.module_versions[0].application = 77;
    assert_eq!(
        facts.validate().unwrap_err().to_string(),
        format!(
            "module_versions[0].application: there is no applications[77]; the table has {} rows",
            facts.applications.len()
        )
    );
}

fn member(role: &str, name: &str, mandatory: bool) -> Member {
    Member {
        role: match role {
            "in" => MemberRole::Input,
            "out" => MemberRole::Output,
            "attr" => MemberRole::Attribute,
            _ => MemberRole::Record,
        },
        name: name.to_owned(),
        data_type: "text".to_owned(),
        mandatory,
    }
}

/// "in a!, out b:number"
fn interface(text: &str) -> Interface {
    let members = text.split(',').map(str::trim).filter(|t| !t.is_empty());
    Interface::new(
        members
            .map(|text| {
                let (role, rest) = text.split_once(' ').unwrap();
                let plain = rest.trim_end_matches('!');
                let (name, data_type) = plain.split_once(':').unwrap_or((plain, "text"));
                Member {
                    data_type: data_type.to_owned(),
                    ..member(role, name, plain.len() < rest.len())
                }
            })
            .collect(),
    )
}

#[test]
fn compatibility_follows_the_table_of_changes() {
    // (what, before, after, members used, expected)
    let table = [
        ("nothing changed", "in a!", "in a!", "", Same),
        (
            "optional input added",
            "in a!",
            "in a!, in b",
            "",
            Compatible,
        ),
        (
            "mandatory input added",
            "in a!",
            "in a!, in b!",
            "",
            Incompatible,
        ),
        (
            "unused input removed",
            "in a!, in b",
            "in a!",
            "a",
            Compatible,
        ),
        (
            "used input removed",
            "in a!, in b",
            "in a!",
            "b",
            Compatible,
        ),
        (
            "input removed, all used",
            "in a!, in b",
            "in a!",
            "",
            Compatible,
        ),
        (
            "mandatory input removed",
            "in a!, in b",
            "in b",
            "b",
            Compatible,
        ),
        ("input made optional", "in a!", "in a", "", Compatible),
        ("input made mandatory", "in a", "in a!", "", Incompatible),
        ("order of inputs", "in a, in b", "in b, in a", "", Same),
        (
            "type of a used input",
            "in a:text",
            "in a:number",
            "a",
            Incompatible,
        ),
        (
            "type of an unused one",
            "in a:text, in b",
            "in a:number, in b",
            "b",
            Compatible,
        ),
        ("output added", "out a", "out a, out b", "", Compatible),
        (
            "mandatory output added",
            "out a",
            "out a, out b!",
            "",
            Compatible,
        ),
        (
            "unused output removed",
            "out a, out b",
            "out a",
            "a",
            Compatible,
        ),
        (
            "used output removed",
            "out a, out b",
            "out a",
            "b",
            Incompatible,
        ),
        (
            "type of a used output",
            "out a:text",
            "out a:number",
            "",
            Incompatible,
        ),
        (
            "optional attribute added",
            "attr a!",
            "attr a!, attr b",
            "",
            Compatible,
        ),
        (
            "mandatory attribute added",
            "attr a!",
            "attr a!, attr b!",
            "",
            Incompatible,
        ),
        (
            "attribute made optional",
            "attr a!",
            "attr a",
            "",
            Compatible,
        ),
        (
            "unused attribute removed",
            "attr a, attr b",
            "attr a",
            "a",
            Compatible,
        ),
        (
            "used attribute removed",
            "attr a, attr b",
            "attr a",
            "b",
            Incompatible,
        ),
        ("record added", "rec a", "rec a, rec b", "", Compatible),
        (
            "unused record removed",
            "rec a, rec b",
            "rec a",
            "a",
            Compatible,
        ),
        (
            "used record removed",
            "rec a, rec b",
            "rec a",
            "b",
            Incompatible,
        ),
        ("renamed", "out a", "out b", "", Incompatible),
        ("same name, other role", "out a", "in a", "", Incompatible),
    ];
    for (what, old, new, used, expected) in table {
        assert_eq!(fit(ElementKind::Entity, old, new, used), expected, "{what}");
        let kind = ElementKind::ServiceAction;
        assert_eq!(fit(kind, old, new, used), expected, "{what}");
    }
}

fn fit(kind: ElementKind, old: &str, new: &str, used: &str) -> Compatibility {
    let old = interface(old);
    let names: Vec<&str> = used.split_whitespace().collect();
    let used = old.positions(&names).unwrap();
    compatible(kind, &old, &interface(new), &used)
}

/// domain.md 1.6: "not for blocks/screens", "structures: basic types only".
#[test]
fn some_kinds_ask_for_more() {
    for kind in [ElementKind::Block, ElementKind::Screen] {
        for (what, old, new) in [
            ("optional input added", "in a!", "in a!, in b"),
            ("unused input removed", "in a!, in b", "in a!"),
            ("input made optional", "in a!", "in a"),
        ] {
            assert_eq!(fit(kind, old, new, "a"), Incompatible, "{what}");
        }
        assert_eq!(fit(kind, "in a, in b", "in b, in a", ""), Same);
        assert_eq!(fit(kind, "in a", "in a, out b", ""), Compatible);
    }
    let grows = |kind, data_type: &str| {
        let new = format!("attr a!, attr b:{data_type}");
        fit(kind, "attr a!", &new, "")
    };
    assert_eq!(grows(ElementKind::Structure, "Date_Time"), Compatible);
    assert_eq!(grows(ElementKind::Structure, "Customer"), Incompatible);
    assert_eq!(grows(ElementKind::Entity, "Customer"), Compatible);
}

const PLACE: EnvironmentId = EnvironmentId(uuid::Uuid::from_u128(1));
const ORDERS: ApplicationId = ApplicationId(uuid::Uuid::from_u128(2));

fn module(number: u128) -> ModuleId {
    ModuleId(uuid::Uuid::from_u128(10 + number))
}

fn state(number: u128) -> ModuleVersionId {
    ModuleVersionId(uuid::Uuid::from_u128(20 + number))
}

/// An application of two modules in an environment, but for their states.
fn around(revision: u64, modified: bool) -> LandscapeBuilder {
    let mut facts = LandscapeBuilder::new(revision);
    facts.environment(EnvironmentFacts {
        id: PLACE,
        name: "Development".to_owned(),
        purpose: Purpose::Development,
        reachable: true,
        link: LinkState::Online,
        platform: 1,
        maintenance: None,
    });
    facts.application(ORDERS, "Orders", true, true);
    for number in 0..2 {
        facts.module(ModuleFacts {
            id: module(number),
            name: format!("Module{number}"),
            kind: ModuleKind::Static,
        });
    }
    facts.running(NewRunning {
        modified,
        modules: vec![state(0), state(1)],
        ..NewRunning::new(PLACE, ORDERS)
    });
    facts
}

fn with_states(mut facts: LandscapeBuilder) -> LandscapeBuilder {
    // The second one first: the order of states is not that in which they are told.
    for number in [1, 0] {
        facts.module_version(NewModuleVersion {
            id: state(number),
            module: module(number),
            application: ORDERS,
            name: format!("Module{number}"),
            url_path: String::new(),
            content: vec![1, 2, 3],
            needs_platform: 0,
        });
    }
    facts.provides(
        state(0),
        ElementKind::Screen,
        "Home",
        Interface::default(),
        b"hash",
    );
    let seen = domain::landscape::Seen {
        interface: Interface::default(),
        full: b"hash",
        members: Vec::new(),
    };
    facts.uses(state(1), module(0), ElementKind::Screen, "Home", Some(seen));
    facts
}

#[test]
fn a_landscape_built_on_a_former_one_is_the_one_that_is_built_of_all_facts() {
    let former = with_states(around(1, false)).build().unwrap();
    let built = around(2, true).build_on(&former).unwrap();
    assert_eq!(built, with_states(around(2, true)).build().unwrap());
    assert_ne!(built, former);
}

#[test]
fn a_landscape_of_other_things_is_not_built_on() {
    let former = with_states(around(1, false)).build().unwrap();
    let mut more = around(2, false);
    more.application(ApplicationId(uuid::Uuid::from_u128(3)), "New", true, true);
    for facts in [more, with_states(around(2, false))] {
        assert_eq!(facts.build_on(&former), Err(LandscapeError::OtherStates));
    }
}
