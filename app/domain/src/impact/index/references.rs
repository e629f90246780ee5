//! References, flat: both hashes of what a consumer saw stand next to the element.

use super::{Index, Marks};
use crate::impact::csr::Csr;
use crate::impact::lookup::NONE;
use crate::landscape::{Landscape, ModuleVersionFacts};
use crate::reference::{Compatibility, compatible};
use std::sync::Arc;

/// What is offered of an element: interned interface and full hash. Absent: [`NONE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offered {
    pub interface: u32,
    pub full: u32,
}

impl Offered {
    pub const NOTHING: Self = Self {
        interface: NONE,
        full: NONE,
    };
}

impl Default for Offered {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// A reference, flat.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ref {
    pub element: u32,
    pub interface: u32,
    pub full: u32,
    /// Position in the module version's `uses`.
    pub at: u32,
}

/// A reference seen from the element.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct User {
    pub version: u32,
    pub reference: Ref,
}

/// A tagged version that contains a module.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Carrier {
    pub version: u32,
    pub module_version: u32,
}

/// How a reference fits an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Fits,
    Missing,
    Incompatible,
}

impl Index {
    pub(super) fn add_references(&mut self, matters: &[bool]) {
        let landscape = Arc::clone(&self.landscape);
        let versions = &landscape.module_versions;
        let total = versions.iter().map(|v| v.uses.len()).sum();
        self.refs = Csr::with_capacity(versions.len(), total);
        self.producers = Csr::with_capacity(versions.len(), total);
        self.unmet = Csr::with_capacity(versions.len(), 0);
        self.delta = Csr::with_capacity(versions.len(), 0);
        let mut producers = Vec::new();
        for (i, version) in (0_u32..).zip(versions) {
            if !matters[i as usize] {
                self.refs.push_row([]);
                self.producers.push_row([]);
                self.unmet.push_row([]);
                self.delta.push_row([]);
                continue;
            }
            let refs = (0_u32..).zip(&version.uses).map(|(at, used)| Ref {
                element: used.element,
                interface: used.interface,
                full: used.full,
                at,
            });
            let module_of = &self.element_module;
            let refs = refs.filter(|r| module_of[r.element as usize] != version.module);
            self.refs.push_row(refs);

            producers.clear();
            let row = self.refs.row(i);
            producers.extend(row.iter().map(|r| self.element_module[r.element as usize]));
            // Elements are ordered by module, so equal producers are neighbours.
            producers.dedup();
            self.producers.push_row(producers.iter().copied());

            let unmet: Vec<Ref> = row
                .iter()
                .filter(|r| self.fit(i, **r, self.offered[r.element as usize]) != Fit::Fits)
                .copied()
                .collect();
            let delta = delta(version, self.running_facts(version.module));
            let facts = &mut self.facts[i as usize];
            facts.marks = facts
                .marks
                .and_if(!unmet.is_empty(), Marks::UNMET)
                .and_if(!delta.is_empty(), Marks::DELTA);
            self.unmet.push_row(unmet);
            self.delta.push_row(delta);
        }
    }

    pub(super) fn running_facts(&self, module: u32) -> Option<&ModuleVersionFacts> {
        let version = self.running[module as usize];
        self.landscape.module_versions.get(version as usize)
    }

    pub(super) fn add_users(&mut self) {
        let mut users = Vec::with_capacity(self.refs.item_count());
        let mut consumers = Vec::new();
        for (module, version) in (0_u32..).zip(&self.running) {
            if *version == NONE {
                continue;
            }
            for reference in self.refs.row(*version) {
                let user = User {
                    version: *version,
                    reference: *reference,
                };
                users.push((reference.element, user));
            }
            for producer in self.producers.row(*version) {
                consumers.push((*producer, module));
            }
        }
        self.users = Csr::from_pairs(self.offered.len(), &users);
        self.consumers = Csr::from_pairs(self.running.len(), &consumers);
    }

    pub(super) fn newer_in_source(&self) -> Vec<bool> {
        let mut newer = vec![false; self.running.len()];
        for (application, row) in (0_u32..).zip(&self.source_row) {
            let Some(there) = self.landscape.running.get(*row as usize) else {
                continue;
            };
            let number = self.target_number(application);
            if number.is_none() || number >= self.source_number(application) {
                continue;
            }
            for version in &there.modules {
                let keys = self.facts[*version as usize];
                // Added up: the source may have the module in another application, too.
                newer[keys.module as usize] |=
                    self.owner[keys.module as usize] == application && !keys.marks.has(Marks::SAME);
            }
        }
        newer
    }

    pub(super) fn add_behind(&mut self, matters: &[bool]) {
        let newer = self.newer_in_source();
        let mut behind = Csr::with_capacity(matters.len(), 0);
        for (i, matters) in (0_u32..).zip(matters) {
            let refs = self.refs.row(i).iter().filter(|_| *matters);
            behind.push_row(refs.copied().filter(|r| {
                let offer = self.offered[r.element as usize];
                newer[self.element_module[r.element as usize] as usize]
                    && offer.interface != NONE
                    && (offer.interface, offer.full) != (r.interface, r.full)
            }));
            let facts = &mut self.facts[i as usize];
            let is_behind = !behind.row(i).is_empty();
            facts.marks = facts.marks.and_if(is_behind, Marks::BEHIND);
        }
        self.behind = behind;
    }

    pub(super) fn add_other_links(&mut self, matters: &[bool]) {
        let mut other = Csr::with_capacity(matters.len(), 0);
        for (i, matters) in (0_u32..).zip(matters) {
            let refs = self.refs.row(i).iter().filter(|_| *matters);
            other.push_row(refs.copied().filter(|r| {
                let offer = self.offered[r.element as usize];
                self.is_linked_otherwise(i, *r, offer)
            }));
            let facts = &mut self.facts[i as usize];
            let has_other = !other.row(i).is_empty();
            facts.marks = facts.marks.and_if(has_other, Marks::OTHER_LINKS);
        }
        self.other_links = other;
    }

    /// Whether a reference fits an offer whose content is another than the one that is linked in.
    #[inline]
    pub(crate) fn is_linked_otherwise(&self, version: u32, used: Ref, offer: Offered) -> bool {
        offer.full != used.full
            && self.element_strong[used.element as usize]
            && offer.interface != NONE
            && self.fit(version, used, offer) == Fit::Fits
    }

    /// How a reference of a module version fits an offer.
    #[inline]
    pub(crate) fn fit(&self, version: u32, reference: Ref, offered: Offered) -> Fit {
        if offered.interface == reference.interface {
            return Fit::Fits;
        }
        if offered.interface == NONE {
            return Fit::Missing;
        }
        self.fit_slowly(version, reference, offered)
    }

    #[cold]
    fn fit_slowly(&self, version: u32, reference: Ref, offered: Offered) -> Fit {
        let facts = &*self.landscape;
        let used = &facts.module_versions[version as usize].uses[reference.at as usize];
        let seen = &facts.interfaces[reference.interface as usize];
        let now = &facts.interfaces[offered.interface as usize];
        let kind = facts.elements[used.element as usize].kind;
        match compatible(kind, seen, now, &used.members) {
            Compatibility::Incompatible => Fit::Incompatible,
            Compatibility::Same | Compatibility::Compatible => Fit::Fits,
        }
    }
}

/// Per module the tagged versions eligible from the source that contain it.
pub(super) fn carriers(facts: &Landscape, source: u32, matters: &mut [bool]) -> Csr<Carrier> {
    let mut pairs = Vec::new();
    for (i, version) in (0_u32..).zip(&facts.versions) {
        if version.eligible.binary_search(&source).is_err() {
            continue;
        }
        for module_version in &version.modules {
            matters[*module_version as usize] = true;
            let carrier = Carrier {
                version: i,
                module_version: *module_version,
            };
            let module = facts.module_versions[*module_version as usize].module;
            pairs.push((module, carrier));
        }
    }
    Csr::from_pairs(facts.modules.len(), &pairs)
}

/// How the offer of a module changes from what runs to `version`: both lists are sorted.
fn delta(
    version: &ModuleVersionFacts,
    running: Option<&ModuleVersionFacts>,
) -> Vec<(u32, Offered)> {
    let before = running.map_or(&[][..], |r| &r.provides);
    let after = &version.provides;
    let mut changes = Vec::new();
    let (mut b, mut a) = (0, 0);
    loop {
        let old = before.get(b).map_or(NONE, |p| p.element);
        let new = after.get(a).map_or(NONE, |p| p.element);
        if old == NONE && new == NONE {
            return changes;
        }
        if old < new {
            changes.push((old, Offered::NOTHING));
            b += 1;
            continue;
        }
        let offer = Offered {
            interface: after[a].interface,
            full: after[a].full,
        };
        let same =
            old == new && before[b].interface == offer.interface && before[b].full == offer.full;
        if !same {
            changes.push((new, offer));
        }
        a += 1;
        b += usize::from(old == new);
    }
}
