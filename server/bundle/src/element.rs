//! Elements: what a module offers to others, the canonical bytes of their interfaces and the two
//! hashes made from them (domain.md 1.6 and the decisions on bundles).

use crate::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a consumer is bound to what it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// The content is copied into the consumer.
    Strong,
    /// Reached through the producer's address at run time.
    Weak,
}

/// What an element is. Strong kinds are copied into their consumers at publish; weak kinds are
/// reached through the producer's address.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ElementKind {
    /// Logic on the server (strong).
    ServerAction,
    /// Logic in the browser (strong).
    ClientAction,
    /// A reusable piece of screen (strong).
    Block,
    /// A picture (strong).
    Image,
    /// Any other file (strong).
    Resource,
    /// A script file (strong).
    Script,
    /// A style sheet with its files (strong).
    Theme,
    /// A role that end users have (strong).
    Role,
    /// A business process (strong).
    Process,
    /// One activity of a process (strong).
    ProcessActivity,
    /// A whole screen, reached by its address (weak).
    Screen,
    /// Logic reached over the network (weak).
    ServiceAction,
    /// A table (weak).
    Entity,
    /// A fixed list of records (weak).
    StaticEntity,
    /// A shape of data (weak).
    Structure,
}

impl ElementKind {
    /// All kinds, in order.
    pub const ALL: [Self; 15] = [
        Self::ServerAction,
        Self::ClientAction,
        Self::Block,
        Self::Image,
        Self::Resource,
        Self::Script,
        Self::Theme,
        Self::Role,
        Self::Process,
        Self::ProcessActivity,
        Self::Screen,
        Self::ServiceAction,
        Self::Entity,
        Self::StaticEntity,
        Self::Structure,
    ];

    /// As written in manifests and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerAction => "server_action",
            Self::ClientAction => "client_action",
            Self::Block => "block",
            Self::Image => "image",
            Self::Resource => "resource",
            Self::Script => "script",
            Self::Theme => "theme",
            Self::Role => "role",
            Self::Process => "process",
            Self::ProcessActivity => "process_activity",
            Self::Screen => "screen",
            Self::ServiceAction => "service_action",
            Self::Entity => "entity",
            Self::StaticEntity => "static_entity",
            Self::Structure => "structure",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// How consumers of this kind are bound (domain.md 1.6).
    pub const fn strength(self) -> Strength {
        match self {
            Self::Screen
            | Self::ServiceAction
            | Self::Entity
            | Self::StaticEntity
            | Self::Structure => Strength::Weak,
            _ => Strength::Strong,
        }
    }
}

/// What a member is to its element.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Given by the consumer.
    Input,
    /// Given back to the consumer.
    Output,
    /// A field of an entity or structure.
    Attribute,
    /// One record of a static entity.
    Record,
}

impl MemberRole {
    /// All roles, in order.
    pub const ALL: [Self; 4] = [Self::Input, Self::Output, Self::Attribute, Self::Record];

    /// As written in manifests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Attribute => "attribute",
            Self::Record => "record",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// One typed part of an element's interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// What it is to the element.
    pub role: MemberRole,
    /// Its name; upper and lower case do not make two names.
    pub name: String,
    /// Its type: `text`, `integer`, `decimal`, `boolean`, `date_time`, or a structure's name.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether a consumer must give it.
    #[serde(default)]
    pub mandatory: bool,
}

/// The bytes that an element's compatibility hash is taken over: kind, name and members, each with
/// its length in front so that no two interfaces share their bytes. Names are folded (ASCII) and
/// members sorted, because neither case nor order breaks a consumer.
pub fn canonical_interface(kind: ElementKind, name: &str, members: &[Member]) -> Vec<u8> {
    let mut sorted: Vec<(MemberRole, String, &str, bool)> = members
        .iter()
        .map(|m| {
            (
                m.role,
                m.name.to_ascii_lowercase(),
                m.data_type.as_str(),
                m.mandatory,
            )
        })
        .collect();
    sorted.sort_unstable();
    let mut bytes = b"slipway interface 1\n".to_vec();
    let mut push = |text: &str| {
        bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    push(kind.as_str());
    push(&name.to_ascii_lowercase());
    for (role, name, data_type, mandatory) in sorted {
        push(role.as_str());
        push(&name);
        push(data_type);
        push(if mandatory { "mandatory" } else { "optional" });
    }
    bytes
}

/// Equal for elements whose consumers cannot tell them apart by signature.
pub(crate) fn compatibility_hash(kind: ElementKind, name: &str, members: &[Member]) -> Digest {
    Digest::of(canonical_interface(kind, name, members))
}

/// The identity of an element's version: its interface and its content.
pub(crate) fn full_hash(compatibility: &Digest, content: Option<&Digest>) -> Digest {
    let mut bytes = b"slipway element 1\n".to_vec();
    bytes.extend_from_slice(compatibility.as_bytes());
    if let Some(content) = content {
        bytes.extend_from_slice(content.as_bytes());
    }
    Digest::of(bytes)
}
