//! The wire between the console and its agents. A contract: changed only by addition, versioned,
//! and nothing in it derives from domain types.
//!
//! Agents dial the console, never the other way round:
//!
//! | Call | Purpose |
//! | --- | --- |
//! | `POST /agent/v1/join` | trade a one-time code for a secret |
//! | `POST /agent/v1/hello` | say who one is after each (re)connect |
//! | `GET /agent/v1/commands?after=N` | server-sent stream of [`Command`]s with a number above N |
//! | `POST /agent/v1/alive` | the agent's own word that it is there, while its stream is open |
//! | `POST /agent/v1/events` | [`Events`]: results and log lines, in order, idempotent |
//! | `POST /agent/v1/inventory` | [`Inventory`]: what runs, with a change counter |
//! | `GET /agent/v1/bundles/{sha256}` | fetch a bundle |
//! | `PUT /agent/v1/bundles/{sha256}` | give a bundle that the console lacks |
//!
//! All but `join` carry `Authorization: Bearer {agent id}.{secret}`. Errors are [`Refusal`]s.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The protocol this build speaks.
pub const VERSION: u32 = 1;
/// The oldest protocol this build still understands.
pub const OLDEST: u32 = 1;
/// A module's [`Hosted::trouble`]: the agent's key does not open its secret values.
pub const SECRETS_LOCKED: &str = "secrets_locked";
/// Name of the server-sent event that carries a [`Command`].
pub const COMMAND_EVENT: &str = "command";

/// `POST /agent/v1/join`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The code that an administrator made.
    pub code: String,
    /// What the agent is.
    pub agent: AgentSelf,
}

/// Answer to [`Join`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The agent's id.
    pub agent_id: Uuid,
    /// Its secret; the console keeps only a hash.
    pub secret: String,
    /// The environment it serves.
    pub environment: EnvironmentName,
}

/// The environment that an agent serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentName {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
}

/// `POST /agent/v1/hello`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// What the agent is.
    pub agent: AgentSelf,
    /// Its clock, in milliseconds since the epoch, so that a wrong one is noticed.
    pub clock_ms: i64,
    /// Changes with every change of what it hosts.
    pub inventory_counter: u64,
    /// The highest command number it has finished with.
    pub last_command: u64,
    /// The number of its last event, so that the console notices when it begins to count anew; none
    /// from agents that do not say it.
    #[serde(default)]
    pub last_event: Option<u64>,
    /// It posts `alive` every few seconds while its stream is open.
    #[serde(default)]
    pub signs_life: bool,
}

/// Answer to [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The environment, by its present name.
    pub environment: EnvironmentName,
    /// The console's clock.
    pub clock_ms: i64,
    /// The console's version.
    pub console_version: String,
    /// Whether the console wants an inventory now.
    pub wants_inventory: bool,
}

/// What an agent says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSelf {
    /// Its version.
    pub version: String,
    /// The protocol it speaks.
    pub protocol: u32,
    /// Where people reach its applications (`http://127.0.0.1:9001`).
    pub address: String,
    /// The contract that modules may need (`needs_platform`).
    pub platform: u32,
}

/// Something the console wants done. Delivered at least once; an agent that knows the attempt
/// reports what became of it and does nothing twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Grows per agent; the stream resumes after the last one that was acknowledged.
    pub number: u64,
    /// The attempt this command is.
    pub attempt: Uuid,
    /// The run it belongs to (the plan's id, or the id of a publication).
    pub run: Uuid,
    /// The lease epoch of the console process that gave it. An agent refuses an epoch lower than
    /// the highest it has seen for the run.
    pub epoch: u64,
    /// How long the agent may take, in milliseconds.
    pub time_limit_ms: u64,
    /// What to do.
    pub order: Order,
}

/// What a [`Command`] asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum Order {
    /// Have this bundle in the local store, verified.
    Fetch {
        /// SHA-256 of the packed bytes, in hex.
        digest: String,
        /// Its size in bytes.
        size: u64,
    },
    /// Unpack, link and verify a module beside what runs. Nothing visible changes.
    Stage(Placement),
    /// Switch a module to what this run staged.
    Activate {
        /// The module.
        module: Uuid,
        /// Modules that this run removes afterwards: until then they share their addresses with
        /// what is switched to these, which is reached there from the switch on. Agents that do
        /// not know this refuse such an address.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        leaving: Vec<Uuid>,
    },
    /// Stop and remove a module.
    Remove {
        /// The module.
        module: Uuid,
    },
    /// Put a module back to what it was before this run activated or removed it.
    SwitchBack {
        /// The module.
        module: Uuid,
    },
    /// Let a module that runs go on with these values of its site properties. Refused if it runs
    /// in another state by now.
    Settings {
        /// The module.
        module: Uuid,
        /// The published state that it runs in.
        module_version: Uuid,
        /// Site property values, by name; defaults are in the manifest.
        settings: BTreeMap<String, String>,
        /// Names of settings whose values are secret.
        secret_settings: Vec<String>,
    },
    /// Remove what this run staged and did not activate, and what it kept for going back.
    CleanUp,
    /// Post an [`Inventory`] now.
    Report,
}

/// A module as it shall be on an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The module.
    pub module: Uuid,
    /// Its name.
    pub name: String,
    /// Its application.
    pub application: Uuid,
    /// Its application's name.
    pub application_name: String,
    /// The console's id for this published state.
    pub module_version: Uuid,
    /// The bundle with its own content.
    pub digest: String,
    /// Producers whose strong content is copied in, with the bundles it is taken from.
    pub links: Vec<Link>,
    /// Producers that are reached by address at run time.
    pub weak: Vec<WeakLink>,
    /// Site property values, by name; defaults are in the manifest.
    pub settings: BTreeMap<String, String>,
    /// Names of settings whose values are secret (never written to a static module's document).
    pub secret_settings: Vec<String>,
}

/// A producer whose strong content a module carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The producer.
    pub producer: Uuid,
    /// Its name: the folder under `producers/`.
    pub name: String,
    /// The bundle the content comes from.
    pub digest: String,
    /// The elements used: (kind, name), kinds as in the manifest.
    pub elements: Vec<(String, String)>,
}

/// A producer that a module reaches by address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeakLink {
    /// The producer.
    pub producer: Uuid,
    /// Its name.
    pub name: String,
}

/// `POST /agent/v1/events`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// In the order they happened.
    pub events: Vec<Event>,
}

/// Something an agent reports about an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Grows per agent and never repeats; the console skips what it has already recorded
    /// (0 from agents that do not number their events).
    #[serde(default)]
    pub number: u64,
    /// The attempt.
    pub attempt: Uuid,
    /// The epoch of the command.
    pub epoch: u64,
    /// Agent's clock, milliseconds since the epoch.
    pub at_ms: i64,
    /// What happened.
    pub what: EventKind,
}

/// What an [`Event`] says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The agent has the command and works on it, or will as soon as there is room. Said when the
    /// same command comes while it is under way: whoever asks need not give it up.
    Begun,
    /// A line for the run's log.
    Log {
        /// `info`, `warning` or `error`.
        level: String,
        /// The line.
        text: String,
    },
    /// The attempt is done.
    Succeeded,
    /// The attempt failed; whatever it had begun is undone.
    Failed {
        /// Stable: `disk_full`, `digest_mismatch`, `unhealthy`, `stale_epoch`, …
        code: String,
        /// What happened, to what, and what to do.
        message: String,
        /// Whether another try may help.
        retry: bool,
    },
}

/// `POST /agent/v1/inventory`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// Changes with every change of what the agent hosts.
    pub counter: u64,
    /// The `Report` command this answers, if one.
    pub attempt: Option<Uuid>,
    /// Everything that is hosted, sorted by module.
    pub modules: Vec<Hosted>,
}

/// A module that an agent hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hosted {
    /// The module.
    pub module: Uuid,
    /// Its name.
    pub name: String,
    /// Its application.
    pub application: Uuid,
    /// Its application's name.
    pub application_name: String,
    /// `static`, `service` or `library`.
    pub kind: String,
    /// Where it is mounted; empty for libraries.
    pub url_path: String,
    /// The bundle that it runs.
    pub digest: String,
    /// The bundles of the producers that are linked in: (producer, digest).
    pub links: Vec<(Uuid, String)>,
    /// The console's id of the published state; none if it was published on the agent itself.
    pub module_version: Option<Uuid>,
    /// The attempt that activated it; none if it was published on the agent itself.
    pub attempt: Option<Uuid>,
    /// When it was activated, agent's clock.
    pub activated_ms: i64,
    /// `up`, `starting`, `down` or `not_run` (libraries).
    pub state: String,
    /// Why it is down, where there is more to say: [`SECRETS_LOCKED`]. None from agents that do not
    /// say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// The manifest of the bundle as JSON, when the module was published on the agent itself.
    pub manifest: Option<String>,
}

/// An error answer to an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable: `unknown_agent`, `wrong_secret`, `protocol_too_new`, `code_expired`, …
    pub code: String,
    /// What happened and what to do.
    pub message: String,
}
