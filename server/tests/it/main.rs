//! The binary, and the console over HTTP in process: who gets in, what is refused, what every
//! answer carries.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout
)]

mod agents;
mod assets;
mod bad_input;
mod cable;
mod check;
mod complaints;
mod database_gone;
mod demo;
mod documents;
mod export;
mod faults;
mod fifty;
mod full_disk;
mod guard;
mod harness;
mod kills;
mod lifetime;
mod limits;
mod live;
mod options;
mod origin;
mod pages;
mod processes;
mod proxy;
mod sample;
mod secrets;
mod singles;
mod versions;
