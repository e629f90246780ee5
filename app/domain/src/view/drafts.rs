//! Drafts: plans that nobody has saved yet, which only their maker sees unless they are shared.

use super::{Counted, PersonRef};
use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// So many of one's drafts are named; of more, only how many.
pub const MAX_DRAFTS_NAMED: u64 = 5;

/// Further than this one's drafts are not counted.
pub const DRAFT_COUNT_CAP: u64 = 99;

/// A draft of one's own, or one that somebody shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftRow {
    /// Its number.
    pub number: u64,
    /// Its name, made from its content.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Whether everybody who may edit plans can open it.
    pub shared: bool,
    /// Who made it, if that is somebody else.
    pub of: Option<PersonRef>,
}

/// One's own drafts and those of others that are shared, as far as they hold anything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Drafts {
    /// The newest ones first, at most [`MAX_DRAFTS_NAMED`].
    pub newest: Vec<DraftRow>,
    /// How many there are.
    pub total: Counted,
}

/// How somebody lost a plan that they had open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HowLost {
    /// Its maker shares the draft no more.
    Unshared,
    /// It was removed.
    Discarded,
    /// It was a draft, and nobody saved it in time.
    Expired,
}

/// Why a plan that somebody had open is not there for them any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLoss {
    /// How.
    pub how: HowLost,
    /// By whom and when, if it was somebody's doing.
    pub by: Option<(String, Timestamp)>,
}
