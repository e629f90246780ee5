//! Runs with a fake agent: faults, kills at every write, takeovers. The invariants: no run is
//! lost, each ends, no attempt has two effects, and the target is in the end exactly as planned or
//! exactly as before, or the mix is listed.

use backend::engine::{EngineOptions, RunEnd};
use backend::testing::{Factory, FakeAgent, FakeClock, Fault, TestBackend};
use domain::execution::Outcome;
use futures::StreamExt;
use protocol::Order;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use store::testing::Kill;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A console with an agent that runs the first state of a factory.
struct Stage {
    slipway: TestBackend,
    agent: FakeAgent,
    factory: Factory,
    run: Uuid,
}

impl Stage {
    async fn on(slipway: TestBackend, modules: usize) -> Self {
        let mut agent = FakeAgent::join(&slipway, "Quality").await;
        let factory = Factory::of(&slipway, modules).await;
        agent.running = factory.in_state(0);
        let run = factory.start_run(&slipway, &agent, false).await.unwrap();
        Self {
            slipway,
            agent,
            factory,
            run,
        }
    }

    async fn new(modules: usize) -> Self {
        Self::on(TestBackend::new().await, modules).await
    }

    /// Lets engine and agent take turns until the run is over.
    async fn finish(&mut self) -> RunEnd {
        for _ in 0..2_000 {
            if let Some(end) = self.turn().await {
                return end;
            }
        }
        panic!("the run does not end");
    }

    async fn turn(&mut self) -> Option<RunEnd> {
        let _ = self.slipway.walk_runs().await;
        let busy = self.agent.work(&self.slipway).await;
        if let Some(end) = self.slipway.find_run_end(self.run).await {
            return Some(end);
        }
        // Time passes faster when nobody has anything to do.
        self.slipway.clock.advance(if busy { 20 } else { 2_000 });
        None
    }

    fn check(&self, end: &RunEnd) {
        for (attempt, effects) in &self.agent.effects {
            assert!(*effects <= 1, "attempt {attempt} had {effects} effects");
        }
        match end.outcome {
            Outcome::Successful | Outcome::WithWarnings => {
                assert_eq!(self.agent.running, self.factory.planned(), "{}", end.text);
            }
            Outcome::Aborted => {
                assert_eq!(self.agent.running, self.factory.in_state(0), "{}", end.text);
            }
            Outcome::WithErrors => {
                assert!(end.text.contains("mix"), "{}", end.text);
            }
        }
    }
}

#[tokio::test]
async fn a_run_brings_what_was_planned() {
    let mut stage = Stage::new(7).await;
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
    // Each attempt once: 6 transfers, 6 stages, 6 switches, 1 removal, report, clean-up.
    assert_eq!(stage.agent.effects.len(), 21);
}

#[tokio::test]
async fn a_failure_before_the_switch_leaves_the_target_untouched() {
    let mut stage = Stage::new(5).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Stage(_)).then_some(Fault::Fail));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted);
    assert!(end.text.contains("The test made it fail."), "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_failed_switch_goes_back_in_reverse_order() {
    let mut stage = Stage::new(7).await;
    let last = stage.factory.modules[5].id;
    stage.agent.fails(move |order| {
        matches!(order, Order::Activate { module } if *module == last).then_some(Fault::Fail)
    });
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted);
    stage.check(&end);
}

#[tokio::test]
async fn when_going_back_fails_too_the_mix_is_listed() {
    let mut stage = Stage::new(7).await;
    let stuck = stage.factory.modules[0].id;
    let name = stage.factory.modules[0].name.clone();
    stage.agent.fails(move |order| match order {
        Order::Remove { .. } => Some(Fault::Fail),
        Order::SwitchBack { module } if *module == stuck => Some(Fault::Fail),
        _ => None,
    });
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::WithErrors);
    assert!(end.text.contains(&name), "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_passing_fault_is_tried_again() {
    let mut stage = Stage::new(5).await;
    let mut left = 2;
    stage.agent.fails(move |order| {
        let now = left > 0 && matches!(order, Order::Activate { .. });
        left -= u8::from(now);
        now.then_some(Fault::FailOnce)
    });
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_and_nothing_is_done_twice() {
    let mut stage = Stage::new(5).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::LoseAnswer));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_silent_agent_cannot_hold_a_run_for_ever() {
    let mut stage = Stage::new(3).await;
    stage.agent.fails(|_| Some(Fault::Silent));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_lost_report_is_a_warning() {
    let mut stage = Stage::new(3).await;
    stage
        .agent
        .fails(|order| matches!(order, Order::Report).then_some(Fault::Fail));
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::WithWarnings, "{}", end.text);
    stage.check(&end);
}

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
async fn random_faults_leave_the_target_as_planned_or_as_before() {
    for seed in 0..crate::soaked(40) {
        let mut stage = Stage::new(6).await;
        let mut dice = SmallRng::seed_from_u64(seed);
        stage.agent.fails(move |_| match dice.random_range(0..24) {
            0 => Some(Fault::Fail),
            1 => Some(Fault::FailOnce),
            2 => Some(Fault::LoseAnswer),
            3 => Some(Fault::Silent),
            _ => None,
        });
        let end = stage.finish().await;
        // A command that was never done and is given up counts as done for going back.
        stage.check(&end);
    }
}

#[tokio::test]
async fn another_process_on_postgres_takes_over_when_a_lease_is_over() {
    let url = store::testing::postgres_url().await;
    let clock = FakeClock::at(1_800_000_000_000);
    let options = EngineOptions {
        renew_ms: 0,
        ..EngineOptions::default()
    };
    let first = TestBackend::on_url(&url, Arc::clone(&clock), options).await;
    let second = TestBackend::on_url(&url, Arc::clone(&clock), options).await;
    let mut stage = Stage::on(first, 5).await;
    // The first one begins and has commands under way.
    stage.slipway.walk_runs().await.unwrap();
    stage.agent.work(&stage.slipway).await;
    stage.slipway.walk_runs().await.unwrap();
    // While it holds the lease the second one may not touch the run.
    second.walk_runs().await.unwrap();
    assert_eq!(second.held_runs().await, 0);
    assert_eq!(stage.slipway.held_runs().await, 1);
    // The first one stops; by the database's clock its lease runs out.
    second.expire_leases().await;
    second.walk_runs().await.unwrap();
    assert_eq!(second.held_runs().await, 1);
    // The first one comes back to life: its writes are refused, it lets go.
    stage.slipway.walk_runs().await.unwrap();
    assert_eq!(stage.slipway.held_runs().await, 0);
    stage.slipway = second;
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
}

/// Two consoles on one database, the first with the run; neither looks by itself.
async fn two_consoles() -> (Stage, TestBackend, CancellationToken) {
    let url = store::testing::postgres_url().await;
    let clock = FakeClock::at(1_800_000_000_000);
    let options = EngineOptions {
        idle_ms: 3_600_000,
        ..EngineOptions::default()
    };
    let first = TestBackend::on_url(&url, Arc::clone(&clock), options).await;
    let second = TestBackend::on_url(&url, clock, options).await;
    let stage = Stage::on(first, 3).await;
    let stop = CancellationToken::new();
    stage.slipway.walk_runs().await.unwrap();
    for backend in [&stage.slipway, &second] {
        tokio::spawn(Arc::clone(&backend.backend).run_engine(stop.clone()));
        // From here on it hears what the other one says.
        backend.listening().await;
    }
    (stage, second, stop)
}

#[tokio::test]
async fn what_one_console_on_postgres_hears_wakes_the_engine_of_the_other() {
    let (mut stage, second, stop) = two_consoles().await;
    // The agent talks to the second one, as behind a load balancer; the first one walks the run.
    let run = stage.run;
    let ended = async {
        let mut over = std::pin::pin!(second.wait_run(run));
        let mut stream = Box::pin(second.commands_after(&stage.agent.actor, 0).await.unwrap());
        loop {
            tokio::select! {
                end = &mut over => return end.unwrap(),
                command = stream.next() => {
                    command.expect("the stream goes on");
                    stage.agent.work(&second).await;
                }
            }
        }
    };
    let end = tokio::time::timeout(std::time::Duration::from_mins(1), ended)
        .await
        .expect("the engine was never woken");
    stop.cancel();
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    stage.check(&end);
}

#[tokio::test]
async fn a_stored_command_that_nobody_can_read_fails_its_step() {
    let mut stage = Stage::new(3).await;
    stage.slipway.walk_runs().await.unwrap();
    stage.slipway.spoil_commands().await;
    // The agent connects; the console answers in its place.
    let mut stream = Box::pin(
        stage
            .slipway
            .commands_after(&stage.agent.actor, 0)
            .await
            .unwrap(),
    );
    // The first command that comes is one of the way back: those before it were passed over.
    let walks = async {
        loop {
            stage.slipway.walk_runs().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let command = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        tokio::select! {
            command = stream.next() => command.unwrap(),
            () = walks => unreachable!("it walks for ever"),
        }
    })
    .await
    .expect("the run waits for ever");
    assert!(matches!(command.order, Order::CleanUp | Order::Report));
    drop(stream);
    let end = stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted, "{}", end.text);
    assert!(end.text.contains("cannot read the command"), "{}", end.text);
    stage.check(&end);
}
