//! The domain's rules from outside: tables, properties against oracles, and equal bytes on every
//! platform. On WebAssembly (`--target wasm32-unknown-unknown`, run by `wasm-bindgen-test-runner`
//! in Node.js) only the last.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(not(target_arch = "wasm32"))]
mod access;
#[cfg(not(target_arch = "wasm32"))]
mod ahead;
#[cfg(not(target_arch = "wasm32"))]
mod custom;
#[cfg(not(target_arch = "wasm32"))]
mod difference;
mod digest;
#[cfg(not(target_arch = "wasm32"))]
mod facts;
#[cfg(not(target_arch = "wasm32"))]
mod hotfix;
#[cfg(not(target_arch = "wasm32"))]
mod labels;
#[cfg(not(target_arch = "wasm32"))]
mod lines;
#[cfg(not(target_arch = "wasm32"))]
mod oracle;
#[cfg(not(target_arch = "wasm32"))]
mod overrides;
#[cfg(not(target_arch = "wasm32"))]
mod parallel;
#[cfg(not(target_arch = "wasm32"))]
mod plan_edits;
#[cfg(not(target_arch = "wasm32"))]
mod plan_filter;
#[cfg(not(target_arch = "wasm32"))]
mod plan_life;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
#[cfg(not(target_arch = "wasm32"))]
mod refresh;
#[cfg(not(target_arch = "wasm32"))]
mod repairs;
#[cfg(not(target_arch = "wasm32"))]
mod reuse;
#[cfg(not(target_arch = "wasm32"))]
mod rollback;
#[cfg(not(target_arch = "wasm32"))]
mod runs;
#[cfg(not(target_arch = "wasm32"))]
mod settings;
#[cfg(not(target_arch = "wasm32"))]
mod slices;
#[cfg(not(target_arch = "wasm32"))]
mod tables;
mod tagging;

/// So many cases, and `SLIPWAY_SOAK` times as many in a long test (`make soak N=10`).
#[cfg(not(target_arch = "wasm32"))]
fn soaked(cases: u32) -> u32 {
    let times = std::env::var("SLIPWAY_SOAK").map_or(1, |times| {
        times.parse().expect("SLIPWAY_SOAK is a number, such as 10")
    });
    cases * times
}
