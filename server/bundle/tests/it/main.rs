//! Manifests with every kind of mistake, reproducible packing, hostile archives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod hashes;
mod hostile;
mod manifests;
mod packing;
mod schema;
