//! The rules of Slipway.
//!
//! Everything here is pure, total and deterministic: no clock, no randomness, no I/O, no
//! framework. Times and ids are parameters; maps are ordered; the same input gives the same
//! bytes on the server and in the browser. Checks return findings (a [`impact::Report`]);
//! errors are for what could not be done at all.

pub mod access;
pub mod application;
pub mod audit;
mod conflict;
pub mod difference;
pub mod environment;
pub mod error;
pub mod execution;
#[cfg(feature = "fixtures")]
pub mod fixtures;
pub mod hotfix;
pub mod id;
pub mod impact;
pub mod label;
pub mod landscape;
pub mod name;
pub mod order;
pub mod plan;
pub mod queue;
pub mod reference;
pub mod repair;
pub mod settings;
pub mod time;
pub mod version;
pub mod view;

pub use error::{AppError, FieldError};
pub use id::{
    AgentId, ApplicationId, AttemptId, EnvironmentId, HoldId, HotfixId, ModuleId, ModuleVersionId,
    PlanId, SavedFilterId, StepId, TokenId, UserId, VersionId,
};
pub use time::{Day, ParseDayError, Timestamp};
pub use version::VersionNumber;
