//! Whoever wants to start at once stands behind those that wait in line already: nobody in line is
//! delayed by one who came later, and nobody starves however many press *Deploy now*.

use super::stance::towards;
use super::{Active, Cause, InLine, Turn, Waiting, turns};
use crate::conflict;
use crate::impact::check::of_plan;
use crate::impact::evaluate::Scratch;
use crate::impact::index::Index;
use crate::impact::{Finding, FindingCode};
use crate::landscape::ActivePlan;

/// Whom the plan that `scratch` holds would overtake if it started now, of those in `line` for its
/// target: one finding for each that conflicts with it, or one for all if they need the slots that
/// are free. What is active is told by the check itself.
pub(crate) fn overtaken(
    index: &Index,
    scratch: &Scratch,
    limit: u32,
    line: &[Waiting],
) -> Vec<Finding> {
    let Some(first) = line.first() else {
        return Vec::new();
    };
    let ahead: Vec<&ActivePlan> = line.iter().map(|one| &one.holds).collect();
    let (beside, behind) = towards(index, scratch, &ahead);
    let active: Vec<Active> = conflict::on_target(index).map(Active::of).collect();
    let is_full = active.iter().filter(|one| one.has_slot).count() >= limit as usize;
    let mut all: Vec<InLine> = line.iter().map(|one| one.in_line.clone()).collect();
    all.push(InLine::of(&beside, &behind));
    let causes = match turns(&active, limit, &all).pop() {
        Some(Turn::Wait(causes)) => causes,
        Some(Turn::Start) | None => return Vec::new(),
    };
    let mut behind = behind.into_iter();
    let found = causes.into_iter().filter_map(|cause| match cause {
        Cause::Active(_) => None,
        Cause::Ahead(at) => {
            let (_, finding) = behind.find(|(other, _)| *other == at)?;
            Some(Finding {
                code: FindingCode::AheadInLine,
                ..finding
            })
        }
        // That every slot is in use is PM3.
        Cause::Slot => (!is_full).then(|| Finding {
            detail: Some(conflict::title(&first.holds)),
            ..of_plan(FindingCode::AheadInLine)
        }),
    });
    found.collect()
}
