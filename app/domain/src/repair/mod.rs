//! Repair: the smallest set of version choices that settles a plan's errors (decisions: fewest
//! applications added, then fewest rows changed, then the lowest sufficient versions, then by
//! name). Leaving rows out is shown as an alternative, never as the default.

mod bounds;
mod choices;
mod errors;
mod search;
mod tags;
mod words;

use crate::impact::{
    CheckOptions, Index, Repair, RepairChange, RepairCost, RepairStep, Report, Severity,
};
use crate::plan::{Choice, Operation, PlanContent, PlanKind};
use search::{Found, Search};

/// A budget that ordinary plans do not use up: so many small plans (or accordingly fewer large
/// ones) are looked at for each repair.
pub const ORDINARY_BUDGET: u32 = 10_000;

/// Finds repairs, the best first:
///
/// 1. the smallest set of versions added, or raised in rows that the plan has;
/// 2. if it is another: the smallest set where rows may also get *lower* versions than chosen.
///    It comes second (unless the first does not settle everything) because it takes back what
///    the person asked for;
/// 3. the fewest rows to leave out.
///
/// If tagged versions do not settle everything, and what the source runs now would: *Tag & Deploy*
/// of it (see [`RepairChange::Tag`]), with the versions that it then takes besides.
///
/// A version that the target runs already, unchanged, is never chosen: that is leaving out.
/// Empty if nothing would change the errors, or if there is nothing to repair.
///
/// At most `budget` plans of ordinary size are looked at for each of the three; large ones count
/// several times. If that is not enough to prove that
/// no smaller repair exists, the best one found is returned with `exact: false`.
///
/// Errors that no version could settle (rights, blocks, other plans, an environment that is
/// away) are left aside; they are counted in `remaining_errors`.
pub fn repair(index: &Index, plan: &PlanContent, budget: u32) -> Vec<Repair> {
    if (plan.source, plan.target) != (index.source(), index.target()) {
        let landscape = std::sync::Arc::clone(&index.landscape);
        let index = Index::lay_out(landscape, plan.source, plan.target);
        return repair(&index, plan, budget);
    }
    if plan.source == plan.target && plan.kind != PlanKind::Rollback {
        return Vec::new();
    }
    let mut repairs = from_tagged(index, plan, budget);
    if !repairs
        .iter()
        .any(|r| r.cost.left_out == 0 && r.settles_all())
        && let Some(tagged) = tags::with_tags(index, plan, budget)
    {
        // What is tagged for it is more than a choice of versions, and less than leaving out.
        let versions = repairs.iter().take_while(|r| r.cost.left_out == 0).count();
        repairs.insert(if tagged.settles_all() { 0 } else { versions }, tagged);
    }
    repairs
}

/// Repairs that make do with versions that are tagged.
fn from_tagged(index: &Index, plan: &PlanContent, budget: u32) -> Vec<Repair> {
    let mut search = Search::new(index, plan, budget);
    let mut found = Vec::new();
    found.extend(search.smallest(false));
    let settled = found.iter().any(|f| f.settles_all);
    let lower = search.smallest(true).filter(|f| f.settles_all || !settled);
    match lower {
        Some(lower) if !settled && lower.settles_all => found = vec![lower],
        Some(lower) if settled && lower.assignment != found[0].assignment => found.push(lower),
        Some(lower) if found.is_empty() => found.push(lower),
        _ => {}
    }
    found.extend(search.smallest_left_out());
    let repairs = found
        .iter()
        .map(|found| describe(&mut search, plan, found))
        .collect();
    search.end();
    repairs
}

fn describe(search: &mut Search<'_>, plan: &PlanContent, found: &Found) -> Repair {
    let assignment = &found.assignment;
    let index = search.index;
    let facts = index.landscape();
    let mut content = plan.clone();
    let mut cost = RepairCost::default();
    let mut steps = Vec::new();
    for application in search.in_order(assignment) {
        let id = facts.applications[application as usize].id;
        let version = assignment.get(&application).copied().flatten();
        let place = content.operations.iter().position(|o| o.application == id);
        let change = match (version, place) {
            (None, _) => {
                cost.left_out += 1;
                RepairChange::LeaveOut
            }
            (Some(version), None) => {
                cost.added += 1;
                RepairChange::Add {
                    version: facts.versions[version as usize].id,
                    number: facts.versions[version as usize].number,
                }
            }
            (Some(version), Some(place)) => {
                cost.changed += 1;
                let from = match &content.operations[place].choice {
                    Choice::Deploy { version } => index.version(*version),
                    Choice::DoNothing
                    | Choice::TagAndDeploy { .. }
                    | Choice::DeployCustom { .. } => None,
                };
                RepairChange::Change {
                    from: from.and_then(|v| index.number_of(v)),
                    version: facts.versions[version as usize].id,
                    number: facts.versions[version as usize].number,
                }
            }
        };
        let choice = version.map_or(Choice::DoNothing, |version| Choice::Deploy {
            version: facts.versions[version as usize].id,
        });
        match place {
            Some(place) => content.operations[place].choice = choice,
            None => content.operations.push(Operation {
                application: id,
                choice,
            }),
        }
        steps.push(RepairStep {
            application: id,
            name: facts.applications[application as usize].name.clone(),
            change,
            because: search.because(assignment, application),
        });
    }
    let options = CheckOptions {
        parallel_limit: None,
    };
    let report = crate::impact::check(index, &content, options);
    Repair {
        content,
        steps,
        cost,
        remaining_errors: errors_left(&report),
        exact: found.exact,
    }
}

/// The errors that stay. What only others may do is none to who prepares for them.
fn errors_left(report: &Report) -> u32 {
    u32::try_from(report.count_of_plan(Severity::Error)).unwrap_or(u32::MAX)
}
