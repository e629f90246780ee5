//! Lives at several consoles: people at three console processes on one PostgreSQL database make, save,
//! start, queue, prepare, continue, abort and discard plans all at once, publish meanwhile and change
//! how the target takes plans; real agents do what they are told; and now and then a console is
//! killed, and another one takes its place. What is told of it by the audit, which has the order of
//! all commits, is looked at entry by entry as it grows ([`history`]): what conflicts never runs
//! together, the limit is kept, nobody in line is overtaken by who came later and conflicts. When
//! nobody asks for more, everything ends, and the target hosts just what ended well has brought.
//!
//! The same seed draws the same wishes; how they meet is the kernel's affair. `SLIPWAY_SOAK=N` makes
//! it N times longer, `SLIPWAY_SEED=N` begins with another seed.

mod history;
mod life;
mod place;

use crate::installation::PATIENCE;
use crate::{first_seed, soaked};
use domain::plan::PlanStatus;
use history::Seen;
use life::Life;
use place::Place;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Lives in an ordinary test run.
const LIVES: u64 = 20;
/// How many times as many may be lived until everything that matters has been seen: how wishes meet
/// is the kernel's affair, and a plan that has ended before anybody aborts it cannot be aborted.
const PATIENT: u64 = 5;
/// In lives whose seed leaves this by four consoles are killed.
const MORTAL: u64 = 2;

/// The life with this seed; how many starts were held back by the line.
async fn live(place: &mut Place, seed: u64) -> u32 {
    let mut dice = SmallRng::seed_from_u64(seed);
    let strikes = match seed % 4 {
        MORTAL => dice.random_range(1..3),
        _ => 0,
    };
    let known = Arc::clone(&place.known);
    let life = Life::new(&known, seed);
    // A strike that has begun is carried through, also when everything is over meanwhile.
    let over = CancellationToken::new();
    let lived = async {
        life.live().await;
        life.finish().await;
        over.cancel();
    };
    let struck = async {
        for _ in 0..strikes {
            let mut changes = known.listen();
            let until = *changes.borrow() + dice.random_range(2..20);
            let due = changes.wait_for(|last| *last >= until);
            if over.run_until_cancelled(due).await.is_none() {
                return;
            }
            place.strike(dice.random_range(0..64)).await;
        }
    };
    let both = async { tokio::join!(lived, struck) };
    let both = tokio::time::timeout(PATIENCE, both).await;
    both.unwrap_or_else(|_| panic!("life {seed} has no end"));
    // What a console had done when it was killed may have been stored after that.
    life.finish().await;
    place.check().await;
    life.held_back.into_inner()
}

/// What the lives are there for, as far as it has not been seen yet.
fn missing(seen: &Seen, killed: u32) -> Vec<&'static str> {
    let ended = |status| seen.ends.contains_key(&status);
    let wanted = [
        ("started from the line", seen.started_from_line > 0),
        ("started at once", seen.started_at_once > 0),
        ("several at a time", seen.at_a_time > 1),
        ("prepared", seen.prepared > 0),
        ("a console killed", killed > 0),
        ("finished", ended(PlanStatus::FinishedSuccessful)),
        ("aborted", ended(PlanStatus::Aborted)),
    ];
    let missing = wanted.iter().filter(|(_, is_seen)| !is_seen);
    missing.map(|(what, _)| *what).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_people_do_at_three_consoles_on_postgres_the_rules_are_kept() {
    let mut place = Place::new().await;
    let (first, count) = (first_seed(), soaked(LIVES));
    let begun = Instant::now();
    let mut held_back = 0;
    let mut seed = first;
    loop {
        println!("life {seed}");
        held_back += live(&mut place, seed).await;
        seed += 1;
        let unseen = missing(&place.known.history().seen, place.killed);
        if seed - first < count || (!unseen.is_empty() && seed - first < count * PATIENT) {
            continue;
        }
        println!(
            "{} lives in {:?}: {:?}, {held_back} held back by the line, {} consoles killed",
            seed - first,
            begun.elapsed(),
            place.known.history().seen,
            place.killed,
        );
        assert!(unseen.is_empty(), "never seen: {unseen:?}");
        break;
    }
    place.end().await;
}
