//! Site properties of a module in an environment.

use super::Stamp;
use crate::id::ModuleId;
use crate::settings::{Property, StepState, ValueSource};
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

/// The settings step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsStep {
    /// How it stands.
    pub state: StepState,
    /// The revision of the plan that it is about.
    pub revision: i64,
    /// How many site properties there are, shown or not.
    pub total: u32,
    /// How many of them the request asks for.
    pub matching: u32,
    /// The place of the first row among those.
    pub from: u32,
    /// Those that need a look, or all of them, a page at a time: what needs a value first, then what
    /// is new, by name.
    pub rows: Vec<PlanProperty>,
}

/// The rows of a page of a [`SettingsStep`].
pub const SETTINGS_PAGE: u32 = 100;

/// What of the settings step is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SettingsRequest {
    /// Also what needs no look.
    pub all: bool,
    /// What the property's, its module's or its application's name, or what it is for, contains.
    pub search: String,
    /// The place of the first row; of the last page, if there is nothing so far behind.
    pub from: u32,
}

/// A site property of a module that a plan brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanProperty {
    /// The application's name.
    pub application: String,
    /// Whose.
    pub module: ModuleId,
    /// The module's name.
    pub module_name: String,
    /// Whether the plan changes the application; what it does not change cannot be set.
    pub changes: bool,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it takes.
    pub property: Property,
    /// The manifest's value for where none is set.
    pub default: Option<String>,
    /// What holds in the source; none for secrets.
    pub in_source: Option<String>,
    /// The value that the target sets; none for secrets.
    pub in_target: Option<String>,
    /// Whether the target sets one, also for secrets.
    pub set_in_target: bool,
    /// What is entered in the plan.
    pub entered: Option<EnteredValue>,
    /// Whether it is new in the target, or not what it was.
    pub news: bool,
    /// Where the value comes from after the plan.
    pub source: ValueSource,
}

/// A value that is entered in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnteredValue {
    /// The value; none for a secret.
    pub value: Option<String>,
    /// Who entered it, and when.
    pub by: Stamp,
}
