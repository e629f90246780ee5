//! What a refresh makes of each choice (domain.md 3.6): kept unless it is not possible any more.

use domain::application::{Marks, ModuleKind};
use domain::plan::{self, Choice};
use domain::view::{Adjusted, EligibleVersion, PlanApplicationRow};
use domain::{ApplicationId, ModuleId, Timestamp, VersionId, VersionNumber};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Of what is brought by tag or tagged anew, the modules do not matter.
fn refreshed(
    choice: &Choice,
    row: Option<&PlanApplicationRow>,
    taken: &BTreeSet<VersionNumber>,
) -> (Choice, Option<Adjusted>) {
    plan::refreshed(choice, row, taken, &BTreeSet::new())
}

fn number(text: &str) -> VersionNumber {
    text.parse().unwrap()
}

/// The tag of this number; each number has its own id.
fn tag(text: &str) -> EligibleVersion {
    let number = number(text);
    let id = number
        .to_string()
        .bytes()
        .fold(0, |sum: u128, byte| sum * 256 + u128::from(byte));
    EligibleVersion {
        id: VersionId(Uuid::from_u128(id)),
        number,
        description: String::new(),
        created: Timestamp(0),
    }
}

/// An application that runs `source` and `target` and can be deployed in these versions.
fn row(
    source: &str,
    target: Option<&str>,
    eligible: &[&str],
    proposal: Option<&str>,
) -> PlanApplicationRow {
    PlanApplicationRow {
        application: ApplicationId(Uuid::nil()),
        name: "Shop".to_owned(),
        kind: ModuleKind::Static,
        modules: 1,
        different_modules: 1,
        in_source: Some((Some(number(source)), Marks::default())),
        in_target: target.map(|text| (Some(number(text)), Marks::default())),
        eligible: eligible.iter().map(|text| tag(text)).collect(),
        more_eligible: 0,
        tag_proposal: proposal.map(number),
        blocked: None,
        preselected: Choice::DoNothing,
    }
}

fn deploy(text: &str) -> Choice {
    Choice::Deploy {
        version: tag(text).id,
    }
}

fn tag_and_deploy(text: &str) -> Choice {
    Choice::TagAndDeploy {
        number: number(text),
        description: "Words that stay".to_owned(),
    }
}

fn taken(numbers: &[&str]) -> BTreeSet<VersionNumber> {
    numbers.iter().map(|text| number(text)).collect()
}

#[test]
fn what_is_still_possible_stays() {
    let row = row("2.1", Some("2.0"), &["2.1", "2.0"], Some("2.2"));
    for choice in [
        Choice::DoNothing,
        deploy("2.1"),
        deploy("2.0"),
        tag_and_deploy("2.2"),
        tag_and_deploy("3.0"),
    ] {
        let after = refreshed(&choice, Some(&row), &taken(&["2.1", "2.0"]));
        assert_eq!(after, (choice, None));
    }
}

#[test]
fn a_version_that_went_or_that_the_target_is_beyond_is_dropped() {
    let dropped = (Choice::DoNothing, Some(Adjusted::Dropped));
    let beyond = row("2.1", Some("2.1"), &["2.1", "2.0"], None);
    assert_eq!(
        refreshed(&deploy("2.0"), Some(&beyond), &taken(&[])),
        dropped
    );
    let gone = row("2.1", None, &["2.1"], None);
    assert_eq!(refreshed(&deploy("2.0"), Some(&gone), &taken(&[])), dropped);
    assert_eq!(refreshed(&deploy("2.0"), None, &taken(&[])), dropped);
    assert_eq!(
        refreshed(&tag_and_deploy("2.2"), None, &taken(&[])),
        dropped
    );
    assert_eq!(
        refreshed(&Choice::DoNothing, None, &taken(&[])),
        (Choice::DoNothing, None)
    );
}

#[test]
fn a_taken_number_or_one_that_is_not_above_the_base_is_proposed_anew() {
    for (base, chosen, numbers) in [
        ("2.1", "2.2", &["2.1", "2.2"][..]),
        ("2.2", "2.2", &[]),
        ("2.3", "2.2", &["2.3"]),
    ] {
        let row = row(base, None, &[base], Some("2.9"));
        let (choice, what) = refreshed(&tag_and_deploy(chosen), Some(&row), &taken(numbers));
        assert_eq!(what, Some(Adjusted::Renumbered(number("2.9"))));
        // Only the number changes.
        assert_eq!(choice, tag_and_deploy("2.9"));
    }
}

#[test]
fn what_was_tagged_meanwhile_is_deployed_as_that_tag() {
    let tagged = row("2.2", Some("2.0"), &["2.2", "2.0"], None);
    assert_eq!(
        refreshed(
            &tag_and_deploy("2.2"),
            Some(&tagged),
            &taken(&["2.2", "2.0"])
        ),
        (deploy("2.2"), Some(Adjusted::Tagged(number("2.2"))))
    );
    // Unless the target is beyond it.
    let beyond = row("2.2", Some("2.5"), &["2.5"], None);
    assert_eq!(
        refreshed(&tag_and_deploy("2.6"), Some(&beyond), &taken(&["2.2"])),
        (Choice::DoNothing, Some(Adjusted::Dropped))
    );
}

#[test]
fn chosen_modules_stay_as_far_as_the_source_has_them() {
    let module = |n: u128| ModuleId(Uuid::from_u128(n));
    let custom = |modules: &[u128]| Choice::DeployCustom {
        modules: modules.iter().map(|n| module(*n)).collect(),
    };
    let has = |modules: &[u128]| modules.iter().map(|n| module(*n)).collect::<BTreeSet<_>>();
    let now = row("2.1", Some("2.0"), &["2.1"], None);
    let after = |row: Option<&PlanApplicationRow>, modules: &[u128]| {
        plan::refreshed(&custom(&[1, 2]), row, &taken(&[]), &has(modules))
    };
    assert_eq!(after(Some(&now), &[1, 2, 3]), (custom(&[1, 2]), None));
    let fewer = Some(Adjusted::FewerModules(1));
    assert_eq!(after(Some(&now), &[2, 3]), (custom(&[2]), fewer));
    let dropped = (Choice::DoNothing, Some(Adjusted::Dropped));
    assert_eq!(after(Some(&now), &[3]), dropped);
    assert_eq!(after(None, &[1, 2]), dropped);
    // V6: the target has gone beyond the source.
    let beyond = row("2.1", Some("2.2"), &[], None);
    assert_eq!(after(Some(&beyond), &[1, 2]), dropped);
}
