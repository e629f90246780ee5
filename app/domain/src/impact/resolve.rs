//! From a plan's rows to what they deploy, with the findings about the rows themselves.

use super::evaluate::{Raw, Scratch};
use super::guarded::Bringing;
use super::index::{Index, Marks, Row};
use super::lookup::NONE;
use super::{FindingCode, Severity};
use crate::id::{ApplicationId, ModuleId};
use crate::plan::{Choice, Operation, PlanContent, PlanKind};

/// What became of a plan's rows.
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    /// Applications that the landscape does not know.
    pub unknown: Vec<ApplicationId>,
    /// Whether some row or republish asks for something.
    pub active: bool,
}

impl Scratch {
    /// Fills `rows` and `republish` from a plan. A row that cannot be deployed (blocked, not
    /// available) is reported and then counts as *Do nothing*; of several rows for one
    /// application the first counts.
    pub fn resolve(&mut self, index: &Index, plan: &PlanContent) -> Resolved {
        let mut resolved = Resolved::default();
        self.picked.clear();
        for operation in &plan.operations {
            let Some(application) = index.application(operation.application) else {
                if operation.choice != Choice::DoNothing {
                    resolved.active = true;
                    resolved.unknown.push(operation.application);
                }
                continue;
            };
            if !self.claim(application) || operation.choice == Choice::DoNothing {
                continue;
            }
            resolved.active = true;
            if let Some(row) = self.resolve_row(index, plan.kind, application, operation) {
                self.rows.push(row);
            }
        }
        for module in &plan.republish {
            if let Some(module) = index.module(*module) {
                resolved.active |= index.running[module as usize] != NONE;
                self.republish.push(module);
            }
        }
        resolved
    }

    fn resolve_row(
        &mut self,
        index: &Index,
        kind: PlanKind,
        application: u32,
        operation: &Operation,
    ) -> Option<Row> {
        let facts = &index.applications[application as usize];
        let error = |code| Raw::row(Severity::Error, code, application);
        if facts.blocked {
            self.raw.push(error(FindingCode::ApplicationBlocked));
            return None;
        }
        if !facts.may_deploy {
            self.raw.push(error(FindingCode::NoRightToDeploy));
        }
        let (row, brings) = match &operation.choice {
            Choice::DoNothing => return None,
            Choice::Deploy { version } => {
                let version = index.version_of(application, *version);
                let version = version.filter(|v| {
                    index.eligible(*v)
                        && (kind != PlanKind::Replicate || index.runs_exactly(application, *v))
                });
                let Some(version) = version else {
                    self.raw.push(error(FindingCode::VersionNotAvailable));
                    return None;
                };
                let row = index.row_of_version(version);
                (row, Bringing::version(version, row.number))
            }
            // A rollback brings back what was tagged; what the target runs is there already.
            Choice::TagAndDeploy { .. } if kind == PlanKind::Rollback => {
                self.raw.push(error(FindingCode::VersionNotAvailable));
                return None;
            }
            Choice::TagAndDeploy { number, .. } => {
                if !facts.may_tag {
                    self.raw.push(error(FindingCode::NoRightToTag));
                }
                if !facts.in_source {
                    self.raw.push(error(FindingCode::VersionNotAvailable));
                    return None;
                }
                let mut versions = index.versions_of(application);
                let taken = versions.any(|v| index.number_of(v) == Some(*number));
                let base = index.source_number(application);
                if taken || base.is_some_and(|base| base >= *number) {
                    let raw = error(FindingCode::TagNumberUnusable);
                    self.raw.push(Raw {
                        extra: u32::from(taken),
                        ..raw
                    });
                }
                let brings = Bringing {
                    from: index.running_in_source(application).and_then(|r| r.base),
                    tagged: false,
                    number: Some(*number),
                };
                (index.row_of_source(application, *number), brings)
            }
            Choice::DeployCustom { modules } => {
                if kind != PlanKind::Ordinary || !facts.in_source {
                    self.raw.push(error(FindingCode::VersionNotAvailable));
                    return None;
                }
                self.pick(index, application, modules)?
            }
        };
        if index.is_downgrade(kind, &row) {
            self.raw.push(error(FindingCode::VersionDowngrade));
        } else if kind == PlanKind::Replicate && row.marks.has(Marks::LOWER) {
            // Meant, perhaps; nobody should learn of it afterwards.
            let code = FindingCode::VersionDowngrade;
            self.raw
                .push(Raw::row(Severity::Warning, code, application));
        }
        if facts.guarded {
            self.check_guarded(index, application, brings);
        }
        if facts.changed_outside {
            let code = FindingCode::ChangedOutside;
            self.raw
                .push(Raw::row(Severity::Warning, code, application));
        }
        Some(row)
    }
}

impl Scratch {
    /// The row of some modules as the source runs them. A module that it does not have in the
    /// application (any more) is an error; without any there is no row.
    fn pick(
        &mut self,
        index: &Index,
        application: u32,
        modules: &[ModuleId],
    ) -> Option<(Row, Bringing)> {
        let running = index.running_in_source(application)?;
        let there = |module: u32| {
            let mut all = running.modules.iter();
            all.any(|version| index.facts[*version as usize].module == module)
        };
        let mut some = false;
        for module in modules {
            match index.module(*module) {
                Some(module) if there(module) => {
                    some |= self.picked.insert((application, module));
                }
                // One that the target runs is named: what else there is nobody knows everywhere.
                module => self.raw.push(Raw {
                    producer: module
                        .filter(|module| index.running[*module as usize] != NONE)
                        .unwrap_or(NONE),
                    ..Raw::row(
                        Severity::Error,
                        FindingCode::VersionNotAvailable,
                        application,
                    )
                }),
            }
        }
        let row = index.row_of_modules(application, |m| self.picked.contains(&(application, m)));
        let brings = Bringing {
            from: running.base,
            // What is taken of a tag is taken as that tag has it.
            tagged: !running.modified,
            number: index.source_number(application),
        };
        some.then_some((row, brings))
    }
}

impl Index {
    /// Whether the source runs this version, unchanged.
    fn runs_exactly(&self, application: u32, version: u32) -> bool {
        self.running_in_source(application)
            .is_some_and(|running| running.base == Some(version) && !running.modified)
    }

    pub(crate) fn is_downgrade(&self, kind: PlanKind, row: &Row) -> bool {
        kind == PlanKind::Ordinary && row.marks.has(Marks::LOWER)
    }
}
