//! Plans beside each other on one target (domain.md 3.14): each rule and each message by its name.

use domain::environment::Rules;
use domain::fixtures::{landscape, plan};
use domain::impact::{CheckOptions, Finding, FindingCode, Index, check};
use domain::plan::{PlanContent, PlanStatus};
use domain::queue::{Cause, InLine, Turn, stance, turns};
use domain::repair::{ORDINARY_BUDGET, repair};
use domain::{PlanId, Timestamp, plan::Kept};
use pretty_assertions::assert_eq;
use std::sync::Arc;

/// A chain from a portal down to prices, and a module that has nothing to do with it. Plan 12 is
/// active on Quality with the prices.
pub(crate) const FACTS: &str = "\
env Development
env Quality
env Production
state pricing@1 Pricing
 offers action Quote #a
state pricing@2 Pricing
 offers action Quote #a
state orders@1 Orders
 offers action Order #a
 uses pricing@1 action Quote
state orders@2 Orders
 offers action Order #a
 uses pricing@2 action Quote
state portal@1 Portal
 uses orders@1 action Order
state portal@2 Portal
 uses orders@2 action Order
state hr@2 HR
version Pricing 1.0 = pricing@1 from Development
version Pricing 1.1 = pricing@2 from Development
version Orders 1.0 = orders@1 from Development
version Orders 1.1 = orders@2 from Development
version Portal 1.0 = portal@1 from Development
version Portal 1.1 = portal@2 from Development
version HR 1.1 = hr@2 from Development
running Development Pricing 1.1
running Development Orders 1.1
running Development Portal 1.1
running Development HR 1.1
running Quality Pricing 1.0
running Quality Orders 1.0
running Quality Portal 1.0
";
const ROUTE: &str = "from Development to Quality\n";

/// A plan from Development to Quality that does this.
pub(crate) fn content(does: &str) -> PlanContent {
    plan(&format!("{ROUTE}{does}")).unwrap()
}

fn about_others(facts: &str, deploys: &str, limit: Option<u32>) -> Vec<Finding> {
    let facts = Arc::new(landscape(&format!("{FACTS}{facts}")).unwrap());
    let content = content(deploys);
    let index = Index::new(facts, content.source, content.target).unwrap();
    let options = CheckOptions {
        parallel_limit: limit,
    };
    let report = check(&index, &content, options);
    let findings = report.findings.into_iter();
    findings.filter(|f| f.code.is_about_other_plans()).collect()
}

fn only(facts: &str, deploys: &str, limit: Option<u32>) -> (FindingCode, Vec<String>, String) {
    the_only(&about_others(facts, deploys, limit))
}

/// The only finding: its code, the path, the other plan.
pub(crate) fn the_only(findings: &[Finding]) -> (FindingCode, Vec<String>, String) {
    assert_eq!(findings.len(), 1, "{findings:?}");
    let one = findings[0].clone();
    let path = one.path.into_iter().map(String::from).collect();
    (one.code, path, one.detail.unwrap())
}

fn names(finding: &Finding) -> [String; 2] {
    [&finding.consumer, &finding.producer].map(|s| s.as_ref().unwrap().name.to_string())
}

#[test]
fn pp3_each_switch_is_its_own_and_execution_switched_off_is_one_at_a_time() {
    let off = Rules {
        parallel_execution: false,
        ..Rules::default()
    };
    let active = "active 12 Quality = hr@2";
    let (code, _, other) = only(active, "deploy Portal 1.1", Some(off.limit()));
    assert_eq!(code, FindingCode::ParallelSwitchedOff);
    assert!(other.starts_with("#12 "), "{other}");
    assert!(off.parallel_creation);
    let on = Rules::default();
    assert_eq!(
        about_others(active, "deploy Portal 1.1", Some(on.limit())),
        []
    );
}

#[test]
fn pp4_a_module_that_another_plan_deploys_or_redeploys_is_refused() {
    let (code, path, other) = only("active 12 Quality = pricing@2", "deploy Pricing 1.1", None);
    assert_eq!(code, FindingCode::ParallelSameModule);
    assert_eq!(path, ["pricing"]);
    assert!(other.starts_with("#12 "), "{other}");
    // A consumer that is only linked anew counts as well.
    let again = "deploy HR 1.1\nrepublish orders";
    let (code, ..) = only("active 12 Quality = orders@2", again, None);
    assert_eq!(code, FindingCode::ParallelSameModule);
}

#[test]
fn pp4_a_module_that_another_plan_only_links_anew_is_refused_as_well() {
    let again = "active 12 Quality = pricing@2 republishes hr";
    let (code, path, other) = only(again, "deploy HR 1.1", None);
    assert_eq!(code, FindingCode::ParallelSameModule);
    assert_eq!(path, ["hr"]);
    assert!(other.starts_with("#12 "), "{other}");
    // Where both do nothing else with it, too.
    let again = "active 12 Quality = republishes orders";
    let (code, path, _) = only(again, "deploy HR 1.1\nrepublish orders", None);
    assert_eq!(code, FindingCode::ParallelSameModule);
    assert_eq!(path, ["orders"]);
    // PP5: what is tied to it is refused, and nothing else.
    let (code, path, _) = only(again, "deploy Pricing 1.1", None);
    assert_eq!(code, FindingCode::ParallelRelatedModule);
    assert_eq!(path, ["orders", "pricing"]);
    assert_eq!(about_others(again, "deploy HR 1.1", None), []);
}

#[test]
fn pp5_a_producer_or_consumer_of_it_is_refused_directly_and_indirectly() {
    for (active, deploys, path) in [
        ("orders@2", "Pricing", &["orders", "pricing"][..]),
        ("pricing@2", "Orders", &["orders", "pricing"]),
        ("pricing@2", "Portal", &["portal", "orders", "pricing"]),
        ("portal@2", "Pricing", &["portal", "orders", "pricing"]),
    ] {
        let active = format!("active 12 Quality = {active}");
        let (code, found, _) = only(&active, &format!("deploy {deploys} 1.1"), None);
        assert_eq!(code, FindingCode::ParallelRelatedModule, "{deploys}");
        assert_eq!(found, path);
    }
}

#[test]
fn pp6_plans_to_other_targets_do_not_matter() {
    let elsewhere = "active 12 Production = pricing@2";
    assert_eq!(about_others(elsewhere, "deploy Pricing 1.1", Some(1)), []);
}

#[test]
fn pp7_only_plans_that_run_are_paused_or_are_being_stopped_hold_anything() {
    let holding: Vec<&str> = PlanStatus::ALL
        .into_iter()
        .filter(|status| status.is_active())
        .map(PlanStatus::as_str)
        .collect();
    assert_eq!(holding, ["running", "needs_intervention", "aborting"]);
}

#[test]
fn pm1_names_the_module_and_the_other_plan() {
    let findings = about_others("active 12 Quality = pricing@2", "deploy Pricing 1.1", None);
    assert_eq!(names(&findings[0]), ["pricing", "pricing"]);
    assert!(findings[0].detail.as_deref().unwrap().starts_with("#12 "));
}

#[test]
fn pm2_names_both_modules_the_path_and_the_other_plan() {
    let findings = about_others("active 12 Quality = pricing@2", "deploy Portal 1.1", None);
    assert_eq!(findings[0].code, FindingCode::ParallelRelatedModule);
    assert_eq!(names(&findings[0]), ["portal", "pricing"]);
    assert_eq!(findings[0].path, ["portal", "orders", "pricing"]);
    assert!(findings[0].detail.as_deref().unwrap().starts_with("#12 "));
}

#[test]
fn every_pair_of_modules_that_collides_is_told() {
    let active = "active 12 Quality = orders@2, pricing@2";
    let findings = about_others(active, "deploy Portal 1.1\ndeploy Orders 1.1", None);
    let told: Vec<_> = findings
        .iter()
        .map(|f| (f.code, f.path.join(" "), f.element_count))
        .collect();
    assert_eq!(
        told,
        [
            (FindingCode::ParallelSameModule, "orders".to_owned(), 2),
            (
                FindingCode::ParallelRelatedModule,
                "orders pricing".to_owned(),
                2
            ),
        ]
    );
    // Each belongs to the row that is in the way.
    assert!(findings.iter().all(|f| f.application.is_some()));
}

#[test]
fn a_fix_adds_nothing_that_another_plan_is_bringing() {
    const FEES: &str = "\
state fees@1 Fees
 offers action Fee #a
state till@1 Till
 uses fees@1 action Fee
version Fees 1.0 = fees@1 from Development
version Till 1.0 = till@1 from Development
running Development Fees 1.0
running Development Till 1.0
";
    let facts = |active: &str| Arc::new(landscape(&format!("{FACTS}{FEES}{active}")).unwrap());
    let content = content("deploy Till 1.0");
    let fixes = |active: &str| {
        let index = Index::new(facts(active), content.source, content.target).unwrap();
        let options = CheckOptions {
            parallel_limit: None,
        };
        let report = check(&index, &content, options);
        let fixes = repair(&index, &content, ORDINARY_BUDGET);
        let added = fixes.iter().any(|fix| fix.cost.added > 0);
        (added, report.missing_producers[0].moved_by.clone())
    };
    assert_eq!(fixes(""), (true, None));
    let (added, by) = fixes("active 12 Quality = fees@1");
    assert!(!added);
    assert!(by.unwrap().starts_with("#12 "));
}

#[test]
fn pm3_as_many_as_the_limit_run_already() {
    let two = "active 12 Quality = pricing@2\nactive 13 Quality = pricing@2";
    assert_eq!(about_others(two, "deploy HR 1.1", Some(3)), []);
    let (code, _, told) = only(two, "deploy HR 1.1", Some(2));
    assert_eq!(code, FindingCode::ParallelLimit);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "2");
    assert!(lines[1].starts_with("#12 ") && lines[2].starts_with("#13 "));
}

#[test]
fn pm4_where_one_runs_at_a_time_the_one_that_runs_is_named() {
    let (code, _, other) = only("active 12 Quality = pricing@2", "deploy HR 1.1", Some(1));
    assert_eq!(code, FindingCode::ParallelSwitchedOff);
    assert!(other.starts_with("#12 "), "{other}");
}

#[test]
fn pm5_nothing_is_said_where_nothing_is_in_the_way() {
    let active = "active 12 Quality = pricing@2";
    assert_eq!(about_others(active, "deploy HR 1.1", Some(5)), []);
    assert_eq!(about_others("", "deploy Pricing 1.1", Some(1)), []);
}

#[test]
fn a_plan_in_line_stands_beside_what_runs_and_behind_who_came_first() {
    let facts = format!("{FACTS}active 12 Quality = hr@2");
    let facts = Arc::new(landscape(&facts).unwrap());
    let content = |deploys: &str| content(&format!("deploy {deploys} 1.1"));
    let first = content("Pricing");
    let index = Index::new(facts, first.source, first.target).unwrap();
    let id = |n| PlanId(uuid::Uuid::from_u128(n));
    let first = stance(&index, &first, (id(1), 20, "First"), &[]);
    assert!(first.report.is_green() && first.beside.is_empty() && first.behind.is_empty());
    let ahead = [first.holds];
    let portal = stance(&index, &content("Portal"), (id(2), 21, "Second"), &ahead);
    assert_eq!((portal.beside.len(), portal.behind.len()), (0, 1));
    let (at, finding) = &portal.behind[0];
    assert_eq!((*at, finding.code), (0, FindingCode::ParallelRelatedModule));
    assert_eq!(finding.detail.as_deref(), Some("#20 First"));
    let hr = stance(&index, &content("HR"), (id(3), 22, "Third"), &ahead);
    assert_eq!((hr.beside.len(), hr.behind.len()), (1, 0));
    assert_eq!(hr.beside[0].1.code, FindingCode::ParallelSameModule);
    // What concerns other plans is not what is wrong with this one.
    assert!(hr.report.is_green(), "{:?}", hr.report.findings);
    let line = [
        InLine::default(),
        InLine {
            beside: Vec::new(),
            behind: vec![0],
        },
        InLine {
            beside: vec![0],
            behind: Vec::new(),
        },
    ];
    let active = [domain::queue::Active { has_slot: true }];
    assert_eq!(
        turns(&active, 5, &line),
        [
            Turn::Start,
            Turn::Wait(vec![Cause::Ahead(0)]),
            Turn::Wait(vec![Cause::Active(0)])
        ]
    );
}

#[test]
fn prepared_packages_are_kept_four_days_by_default() {
    let kept = Kept::from(Timestamp(0), Rules::default().keep_hours);
    assert_eq!(kept.until, Timestamp(96 * 3_600_000));
}
