//! The modules that the plan publishes in waves: producers first, each wave by name.

use super::Scratch;
use crate::impact::index::{Index, OrderKeys};
use crate::impact::{Wave, WaveModule};
use crate::order::Waves;

/// From here on a level is the place of a module in the knot that is being untied.
const TIED: u32 = 1 << 31;

/// Working memory of the order.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// A bit per module, by its place in the topology, and per module version, by name: that puts
    /// them in order without comparing.
    places: Vec<u64>,
    names: Vec<u64>,
    /// Per place: the producers of what is published there, in [`Index::producers`].
    uses: Vec<(u32, u32)>,
    /// Per module its wave, counted from 1; 0 for those that are not published.
    level: Vec<u32>,
    published: Vec<u32>,
    /// Per place by name: which of those that are published stands there, the planned ones first
    /// and then those that are linked anew.
    at_rank: Vec<u32>,
    /// The same, in the order of waves.
    shown: Vec<u32>,
    knot: Vec<u32>,
    start: Vec<u32>,
    edges: Vec<u32>,
    least: Vec<u32>,
    waves: Waves,
}

impl Order {
    pub fn new(modules: usize, versions: usize) -> Self {
        Self {
            places: vec![0; modules.div_ceil(64)],
            names: vec![0; versions.div_ceil(64)],
            uses: vec![(0, 0); modules],
            level: vec![0; modules],
            published: Vec::new(),
            at_rank: vec![0; versions],
            shown: Vec::new(),
            knot: Vec::new(),
            start: Vec::new(),
            edges: Vec::new(),
            least: Vec::new(),
            waves: Waves::default(),
        }
    }

    /// Forgets the modules of the plan before.
    pub fn clear(&mut self) {
        self.places.fill(0);
        self.names.fill(0);
    }

    /// A module is published: the planned one, or after those the one to link anew, with this
    /// number.
    #[inline]
    pub fn add(&mut self, keys: OrderKeys, number: usize) {
        self.at_rank[keys.rank as usize] = number as u32;
        self.places[keys.place as usize / 64] |= 1 << (keys.place % 64);
        self.names[keys.rank as usize / 64] |= 1 << (keys.rank % 64);
        self.uses[keys.place as usize] = (keys.from, keys.to);
    }
}

impl Scratch {
    /// The waves of the plan that was evaluated.
    pub fn waves(&mut self, index: &Index) -> Vec<Wave> {
        let mut memory = std::mem::replace(&mut self.order, Order::new(0, 0));
        for (i, module) in self.republish.iter().enumerate() {
            let version = index.running[*module as usize];
            let keys = index.order_keys(*module, version);
            memory.add(keys, self.planned.len() + i);
        }
        let count = self.find_levels(index, &mut memory);
        let waves = self.describe_waves(index, &mut memory, count);
        for module in memory.published.drain(..) {
            memory.level[module as usize] = 0;
        }
        self.order = memory;
        waves
    }

    /// Gives each module its wave; returns the number of waves.
    fn find_levels(&self, index: &Index, memory: &mut Order) -> u32 {
        let topology = &index.topology;
        let producers = index.producers.items();
        let mut count = 0;
        let mut done = 0;
        for word in 0..memory.places.len() {
            let mut bits = memory.places[word];
            while bits != 0 {
                let place = word as u32 * 64 + bits.trailing_zeros();
                bits &= bits - 1;
                if place < done {
                    continue;
                }
                let end = topology.knot_end[place as usize];
                if end > place + 1 {
                    done = end;
                    count = count.max(self.untie(index, memory, place, end));
                    continue;
                }
                // All its producers come before it.
                let (from, to) = memory.uses[place as usize];
                let mut level = 0;
                for producer in &producers[from as usize..to as usize] {
                    level = level.max(memory.level[*producer as usize]);
                }
                let module = topology.module_at[place as usize];
                memory.level[module as usize] = level + 1;
                memory.published.push(module);
                count = count.max(level + 1);
            }
        }
        count
    }

    /// Modules that refer to each other in a circle in some versions, though perhaps not in those
    /// that are published.
    fn untie(&self, index: &Index, memory: &mut Order, place: u32, end: u32) -> u32 {
        memory.knot.clear();
        for at in place..end {
            if memory.places[at as usize / 64] & (1 << (at % 64)) != 0 {
                let module = index.topology.module_at[at as usize];
                memory.level[module as usize] = TIED + memory.knot.len() as u32;
                memory.knot.push(module);
            }
        }
        memory.start.clear();
        memory.edges.clear();
        memory.least.clear();
        memory.start.push(0);
        for module in &memory.knot {
            let mut least = 0;
            for producer in index.producers.row(self.after(index, *module)) {
                let at = index.topology.place[*producer as usize];
                if at < place {
                    least = least.max(memory.level[*producer as usize]);
                } else if memory.level[*producer as usize] >= TIED {
                    memory.edges.push(memory.level[*producer as usize] - TIED);
                }
            }
            memory.least.push(least);
            memory.start.push(memory.edges.len() as u32);
        }
        let waves = &mut memory.waves;
        let count = waves.compute_above(&memory.start, &memory.edges, &memory.least);
        for (module, level) in memory.knot.iter().zip(&waves.level) {
            memory.level[*module as usize] = level + 1;
            memory.published.push(*module);
        }
        count
    }

    fn describe_waves(&self, index: &Index, memory: &mut Order, count: u32) -> Vec<Wave> {
        // A counting sort by wave; it keeps the order by name.
        let mut ends = vec![0_usize; count as usize + 1];
        for module in &memory.published {
            ends[memory.level[*module as usize] as usize] += 1;
        }
        for i in 1..ends.len() {
            ends[i] += ends[i - 1];
        }
        memory.shown.clear();
        memory.shown.resize(memory.published.len(), 0);
        for (word, bits) in memory.names.iter().enumerate() {
            let mut bits = *bits;
            while bits != 0 {
                let rank = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let number = memory.at_rank[rank];
                let module = match self.planned.get(number as usize) {
                    Some(planned) => planned.module,
                    None => self.republish[number as usize - self.planned.len()],
                };
                let next = &mut ends[memory.level[module as usize] as usize - 1];
                memory.shown[*next] = number;
                *next += 1;
            }
        }
        let mut begin = 0;
        let ends = ends[..count as usize].iter();
        let waves = ends.map(|end| {
            let shown = &memory.shown[begin..*end];
            begin = *end;
            let modules = shown.iter().map(|number| self.wave_module(index, *number));
            Wave {
                modules: modules.collect(),
            }
        });
        waves.collect()
    }

    #[inline]
    fn wave_module(&self, index: &Index, number: u32) -> WaveModule {
        let Some(planned) = self.planned.get(number as usize) else {
            return self.relinked(index, number as usize - self.planned.len());
        };
        let published = &index.published[planned.published as usize];
        let application = self.rows[planned.row as usize].application;
        WaveModule {
            module: published.module,
            name: published.name.clone(),
            application: index.application_id[application as usize],
            version: published.version,
            republish: false,
        }
    }

    #[cold]
    fn relinked(&self, index: &Index, number: usize) -> WaveModule {
        let module = self.republish[number];
        let published = index.published(index.running[module as usize]);
        WaveModule {
            module: published.module,
            name: published.name,
            application: index.application_id[index.owner[module as usize] as usize],
            version: published.version,
            republish: true,
        }
    }
}
