//! Plans that wait in line, in worlds made by chance. A simulation by the clock tells that nobody
//! is delayed by who came later; 100,000 random interleavings of all that people and Slipway do
//! (`model`) tell that what conflicts never runs together, that the limit is kept, that nobody
//! overtakes, and that nobody starves.

mod model;

use domain::fixtures::Chance;
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

/// When each in line starts, beside what is active from the start. Checks at each moment what has
/// to hold.
fn starts(
    conflicts: &Conflicts,
    jobs: &[Job],
    active: &[usize],
    line: &[usize],
    limit: u32,
) -> Vec<Option<u64>> {
    let mut now = 0;
    let mut running: Vec<(usize, u64)> =
        active.iter().map(|job| (*job, jobs[*job].takes)).collect();
    let all = line;
    let mut line = line.to_vec();
    let mut started = vec![None; all.len()];
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
            let place = all.iter().position(|other| *other == job);
            started[place.expect("it stood in line")] = Some(now);
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
        let (active, line): (Vec<usize>, Vec<usize>) = (0..active + waiting).partition(|job| *job < active);
        let all = starts(&conflicts, &jobs, &active, &line, limit);
        for count in 1..=waiting {
            let without = starts(&conflicts, &jobs, &active, &line[..count], limit);
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
