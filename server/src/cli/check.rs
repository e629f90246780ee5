//! `slipway check`: the analysis of a plan, offline, as the console and the page do it.

use super::exit;
use super::terminal::say;
use crate::check::analyse;
use crate::check::input::PlanFile;
use anyhow::{Context, anyhow, bail};
use domain::landscape::Landscape;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// `slipway check LANDSCAPE.json PLAN.json`
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
LANDSCAPE.json is what `slipway landscape` wrote. PLAN.json holds source, target and operations;
docs/check.schema.json describes it and the answer. No console is needed.

Examples:
  slipway check landscape.json plan.json
  slipway check landscape.json plan.json | jq '.findings[] | select(.severity == \"error\")'

Ends with 0 when there is no error, 1 when errors were found, 2 when the input cannot be used.")]
pub struct Check {
    /// What `slipway landscape` wrote
    #[arg(value_name = "LANDSCAPE.json")]
    landscape: PathBuf,
    /// The plan
    #[arg(value_name = "PLAN.json")]
    plan: PathBuf,
    /// Another plan that runs meanwhile, in the same form; may be given several times
    #[arg(long, env = "SLIPWAY_RUNNING", value_name = "PLAN.json")]
    running: Vec<PathBuf>,
    /// How many plans may run on the target at once
    #[arg(long, env = "SLIPWAY_PARALLEL_LIMIT", value_name = "N")]
    parallel_limit: Option<u32>,
}

impl Check {
    /// Checks and writes the answer.
    pub fn run(self) -> anyhow::Result<u8> {
        let landscape: Landscape = read(&self.landscape, LANDSCAPE)?;
        let plan: PlanFile = read(&self.plan, PLAN)?;
        let running: Vec<PlanFile> = self
            .running
            .iter()
            .map(|path| read(path, PLAN))
            .collect::<anyhow::Result<_>>()?;
        let answer = analyse(landscape, &plan, &running, self.parallel_limit)?;
        say(&serde_json::to_string_pretty(&answer)?);
        Ok(if answer.errors == 0 {
            exit::FINE
        } else {
            exit::REFUSED
        })
    }
}

/// What the files are, for messages.
const LANDSCAPE: &str = "a landscape, as `slipway landscape` writes it";
const PLAN: &str = "a plan with source, target and operations; docs/check.md shows one";

fn read<T: DeserializeOwned>(path: &Path, what: &str) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} could not be read", path.display()))?;
    // Lists would be read as the fields of one, in their order.
    let begin = text.trim_start();
    if !begin.is_empty() && !begin.starts_with('{') {
        let line = text[..text.len() - begin.len()].matches('\n').count() + 1;
        bail!(
            "{}:{line}:1: a JSON object is expected here, which begins with {{: {what}",
            path.display()
        );
    }
    serde_json::from_str(&text).map_err(|error| {
        anyhow!(
            "{}:{}:{}: {error}",
            path.display(),
            error.line(),
            error.column()
        )
    })
}
