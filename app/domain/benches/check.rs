//! How long a check takes, next to a bare pass over the same references (defined in the
//! decisions: one loop over the references that are touched, comparing both hashes).
//!
//! `cargo bench -p domain --bench check`; prints one line per number.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use domain::PlanId;
use domain::fixtures::{Size, random, random_plan};
use domain::impact::{CheckOptions, Index, Severity, check};
use domain::landscape::{ActivePlan, Landscape};
use domain::plan::{Choice, PlanContent};
use domain::repair::{ORDINARY_BUDGET, repair};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const OPTIONS: CheckOptions = CheckOptions {
    parallel_limit: None,
};

fn main() {
    // `cargo test --benches` runs this too; then a small case is enough.
    let quick = std::env::args().any(|a| a == "--test") || cfg!(debug_assertions);
    let rounds = if quick { 5 } else { 400 };
    let scale = if quick { 10 } else { 1 };
    let full = measure(10_000 / scale, 100_000 / scale, 1_000 / scale, rounds, true);
    let tenth = measure(1_000 / scale, 10_000 / scale, 100 / scale, rounds, false);
    line(
        "check, growth from a tenth",
        exponent(tenth.check, full.check),
    );
    line(
        "index, growth from a tenth",
        exponent(tenth.index, full.index),
    );
}

struct Times {
    check: Duration,
    index: Duration,
}

fn measure(modules: usize, references: usize, planned: usize, rounds: usize, print: bool) -> Times {
    let size = Size {
        applications: modules * 2 / 5,
        modules,
        references,
    };
    let whole = random(7, size).unwrap();
    let plan = random_plan(&whole, 7, planned);
    let landscape = Arc::new(whole.slice(plan.source, plan.target, &applications_of(&plan)));
    let index = Index::new(Arc::clone(&landscape), plan.source, plan.target).unwrap();
    let report = check(&index, &plan, OPTIONS);

    let touched = touched(&landscape, &plan);
    let bare = median(rounds, || bare_pass(&touched));
    let checked = median(rounds, || check(&index, &plan, OPTIONS));
    let built = median(rounds.min(15), || {
        Index::new(Arc::clone(&landscape), plan.source, plan.target).unwrap()
    });
    if print {
        let modules: usize = report.waves.iter().map(|w| w.modules.len()).sum();
        line("modules in the plan", modules);
        line("references touched", touched.references.len());
        line("findings: errors", report.count(Severity::Error));
        line("findings: warnings", report.count(Severity::Warning));
        line("waves", report.waves.len());
        line("bare pass", show(bare));
        line("check", show(checked));
        line("check / bare pass", ratio(checked, bare));
        line("index, with validation", show(built));
        line(
            "validation alone",
            show(median(15, || landscape.validate().unwrap())),
        );
        let bytes = postcard::to_stdvec(&*landscape).unwrap();
        line("slice, bytes (postcard)", bytes.len());
        let parsed = median(15, || postcard::from_bytes::<Landscape>(&bytes).unwrap());
        line("slice, parsed in", show(parsed));
        let report_bytes = postcard::to_stdvec(&report).unwrap();
        line("report, bytes (postcard)", report_bytes.len());

        let green = calm(&landscape);
        let index = Index::new(Arc::clone(&green), plan.source, plan.target).unwrap();
        let found = check(&index, &plan, OPTIONS).findings.len();
        let touched = self::touched(&green, &plan);
        let bare = median(rounds, || bare_pass(&touched));
        let checked = median(rounds, || check(&index, &plan, OPTIONS));
        line("calm: findings", found);
        line("calm: bare pass", show(bare));
        line("calm: check", show(checked));
        line("calm: check / bare pass", ratio(checked, bare));

        let busy = busy(&landscape, 50);
        let index = Index::new(busy, plan.source, plan.target).unwrap();
        let against = median(rounds.min(50), || check(&index, &plan, OPTIONS));
        line("check against 50 active plans", show(against));

        let small = random_plan(&whole, 11, 12);
        let index = Index::new(Arc::new(whole), small.source, small.target).unwrap();
        let begin = Instant::now();
        let repairs = repair(&index, &small, ORDINARY_BUDGET);
        line("repair of a plan of 12 modules", show(begin.elapsed()));
        line("... repairs found", repairs.len());
    }
    Times {
        check: checked,
        index: built,
    }
}

fn applications_of(plan: &PlanContent) -> Vec<domain::ApplicationId> {
    plan.operations.iter().map(|o| o.application).collect()
}

/// The references that a plan touches, flat, and what will be offered of each element.
struct Touched {
    references: Vec<(u32, u32, u32)>,
    offered: Vec<(u32, u32)>,
}

fn touched(landscape: &Landscape, plan: &PlanContent) -> Touched {
    let target = landscape
        .environments
        .iter()
        .position(|e| e.id == plan.target)
        .unwrap() as u32;
    let mut state: BTreeMap<u32, (u32, bool)> = BTreeMap::new();
    for row in landscape.running.iter().filter(|r| r.environment == target) {
        for version in &row.modules {
            let module = landscape.module_versions[*version as usize].module;
            state.insert(module, (*version, false));
        }
    }
    for operation in &plan.operations {
        let Choice::Deploy { version } = operation.choice else {
            continue;
        };
        let tag = landscape.versions.iter().find(|v| v.id == version).unwrap();
        for version in &tag.modules {
            let module = landscape.module_versions[*version as usize].module;
            state.insert(module, (*version, true));
        }
    }
    let mut offered = vec![(u32::MAX, u32::MAX); landscape.elements.len()];
    let mut references = Vec::new();
    for (version, planned) in state.values() {
        let facts = &landscape.module_versions[*version as usize];
        for p in &facts.provides {
            offered[p.element as usize] = (p.interface, p.full);
        }
        for used in &facts.uses {
            let producer = landscape.elements[used.element as usize].module;
            if *planned || state.get(&producer).is_some_and(|(_, planned)| *planned) {
                references.push((used.element, used.interface, used.full));
            }
        }
    }
    Touched {
        references,
        offered,
    }
}

fn bare_pass(touched: &Touched) -> usize {
    let mut different = 0;
    for (element, interface, full) in black_box(&touched.references) {
        let offer = touched.offered[*element as usize];
        different += usize::from(offer.0 != *interface) + usize::from(offer.1 != *full);
    }
    different
}

/// The landscape as if everything had been published again after its last change: every
/// reference has seen what the newest state offers, so that nothing is found.
fn calm(landscape: &Landscape) -> Arc<Landscape> {
    let mut calm = landscape.clone();
    let mut newest = vec![(0, 1); calm.elements.len()];
    for version in &calm.module_versions {
        for p in &version.provides {
            newest[p.element as usize] = (p.interface, p.full);
        }
    }
    for version in &mut calm.module_versions {
        for p in &mut version.provides {
            (p.interface, p.full) = newest[p.element as usize];
        }
        for used in &mut version.uses {
            (used.interface, used.full) = newest[used.element as usize];
            used.members.clear();
        }
    }
    // Elements that only later states offer are offered by all.
    let elements = calm.elements.iter().zip(0_u32..);
    let mut of_module: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (element, i) in elements {
        of_module.entry(element.module).or_default().push(i);
    }
    for version in &mut calm.module_versions {
        let all = of_module.get(&version.module).into_iter().flatten();
        version.provides = all
            .map(|element| domain::landscape::Provided {
                element: *element,
                interface: newest[*element as usize].0,
                full: newest[*element as usize].1,
            })
            .collect();
    }
    Arc::new(calm)
}

/// The landscape with this many active plans on the target, of three modules each, which do not
/// touch the plan's own modules if they can help it.
fn busy(landscape: &Landscape, plans: u32) -> Arc<Landscape> {
    let mut busy = landscape.clone();
    let last = busy.modules.len() as u32 - 1;
    for number in 0..plans {
        let modules: Vec<u32> = (0..3).map(|i| last - (number * 3 + i) * 7 % last).collect();
        let mut modules = modules;
        modules.sort_unstable();
        modules.dedup();
        busy.active_plans.push(ActivePlan {
            id: PlanId(uuid::Uuid::from_u128(u128::from(number))),
            number: u64::from(number),
            name: format!("Plan {number}"),
            target: 1,
            modules,
            brings: Vec::new(),
        });
    }
    Arc::new(busy)
}

fn median<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let begin = Instant::now();
            let result = black_box(work());
            let time = begin.elapsed();
            drop(result);
            time
        })
        .collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn show(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

fn ratio(a: Duration, b: Duration) -> String {
    format!("{:.2}", a.as_secs_f64() / b.as_secs_f64())
}

/// The exponent of growth: 1 means ten times the size takes ten times as long.
fn exponent(tenth: Duration, full: Duration) -> String {
    format!("{:.2}", (full.as_secs_f64() / tenth.as_secs_f64()).log10())
}

fn line(what: &str, value: impl std::fmt::Display) {
    println!("domain  {what:<36} {value}");
}
