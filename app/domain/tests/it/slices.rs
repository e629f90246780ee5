//! A slice answers what the whole landscape answers, and how large it is, counted before it is
//! made.

use crate::properties::{case, report};
use domain::EnvironmentId;
use domain::fixtures::{Size, random, random_plan};
use domain::impact::Report;
use domain::landscape::{Landscape, SliceSize};
use pretty_assertions::assert_eq;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The same, counted in what was made.
fn counted(slice: &Landscape, target: EnvironmentId) -> SliceSize {
    let states = &slice.module_versions;
    let modules: BTreeSet<u32> = states.iter().map(|v| v.module).collect();
    let mut in_target = 0;
    for row in &slice.running {
        if slice.environments[row.environment as usize].id == target {
            let uses = row.modules.iter().map(|at| states[*at as usize].uses.len());
            in_target += uses.sum::<usize>();
        }
    }
    let of_all: usize = states.iter().map(|v| v.uses.len()).sum();
    SliceSize {
        modules: modules.len(),
        references: in_target.max(of_all / 4),
    }
}

/// The browser checks what the decisions say it does: a plan of 1,000 modules in a factory of 10,000
/// with 100,000 references, as near to it as the generator comes from below.
#[test]
fn the_browser_checks_a_large_plan_in_a_large_factory() {
    let size = Size {
        applications: 4_000,
        modules: 9_900,
        references: 99_000,
    };
    let factory = random(7, size).unwrap();
    let plan = random_plan(&factory, 7, 1_000);
    let applications: Vec<_> = plan.operations.iter().map(|o| o.application).collect();
    let slice = factory.slice_within(
        plan.source,
        plan.target,
        &applications,
        &[],
        SliceSize::BROWSER,
    );
    let states = slice.map(|slice| slice.landscape.module_versions.len());
    assert!(states.is_ok_and(|states| states > 9_900), "{states:?}");
}

#[test]
fn a_slice_is_given_up_to_its_size_and_not_beyond() {
    for seed in 0..40 {
        let (landscape, plan) = case(seed, 6);
        let applications: Vec<_> = plan.operations.iter().map(|o| o.application).collect();
        let slice = landscape.slice(plan.source, plan.target, &applications);
        let size = counted(&slice, plan.target);
        let within = |limit| {
            let slice = landscape.slice_within(plan.source, plan.target, &applications, &[], limit);
            slice.map(|slice| slice.landscape)
        };
        assert_eq!(within(size).as_ref(), Ok(&slice), "seed {seed}");
        for smaller in [
            SliceSize {
                modules: size.modules - 1,
                ..size
            },
            SliceSize {
                references: size.references.saturating_sub(1),
                ..size
            },
        ] {
            if smaller != size {
                assert_eq!(within(smaller), Err(size), "seed {seed}");
            }
        }
        assert!(size.is_within(SliceSize::BROWSER));
    }
}

/// The browser checks the slice, the server may check everything: both must say the same.
#[test]
fn a_slice_answers_what_the_whole_landscape_answers() {
    for seed in 0..u64::from(crate::soaked(2_000)) {
        let (landscape, mut plan) = case(seed, 3 + usize::try_from(seed % 6).unwrap());
        let applications: Vec<_> = plan.operations.iter().map(|o| o.application).collect();
        let slice = Arc::new(landscape.slice(plan.source, plan.target, &applications));
        assert_eq!(
            told(report(&slice, &plan)),
            told(report(&landscape, &plan)),
            "seed {seed}"
        );
        plan.republish.clear();
        assert_eq!(
            report(&slice, &plan),
            report(&landscape, &plan),
            "seed {seed}, nothing republished"
        );
    }
}

/// A report without what the source could give for modules that are only republished: a slice has
/// of the source what the plan's own rows lead to.
fn told(mut report: Report) -> Report {
    for finding in &mut report.findings {
        finding.versions.needed = None;
    }
    report.missing_producers.clear();
    report
}
