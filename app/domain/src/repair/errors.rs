//! The errors that other versions could settle, and who could.

use super::search::{Assignment, Search};
use crate::impact::evaluate::Raw;
use crate::impact::index::Fit;
use crate::impact::lookup::NONE;
use crate::impact::{FindingCode, Severity};
use std::collections::BTreeSet;

impl Search<'_> {
    /// The errors, which version choices could settle, of the plan with these changes. The
    /// working memory then holds that plan.
    pub fn evaluate(&mut self, assignment: &Assignment) -> Vec<Raw> {
        self.lay_out(assignment);
        self.scratch.evaluate(self.index);
        self.errors(assignment)
    }

    /// How many errors [`Self::evaluate`] would tell. The working memory then holds that plan, but
    /// not the paths to what is broken.
    pub(super) fn count_errors(&mut self, assignment: &Assignment) -> usize {
        self.lay_out(assignment);
        self.scratch.evaluate_to_count(self.index);
        self.errors(assignment).len()
    }

    /// Puts the plan with these changes into the working memory.
    fn lay_out(&mut self, assignment: &Assignment) {
        self.scratch.begin(self.index);
        for (application, row) in &self.slots {
            let row = match assignment.get(application) {
                None => *row,
                Some(version) => version.map(|v| self.index.row_of_version(v)),
            };
            self.scratch.rows.extend(row);
        }
        for application in self.in_order(assignment) {
            let version = assignment.get(&application).copied().flatten();
            if let (None, Some(version)) = (self.slot(application), version) {
                self.scratch.rows.push(self.index.row_of_version(version));
            }
        }
        self.scratch.republish.clone_from(&self.republish);
    }

    /// The errors of the plan that was evaluated, which version choices could settle.
    fn errors(&self, assignment: &Assignment) -> Vec<Raw> {
        let row_errors = self.row_errors.iter();
        let row_errors = row_errors.filter(|r| !assignment.contains_key(&r.application));
        let mut errors: Vec<Raw> = self.scratch.raw.iter().chain(row_errors).copied().collect();
        errors.retain(|raw| is_repairable(raw) && !self.ignored.contains(&without_path(*raw)));
        errors.sort_unstable();
        errors.dedup();
        errors
    }

    /// The applications of which at least one has to change for an error to go away; of the plan
    /// that was evaluated last.
    pub fn culprits(&self, raw: &Raw) -> Vec<u32> {
        let module_of = |version: u32| self.index.facts[version as usize].module;
        let mut culprits = BTreeSet::new();
        match raw.code {
            FindingCode::VersionDowngrade
            | FindingCode::VersionNotAvailable
            | FindingCode::HotfixOverwritten => {
                culprits.insert(raw.application);
            }
            FindingCode::ModuleMoved => culprits.extend([raw.application, raw.extra]),
            FindingCode::NameCollision if raw.consumer == NONE => {
                culprits.extend([raw.application, raw.extra]);
            }
            FindingCode::TargetBroken => {
                for module in self
                    .scratch
                    .paths
                    .get(raw.extra as usize)
                    .into_iter()
                    .flatten()
                {
                    self.add_culprits(*module, &mut culprits);
                }
                let version = self.index.running[raw.producer as usize];
                for reference in self.index.unmet.row(version) {
                    let offer = self.scratch.offer(self.index, reference.element);
                    if self.index.fit(version, *reference, offer) != Fit::Fits {
                        let producer = self.index.element_module[reference.element as usize];
                        self.add_culprits(producer, &mut culprits);
                    }
                }
            }
            _ => {
                if raw.consumer != NONE {
                    self.add_culprits(module_of(raw.consumer), &mut culprits);
                }
                if raw.producer != NONE {
                    self.add_culprits(raw.producer, &mut culprits);
                }
            }
        }
        culprits.remove(&NONE);
        culprits.into_iter().collect()
    }

    /// The applications that decide about a module's state.
    fn add_culprits(&self, module: u32, culprits: &mut BTreeSet<u32>) {
        for carrier in self.index.carriers.row(module) {
            let version = &self.index.landscape.versions[carrier.version as usize];
            culprits.insert(version.application);
        }
        culprits.insert(self.index.owner[module as usize]);
        culprits.insert(self.scratch.owner_after(self.index, module));
    }
}

/// An error as it is whatever way leads to it.
pub(super) const fn without_path(raw: Raw) -> Raw {
    match raw.code {
        FindingCode::TargetBroken => Raw {
            consumer: NONE,
            application: NONE,
            extra: NONE,
            ..raw
        },
        _ => raw,
    }
}

pub(super) const fn is_need(raw: &Raw) -> bool {
    matches!(
        raw.code,
        FindingCode::ProducerModuleMissing
            | FindingCode::ProducerElementMissing
            | FindingCode::ProducerElementIncompatible
            | FindingCode::ConsumerElementMissing
            | FindingCode::ConsumerElementIncompatible
    )
}

/// Errors that other versions could settle.
pub(super) fn is_repairable(raw: &Raw) -> bool {
    let by_version = is_need(raw)
        || matches!(
            raw.code,
            FindingCode::TargetBroken
                | FindingCode::NameCollision
                | FindingCode::PathCollision
                | FindingCode::ModuleMoved
                | FindingCode::IncompatiblePlatform
                | FindingCode::VersionDowngrade
                | FindingCode::VersionNotAvailable
                | FindingCode::HotfixOverwritten
        );
    by_version && raw.severity == Severity::Error
}
