//! Repairs that tag what the source runs now: where no tagged version of a producer would do.

use crate::impact::{CheckOptions, Index, Repair, RepairChange, RepairStep, check};
use crate::plan::{Choice, Operation, PlanContent};

impl Repair {
    /// Whether no error stays.
    pub const fn settles_all(&self) -> bool {
        self.remaining_errors == 0
    }
}

/// The plan with *Tag & Deploy* of each producer of which no tagged version would do, and with the
/// smallest repair of what that leaves; none if nothing is to be tagged, or if it settles nothing.
pub(super) fn with_tags(index: &Index, plan: &PlanContent, budget: u32) -> Option<Repair> {
    let options = CheckOptions {
        parallel_limit: None,
    };
    let before = check(index, plan, options);
    let mut report = before.clone();
    let mut content = plan.clone();
    let mut steps: Vec<RepairStep> = Vec::new();
    let (mut added, mut changed) = (0, 0);
    // What is tagged needs producers in turn. Ends: each round takes up another application.
    loop {
        let done = |id| steps.iter().any(|step| step.application == id);
        let mut missing = report.missing_producers.iter();
        let next = missing.find_map(|m| {
            // What another plan is changing cannot be taken along.
            let free = m.moved_by.is_none() && !done(m.application);
            m.tag.filter(|_| free).map(|t| (m, t))
        });
        let Some((missing, number)) = next else { break };
        let choice = Choice::TagAndDeploy {
            number,
            description: String::new(),
        };
        let mut rows = content.operations.iter_mut();
        match rows.find(|row| row.application == missing.application) {
            Some(row) => {
                row.choice = choice;
                changed += 1;
            }
            None => {
                content.operations.push(Operation {
                    application: missing.application,
                    choice,
                });
                added += 1;
            }
        }
        steps.push(RepairStep {
            application: missing.application,
            name: missing.name.clone(),
            change: RepairChange::Tag { number },
            because: format!(
                "{}, which no tagged version of {} offers in that form; what the source runs now \
                 does",
                missing.because.join(", "),
                missing.name
            ),
        });
        report = check(index, &content, options);
    }
    if steps.is_empty() {
        return None;
    }
    let mut repair = Repair {
        remaining_errors: super::errors_left(&report),
        content,
        steps,
        cost: crate::impact::RepairCost {
            added,
            changed,
            left_out: 0,
        },
        // Rows that need less are not looked for.
        exact: false,
    };
    if !repair.settles_all() {
        let more = super::from_tagged(index, &repair.content, budget);
        if let Some(more) = more
            .into_iter()
            .find(|more| more.cost.left_out == 0 && more.remaining_errors < repair.remaining_errors)
        {
            repair.content = more.content;
            repair.remaining_errors = more.remaining_errors;
            repair.cost.added += more.cost.added;
            repair.cost.changed += more.cost.changed;
            repair.steps.extend(more.steps);
        }
    }
    (repair.remaining_errors < super::errors_left(&before)).then_some(repair)
}
