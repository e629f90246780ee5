//! Manifests with every kind of mistake, reproducible packing, hostile archives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod hashes;
mod hostile;
mod manifests;
mod packing;
mod schema;

/// So many cases, and `SLIPWAY_SOAK` times as many in a long test (`make fuzz N=10`).
fn soaked(cases: u32) -> u32 {
    let times = std::env::var("SLIPWAY_SOAK").map_or(1, |times| {
        times.parse().expect("SLIPWAY_SOAK is a number, such as 10")
    });
    cases * times
}
