//! What is said of other plans that are in the way.

use super::{content, finding, id, setting};
use crate::components::findings::{Remedy, further, remedies, sentence};
use domain::impact::{Finding, FindingCode, MissingProducer, Report};

#[test]
fn another_plan_is_named_and_can_be_opened() {
    let mut found = finding(FindingCode::ParallelSameModule);
    found.detail = Some("#1852 Broker Portal 3.8 to Quality".to_owned());
    let words = sentence(&found, &setting());
    assert!(
        words
            .facts
            .starts_with("Plan #1852 Broker Portal 3.8 to Quality brings")
    );
    let offers = remedies(&found, &Report::default(), &content());
    assert_eq!(offers[0].remedy, Remedy::OpenPlan(1852));
    assert_eq!(offers[1].remedy, Remedy::LeaveOut(id(1)));
}

#[test]
fn a_plan_ahead_in_line_is_named_and_the_way_is_to_stand_behind_it() {
    let found = |path: &[&str]| Finding {
        path: path.iter().map(|name| (*name).into()).collect(),
        detail: Some("#12 Claims to Quality".to_owned()),
        ..finding(FindingCode::AheadInLine)
    };
    let same = found(&["RatingEngine_Core"]);
    let words = sentence(&same, &setting());
    assert_eq!(words.title, "#12 waits in line for the same module");
    assert_eq!(
        words.facts,
        "Plan #12 Claims to Quality brings RatingEngine_Core of Rating Engine to Quality when it is its turn. Starting now would overtake it; Start when free puts this plan behind it."
    );
    let related = sentence(
        &found(&["RatingEngine_Core", "DocumentVault_API"]),
        &setting(),
    );
    assert!(
        related
            .facts
            .contains("brings DocumentVault_API, which is bound to RatingEngine_Core"),
        "{}",
        related.facts
    );
    let slot = sentence(&found(&[]), &setting());
    assert_eq!(
        slot.title,
        "The free slots of Quality are kept for plans in line"
    );
    let report = Report {
        findings: vec![same.clone()],
        ..Report::default()
    };
    let offers = |report: &Report| -> Vec<Remedy> {
        let offers = remedies(&same, report, &content()).into_iter();
        offers.map(|offer| offer.remedy).collect()
    };
    assert_eq!(
        offers(&report),
        [Remedy::StartWhenFree, Remedy::OpenPlan(12)]
    );
    // Where something else is wrong with the plan it cannot wait either.
    let mut worse = report;
    worse.findings.push(finding(FindingCode::NameCollision));
    assert_eq!(offers(&worse)[0], Remedy::OpenPlan(12));
}

#[test]
fn where_one_plan_runs_at_a_time_that_one_can_be_opened() {
    let mut found = finding(FindingCode::ParallelSwitchedOff);
    found.detail = Some("#1852 Broker Portal 3.8 to Quality".to_owned());
    let words = sentence(&found, &setting());
    assert_eq!(words.title, "Quality takes one plan at a time");
    assert!(
        words
            .facts
            .starts_with("Plan #1852 Broker Portal 3.8 to Quality runs there")
    );
    let offers = remedies(&found, &Report::default(), &content());
    assert_eq!(offers.len(), 1);
    assert_eq!(offers[0].remedy, Remedy::OpenPlan(1852));
}

#[test]
fn what_another_plan_is_bringing_is_not_added_but_opened() {
    let report = Report {
        missing_producers: vec![MissingProducer {
            application: id(2),
            name: "Document Vault".to_owned(),
            in_target: None,
            lowest: Some((id(5), "4.2".parse().expect("a number"))),
            newest: None,
            tag: None,
            moved_by: Some("#1852 Document Vault 4.2 to Quality".to_owned()),
            because: Vec::new(),
        }],
        ..Report::default()
    };
    let offers = remedies(
        &finding(FindingCode::ProducerElementMissing),
        &report,
        &content(),
    );
    assert_eq!(offers[0].remedy, Remedy::OpenPlan(1852));
}

#[test]
fn who_holds_the_slots_is_named_and_can_be_opened() {
    let found = Finding {
        detail: Some("3\n#12 First\n#13 Second\n#14 Third".to_owned()),
        ..finding(FindingCode::ParallelLimit)
    };
    let words = sentence(&found, &setting());
    assert!(
        words
            .facts
            .starts_with("3 plans may run there at a time. Now: #12 First, #13 Second, #14 Third."),
        "{}",
        words.facts
    );
    let offers = remedies(&found, &Report::default(), &content());
    let opened: Vec<_> = offers.into_iter().map(|offer| offer.remedy).collect();
    assert_eq!(opened, [Remedy::OpenPlan(12), Remedy::OpenPlan(13)]);
    let rest = further(&found);
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].offers[0].remedy, Remedy::OpenPlan(14));
}
