//! Plans that wait in line, in worlds made by chance. A simulation by the clock tells that nobody
//! is delayed by who came later; 100,000 random interleavings of all that people and Slipway do
//! tell that what conflicts never runs together, that the limit is kept, and that nobody starves.

use domain::fixtures::Chance;
use domain::plan::{Ending, Guards, Intervention, PlanEvent, PlanState, transition};
use domain::queue::{Active, Cause, InLine, Turn, turns};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// Who cannot run beside whom.
#[derive(Debug, Clone)]
struct Conflicts(Vec<Vec<bool>>);

impl Conflicts {
    fn random(chance: &mut Chance, count: usize, percent: u64) -> Self {
        let mut with = vec![vec![false; count]; count];
        let pairs = (0..count).flat_map(|a| (0..a).map(move |b| (a, b)));
        for (a, b) in pairs {
            let conflict = chance.percent(percent);
            with[a][b] = conflict;
            with[b][a] = conflict;
        }
        Self(with)
    }

    /// Where each of `line` stands towards `active` and those ahead of it.
    fn line(&self, active: &[usize], line: &[usize]) -> Vec<InLine> {
        let of = |one: usize, others: &[usize]| {
            let others = others.iter().enumerate();
            others
                .filter(|(_, other)| self.0[one][**other])
                .map(|(at, _)| at)
                .collect()
        };
        line.iter()
            .enumerate()
            .map(|(at, one)| InLine {
                beside: of(*one, active),
                behind: of(*one, &line[..at]),
            })
            .collect()
    }
}

/// Something that is active from the start, or stands in line: how long it takes, and whether it
/// has a slot.
#[derive(Debug, Clone, Copy)]
struct Job {
    takes: u64,
    has_slot: bool,
}

/// When each of the first `count` in line starts, if those alone stand there. Checks at each moment
/// what has to hold.
fn starts(
    conflicts: &Conflicts,
    jobs: &[Job],
    active: usize,
    limit: u32,
    count: usize,
) -> Vec<Option<u64>> {
    let mut now = 0;
    let mut running: Vec<(usize, u64)> = (0..active).map(|job| (job, jobs[job].takes)).collect();
    let mut line: Vec<usize> = (active..active + count).collect();
    let mut started = vec![None; count];
    loop {
        let holders: Vec<usize> = running.iter().map(|(job, _)| *job).collect();
        let facts: Vec<Active> = holders
            .iter()
            .map(|job| Active {
                has_slot: jobs[*job].has_slot,
            })
            .collect();
        let turns = turns(&facts, limit, &conflicts.line(&holders, &line));
        let begins: Vec<usize> = turns
            .iter()
            .zip(&line)
            .filter(|(turn, _)| **turn == Turn::Start)
            .map(|(_, job)| *job)
            .collect();
        // They conflict with nothing that runs, nor with each other, nor with one they passed.
        for (at, job) in begins.iter().enumerate() {
            let others = holders.iter().chain(&begins[..at]);
            for other in others.chain(line.iter().take_while(|ahead| *ahead != job)) {
                assert!(!conflicts.0[*job][*other], "{job} beside or past {other}");
            }
        }
        let before = facts.iter().filter(|one| one.has_slot).count();
        assert!(begins.is_empty() || before + begins.len() <= limit as usize);
        for job in begins {
            started[job - active] = Some(now);
            running.push((job, now + jobs[job].takes));
            line.retain(|waiting| *waiting != job);
        }
        let Some(next) = running.iter().map(|(_, end)| *end).min() else {
            return started;
        };
        now = next;
        running.retain(|(_, end)| *end > now);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::soaked(1_500)))]

    /// Whatever stands behind a plan, it starts when it would start without them; and it starts.
    #[test]
    fn nobody_is_delayed_by_who_came_later(seed in any::<u64>()) {
        let mut chance = Chance::new(seed);
        let limit = 1 + chance.below(4) as u32;
        let active = chance.below(5);
        let waiting = 1 + chance.below(6);
        let share = chance.below(70) as u64;
        let conflicts = Conflicts::random(&mut chance, active + waiting, share);
        let jobs: Vec<Job> = (0..active + waiting)
            .map(|job| Job {
                takes: 1 + chance.below(9) as u64,
                // What stands in line is a plan.
                has_slot: job >= active || chance.percent(70),
            })
            .collect();
        let all = starts(&conflicts, &jobs, active, limit, waiting);
        for count in 1..=waiting {
            let without = starts(&conflicts, &jobs, active, limit, count);
            prop_assert!(without[count - 1].is_some(), "it never starts");
            prop_assert_eq!(&without[..], &all[..count]);
        }
    }

    /// A plan that waits is told for whom, and who waits for nobody waits for a slot.
    #[test]
    fn each_waits_for_what_is_really_in_its_way(seed in any::<u64>()) {
        let mut chance = Chance::new(seed);
        let (active, waiting) = (chance.below(5), 1 + chance.below(6));
        let conflicts = Conflicts::random(&mut chance, active + waiting, 30);
        let holders: Vec<usize> = (0..active).collect();
        let line: Vec<usize> = (active..active + waiting).collect();
        let facts = vec![Active { has_slot: true }; active];
        let limit = 1 + chance.below(6) as u32;
        let turns = turns(&facts, limit, &conflicts.line(&holders, &line));
        for (at, turn) in turns.iter().enumerate() {
            let Turn::Wait(causes) = turn else { continue };
            let told: BTreeSet<usize> = causes
                .iter()
                .filter_map(|cause| match cause {
                    Cause::Active(other) => Some(*other),
                    Cause::Ahead(other) => Some(active + other),
                    Cause::Slot => None,
                })
                .collect();
            let real: BTreeSet<usize> = (0..active + at)
                .filter(|other| conflicts.0[active + at][*other])
                .collect();
            prop_assert_eq!(&told, &real);
            prop_assert_eq!(causes.contains(&Cause::Slot), real.is_empty());
        }
    }
}

const OPEN: Guards = Guards {
    permitted: true,
    passed: true,
    reachable: true,
    unhindered: true,
    in_service: true,
};

/// One target with its plans and publications.
struct Model {
    chance: Chance,
    conflicts: Conflicts,
    plans: Vec<PlanState>,
    /// Publications follow the plans in `conflicts`.
    publications: Vec<bool>,
    line: Vec<usize>,
    limit: u32,
    two_stage: bool,
    creation: bool,
    /// How many were active when the limit was set, if that was more.
    above: usize,
}

impl Model {
    const PLANS: usize = 6;
    const PUBLICATIONS: usize = 2;

    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let all = Self::PLANS + Self::PUBLICATIONS;
        let share = 10 + chance.below(50) as u64;
        Self {
            conflicts: Conflicts::random(&mut chance, all, share),
            plans: (0..Self::PLANS)
                .map(|_| {
                    if chance.percent(70) {
                        PlanState::Saved
                    } else {
                        PlanState::Gone
                    }
                })
                .collect(),
            publications: vec![false; Self::PUBLICATIONS],
            line: Vec::new(),
            limit: 1 + chance.below(4) as u32,
            two_stage: chance.percent(40),
            creation: chance.percent(85),
            above: 0,
            chance,
        }
    }

    fn is_active(&self, plan: usize) -> bool {
        self.plans[plan]
            .status()
            .is_some_and(domain::plan::PlanStatus::is_active)
    }

    fn active(&self) -> Vec<usize> {
        let plans = (0..Self::PLANS).filter(|plan| self.is_active(*plan));
        let published = (0..Self::PUBLICATIONS).filter(|at| self.publications[*at]);
        plans.chain(published.map(|at| Self::PLANS + at)).collect()
    }

    fn slots(&self) -> usize {
        (0..Self::PLANS)
            .filter(|plan| self.is_active(*plan))
            .count()
    }

    fn unhindered(&self, one: usize) -> bool {
        let active = self.active();
        active.iter().all(|other| !self.conflicts.0[one][*other])
    }

    /// What happens to a plan, if its state and the guards let it.
    fn happen(&mut self, plan: usize, event: PlanEvent, guards: Guards) -> bool {
        let Ok(next) = transition(self.plans[plan], event, guards) else {
            return false;
        };
        self.plans[plan] = next;
        if next != PlanState::Queued {
            self.line.retain(|waiting| *waiting != plan);
        }
        true
    }

    /// The line moves on, as after everything that happens.
    fn serve(&mut self) {
        let active = self.active();
        let facts: Vec<Active> = active
            .iter()
            .map(|one| Active {
                has_slot: *one < Self::PLANS,
            })
            .collect();
        let turns = turns(
            &facts,
            self.limit,
            &self.conflicts.line(&active, &self.line),
        );
        for (plan, turn) in self.line.clone().into_iter().zip(turns) {
            if turn != Turn::Start {
                continue;
            }
            // It is checked once more; what is found then sends it back.
            let event = if self.chance.percent(90) {
                PlanEvent::Start
            } else {
                PlanEvent::LeaveQueue
            };
            assert!(self.happen(plan, event, OPEN));
        }
    }

    fn step(&mut self) {
        let plan = self.chance.below(Self::PLANS);
        let state = self.plans[plan];
        match self.chance.below(14) {
            0 if state == PlanState::Gone => self.plans[plan] = PlanState::Draft,
            1 => {
                let open = (0..Self::PLANS).any(|other| {
                    other != plan
                        && self.plans[other].status().is_some_and(|status| {
                            status.is_active()
                                || matches!(self.plans[other], PlanState::Saved | PlanState::Queued)
                        })
                });
                if self.creation || !open {
                    self.happen(plan, PlanEvent::Save, OPEN);
                }
            }
            2..=4 => {
                if self.happen(plan, PlanEvent::Queue, OPEN) {
                    self.line.push(plan);
                }
            }
            5 => {
                self.happen(plan, PlanEvent::LeaveQueue, OPEN);
            }
            6 | 7 => {
                // Deploy now counts what is active and nothing else.
                let guards = Guards {
                    unhindered: self.unhindered(plan) && self.slots() < self.limit as usize,
                    ..OPEN
                };
                self.happen(plan, PlanEvent::Start, guards);
            }
            8 => {
                self.happen(plan, PlanEvent::Abort, OPEN);
            }
            9 => {
                self.happen(plan, PlanEvent::Continue, OPEN);
            }
            10 => {
                let at = self.chance.below(Self::PUBLICATIONS);
                let free = self.unhindered(Self::PLANS + at);
                self.publications[at] = !self.publications[at] && free;
            }
            11 => {
                self.limit = 1 + self.chance.below(4) as u32;
                self.above = self.slots();
            }
            12 => {
                self.happen(plan, PlanEvent::Discard, OPEN);
            }
            _ => self.progress(plan),
        }
    }

    /// The engine's part of a plan's life.
    fn progress(&mut self, plan: usize) {
        let event = match self.plans[plan] {
            PlanState::Running if self.two_stage && self.chance.percent(50) => {
                PlanEvent::Pause(Intervention::Prepared)
            }
            PlanState::Running if self.chance.percent(20) => PlanEvent::Fatal,
            PlanState::Running => PlanEvent::Finish(Ending::Successful),
            PlanState::Aborting => PlanEvent::Stopped,
            _ => return,
        };
        self.happen(plan, event, Guards::CLOSED);
    }

    fn check(&mut self) {
        let active = self.active();
        for (at, one) in active.iter().enumerate() {
            for other in &active[..at] {
                assert!(!self.conflicts.0[*one][*other], "{one} and {other}");
            }
        }
        let slots = self.slots();
        assert!(slots <= (self.limit as usize).max(self.above), "the limit");
        self.above = self.above.min(slots);
        for (plan, state) in self.plans.iter().enumerate() {
            let waits = self.line.contains(&plan);
            assert_eq!(*state == PlanState::Queued, waits, "{plan}");
        }
    }

    /// From now on nobody asks for anything: whatever is active ends, and the line empties.
    fn finish(mut self) {
        for _ in 0..=2 * Self::PLANS {
            if self.line.is_empty() && self.active().is_empty() {
                return;
            }
            self.publications.fill(false);
            for plan in 0..Self::PLANS {
                // Prepared packages are over at some time.
                if matches!(self.plans[plan], PlanState::Paused(_)) {
                    self.happen(plan, PlanEvent::Fatal, Guards::CLOSED);
                }
                self.progress(plan);
            }
            self.serve();
            self.check();
        }
        assert!(self.line.is_empty(), "{:?} starve", self.line);
    }
}

#[test]
fn whatever_people_do_conflicts_never_run_together_the_limit_holds_and_nobody_starves() {
    let mut lines = 0_u32;
    for seed in 0..u64::from(crate::soaked(100_000)) {
        let mut model = Model::new(seed);
        let mut waited = false;
        for _ in 0..20 {
            model.step();
            model.serve();
            model.check();
            waited |= !model.line.is_empty();
        }
        lines += u32::from(waited);
        model.finish();
    }
    assert!(lines > 20_000, "somebody waited in {lines} of the lives");
}
