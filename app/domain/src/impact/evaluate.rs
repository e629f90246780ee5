//! The check itself, on positions only: what a plan changes is laid over what the target offers,
//! and only the references that this touches are looked at. Nothing is allocated per reference;
//! texts are made afterwards, for what was found.

use super::index::{Content, Fit, Index, Offered, Ref, Row};
use super::lookup::NONE;
use super::{FindingCode, Severity};
use crate::order::Waves;

/// Something found, as positions; [`NONE`] where it does not apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Raw {
    pub severity: Severity,
    pub code: FindingCode,
    /// The row it belongs to, as application.
    pub application: u32,
    /// A module version.
    pub consumer: u32,
    /// A module.
    pub producer: u32,
    pub element: u32,
    /// Position of the consumer's reference, of a path, or of an application.
    pub extra: u32,
}

impl Raw {
    pub const fn row(severity: Severity, code: FindingCode, application: u32) -> Self {
        Self {
            severity,
            code,
            application,
            consumer: NONE,
            producer: NONE,
            element: NONE,
            extra: NONE,
        }
    }

    const fn between(self, consumer: u32, producer: u32) -> Self {
        Self {
            consumer,
            producer,
            ..self
        }
    }
}

/// A consumer in the target whose linked content is older than what the plan brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outdated {
    pub consumer: u32,
    pub producer: u32,
    pub element: u32,
}

/// Working memory of a check, one entry per row of a table. An entry counts only if its stamp is
/// the current generation, so that nothing has to be cleared.
#[derive(Debug, Clone)]
pub(crate) struct Scratch {
    generation: u32,
    /// Per module: replaced or removed by the plan; by what; by which row.
    module_stamp: Vec<u32>,
    module_version: Vec<u32>,
    module_row: Vec<u32>,
    republish_stamp: Vec<u32>,
    /// Per element: what the plan makes of the target's offer.
    element_stamp: Vec<u32>,
    element_offer: Vec<Offered>,
    /// Per application: has an operation; is deployed; was seen as a newer producer.
    operation_stamp: Vec<u32>,
    deployed_stamp: Vec<u32>,
    newer_stamp: Vec<(u32, u32)>,
    /// Per name key: which planned module version, or row, has taken it.
    name_stamp: Vec<(u32, u32)>,
    path_stamp: Vec<(u32, u32)>,
    application_stamp: Vec<(u32, u32)>,
    /// Per module: seen by a walk, and from where.
    walk_stamp: Vec<u32>,
    walk_parent: Vec<u32>,

    pub rows: Vec<Row>,
    pub republish: Vec<u32>,
    pub planned: Vec<u32>,
    pub removed: Vec<u32>,
    pub raw: Vec<Raw>,
    pub outdated: Vec<Outdated>,
    pub paths: Vec<Vec<u32>>,
    changed: Vec<u32>,
    queue: Vec<u32>,
    ranks: Vec<u64>,
    broken: Vec<u32>,
    pub waves: Waves,
    pub edges: Vec<u32>,
    pub starts: Vec<u32>,
}

impl Scratch {
    pub fn new(index: &Index) -> Self {
        let modules = index.running.len();
        let elements = index.offered.len();
        let applications = index.landscape.applications.len();
        Self {
            generation: 0,
            module_stamp: vec![0; modules],
            module_version: vec![NONE; modules],
            module_row: vec![NONE; modules],
            republish_stamp: vec![0; modules],
            element_stamp: vec![0; elements],
            element_offer: vec![Offered::NOTHING; elements],
            operation_stamp: vec![0; applications],
            deployed_stamp: vec![0; applications],
            newer_stamp: vec![(0, 0); applications],
            name_stamp: vec![(0, 0); index.key_count],
            path_stamp: vec![(0, 0); index.key_count],
            application_stamp: vec![(0, 0); index.key_count],
            walk_stamp: vec![0; modules],
            walk_parent: vec![NONE; modules],
            rows: Vec::new(),
            republish: Vec::new(),
            planned: Vec::new(),
            removed: Vec::new(),
            raw: Vec::new(),
            outdated: Vec::new(),
            paths: Vec::new(),
            changed: Vec::new(),
            queue: Vec::new(),
            ranks: Vec::new(),
            broken: Vec::new(),
            waves: Waves::default(),
            edges: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// Forgets the plan before.
    pub fn begin(&mut self, index: &Index) {
        if self.generation >= WAVE - 1 {
            *self = Self::new(index);
        }
        self.generation += 1;
        self.rows.clear();
        self.republish.clear();
        self.planned.clear();
        self.removed.clear();
        self.raw.clear();
        self.outdated.clear();
        self.paths.clear();
        self.changed.clear();
    }

    /// Takes note that an application has an operation; false if it already had one.
    pub fn claim(&mut self, application: u32) -> bool {
        let stamp = &mut self.operation_stamp[application as usize];
        let first = *stamp != self.generation;
        *stamp = self.generation;
        first
    }

    /// The state of a module after the plan, or [`NONE`].
    #[inline]
    pub fn after(&self, index: &Index, module: u32) -> u32 {
        if self.module_stamp[module as usize] == self.generation {
            self.module_version[module as usize]
        } else {
            index.running[module as usize]
        }
    }

    /// The application a module belongs to in the target after the plan, or [`NONE`].
    pub fn owner_after(&self, index: &Index, module: u32) -> u32 {
        match self.row_of(module) {
            Some(row) => row.application,
            None => index.owner[module as usize],
        }
    }

    /// The row that replaces or removes a module.
    pub fn row_of(&self, module: u32) -> Option<Row> {
        if self.module_stamp[module as usize] != self.generation {
            return None;
        }
        self.rows
            .get(self.module_row[module as usize] as usize)
            .copied()
    }

    /// The row that deploys an application.
    pub fn row_for(&self, application: u32) -> Option<Row> {
        if self.deployed_stamp.get(application as usize) != Some(&self.generation) {
            return None;
        }
        let mut rows = self.rows.iter();
        rows.find(|r| r.application == application).copied()
    }

    pub fn is_republished(&self, module: u32) -> bool {
        self.republish_stamp[module as usize] == self.generation
    }

    pub fn is_replaced(&self, module: u32) -> bool {
        self.module_stamp[module as usize] == self.generation
    }

    /// What the target offers of an element after the plan.
    #[inline]
    pub fn offer(&self, index: &Index, element: u32) -> Offered {
        if self.element_stamp[element as usize] == self.generation {
            self.element_offer[element as usize]
        } else {
            index.offered[element as usize]
        }
    }

    /// Runs every rule on `rows` and `republish`; the answers are in `raw` and `outdated`.
    pub fn evaluate(&mut self, index: &Index) {
        self.lay_over(index);
        self.check_republished(index);
        self.check_planned(index);
        self.check_consumers(index);
        self.check_names(index);
        self.check_broken(index);
        self.check_newer(index);
    }

    fn lay_over(&mut self, index: &Index) {
        let generation = self.generation;
        for (r, row) in (0_u32..).zip(&self.rows) {
            self.deployed_stamp[row.application as usize] = generation;
            for version in index.content(row) {
                let module = index.facts[*version as usize].module;
                let m = module as usize;
                if self.module_stamp[m] == generation {
                    let raw = Raw::row(Severity::Error, FindingCode::ModuleMoved, row.application);
                    let other = self.rows[self.module_row[m] as usize].application;
                    self.raw.push(Raw {
                        extra: other,
                        ..raw.between(*version, module)
                    });
                    continue;
                }
                self.module_stamp[m] = generation;
                self.module_version[m] = *version;
                self.module_row[m] = r;
                self.planned.push(*version);
                for (element, offer) in index.delta.row(*version) {
                    self.element_stamp[*element as usize] = generation;
                    self.element_offer[*element as usize] = *offer;
                    self.changed.push(*element);
                }
            }
        }
        for (r, row) in (0_u32..).zip(&self.rows) {
            let application = row.application;
            let before = index
                .running_in_target(application)
                .map_or(&[][..], |running| &running.modules);
            let content = index.content(row);
            let mut same = content.len() == before.len();
            for version in content {
                let keys = index.facts[*version as usize];
                let owner = index.owner[keys.module as usize];
                same &= keys.same && owner == application;
                let moved = owner != NONE && owner != application;
                if moved
                    && self.module_row[keys.module as usize] == r
                    && self.deployed_stamp[owner as usize] != generation
                {
                    let raw = Raw::row(Severity::Warning, FindingCode::ModuleMoved, application);
                    self.raw.push(Raw {
                        extra: owner,
                        ..raw.between(*version, keys.module)
                    });
                }
            }
            if same {
                let code = FindingCode::NothingToDo;
                self.raw
                    .push(Raw::row(Severity::Information, code, application));
                continue;
            }
            for version in before {
                let module = index.facts[*version as usize].module;
                let m = module as usize;
                if self.module_stamp[m] == generation || index.owner[m] != application {
                    continue;
                }
                self.module_stamp[m] = generation;
                self.module_version[m] = NONE;
                self.module_row[m] = r;
                self.removed.push(module);
                let raw = Raw::row(Severity::Warning, FindingCode::ModulesRemoved, application);
                self.raw.push(raw.between(NONE, module));
                let gone = &index.landscape.module_versions[*version as usize].provides;
                for element in gone.iter().map(|p| p.element) {
                    self.element_stamp[element as usize] = generation;
                    self.element_offer[element as usize] = Offered::NOTHING;
                    self.changed.push(element);
                }
            }
        }
    }

    /// What the modules that the plan brings need.
    fn check_planned(&mut self, index: &Index) {
        let anything_changed = !self.changed.is_empty();
        for i in 0..self.planned.len() {
            let version = self.planned[i];
            let module = index.facts[version as usize].module;
            let application = self.rows[self.module_row[module as usize] as usize].application;
            self.check_needs(index, version, application, anything_changed);
        }
    }

    /// What the modules that are linked anew need.
    fn check_republished(&mut self, index: &Index) {
        let generation = self.generation;
        let asked = std::mem::take(&mut self.republish);
        for module in &asked {
            let m = *module as usize;
            let version = index.running[m];
            let known = version != NONE && self.module_stamp[m] != generation;
            if !known || self.republish_stamp[m] == generation {
                continue;
            }
            self.republish_stamp[m] = generation;
            self.republish.push(*module);
            let application = index.owner[m];
            if !index.landscape.applications[application as usize].may_deploy {
                let raw = Raw::row(Severity::Error, FindingCode::NoRightToDeploy, application);
                self.raw.push(raw.between(version, NONE));
            }
            self.check_needs(index, version, application, true);
        }
    }

    fn check_needs(&mut self, index: &Index, version: u32, application: u32, changes: bool) {
        for reference in index.unmet.row(version) {
            // Changed elements are looked at below.
            if self.element_stamp[reference.element as usize] != self.generation {
                let offer = index.offered[reference.element as usize];
                self.need(index, version, application, *reference, offer);
            }
        }
        if !changes {
            return;
        }
        for reference in index.refs.row(version) {
            if self.element_stamp[reference.element as usize] == self.generation {
                let offer = self.element_offer[reference.element as usize];
                if offer.interface != reference.interface {
                    self.need(index, version, application, *reference, offer);
                }
            }
        }
    }

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
    fn check_consumers(&mut self, index: &Index) {
        for i in 0..self.changed.len() {
            let element = self.changed[i];
            let offer = self.element_offer[element as usize];
            let before = index.offered[element as usize];
            let strong = index.element_strong[element as usize];
            for user in index.users.row(element) {
                let reference = user.reference;
                if offer.interface == reference.interface
                    && (!strong || offer.full == reference.full)
                {
                    continue;
                }
                let consumer = index.facts[user.version as usize].module as usize;
                if self.module_stamp[consumer] == self.generation {
                    continue;
                }
                let producer = index.element_module[element as usize];
                let code = match index.fit(user.version, reference, offer) {
                    Fit::Fits => {
                        if strong && offer.full != reference.full {
                            self.outdated.push(Outdated {
                                consumer: user.version,
                                producer,
                                element,
                            });
                        }
                        continue;
                    }
                    Fit::Missing => FindingCode::ConsumerElementMissing,
                    Fit::Incompatible => FindingCode::ConsumerElementIncompatible,
                };
                let was_met = index.fit(user.version, reference, before) == Fit::Fits;
                if !was_met || self.republish_stamp[consumer] == self.generation {
                    continue;
                }
                let row = self.rows[self.module_row[producer as usize] as usize];
                let raw = Raw::row(Severity::Error, code, row.application);
                self.raw.push(Raw {
                    element,
                    extra: reference.at,
                    ..raw.between(user.version, producer)
                });
            }
        }
    }

    fn check_names(&mut self, index: &Index) {
        for i in 0..self.planned.len() {
            let version = self.planned[i];
            let keys = index.facts[version as usize];
            let row = self.rows[self.module_row[keys.module as usize] as usize];
            if keys.platform {
                let code = FindingCode::IncompatiblePlatform;
                let raw = Raw::row(Severity::Error, code, row.application);
                self.raw.push(raw.between(version, NONE));
            }
            let raw = Raw::row(Severity::Error, FindingCode::NameCollision, row.application)
                .between(version, NONE);
            for other in index.named.row(keys.name) {
                self.collide(*other, keys.module, raw);
            }
            let stamp = &mut self.name_stamp[keys.name as usize];
            collide_planned(stamp, self.generation, keys.module, raw, &mut self.raw);
            if keys.path != 0 {
                let raw = Raw {
                    code: FindingCode::PathCollision,
                    ..raw
                };
                for other in index.at_path.row(keys.path) {
                    self.collide(*other, keys.module, raw);
                }
                let stamp = &mut self.path_stamp[keys.path as usize];
                collide_planned(stamp, self.generation, keys.module, raw, &mut self.raw);
            }
        }
        for i in 0..self.rows.len() {
            let row = self.rows[i];
            let raw = Raw::row(Severity::Error, FindingCode::NameCollision, row.application);
            for other in index.applications_named.row(row.name) {
                let stays = self.deployed_stamp[*other as usize] != self.generation;
                if *other != row.application && stays {
                    self.raw.push(Raw {
                        extra: *other,
                        ..raw
                    });
                }
            }
            let (generation, other) = &mut self.application_stamp[row.name as usize];
            if *generation == self.generation {
                self.raw.push(Raw {
                    extra: *other,
                    ..raw
                });
            } else {
                (*generation, *other) = (self.generation, row.application);
            }
        }
    }

    /// A name or path that `other` has in the target; it collides if `other` stays as it is.
    fn collide(&mut self, other: u32, module: u32, raw: Raw) {
        if other != module && self.module_stamp[other as usize] != self.generation {
            self.raw.push(Raw {
                producer: other,
                ..raw
            });
        }
    }

    /// Modules in the target that are broken and stay so: an error where the plan depends on them.
    fn check_broken(&mut self, index: &Index) {
        self.broken.clear();
        for module in &index.broken {
            if self.is_replaced(*module) || self.is_republished(*module) {
                continue;
            }
            let version = index.running[*module as usize];
            let unmet = index.unmet.row(version).iter();
            let mut left = unmet
                .filter(|r| index.fit(version, **r, self.offer(index, r.element)) != Fit::Fits);
            if left.next().is_some() {
                self.broken.push(*module);
            }
        }
        if self.broken.is_empty() {
            return;
        }
        let broken = std::mem::take(&mut self.broken);
        if self.leads_to_broken(index) {
            self.walk_producers(index);
        } else {
            self.queue.clear();
        }
        // One finding per broken application: the first module, by name, that the plan reaches.
        let mut order: Vec<(u32, bool, u32, u32)> = Vec::with_capacity(broken.len());
        for module in &broken {
            let reached = self.queue_reached(*module);
            let name = index.facts[index.running[*module as usize] as usize].name;
            order.push((index.owner[*module as usize], !reached, name, *module));
        }
        order.sort_unstable();
        order.dedup_by_key(|entry| entry.0);
        for (_, apart, _, module) in order {
            if apart {
                let code = FindingCode::TargetBroken;
                let raw = Raw::row(Severity::Information, code, NONE);
                self.raw.push(raw.between(NONE, module));
                continue;
            }
            let mut path = vec![module];
            let mut at = module;
            while self.walk_parent[at as usize] != NONE {
                at = self.walk_parent[at as usize];
                path.push(at);
            }
            path.reverse();
            let application = self.owner_after(index, at);
            let raw = Raw::row(Severity::Error, FindingCode::TargetBroken, application);
            self.raw.push(Raw {
                extra: self.paths.len() as u32,
                ..raw.between(self.after(index, at), module)
            });
            self.paths.push(path);
        }
        self.broken = broken;
    }

    fn queue_reached(&self, module: u32) -> bool {
        !self.queue.is_empty() && self.walk_stamp[module as usize] == self.generation
    }

    fn leads_to_broken(&self, index: &Index) -> bool {
        let republished = self.republish.iter().map(|m| index.running[*m as usize]);
        let mut brought = self.planned.iter().copied().chain(republished);
        brought.any(|version| {
            let mut producers = index.producers.row(version).iter();
            producers.any(|p| index.leads_to_broken[*p as usize])
        })
    }

    /// Walks from everything the plan brings to its producers, nearest first.
    fn walk_producers(&mut self, index: &Index) {
        self.queue.clear();
        self.queue
            .extend(self.planned.iter().map(|v| index.facts[*v as usize].module));
        self.queue.extend(&self.republish);
        let name = |m: &u32| index.facts[self.after(index, *m) as usize].name;
        let mut queue = self.queue.clone();
        queue.sort_unstable_by_key(|m| (name(m), *m));
        for module in &queue {
            self.walk_stamp[*module as usize] = self.generation;
            self.walk_parent[*module as usize] = NONE;
        }
        let mut next = 0;
        while let Some(module) = queue.get(next).copied() {
            next += 1;
            let version = self.after(index, module);
            if version == NONE {
                continue;
            }
            for producer in index.producers.row(version) {
                let stamp = &mut self.walk_stamp[*producer as usize];
                if *stamp != self.generation {
                    *stamp = self.generation;
                    self.walk_parent[*producer as usize] = module;
                    queue.push(*producer);
                }
            }
        }
        self.queue = queue;
    }

    /// Modules that were published with a newer producer than the target will have: one finding
    /// per row and producing application.
    fn check_newer(&mut self, index: &Index) {
        // Rows that bring less than the source has: their modules have to be looked at one by one.
        let mut brings_old = false;
        for row in &self.rows {
            brings_old |= row.number < index.source_number(row.application);
        }
        for i in 0..self.planned.len() {
            let version = self.planned[i];
            let module = index.facts[version as usize].module;
            let row = self.rows[self.module_row[module as usize] as usize];
            for reference in index.behind.row(version) {
                let producer = index.element_module[reference.element as usize];
                if self.module_stamp[producer as usize] != self.generation {
                    let owner = index.owner[producer as usize];
                    self.newer(row.application, owner, version, producer);
                }
            }
            if !brings_old {
                continue;
            }
            for reference in index.refs.row(version) {
                let producer = index.element_module[reference.element as usize];
                let Some(brought) = self.row_of(producer) else {
                    continue;
                };
                let state = self.module_version[producer as usize];
                let offer = self.offer(index, reference.element);
                let differs = offer.interface != NONE
                    && (offer.interface, offer.full) != (reference.interface, reference.full);
                if differs && index.row_is_older(&brought, state) {
                    self.newer(row.application, brought.application, version, producer);
                }
            }
        }
    }

    fn newer(&mut self, application: u32, owner: u32, version: u32, producer: u32) {
        let stamp = &mut self.newer_stamp[owner as usize];
        let now = (self.generation, application);
        if owner == application || *stamp == now {
            return;
        }
        *stamp = now;
        let code = FindingCode::NewerProducerAvailable;
        let raw = Raw::row(Severity::Warning, code, application);
        self.raw.push(raw.between(version, producer));
    }

    /// The modules that the plan publishes, with their waves: (wave, module version), by wave and
    /// name.
    pub fn order(&mut self, index: &Index) -> Vec<(u32, u32)> {
        let generation = self.generation;
        // A bit per module version, by name, puts them in order without comparing.
        self.ranks.clear();
        self.ranks.resize(index.rank.len().div_ceil(64), 0);
        let republished = self.republish.iter().map(|m| index.running[*m as usize]);
        for version in self.planned.iter().copied().chain(republished) {
            let rank = index.rank[version as usize];
            self.ranks[rank as usize / 64] |= 1 << (rank % 64);
        }
        let mut nodes = std::mem::take(&mut self.queue);
        nodes.clear();
        for (word, bits) in (0_u32..).zip(&self.ranks) {
            let mut bits = *bits;
            while bits != 0 {
                let rank = word * 64 + bits.trailing_zeros();
                nodes.push(index.by_rank[rank as usize]);
                bits &= bits - 1;
            }
        }
        for (i, version) in (0_u32..).zip(&nodes) {
            // The walk is over; its memory now holds each module's place in the order.
            let module = index.facts[*version as usize].module as usize;
            self.walk_stamp[module] = WAVE;
            self.walk_parent[module] = i;
        }
        self.starts.clear();
        self.edges.clear();
        self.starts.push(0);
        for version in &nodes {
            for producer in index.producers.row(*version) {
                if self.walk_stamp[*producer as usize] == WAVE {
                    self.edges.push(self.walk_parent[*producer as usize]);
                }
            }
            self.starts.push(self.edges.len() as u32);
        }
        let count = self.waves.compute(&self.starts, &self.edges);
        // Counting sort by wave; it keeps the order by name.
        let mut place = vec![0_u32; count as usize + 1];
        for level in &self.waves.level {
            place[*level as usize + 1] += 1;
        }
        for i in 0..count as usize {
            place[i + 1] += place[i];
        }
        let mut order = vec![(0, 0); nodes.len()];
        for (version, level) in nodes.iter().zip(&self.waves.level) {
            let at = &mut place[*level as usize];
            order[*at as usize] = (*level, *version);
            *at += 1;
        }
        for version in &nodes {
            self.walk_stamp[index.facts[*version as usize].module as usize] = generation;
        }
        self.queue = nodes;
        order
    }
}

/// Stamps the modules of the order; generations end before it.
const WAVE: u32 = u32::MAX;

fn collide_planned(
    stamp: &mut (u32, u32),
    generation: u32,
    module: u32,
    raw: Raw,
    found: &mut Vec<Raw>,
) {
    if stamp.0 == generation {
        found.push(Raw {
            producer: stamp.1,
            ..raw
        });
    } else {
        *stamp = (generation, module);
    }
}

impl Index {
    /// The module versions that a row brings.
    #[inline]
    pub(crate) fn content(&self, row: &Row) -> &[u32] {
        match row.content {
            Content::Version(version) => self.tag_modules.row(version),
            Content::Source(running) => &self.landscape.running[running as usize].modules,
        }
    }

    /// Whether the source has a newer version of a row's application, with another content of
    /// the module that the row brings as `version`.
    fn row_is_older(&self, row: &Row, version: u32) -> bool {
        if version == NONE || row.number >= self.source_number(row.application) {
            return false;
        }
        let module = self.facts[version as usize].module;
        let brought = &self.landscape.module_versions[version as usize];
        let there = self.running_in_source(row.application);
        there.is_some_and(|running| {
            running.modules.iter().any(|v| {
                let facts = &self.landscape.module_versions[*v as usize];
                facts.module == module && facts.content != brought.content
            })
        })
    }
}
