//! Screens and components rendered by the server, from made-up data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![recursion_limit = "512"]

mod comparison;
mod component;
mod controls;
mod editor_notices;
mod environment_cards;
mod graph;
mod line_screens;
mod marks;
mod plan_screens;
mod render;
mod reuse;
mod rollback;
mod run_screens;
mod sample;
