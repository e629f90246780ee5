//! The only place that speaks to the database and the blob store.
//!
//! # The pattern
//!
//! * A repository is a module of free functions. Each takes `&impl ConnectionTrait` first, does one
//!   query (or a bounded few) and never opens a transaction. So the same function serves a read on
//!   [`Store::read`] and a write inside [`Store::write`].
//! * Only `backend` opens transactions, with [`Store::write`]; inside, nothing but the transaction
//!   may be used: with one writer connection, going to the pool would wait for itself.
//! * Rows are entities ([`entity`]); what a screen shows is made from them in `backend`. Queries
//!   that join for one list return a struct of their own beside the function.
//! * Errors are [`StoreError`]s, classified in `error.rs` and nowhere else. A missing row is
//!   `Ok(None)` from `find_…` and [`StoreError::Missing`] from what must be there; an update whose
//!   revision is not the stored one is [`StoreError::Stale`].
//! * Ids are given by the caller, times are milliseconds since the epoch, UTC.

pub mod accounts;
pub mod agents;
pub mod attempts;
pub mod audit;
mod blobs;
pub mod bundles;
pub mod catalog;
pub mod console_settings;
pub mod counters;
pub mod entity;
pub mod environments;
mod error;
pub mod executions;
pub mod history;
pub mod holds;
pub mod hotfixes;
pub mod line;
pub mod maintenance;
mod notify;
mod open;
pub mod people;
pub mod plans;
pub mod plans_active;
pub mod plans_ended;
pub mod prepared;
pub mod publications;
pub mod running;
pub mod settings;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tokens;

pub use blobs::{Blobs, Kept};
pub use error::{StoreError, StoreResult, or_missing};
pub use notify::{Listener, MAX_MESSAGE};
pub use open::{DatabaseKind, Store};
pub use sea_orm::{
    ActiveValue, ConnectionTrait, DatabaseConnection, DatabaseTransaction, NotSet, Set,
};

/// The last row that a list can be asked for: what SQLite and PostgreSQL can count to.
pub(crate) const LAST_ROW: u64 = i64::MAX.unsigned_abs();
