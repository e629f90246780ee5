//! Single modules of an application (domain.md 3.10): those that are not chosen count as they are
//! in the target.

use domain::fixtures::{landscape, plan};
use domain::impact::{CheckOptions, Finding, FindingCode, Report, Severity, check_landscape};
use domain::repair::{ORDINARY_BUDGET, repair};
use pretty_assertions::assert_eq;
use std::sync::Arc;

/// Suite 1.1 is in Development; Quality has 1.0. Mail of 1.1 needs Calendar of 1.1.
const WORLD: &str = "
env Development
env Quality
state calendar@1 Suite
state calendar@2 Suite
  offers service Invite
state mail@1 Suite
state mail@2 Suite
  uses calendar@2 service Invite
state address@1 Suite
state address@2 Suite
state notes@1 Suite
version Suite 1.0 = mail@1, calendar@1, address@1 from Development, Quality
version Suite 1.1 = mail@2, calendar@2, address@2, notes@1 from Development
running Development Suite 1.1
running Quality Suite 1.0
";

fn report(more: &str, content: &str) -> Report {
    let facts = landscape(&format!("{WORLD}{more}")).unwrap();
    let content = plan(content).unwrap();
    let options = CheckOptions {
        parallel_limit: None,
    };
    let slice = facts.slice(
        content.source,
        content.target,
        &content
            .operations
            .iter()
            .map(|o| o.application)
            .collect::<Vec<_>>(),
    );
    let whole = check_landscape(Arc::new(facts), &content, options).unwrap();
    // The browser checks the slice: it says the same.
    assert_eq!(
        whole,
        check_landscape(Arc::new(slice), &content, options).unwrap()
    );
    whole
}

fn codes(more: &str, content: &str) -> Vec<(Severity, FindingCode)> {
    let findings = report(more, content).findings.into_iter();
    findings.map(|f| (f.severity, f.code)).collect()
}

fn waves(report: &Report) -> Vec<Vec<String>> {
    let names = |wave: &domain::impact::Wave| {
        let modules = wave.modules.iter();
        modules.map(|module| module.name.to_string()).collect()
    };
    report.waves.iter().map(names).collect()
}

#[test]
fn only_what_is_chosen_is_published_and_nothing_is_removed() {
    let report = report("", "custom Suite address");
    assert_eq!(report.findings, []);
    assert_eq!(waves(&report), [["address"]]);
}

#[test]
fn a_producer_that_is_not_chosen_is_that_of_the_target() {
    let error = (Severity::Error, FindingCode::ProducerElementMissing);
    assert_eq!(codes("", "custom Suite mail"), [error]);
    let both = report("", "custom Suite mail,calendar");
    assert_eq!(both.findings, []);
    assert_eq!(waves(&both), [["calendar"], ["mail"]]);
    // The whole version would do, too.
    let facts = Arc::new(landscape(WORLD).unwrap());
    let content = plan("custom Suite mail").unwrap();
    let index = domain::impact::Index::new(facts, content.source, content.target).unwrap();
    let repairs = repair(&index, &content, ORDINARY_BUDGET);
    assert_eq!(repairs[0].content, plan("deploy Suite 1.1").unwrap());
    assert_eq!(
        (repairs[0].cost.changed, repairs[0].remaining_errors),
        (1, 0)
    );
}

#[test]
fn a_module_that_is_new_in_the_target_comes_alone() {
    let report = report("", "custom Suite notes");
    assert_eq!(
        (report.findings.len(), waves(&report)),
        (0, vec![vec!["notes".to_owned()]])
    );
}

#[test]
fn what_the_target_has_already_is_said() {
    let more = "state lists@1 Suite\nversion Suite 1.2 = lists@1";
    let same = "env Production\nrunning Production Suite 1.1";
    let found = codes(
        &format!("{more}\n{same}"),
        "from Development to Production\ncustom Suite mail",
    );
    assert_eq!(found, [(Severity::Information, FindingCode::NothingToDo)]);
    // Single modules give no number, so nothing is renumbered.
    let older = "version Suite 0.9 = mail@2, calendar@2, address@1 from Production";
    let found = report(
        &format!("env Production\n{older}\nrunning Production Suite 0.9"),
        "from Development to Production\ncustom Suite mail",
    );
    let renumbers: Vec<_> = found.findings.iter().map(Finding::renumbers).collect();
    assert_eq!(renumbers, [None]);
}

#[test]
fn a_module_that_the_source_does_not_run_in_it_is_an_error_that_names_it() {
    let more = "state lists@1 Lists\nversion Lists 1.0 = lists@1\nrunning Development Lists 1.0\nrunning Quality Lists 1.0";
    let found = report(more, "custom Suite address,lists").findings;
    let [finding] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(finding.code, FindingCode::VersionNotAvailable);
    assert_eq!(finding.producer.as_ref().unwrap().name, "lists");
    assert!(!finding.code.is_overridable());
}

#[test]
fn v6_what_is_taken_from_a_lower_version_is_refused() {
    let more = "env Production\nrunning Production Suite 1.0";
    let back = codes(more, "from Production to Development\ncustom Suite mail");
    assert!(
        back.contains(&(Severity::Error, FindingCode::VersionDowngrade)),
        "{back:?}"
    );
}

#[test]
fn other_kinds_of_plan_bring_whole_versions() {
    for (kind, ends) in [
        ("replicate", "from Development to Quality"),
        ("rollback", "from Quality to Quality"),
    ] {
        let found = codes("", &format!("{ends}\n{kind}\ncustom Suite address"));
        let refused = (Severity::Error, FindingCode::VersionNotAvailable);
        assert!(found.contains(&refused), "{kind}: {found:?}");
    }
}

#[test]
fn a_hotfix_is_not_overwritten_module_by_module_either() {
    let found = codes("hotfix Quality Suite", "custom Suite address");
    assert_eq!(found, [(Severity::Error, FindingCode::HotfixOverwritten)]);
    // Taken of a version that a rollback took out of the target.
    let found = codes("hold Quality Suite 1.1 by 12", "custom Suite address");
    assert_eq!(found, [(Severity::Warning, FindingCode::VersionHeld)]);
}

#[test]
fn pp4_pp5_only_the_chosen_modules_count_between_plans() {
    let active = "active 12 Quality = mail@2";
    let found = codes(active, "custom Suite mail,calendar");
    assert!(
        found.contains(&(Severity::Error, FindingCode::ParallelSameModule)),
        "{found:?}"
    );
    // Mail, which the other plan brings, will use Calendar.
    let found = codes(active, "custom Suite calendar");
    assert_eq!(
        found,
        [(Severity::Error, FindingCode::ParallelRelatedModule)]
    );
    assert_eq!(codes(active, "custom Suite address"), []);
}
