//! The use cases on real databases, with a clock that the tests move.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic
)]

mod accounts;
mod agents;
mod bundles;
mod catalog;
mod engine;
mod environments;
mod interleavings;
mod people;
mod plans;
mod roles;
mod secrets;
mod settings;
mod stage;
mod standings;

/// So many rounds, and `SLIPWAY_SOAK` times as many in a long test (`make soak N=10`).
fn soaked(rounds: u64) -> u64 {
    let times = std::env::var("SLIPWAY_SOAK").map_or(1, |times| {
        times.parse().expect("SLIPWAY_SOAK is a number, such as 10")
    });
    rounds * times
}
