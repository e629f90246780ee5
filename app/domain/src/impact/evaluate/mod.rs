//! The check itself, on positions only: what a plan changes is laid over what the target offers,
//! and only the references that this touches are looked at. Nothing is allocated per reference;
//! texts are made afterwards, for what was found.

use super::index::{Index, Marks, Offered, Row};
use super::lookup::NONE;
use super::{FindingCode, Severity};
use std::collections::BTreeSet;

mod broken;
mod names;
mod needs;
mod overlay;
mod waves;

use broken::{Broken, Paths};
use waves::Order;

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

/// A module that the plan brings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planned {
    pub version: u32,
    pub module: u32,
    /// Position in the rows.
    row: u32,
    /// Position in [`Index::published`].
    published: u32,
    marks: Marks,
}

/// Working memory of a check, one entry per row of a table. An entry counts only if its stamp is
/// the current generation, so that nothing has to be cleared.
#[derive(Debug, Clone)]
pub(crate) struct Scratch {
    generation: u32,
    modules: Vec<ModuleNote>,
    elements: Vec<ElementNote>,
    applications: Vec<ApplicationNote>,
    /// Per name key: which planned module, or row, has taken it.
    name_stamp: Vec<(u32, u32)>,
    path_stamp: Vec<(u32, u32)>,
    application_stamp: Vec<(u32, u32)>,

    pub rows: Vec<Row>,
    /// What is chosen of rows that bring some modules only: (application, module).
    pub picked: BTreeSet<(u32, u32)>,
    pub republish: Vec<u32>,
    pub planned: Vec<Planned>,
    pub removed: Vec<u32>,
    pub raw: Vec<Raw>,
    pub outdated: Vec<Outdated>,
    pub paths: Vec<Vec<u32>>,
    /// The marks of all rows together.
    marks: Marks,
    /// Elements of which the plan changes the target's offer.
    changed: Vec<u32>,
    broken: Broken,
    order: Order,
}

/// What the plan makes of a module: replaced or removed, and by which row; or linked anew.
#[derive(Debug, Clone, Copy, Default)]
struct ModuleNote {
    stamp: u32,
    version: u32,
    row: u32,
    republished: u32,
}

/// What the plan makes of the target's offer of an element.
#[derive(Debug, Clone, Copy, Default)]
struct ElementNote {
    stamp: u32,
    offer: Offered,
}

/// What the plan does with an application.
#[derive(Debug, Clone, Copy, Default)]
struct ApplicationNote {
    /// Has an operation.
    claimed: u32,
    /// Is deployed, by this row.
    deployed: u32,
    row: u32,
    /// Was seen as a newer producer, of this application.
    newer: (u32, u32),
}

impl Scratch {
    pub fn new(index: &Index) -> Self {
        let modules = index.running.len();
        Self {
            generation: 0,
            modules: vec![ModuleNote::default(); modules],
            elements: vec![ElementNote::default(); index.offered.len()],
            applications: vec![ApplicationNote::default(); index.applications.len()],
            name_stamp: vec![(0, 0); index.key_count],
            path_stamp: vec![(0, 0); index.key_count],
            application_stamp: vec![(0, 0); index.key_count],
            rows: Vec::new(),
            picked: BTreeSet::new(),
            republish: Vec::new(),
            planned: Vec::new(),
            removed: Vec::new(),
            raw: Vec::new(),
            outdated: Vec::new(),
            paths: Vec::new(),
            marks: Marks::NOTHING,
            changed: Vec::new(),
            broken: Broken::new(modules),
            order: Order::new(modules, index.rank.len()),
        }
    }

    /// Forgets the plan before.
    pub fn begin(&mut self, index: &Index) {
        if self.generation == u32::MAX {
            *self = Self {
                picked: std::mem::take(&mut self.picked),
                ..Self::new(index)
            };
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
        self.order.clear();
    }

    /// Takes note that an application has an operation; false if it already had one.
    #[inline]
    pub fn claim(&mut self, application: u32) -> bool {
        let note = &mut self.applications[application as usize];
        let first = note.claimed != self.generation;
        note.claimed = self.generation;
        first
    }

    /// The state of a module after the plan, or [`NONE`].
    #[inline]
    pub fn after(&self, index: &Index, module: u32) -> u32 {
        let note = &self.modules[module as usize];
        if note.stamp == self.generation {
            note.version
        } else {
            index.running[module as usize]
        }
    }

    /// The application a module belongs to in the target after the plan, or [`NONE`].
    #[inline]
    pub fn owner_after(&self, index: &Index, module: u32) -> u32 {
        match self.row_of(module) {
            Some(row) => row.application,
            None => index.owner[module as usize],
        }
    }

    /// The row that replaces or removes a module.
    #[inline]
    pub fn row_of(&self, module: u32) -> Option<&Row> {
        let note = &self.modules[module as usize];
        if note.stamp != self.generation {
            return None;
        }
        self.rows.get(note.row as usize)
    }

    /// The row that deploys an application.
    pub fn row_for(&self, application: u32) -> Option<&Row> {
        let note = self.applications.get(application as usize)?;
        if note.deployed != self.generation {
            return None;
        }
        self.rows.get(note.row as usize)
    }

    /// Whether a row brings a module of its content.
    #[inline]
    pub fn picks(&self, row: &Row, module: u32) -> bool {
        !row.marks.has(Marks::PART) || self.picked.contains(&(row.application, module))
    }

    pub fn is_republished(&self, module: u32) -> bool {
        self.modules[module as usize].republished == self.generation
    }

    #[inline]
    pub fn is_replaced(&self, module: u32) -> bool {
        self.modules[module as usize].stamp == self.generation
    }

    /// What the target offers of an element after the plan.
    #[inline]
    pub fn offer(&self, index: &Index, element: u32) -> Offered {
        let note = &self.elements[element as usize];
        if note.stamp == self.generation {
            note.offer
        } else {
            index.offered[element as usize]
        }
    }

    /// Runs every rule on `rows` and `republish`; the answers are in `raw` and `outdated`.
    pub fn evaluate(&mut self, index: &Index) {
        self.apply_rules(index);
        self.check_broken(index, Paths::Wanted);
    }

    /// As [`Self::evaluate`], but what is broken in the target is told without the path that
    /// leads there, and without the row it belongs to: enough to count.
    pub fn evaluate_to_count(&mut self, index: &Index) {
        self.apply_rules(index);
        self.check_broken(index, Paths::Spared);
    }

    fn apply_rules(&mut self, index: &Index) {
        self.lay_over(index);
        self.check_republished(index);
        self.check_planned(index);
        self.check_consumers(index);
        self.check_names(index);
        self.check_newer(index);
        self.check_links(index);
    }
}
