//! What a slice is, and how large.

use super::Landscape;
use crate::queue::Waiting;
use serde::{Deserialize, Serialize};

/// How much there is in a slice, as the browser's work and memory grow with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceSize {
    /// Modules with at least one state in the slice.
    pub modules: usize,
    /// References of what the target runs. Where all states in the slice have more than [`STATES`]
    /// times as many, a part of those.
    pub references: usize,
}

/// So many states for each that runs are no more than usual; beyond, they count.
pub(super) const STATES: usize = 4;

impl SliceSize {
    /// What a browser checks by itself (decisions: up to 10,000 modules and 100,000 references).
    pub const BROWSER: Self = Self {
        modules: 10_000,
        references: 100_000,
    };

    /// Whether neither number is above the other's.
    pub const fn is_within(self, limit: Self) -> bool {
        self.modules <= limit.modules && self.references <= limit.references
    }
}

/// What one plan is checked against: a part of the landscape, and who waits in line for its target.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Slice {
    /// The part.
    pub landscape: Landscape,
    /// The plans that wait in line ahead of the plan, first come first.
    pub line: Vec<Waiting>,
}
