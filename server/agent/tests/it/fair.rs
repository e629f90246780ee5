//! Several runs at one agent: they go on beside each other, and a long one keeps no short one waiting.

use crate::factory::Module;
use crate::world::World;
use protocol::EventKind;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Gives each run, one after the other, its commands to fetch, and lets nothing be fetched before the
/// agent has them all; in which order it is done with them, as positions of their runs.
async fn fetched(counts: &[usize]) -> Vec<usize> {
    let world = World::new().await;
    let console = world.console.clone();
    console.hold_downloads(true);
    let mut attempts = BTreeMap::new();
    for (at, count) in counts.iter().enumerate() {
        let run = Uuid::now_v7();
        for number in 0..*count {
            let site = Module::site(&format!("Site {at} {number}"), &format!("/r{at}m{number}"));
            let fetch = site.publish(&console).fetch();
            attempts.insert(console.order(run, 1, fetch), at);
        }
    }
    // It reads them in order, and this one waits for nothing.
    console.report().await;
    console.hold_downloads(false);
    for attempt in attempts.keys() {
        assert_eq!(console.outcome(*attempt).await, EventKind::Succeeded);
    }
    let inner = console.inner();
    let done = inner.events.iter();
    done.filter(|event| event.what == EventKind::Succeeded)
        .filter_map(|event| attempts.get(&event.attempt).copied())
        .collect()
}

/// How much is done of each run when the first of these is over.
fn done_when_over(order: &[usize], first: &[usize], runs: usize) -> Vec<usize> {
    let last = |run: &usize| order.iter().rposition(|done| done == run);
    let end = first.iter().filter_map(last).min().unwrap();
    let mut done = vec![0; runs];
    for run in &order[..=end] {
        done[*run] += 1;
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_come_together_go_on_beside_each_other() {
    const EACH: usize = 40;
    let counts = [EACH; 4];
    let order = fetched(&counts).await;
    let done = done_when_over(&order, &[0, 1, 2, 3], counts.len());
    println!("when the first run has fetched everything: {done:?}");
    // One after the other it would be next to nothing.
    assert!(
        done.iter().all(|done| *done >= EACH / 2),
        "somebody waits for another's end: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_run_does_not_wait_for_a_long_one_that_came_first() {
    const LONG: usize = 120;
    let counts = [LONG, 2];
    let order = fetched(&counts).await;
    let done = done_when_over(&order, &[1], counts.len());
    println!("when the short run has fetched everything: {done:?}");
    assert!(done[0] < LONG / 2, "the short one waits: {done:?}");
}
