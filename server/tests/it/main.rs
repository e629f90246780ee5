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
mod gate;
mod guard;
mod harness;
mod installation;
mod kills;
mod landscape_schema;
mod lifetime;
mod limits;
mod live;
mod lives;
mod options;
mod origin;
mod own_database;
mod pages;
mod processes;
mod proxy;
mod sample;
mod secrets;
mod set_up;
mod singles;
mod versions;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}"))
    })
}

/// So many rounds, and `SLIPWAY_SOAK` times as many in a long test (`make soak N=10`).
fn soaked(rounds: u64) -> u64 {
    rounds * number("SLIPWAY_SOAK", 1)
}

/// The first seed of what is drawn; each later one is one more.
fn first_seed() -> u64 {
    number("SLIPWAY_SEED", 1)
}
