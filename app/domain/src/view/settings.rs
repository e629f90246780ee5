//! Site properties of a module in an environment.

use serde::{Deserialize, Serialize};

/// A site property with its value in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteProperty {
    /// Its name, unique in the module.
    pub name: String,
    /// What values it takes: `text`, `integer`, `decimal`, `boolean` or `date_time`.
    pub kind: String,
    /// What it is for.
    pub description: String,
    /// Whether its value is kept from people and from static modules.
    pub secret: bool,
    /// Its value where an environment sets none.
    pub default: Option<String>,
    /// The value that the environment sets; never that of a secret.
    pub value: Option<String>,
    /// Whether the environment sets one, also for secrets.
    pub set: bool,
}
