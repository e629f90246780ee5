//! How long a check takes, next to a bare pass over the same references (defined in the
//! decisions: one loop over the references that are touched, comparing both hashes).
//!
//! `cargo bench -p domain --bench check`; prints one line per number, and the rows of the table
//! that `.ci/bench` makes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use domain::fixtures::{BarePass, Size, busy, calm, random, random_plan};
use domain::impact::{CheckOptions, Index, Severity, check};
use domain::landscape::Landscape;
use domain::plan::PlanContent;
use domain::repair::{ORDINARY_BUDGET, repair};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const OPTIONS: CheckOptions = CheckOptions {
    parallel_limit: None,
};

fn main() {
    // `cargo test --benches` runs this too; then a small case is enough.
    let quick = std::env::args().any(|a| a == "--test") || cfg!(debug_assertions);
    let (rounds, scale) = if quick { (5, 10) } else { (600, 1) };
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
    row(
        "conflicts with 50 running plans",
        show(full.conflicts()),
        "5 ms".to_owned(),
        ratio(full.conflicts(), Duration::from_millis(5)),
        &format!(
            "on top of the check: {} together; power {} from a tenth of the factory",
            show(full.beside),
            exponent(tenth.conflicts(), full.conflicts()),
        ),
    );
}

/// What is compared with a tenth of the factory.
struct Measured {
    index: Duration,
    check: Duration,
    /// The check beside 50 plans that run.
    beside: Duration,
}

impl Measured {
    fn conflicts(&self) -> Duration {
        self.beside.saturating_sub(self.check)
    }
}

fn measure(
    modules: usize,
    references: usize,
    planned: usize,
    rounds: usize,
    print: bool,
) -> Measured {
    let size = Size {
        applications: modules * 2 / 5,
        modules,
        references,
    };
    let whole = random(7, size).unwrap();
    let plan = random_plan(&whole, 7, planned);
    let landscape = Arc::new(whole.slice(plan.source, plan.target, &applications_of(&plan)));
    let built = median(rounds.min(15), || index_of(&landscape, &plan));
    let found = compare(&landscape, &plan, rounds);
    let crowded = Arc::new(busy(&landscape, 50));
    let index = index_of(&crowded, &plan);
    let measured = Measured {
        index: built,
        check: found.check,
        beside: median(rounds.min(60), || check(&index, &plan, OPTIONS)),
    };
    if !print {
        return measured;
    }
    let quiet = compare(&Arc::new(calm(&landscape)), &plan, rounds);
    line("modules in the plan", found.modules);
    line("references touched", found.references);
    line("findings: errors", found.errors);
    line("findings: others", found.others);
    line("waves", found.waves);
    line("index, with validation", show(built));
    let validated = median(15, || landscape.validate().unwrap());
    line("validation alone", show(validated));
    slice_and_report(&landscape, &plan);
    let count = format!("{} modules, {} references", quiet.modules, quiet.references);
    row(
        "check, nothing to find",
        show(quiet.check),
        format!("bare pass {}", show(quiet.bare)),
        format!("{} (at most 3)", ratio(quiet.check, quiet.bare)),
        &format!("{count} touched"),
    );
    row(
        "check, with findings",
        show(found.check),
        format!("bare pass {}", show(found.bare)),
        ratio(found.check, found.bare),
        &format!("{} findings, each in full", found.errors + found.others),
    );
    repairs(&Arc::new(whole));
    measured
}

/// A check and a bare pass over the same references, by turns.
struct Compared {
    modules: usize,
    references: usize,
    errors: usize,
    others: usize,
    waves: usize,
    bare: Duration,
    check: Duration,
}

fn compare(landscape: &Arc<Landscape>, plan: &PlanContent, rounds: usize) -> Compared {
    let index = index_of(landscape, plan);
    let pass = BarePass::new(landscape, plan);
    let report = check(&index, plan, OPTIONS);
    let (mut bare, mut checked) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.push(once(|| black_box(&pass).run()));
        checked.push(once(|| check(&index, plan, OPTIONS)));
    }
    let errors = report.count(Severity::Error);
    Compared {
        modules: report.waves.iter().map(|w| w.modules.len()).sum(),
        references: pass.count(),
        errors,
        others: report.findings.len() - errors,
        waves: report.waves.len(),
        bare: middle(bare),
        check: middle(checked),
    }
}

fn slice_and_report(landscape: &Landscape, plan: &PlanContent) {
    let bytes = postcard::to_stdvec(landscape).unwrap();
    line("slice, bytes (postcard)", bytes.len());
    let parsed = median(15, || postcard::from_bytes::<Landscape>(&bytes).unwrap());
    line("slice, parsed in", show(parsed));
    let index = index_of(&Arc::new(landscape.clone()), plan);
    let report = postcard::to_stdvec(&check(&index, plan, OPTIONS)).unwrap();
    line("report, bytes (postcard)", report.len());
}

fn repairs(whole: &Arc<Landscape>) {
    let mut times = Vec::new();
    let mut exact = 0;
    for seed in 0..10 {
        let small = random_plan(whole, seed, 12);
        let index = index_of(whole, &small);
        // Warm, as in a console that checks all day.
        let found = repair(&index, &small, ORDINARY_BUDGET);
        exact += usize::from(found.iter().all(|r| r.exact));
        times.push(once(|| repair(&index, &small, ORDINARY_BUDGET)));
    }
    let slowest = times.iter().max().copied().unwrap_or_default();
    row(
        "repair of a plan of 12 modules",
        show(middle(times)),
        String::new(),
        String::new(),
        &format!(
            "whole factory, 10 plans, slowest {}, {exact} proven smallest",
            show(slowest)
        ),
    );
}

fn applications_of(plan: &PlanContent) -> Vec<domain::ApplicationId> {
    plan.operations.iter().map(|o| o.application).collect()
}

fn index_of(landscape: &Arc<Landscape>, plan: &PlanContent) -> Index {
    Index::new(Arc::clone(landscape), plan.source, plan.target).unwrap()
}

fn once<T>(mut work: impl FnMut() -> T) -> Duration {
    let begin = Instant::now();
    let result = black_box(work());
    let time = begin.elapsed();
    drop(result);
    time
}

fn median<T>(rounds: usize, mut work: impl FnMut() -> T) -> Duration {
    middle((0..rounds).map(|_| once(&mut work)).collect())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn show(time: Duration) -> String {
    match time.as_secs_f64() * 1e6 {
        micros if micros < 1_000.0 => format!("{micros:.1} µs"),
        micros => format!("{:.2} ms", micros / 1_000.0),
    }
}

fn ratio(a: Duration, b: Duration) -> String {
    format!("{:.2}", a.as_secs_f64() / b.as_secs_f64())
}

/// The exponent of growth: 1 means ten times the size takes ten times as long.
fn exponent(tenth: Duration, full: Duration) -> String {
    format!("{:.2}", (full.as_secs_f64() / tenth.as_secs_f64()).log10())
}

fn line(what: &str, value: impl std::fmt::Display) {
    println!("  {what:<36} {value}");
}

/// A row of the table: what, measured, what it is held against, ratio, how.
fn row(what: &str, measured: String, against: String, ratio: String, how: &str) {
    println!("row\t{what}\t{measured}\t{against}\t{ratio}\t{how}");
}
