//! Edits of a plan's content, its name, and the numbers that tagging proposes.

use domain::plan::{
    Choice, EditError, MAX_CUSTOM, MAX_NOTES, Operation, PlanContent, PlanKind, check_form, edit,
    plan_name, propose_number,
};
use domain::view::PlanEdit;
use domain::{ApplicationId, EnvironmentId, ModuleId, VersionId, VersionNumber};
use uuid::Uuid;

fn application(number: u128) -> ApplicationId {
    ApplicationId(Uuid::from_u128(number))
}

fn environment(number: u128) -> EnvironmentId {
    EnvironmentId(Uuid::from_u128(number))
}

fn number(text: &str) -> VersionNumber {
    text.parse().unwrap()
}

fn deploy(version: u128) -> Choice {
    Choice::Deploy {
        version: VersionId(Uuid::from_u128(version)),
    }
}

fn content() -> PlanContent {
    PlanContent {
        kind: PlanKind::Ordinary,
        source: environment(1),
        target: environment(2),
        operations: vec![Operation {
            application: application(1),
            choice: deploy(1),
        }],
        republish: Vec::new(),
        notes: String::new(),
        settings: Vec::new(),
        settings_after: false,
    }
}

fn apply(change: PlanEdit) -> Result<PlanContent, EditError> {
    edit(&content(), change, |_| deploy(9))
}

#[test]
fn an_application_is_added_once_with_its_preselected_choice() {
    let after = apply(PlanEdit::AddApplications(vec![
        application(2),
        application(1),
        application(2),
    ]))
    .unwrap();
    assert_eq!(after.operations.len(), 2);
    assert_eq!(after.operations[0].choice, deploy(1));
    assert_eq!(after.operations[1].choice, deploy(9));
}

/// A plan of this kind, between environments that such a plan can have.
fn of_kind(kind: PlanKind) -> PlanContent {
    let plan = content();
    let source = match kind {
        PlanKind::Rollback => plan.target,
        PlanKind::Ordinary | PlanKind::Replicate => plan.source,
    };
    PlanContent {
        kind,
        source,
        ..plan
    }
}

#[test]
fn only_a_rollback_has_its_target_as_source_and_only_ordinary_plans_move() {
    for kind in PlanKind::ALL {
        let plan = of_kind(kind);
        assert_eq!(check_form(&plan), Ok(()));
        let elsewhere = PlanEdit::SetEnvironments(environment(2), environment(3));
        let moved = edit(&plan, elsewhere, |_| deploy(9));
        let replaced = PlanContent {
            source: environment(2),
            target: environment(3),
            ..plan.clone()
        };
        let replaced = edit(&plan, PlanEdit::Replace(replaced), |_| deploy(9));
        for after in [moved, replaced] {
            match kind {
                PlanKind::Ordinary => assert!(after.is_ok()),
                _ => assert_eq!(after, Err(EditError::EndsStay)),
            }
        }
    }
    let apart = PlanContent {
        kind: PlanKind::Rollback,
        ..content()
    };
    assert_eq!(check_form(&apart), Err(EditError::EndsStay));
}

#[test]
fn a_replaced_content_keeps_the_kind_of_the_plan() {
    for before in PlanKind::ALL {
        for asked in PlanKind::ALL {
            let plan = of_kind(before);
            let new = PlanContent {
                kind: asked,
                notes: "New.".to_owned(),
                ..plan.clone()
            };
            let after = edit(&plan, PlanEdit::Replace(new), |_| deploy(9)).unwrap();
            assert_eq!((after.kind, after.notes.as_str()), (before, "New."));
        }
    }
}

#[test]
fn a_choice_needs_its_application() {
    let after = apply(PlanEdit::SetChoice(application(1), Choice::DoNothing)).unwrap();
    assert_eq!(after.operations[0].choice, Choice::DoNothing);
    let refused = apply(PlanEdit::SetChoice(application(7), Choice::DoNothing));
    assert_eq!(refused, Err(EditError::NotInPlan));
}

#[test]
fn other_environments_choose_anew() {
    let after = apply(PlanEdit::SetEnvironments(environment(2), environment(3))).unwrap();
    assert_eq!(after.operations[0].choice, deploy(9));
    let same = apply(PlanEdit::SetEnvironments(environment(1), environment(2))).unwrap();
    assert_eq!(same, content());
    let refused = apply(PlanEdit::SetEnvironments(environment(2), environment(2)));
    assert_eq!(refused, Err(EditError::SameEnvironment));
}

#[test]
fn limits_hold_whoever_made_the_content() {
    let mut twice = content();
    twice.operations.push(twice.operations[0].clone());
    assert_eq!(apply(PlanEdit::Replace(twice)), Err(EditError::Twice));
    let notes = "x".repeat(MAX_NOTES + 1);
    assert_eq!(
        apply(PlanEdit::SetNotes(notes)),
        Err(EditError::NotesTooLong)
    );
}

#[test]
fn republished_consumers_are_a_sorted_set() {
    let module = |number| ModuleId(Uuid::from_u128(number));
    let after = apply(PlanEdit::SetRepublish(vec![
        module(2),
        module(1),
        module(2),
    ]))
    .unwrap();
    assert_eq!(after.republish, [module(1), module(2)]);
}

#[test]
fn a_name_tells_what_a_plan_brings() {
    let policy = ("Policy".to_owned(), Some(number("5.3")));
    let claims = ("Claims".to_owned(), None);
    assert_eq!(
        plan_name(PlanKind::Ordinary, &[], "Quality"),
        "Plan to Quality"
    );
    assert_eq!(
        plan_name(PlanKind::Ordinary, std::slice::from_ref(&policy), "Quality"),
        "Policy 5.3 to Quality"
    );
    assert_eq!(
        plan_name(
            PlanKind::Rollback,
            &[policy, claims.clone(), claims],
            "Quality"
        ),
        "Policy 5.3 and 2 more back in Quality"
    );
}

#[test]
fn a_proposed_number_goes_up_and_is_free() {
    let of = |base: Option<&str>, existing: &[&str], downstream| {
        let existing: Vec<_> = existing.iter().map(|text| number(text)).collect();
        propose_number(base.map(number), &existing, downstream).to_string()
    };
    assert_eq!(of(None, &[], false), "0.1");
    assert_eq!(of(Some("0.2"), &["0.1", "0.2"], false), "0.3");
    // An older state that runs in Development still gets the next number of all.
    assert_eq!(of(Some("0.2"), &["0.2", "0.3"], false), "0.4");
    assert_eq!(of(Some("0.3"), &["0.3"], true), "0.3.1");
    assert_eq!(of(Some("0.2"), &["0.2", "0.2.1", "0.2.2"], true), "0.2.3");
}

#[test]
fn chosen_modules_are_sorted_named_once_and_not_none_or_too_many() {
    let module = |n: u128| ModuleId(Uuid::from_u128(n));
    let choose = |modules: Vec<ModuleId>| {
        let choice = Choice::DeployCustom { modules };
        apply(PlanEdit::SetChoice(application(1), choice))
    };
    let after = choose(vec![module(3), module(1), module(3)]).unwrap();
    let sorted = Choice::DeployCustom {
        modules: vec![module(1), module(3)],
    };
    assert_eq!(after.operations[0].choice, sorted);
    assert_eq!(choose(Vec::new()), Err(EditError::NoModules));
    assert_eq!(EditError::NoModules.field(), "modules");
    let many = (0..=MAX_CUSTOM as u128).map(module).collect();
    assert_eq!(choose(many), Err(EditError::TooManyModules));
    // Whatever way they come.
    let mut whole = content();
    whole.operations[0].choice = Choice::DeployCustom {
        modules: Vec::new(),
    };
    let replaced = apply(PlanEdit::Replace(whole));
    assert_eq!(replaced, Err(EditError::NoModules));
}

#[test]
fn c6_when_values_take_effect_is_chosen_per_plan_and_stays_with_it() {
    assert!(!content().settings_after, "with the switch by default");
    let after = apply(PlanEdit::SetSettingsAfter(true)).unwrap();
    assert!(after.settings_after);
    let moved = PlanEdit::SetEnvironments(environment(1), environment(3));
    assert!(edit(&after, moved, |_| deploy(9)).unwrap().settings_after);
}
