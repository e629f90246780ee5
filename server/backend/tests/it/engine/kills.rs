//! The process dies at every write there is.

use crate::stage::Stage;
use backend::engine::EngineOptions;
use backend::testing::{FakeAgent, FakeClock, Fault, TestBackend};
use domain::execution::Outcome;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use store::testing::Kill;
use tempfile::TempDir;

/// Walks the same seeded run over and over; at each turn the process dies at another write.
async fn kill_everywhere(seed: u64, faults: bool) {
    // The state before the run begins, copied for each kill.
    let Stage {
        slipway,
        agent,
        factory,
        run,
    } = Stage::new(5).await;
    let identity = agent.actor.clone();
    let (folder, clock) = slipway.die().await;
    let start = clock.read();
    let agent = || {
        let mut agent = FakeAgent::known(identity.clone());
        agent.running = factory.in_state(0);
        let mut dice = SmallRng::seed_from_u64(seed);
        if faults {
            agent.fails(move |_| match dice.random_range(0..30) {
                0 => Some(Fault::Fail),
                1 => Some(Fault::LoseAnswer),
                2 | 3 => Some(Fault::FailOnce),
                _ => None,
            });
        }
        agent
    };
    let mut write = 0;
    let mut quiet = 0;
    // Ends when a run needs fewer writes than the kill waits for, in both ways of dying.
    while quiet < 2 {
        write += 1;
        quiet = 0;
        for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
            let copy = TempDir::new().unwrap();
            for file in std::fs::read_dir(folder.path()).unwrap() {
                let file = file.unwrap();
                if file.file_type().unwrap().is_file() {
                    std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
                }
            }
            let slipway = TestBackend::on_folder(copy, FakeClock::at(start)).await;
            slipway.fuse().set(write, kill);
            let mut stage = Stage {
                slipway,
                agent: agent(),
                factory: factory.clone(),
                run,
            };
            let mut ended = None;
            for _ in 0..2_000 {
                ended = stage.turn().await;
                if stage.slipway.fuse().is_blown() || ended.is_some() {
                    break;
                }
            }
            let killed = stage.slipway.fuse().is_blown();
            if killed {
                let (folder, clock) = stage.slipway.die().await;
                clock.advance(500);
                stage.slipway = TestBackend::on_folder(folder, clock).await;
                ended = Some(stage.finish().await);
            } else {
                quiet += 1;
            }
            let end = ended.expect("the run ends");
            stage.check(&end);
        }
    }
    assert!(write > 10, "a run has more than {write} writes");
}

#[tokio::test]
async fn killed_at_any_write_a_run_goes_on() {
    kill_everywhere(1, false).await;
}

#[tokio::test]
async fn killed_at_any_write_with_faults_a_run_ends_well() {
    for seed in 2..2 + crate::soaked(2) {
        kill_everywhere(seed, true).await;
    }
}

#[tokio::test]
async fn killed_at_any_write_on_postgres_a_run_goes_on() {
    let url = store::testing::postgres_url().await;
    let clock = FakeClock::at(1_800_000_000_000);
    let console =
        async || TestBackend::on_url(&url, Arc::clone(&clock), EngineOptions::default()).await;
    let mut write = 0;
    let mut quiet = 0;
    while quiet < 2 {
        write += 1;
        quiet = 0;
        for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
            let name = format!("Killed {write} {kill:?}");
            let mut stage = Stage::named(console().await, 3, &name).await;
            stage.slipway.fuse().set(write, kill);
            let mut ended = None;
            for _ in 0..2_000 {
                ended = stage.turn().await;
                if stage.slipway.fuse().is_blown() || ended.is_some() {
                    break;
                }
            }
            if stage.slipway.fuse().is_blown() {
                let next = console().await;
                next.expire_leases().await;
                stage.slipway = next;
                ended = Some(stage.finish().await);
            } else {
                quiet += 1;
            }
            let end = ended.expect("the run ends");
            assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
            stage.check(&end);
        }
    }
    assert!(write > 10, "a run has more than {write} writes");
}
