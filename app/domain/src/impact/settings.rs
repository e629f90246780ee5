//! Site properties of what a plan brings that have no value in the target (domain.md 3.7).

use super::check::of_plan;
use super::describe::Describe;
use super::lookup::NONE;
use super::{Finding, FindingCode};
use crate::landscape::PropertyFacts;
use crate::name::fold;
use crate::plan::PlanContent;
use crate::settings::{EnteredSetting, Held, ValueSource, value_source};
use std::collections::BTreeMap;

/// A finding for each property without a value. What the target runs already is left alone: it
/// runs, with or without.
pub(super) fn find(describe: Describe<'_>, plan: &PlanContent, findings: &mut Vec<Finding>) {
    let (index, scratch) = (describe.index, describe.scratch);
    let landscape = &index.landscape;
    if landscape.properties.is_empty() {
        return;
    }
    let entered: BTreeMap<_, Held> = plan
        .settings
        .iter()
        .map(|setting| (EnteredSetting::key(setting), setting.held()))
        .collect();
    for planned in &scratch.planned {
        if index.running[planned.module as usize] == planned.version {
            continue;
        }
        for row in of_version(&landscape.properties, planned.version) {
            let folded = fold(&row.name);
            let target = landscape
                .values
                .binary_search_by(|value| {
                    (value.environment, value.module, value.name.as_str()).cmp(&(
                        index.target,
                        planned.module,
                        &folded,
                    ))
                })
                .ok()
                .map(|at| landscape.values[at].held);
            let module = landscape.modules[planned.module as usize].id;
            let entered = entered.get(&(module, folded)).copied();
            let code = match value_source(row.property, target, entered) {
                ValueSource::Missing | ValueSource::SecretChanged => FindingCode::SettingMissing,
                ValueSource::Invalid => FindingCode::SettingInvalid,
                ValueSource::Plan | ValueSource::Target | ValueSource::Default => continue,
            };
            let mut finding = of_plan(code);
            let owner = describe.home(planned.module);
            if owner != NONE {
                finding.application = describe.application_id(owner);
            }
            finding.consumer = Some(describe.version_subject(planned.version));
            finding.detail = Some(row.name.clone());
            findings.push(finding);
        }
    }
}

/// The properties of a module version; the table is sorted by it.
fn of_version(all: &[PropertyFacts], version: u32) -> &[PropertyFacts] {
    let from = all.partition_point(|row| row.version < version);
    let to = all.partition_point(|row| row.version <= version);
    &all[from..to]
}
