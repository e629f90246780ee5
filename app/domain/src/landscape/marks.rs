//! The state of an environment's references as it is now (domain.md 1.8): which are broken, which
//! run old logic of a producer.

use super::{Ix, Landscape, Provided, Reference};
use crate::reference::{Compatibility, Strength, compatible};

/// How a reference stands in an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceState {
    /// In order.
    Sound,
    /// Fits, but the strong content that is linked in is not the producer's.
    Outdated,
    /// The element is there, its interface does not fit.
    Incompatible,
    /// The element, or its producer, is not there.
    Missing,
}

impl ReferenceState {
    /// Whether the reference is broken.
    pub const fn is_broken(self) -> bool {
        matches!(self, Self::Incompatible | Self::Missing)
    }
}

/// What the modules of an environment offer, by element.
#[derive(Debug, Clone)]
pub struct Offers(Vec<Option<Provided>>);

/// A module version that runs and whose references are not all in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceMarks {
    /// Which, in `module_versions`.
    pub version: Ix,
    /// The application it runs in, in `applications`.
    pub application: Ix,
    /// Elements that are missing, in `elements`.
    pub missing: Vec<Ix>,
    /// Elements whose interface does not fit, in `elements`.
    pub incompatible: Vec<Ix>,
    /// Strong elements whose linked content is not the producer's, in `elements`.
    pub outdated: Vec<Ix>,
}

impl Landscape {
    /// What an environment (a position in `environments`) offers now.
    pub fn offers(&self, environment: Ix) -> Offers {
        let mut offered = vec![None; self.elements.len()];
        for running in self.running.iter().filter(|r| r.environment == environment) {
            for version in &running.modules {
                for provided in &self.module_versions[*version as usize].provides {
                    offered[provided.element as usize] = Some(*provided);
                }
            }
        }
        Offers(offered)
    }

    /// How a reference stands against these offers.
    pub fn reference_state(&self, offers: &Offers, used: &Reference) -> ReferenceState {
        let Some(now) = offers.0[used.element as usize] else {
            return ReferenceState::Missing;
        };
        let kind = self.elements[used.element as usize].kind;
        let fits = now.interface == used.interface
            || compatible(
                kind,
                &self.interfaces[used.interface as usize],
                &self.interfaces[now.interface as usize],
                &used.members,
            ) != Compatibility::Incompatible;
        if !fits {
            ReferenceState::Incompatible
        } else if kind.strength() == Strength::Strong && now.full != used.full {
            ReferenceState::Outdated
        } else {
            ReferenceState::Sound
        }
    }

    /// The marks of all modules that run in an environment (a position in `environments`), by
    /// application and module version; modules that are in order are left out. Linear in what the
    /// environment runs.
    pub fn reference_marks(&self, environment: Ix) -> Vec<ReferenceMarks> {
        let offers = self.offers(environment);
        let mut marks = Vec::new();
        for row in self.running.iter().filter(|r| r.environment == environment) {
            for version in &row.modules {
                let mut mark = ReferenceMarks {
                    version: *version,
                    application: row.application,
                    missing: Vec::new(),
                    incompatible: Vec::new(),
                    outdated: Vec::new(),
                };
                for used in &self.module_versions[*version as usize].uses {
                    match self.reference_state(&offers, used) {
                        ReferenceState::Sound => continue,
                        ReferenceState::Outdated => &mut mark.outdated,
                        ReferenceState::Incompatible => &mut mark.incompatible,
                        ReferenceState::Missing => &mut mark.missing,
                    }
                    .push(used.element);
                }
                let sound = mark.missing.is_empty()
                    && mark.incompatible.is_empty()
                    && mark.outdated.is_empty();
                if !sound {
                    marks.push(mark);
                }
            }
        }
        marks
    }
}
