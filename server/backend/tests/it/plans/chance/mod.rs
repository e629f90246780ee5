//! Plans by chance: people make, save, queue, start, continue, abort and discard plans for one target
//! in random order, tick consumers that are linked anew, enter values that runs wait for, publish
//! meanwhile, change its rules, and take environments into maintenance; consoles and agents do their
//! part at any moment, fail, and die. What conflicts never runs together, the limit is kept, nobody
//! overtakes, nothing is done twice, nothing begins in maintenance, and nobody waits for ever. On
//! PostgreSQL three consoles share the database, each in a process of its own, and what they and people
//! do happens at the same time.

mod asks;
mod console;
mod life;
mod look;
mod place;
mod process;

pub(crate) use process::{DATABASE, be_a_console};

use asks::Ask;
use backend::testing::{FakeAgent, Fault};
use domain::plan::PlanStatus;
use life::Life;
use look::Seen;
use place::{Place, on_postgres, on_sqlite};
use protocol::Order;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Lives that one database sees, before everything begins anew.
const LIVES: u64 = 25;
/// In lives whose seed leaves this by four a console dies.
const MORTAL: u64 = 2;

/// Something goes wrong with an order now and then; reports are not lost for good, so that in the
/// end the console knows what runs.
fn faults(agent: &mut FakeAgent, seed: u64) {
    let mut dice = SmallRng::seed_from_u64(seed);
    agent.fails(move |order| match dice.random_range(0..120) {
        0 if !matches!(order, Order::Report | Order::SwitchBack { .. }) => Some(Fault::Fail),
        1..=3 => Some(Fault::FailOnce),
        4 | 5 => Some(Fault::LoseAnswer),
        _ => None,
    });
}

async fn live(place: &mut Place, seen: &mut Seen, seed: u64) {
    let mut dice = SmallRng::seed_from_u64(seed);
    faults(&mut place.quality, seed);
    if seed % 4 == MORTAL {
        let mortal = dice.random_range(0..place.consoles.len());
        let commits = !dice.random_bool(0.5);
        let write = dice.random_range(1..40);
        let die = Ask::DieAt { write, commits };
        place.consoles[mortal].ask::<()>(die).await.unwrap();
    }
    let mut life = Life {
        place,
        seen,
        seed,
        dice,
        plans: BTreeSet::new(),
        stand: BTreeMap::new(),
        line: Vec::new(),
        closed: BTreeSet::new(),
        under_way: Vec::new(),
        limit: usize::MAX,
        above: 0,
        published: 0,
    };
    Box::pin(life.rule()).await;
    Box::pin(life.publish()).await;
    Box::pin(life.run()).await;
}

/// The lives with these seeds, `LIVES` on each database.
async fn lives(seeds: Range<u64>, place: impl AsyncFn() -> Place) {
    let begun = std::time::Instant::now();
    let mut seen = Seen::default();
    let mut here = None;
    for seed in seeds.clone() {
        if (seed - seeds.start).is_multiple_of(LIVES) {
            here = None;
        }
        let here = match &mut here {
            Some(here) => here,
            none => none.insert(place().await),
        };
        Box::pin(live(here, &mut seen, seed)).await;
    }
    println!(
        "lives {seeds:?} in {:?}: {:?}, {} waited in line, {} started beside it, {} were held back by it, {} came while nobody else was to, {} were prepared, {} waited for values, {} linked anew beside others, {} looks at publications beside plans, {} times in maintenance, {} consoles died",
        begun.elapsed(),
        seen.ends,
        seen.waited.len(),
        seen.passed,
        seen.held_back,
        seen.pressed_on,
        seen.prepared.len(),
        seen.for_values.len(),
        seen.anew.len(),
        seen.published,
        seen.maintained,
        seen.died,
    );
    let count = u32::try_from(seeds.end - seeds.start).unwrap();
    let waited = u32::try_from(seen.waited.len()).unwrap();
    assert!(waited > count / 10, "{waited} waited in {count} lives");
    assert!(!seen.prepared.is_empty() && seen.died > 0 && seen.published > 0);
    assert!(!seen.for_values.is_empty() && seen.maintained > 0 && seen.held_back > 0);
    assert!(seen.pressed_on > 0 && !seen.anew.is_empty());
    for status in [PlanStatus::FinishedSuccessful, PlanStatus::Aborted] {
        assert!(seen.ends.contains_key(&status), "{status:?}");
    }
}

/// A part of the 500 lives, so that as many as there are processors are lived at the same time.
const fn part(number: u64, soaked: u64) -> Range<u64> {
    let count = soaked / 4;
    number * count..(number + 1) * count
}

/// Tests that live a part of the lives each.
macro_rules! in_parts {
    ($name:ident on $place:ident: $($part:ident $number:literal),+) => {
        mod $name {
            use super::*;
            $(
                #[tokio::test]
                async fn $part() {
                    let seeds = part($number, crate::soaked(500));
                    Box::pin(lives(seeds, async || Box::pin($place()).await)).await;
                }
            )+
        }
    };
}

in_parts!(whatever_people_do_the_rules_are_kept on on_sqlite: first 0, second 1, third 2, last 3);
in_parts!(whatever_people_do_at_three_console_processes_on_postgres_the_rules_are_kept on on_postgres: first 0, second 1, third 2, last 3);
