//! Typed ids. One kind per thing, so that a plan's id cannot be taken for an application's.
//! New ids are made in `backend`; this crate only parses, prints and compares them.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A text that is not a lower- or upper-case hyphenated UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct ParseIdError;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                if text.len() != 36 {
                    return Err(ParseIdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| ParseIdError)
            }
        }
    )+};
}

ids! {
    /// An environment that an agent serves.
    EnvironmentId,
    /// The program that runs an environment's applications.
    AgentId,
    /// An application; written once into its `slipway.toml`, never changed by a rename.
    ApplicationId,
    /// A module; written once into its application's `slipway.toml`.
    ModuleId,
    /// One published state of a module: content, contract and links.
    ModuleVersionId,
    /// A tagged version of an application.
    VersionId,
    /// A deployment plan.
    PlanId,
    /// A durable unit of a run.
    StepId,
    /// One try at a step.
    AttemptId,
    /// A person (or service account) that signs in.
    UserId,
    /// A bearer token of a program.
    TokenId,
    /// A filter that somebody keeps.
    SavedFilterId,
    /// A change made downstream of Development.
    HotfixId,
    /// A version that was taken out of an environment and shall not come back unseen.
    HoldId,
}
