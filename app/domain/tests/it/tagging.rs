//! Repairs that need a tag: no tagged version of a producer would do, what the source runs would.

use domain::fixtures::{landscape, plan};
use domain::impact::{CheckOptions, Index, Repair, RepairChange, Report, check};
use domain::plan::{Choice, PlanContent};
use domain::repair::{ORDINARY_BUDGET, repair};
use pretty_assertions::assert_eq;
use std::sync::Arc;

/// Orders 2.1 was made with what Pricing became after its tag, and that with what Tax became.
const SHOP: &str = "
env Development development
env Quality
state tax@1 Tax
  offers service Vat(in amount!)
state tax@2 Tax
  offers service Vat(in amount!)
  offers service Duty(in amount!)
state pricing@1 Pricing
  offers service Rate(in currency!)
state pricing@2 Pricing
  offers service Rate(in currency!)
  offers service Discount(in customer!)
  uses tax@2 service Duty
state orders@1 Orders
  uses pricing@1 service Rate
state orders@2 Orders
  uses pricing@2 service Discount
version Tax 3.0 = tax@1 from Development, Quality
version Pricing 1.3 = pricing@1 from Development, Quality
version Orders 2.0 = orders@1 from Development, Quality
version Orders 2.1 = orders@2
running Development Tax 3.0+ = tax@2
running Development Pricing 1.3+ = pricing@2
running Development Orders 2.1
running Quality Tax 3.0
running Quality Pricing 1.3
running Quality Orders 2.0
";

fn looked_at(facts: &str, content: &PlanContent) -> (Report, Vec<Repair>) {
    let facts = Arc::new(landscape(facts).unwrap());
    let index = Index::new(facts, content.source, content.target).unwrap();
    let options = CheckOptions {
        parallel_limit: None,
    };
    let report = check(&index, content, options);
    (report, repair(&index, content, ORDINARY_BUDGET))
}

fn tag_of(report: &Report) -> Option<String> {
    report.missing_producers[0].tag.map(|n| n.to_string())
}

#[test]
fn what_the_source_runs_now_is_tagged_where_no_tagged_version_would_do() {
    let content = plan("deploy Orders 2.1").unwrap();
    let (report, repairs) = looked_at(SHOP, &content);
    assert_eq!(report.missing_producers[0].lowest, None);
    assert_eq!(tag_of(&report).as_deref(), Some("1.4"));
    // What is tagged needs another one in turn.
    let best = &repairs[0];
    let steps: Vec<_> = best
        .steps
        .iter()
        .map(|step| match &step.change {
            RepairChange::Tag { number } => format!("{} {number}", step.name),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(steps, ["Pricing 1.4", "Tax 3.1"]);
    assert_eq!(
        best.steps[0].because,
        "orders uses pricing.Discount, which no tagged version of Pricing offers in that form; \
         what the source runs now does"
    );
    assert_eq!((best.cost.added, best.remaining_errors), (2, 0));
    assert!(!best.exact);
    let (after, none) = looked_at(SHOP, &best.content);
    assert!(after.is_green() && none.is_empty(), "{:?}", after.findings);
    // Leaving out stays an alternative, never the default.
    assert!(repairs[1..].iter().all(|other| other.cost.left_out > 0));
}

#[test]
fn a_row_that_the_plan_has_is_tagged_instead() {
    let content = plan("deploy Orders 2.1\nnothing Pricing").unwrap();
    let (_, repairs) = looked_at(SHOP, &content);
    let best = &repairs[0];
    assert_eq!((best.cost.added, best.cost.changed), (1, 1));
    assert_eq!(best.content.operations.len(), 3);
    let pricing = &best.content.operations[1];
    assert!(matches!(pricing.choice, Choice::TagAndDeploy { .. }));
}

#[test]
fn a_tagged_version_that_does_comes_first() {
    let facts = format!("{SHOP}version Pricing 1.4 = pricing@2\nversion Tax 3.1 = tax@2\n");
    let content = plan("deploy Orders 2.1").unwrap();
    let (report, repairs) = looked_at(&facts, &content);
    assert_eq!(tag_of(&report), None);
    let tags = |repair: &Repair| {
        let mut steps = repair.steps.iter();
        steps.any(|step| matches!(step.change, RepairChange::Tag { .. }))
    };
    assert!(repairs[0].exact && !repairs.iter().any(tags), "{repairs:?}");
}

#[test]
fn nothing_is_tagged_that_may_not_be_or_would_not_do() {
    let content = plan("deploy Orders 2.1").unwrap();
    for (facts, why) in [
        (
            SHOP.replace("state tax@1", "app Pricing no-tag\nstate tax@1"),
            "no right to tag",
        ),
        (
            SHOP.replace("state tax@1", "app Pricing no-deploy\nstate tax@1"),
            "no right to deploy",
        ),
        (
            SHOP.replace("state tax@1", "app Pricing blocked=Quality\nstate tax@1"),
            "blocked",
        ),
        (
            SHOP.replace("Pricing 1.3+ = pricing@2", "Pricing 1.3+ = pricing@1"),
            "the source does not have it either",
        ),
    ] {
        let (report, repairs) = looked_at(&facts, &content);
        let tag = report.missing_producers.iter().find_map(|m| m.tag);
        assert_eq!(tag, None, "{why}");
        assert!(
            repairs
                .iter()
                .all(|r| r.cost.left_out > 0 || r.remaining_errors > 0),
            "{why}"
        );
    }
}
