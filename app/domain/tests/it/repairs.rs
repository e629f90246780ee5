//! Repair against every possible combination of versions.

use crate::oracle;
use crate::properties::{OPTIONS, case};
use domain::fixtures::{Size, random, random_plan};
use domain::impact::{FindingCode, Index, Repair, RepairChange, Severity, check};
use domain::landscape::Landscape;
use domain::plan::{Choice, Operation, PlanContent, PlanKind};
use domain::repair::{ORDINARY_BUDGET, repair};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::sync::Arc;

/// Whether other versions could settle this finding.
fn repairable(plain: &oracle::Plain) -> bool {
    plain.severity == Severity::Error
        && !matches!(
            plain.code,
            FindingCode::NoRightToDeploy
                | FindingCode::NoRightToTag
                | FindingCode::TagNumberUnusable
                | FindingCode::ApplicationBlocked
                | FindingCode::EmptyPlan
                | FindingCode::TargetUnreachable
                | FindingCode::EnvironmentInMaintenance
                | FindingCode::SameEnvironment
        )
}

fn is_green(landscape: &Landscape, plan: &PlanContent) -> bool {
    !oracle::expected(landscape, plan).iter().any(repairable)
}

/// What a repair costs: as in the decisions, then the versions passed over, then names.
type Cost = (usize, usize, usize, Vec<(String, usize)>, Vec<usize>);

/// The versions an application may get, lowest first.
fn choices(
    landscape: &Landscape,
    plan: &PlanContent,
    application: usize,
    lower: bool,
) -> Vec<usize> {
    let at = |id| {
        landscape
            .environments
            .iter()
            .position(|e| e.id == id)
            .unwrap()
    };
    let (source, target) = (at(plan.source), at(plan.target));
    let facts = &landscape.applications[application];
    if !facts.may_deploy || facts.blocked.iter().any(|b| b.0 as usize == target) {
        return Vec::new();
    }
    let running = landscape
        .running
        .iter()
        .find(|r| r.environment as usize == target && r.application as usize == application);
    let now = running
        .and_then(|r| r.base)
        .map(|b| landscape.versions[b as usize].number);
    let base = running.and_then(|r| r.base);
    let unchanged = running.is_some_and(|r| !r.modified && !r.changed_outside);
    let picture = oracle::picture(landscape, plan);
    let row = picture.rows.iter().find(|r| r.application == application);
    // What single modules are taken of is no version that others could be below.
    let chosen = row
        .filter(|r| !r.part)
        .and_then(|r| r.number)
        .filter(|_| !lower);
    let versions = landscape.versions.iter().enumerate().filter(|(_, v)| {
        v.application as usize == application
            && v.eligible.iter().any(|e| *e as usize == source)
            && (plan.kind != PlanKind::Ordinary || now.is_none_or(|now| v.number >= now))
    });
    // What another plan is bringing there now is not added to this one.
    let id = landscape.applications[application].id;
    let adds = plan.operations.iter().all(|o| o.application != id);
    let module = |state: &u32| landscape.module_versions[*state as usize].module;
    let moving = |state: &u32| {
        let plans = landscape.active_plans.iter();
        let mut here =
            plans.filter(|p| landscape.environments[p.target as usize].id == plan.target);
        here.any(|p| {
            p.modules.contains(&module(state))
                || p.brings.iter().any(|b| module(b) == module(state))
        })
    };
    versions
        .filter(|(_, v)| !(adds && v.modules.iter().any(moving)))
        .filter(|(i, _)| !(unchanged && base == Some(*i as u32)))
        .filter(|(_, v)| chosen.is_none_or(|chosen| v.number > chosen))
        .map(|(i, _)| i)
        .collect()
}

/// The best of all combinations, by trying each.
fn best(landscape: &Landscape, plan: &PlanContent, lower: bool) -> Option<PlanContent> {
    let count = landscape.applications.len();
    let options: Vec<Vec<usize>> = (0..count)
        .map(|a| choices(landscape, plan, a, lower))
        .collect();
    let mut pick = vec![0; count];
    let mut best: Option<(Cost, PlanContent)> = None;
    loop {
        if let Some((cost, content)) = combination(landscape, plan, &options, &pick)
            && best.as_ref().is_none_or(|(known, _)| cost < *known)
            && is_green(landscape, &content)
        {
            best = Some((cost, content));
        }
        let Some(next) = (0..count).find(|a| pick[*a] < options[*a].len()) else {
            return best.map(|(_, content)| content);
        };
        pick[next] += 1;
        pick[..next].fill(0);
    }
}

fn combination(
    landscape: &Landscape,
    plan: &PlanContent,
    options: &[Vec<usize>],
    pick: &[usize],
) -> Option<(Cost, PlanContent)> {
    let mut content = plan.clone();
    let mut cost: Cost = (0, 0, 0, Vec::new(), Vec::new());
    let mut order: Vec<usize> = (0..pick.len()).filter(|a| pick[*a] > 0).collect();
    order.sort_by_key(|a| (landscape.applications[*a].name.to_ascii_lowercase(), *a));
    for a in order {
        let facts = &landscape.applications[a];
        let rank = pick[a] - 1;
        let choice = Choice::Deploy {
            version: landscape.versions[options[a][rank]].id,
        };
        cost.2 += rank;
        cost.3.push((facts.name.to_ascii_lowercase(), a));
        cost.4.push(rank);
        match content
            .operations
            .iter_mut()
            .find(|o| o.application == facts.id)
        {
            Some(operation) if operation.choice == choice => return None,
            Some(operation) => {
                cost.1 += 1;
                operation.choice = choice;
            }
            None => {
                cost.0 += 1;
                content.operations.push(Operation {
                    application: facts.id,
                    choice,
                });
            }
        }
    }
    Some((cost, content))
}

/// The fewest rows without which the plan is green, at least one row staying.
fn fewest_left_out(landscape: &Landscape, plan: &PlanContent) -> Option<usize> {
    let rows: Vec<usize> = (0..plan.operations.len())
        .filter(|i| plan.operations[*i].choice != Choice::DoNothing)
        .collect();
    let subsets = 0_u32..1 << rows.len();
    let green = subsets.filter(|set| {
        let mut content = plan.clone();
        for (bit, row) in rows.iter().enumerate() {
            if set & (1 << bit) != 0 {
                content.operations[*row].choice = Choice::DoNothing;
            }
        }
        is_green(landscape, &content)
    });
    green.map(|set| set.count_ones() as usize).min()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::soaked(600), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn repair_is_the_smallest_of_all_combinations(seed in any::<u64>(), applications in 2_usize..5) {
        let (landscape, plan) = case(seed, applications);
        if plan.source == plan.target {
            return Ok(());
        }
        let index = Index::new(Arc::clone(&landscape), plan.source, plan.target).unwrap();
        let repairs = repair(&index, &plan, 100_000);
        if is_green(&landscape, &plan) {
            prop_assert!(repairs.is_empty());
            return Ok(());
        }
        let mut expected: Vec<PlanContent> = Vec::new();
        expected.extend(best(&landscape, &plan, false));
        expected.extend(best(&landscape, &plan, true));
        expected.dedup();
        let tags = |r: &Repair| r.steps.iter().any(|s| matches!(s.change, RepairChange::Tag { .. }));
        let before = check(&index, &plan, OPTIONS).count(Severity::Error);
        for repair in repairs.iter().filter(|r| tags(r)) {
            prop_assert!(!repair.exact && (repair.remaining_errors as usize) < before);
        }
        let by_versions = repairs.iter().filter(|r| r.cost.left_out == 0 && !tags(r));
        let settled: Vec<_> = by_versions.filter(|r| is_green(&landscape, &r.content)).collect();
        let found: Vec<PlanContent> = settled.iter().map(|r| r.content.clone()).collect();
        prop_assert!(settled.iter().all(|r| r.exact));
        assert_eq!(&found, &expected);
        if !expected.is_empty() {
            assert_eq!(&repairs[0].content, &expected[0]);
        }
        for repair in &repairs {
            for step in &repair.steps {
                prop_assert!(!step.because.is_empty());
                let is_left_out = step.change == RepairChange::LeaveOut;
                prop_assert_eq!(is_left_out, repair.cost.left_out > 0);
            }
        }
    }

    #[test]
    fn leaving_out_takes_the_fewest_rows(seed in any::<u64>()) {
        let (landscape, plan) = case(seed, 6);
        if plan.source == plan.target || is_green(&landscape, &plan) {
            return Ok(());
        }
        let index = Index::new(Arc::clone(&landscape), plan.source, plan.target).unwrap();
        let repairs = repair(&index, &plan, 20_000);
        let found = repairs.iter().find(|r| r.cost.left_out > 0);
        let rows = plan.operations.iter().filter(|o| o.choice != Choice::DoNothing).count();
        let fewest = fewest_left_out(&landscape, &plan).filter(|n| *n < rows);
        prop_assert_eq!(found.map(|r| r.cost.left_out as usize), fewest);
    }
}

#[test]
fn a_large_plan_is_repaired_within_the_ordinary_budget() {
    let size = Size {
        applications: 150,
        modules: 400,
        references: 3_000,
    };
    let mut settled = 0;
    for seed in 0..12 {
        let landscape = Arc::new(random(seed, size).unwrap());
        let plan = random_plan(&landscape, seed, 40);
        let index = Index::new(Arc::clone(&landscape), plan.source, plan.target).unwrap();
        let repairs = repair(&index, &plan, ORDINARY_BUDGET);
        if is_green(&landscape, &plan) {
            assert!(repairs.is_empty());
        } else if is_green(&landscape, &repairs[0].content) {
            settled += 1;
            assert!(repairs[0].exact, "seed {seed}: {:?}", repairs[0].cost);
        } else {
            // What is broken in the source itself cannot be settled; the rest is.
            let before = check(&index, &plan, OPTIONS).count(Severity::Error);
            assert!(
                (repairs[0].remaining_errors as usize) < before,
                "seed {seed}"
            );
        }
    }
    assert!(settled >= 3, "{settled} settled");
}
