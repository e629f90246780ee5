//! Real agents against a small console that speaks the protocol, with real processes and faults.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod addresses;
mod console;
mod factory;
mod fair;
mod faults;
mod full_disk;
mod local;
mod panics;
mod redelivery;
mod roles;
mod secrets;
mod services;
mod statics;
mod values;
mod wave;
mod world;
