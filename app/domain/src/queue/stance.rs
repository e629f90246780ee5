//! Where a plan in line stands towards what is active and what is ahead of it.

use super::{InLine, Waiting};
use crate::conflict;
use crate::id::PlanId;
use crate::impact::check::check_with;
use crate::impact::evaluate::Scratch;
use crate::impact::{CheckOptions, Finding, Index, Report};
use crate::landscape::ActivePlan;
use crate::plan::PlanContent;

/// What is active on the target of the index's plans, in the order of [`Stance::beside`].
pub fn active_on(index: &Index) -> impl Iterator<Item = &ActivePlan> {
    conflict::on_target(index)
}

/// What is to be known of a plan before it can be said whether it is free to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stance {
    /// The check; what concerns other plans is not in it.
    pub report: Report,
    /// Whom it cannot run beside, and why: positions among the active ones of its target, in the
    /// landscape's order.
    pub beside: Vec<(usize, Finding)>,
    /// The same of the plans ahead.
    pub behind: Vec<(usize, Finding)>,
    /// What it would hold if it ran.
    pub holds: ActivePlan,
}

/// Checks a plan that stands in line. `ahead` are the plans ahead of it, as they would hold modules
/// if they ran; the index has to be that of the plan's environments.
pub fn stance(
    index: &Index,
    plan: &PlanContent,
    (id, number, name): (PlanId, u64, &str),
    ahead: &[ActivePlan],
) -> Stance {
    let mut scratch = index.take_scratch();
    let options = CheckOptions {
        parallel_limit: None,
    };
    let mut report = check_with(index, &mut scratch, plan, options, &[]);
    report.findings.retain(|f| !f.code.is_about_other_plans());
    let ahead: Vec<&ActivePlan> = ahead.iter().collect();
    let (beside, behind) = towards(index, &scratch, &ahead);
    let mut brings: Vec<u32> = scratch.planned.iter().map(|p| p.version).collect();
    brings.sort_unstable();
    let holds = ActivePlan {
        id,
        number,
        name: name.to_owned(),
        target: index.target,
        modules: conflict::own_modules(&scratch),
        brings,
        started: None,
    };
    index.keep_scratch(scratch);
    Stance {
        report,
        beside,
        behind,
        holds,
    }
}

/// Those that a plan cannot run beside, by position, each with why.
type Found = Vec<(usize, Finding)>;

/// Whom the plan that `scratch` holds cannot run beside, of what is active on its target and of
/// those ahead of it in line: each told by the nearest collision.
pub(super) fn towards(index: &Index, scratch: &Scratch, ahead: &[&ActivePlan]) -> (Found, Found) {
    let active: Vec<&ActivePlan> = conflict::on_target(index).collect();
    let count = active.len();
    let all: Vec<&ActivePlan> = active.into_iter().chain(ahead.iter().copied()).collect();
    let mut beside = conflict::with(index, scratch, &all);
    beside.dedup_by_key(|(at, _)| *at);
    let mut behind = beside.split_off(beside.partition_point(|(at, _)| *at < count));
    for (at, _) in &mut behind {
        *at -= count;
    }
    (beside, behind)
}

impl Stance {
    /// The plan as those see it who come later.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        Waiting {
            holds: self.holds.clone(),
            in_line: InLine::of(&self.beside, &self.behind),
        }
    }
}
