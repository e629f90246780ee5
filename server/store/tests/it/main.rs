//! The repositories on both databases.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod catalog;
mod executions;
mod open;
mod people;
mod plan_list;
mod plans;
