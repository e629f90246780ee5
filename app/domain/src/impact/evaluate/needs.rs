//! What modules need of each other after the plan.

use super::{Marks, Outdated, Planned, Raw, Scratch};
use crate::impact::index::{Fit, Index, Offered, Ref};
use crate::impact::lookup::NONE;
use crate::impact::{FindingCode, Severity};

impl Scratch {
    /// What the modules that the plan brings need.
    pub(super) fn check_planned(&mut self, index: &Index) {
        let changes = !self.changed.is_empty();
        if !changes && !self.marks.has(Marks::UNMET) {
            return;
        }
        for i in 0..self.planned.len() {
            let Planned {
                version,
                row,
                marks,
                ..
            } = self.planned[i];
            if changes || marks.has(Marks::UNMET) {
                let application = self.rows[row as usize].application;
                self.check_needs(index, version, application, marks);
            }
        }
    }

    /// What the modules that are linked anew need.
    pub(super) fn check_republished(&mut self, index: &Index) {
        let generation = self.generation;
        let asked = std::mem::take(&mut self.republish);
        for module in &asked {
            let version = index.running[*module as usize];
            let note = &mut self.modules[*module as usize];
            let known = version != NONE && note.stamp != generation;
            if !known || note.republished == generation {
                continue;
            }
            note.republished = generation;
            self.republish.push(*module);
            let application = index.owner[*module as usize];
            if !index.applications[application as usize].may_deploy {
                let raw = Raw::row(Severity::Error, FindingCode::NoRightToDeploy, application);
                self.raw.push(raw.between(version, NONE));
            }
            let marks = index.facts[version as usize].marks;
            self.marks = self.marks.and_if(marks.has(Marks::LEADS), Marks::LEADS);
            self.check_needs(index, version, application, marks);
        }
    }

    fn check_needs(&mut self, index: &Index, version: u32, application: u32, marks: Marks) {
        if marks.has(Marks::UNMET) {
            for reference in index.unmet.row(version) {
                // Changed elements are looked at below.
                if self.elements[reference.element as usize].stamp != self.generation {
                    let offer = index.offered[reference.element as usize];
                    self.need(index, version, application, *reference, offer);
                }
            }
        }
        if self.changed.is_empty() {
            return;
        }
        for reference in index.refs.row(version) {
            let note = self.elements[reference.element as usize];
            if note.stamp == self.generation && note.offer.interface != reference.interface {
                self.need(index, version, application, *reference, note.offer);
            }
        }
    }

    #[inline(never)]
    fn need(
        &mut self,
        index: &Index,
        version: u32,
        application: u32,
        reference: Ref,
        offer: Offered,
    ) {
        let producer = index.element_module[reference.element as usize];
        let code = match index.fit(version, reference, offer) {
            Fit::Fits => return,
            Fit::Incompatible => FindingCode::ProducerElementIncompatible,
            Fit::Missing if self.after(index, producer) == NONE => {
                FindingCode::ProducerModuleMissing
            }
            Fit::Missing => FindingCode::ProducerElementMissing,
        };
        let raw = Raw::row(Severity::Error, code, application);
        self.raw.push(Raw {
            element: reference.element,
            extra: reference.at,
            ..raw.between(version, producer)
        });
    }

    /// What the modules that stay in the target lose, and which keep old content.
    pub(super) fn check_consumers(&mut self, index: &Index) {
        for i in 0..self.changed.len() {
            let element = self.changed[i];
            let offer = self.elements[element as usize].offer;
            let strong = index.element_strong[element as usize];
            for user in index.users.row(element) {
                let reference = user.reference;
                if offer.interface == reference.interface
                    && (!strong || offer.full == reference.full)
                {
                    continue;
                }
                self.consumer(index, user.version, reference, offer);
            }
        }
    }

    /// A reference in the target that differs from what the plan makes of the offer.
    fn consumer(&mut self, index: &Index, version: u32, reference: Ref, offer: Offered) {
        let element = reference.element;
        let consumer = index.facts[version as usize].module;
        if self.is_replaced(consumer) {
            return;
        }
        let producer = index.element_module[element as usize];
        let code = match index.fit(version, reference, offer) {
            Fit::Fits => {
                if index.element_strong[element as usize] && offer.full != reference.full {
                    self.outdated.push(Outdated {
                        consumer: version,
                        producer,
                        element,
                    });
                }
                return;
            }
            Fit::Missing => FindingCode::ConsumerElementMissing,
            Fit::Incompatible => FindingCode::ConsumerElementIncompatible,
        };
        let before = index.offered[element as usize];
        let was_met = index.fit(version, reference, before) == Fit::Fits;
        if !was_met || self.is_republished(consumer) {
            return;
        }
        let Some(row) = self.row_of(producer) else {
            return;
        };
        let raw = Raw::row(Severity::Error, code, row.application);
        self.raw.push(Raw {
            element,
            extra: reference.at,
            ..raw.between(version, producer)
        });
    }

    /// Modules that were published with a newer producer than the target will have: one finding
    /// per row and producing application.
    pub(super) fn check_newer(&mut self, index: &Index) {
        // Rows that bring less than the source has: their modules have to be looked at one by one.
        let brings_old = self.marks.has(Marks::OLDER);
        if !brings_old && !self.marks.has(Marks::BEHIND) {
            return;
        }
        for i in 0..self.planned.len() {
            let planned = self.planned[i];
            let version = planned.version;
            let application = self.rows[planned.row as usize].application;
            if planned.marks.has(Marks::BEHIND) {
                for reference in index.behind.row(version) {
                    let producer = index.element_module[reference.element as usize];
                    if !self.is_replaced(producer) {
                        let owner = index.owner[producer as usize];
                        self.newer(application, owner, version, producer);
                    }
                }
            }
            if !brings_old {
                continue;
            }
            for reference in index.refs.row(version) {
                let producer = index.element_module[reference.element as usize];
                let Some(brought) = self.row_of(producer).filter(|r| r.marks.has(Marks::OLDER))
                else {
                    continue;
                };
                let by = brought.application;
                let offer = self.offer(index, reference.element);
                let differs = offer.interface != NONE
                    && (offer.interface, offer.full) != (reference.interface, reference.full);
                if differs && source_is_newer(index, by, self.after(index, producer)) {
                    self.newer(application, by, version, producer);
                }
            }
        }
    }

    fn newer(&mut self, application: u32, owner: u32, version: u32, producer: u32) {
        let now = (self.generation, application);
        let seen = &mut self.applications[owner as usize].newer;
        if owner == application || *seen == now {
            return;
        }
        *seen = now;
        let code = FindingCode::NewerProducerAvailable;
        let raw = Raw::row(Severity::Warning, code, application);
        self.raw.push(raw.between(version, producer));
    }
}

impl Scratch {
    /// Modules that the plan brings and that will be outdated: the target will have other content
    /// of a producer than the one that is linked in. Where the source has a newer producer that
    /// was told already.
    pub(super) fn check_links(&mut self, index: &Index) {
        let changes = !self.changed.is_empty();
        if !changes && !self.marks.has(Marks::OTHER_LINKS) {
            return;
        }
        let told = self.told_newer(index);
        for i in 0..self.planned.len() {
            let planned = self.planned[i];
            let application = self.rows[planned.row as usize].application;
            if planned.marks.has(Marks::OTHER_LINKS) {
                for reference in index.other_links.row(planned.version) {
                    // Changed elements are looked at below.
                    if self.elements[reference.element as usize].stamp != self.generation {
                        self.linked(index, &told, application, planned.version, *reference);
                    }
                }
            }
            if !changes {
                continue;
            }
            for reference in index.refs.row(planned.version) {
                let note = self.elements[reference.element as usize];
                if note.stamp == self.generation
                    && note.offer.full != reference.full
                    && index.is_linked_otherwise(planned.version, *reference, note.offer)
                {
                    self.linked(index, &told, application, planned.version, *reference);
                }
            }
        }
    }

    /// The pairs of applications of which the second was told to be newer in the source, sorted.
    fn told_newer(&self, index: &Index) -> Vec<(u32, u32)> {
        let told = self.raw.iter();
        let mut told: Vec<(u32, u32)> = told
            .filter(|raw| raw.code == FindingCode::NewerProducerAvailable)
            .map(|raw| (raw.application, self.home_after(index, raw.producer)))
            .collect();
        told.sort_unstable();
        told
    }

    /// The application that a module is in after the plan.
    fn home_after(&self, index: &Index, module: u32) -> u32 {
        match self.row_of(module) {
            Some(row) => row.application,
            None => index.owner[module as usize],
        }
    }

    #[inline(never)]
    fn linked(
        &mut self,
        index: &Index,
        told: &[(u32, u32)],
        application: u32,
        version: u32,
        reference: Ref,
    ) {
        let producer = index.element_module[reference.element as usize];
        let owner = self.home_after(index, producer);
        if owner == application || told.binary_search(&(application, owner)).is_ok() {
            return;
        }
        let code = FindingCode::LinkedContentDiffers;
        let raw = Raw::row(Severity::Warning, code, application);
        self.raw.push(Raw {
            element: reference.element,
            ..raw.between(version, producer)
        });
    }
}

/// Whether the source runs another content of the module than that which an application brings
/// in a lower number.
fn source_is_newer(index: &Index, application: u32, version: u32) -> bool {
    if version == NONE {
        return false;
    }
    let module = index.facts[version as usize].module;
    let brought = &index.landscape.module_versions[version as usize];
    let there = index.running_in_source(application);
    there.is_some_and(|running| {
        running.modules.iter().any(|v| {
            let facts = &index.landscape.module_versions[*v as usize];
            facts.module == module && facts.content != brought.content
        })
    })
}
