//! Hotfixes (domain.md 3.12): who has one, who lacks it, and which plans would overwrite it. And
//! holds: what a rollback took out does not come back unseen.

use domain::fixtures as notation;
use domain::hotfix::{Hotfix, HotfixState, Runs, descendants};
use domain::impact::{CheckOptions, Finding, FindingCode, Report, Severity, check_landscape};
use domain::landscape::Landscape;
use domain::plan::PlanContent;
use domain::{EnvironmentId, VersionId, VersionNumber};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use uuid::Uuid;

const OPTIONS: CheckOptions = CheckOptions {
    parallel_limit: None,
};

fn report(landscape: &Landscape, plan: &PlanContent) -> Report {
    let whole = check_landscape(Arc::new(landscape.clone()), plan, OPTIONS).unwrap();
    // The browser checks the slice: it says the same.
    let applications: Vec<_> = plan.operations.iter().map(|o| o.application).collect();
    let slice = landscape.slice(plan.source, plan.target, &applications);
    let sliced = check_landscape(Arc::new(slice), plan, OPTIONS).unwrap();
    assert_eq!(whole, sliced);
    whole
}

fn found(landscape: &str, plan: &str, code: FindingCode) -> Vec<Finding> {
    let landscape = notation::landscape(landscape).unwrap();
    let plan = notation::plan(plan).unwrap();
    let mut findings = report(&landscape, &plan).findings;
    findings.retain(|finding| finding.code == code);
    findings
}

const WORLD: &str = "
    env Development
    env Quality
    env Production
    state orders@1 Orders
    state orders@2 Orders
    state orders@3 Orders
    state orders@4 Orders
    version Orders 1.0 = orders@1 from Development, Quality, Production
    version Orders 1.0.1 = orders@2 from Production
    version Orders 1.1 = orders@3 from Development, Quality
    version Orders 1.2 = orders@4 from Development, Quality
    running Development Orders 1.2
    running Quality Orders 1.1
    running Production Orders 1.0.1 hotfix
";

#[test]
fn a_plan_that_would_overwrite_a_hotfix_is_refused_and_says_which_one() {
    let world = format!("{WORLD} hotfix Production Orders 1.0.1 = 1.0.1");
    let plan = "from Quality to Production\ndeploy Orders 1.1";
    let findings = found(&world, plan, FindingCode::HotfixOverwritten);
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert_eq!(finding.severity, Severity::Error);
    assert!(!finding.code.is_overridable());
    assert_eq!(
        finding.detail.as_deref(),
        Some("1.0.1, made in Production on 1 Jan 1970")
    );
    let number = |text: &str| Some(text.parse::<VersionNumber>().unwrap());
    assert_eq!(finding.versions.in_target, number("1.0.1"));
    assert_eq!(finding.versions.planned, number("1.1"));
    assert_eq!(finding.versions.needed, None);
}

#[test]
fn a_hotfix_that_is_not_tagged_is_protected_where_it_was_made() {
    let world = format!("{WORLD} hotfix Quality Orders");
    let to_quality = "from Development to Quality\ndeploy Orders 1.2";
    assert_eq!(
        found(&world, to_quality, FindingCode::HotfixOverwritten).len(),
        1
    );
    let to_production = "from Quality to Production\ndeploy Orders 1.1";
    assert!(found(&world, to_production, FindingCode::HotfixOverwritten).is_empty());
}

#[test]
fn once_it_is_solved_that_version_and_newer_ones_pass() {
    let world = format!("{WORLD} hotfix Production Orders 1.0.1 solved=1.2 = 1.0.1");
    let plan = |number| format!("from Development to Production\ndeploy Orders {number}");
    let findings = found(&world, &plan("1.1"), FindingCode::HotfixOverwritten);
    assert_eq!(findings[0].versions.needed, Some("1.2".parse().unwrap()));
    assert!(found(&world, &plan("1.2"), FindingCode::HotfixOverwritten).is_empty());
    let tagged = "from Development to Production\ntag Orders 1.3";
    assert!(found(&world, tagged, FindingCode::HotfixOverwritten).is_empty());
}

#[test]
fn replicating_what_lacks_a_hotfix_is_refused_too_and_what_has_it_goes_down() {
    let world = format!("{WORLD} hotfix Production Orders 1.0.1 = 1.0.1");
    let back = "replicate\nfrom Production to Quality\ndeploy Orders 1.0.1";
    let landscape = notation::landscape(&world).unwrap();
    let errors = report(&landscape, &notation::plan(back).unwrap()).count(Severity::Error);
    assert_eq!(errors, 0, "a lower version, and nothing is lost");
    let told = found(&world, back, FindingCode::VersionDowngrade);
    assert_eq!(told.len(), 1, "nobody learns of it afterwards");
    assert_eq!(told[0].severity, Severity::Warning);
    let ordinary = "from Production to Quality\ndeploy Orders 1.0.1";
    assert_eq!(
        found(&world, ordinary, FindingCode::VersionDowngrade).len(),
        1
    );
    let other = "replicate\nfrom Production to Quality\ndeploy Orders 1.0";
    assert_eq!(
        found(&world, other, FindingCode::VersionNotAvailable).len(),
        1
    );
    let down = "replicate\nfrom Quality to Production\ndeploy Orders 1.1";
    assert_eq!(found(&world, down, FindingCode::HotfixOverwritten).len(), 1);
}

#[test]
fn what_was_taken_out_comes_back_with_a_warning_that_names_the_rollback() {
    let world = format!("{WORLD} hold Quality Orders 1.2 by 9");
    let plan = "from Development to Quality\ndeploy Orders 1.2";
    let findings = found(&world, plan, FindingCode::VersionHeld);
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].severity, Severity::Warning);
    assert_eq!(findings[0].detail.as_deref(), Some("#9 on 1 Jan 1970"));
    let elsewhere = "from Development to Production\ndeploy Orders 1.2";
    assert!(found(&world, elsewhere, FindingCode::VersionHeld).is_empty());
    let another = "from Development to Quality\ntag Orders 1.3";
    assert!(found(&world, another, FindingCode::VersionHeld).is_empty());
}

#[test]
fn a_rollback_brings_the_targets_own_former_versions_back() {
    let plan = "rollback\nfrom Quality to Quality\ndeploy Orders 1.0";
    let landscape = notation::landscape(WORLD).unwrap();
    let plan = notation::plan(plan).unwrap();
    assert_eq!(report(&landscape, &plan).findings, []);
    // Never what was not there, and nothing that would first have to be tagged.
    for refused in ["deploy Orders 1.0.1", "tag Orders 1.3"] {
        let plan = format!("rollback\nfrom Quality to Quality\n{refused}");
        assert_eq!(
            found(WORLD, &plan, FindingCode::VersionNotAvailable).len(),
            1
        );
    }
    let ordinary = "from Quality to Quality\ndeploy Orders 1.0";
    assert_eq!(
        found(WORLD, ordinary, FindingCode::SameEnvironment).len(),
        1
    );
}

#[test]
fn a_rollback_is_checked_with_the_consumers_that_stay() {
    let world = "
        env Development
        env Quality
        state pricing@1 Pricing
          offers action Quote(in amount!)
        state pricing@2 Pricing
          offers action Quote(in amount!)
          offers action Discount(in amount!)
        state orders@1 Orders
          uses pricing@2 action Discount
        version Pricing 1.0 = pricing@1 from Development, Quality
        version Pricing 1.1 = pricing@2 from Development, Quality
        version Orders 1.0 = orders@1 from Development, Quality
        running Quality Pricing 1.1
        running Quality Orders 1.0
    ";
    let plan = "rollback\nfrom Quality to Quality\ndeploy Pricing 1.0";
    let findings = found(world, plan, FindingCode::ConsumerElementMissing);
    assert_eq!(findings.len(), 1);
    assert_eq!(
        findings[0].consumer.as_ref().unwrap().application_name,
        "Orders"
    );
}

#[test]
fn states_come_back_from_their_words() {
    for state in HotfixState::ALL {
        assert_eq!(HotfixState::parse(state.as_str()), Some(state));
    }
    assert_eq!(HotfixState::parse("closed"), None);
}

/// Whether a tag descends from another one, told by walking up.
fn descends(bases: &[Option<usize>], mut tag: usize, from: usize) -> bool {
    loop {
        if tag == from {
            return true;
        }
        match bases[tag] {
            Some(base) => tag = base,
            None => return false,
        }
    }
}

/// Tags, each based on none or on an earlier one.
fn families() -> impl Strategy<Value = Vec<Option<usize>>> {
    prop::collection::vec(any::<Option<prop::sample::Index>>(), 1..9).prop_map(|bases| {
        bases
            .into_iter()
            .enumerate()
            .map(|(at, base)| base.filter(|_| at > 0).map(|base| base.index(at)))
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::soaked(400), failure_persistence: None, ..ProptestConfig::default() })]

    /// A plan is refused exactly if the target has the hotfix and the version has not.
    #[test]
    fn a_version_passes_exactly_if_it_contains_what_the_target_has(
        bases in families(),
        hotfix in any::<prop::sample::Index>(),
        running in any::<prop::sample::Index>(),
        solved in any::<Option<prop::sample::Index>>(),
    ) {
        let count = bases.len();
        let (hotfix, running) = (hotfix.index(count), running.index(count));
        let solved = solved.map(|solved| solved.index(count));
        let mut text = String::from("env Development\nenv Quality\n");
        for tag in 0..count {
            writeln!(text, "state orders@{tag} Orders").unwrap();
            writeln!(text, "version Orders 1.{tag} = orders@{tag} from Development").unwrap();
        }
        writeln!(text, "running Quality Orders 1.{running}").unwrap();
        let descendants: Vec<String> = (0..count)
            .filter(|tag| descends(&bases, *tag, hotfix))
            .map(|tag| format!("1.{tag}"))
            .collect();
        let solved_by = solved.map_or_else(String::new, |solved| format!(" solved=1.{solved}"));
        writeln!(
            text,
            "hotfix Quality Orders 1.{hotfix}{solved_by} = {}",
            descendants.join(", ")
        )
        .unwrap();
        for tag in 0..count {
            let plan = format!("deploy Orders 1.{tag}");
            let refused = !found(&text, &plan, FindingCode::HotfixOverwritten).is_empty();
            let expected = descends(&bases, running, hotfix)
                && !descends(&bases, tag, hotfix)
                && solved.is_none_or(|solved| tag < solved);
            prop_assert_eq!(refused, expected, "1.{} over 1.{} in\n{}", tag, running, text);
        }
    }

    /// An environment lacks a hotfix exactly if what it runs neither descends from it nor is at
    /// least the version that was named.
    #[test]
    fn lacking_is_running_something_without_it(
        bases in families(),
        hotfix in any::<prop::sample::Index>(),
        solved in any::<Option<prop::sample::Index>>(),
        tagged in any::<bool>(),
    ) {
        let count = bases.len();
        let hotfix = hotfix.index(count);
        let solved = solved.map(|solved| solved.index(count));
        let id = |tag: usize| VersionId(Uuid::from_u128(tag as u128 + 1));
        let number = |tag: usize| -> VersionNumber { format!("1.{tag}").parse().unwrap() };
        let place = |at: usize| EnvironmentId(Uuid::from_u128(at as u128 + 100));
        let based_on: BTreeMap<VersionId, Option<VersionId>> = bases
            .iter()
            .enumerate()
            .map(|(tag, base)| (id(tag), base.map(id)))
            .collect();
        let descendants = if tagged { descendants(id(hotfix), &based_on) } else { BTreeSet::new() };
        let facts = Hotfix {
            made_in: place(0),
            descendants,
            solved_by: solved.map(number),
        };
        // An environment for each tag, and one that runs something untagged.
        let mut runs: Vec<Runs> = (0..count)
            .map(|tag| Runs { environment: place(tag), base: Some((id(tag), number(tag))) })
            .collect();
        runs.push(Runs { environment: place(count), base: None });
        let expected: Vec<EnvironmentId> = (0..=count)
            .filter(|at| {
                let has = if tagged {
                    *at < count && descends(&bases, *at, hotfix)
                } else {
                    *at == 0
                };
                let solves = *at < count && solved.is_some_and(|solved| *at >= solved);
                !(has || solves)
            })
            .map(place)
            .collect();
        prop_assert_eq!(facts.lacked_by(&runs), expected);
        // What is there is overwritten by whatever does not contain it.
        for (at, runs) in runs.iter().enumerate() {
            let there = if tagged {
                at < count && descends(&bases, at, hotfix)
            } else {
                at == 0
            };
            for brings in 0..count {
                let contained = (tagged && descends(&bases, brings, hotfix))
                    || solved.is_some_and(|solved| brings >= solved);
                let brings = Some((id(brings), number(brings)));
                prop_assert_eq!(facts.is_overwritten(runs, brings), there && !contained);
            }
        }
    }
}
