//! Plans that wait until they are free to start (*Start when free*): who is next.
//!
//! The plans that wait for one target stand in a line, in the order in which they came. A plan
//! starts when nothing that is active conflicts with it, nothing ahead of it in line conflicts with
//! it, and there is a slot for it. Plans may pass others that wait for something else, but never at
//! the cost of those: each plan ahead that waits for a conflict to end keeps a slot for itself,
//! unless what it waits for will leave it one. So nobody in line is ever delayed by one who came
//! later, and nobody starves.

mod ahead;
mod stance;

pub(crate) use ahead::overtaken;
pub use stance::{Stance, active_on, stance};

use crate::impact::Finding;
use crate::landscape::ActivePlan;
use serde::{Deserialize, Serialize};

/// Something that is active on the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Active {
    /// Whether it has a slot, which is free when it ends. Publications have none.
    pub has_slot: bool,
}

impl Active {
    /// What is active as a line sees it.
    pub const fn of(plan: &ActivePlan) -> Self {
        Self {
            has_slot: !plan.is_publication(),
        }
    }
}

/// A plan in line, as those see it who come later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What it would hold if it ran.
    pub holds: ActivePlan,
    /// Whom it cannot run beside.
    pub in_line: InLine,
}

/// A plan in line, and whom it cannot run beside.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InLine {
    /// Of what is active, by position.
    pub beside: Vec<usize>,
    /// Of the plans ahead of it in line, by position.
    pub behind: Vec<usize>,
}

impl InLine {
    /// Whom it cannot run beside, as it was found ([`Stance::beside`], [`Stance::behind`]).
    pub fn of(beside: &[(usize, Finding)], behind: &[(usize, Finding)]) -> Self {
        let places = |found: &[(usize, Finding)]| found.iter().map(|(at, _)| *at).collect();
        Self {
            beside: places(beside),
            behind: places(behind),
        }
    }
}

/// What a plan in line is to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It starts. All that start now may run together.
    Start,
    /// It waits, for all of these.
    Wait(Vec<Cause>),
}

/// What a plan in line waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// This active one conflicts with it.
    Active(usize),
    /// This plan ahead in line conflicts with it.
    Ahead(usize),
    /// Every slot is in use, or kept for a plan ahead.
    Slot,
}

/// What each plan in line is to do, first come first.
pub fn turns(active: &[Active], limit: u32, line: &[InLine]) -> Vec<Turn> {
    let used = active.iter().filter(|one| one.has_slot).count();
    let mut free = (limit as usize).saturating_sub(used);
    // Whose slot is left to a plan that waits for it: each is left to one only.
    let mut active_left = vec![false; active.len()];
    let mut line_left = vec![false; line.len()];
    line.iter()
        .map(|plan| {
            let beside = plan.beside.iter().map(|at| Cause::Active(*at));
            let behind = plan.behind.iter().map(|at| Cause::Ahead(*at));
            let causes: Vec<Cause> = beside.chain(behind).collect();
            if causes.is_empty() {
                if free == 0 {
                    return Turn::Wait(vec![Cause::Slot]);
                }
                free -= 1;
                return Turn::Start;
            }
            let heir = causes.iter().any(|cause| match cause {
                Cause::Active(at) => {
                    active.get(*at).is_some_and(|one| one.has_slot)
                        && inherit(&mut active_left, *at)
                }
                Cause::Ahead(at) => inherit(&mut line_left, *at),
                Cause::Slot => false,
            });
            if !heir {
                free = free.saturating_sub(1);
            }
            Turn::Wait(causes)
        })
        .collect()
}

/// When each plan in line begins, counted from now, if what is active ends as told (`None`: nobody
/// knows when), each plan takes as long as `takes`, and nobody else comes.
pub fn foresee(
    active: &[(Active, Option<i64>)],
    limit: u32,
    line: &[InLine],
    takes: i64,
) -> Vec<Option<i64>> {
    let mut now = 0;
    // Plans that were in line follow those that were active from the start.
    let mut running: Vec<(usize, Active, Option<i64>)> = active
        .iter()
        .enumerate()
        .map(|(at, (one, end))| (at, *one, *end))
        .collect();
    let mut waiting: Vec<usize> = (0..line.len()).collect();
    let mut begins = vec![None; line.len()];
    let cannot_run = |plan: usize, other: usize| match other.checked_sub(active.len()) {
        None => line[plan].beside.contains(&other),
        Some(ahead) => line[plan].behind.contains(&ahead),
    };
    while !waiting.is_empty() {
        let positions = |others: &mut dyn Iterator<Item = usize>, plan: usize| -> Vec<usize> {
            others
                .enumerate()
                .filter(|(_, other)| cannot_run(plan, *other))
                .map(|(at, _)| at)
                .collect()
        };
        let now_in_line: Vec<InLine> = waiting
            .iter()
            .map(|plan| InLine {
                beside: positions(&mut running.iter().map(|one| one.0), *plan),
                behind: positions(&mut waiting.iter().map(|other| active.len() + other), *plan),
            })
            .collect();
        let facts: Vec<Active> = running.iter().map(|one| one.1).collect();
        let turns = turns(&facts, limit, &now_in_line);
        let mut turns = turns.into_iter();
        waiting.retain(|plan| {
            let starts = turns.next() == Some(Turn::Start);
            if starts {
                begins[*plan] = Some(now);
                let one = Active { has_slot: true };
                running.push((active.len() + plan, one, Some(now + takes.max(1))));
            }
            !starts
        });
        let Some(next) = running.iter().filter_map(|one| one.2).min() else {
            break;
        };
        now = now.max(next);
        running.retain(|one| one.2.is_none_or(|end| end > now));
    }
    begins
}

/// Takes what is left at this place, if nobody has.
fn inherit(left: &mut [bool], at: usize) -> bool {
    left.get_mut(at)
        .is_some_and(|taken| !std::mem::replace(taken, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Active = Active { has_slot: true };
    const PUBLICATION: Active = Active { has_slot: false };

    fn plan(beside: &[usize], behind: &[usize]) -> InLine {
        InLine {
            beside: beside.to_vec(),
            behind: behind.to_vec(),
        }
    }

    fn starts(active: &[Active], limit: u32, line: &[InLine]) -> Vec<usize> {
        let turns = turns(active, limit, line);
        let starts = turns.iter().enumerate();
        starts
            .filter(|(_, turn)| **turn == Turn::Start)
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn pm3_first_come_first_as_far_as_there_are_slots() {
        let line = [plan(&[], &[]), plan(&[], &[]), plan(&[], &[])];
        assert_eq!(starts(&[], 2, &line), [0, 1]);
        assert_eq!(starts(&[PLAN], 2, &line), [0]);
        assert_eq!(
            turns(&[PLAN, PLAN], 2, &line)[0],
            Turn::Wait(vec![Cause::Slot])
        );
        // A limit that was lowered under what runs.
        assert_eq!(starts(&[PLAN, PLAN, PLAN], 2, &line), [0; 0]);
        assert_eq!(starts(&[PUBLICATION, PUBLICATION], 2, &line), [0, 1]);
    }

    #[test]
    fn who_conflicts_waits_and_others_pass_while_there_is_a_slot_for_all() {
        let line = [plan(&[0], &[]), plan(&[], &[0]), plan(&[], &[])];
        let now = turns(&[PLAN], 3, &line);
        assert_eq!(now[0], Turn::Wait(vec![Cause::Active(0)]));
        assert_eq!(now[1], Turn::Wait(vec![Cause::Ahead(0)]));
        assert_eq!(now[2], Turn::Start);
        // The first one gets the slot of what it waits for, the second one that of the first: the
        // third delays nobody.
        assert_eq!(starts(&[PLAN], 2, &line), [2]);
    }

    #[test]
    fn what_is_to_come_is_told_from_when_the_others_end() {
        let line = [
            plan(&[0], &[]),
            plan(&[], &[0]),
            plan(&[], &[]),
            plan(&[1], &[]),
        ];
        let active = [(PLAN, Some(7)), (PLAN, None)];
        assert_eq!(
            foresee(&active, 3, &line, 10),
            // The third passes; the fourth waits for what nobody knows the end of.
            [Some(7), Some(17), Some(0), None]
        );
        assert_eq!(
            foresee(&[], 1, &[plan(&[], &[]), plan(&[], &[])], 10),
            [Some(0), Some(10)]
        );
    }

    #[test]
    fn nobody_takes_the_last_slot_that_one_ahead_waits_for() {
        // A publication leaves no slot when it ends.
        let line = [plan(&[0], &[]), plan(&[], &[])];
        assert_eq!(starts(&[PUBLICATION], 1, &line), [0; 0]);
        assert_eq!(starts(&[PUBLICATION], 2, &line), [1]);
        // Two wait for the same plan, which leaves one slot: the other needs one that is free.
        let line = [plan(&[0], &[]), plan(&[0], &[]), plan(&[], &[])];
        assert_eq!(starts(&[PLAN], 2, &line), [0; 0]);
        assert_eq!(starts(&[PLAN], 3, &line), [2]);
    }
}
