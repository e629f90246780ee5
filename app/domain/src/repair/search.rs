//! The search behind [`super::repair`]: conflict-driven branch and bound. Every error names the
//! applications of which at least one has to change for it to go away; the search tries them, and
//! cuts off what cannot become better than the best repair so far.

use super::bounds::sole_applications;
use super::errors::{is_repairable, without_path};
use crate::impact::evaluate::{Raw, Scratch};
use crate::impact::index::{Index, Row};
use crate::impact::lookup::NONE;
use crate::plan::{Choice, PlanContent, PlanKind};
use std::collections::{BTreeMap, BTreeSet};

/// What changes: per application the version that it gets, or none if its row is left out.
pub(super) type Assignment = BTreeMap<u32, Option<u32>>;

/// What a repair costs, and how equal ones are told apart: added, changed, versions skipped
/// below the chosen ones, names, versions.
pub(super) type Key = (u32, u32, u32, Vec<(u32, u32)>, Vec<u32>);

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
    pub(super) kind: PlanKind,
    /// The plan's rows in order; none for those that deploy nothing (so far).
    pub(super) slots: Vec<(u32, Option<Row>)>,
    /// Per application its place in `slots`, or [`NONE`].
    pub(super) slot_of: Vec<u32>,
    /// Per module the only application that can ever bring or remove it; [`NONE`] if there are
    /// several (or none).
    pub(super) sole: Vec<u32>,
    /// Applications whose row asks for something, be it possible or not.
    asked: BTreeSet<u32>,
    /// Modules that are being changed on the target.
    pub(super) moving: BTreeSet<u32>,
    pub(super) republish: Vec<u32>,
    /// Errors of the rows themselves.
    pub(super) row_errors: Vec<Raw>,
    /// Whether rows may get lower versions than the plan has chosen.
    pub(super) lower: bool,
    pub(super) candidates: BTreeMap<u32, Vec<u32>>,
    pub(super) forced: BTreeMap<(u32, u32), bool>,
    pub(super) ignored: BTreeSet<Raw>,
    seen: BTreeSet<Vec<(u32, Option<u32>)>>,
    budget: u32,
    left: u32,
    pub(super) best: Option<(Key, Assignment)>,
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
            moving: crate::conflict::in_motion(index),
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
                let count = self.count_errors(&next);
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
}
