//! What no repair can do without: the search cuts off what cannot become better than the best
//! repair so far.

use super::errors::is_need;
use super::search::{Assignment, Search};
use crate::impact::evaluate::Raw;
use crate::impact::index::{Brought, Content, Fit, Index, Marks, Offered, Row};
use crate::impact::lookup::NONE;
use crate::impact::producers::Need;
use std::collections::{BTreeMap, BTreeSet};

impl Search<'_> {
    /// Takes away the ways out that could only lead to something worse than the best repair so
    /// far. None if nothing better (or equal, with a better name) can come of it.
    pub(super) fn still_worth_it(
        &mut self,
        assignment: &Assignment,
        mut open: Vec<(Vec<u32>, Raw)>,
    ) -> Option<Vec<(Vec<u32>, Raw)>> {
        let (added, changed, skipped, ..) = self.key(assignment);
        loop {
            if open.iter().any(|(culprits, _)| culprits.is_empty()) {
                return None;
            }
            let Some(best) = self.best.as_ref().map(|(key, _)| (key.0, key.1, key.2)) else {
                return Some(open);
            };
            let forced = self.forced(&open);
            let rows = forced.iter().filter(|a| self.slot(**a).is_some()).count() as u32;
            let adds = forced.len() as u32 - rows;
            let at_least = (added + adds, changed + rows);
            if at_least > (best.0, best.1) {
                return None;
            }
            let no_adds = at_least.0 == best.0;
            let no_changes = no_adds && at_least.1 == best.1;
            let before: usize = open.iter().map(|(culprits, _)| culprits.len()).sum();
            for (culprits, _) in &mut open {
                culprits.retain(|a| {
                    let is_row = self.slot_of[*a as usize] != NONE;
                    forced.contains(a) || !(if is_row { no_changes } else { no_adds })
                });
            }
            let after: usize = open.iter().map(|(culprits, _)| culprits.len()).sum();
            if after < before {
                continue;
            }
            if no_changes && skipped + self.least_skipped(&open) > best.2 {
                return None;
            }
            return Some(open);
        }
    }

    /// Applications that have to change whatever else does.
    fn forced(&mut self, open: &[(Vec<u32>, Raw)]) -> BTreeSet<u32> {
        let mut forced = BTreeSet::new();
        for (culprits, _) in open {
            match culprits.as_slice() {
                [only] => {
                    forced.insert(*only);
                }
                [a, b] => {
                    for (one, other) in [(*a, *b), (*b, *a)] {
                        if self.no_version_fits(one, other) {
                            forced.insert(other);
                        }
                    }
                }
                _ => {}
            }
        }
        forced
    }

    /// A lower bound of the versions skipped: for each application that alone can settle some
    /// needs, the lowest version that meets them.
    fn least_skipped(&mut self, open: &[(Vec<u32>, Raw)]) -> u32 {
        let mut needs: BTreeMap<u32, Vec<Need>> = BTreeMap::new();
        for (culprits, raw) in open {
            if let ([only], true) = (culprits.as_slice(), is_need(raw)) {
                let need = self.need(raw);
                if self.is_sole(raw.producer, *only) {
                    needs.entry(*only).or_default().push(need);
                }
            }
        }
        let mut total = 0;
        for (application, needs) in needs {
            let versions = self.candidates(application);
            let index = self.index;
            let lowest = versions
                .iter()
                .position(|v| needs.iter().all(|need| index.meets(*v, need)));
            // If none does, the branch will find out.
            total += lowest.unwrap_or(0) as u32;
        }
        total
    }

    fn is_sole(&self, module: u32, application: u32) -> bool {
        self.sole[module as usize] == application
    }

    /// Whether every other version of `one` clashes with `other` as the plan has it.
    fn no_version_fits(&mut self, one: u32, other: u32) -> bool {
        if let Some(known) = self.forced.get(&(one, other)) {
            return *known;
        }
        let now = self.slot(one).flatten().map(|row| row.content);
        let versions = self.candidates(one);
        let clash = versions
            .iter()
            .filter(|v| now != Some(Content::version(**v)))
            .all(|v| self.clash(one, *v, other));
        self.forced.insert((one, other), clash);
        clash
    }

    /// Whether a version of `one` and `other`, as the plan has it, need different things of each
    /// other, whatever else the plan does.
    fn clash(&self, one: u32, version: u32, other: u32) -> bool {
        let index = self.index;
        let brought = index.content(&index.row_of_version(version));
        let row = self.slot(other).flatten();
        // A row of single modules is a mix that no table has; it is looked at as a whole.
        if row.is_some_and(|row| row.marks.has(Marks::PART)) {
            return false;
        }
        let there;
        let as_it_is = match &row {
            Some(row) => index.content(row),
            None => {
                there = running_content(index, other);
                &there
            }
        };
        self.needs_clash(one, brought, true, other, as_it_is)
            || self.needs_clash(other, as_it_is, row.is_some(), one, brought)
    }

    fn needs_clash(
        &self,
        consumer: u32,
        uses: &[Brought],
        is_brought: bool,
        producer: u32,
        offers: &[Brought],
    ) -> bool {
        let index = self.index;
        uses.iter().any(|used| {
            let version = used.version;
            self.is_sole(used.module, consumer)
                && index.refs.row(version).iter().any(|reference| {
                    let needed = index.element_module[reference.element as usize];
                    let known = index.offered[reference.element as usize];
                    let counts = is_brought || index.fit(version, *reference, known) == Fit::Fits;
                    let offer = find_module(offers, needed)
                        .map_or(Offered::NOTHING, |v| offer_of(index, v, reference.element));
                    counts
                        && index.fit(version, *reference, offer) != Fit::Fits
                        && self.is_sole(needed, producer)
                })
        })
    }
}

/// Per module the only application that can bring or remove it.
pub(super) fn sole_applications(index: &Index, slots: &[(u32, Option<Row>)]) -> Vec<u32> {
    let mut applications: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); index.running.len()];
    for (module, owner) in index.owner.iter().enumerate() {
        if *owner != NONE {
            applications[module].insert(*owner);
        }
    }
    let versions = (0_u32..).zip(&index.tags).filter(|(_, tag)| tag.eligible);
    for (version, tag) in versions {
        for brought in index.content(&index.row_of_version(version)) {
            applications[brought.module as usize].insert(tag.application);
        }
    }
    for row in slots.iter().filter_map(|(_, row)| row.as_ref()) {
        for brought in index.content(row) {
            applications[brought.module as usize].insert(row.application);
        }
    }
    let only = |set: &BTreeSet<u32>| match set.len() {
        1 => set.first().copied().unwrap_or(NONE),
        _ => NONE,
    };
    applications.iter().map(only).collect()
}

/// What the target runs of an application.
fn running_content(index: &Index, application: u32) -> Vec<Brought> {
    let running = index.running_in_target(application);
    let states = running.map_or(&[][..], |r| &r.modules).iter();
    let brought = states.map(|version| Brought {
        version: *version,
        module: index.facts[*version as usize].module,
        ..Brought::default()
    });
    brought.collect()
}

fn find_module(content: &[Brought], module: u32) -> Option<u32> {
    // Module versions are ordered by module, and so are the lists of them.
    let place = content.binary_search_by_key(&module, |b| b.module);
    place.ok().map(|p| content[p].version)
}

fn offer_of(index: &Index, version: u32, element: u32) -> Offered {
    let provides = &index.landscape.module_versions[version as usize].provides;
    match provides.binary_search_by_key(&element, |p| p.element) {
        Err(_) => Offered::NOTHING,
        Ok(place) => Offered {
            interface: provides[place].interface,
            full: provides[place].full,
        },
    }
}
