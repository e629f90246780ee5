//! What differs between two states of environments and applications: what a plan will change, what
//! sets two environments or two versions apart, what an environment ran then and runs now.
//!
//! First [`Side`]s are compared: which module runs in which published state, under which release of
//! its application. Only of the modules that differ the [`Contents`] are then compared, so that two
//! environments with 10,000 modules of which ten differ cost ten contents.

mod contents;
mod sides;

pub use contents::{
    Contents, ElementDifference, MemberDifference, ModuleDetails, Offer, Property,
    PropertyDifference, Seen, UseDifference, contents_difference,
};
pub use sides::{
    ApplicationChange, ModuleChange, ModuleMove, Placed, Release, Side, Totals, changes,
};

use serde::{Deserialize, Serialize};

/// What became of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is not there afterwards.
    Removed,
    /// It is there on both sides, and not the same.
    Changed,
}
