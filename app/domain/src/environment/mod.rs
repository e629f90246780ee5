//! Environments, their order, and how they take plans.

mod link;
mod rules;

pub use link::{LinkState, NoAgent};
pub use rules::{Infrastructure, MOST_HOURS, MOST_PLANS, MOST_PLANS_IN_CLOUD, Rules};

use serde::{Deserialize, Serialize};

/// What an environment is for (domain.md 1.3). An unknown purpose counts as not production.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Where applications are made.
    Development,
    /// Where they are tested.
    Test,
    /// Where people use them.
    Production,
}

/// What holds while an environment is in maintenance, to be followed by what to do.
pub fn maintenance_words(name: &str, reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    format!("{name} is in maintenance (\"{reason}\")")
}
