//! Site properties in the check (domain.md 3.7): on a whole landscape and on the browser's slice.

use domain::application::ModuleKind;
use domain::environment::{LinkState, Purpose};
use domain::impact::{CheckOptions, FindingCode, Severity, check_landscape};
use domain::landscape::{
    EnvironmentFacts, Landscape, LandscapeBuilder, ModuleFacts, NewModuleVersion, NewRunning,
    NewValue, NewVersion,
};
use domain::plan::{Choice, EditError, Operation, PlanContent, PlanKind, edit};
use domain::settings::{Fits, Held, Property, PropertyKind, SettingEdit};
use domain::view::PlanEdit;
use domain::{
    ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, Timestamp, VersionId, VersionNumber,
};
use std::sync::Arc;
use uuid::Uuid;

const SOURCE: EnvironmentId = EnvironmentId(Uuid::from_u128(1));
const TARGET: EnvironmentId = EnvironmentId(Uuid::from_u128(2));
const SHOP: ApplicationId = ApplicationId(Uuid::from_u128(3));
const MODULE: ModuleId = ModuleId(Uuid::from_u128(4));
const STATE: ModuleVersionId = ModuleVersionId(Uuid::from_u128(5));
const TAG: VersionId = VersionId(Uuid::from_u128(6));

const fn property(kind: PropertyKind, secret: bool, default: bool) -> Property {
    Property {
        kind,
        secret,
        default,
    }
}

const NUMBER: Property = property(PropertyKind::Integer, false, false);
const SECRET: Property = property(PropertyKind::Text, true, false);
const EASY: Property = property(PropertyKind::Text, false, true);

/// *Shop* 1.0 can go from the source to the target with these properties; the target sets these.
fn landscape(properties: &[(&str, Property)], values: &[(&str, bool, &str)]) -> Landscape {
    let mut facts = LandscapeBuilder::new(1);
    for (id, name) in [(SOURCE, "Development"), (TARGET, "Quality")] {
        facts.environment(EnvironmentFacts {
            id,
            name: name.to_owned(),
            purpose: Purpose::Test,
            reachable: true,
            link: LinkState::Online,
            platform: 1,
            maintenance: None,
        });
    }
    facts.application(SHOP, "Shop", true, true);
    facts.module(ModuleFacts {
        id: MODULE,
        name: "ShopFront".to_owned(),
        kind: ModuleKind::Static,
    });
    facts.module_version(NewModuleVersion {
        id: STATE,
        module: MODULE,
        application: SHOP,
        name: "ShopFront".to_owned(),
        url_path: "/shop".to_owned(),
        content: vec![1],
        needs_platform: 0,
    });
    for (name, property) in properties {
        facts.property(STATE, name, *property);
    }
    for (name, secret, value) in values {
        facts.value(NewValue {
            environment: TARGET,
            module: MODULE,
            name: (*name).to_owned(),
            held: Held {
                secret: *secret,
                fits: Fits::of(value),
            },
        });
    }
    facts.version(NewVersion {
        id: TAG,
        application: SHOP,
        number: VersionNumber::FIRST,
        name: "Shop".to_owned(),
        created: Timestamp(0),
        modules: vec![STATE],
        eligible: vec![SOURCE],
    });
    facts.running(NewRunning {
        base: Some(TAG),
        modules: vec![STATE],
        ..NewRunning::new(SOURCE, SHOP)
    });
    facts.build().unwrap()
}

fn plan() -> PlanContent {
    PlanContent {
        kind: PlanKind::Ordinary,
        source: SOURCE,
        target: TARGET,
        operations: vec![Operation {
            application: SHOP,
            choice: Choice::Deploy { version: TAG },
        }],
        republish: Vec::new(),
        notes: String::new(),
        settings: Vec::new(),
        settings_after: false,
    }
}

fn enter(name: &str, property: Property, value: Option<&str>) -> PlanEdit {
    PlanEdit::SetSetting(SettingEdit {
        module: MODULE,
        name: name.to_owned(),
        property,
        value: value.map(str::to_owned),
    })
}

fn edited(plan: &PlanContent, change: PlanEdit) -> Result<PlanContent, EditError> {
    edit(plan, change, |_| Choice::DoNothing)
}

/// What is said of site properties, which must be the same on the slice.
fn found(landscape: Landscape, plan: &PlanContent) -> Vec<(FindingCode, String)> {
    let slice = landscape.slice(SOURCE, TARGET, &[SHOP]);
    slice.validate().unwrap();
    let said = |landscape: Landscape| {
        let options = CheckOptions {
            parallel_limit: None,
        };
        let report = check_landscape(Arc::new(landscape), plan, options).unwrap();
        let errors = report.findings.into_iter();
        errors
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| {
                assert_eq!(finding.application, Some(SHOP));
                assert_eq!(finding.consumer.unwrap().module, MODULE);
                (finding.code, finding.detail.unwrap_or_default())
            })
            .collect::<Vec<_>>()
    };
    let whole = said(landscape);
    assert_eq!(said(slice), whole);
    whole
}

#[test]
fn c1_a_new_property_without_default_needs_a_value_from_target_or_plan() {
    let missing = vec![(FindingCode::SettingMissing, "Limit".to_owned())];
    let all = [("Limit", NUMBER), ("Note", EASY)];
    assert_eq!(found(landscape(&all, &[]), &plan()), missing);
    // However the name is written.
    assert_eq!(
        found(landscape(&all, &[("LIMIT", false, "5")]), &plan()),
        []
    );
    let entered = edited(&plan(), enter("limit", NUMBER, Some("5"))).unwrap();
    assert_eq!(found(landscape(&all, &[]), &entered), []);
    let out = edited(&entered, enter("Limit", NUMBER, None)).unwrap();
    assert_eq!(out, plan());
    // Doing nothing brings nothing.
    let idle = edited(&plan(), PlanEdit::SetChoice(SHOP, Choice::DoNothing)).unwrap();
    let codes: Vec<_> = found_codes(&landscape(&all, &[]), &idle);
    assert!(!codes.contains(&FindingCode::SettingMissing), "{codes:?}");
}

fn found_codes(landscape: &Landscape, plan: &PlanContent) -> Vec<FindingCode> {
    let options = CheckOptions {
        parallel_limit: None,
    };
    let report = check_landscape(Arc::new(landscape.clone()), plan, options).unwrap();
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn c2_a_value_from_before_the_secret_flag_changed_does_not_hold() {
    for (property, was_secret) in [
        (SECRET, false),
        (property(PropertyKind::Text, false, false), true),
        // Even with a default.
        (EASY, true),
    ] {
        let world = landscape(&[("Key", property)], &[("Key", was_secret, "x")]);
        let missing = vec![(FindingCode::SettingMissing, "Key".to_owned())];
        assert_eq!(found(world.clone(), &plan()), missing);
        let entered = edited(&plan(), enter("Key", property, Some("y"))).unwrap();
        assert_eq!(found(world, &entered), []);
    }
}

#[test]
fn a_value_of_another_type_is_invalid_unless_there_is_a_default() {
    let invalid = vec![(FindingCode::SettingInvalid, "Limit".to_owned())];
    let values = [("Limit", false, "many")];
    assert_eq!(
        found(landscape(&[("Limit", NUMBER)], &values), &plan()),
        invalid
    );
    let with_default = property(PropertyKind::Integer, false, true);
    assert_eq!(
        found(landscape(&[("Limit", with_default)], &values), &plan()),
        []
    );
    let wrong = edited(&plan(), enter("Limit", NUMBER, Some("many")));
    assert_eq!(wrong, Err(EditError::NotOfItsType(PropertyKind::Integer)));
    // Entered for a version in which it was a text.
    let text = property(PropertyKind::Text, false, false);
    let entered = edited(&plan(), enter("Limit", text, Some("many"))).unwrap();
    assert_eq!(
        found(landscape(&[("Limit", NUMBER)], &[]), &entered),
        invalid
    );
}

#[test]
fn what_the_target_runs_already_is_left_alone() {
    let mut world = landscape(&[("Limit", NUMBER)], &[]);
    let mut there = world.running[0].clone();
    there.environment = 1;
    world.running.push(there);
    let codes = found_codes(&world, &plan());
    assert_eq!(codes, [FindingCode::NothingToDo]);
}

#[test]
fn only_what_may_need_a_value_is_told_to_the_browser() {
    let all = [("Note", EASY), ("Limit", NUMBER), ("Key", SECRET)];
    let values = [("Note", false, "x"), ("Limit", false, "5")];
    let world = landscape(&all, &values);
    let names: Vec<_> = world
        .properties
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(names, ["Key", "Limit"]);
    assert_eq!(world.values.len(), 1, "{:?}", world.values);
    let slice = world.slice(SOURCE, TARGET, &[SHOP]);
    assert_eq!((slice.properties.len(), slice.values.len()), (2, 1));
    // Values of other environments are not.
    let slice = world.slice(TARGET, SOURCE, &[SHOP]);
    assert_eq!(slice.values, []);
}

#[test]
fn values_are_kept_by_other_changes_and_go_with_the_target() {
    let entered = edited(&plan(), enter("Limit", NUMBER, Some("5"))).unwrap();
    let entered = edited(&entered, enter("Key", SECRET, Some("hush"))).unwrap();
    assert!(!format!("{entered:?}").contains("hush"));
    let names: Vec<_> = entered.settings.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["Key", "Limit"]);
    // A content from elsewhere brings no values, and takes none away.
    let replaced = edited(&entered, PlanEdit::Replace(plan())).unwrap();
    assert_eq!(replaced.settings, entered.settings);
    let nowhere = EnvironmentId(Uuid::from_u128(9));
    let moved = edited(&entered, PlanEdit::SetEnvironments(nowhere, TARGET)).unwrap();
    assert_eq!(moved.settings, entered.settings);
    let moved = edited(&entered, PlanEdit::SetEnvironments(SOURCE, nowhere)).unwrap();
    assert_eq!(moved.settings, []);
    let elsewhere = PlanContent {
        target: nowhere,
        ..plan()
    };
    let moved = edited(&entered, PlanEdit::Replace(elsewhere)).unwrap();
    assert_eq!(moved.settings, []);
}
