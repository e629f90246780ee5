//! Plans that wait in line are not overtaken, and whoever would is told before: by the check that
//! the page shows as well as by the start.

use crate::parallel::{FACTS, the_only};
use crate::properties::{OPTIONS, case};
use domain::PlanId;
use domain::fixtures::{chaotic_plan, landscape};
use domain::impact::{CheckOptions, Finding, FindingCode, Index, check_behind};
use domain::landscape::SliceSize;
use domain::plan::PlanContent;
use domain::queue::{Waiting, stance};
use pretty_assertions::assert_eq;
use std::sync::Arc;
use uuid::Uuid;

fn content(deploys: &str) -> PlanContent {
    crate::parallel::content(&format!("deploy {deploys}"))
}

/// The plans as they stand in line, first come first, numbered from 20.
fn line(index: &Index, plans: &[PlanContent]) -> Vec<Waiting> {
    let mut line: Vec<Waiting> = Vec::new();
    for (plan, number) in plans.iter().zip(20..) {
        let ahead: Vec<_> = line.iter().map(|one| one.holds.clone()).collect();
        let id = PlanId(Uuid::from_u128(u128::from(number)));
        line.push(stance(index, plan, (id, number, "Earlier"), &ahead).waiting());
    }
    line
}

/// What is said of other plans when a plan that deploys this wants to start while `earlier` wait.
fn told(active: &str, earlier: &[&str], deploys: &str, limit: u32) -> Vec<Finding> {
    let facts = Arc::new(landscape(&format!("{FACTS}{active}")).unwrap());
    let plan = content(deploys);
    let index = Index::new(facts, plan.source, plan.target).unwrap();
    let earlier: Vec<PlanContent> = earlier.iter().map(|deploys| content(deploys)).collect();
    let options = CheckOptions {
        parallel_limit: Some(limit),
    };
    let report = check_behind(&index, &plan, options, &line(&index, &earlier));
    assert_eq!(report.may_wait(), !report.findings.is_empty(), "{report:?}");
    report.findings
}

/// The only one: its code, its path, the other plan.
fn only(
    active: &str,
    earlier: &[&str],
    deploys: &str,
    limit: u32,
) -> (FindingCode, Vec<String>, String) {
    the_only(&told(active, earlier, deploys, limit))
}

/// Plan 12 runs, so that what brings HR waits for it.
const RUNS: &str = "active 12 Quality = hr@2\n";

#[test]
fn the_same_module_in_line_comes_first() {
    let (code, path, other) = only("", &["Pricing 1.1"], "Pricing 1.1", 5);
    assert_eq!(code, FindingCode::AheadInLine);
    assert_eq!(
        (path, other),
        (vec!["pricing".to_owned()], "#20 Earlier".to_owned())
    );
    assert!(code.is_about_other_plans() && !code.is_overridable());
}

#[test]
fn pp4_a_module_that_one_in_line_would_only_link_anew_comes_first() {
    let earlier = ["HR 1.1\nrepublish orders"];
    let (code, path, other) = only("", &earlier, "Orders 1.1", 5);
    assert_eq!(code, FindingCode::AheadInLine);
    assert_eq!(
        (path, other),
        (vec!["orders".to_owned()], "#20 Earlier".to_owned())
    );
}

#[test]
fn a_related_module_in_line_comes_first_and_the_path_is_told() {
    let (code, path, other) = only("", &["HR 1.1", "Pricing 1.1"], "Orders 1.1", 5);
    assert_eq!(code, FindingCode::AheadInLine);
    assert_eq!(
        (path.join(" "), other),
        ("orders pricing".to_owned(), "#21 Earlier".to_owned())
    );
}

#[test]
fn slots_that_are_free_are_kept_for_the_line() {
    // Two that are free to start take both slots.
    let (code, path, other) = only("", &["HR 1.1", "Pricing 1.1"], "Orders 1.1", 2);
    assert_eq!(
        (code, path.len(), other),
        (FindingCode::AheadInLine, 2, "#21 Earlier".to_owned())
    );
    let (code, path, other) = only("", &["HR 1.1"], "Orders 1.1", 1);
    assert_eq!(
        (code, path.len(), other),
        (FindingCode::AheadInLine, 0, "#20 Earlier".to_owned())
    );
}

#[test]
fn who_delays_nobody_in_line_is_told_nothing() {
    assert_eq!(told("", &[], "Pricing 1.1", 1), []);
    assert_eq!(told("", &["HR 1.1"], "Pricing 1.1", 2), []);
    // The first one waits for what runs and gets its slot.
    assert_eq!(told(RUNS, &["HR 1.1"], "Pricing 1.1", 2), []);
}

#[test]
fn slots_in_use_are_told_once_and_not_as_kept_for_the_line() {
    let (code, ..) = only(RUNS, &["HR 1.1"], "Pricing 1.1", 1);
    assert_eq!(code, FindingCode::ParallelSwitchedOff);
}

/// The browser knows a slice of it, with positions of its own: it says what the start will say.
#[test]
fn a_slice_tells_of_the_line_what_the_whole_landscape_tells() {
    let mut found = 0;
    for seed in 0..u64::from(crate::soaked(1_000)) {
        let (landscape, mut plan) = case(seed, 3 + usize::try_from(seed % 6).unwrap());
        plan.republish.clear();
        let index = Index::new(Arc::clone(&landscape), plan.source, plan.target).unwrap();
        let earlier: Vec<PlanContent> = (1..=seed % 4)
            .map(|n| PlanContent {
                source: plan.source,
                target: plan.target,
                ..chaotic_plan(&landscape, seed + 1_000 * n)
            })
            .collect();
        let line = line(&index, &earlier);
        let whole = check_behind(&index, &plan, OPTIONS, &line);
        let applications: Vec<_> = plan.operations.iter().map(|o| o.application).collect();
        let slice = landscape
            .slice_within(
                plan.source,
                plan.target,
                &applications,
                &line,
                SliceSize::BROWSER,
            )
            .unwrap();
        let index = Index::new(Arc::new(slice.landscape), plan.source, plan.target).unwrap();
        let sliced = check_behind(&index, &plan, OPTIONS, &slice.line);
        assert_eq!(sliced.findings, whole.findings, "seed {seed}");
        let ahead = |f: &&Finding| f.code == FindingCode::AheadInLine;
        found += whole.findings.iter().filter(ahead).count();
    }
    assert!(found > 200, "{found}");
}
