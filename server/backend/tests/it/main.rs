//! The use cases on real databases, with a clock that the tests move.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accounts;
mod agents;
mod bundles;
mod catalog;
mod engine;
mod environments;
mod people;
mod plans;
mod settings;
mod standings;
