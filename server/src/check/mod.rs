//! The analysis of a plan against an exported landscape, offline: what `slipway check` does. The
//! files it reads and the answer it gives are a contract (`docs/check.schema.json`), so they have
//! types of their own.

pub mod answer;
pub mod input;

use answer::Answer;
use domain::impact::{CheckOptions, Index, check};
use domain::landscape::Landscape;
use domain::repair::repair;
use input::{PlanFile, Unknown};
use std::sync::Arc;

/// The work that the search for a repair may take: plans looked at times references in each, about.
const REPAIR_WORK: usize = 20_000_000;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The landscape contradicts itself.
    #[error("the landscape cannot be used: {0}")]
    Landscape(#[from] domain::landscape::LandscapeError),
    /// The plan names something that the landscape does not have.
    #[error("the plan cannot be used: {0}")]
    Plan(#[from] Unknown),
}

/// Checks a plan beside the `running` ones, and looks for the smallest change that settles its
/// errors.
pub fn analyse(
    mut landscape: Landscape,
    plan: &PlanFile,
    running: &[PlanFile],
    parallel_limit: Option<u32>,
) -> Result<Answer, CheckError> {
    landscape.validate()?;
    for (position, other) in running.iter().enumerate() {
        let active = other.as_active(&landscape, position)?;
        landscape.active_plans.push(active);
    }
    let content = plan.content(&landscape)?;
    let budget = repair_budget(&landscape);
    let index = Index::new(Arc::new(landscape), content.source, content.target)?;
    let report = check(&index, &content, CheckOptions { parallel_limit });
    let repairs = if report.is_green() {
        Vec::new()
    } else {
        repair(&index, &content, budget)
    };
    Ok(Answer::new(&report, &repairs, index.landscape()))
}

/// Plans that the search looks at: many in small factories, a bounded time in large ones.
fn repair_budget(landscape: &Landscape) -> u32 {
    let references: usize = landscape.module_versions.iter().map(|v| v.uses.len()).sum();
    let budget = REPAIR_WORK / (references + 1);
    u32::try_from(budget.clamp(20, 20_000)).unwrap_or(20)
}
