//! The search behind [`super::repair`]: conflict-driven branch and bound. Every error names the
//! applications of which at least one has to change for it to go away; the search tries them, and
//! cuts off what cannot become better than the best repair so far.

use crate::impact::describe::{Describe, Need};
use crate::impact::evaluate::{Raw, Scratch};
use crate::impact::index::{Content, Fit, Index, Offered, Row};
use crate::impact::lookup::NONE;
use crate::impact::{FindingCode, Severity};
use crate::plan::{Choice, PlanContent, PlanKind};
use std::collections::{BTreeMap, BTreeSet};

/// What changes: per application the version that it gets, or none if its row is left out.
pub(super) type Assignment = BTreeMap<u32, Option<u32>>;

/// What a repair costs, and how equal ones are told apart: added, changed, versions skipped
/// below the chosen ones, names, versions.
type Key = (u32, u32, u32, Vec<(u32, u32)>, Vec<u32>);

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub assignment: Assignment,
    /// Whether it is proven that nothing smaller does the same.
    pub exact: bool,
    /// Whether no error is left that versions could settle.
    pub settles_all: bool,
}

pub(super) struct Search<'a> {
    pub index: &'a Index,
    pub scratch: Scratch,
    kind: PlanKind,
    /// The plan's rows in order; none for those that deploy nothing (so far).
    slots: Vec<(u32, Option<Row>)>,
    /// Per application its place in `slots`, or [`NONE`].
    slot_of: Vec<u32>,
    /// Per module the only application that can ever bring or remove it; [`NONE`] if there are
    /// several (or none).
    sole: Vec<u32>,
    /// Applications whose row asks for something, be it possible or not.
    asked: BTreeSet<u32>,
    republish: Vec<u32>,
    /// Errors of the rows themselves.
    row_errors: Vec<Raw>,
    /// Whether rows may get lower versions than the plan has chosen.
    lower: bool,
    candidates: BTreeMap<u32, Vec<u32>>,
    forced: BTreeMap<(u32, u32), bool>,
    ignored: BTreeSet<Raw>,
    seen: BTreeSet<Vec<(u32, Option<u32>)>>,
    budget: u32,
    left: u32,
    best: Option<(Key, Assignment)>,
}

impl<'a> Search<'a> {
    pub fn new(index: &'a Index, plan: &PlanContent, budget: u32) -> Self {
        let mut scratch = index.take_scratch();
        scratch.begin(index);
        scratch.resolve(index, plan);
        let mut slots: Vec<(u32, Option<Row>)> = Vec::new();
        let mut asked = BTreeSet::new();
        let mut known = BTreeSet::new();
        let rows = scratch.rows.iter().map(|row| (row.application, *row));
        let rows: BTreeMap<u32, Row> = rows.collect();
        for operation in &plan.operations {
            let Some(application) = index.application(operation.application) else {
                continue;
            };
            if known.insert(application) {
                slots.push((application, rows.get(&application).copied()));
                if operation.choice != Choice::DoNothing {
                    asked.insert(application);
                }
            }
        }
        let mut slot_of = vec![NONE; index.landscape.applications.len()];
        for (place, (application, _)) in (0_u32..).zip(&slots) {
            slot_of[*application as usize] = place;
        }
        let sole = sole_applications(index, &slots);
        let row_errors = scratch.raw.iter().filter(|r| is_repairable(r)).copied();
        Self {
            index,
            kind: plan.kind,
            slots,
            slot_of,
            sole,
            asked,
            republish: scratch.republish.clone(),
            row_errors: row_errors.collect(),
            lower: false,
            candidates: BTreeMap::new(),
            forced: BTreeMap::new(),
            ignored: BTreeSet::new(),
            seen: BTreeSet::new(),
            budget,
            left: budget,
            best: None,
            scratch,
        }
    }

    /// Gives the working memory back.
    pub fn end(self) {
        self.index.keep_scratch(self.scratch);
    }

    /// The smallest set of version choices without errors; if there is none, choices that settle
    /// what can be settled. With `lower`, rows may also get lower versions than chosen.
    pub fn smallest(&mut self, lower: bool) -> Option<Found> {
        self.lower = lower;
        self.candidates.clear();
        self.forced.clear();
        self.ignored.clear();
        self.seen.clear();
        let start = Assignment::new();
        let errors = self.evaluate(&start);
        if errors.is_empty() {
            return None;
        }
        for raw in errors {
            let culprits = self.culprits(&raw);
            if culprits.iter().all(|a| !self.can_change(*a)) {
                self.ignored.insert(without_path(raw));
            }
        }
        let settles_all = self.ignored.is_empty();
        self.left = self.budget;
        self.branch(&start);
        let found = match self.best.take() {
            Some((_, assignment)) => Found {
                assignment,
                exact: self.left > 0,
                settles_all,
            },
            None => Found {
                assignment: self.greedy(),
                exact: false,
                settles_all: false,
            },
        };
        (!found.assignment.is_empty()).then_some(found)
    }

    /// The smallest set of rows without which the plan has no errors.
    pub fn smallest_left_out(&mut self) -> Option<Found> {
        self.ignored.clear();
        let start = Assignment::new();
        if self.evaluate(&start).is_empty() {
            return None;
        }
        self.left = self.budget;
        for depth in 1..self.asked.len() {
            self.best = None;
            self.seen.clear();
            self.leave_out(&start, depth);
            if let Some((_, assignment)) = self.best.take() {
                return Some(Found {
                    assignment,
                    exact: self.left > 0,
                    settles_all: true,
                });
            }
            if self.left == 0 {
                break;
            }
        }
        None
    }

    fn leave_out(&mut self, assignment: &Assignment, depth: usize) {
        if !self.enter(assignment) {
            return;
        }
        let errors = self.evaluate(assignment);
        let Some(error) = errors.first().copied() else {
            let key = self.key(assignment);
            if self.best.as_ref().is_none_or(|(best, _)| key < *best) {
                self.best = Some((key, assignment.clone()));
            }
            return;
        };
        if depth == 0 {
            return;
        }
        for application in self.culprits(&error) {
            if self.asked.contains(&application) && !assignment.contains_key(&application) {
                let mut next = assignment.clone();
                next.insert(application, None);
                self.leave_out(&next, depth - 1);
            }
        }
    }

    /// Whether to look at an assignment: once each, and while the budget lasts.
    fn enter(&mut self, assignment: &Assignment) -> bool {
        if self.left == 0 {
            return false;
        }
        let key: Vec<_> = assignment.iter().map(|(a, v)| (*a, *v)).collect();
        if !self.seen.insert(key) {
            return false;
        }
        self.left = self.left.saturating_sub(self.weight());
        true
    }

    /// What looking at one more plan costs of the budget: large plans, and plans of which much is
    /// to be said, cost more.
    fn weight(&self) -> u32 {
        let size = self.scratch.planned.len() + self.scratch.raw.len();
        1 + u32::try_from(size / 64).unwrap_or(u32::MAX / 2)
    }

    fn branch(&mut self, assignment: &Assignment) {
        if !self.enter(assignment) {
            return;
        }
        let errors = self.evaluate(assignment);
        if errors.is_empty() {
            let key = self.key(assignment);
            if self.best.as_ref().is_none_or(|(best, _)| key < *best) {
                self.best = Some((key, assignment.clone()));
            }
            return;
        }
        let open: Vec<(Vec<u32>, Raw)> = errors
            .iter()
            .map(|raw| {
                let mut culprits = self.culprits(raw);
                culprits.retain(|a| !assignment.contains_key(a) && self.can_change(*a));
                (culprits, *raw)
            })
            .collect();
        let Some(open) = self.still_worth_it(assignment, open) else {
            return;
        };
        // The error with the fewest ways out; of those the first.
        let Some((culprits, raw)) = open.iter().min_by_key(|(culprits, _)| culprits.len()) else {
            return;
        };
        for (application, version) in self.moves(culprits, raw) {
            let mut next = assignment.clone();
            next.insert(application, Some(version));
            self.branch(&next);
        }
    }

    /// Takes away the ways out that could only lead to something worse than the best repair so
    /// far. None if nothing better (or equal, with a better name) can come of it.
    fn still_worth_it(
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

    /// The versions to try for an error, the most promising first: those of the producer that
    /// meet the need, lowest first; then all others.
    fn moves(&mut self, culprits: &[u32], raw: &Raw) -> Vec<(u32, u32)> {
        let need = is_need(raw).then(|| self.need(raw));
        let mut moves = Vec::new();
        for application in culprits {
            let versions = self.candidates(*application);
            let now = self.slot(*application).flatten().map(|row| row.content);
            for (rank, version) in versions.iter().enumerate() {
                if now == Some(Content::Version(*version)) {
                    continue;
                }
                let meets = need.is_some_and(|need| self.index.meets(*version, &need));
                let is_row = self.slot(*application).is_some();
                moves.push((!meets, !is_row, rank, *application, *version));
            }
        }
        moves.sort_unstable();
        moves.into_iter().map(|(.., a, v)| (a, v)).collect()
    }

    /// Takes, again and again, the one change that leaves the fewest errors.
    fn greedy(&mut self) -> Assignment {
        let mut assignment = Assignment::new();
        self.left = self.budget;
        loop {
            let errors = self.evaluate(&assignment);
            let mut moves = BTreeSet::new();
            for raw in &errors {
                let culprits = self.culprits(raw);
                let free = culprits.into_iter().filter(|a| !assignment.contains_key(a));
                let free: Vec<u32> = free.collect();
                moves.extend(self.moves(&free, raw));
            }
            let mut best: Option<(usize, Key, Assignment)> = None;
            for (application, version) in moves {
                if self.left == 0 {
                    break;
                }
                self.left = self.left.saturating_sub(self.weight());
                let mut next = assignment.clone();
                next.insert(application, Some(version));
                let count = self.evaluate(&next).len();
                let key = self.key(&next);
                let better = best.as_ref().is_none_or(|b| (count, &key) < (b.0, &b.1));
                if count < errors.len() && better {
                    best = Some((count, key, next));
                }
            }
            match best {
                Some((_, _, next)) => assignment = next,
                None => return assignment,
            }
        }
    }

    /// The errors, which version choices could settle, of the plan with these changes. The
    /// working memory then holds that plan.
    pub fn evaluate(&mut self, assignment: &Assignment) -> Vec<Raw> {
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
        self.scratch.evaluate(self.index);
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
            FindingCode::VersionDowngrade | FindingCode::VersionNotAvailable => {
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
            .filter(|v| now != Some(Content::Version(**v)))
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
        let as_it_is = match &row {
            Some(row) => index.content(row),
            None => index
                .running_in_target(other)
                .map_or(&[][..], |r| &r.modules),
        };
        self.needs_clash(one, brought, true, other, as_it_is)
            || self.needs_clash(other, as_it_is, row.is_some(), one, brought)
    }

    fn needs_clash(
        &self,
        consumer: u32,
        uses: &[u32],
        is_brought: bool,
        producer: u32,
        offers: &[u32],
    ) -> bool {
        let index = self.index;
        uses.iter().any(|version| {
            let module = index.facts[*version as usize].module;
            self.is_sole(module, consumer)
                && index.refs.row(*version).iter().any(|reference| {
                    let needed = index.element_module[reference.element as usize];
                    let known = index.offered[reference.element as usize];
                    let counts = is_brought || index.fit(*version, *reference, known) == Fit::Fits;
                    let offer = find_module(index, offers, needed)
                        .map_or(Offered::NOTHING, |v| offer_of(index, v, reference.element));
                    counts
                        && index.fit(*version, *reference, offer) != Fit::Fits
                        && self.is_sole(needed, producer)
                })
        })
    }

    /// The versions an application may get, lowest first.
    fn candidates(&mut self, application: u32) -> Vec<u32> {
        if let Some(known) = self.candidates.get(&application) {
            return known.clone();
        }
        let index = self.index;
        let facts = &index.landscape.applications[application as usize];
        let running = index.running_in_target(application);
        // What the target runs already, unchanged, is no change: that is leaving out.
        let there = running.filter(|r| !r.modified && !r.changed_outside);
        let there = there.and_then(|r| r.base);
        let chosen = self.slot(application).flatten().and_then(|row| row.number);
        let mut versions = index.versions_of.row(application).to_vec();
        versions.retain(|version| {
            let row = index.row_of_version(*version);
            (self.lower || row.number > chosen)
                && there != Some(*version)
                && facts.may_deploy
                && index.blocked(application).is_none()
                && index.eligible(*version)
                && !index.is_downgrade(self.kind, &row)
        });
        self.candidates.insert(application, versions.clone());
        versions
    }

    fn can_change(&mut self, application: u32) -> bool {
        let now = self.slot(application).flatten().map(|row| row.content);
        let versions = self.candidates(application);
        versions.iter().any(|v| now != Some(Content::Version(*v)))
    }

    /// An application's row: none if the plan has none; empty if it deploys nothing.
    #[allow(clippy::option_option)] // no row, and a row that does nothing, are two things
    pub fn slot(&self, application: u32) -> Option<Option<Row>> {
        let place = self.slot_of[application as usize];
        self.slots.get(place as usize).map(|(_, row)| *row)
    }

    fn need(&self, raw: &Raw) -> Need {
        Describe::new(self.index, &self.scratch).need(raw)
    }

    /// The changed applications: the plan's rows in their order, then those added, by name.
    pub fn in_order(&self, assignment: &Assignment) -> Vec<u32> {
        let rows = self.slots.iter().map(|(a, _)| *a);
        let mut order: Vec<u32> = rows.filter(|a| assignment.contains_key(a)).collect();
        let added = assignment.keys().copied();
        let mut added: Vec<u32> = added.filter(|a| self.slot(*a).is_none()).collect();
        added.sort_by_key(|a| (self.index.application_key[*a as usize], *a));
        order.extend(added);
        order
    }

    fn key(&mut self, assignment: &Assignment) -> Key {
        let mut names: Vec<(u32, u32)> = assignment
            .keys()
            .map(|a| (self.index.application_key[*a as usize], *a))
            .collect();
        names.sort_unstable();
        let (mut added, mut changed) = (0, 0);
        let mut ranks = Vec::with_capacity(names.len());
        for (_, application) in &names {
            if self.slot(*application).is_some() {
                changed += 1;
            } else {
                added += 1;
            }
            let chosen = assignment.get(application).copied().flatten();
            let versions = self.candidates(*application);
            let rank = versions.iter().position(|v| Some(*v) == chosen);
            ranks.push(rank.unwrap_or(0) as u32);
        }
        (added, changed, ranks.iter().sum(), names, ranks)
    }
}

/// Per module the only application that can bring or remove it.
fn sole_applications(index: &Index, slots: &[(u32, Option<Row>)]) -> Vec<u32> {
    let mut applications: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); index.running.len()];
    for (module, owner) in index.owner.iter().enumerate() {
        if *owner != NONE {
            applications[module].insert(*owner);
        }
    }
    let versions = (0_u32..).zip(&index.tags).filter(|(_, tag)| tag.eligible);
    for (version, tag) in versions {
        for state in index.tag_modules.row(version) {
            let module = index.facts[*state as usize].module;
            applications[module as usize].insert(tag.application);
        }
    }
    for row in slots.iter().filter_map(|(_, row)| row.as_ref()) {
        for state in index.content(row) {
            let module = index.facts[*state as usize].module;
            applications[module as usize].insert(row.application);
        }
    }
    let only = |set: &BTreeSet<u32>| match set.len() {
        1 => set.first().copied().unwrap_or(NONE),
        _ => NONE,
    };
    applications.iter().map(only).collect()
}

fn find_module(index: &Index, content: &[u32], module: u32) -> Option<u32> {
    // Module versions are ordered by module, and so are the lists of them.
    let place = content.binary_search_by_key(&module, |v| index.facts[*v as usize].module);
    place.ok().map(|p| content[p])
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

/// An error as it is whatever way leads to it.
const fn without_path(raw: Raw) -> Raw {
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
fn is_repairable(raw: &Raw) -> bool {
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
        );
    by_version && raw.severity == Severity::Error
}
