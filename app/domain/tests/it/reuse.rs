//! Reuse and retry, every case of domain.md 5.1 and 5.2 that is decided before the plan is open.

use domain::plan::{
    Becomes, CannotReuse, Choice, Origin, OriginalRow, Outlook, PlanStatus, Standing,
};
use domain::{ApplicationId, EnvironmentId, ModuleId, VersionId, VersionNumber};
use std::collections::BTreeSet;
use uuid::Uuid;

const KEEP: Origin = Origin::Reuse { keep_tags: true };
const LATEST: Origin = Origin::Reuse { keep_tags: false };

fn app(number: u128) -> ApplicationId {
    ApplicationId(Uuid::from_u128(number))
}

fn env(number: u128) -> EnvironmentId {
    EnvironmentId(Uuid::from_u128(number))
}

/// A tag by its number; equal numbers are the same tag.
fn tag(text: &str) -> (VersionId, VersionNumber) {
    let bytes = text.bytes().fold(7, |id, byte| id * 256 + u128::from(byte));
    (VersionId(Uuid::from_u128(bytes)), text.parse().unwrap())
}

/// The original deployed this tag of the application.
fn did(application: u128, number: &str) -> OriginalRow {
    OriginalRow {
        application: app(application),
        tag: Some(tag(number)),
        modules: Vec::new(),
    }
}

fn there(tags: &[&str], in_target: Option<&str>) -> Standing {
    Standing {
        may_go_lower: false,
        in_source: true,
        source_modules: BTreeSet::new(),
        tags: tags.iter().map(|text| tag(text)).collect(),
        in_target: in_target.map(|text| text.parse().unwrap()),
        modified_in_target: false,
        blocked: None,
    }
}

fn foresee(origin: Origin, original: &[OriginalRow], now: &[(u128, Standing)]) -> Outlook {
    Outlook::foresee(origin, original, |application| {
        now.iter()
            .find(|(id, _)| app(*id) == application)
            .map(|(_, standing)| standing.clone())
    })
}

fn deploys(number: &str) -> Becomes {
    let (version, number) = tag(number);
    Becomes::Deploy { version, number }
}

fn rows(outlook: &Outlook) -> Vec<Becomes> {
    outlook.rows.iter().map(|(_, row)| row.clone()).collect()
}

#[test]
fn ru1_rt2_a_source_with_none_of_the_applications_goes_nowhere() {
    for origin in [KEEP, LATEST, Origin::Retry] {
        let outlook = foresee(origin, &[did(1, "2.14"), did(2, "3.7")], &[]);
        let refusal = outlook.refusal(env(1), env(2));
        assert_eq!(refusal, Some(CannotReuse::NoneInSource), "{origin:?}");
        assert_eq!(outlook.operations(), []);
        assert_eq!(outlook.left_out().count(), 2);
    }
}

#[test]
fn ru2_rt1_what_the_source_lacks_is_named_and_left_out() {
    for origin in [KEEP, Origin::Retry] {
        let outlook = foresee(
            origin,
            &[did(1, "2.14"), did(2, "3.7")],
            &[(2, there(&["3.7"], None))],
        );
        assert_eq!(outlook.refusal(env(1), env(2)), None);
        assert_eq!(outlook.left_out().collect::<Vec<_>>(), [app(1)]);
        let operations = outlook.operations();
        assert_eq!(operations.len(), 1);
        assert_eq!(operations[0].application, app(2));
        assert_eq!(
            operations[0].choice,
            Choice::Deploy {
                version: tag("3.7").0
            }
        );
    }
}

#[test]
fn ru3_rt4_nothing_is_said_when_nothing_changed() {
    for origin in [KEEP, Origin::Retry] {
        let outlook = foresee(
            origin,
            &[did(1, "2.14")],
            &[(1, there(&["2.15", "2.14", "2.13"], Some("2.13")))],
        );
        assert_eq!(rows(&outlook), [deploys("2.14")]);
        assert!(!outlook.rows.iter().any(|(_, row)| row.needs_a_look()));
    }
}

#[test]
fn ru4_a_tag_that_the_source_cannot_deploy_is_told() {
    let outlook = foresee(
        KEEP,
        &[did(1, "2.14")],
        &[(1, there(&["2.13"], Some("2.15")))],
    );
    let number = tag("2.14").1;
    assert_eq!(rows(&outlook), [Becomes::TagMissing { number }]);
    assert!(outlook.rows[0].1.needs_a_look());
    // The plan opens all the same, and the person adjusts.
    assert_eq!(outlook.refusal(env(1), env(2)), None);
    assert_eq!(outlook.operations()[0].choice, Choice::DoNothing);
}

#[test]
fn ru5_rt3_a_target_that_runs_something_newer_is_told() {
    for origin in [KEEP, Origin::Retry] {
        let outlook = foresee(
            origin,
            &[did(1, "2.14")],
            &[(1, there(&["2.14"], Some("2.15")))],
        );
        let (number, running) = (tag("2.14").1, tag("2.15").1);
        assert_eq!(rows(&outlook), [Becomes::TargetNewer { number, running }]);
        assert_eq!(outlook.operations()[0].choice, Choice::DoNothing);
    }
}

#[test]
fn ru6_without_the_tags_the_newest_ones_are_taken() {
    let outlook = foresee(
        LATEST,
        &[did(1, "2.14"), did(2, "3.7"), did(3, "1.0")],
        &[
            (1, there(&["2.16", "2.14"], Some("2.14"))),
            (2, there(&["3.7"], Some("3.7"))),
            (3, there(&[], None)),
        ],
    );
    let number = tag("3.7").1;
    assert_eq!(
        rows(&outlook),
        [
            deploys("2.16"),
            Becomes::AlreadyThere { number },
            Becomes::Nothing
        ]
    );
}

#[test]
fn ru7_aborted_plans_are_retried_and_finished_ones_reused() {
    for status in PlanStatus::ALL {
        let offered = Origin::offered(status);
        match status {
            PlanStatus::Aborted => assert_eq!(offered, Some(Origin::Retry)),
            PlanStatus::FinishedSuccessful
            | PlanStatus::FinishedWithWarnings
            | PlanStatus::FinishedWithErrors => assert_eq!(offered, Some(KEEP)),
            _ => assert_eq!(offered, None, "{status:?}"),
        }
    }
}

#[test]
fn ru8_rt6_both_kinds_of_messages_can_come_together() {
    for origin in [KEEP, Origin::Retry] {
        let outlook = foresee(
            origin,
            &[did(1, "2.14"), did(2, "3.7"), did(3, "5.2")],
            &[
                (2, there(&["3.7"], Some("3.8"))),
                (3, there(&["5.3"], Some("5.1"))),
            ],
        );
        assert_eq!(outlook.left_out().collect::<Vec<_>>(), [app(1)]);
        let looks = outlook.rows.iter().filter(|(_, row)| row.needs_a_look());
        assert_eq!(looks.count(), 2);
    }
}

#[test]
fn ru9_source_and_target_differ() {
    let outlook = foresee(KEEP, &[did(1, "2.14")], &[(1, there(&["2.14"], None))]);
    let refusal = outlook.refusal(env(1), env(1));
    assert_eq!(refusal, Some(CannotReuse::SameEnvironment));
}

#[test]
fn ru10_a_blocked_application_is_in_the_plan_and_does_nothing() {
    for origin in [KEEP, LATEST] {
        let mut blocked = there(&["2.14"], None);
        blocked.blocked = Some("Legal review.".to_owned());
        let outlook = foresee(origin, &[did(1, "2.14")], &[(1, blocked)]);
        let reason = "Legal review.".to_owned();
        assert_eq!(rows(&outlook), [Becomes::Blocked { reason }]);
        assert_eq!(outlook.operations()[0].choice, Choice::DoNothing);
    }
}

#[test]
fn ru12_what_may_not_be_seen_counts_as_not_there() {
    let hidden = Standing {
        in_source: false,
        ..there(&["2.14"], None)
    };
    let outlook = foresee(KEEP, &[did(1, "2.14")], &[(1, hidden)]);
    assert_eq!(rows(&outlook), [Becomes::LeftOut]);
}

#[test]
fn a_tag_that_the_target_runs_is_not_deployed_again() {
    let outlook = foresee(
        KEEP,
        &[did(1, "2.14")],
        &[(1, there(&["2.14"], Some("2.14")))],
    );
    let number = tag("2.14").1;
    assert_eq!(rows(&outlook), [Becomes::AlreadyThere { number }]);
    assert!(!outlook.rows[0].1.needs_a_look());
    assert_eq!(outlook.operations()[0].choice, Choice::DoNothing);
    // What was changed in the target since is not that tag any more.
    let mut changed = there(&["2.14"], Some("2.14"));
    changed.modified_in_target = true;
    for origin in [KEEP, LATEST] {
        let outlook = foresee(origin, &[did(1, "2.14")], &[(1, changed.clone())]);
        assert_eq!(rows(&outlook), [deploys("2.14")]);
    }
}

#[test]
fn an_application_that_was_left_alone_is_left_alone_again() {
    let alone = OriginalRow {
        application: app(1),
        tag: None,
        modules: Vec::new(),
    };
    let outlook = foresee(LATEST, &[alone], &[(1, there(&["2.14"], None))]);
    assert_eq!(rows(&outlook), [Becomes::Nothing]);
    assert_eq!(outlook.operations().len(), 1);
}

#[test]
fn a_choice_of_modules_is_kept_as_far_as_the_source_has_them() {
    let module = |n: u128| ModuleId(Uuid::from_u128(n));
    let original = OriginalRow {
        application: app(1),
        tag: None,
        modules: vec![module(1), module(2)],
    };
    let has = |modules: &[u128], blocked: Option<&str>| Standing {
        source_modules: modules.iter().map(|n| module(*n)).collect(),
        blocked: blocked.map(str::to_owned),
        ..there(&["2.0"], Some("3.0"))
    };
    let becomes = |standing: Standing| {
        let now = [(1, standing)];
        // With the tags or without: there are none.
        let all = [KEEP, LATEST, Origin::Retry].map(|how| {
            let outlook = foresee(how, std::slice::from_ref(&original), &now);
            (
                rows(&outlook).remove(0),
                outlook.operations().remove(0).choice,
            )
        });
        assert!(all[0] == all[1] && all[1] == all[2]);
        all[0].clone()
    };
    let custom = |kept: &[u128], missing| Becomes::Custom {
        modules: kept.iter().map(|n| module(*n)).collect(),
        missing,
    };
    let choice = |kept: &[u128]| Choice::DeployCustom {
        modules: kept.iter().map(|n| module(*n)).collect(),
    };
    assert_eq!(
        becomes(has(&[1, 2, 3], None)),
        (custom(&[1, 2], 0), choice(&[1, 2]))
    );
    assert_eq!(becomes(has(&[2], None)), (custom(&[2], 1), choice(&[2])));
    assert!(custom(&[2], 1).needs_a_look() && !custom(&[1, 2], 0).needs_a_look());
    assert_eq!(becomes(has(&[], None)), (custom(&[], 2), Choice::DoNothing));
    let reason = "Frozen.".to_owned();
    let blocked = (Becomes::Blocked { reason }, Choice::DoNothing);
    assert_eq!(becomes(has(&[1, 2], Some("Frozen."))), blocked);
}
