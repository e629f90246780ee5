//! `slipway.toml`: an application as its developers describe it. The types here are also the
//! source of `docs/manifest.schema.json`; reading with good errors is in `read`.

mod mistake;
mod places;
mod read;
mod rules;

pub use mistake::{ManifestError, Mistake};
pub use places::manifest_text;
pub(crate) use rules::{name_rules, url_path_problem, value_problem};

use crate::element::{ElementKind, Member};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A whole `slipway.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Manifest {
    /// The application that this folder is.
    pub application: Application,
    /// Its modules, in the order they are written.
    #[serde(rename = "module")]
    pub modules: Vec<Module>,
}

/// `[application]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Application {
    /// Written once by `slipway init`. Names can change, ids cannot.
    #[schemars(with = "Option<String>")]
    pub id: Option<Uuid>,
    /// At most 50 characters, unique in an environment.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub description: String,
}

/// How a module comes alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModuleKind {
    /// Files, served as they are.
    Static,
    /// A process that listens on a port it is given.
    Service,
    /// No runtime of its own; its strong content is linked into consumers.
    Library,
}

impl ModuleKind {
    /// As written in manifests and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Service => "service",
            Self::Library => "library",
        }
    }
}

/// `[[module]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Module {
    /// Written once by `slipway init`.
    #[schemars(with = "Option<String>")]
    pub id: Option<Uuid>,
    /// At most 50 characters, unique in an environment.
    pub name: String,
    /// How it comes alive.
    pub kind: ModuleKind,
    /// Its folder, relative to the manifest.
    pub path: String,
    /// Where it is mounted (`/orders`); none for libraries.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub url_path: String,
    /// What it is for.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub description: String,
    /// The lowest platform number it needs (`slipway agent --version` prints an agent's); 0 if any
    /// will do.
    #[serde(default)]
    #[schemars(with = "Option<u32>")]
    pub needs_platform: u32,
    /// How to run it; only and always for services.
    pub service: Option<Service>,
    /// What it offers to other modules.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Provides>>")]
    pub provides: Vec<Provides>,
    /// What it takes from other modules.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Uses>>")]
    pub uses: Vec<Uses>,
    /// Its site properties.
    #[serde(rename = "setting", default)]
    #[schemars(with = "Option<Vec<Setting>>")]
    pub settings: Vec<Setting>,
}

/// `[module.service]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Program and arguments. `{slipway}` is the agent's own program; a relative program is looked
    /// up in the module's folder; a bare name on the search path. It must listen on 127.0.0.1 at
    /// the port in the environment variable `PORT`.
    pub command: Vec<String>,
    /// Asked for until it answers 2xx or 3xx, before the module is switched to.
    #[serde(default = "default_health")]
    #[schemars(with = "Option<String>")]
    pub health: String,
    /// Seconds it may take until it is healthy (1 to 600).
    #[serde(default = "default_start_seconds")]
    #[schemars(with = "Option<u32>")]
    pub start_seconds: u32,
}

/// Where a service is asked for its health unless it says otherwise.
pub(crate) fn default_health() -> String {
    "/".to_owned()
}

/// How long a service may take to start unless it says otherwise.
pub(crate) const fn default_start_seconds() -> u32 {
    30
}

/// `[[module.provides]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Provides {
    /// What kind of element.
    pub kind: ElementKind,
    /// Its name; unique in the module for its kind.
    pub name: String,
    /// The file or folder that is its content, relative to the module's folder. Copied into
    /// consumers when the kind is strong.
    pub content: Option<String>,
    /// What it is for.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub description: String,
    /// Its interface.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Member>>")]
    pub members: Vec<Member>,
}

/// `[[module.uses]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uses {
    /// The producer: its name, or its id.
    pub module: String,
    /// What is taken from it.
    pub elements: Vec<UsedElement>,
}

/// One element that a module uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsedElement {
    /// What kind of element.
    pub kind: ElementKind,
    /// Its name.
    pub name: String,
    /// The members that are used; empty or absent means all of them.
    #[serde(default)]
    pub members: Vec<String>,
}

/// What values a site property takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number with a decimal point.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// `2026-01-31T08:00:00Z`.
    DateTime,
}

impl SettingKind {
    /// All kinds, in order.
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::Integer,
        Self::Decimal,
        Self::Boolean,
        Self::DateTime,
    ];

    /// As written in manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::Boolean => "boolean",
            Self::DateTime => "date_time",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// `[[module.setting]]`: a site property, whose value an environment may set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Letters, digits and `_`, beginning with a letter; unique in the module. A service finds the
    /// value in the environment variable `SETTING_` + the name in upper case.
    pub name: String,
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: SettingKind,
    /// Its value where an environment sets none. Secrets have no default.
    #[serde(default)]
    pub default: Option<String>,
    /// Whether the value is kept from people and from static modules.
    #[serde(default)]
    #[schemars(with = "Option<bool>")]
    pub secret: bool,
    /// What it is for.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub description: String,
}

impl Setting {
    /// Why this cannot be a value of the site property, if it cannot.
    pub fn problem(&self, value: &str) -> Option<&'static str> {
        rules::value_problem(self.kind, value)
    }
}

impl Manifest {
    /// Reads a manifest. `file` is the name that mistakes carry. Reports every mistake it finds.
    /// Ids may be missing; [`Manifest::require_ids`] asks for them.
    pub fn parse(file: &str, text: &str) -> Result<Self, ManifestError> {
        read::parse(file, text)
    }
}
