//! Real processes, really killed: consoles and agents of the built binary get `SIGKILL` at seeded
//! moments while several plans and a publication run at once, wait in line, are prepared, continued
//! and rolled back, and are started again. In the end no plan is lost, nothing was done twice, and every target is exactly as planned or exactly as
//! before. The same seed draws the same strikes; where exactly they fall is the kernel's affair.
//!
//! `SLIPWAY_SOAK=N` makes it N times longer, `SLIPWAY_SEED=N` begins with another seed.

mod moments;
mod round;
mod world;

use crate::{first_seed, soaked};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use round::Round;
use world::World;

/// Strikes in an ordinary test run.
const STRIKES: u64 = 44;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_done_twice_when_processes_are_killed() {
    let wanted = u32::try_from(soaked(STRIKES)).unwrap();
    let mut seed = first_seed();
    let mut world = World::on_sqlite().await;
    let mut rounds = 0;
    while world.strikes < wanted {
        rounds += 1;
        assert!(
            rounds <= wanted,
            "after {rounds} rounds there were only {} strikes: they come too late",
            world.strikes
        );
        println!(
            "round {rounds}, seed {seed}, {} strikes so far",
            world.strikes
        );
        Round::draw(&mut SmallRng::seed_from_u64(seed))
            .run(&mut world)
            .await;
        seed += 1;
    }
    println!(
        "{} strikes in {rounds} rounds, {} plans rolled back",
        world.strikes, world.rolled_back
    );
    assert!(world.rolled_back > 0, "no plan was ever rolled back");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_console_on_postgres_takes_over_when_one_is_killed() {
    let turns = soaked(2);
    let seed = first_seed();
    let mut world = World::on_postgres().await;
    let mut turn = 0;
    // A round may be over before its strike, or a run just between the look at who walks it and
    // the strike.
    while turn < turns || !world.changed_hands().await {
        assert!(turn < turns + 8, "no run ever changed hands");
        Round::of_consoles(&mut SmallRng::seed_from_u64(seed + turn))
            .run(&mut world)
            .await;
        turn += 1;
    }
    world.end().await;
}
