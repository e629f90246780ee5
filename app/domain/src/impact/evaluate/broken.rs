//! Modules in the target that are broken and stay so: an error where the plan depends on them.

use super::{Marks, Raw, Scratch};
use crate::impact::index::{Bits, Fit, Index, TELLABLE, meet};
use crate::impact::lookup::NONE;
use crate::impact::{FindingCode, Severity};

/// Working memory of the walk from the plan to what is broken.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    /// Modules that stay broken.
    modules: Vec<u32>,
    /// Per module: seen by the walk of this generation, and from where.
    seen: Vec<(u32, u32)>,
    queue: Vec<u32>,
    roots: Vec<(u32, u32)>,
    /// Per bit of [`Bits`]: how many broken modules with it are still to be found.
    wanted: Vec<u32>,
    found: Vec<Found>,
}

/// A broken module; sorts by what is reported of an application: what the plan depends on first,
/// then by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    application: u32,
    apart: bool,
    name: u32,
    module: u32,
}

impl Broken {
    pub fn new(modules: usize) -> Self {
        Self {
            modules: Vec::new(),
            seen: vec![(0, NONE); modules],
            queue: Vec::new(),
            roots: Vec::new(),
            wanted: Vec::new(),
            found: Vec::new(),
        }
    }
}

/// Whether to say how the plan comes to depend on something broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paths {
    Wanted,
    Spared,
}

impl Scratch {
    pub(super) fn check_broken(&mut self, index: &Index, paths: Paths) {
        if index.broken.is_empty() {
            return;
        }
        let mut memory = std::mem::replace(&mut self.broken, Broken::new(0));
        memory.modules.clear();
        let stays = index
            .broken
            .iter()
            .filter(|m| self.stays_broken(index, **m));
        memory.modules.extend(stays);
        if !memory.modules.is_empty() {
            let reach = self.reach(index);
            if paths == Paths::Spared && self.reach_is_exact(index) {
                self.report_broken(index, &mut memory, paths, |m, _| index.reach.has(&reach, m));
            } else {
                self.walk(index, &mut memory, &reach);
                let generation = self.generation;
                self.report_broken(index, &mut memory, paths, |module, seen| {
                    seen[module as usize].0 == generation
                });
            }
        }
        self.broken = memory;
    }

    /// What the plan leads to by the references of what it brings, and from there on by those of
    /// the target before the plan: nothing is missing, but there may be too much.
    fn reach(&self, index: &Index) -> Bits {
        let mut all = Bits::default();
        if !self.marks.has(Marks::LEADS) {
            return all;
        }
        let planned = self.planned.iter().filter(|p| p.marks.has(Marks::LEADS));
        let republished = self.republish.iter().map(|m| index.running[*m as usize]);
        for version in planned.map(|p| p.version).chain(republished) {
            for producer in index.producers.row(version) {
                let reach = index.reach.of(*producer);
                (0..all.len()).for_each(|w| all[w] |= reach[w]);
            }
        }
        all
    }

    /// Whether there is not too much: every reference of the target before the plan that leads to
    /// something broken is still there after it.
    fn reach_is_exact(&self, index: &Index) -> bool {
        index.broken.len() <= TELLABLE && !self.marks.has(Marks::DROPS) && self.removed.is_empty()
    }

    fn stays_broken(&self, index: &Index, module: u32) -> bool {
        if self.is_replaced(module) || self.is_republished(module) {
            return false;
        }
        let version = index.running[module as usize];
        let mut unmet = index.unmet.row(version).iter();
        unmet.any(|r| index.fit(version, *r, self.offer(index, r.element)) != Fit::Fits)
    }

    /// Walks from everything the plan brings to its producers, nearest first, as far as something
    /// broken is still to be found.
    fn walk(&self, index: &Index, memory: &mut Broken, reach: &Bits) {
        let generation = self.generation;
        let mut open: Bits = Bits::default();
        memory.wanted.clear();
        memory.wanted.resize(open.len() * 64, 0);
        for module in &memory.modules {
            let bit = index.reach.bit_of[*module as usize] as usize;
            memory.wanted[bit] += 1;
            open[bit / 64] |= (1 << (bit % 64)) & reach[bit / 64];
        }
        if open == Bits::default() {
            return;
        }
        let Broken {
            modules,
            seen,
            queue,
            roots,
            wanted,
            ..
        } = memory;
        // Looked up at every reference: as slices, they stay where they are.
        let (seen, reaches) = (seen.as_mut_slice(), index.reach.all());
        let planned = self.planned.iter().map(|p| p.module);
        let named = planned
            .chain(self.republish.iter().copied())
            .map(|m| (index.facts[self.after(index, m) as usize].name, m));
        roots.clear();
        roots.extend(named);
        roots.sort_unstable();
        queue.clear();
        for (_, module) in roots.iter() {
            seen[*module as usize] = (generation, NONE);
            queue.push(*module);
        }
        let mut next = 0;
        while let Some(module) = queue.get(next).copied() {
            let is_root = next < roots.len();
            next += 1;
            // What the plan brings has other references than the index knows.
            if !is_root && !meet(&reaches[module as usize], &open) {
                continue;
            }
            let version = self.after(index, module);
            if version == NONE {
                continue;
            }
            for producer in index.producers.row(version) {
                // Most were seen already, and that is asked with less memory.
                let from = &mut seen[*producer as usize];
                if from.0 == generation || !meet(&reaches[*producer as usize], &open) {
                    continue;
                }
                *from = (generation, module);
                queue.push(*producer);
                let bit = index.reach.bit_of[*producer as usize] as usize;
                if let Some(wanted) = wanted.get_mut(bit)
                    && *wanted > 0
                    && modules.binary_search(producer).is_ok()
                {
                    *wanted -= 1;
                    if *wanted == 0 {
                        open[bit / 64] &= !(1 << (bit % 64));
                        if open == Bits::default() {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// One finding per broken application: the first module, by name, that the plan reaches.
    fn report_broken(
        &mut self,
        index: &Index,
        memory: &mut Broken,
        paths: Paths,
        is_reached: impl Fn(u32, &[(u32, u32)]) -> bool,
    ) {
        let seen = &memory.seen;
        memory.found.clear();
        memory
            .found
            .extend(memory.modules.iter().map(|module| Found {
                application: index.owner[*module as usize],
                apart: !is_reached(*module, seen),
                name: index.facts[index.running[*module as usize] as usize].name,
                module: *module,
            }));
        memory.found.sort_unstable();
        memory.found.dedup_by_key(|found| found.application);
        for Found { apart, module, .. } in &memory.found {
            if *apart {
                let code = FindingCode::TargetBroken;
                let raw = Raw::row(Severity::Information, code, NONE);
                self.raw.push(raw.between(NONE, *module));
                continue;
            }
            if paths == Paths::Spared {
                let raw = Raw::row(Severity::Error, FindingCode::TargetBroken, NONE);
                self.raw.push(raw.between(NONE, *module));
                continue;
            }
            let mut path = vec![*module];
            let mut at = *module;
            while seen[at as usize].1 != NONE {
                at = seen[at as usize].1;
                path.push(at);
            }
            path.reverse();
            let application = self.owner_after(index, at);
            let raw = Raw::row(Severity::Error, FindingCode::TargetBroken, application);
            self.raw.push(Raw {
                extra: self.paths.len() as u32,
                ..raw.between(self.after(index, at), *module)
            });
            self.paths.push(path);
        }
    }
}
