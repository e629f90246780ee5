//! Runs that somebody aborts.

use super::World;
use backend::engine::EngineOptions;
use backend::testing::{FakeClock, LeaseLock, TestBackend, postgres_url};
use domain::plan::PlanStatus;
use protocol::Order;
use std::sync::Arc;

#[tokio::test]
async fn an_abort_before_the_switch_leaves_the_target_untouched() {
    let mut world = World::delivered().await;
    let before = world.quality.running.clone();
    let plan = world.start_core("two").await;
    world.slipway.walk_runs().await.unwrap();
    let (one, two) = tokio::join!(
        world
            .slipway
            .abort_plan(&world.operator, plan, "Wrong day.".to_owned()),
        world
            .slipway
            .abort_plan(&world.operator, plan, "Not today.".to_owned()),
    );
    one.unwrap();
    two.unwrap();
    assert_eq!(world.status(plan).await, PlanStatus::Aborting);
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::Aborted);
    assert_eq!(world.quality.running, before);
    let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
    assert!(run.abort.is_some());
    let again = world
        .slipway
        .abort_plan(&world.operator, plan, "Once more.".to_owned())
        .await;
    assert_eq!(again, Ok(()));
}

#[tokio::test]
async fn an_abort_that_comes_while_a_round_is_written_is_not_lost() {
    let url = postgres_url().await;
    let options = EngineOptions {
        renew_ms: 3_600_000,
        ..EngineOptions::default()
    };
    let clock = FakeClock::at(1_800_000_000_000);
    let mut world = World::on(TestBackend::on_url(&url, clock, options).await).await;
    let plan = world.start_core("one").await;
    // Up to the moment where the agent has switched everything and no round has taken that in.
    loop {
        world.slipway.walk_runs().await.unwrap();
        let orders = world.slipway.waiting_orders(&world.quality.actor).await;
        world.quality.work(&world.slipway).await;
        if orders
            .iter()
            .any(|(_, order)| matches!(order, Order::Activate { .. }))
        {
            break;
        }
    }
    let lock = LeaseLock::take(&url).await;
    let backend = Arc::clone(&world.slipway.backend);
    let round = tokio::spawn(async move { backend.walk_runs().await });
    // The round has read and decided; now it waits to write.
    lock.is_wanted().await;
    world
        .slipway
        .abort_plan(&world.operator, plan, "In the last moment.".to_owned())
        .await
        .unwrap();
    lock.release().await;
    round.await.unwrap().unwrap();
    assert_eq!(world.status(plan).await, PlanStatus::Aborting);
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::Aborted);
    assert!(world.quality.running.is_empty());
}

#[tokio::test]
async fn an_abort_needs_a_reason() {
    let mut world = World::delivered().await;
    let plan = world.start_core("two").await;
    let refused = world
        .slipway
        .abort_plan(&world.operator, plan, "  ".to_owned())
        .await;
    assert_eq!(refused.unwrap_err().code(), "invalid");
    world.settle().await;
}

#[tokio::test]
async fn a_prepared_run_is_aborted_without_a_trace() {
    let (mut world, plan) = World::in_two_stages().await;
    world
        .slipway
        .abort_plan(&world.operator, plan, "Not this week.".to_owned())
        .await
        .unwrap();
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::Aborted);
    assert!(world.quality.running.is_empty());
}
