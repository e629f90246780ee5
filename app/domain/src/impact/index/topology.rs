//! Modules in an order that holds for every plan: producers before consumers, whatever versions
//! of them are chosen; and which broken modules of the target they lead to.

use super::{Index, Marks};
use crate::impact::lookup::NONE;
use crate::order::Waves;

/// The order of modules by the references of all versions that matter.
#[derive(Debug, Default)]
pub(crate) struct Topology {
    /// Per module its place, and back.
    pub place: Vec<u32>,
    pub module_at: Vec<u32>,
    /// Per place: where the modules end that, in some versions, refer to each other in a circle
    /// with this one. One further if there is no circle.
    pub knot_end: Vec<u32>,
}

/// Which broken modules of the target a module leads to, as bits. Broken modules beyond the
/// number of bits share them.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    bits: Vec<Bits>,
    /// Per module its bit, if it is broken in the target; else [`NONE`].
    pub bit_of: Vec<u32>,
}

const WORDS: usize = 4;

/// A set of broken modules, or a superset of it.
pub(crate) type Bits = [u64; WORDS];

impl Reach {
    #[inline]
    pub fn of(&self, module: u32) -> &Bits {
        &self.bits[module as usize]
    }

    /// What each module leads to.
    #[inline]
    pub fn all(&self) -> &[Bits] {
        &self.bits
    }

    /// Whether a set may have this broken module.
    pub fn has(&self, bits: &Bits, broken: u32) -> bool {
        let bit = self.bit_of[broken as usize] as usize;
        bits.get(bit / 64)
            .is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }
}

/// As many broken modules as have bits of their own.
pub(crate) const TELLABLE: usize = WORDS * 64;

/// Whether two sets may have something in common.
#[inline]
pub(crate) fn meet(a: &Bits, b: &Bits) -> bool {
    (0..WORDS).any(|w| a[w] & b[w] != 0)
}

impl Topology {
    /// From the producers of each module in all versions that matter.
    fn new(start: &[u32], producers: &[u32]) -> Self {
        let mut waves = Waves::default();
        waves.compute(start, producers);
        let count = waves.component.len();
        // Components are numbered producers first; a counting sort lays them side by side.
        let mut next = vec![0_u32; count + 1];
        for component in &waves.component {
            next[*component as usize + 1] += 1;
        }
        for i in 0..count {
            next[i + 1] += next[i];
        }
        let ends: Vec<u32> = next[1..].to_vec();
        let mut topology = Self {
            place: vec![0; count],
            module_at: vec![0; count],
            knot_end: vec![0; count],
        };
        for (module, component) in (0_u32..).zip(&waves.component) {
            let place = next[*component as usize];
            next[*component as usize] += 1;
            topology.place[module as usize] = place;
            topology.module_at[place as usize] = module;
            topology.knot_end[place as usize] = ends[*component as usize];
        }
        topology
    }
}

impl Index {
    pub(super) fn add_topology(&mut self) {
        let facts = &self.landscape.module_versions;
        let modules = self.running.len();
        let mut start = Vec::with_capacity(modules + 1);
        let mut edges = Vec::with_capacity(self.producers.item_count());
        let mut version = 0;
        for module in 0..modules as u32 {
            start.push(edges.len() as u32);
            // Module versions are ordered by module.
            while facts.get(version).is_some_and(|v| v.module == module) {
                edges.extend_from_slice(self.producers.row(version as u32));
                version += 1;
            }
        }
        start.push(edges.len() as u32);
        self.topology = Topology::new(&start, &edges);
    }

    /// Finds what is broken in the target, and who leads there.
    pub(super) fn add_broken(&mut self) {
        let modules = self.running.len();
        self.reach = Reach {
            bits: vec![[0; WORDS]; modules],
            bit_of: vec![NONE; modules],
        };
        for (module, version) in (0_u32..).zip(&self.running) {
            if *version != NONE && !self.unmet.row(*version).is_empty() {
                let bit = self.broken.len() % (WORDS * 64);
                self.reach.bit_of[module as usize] = bit as u32;
                self.reach.bits[module as usize][bit / 64] |= 1 << (bit % 64);
                self.broken.push(module);
            }
        }
        if self.broken.is_empty() {
            return;
        }
        let mut place = 0;
        while let Some(end) = self.topology.knot_end.get(place).copied() {
            // Alone, or in a circle that is perhaps none with the versions that the target runs.
            while self.spread_reach(place..end as usize) {}
            place = end as usize;
        }
        for version in 0..self.facts.len() as u32 {
            let leads = |p: &u32| *self.reach.of(*p) != [0; WORDS];
            let producers = self.producers.row(version);
            let running = self.running[self.facts[version as usize].module as usize];
            let before = if running == NONE {
                &[]
            } else {
                self.producers.row(running)
            };
            let mut gone = before.iter().filter(|p| leads(p));
            let drops = gone.any(|p| producers.binary_search(p).is_err());
            let leads = producers.iter().any(leads);
            let facts = &mut self.facts[version as usize];
            facts.marks = facts
                .marks
                .and_if(leads, Marks::LEADS)
                .and_if(drops, Marks::DROPS);
        }
    }

    /// Passes on what producers lead to; whether there may be more to pass on among these places.
    fn spread_reach(&mut self, places: std::ops::Range<usize>) -> bool {
        let circle = places.len() > 1;
        let mut changed = false;
        for place in places {
            let module = self.topology.module_at[place] as usize;
            let version = self.running[module];
            if version == NONE {
                continue;
            }
            let mut bits = self.reach.bits[module];
            for producer in self.producers.row(version) {
                let more = self.reach.of(*producer);
                (0..WORDS).for_each(|w| bits[w] |= more[w]);
            }
            changed |= bits != self.reach.bits[module];
            self.reach.bits[module] = bits;
        }
        circle && changed
    }

    /// Puts the module versions in the order of their names.
    pub(super) fn add_ranks(&mut self) {
        // By name, then by position: the keys sort as the names do.
        let mut by_name: Vec<(u32, u32)> = (0_u32..)
            .zip(&self.facts)
            .map(|(i, facts)| (facts.name, i))
            .collect();
        by_name.sort_unstable();
        self.rank = vec![0; by_name.len()];
        for (rank, (_, i)) in (0_u32..).zip(&by_name) {
            self.rank[*i as usize] = rank;
        }
    }
}
