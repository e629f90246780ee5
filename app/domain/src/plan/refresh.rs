//! What becomes of a plan's choices when somebody looks at its applications again (domain.md 3.6).

use super::Choice;
use crate::id::ModuleId;
use crate::version::VersionNumber;
use crate::view::{Adjusted, PlanApplicationRow};
use std::collections::BTreeSet;

/// The choice after a refresh: the same one, unless it is not possible any more. `row` is the
/// application as it is now, none if the source does not have it; `taken` are the numbers of all its
/// tags, `modules` what the source runs of it.
pub fn refreshed(
    choice: &Choice,
    row: Option<&PlanApplicationRow>,
    taken: &BTreeSet<VersionNumber>,
    modules: &BTreeSet<ModuleId>,
) -> (Choice, Option<Adjusted>) {
    let dropped = (Choice::DoNothing, Some(Adjusted::Dropped));
    let possible = |row: &PlanApplicationRow, number: VersionNumber| {
        let least = row.in_target.as_ref().and_then(|(number, _)| *number);
        least.is_none_or(|least| number >= least)
    };
    let kept = || (choice.clone(), None);
    match choice {
        Choice::DoNothing => kept(),
        Choice::Deploy { version } => {
            let Some(row) = row else { return dropped };
            let eligible = row.eligible.iter().find(|tag| tag.id == *version);
            match eligible {
                Some(tag) if possible(row, tag.number) => kept(),
                _ => dropped,
            }
        }
        Choice::DeployCustom { modules: chosen } => {
            let Some((base, _)) = row.and_then(|row| row.in_source.as_ref()) else {
                return dropped;
            };
            if !row.is_some_and(|row| base.is_none_or(|base| possible(row, base))) {
                return dropped;
            }
            let all = chosen.iter().copied();
            let left: Vec<ModuleId> = all.filter(|id| modules.contains(id)).collect();
            match chosen.len() - left.len() {
                0 => kept(),
                _ if left.is_empty() => dropped,
                gone => (
                    Choice::DeployCustom { modules: left },
                    Some(Adjusted::FewerModules(
                        u32::try_from(gone).unwrap_or(u32::MAX),
                    )),
                ),
            }
        }
        Choice::TagAndDeploy {
            number,
            description,
        } => {
            let Some((row, (base, _))) = row.and_then(|row| Some((row, row.in_source.as_ref()?)))
            else {
                return dropped;
            };
            let Some(proposal) = row.tag_proposal else {
                // Somebody tagged it, or put back what a tag holds.
                let tag = row.eligible.iter().find(|tag| Some(tag.number) == *base);
                return tag
                    .filter(|tag| possible(row, tag.number))
                    .map_or(dropped, |tag| {
                        let deploys = Choice::Deploy { version: tag.id };
                        (deploys, Some(Adjusted::Tagged(tag.number)))
                    });
            };
            if !taken.contains(number) && base.is_none_or(|base| *number > base) {
                return kept();
            }
            let again = Choice::TagAndDeploy {
                number: proposal,
                description: description.clone(),
            };
            (again, Some(Adjusted::Renumbered(proposal)))
        }
    }
}
