//! The work behind the Makefile: building the page, checks, sizes. Depends on nothing of ours, so
//! that it builds in seconds.

mod check;
mod drawings;
mod names;
mod order;
mod page;
mod size;
mod tools;
mod unused;
mod wasm;

use anyhow::{Result, bail};

const HELP: &str = "cargo xtask COMMAND

  build-page [--release]   the WebAssembly, script and style of the page, into `target/site`
  size                     what the first load of the page weighs; fails above the budget
  check                    format, clippy (native and WebAssembly), domain alone for WebAssembly,
                           who may depend on whom, banned text; --rules: only the last two
  dev [ARGUMENTS]          builds the page and the server without optimisation and runs it
";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("build-page") => page::build(rest.iter().any(|a| a == "--release")),
        Some("size") => size::print(),
        Some("check") => check::run(rest.iter().any(|a| a == "--rules")),
        Some("dev") => {
            page::build(false)?;
            let mut run = tools::cargo();
            run.args(["run", "-q", "-p", "server", "--"]).args(rest);
            tools::run(&mut run)
        }
        None | Some("help" | "--help" | "-h") => {
            tools::say(HELP);
            Ok(())
        }
        Some(other) => bail!("unknown command {other:?}\n\n{HELP}"),
    }
}
