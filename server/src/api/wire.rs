//! The types of the HTTP API under `/api/v1`, used by `slipway publish` and by build servers. A
//! contract: changed only by addition; nothing here derives from domain types.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST /api/v1/bundles/missing`: which of these does the console not have?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundles {
    /// SHA-256 of the packed bytes, in hex.
    pub digests: Vec<String>,
    /// The environment, by name, into which they shall be published: an unknown one is refused
    /// before anything is uploaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// `POST /api/v1/publications`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPublication {
    /// Where, by name.
    pub environment: String,
    /// One per module of the application: all of its modules, uploaded before.
    pub bundles: Vec<String>,
    /// Records references that the environment cannot satisfy as broken, instead of refusing.
    #[serde(default)]
    pub allow_missing: bool,
}

/// Answer to [`NewPublication`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Asked for at `GET /api/v1/publications/{id}`.
    pub id: Uuid,
}

/// `GET /api/v1/publications/{id}?after=N`: answers as soon as there is something new, or after
/// some seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationState {
    /// `running`, `succeeded` or `failed`.
    pub state: String,
    /// Lines after the number that was asked for.
    pub lines: Vec<Line>,
    /// What went wrong, if it did.
    pub error: Option<String>,
}

/// A line of a publication's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// From 1, without gaps.
    pub number: u64,
    /// `info`, `warning` or `error`.
    pub level: String,
    /// What happened.
    pub text: String,
}

/// `GET /api/v1/applications/{application}/versions?text=&offset=&limit=`: a page of an
/// application's versions, the highest number first. Five unless `limit` says how many (at most
/// 200); `text` looks in what they say about the change, and in their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Those of this page.
    pub versions: Vec<Version>,
    /// The first one's place in the list.
    pub offset: u64,
    /// How many match.
    pub total: u64,
}

/// A version (a tag).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its package is at `GET /api/v1/versions/{id}/package`; `DELETE /api/v1/versions/{id}`
    /// removes it, if nothing needs it.
    pub id: Uuid,
    /// Its number.
    pub number: String,
    /// What it says about the change, in Markdown.
    pub description: String,
    /// When it was made: milliseconds since the epoch, UTC.
    pub created: i64,
    /// Who made it.
    pub created_by: String,
    /// Where it was made.
    pub environment: String,
    /// Where it runs now.
    pub running_in: Vec<String>,
    /// Whether it was made downstream of Development.
    pub hotfix: bool,
}

/// An error answer: of every path under `/api/v1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable, for programs: `not_found`, `name_taken`, …
    pub code: String,
    /// What happened, to what, and what to do.
    pub message: String,
    /// Which fields are wrong, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(String, String)>,
}
