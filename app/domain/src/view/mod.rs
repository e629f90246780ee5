//! What screens show: rows, details, filters and pages. Only what a screen needs is here; these
//! types cross the wire between the page and its own server, nobody else's.

mod catalog;
mod comparison;
mod custom;
mod drafts;
mod environments;
mod hotfixes;
mod line;
mod people;
mod plan_filter;
mod plan_order;
mod plan_words;
mod plans;
mod runs;
mod settings;
mod versions;

pub use catalog::*;
pub use comparison::*;
pub use custom::*;
pub use drafts::*;
pub use environments::*;
pub use hotfixes::*;
pub use line::*;
pub use people::*;
pub use plan_filter::*;
pub use plan_order::*;
pub use plan_words::*;
pub use plans::*;
pub use runs::*;
pub use settings::*;
pub use versions::*;

use serde::{Deserialize, Serialize};

/// A part of a list that the database filtered, sorted and cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// Position of the first row in the whole list.
    pub offset: u64,
    /// How many rows the filter matches; counted up to [`COUNT_CAP`].
    pub total: u64,
    /// How many rows there are without the filter (what the reader may see); capped alike.
    pub unfiltered: u64,
}

/// Totals are counted up to this many rows; a total that equals it means "this many or more".
pub const COUNT_CAP: u64 = 100_000;

/// The most rows of a page.
pub const MAX_PAGE: u32 = 200;

/// A person as shown beside what they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    /// Display name; "Slipway" for the system itself.
    pub name: String,
    /// Login.
    pub login: String,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Who.
    pub by: PersonRef,
    /// When.
    pub at: crate::Timestamp,
}
