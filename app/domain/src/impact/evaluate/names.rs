//! Names and URL paths that two things would have in the target, and platforms that are too old.

use super::{Marks, Raw, Scratch};
use crate::impact::index::Index;
use crate::impact::lookup::NONE;
use crate::impact::{FindingCode, Severity};

impl Scratch {
    pub(super) fn check_names(&mut self, index: &Index) {
        if self.marks.has(Marks::NAMES.and(Marks::PLATFORM)) {
            self.check_modules(index);
        }
        if self.marks.has(Marks::APPLICATION_NAME) {
            self.check_applications(index);
        }
    }

    fn check_modules(&mut self, index: &Index) {
        for i in 0..self.planned.len() {
            let planned = self.planned[i];
            if !planned.marks.has(Marks::NAMES.and(Marks::PLATFORM)) {
                continue;
            }
            let (version, module) = (planned.version, planned.module);
            let keys = index.facts[version as usize];
            let application = self.rows[planned.row as usize].application;
            if planned.marks.has(Marks::PLATFORM) {
                let code = FindingCode::IncompatiblePlatform;
                let raw = Raw::row(Severity::Error, code, application);
                self.raw.push(raw.between(version, NONE));
            }
            let raw = Raw::row(Severity::Error, FindingCode::NameCollision, application)
                .between(version, NONE);
            for other in index.named.row(keys.name) {
                self.collide(*other, module, raw);
            }
            let stamp = &mut self.name_stamp[keys.name as usize];
            collide_planned(stamp, self.generation, module, raw, &mut self.raw);
            if keys.path != 0 {
                let raw = Raw {
                    code: FindingCode::PathCollision,
                    ..raw
                };
                for other in index.at_path.row(keys.path) {
                    self.collide(*other, module, raw);
                }
                let stamp = &mut self.path_stamp[keys.path as usize];
                collide_planned(stamp, self.generation, module, raw, &mut self.raw);
            }
        }
    }

    fn check_applications(&mut self, index: &Index) {
        for row in &self.rows {
            if !row.marks.has(Marks::APPLICATION_NAME) {
                continue;
            }
            let raw = Raw::row(Severity::Error, FindingCode::NameCollision, row.application);
            for other in index.applications_named.row(row.name) {
                let stays = self.applications[*other as usize].deployed != self.generation;
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
        if other != module && !self.is_replaced(other) {
            self.raw.push(Raw {
                producer: other,
                ..raw
            });
        }
    }
}

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
