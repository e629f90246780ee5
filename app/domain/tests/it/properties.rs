//! Check, waves and conflicts against oracles, on small chaotic factories.

use crate::oracle::{self, Plain};
use domain::fixtures::{chaotic, chaotic_plan};
use domain::impact::{CheckOptions, Finding, FindingCode, Index, Report, check};
use domain::landscape::Landscape;
use domain::plan::{Choice, Operation, PlanContent, PlanKind};
use domain::repair::{ORDINARY_BUDGET, repair};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub const OPTIONS: CheckOptions = CheckOptions {
    parallel_limit: Some(2),
};

pub fn case(seed: u64, applications: usize) -> (Arc<Landscape>, PlanContent) {
    let landscape = chaotic(seed, applications).unwrap();
    let plan = chaotic_plan(&landscape, seed);
    (Arc::new(landscape), plan)
}

pub fn report(landscape: &Arc<Landscape>, plan: &PlanContent) -> Report {
    let index = Index::new(Arc::clone(landscape), plan.source, plan.target).unwrap();
    check(&index, plan, OPTIONS)
}

/// A finding as the oracle writes it.
fn plain(finding: &Finding) -> Option<Plain> {
    let mut plain = Plain {
        severity: finding.severity,
        code: finding.code,
        application: finding.application.map(|a| a.to_string()),
        consumer: finding.consumer.as_ref().map(|s| s.module),
        producer: finding.producer.as_ref().map(|s| s.module.to_string()),
        elements: finding.element_count as usize,
    };
    match finding.code {
        code if code.is_about_other_plans() => return None,
        FindingCode::ModulesRemoved => plain.elements = 0,
        FindingCode::NameCollision | FindingCode::PathCollision => {
            plain.application = None;
            plain.consumer = None;
            plain.producer = None;
        }
        FindingCode::TargetBroken | FindingCode::NewerProducerAvailable => {
            plain.producer = finding.producer.as_ref().map(|s| s.application.to_string());
            plain.consumer = None;
            plain.elements = 0;
            if finding.code == FindingCode::TargetBroken {
                plain.application = None;
            }
        }
        _ => {}
    }
    Some(plain)
}

/// Findings of two modules that do not refer to each other.
const fn is_about_names(code: FindingCode) -> bool {
    matches!(
        code,
        FindingCode::ModuleMoved | FindingCode::NameCollision | FindingCode::PathCollision
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::soaked(3_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn check_finds_what_the_oracle_finds(seed in any::<u64>(), applications in 2_usize..7) {
        let (landscape, plan) = case(seed, applications);
        let found: BTreeSet<Plain> =
            report(&landscape, &plan).findings.iter().filter_map(plain).collect();
        assert_eq!(found, oracle::expected(&landscape, &plan));
    }

    #[test]
    fn who_prepares_for_others_finds_what_they_find(seed in any::<u64>(), applications in 2_usize..7) {
        let (landscape, plan) = case(seed, applications);
        let with = |rights: bool| {
            let mut own = Landscape { prepares: !rights, ..(*landscape).clone() };
            for application in &mut own.applications {
                application.may_tag = rights;
                application.may_deploy = rights;
            }
            Arc::new(own)
        };
        let (mine, theirs) = (report(&with(false), &plan), report(&with(true), &plan));
        let is_right = |found: &&Finding| found.code.is_about_person();
        let rest: Vec<_> = mine.findings.iter().filter(|f| !is_right(f)).collect();
        assert_eq!(rest, theirs.findings.iter().collect::<Vec<_>>());
        // Once each, about no application, and only where there is something to do.
        let mut rights: Vec<_> = mine.findings.iter().filter(is_right).collect();
        assert!(rights.iter().all(|found| found.application.is_none()));
        let deploys = plan.operations.iter().any(|o| o.choice != Choice::DoNothing);
        let tags = |o: &Operation| matches!(o.choice, Choice::TagAndDeploy { .. });
        let tags = plan.operations.iter().any(tags);
        let alike = plan.source == plan.target && plan.kind != PlanKind::Rollback;
        let mut due = Vec::new();
        due.extend((deploys || !plan.republish.is_empty()).then_some(FindingCode::NoRightToDeploy));
        due.extend(tags.then_some(FindingCode::NoRightToTag));
        due.retain(|_| !alike);
        rights.sort();
        assert_eq!(rights.iter().map(|found| found.code).collect::<Vec<_>>(), due);
        assert_eq!(mine.missing_producers, theirs.missing_producers);
        assert!(mine.outdated_consumers.iter().all(|consumer| !consumer.allowed));
        let repaired = |landscape: Arc<Landscape>| {
            let index = Index::new(landscape, plan.source, plan.target).unwrap();
            let repairs = repair(&index, &plan, ORDINARY_BUDGET);
            repairs.into_iter().map(|repair| repair.steps).collect::<Vec<_>>()
        };
        assert_eq!(repaired(with(false)), repaired(with(true)));
    }

    #[test]
    fn a_check_leaves_no_trace_in_the_next(seed in any::<u64>()) {
        let (landscape, first) = case(seed, 5);
        let second = chaotic_plan(&landscape, seed.wrapping_add(1));
        let index = Index::new(Arc::clone(&landscape), first.source, first.target).unwrap();
        let alone = check(&index, &first, OPTIONS);
        let other = check(&index, &second, OPTIONS);
        assert_eq!(&check(&index, &first, OPTIONS), &alone);
        assert_eq!(&report(&landscape, &second), &other);
    }

    #[test]
    fn findings_name_whole_paths(seed in any::<u64>()) {
        let (landscape, plan) = case(seed, 6);
        // Which module refers to which in any state, under whatever names: a step that is in none is
        // invented.
        let picture = oracle::picture(&landscape, &plan);
        let mut names = vec![BTreeSet::new(); landscape.modules.len()];
        for (module, own) in landscape.modules.iter().zip(&mut names) {
            own.insert(&*module.name);
        }
        for version in &landscape.module_versions {
            names[version.module as usize].insert(&*version.name);
        }
        let mut edges = BTreeSet::new();
        for version in 0..landscape.module_versions.len() {
            let own = landscape.module_versions[version].module as usize;
            for (_, producer) in picture.needs(version) {
                let pairs = names[own].iter().flat_map(|a| names[producer].iter().map(move |b| (*a, *b)));
                edges.extend(pairs);
            }
        }
        for finding in report(&landscape, &plan).findings {
            if let (Some(consumer), Some(producer)) = (&finding.consumer, &finding.producer)
                && !is_about_names(finding.code)
            {
                assert_eq!(Some(&consumer.name), finding.path.first(), "{finding:?}");
                assert_eq!(Some(&producer.name), finding.path.last(), "{finding:?}");
            }
            for pair in finding.path.windows(2) {
                let pair = (&*pair[0], &*pair[1]);
                assert!(edges.contains(&pair), "{pair:?} of {finding:?}");
            }
            prop_assert!(finding.elements.len() <= domain::impact::MAX_NAMED);
            prop_assert!(finding.elements.len() <= finding.element_count as usize);
        }
    }

    #[test]
    fn waves_are_the_longest_paths_between_cycles(
        edges in prop::collection::vec((0_usize..9, 0_usize..9), 0..25),
    ) {
        let mut producers = vec![Vec::new(); 9];
        for (consumer, producer) in &edges {
            producers[*consumer].push(*producer);
        }
        assert_eq!(domain::order::waves(&producers), slow_waves(&producers));
    }

    #[test]
    fn waves_hold_the_modules_of_the_plan_producers_first(seed in any::<u64>()) {
        let (landscape, plan) = case(seed, 6);
        if plan.source == plan.target {
            return Ok(());
        }
        let picture = oracle::picture(&landscape, &plan);
        let mut modules: Vec<usize> =
            picture.after.keys().copied().filter(|m| picture.brought(*m)).collect();
        modules.extend(&picture.republish);
        let place: BTreeMap<usize, usize> =
            modules.iter().enumerate().map(|(i, m)| (*m, i)).collect();
        let producers: Vec<Vec<usize>> = modules
            .iter()
            .map(|m| {
                let (_, version) = picture.after[m];
                let needs = picture.needs(version);
                needs.iter().filter_map(|(_, p)| place.get(p).copied()).collect()
            })
            .collect();
        let expected: Vec<BTreeSet<_>> = slow_waves(&producers)
            .iter()
            .map(|wave| wave.iter().map(|n| landscape.modules[modules[*n]].id).collect())
            .collect();
        let waves = report(&landscape, &plan).waves;
        for wave in &waves {
            let names: Vec<String> =
                wave.modules.iter().map(|m| m.name.to_ascii_lowercase()).collect();
            prop_assert!(names.is_sorted());
        }
        let found: Vec<BTreeSet<_>> = waves
            .iter()
            .map(|wave| wave.modules.iter().map(|m| m.module).collect())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn conflicts_are_what_reachability_says(seed in any::<u64>()) {
        let (landscape, plan) = case(seed, 6);
        if plan.source == plan.target {
            return Ok(());
        }
        let found: BTreeSet<(FindingCode, String)> = report(&landscape, &plan)
            .findings
            .iter()
            .filter(|f| matches!(
                f.code,
                FindingCode::ParallelSameModule | FindingCode::ParallelRelatedModule
            ))
            .map(|f| (f.code, f.detail.clone().unwrap()))
            .collect();
        assert_eq!(found, slow_conflicts(&landscape, &plan));
    }
}

/// Waves by the definition: nodes that reach each other are one; a wave is the length of the
/// longest way down.
fn slow_waves(producers: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let n = producers.len();
    let mut reach = vec![vec![false; n]; n];
    for (i, list) in producers.iter().enumerate() {
        for p in list {
            reach[i][*p] = true;
        }
    }
    for k in 0..n {
        for i in 0..n {
            for j in 0..n {
                reach[i][j] |= reach[i][k] && reach[k][j];
            }
        }
    }
    let mut level = vec![0; n];
    for _ in 0..n {
        for i in 0..n {
            for j in 0..n {
                let together = reach[j][i];
                if reach[i][j] && together {
                    level[i] = level[i].max(level[j]);
                } else if reach[i][j] {
                    level[i] = level[i].max(level[j] + 1);
                }
            }
        }
    }
    let count = level.iter().max().map_or(0, |l| l + 1);
    (0..count)
        .map(|l| (0..n).filter(|i| level[*i] == l).collect())
        .collect()
}

fn slow_conflicts(landscape: &Landscape, plan: &PlanContent) -> BTreeSet<(FindingCode, String)> {
    let picture = oracle::picture(landscape, plan);
    let mut own: BTreeSet<usize> = picture.republish.clone();
    own.extend(picture.after.keys().filter(|m| picture.brought(**m)));
    own.extend(
        picture
            .before
            .keys()
            .filter(|m| !picture.after.contains_key(m)),
    );
    let active: Vec<_> = landscape
        .active_plans
        .iter()
        .filter(|p| Some(p.target as usize) == picture.target)
        .collect();
    let mut edges: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut link = |module: usize, version: usize| {
        edges.extend(picture.needs(version).iter().map(|(_, p)| (module, *p)));
    };
    for (m, (_, v)) in picture.before.iter().chain(&picture.after) {
        link(*m, *v);
    }
    for version in active.iter().flat_map(|p| &p.brings) {
        let version = *version as usize;
        link(landscape.module_versions[version].module as usize, version);
    }
    let closure = |forward: bool| {
        let mut seen = own.clone();
        loop {
            let more: Vec<usize> = edges
                .iter()
                .map(|(c, p)| if forward { (*c, *p) } else { (*p, *c) })
                .filter(|(from, to)| seen.contains(from) && !seen.contains(to))
                .map(|(_, to)| to)
                .collect();
            if more.is_empty() {
                return seen;
            }
            seen.extend(more);
        }
    };
    let related: BTreeSet<usize> = closure(true).union(&closure(false)).copied().collect();
    let mut found = BTreeSet::new();
    for plan in active {
        let mut held: BTreeSet<usize> = plan.modules.iter().map(|m| *m as usize).collect();
        let brings = plan.brings.iter();
        held.extend(brings.map(|v| landscape.module_versions[*v as usize].module as usize));
        let detail = format!("#{} {}", plan.number, plan.name);
        if !own.is_disjoint(&held) {
            found.insert((FindingCode::ParallelSameModule, detail.clone()));
        }
        // What both move is told as that and not as related.
        if related.difference(&own).any(|m| held.contains(m)) {
            found.insert((FindingCode::ParallelRelatedModule, detail));
        }
    }
    found
}

#[test]
fn chaos_has_plans_that_hold_what_they_bring_no_state_of() {
    let mut count = 0;
    for seed in 0..2_000 {
        let (landscape, plan) = case(seed, 6);
        let mut brings_all = Landscape::clone(&landscape);
        for active in &mut brings_all.active_plans {
            let brings = active.brings.iter();
            let module = |state: &u32| brings_all.module_versions[*state as usize].module;
            let modules: BTreeSet<u32> = brings.map(module).collect();
            active.modules = modules.into_iter().collect();
        }
        let differs = slow_conflicts(&landscape, &plan) != slow_conflicts(&brings_all, &plan);
        count += usize::from(plan.source != plan.target && differs);
    }
    assert!(count >= 40, "{count} of 2000 plans");
}

#[test]
fn chaos_brings_up_every_finding() {
    let mut count: BTreeMap<FindingCode, usize> = BTreeMap::new();
    let mut red = 0;
    for seed in 0..2_000 {
        let (landscape, plan) = case(seed, 6);
        let report = report(&landscape, &plan);
        red += usize::from(!report.is_green());
        let codes: BTreeSet<FindingCode> = report.findings.iter().map(|f| f.code).collect();
        for code in codes {
            *count.entry(code).or_default() += 1;
        }
    }
    assert_eq!(count.len(), 29, "{count:?}");
    assert!(count.values().all(|n| *n >= 5), "{count:?}");
    // Green plans and red ones are both worth comparing.
    assert!((100..1_900).contains(&red), "{red} of 2000 plans are red");
}

/// A factory that once told check and oracle apart: the source has a module in two applications.
#[test]
fn check_finds_what_the_oracle_finds_where_it_once_did_not() {
    let (landscape, plan) = case(2_218_879_930_217_708_171, 5);
    let found: BTreeSet<Plain> = report(&landscape, &plan)
        .findings
        .iter()
        .filter_map(plain)
        .collect();
    assert_eq!(found, oracle::expected(&landscape, &plan));
}

#[test]
fn what_a_republish_would_break_is_what_it_does_break() {
    let about_fit = |code| {
        matches!(
            code,
            FindingCode::ProducerModuleMissing
                | FindingCode::ProducerElementMissing
                | FindingCode::ProducerElementIncompatible
        )
    };
    let mut seen = BTreeMap::from([(false, 0), (true, 0)]);
    for seed in 0..1_500 {
        let (landscape, plan) = case(seed, 6);
        for outdated in report(&landscape, &plan).outdated_consumers {
            let module = outdated.consumer.module;
            let mut republished = plan.clone();
            if !outdated.republished {
                republished.republish.push(module);
            }
            let breaks = report(&landscape, &republished).findings.iter().any(|f| {
                about_fit(f.code) && f.consumer.as_ref().is_some_and(|c| c.module == module)
            });
            assert_eq!(
                outdated.would_break, breaks,
                "seed {seed}, {}",
                outdated.consumer.name
            );
            *seen.entry(breaks).or_default() += 1;
        }
    }
    assert!(seen.values().all(|times| *times > 10), "{seen:?}");
}
