//! Drafts: plans that nobody has saved yet, which only their maker sees.

use super::Counted;
use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// So many of one's drafts are named; of more, only how many.
pub const MAX_DRAFTS_NAMED: u64 = 5;

/// Further than this one's drafts are not counted.
pub const DRAFT_COUNT_CAP: u64 = 99;

/// A draft of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftRow {
    /// Its number.
    pub number: u64,
    /// Its name, made from its content.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
}

/// One's own drafts that hold anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Drafts {
    /// The newest ones first, at most [`MAX_DRAFTS_NAMED`].
    pub newest: Vec<DraftRow>,
    /// How many there are.
    pub total: Counted,
}
