//! Lays what the plan brings and takes away over what the target offers.

use super::{ElementNote, Marks, Planned, Raw, Scratch};
use crate::impact::index::{Index, Offered, Row};
use crate::impact::lookup::NONE;
use crate::impact::{FindingCode, Severity};

impl Scratch {
    pub(super) fn lay_over(&mut self, index: &Index) {
        let rows = std::mem::take(&mut self.rows);
        self.marks = Marks::NOTHING;
        for (r, row) in (0_u32..).zip(&rows) {
            self.marks = self.marks.and(row.marks);
            let note = &mut self.applications[row.application as usize];
            if note.deployed != self.generation {
                note.deployed = self.generation;
                note.row = r;
            }
            self.bring(index, &rows, r, row);
        }
        let leftovers = Marks::SAME.and(Marks::MOVES).and(Marks::REMOVES);
        if self.marks.has(leftovers) {
            for (r, row) in (0_u32..).zip(&rows) {
                if row.marks.has(leftovers) {
                    self.leave(index, &rows, r, row);
                }
            }
        }
        self.rows = rows;
    }

    /// What a row puts in the place of what is there.
    #[inline]
    fn bring(&mut self, index: &Index, rows: &[Row], r: u32, row: &Row) {
        let generation = self.generation;
        let first = index.first_published(row);
        for (published, brought) in (first..).zip(index.content(row)) {
            if !self.picks(row, brought.module) {
                continue;
            }
            let note = &mut self.modules[brought.module as usize];
            if note.stamp == generation {
                let raw = Raw::row(Severity::Error, FindingCode::ModuleMoved, row.application);
                let other = rows[note.row as usize].application;
                self.raw.push(Raw {
                    extra: other,
                    ..raw.between(brought.version, brought.module)
                });
                continue;
            }
            note.stamp = generation;
            note.version = brought.version;
            note.row = r;
            self.order.add(brought.order, self.planned.len());
            self.planned.push(Planned {
                version: brought.version,
                module: brought.module,
                row: r,
                published,
                marks: brought.marks,
            });
            if brought.marks.has(Marks::DELTA) {
                for (element, offer) in index.delta.row(brought.version) {
                    self.elements[*element as usize] = ElementNote {
                        stamp: generation,
                        offer: *offer,
                    };
                    self.changed.push(*element);
                }
            }
        }
    }

    /// Whether the plan says of every module of an application what becomes of it.
    fn is_covered(&self, rows: &[Row], application: u32) -> bool {
        let note = &self.applications[application as usize];
        note.deployed == self.generation && !rows[note.row as usize].marks.has(Marks::PART)
    }

    /// What a row takes from other applications, and what it takes away.
    fn leave(&mut self, index: &Index, rows: &[Row], r: u32, row: &Row) {
        let generation = self.generation;
        let application = row.application;
        for brought in index.content(row) {
            let owner = index.owner[brought.module as usize];
            if owner != NONE
                && owner != application
                && self.picks(row, brought.module)
                && self.modules[brought.module as usize].row == r
                && !self.is_covered(rows, owner)
            {
                let raw = Raw::row(Severity::Warning, FindingCode::ModuleMoved, application);
                self.raw.push(Raw {
                    extra: owner,
                    ..raw.between(brought.version, brought.module)
                });
            }
        }
        if row.marks.has(Marks::SAME) {
            let code = FindingCode::NothingToDo;
            self.raw
                .push(Raw::row(Severity::Information, code, application));
            return;
        }
        if row.marks.has(Marks::PART) {
            return;
        }
        let before = index
            .running_in_target(application)
            .map_or(&[][..], |running| &running.modules);
        for version in before {
            let module = index.facts[*version as usize].module;
            let note = &mut self.modules[module as usize];
            if note.stamp == generation || index.owner[module as usize] != application {
                continue;
            }
            note.stamp = generation;
            note.version = NONE;
            note.row = r;
            self.removed.push(module);
            let raw = Raw::row(Severity::Warning, FindingCode::ModulesRemoved, application);
            self.raw.push(raw.between(NONE, module));
            let gone = &index.landscape.module_versions[*version as usize].provides;
            for element in gone.iter().map(|p| p.element) {
                self.elements[element as usize] = ElementNote {
                    stamp: generation,
                    offer: Offered::NOTHING,
                };
                self.changed.push(element);
            }
        }
    }
}
