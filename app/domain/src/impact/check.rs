//! `check`: the rules run on positions, then what was found is put into words' ingredients.

use super::describe::Describe;
use super::evaluate::Scratch;
use super::index::Index;
use super::{CheckOptions, Finding, FindingCode, Report, Severity, Versions};
use crate::environment::NoAgent;
use crate::label::Label;
use crate::landscape::{Landscape, LandscapeError};
use crate::plan::{Choice, PlanContent, PlanKind};
use crate::queue::Waiting;
use std::sync::Arc;

/// Checks a plan (domain.md 4). The index should be that of the plan's source and target; if it
/// is not, one is made for this call.
///
/// The work grows with the references that the plan touches, not with the landscape; only what
/// is found, and the waves, are allocated.
pub fn check(index: &Index, plan: &PlanContent, options: CheckOptions) -> Report {
    check_behind(index, plan, options, &[])
}

/// The same for a plan that somebody wants to start while others wait in `line` for its target: it
/// may not overtake them.
pub fn check_behind(
    index: &Index,
    plan: &PlanContent,
    options: CheckOptions,
    line: &[Waiting],
) -> Report {
    if (plan.source, plan.target) != (index.source_id, index.target_id) {
        let landscape = Arc::clone(&index.landscape);
        let index = Index::lay_out(landscape, plan.source, plan.target);
        return check_behind(&index, plan, options, line);
    }
    let mut scratch = index.take_scratch();
    let report = check_with(index, &mut scratch, plan, options, line);
    index.keep_scratch(scratch);
    report
}

/// Checks a plan against a landscape: [`Index::new`] and [`check`] in one.
pub fn check_landscape(
    landscape: Arc<Landscape>,
    plan: &PlanContent,
    options: CheckOptions,
) -> Result<Report, LandscapeError> {
    let index = Index::new(landscape, plan.source, plan.target)?;
    Ok(check(&index, plan, options))
}

pub(crate) fn check_with(
    index: &Index,
    scratch: &mut Scratch,
    plan: &PlanContent,
    options: CheckOptions,
    line: &[Waiting],
) -> Report {
    scratch.begin(index);
    let mut report = Report::default();
    if plan.source == plan.target && plan.kind != PlanKind::Rollback {
        report.findings.push(of_plan(FindingCode::SameEnvironment));
        return report;
    }
    let resolved = scratch.resolve(index, plan);
    if !resolved.active {
        report.findings.push(of_plan(FindingCode::EmptyPlan));
    }
    if index.landscape.prepares {
        report.findings.extend(left_to_others(plan));
    }
    let target = index.landscape.environments.get(index.target as usize);
    if !target.is_some_and(|t| t.reachable) {
        let mut finding = of_plan(FindingCode::TargetUnreachable);
        let words = target.and_then(|t| t.link.no_agent(&t.name));
        finding.detail = words.as_ref().map(NoAgent::lines);
        report.findings.push(finding);
    }
    let ends = [index.source, index.target];
    for (at, end) in ends.into_iter().enumerate() {
        // A rollback's source is its target.
        if !ends[..at].contains(&end) {
            report.findings.extend(in_maintenance(index, end));
        }
    }
    for application in resolved.unknown {
        let mut finding = of_plan(FindingCode::VersionNotAvailable);
        finding.application = Some(application);
        report.findings.push(finding);
    }
    scratch.evaluate(index);
    report.waves = scratch.waves(index);
    scratch.raw.sort_unstable();
    scratch.outdated.sort_unstable();
    let describe = Describe::new(index, scratch);
    describe.findings(plan, &mut report);
    describe.missing_producers(plan, &mut report);
    if options.parallel_limit.is_some() || !index.landscape.active_plans.is_empty() {
        let found = crate::conflict::conflicts(index, scratch, options.parallel_limit);
        report.findings.extend(found);
    }
    if let Some(limit) = options.parallel_limit {
        let found = crate::queue::overtaken(index, scratch, limit, line);
        report.findings.extend(found);
    }
    super::settings::find(describe, plan, &mut report.findings);
    sort(&mut report.findings);
    report
}

/// What of the plan only others may do, where the person who asked may deploy nothing.
fn left_to_others(plan: &PlanContent) -> impl Iterator<Item = Finding> {
    let tags = |choice: &Choice| matches!(choice, Choice::TagAndDeploy { .. });
    let mut choices = plan.operations.iter().map(|operation| &operation.choice);
    let deploys = choices.clone().any(|choice| *choice != Choice::DoNothing);
    let to_deploy = deploys || !plan.republish.is_empty();
    let to_tag = choices.any(tags);
    let to_deploy = to_deploy.then(|| of_plan(FindingCode::NoRightToDeploy));
    let to_tag = to_tag.then(|| of_plan(FindingCode::NoRightToTag));
    to_deploy.into_iter().chain(to_tag)
}

/// That an environment is in maintenance, if it is.
fn in_maintenance(index: &Index, environment: u32) -> Option<Finding> {
    let facts = index.landscape.environments.get(environment as usize)?;
    let reason = facts.maintenance.as_deref()?;
    let mut finding = of_plan(FindingCode::EnvironmentInMaintenance);
    finding.detail = Some(format!("{}: {reason}", facts.name));
    Some(finding)
}

/// A finding about the whole plan.
pub(crate) fn of_plan(code: FindingCode) -> Finding {
    Finding {
        severity: Severity::Error,
        code,
        application: None,
        consumer: None,
        producer: None,
        elements: Vec::new(),
        element_count: 0,
        versions: Versions::default(),
        path: Vec::new(),
        detail: None,
        started: None,
    }
}

/// Severity, code, then the subjects by name; whole findings settle what is left.
fn sort(findings: &mut [Finding]) {
    fn name(subject: Option<&super::ModuleSubject>) -> Option<&Label> {
        subject.map(|subject| &subject.name)
    }
    if findings.len() < 2 {
        return;
    }
    // Findings are large: their places are sorted, and then each is moved once.
    let mut order: Vec<u32> = (0..findings.len() as u32).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&findings[*a as usize], &findings[*b as usize]);
        (a.severity, a.code)
            .cmp(&(b.severity, b.code))
            .then_with(|| name(a.consumer.as_ref()).cmp(&name(b.consumer.as_ref())))
            .then_with(|| name(a.producer.as_ref()).cmp(&name(b.producer.as_ref())))
            .then_with(|| a.cmp(b))
    });
    // `order[at]` says which finding belongs to `at`; one that was swapped away before is found by
    // following where it went.
    for at in 0..order.len() {
        let mut from = order[at] as usize;
        while from < at {
            from = order[from] as usize;
        }
        findings.swap(at, from);
    }
}

impl Report {
    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|f| f.severity == severity)
            .count()
    }

    /// How many findings about the plan have this severity: without what only others may do.
    pub fn count_of_plan(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|f| f.severity == severity && !f.is_left_to_others())
            .count()
    }

    /// Whether who asked prepares the plan for others to run.
    pub fn is_for_others(&self) -> bool {
        self.findings.iter().any(Finding::is_left_to_others)
    }

    /// Whether nothing blocks the run.
    pub fn is_green(&self) -> bool {
        self.count(Severity::Error) == 0
    }
}
