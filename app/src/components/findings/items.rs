//! A report's findings, made ready to be shown.

use super::{FindingItem, Setting, further, plan_number, remedies, sentence, together};
use domain::impact::{Finding, FindingCode, Report};
use domain::plan::PlanContent;
use std::collections::BTreeSet;

/// A report's findings, ready to be shown. `setting` says what a sentence needs to know.
pub fn finding_items(
    report: &Report,
    content: &PlanContent,
    setting: impl Fn(&Finding) -> Setting,
) -> Vec<FindingItem> {
    let mut seen = BTreeSet::new();
    let items = report
        .findings
        .iter()
        .enumerate()
        .map(|(index, finding)| {
            let mut key = key_of(finding, index);
            if !seen.insert(key.clone()) {
                key = format!("{key}-{index}");
            }
            FindingItem {
                key,
                severity: finding.severity,
                left: finding.is_left_to_others(),
                sentence: sentence(finding, &setting(finding)),
                path: finding.path.clone(),
                offers: remedies(finding, report, content),
                others: further(finding),
                count: 1,
                untold: untold(finding),
                started: finding.started.clone(),
                plan: other_plan(finding),
            }
        })
        .collect();
    together(&report.findings, items)
}

/// The plan that is in the way.
fn other_plan(finding: &Finding) -> Option<u64> {
    let detail = finding.detail.as_deref()?;
    finding
        .code
        .is_about_other_plans()
        .then(|| plan_number(detail))?
}

/// How many more collisions with the same plan there are than this one; each of them that is told
/// takes one off.
fn untold(finding: &Finding) -> u32 {
    if finding.code.is_about_other_plans() {
        finding.element_count.saturating_sub(1)
    } else {
        0
    }
}

/// What tells a finding from the others: what it is about, or its place if that is not enough.
fn key_of(finding: &Finding, index: usize) -> String {
    let module = |m: &Option<domain::impact::ModuleSubject>| {
        m.as_ref()
            .map_or_else(String::new, |m| m.module.to_string())
    };
    let (consumer, producer) = (module(&finding.consumer), module(&finding.producer));
    if consumer.is_empty() && producer.is_empty() {
        let application = finding.application.map(|id| id.to_string());
        format!(
            "{:?}-{}-{index}",
            finding.code,
            application.unwrap_or_default()
        )
    } else {
        let versions = &finding.versions;
        // Of site properties there may be several in one module.
        let property = finding
            .detail
            .as_deref()
            .filter(|_| {
                matches!(
                    finding.code,
                    FindingCode::SettingMissing | FindingCode::SettingInvalid
                )
            })
            .unwrap_or_default();
        format!(
            "{:?}-{consumer}-{producer}-{versions:?}-{:?}{property}",
            finding.code, finding.elements
        )
    }
}
