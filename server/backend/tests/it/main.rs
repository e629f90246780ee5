//! The use cases on real databases, with a clock that the tests move.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agents;
mod bundles;
mod catalog;
mod engine;
mod people;
mod plans;
mod settings;
