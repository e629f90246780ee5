//! The order of publishing: waves of modules, producers first (decisions: *Activate*).

/// Working memory of [`Waves::compute`], kept between calls so that nothing is allocated anew.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waves {
    /// For each node its wave, counted from 0; filled by [`Self::compute`].
    pub level: Vec<u32>,
    /// For each node the circle it stands in (most stand alone), numbered producers first; filled
    /// by [`Self::compute`].
    pub component: Vec<u32>,
    components: u32,
    number: Vec<u32>,
    low: Vec<u32>,
    open: Vec<bool>,
    stack: Vec<u32>,
    work: Vec<(u32, u32)>,
}

const UNSEEN: u32 = u32::MAX;

impl Waves {
    /// The wave of each node: one above the highest wave of its producers, all nodes of a cycle
    /// in one wave. `start` and `producers` are the edges consumer to producer: those of node `n`
    /// are `producers[start[n]..start[n + 1]]`. Returns the number of waves.
    ///
    /// Tarjan's algorithm without recursion: components are completed producers first, so a
    /// component's wave is known the moment it is complete.
    pub fn compute(&mut self, start: &[u32], producers: &[u32]) -> u32 {
        self.compute_above(start, producers, &[])
    }

    /// As [`Self::compute`], but no node comes before the wave that `least` names for it (0 where
    /// `least` ends).
    pub fn compute_above(&mut self, start: &[u32], producers: &[u32], least: &[u32]) -> u32 {
        let count = start.len().saturating_sub(1);
        for list in [&mut self.level, &mut self.number, &mut self.low] {
            list.clear();
        }
        self.components = 0;
        self.component.clear();
        self.component.resize(count, 0);
        self.level.resize(count, 0);
        self.number.resize(count, UNSEEN);
        self.low.resize(count, 0);
        self.open.clear();
        self.open.resize(count, false);
        let (mut next, mut waves) = (0, 0);
        for root in 0..count as u32 {
            if self.number[root as usize] != UNSEEN {
                continue;
            }
            self.enter(root, start[root as usize], &mut next);
            while let Some((node, edge)) = self.work.last_mut() {
                let n = *node as usize;
                if *edge < start[n + 1] {
                    let producer = producers[*edge as usize];
                    *edge += 1;
                    let p = producer as usize;
                    if self.number[p] == UNSEEN {
                        self.enter(producer, start[p], &mut next);
                    } else if self.open[p] {
                        self.low[n] = self.low[n].min(self.number[p]);
                    }
                    continue;
                }
                self.work.pop();
                if self.low[n] == self.number[n] {
                    waves = waves.max(self.complete(n as u32, start, producers, least) + 1);
                }
                if let Some((parent, _)) = self.work.last() {
                    let parent = *parent as usize;
                    self.low[parent] = self.low[parent].min(self.low[n]);
                }
            }
        }
        waves
    }

    fn enter(&mut self, node: u32, first_edge: u32, next: &mut u32) {
        let n = node as usize;
        self.number[n] = *next;
        self.low[n] = *next;
        *next += 1;
        self.open[n] = true;
        self.stack.push(node);
        self.work.push((node, first_edge));
    }

    /// Takes the component of `root` from the stack and gives it its wave.
    fn complete(&mut self, root: u32, start: &[u32], producers: &[u32], least: &[u32]) -> u32 {
        let from = self
            .stack
            .iter()
            .rposition(|n| *n == root)
            .unwrap_or_default();
        let mut level = 0;
        for i in from..self.stack.len() {
            let n = self.stack[i] as usize;
            level = level.max(least.get(n).copied().unwrap_or(0));
            for producer in &producers[start[n] as usize..start[n + 1] as usize] {
                // Nodes of this component are still open.
                if !self.open[*producer as usize] {
                    level = level.max(self.level[*producer as usize] + 1);
                }
            }
        }
        while self.stack.len() > from {
            if let Some(node) = self.stack.pop() {
                self.open[node as usize] = false;
                self.level[node as usize] = level;
                self.component[node as usize] = self.components;
            }
        }
        self.components += 1;
        level
    }
}

/// The waves of a graph, producers first: `producers[n]` are the nodes that node `n` refers to
/// (numbers beyond the end are ignored). Nodes of a wave are in ascending order. A cycle is one
/// wave; a node that nothing in the graph holds back is in the first.
pub fn waves(producers: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut start = vec![0];
    let mut edges = Vec::new();
    for list in producers {
        edges.extend(
            list.iter()
                .filter(|p| **p < producers.len())
                .map(|p| *p as u32),
        );
        start.push(edges.len() as u32);
    }
    let mut work = Waves::default();
    let count = work.compute(&start, &edges);
    let mut waves = vec![Vec::new(); count as usize];
    for (node, level) in work.level.iter().enumerate() {
        waves[*level as usize].push(node);
    }
    waves
}
