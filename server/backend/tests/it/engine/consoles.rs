//! Two consoles on one database.

use crate::stage::Stage;
use backend::engine::EngineOptions;
use backend::testing::{FakeClock, TestBackend};
use domain::execution::Outcome;
use futures::StreamExt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

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
