//! Several runs at one agent: they go on beside each other, and a long one keeps no short one waiting,
//! whether bundles are fetched, modules staged or services started. What the agent has room for at a
//! time is in use until it has all commands, so that no clock decides who comes first.

use crate::console::Console;
use crate::factory::{Module, Version};
use crate::services::until;
use crate::world::World;
use protocol::{EventKind, Order};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use uuid::Uuid;

/// What an agent has room for: so many bundles and modules on the disk, and so many starts.
const SLOTS: usize = 8;

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
    ended(&console, &attempts).await
}

/// Waits for the end of all attempts; in which order they ended, as positions of their runs.
async fn ended(console: &Console, attempts: &BTreeMap<Uuid, usize>) -> Vec<usize> {
    for attempt in attempts.keys() {
        assert_eq!(console.outcome(*attempt).await, EventKind::Succeeded);
    }
    let inner = console.inner();
    let done = inner.events.iter();
    done.filter(|event| event.what == EventKind::Succeeded)
        .filter_map(|event| attempts.get(&event.attempt).copied())
        .collect()
}

/// Gives each run, one after the other, an order for each of its modules.
fn order_all(
    console: &Console,
    runs: &[Vec<Version>],
    order: impl Fn(&Version) -> Order,
) -> BTreeMap<Uuid, usize> {
    let mut attempts = BTreeMap::new();
    for (at, modules) in runs.iter().enumerate() {
        let run = run(at);
        for module in modules {
            attempts.insert(console.order(run, 1, order(module)), at);
        }
    }
    attempts
}

/// The run at a position.
fn run(at: usize) -> Uuid {
    Uuid::from_u128(0x100 + at as u128)
}

/// Fetches the bundles of all runs.
async fn fetch_all(console: &Console, runs: &[Vec<Version>]) {
    let attempts = order_all(console, runs, Version::fetch);
    ended(console, &attempts).await;
}

/// Gives each run its modules to stage while downloads that wait keep the disk busy; in which order
/// they are staged, as positions of their runs.
async fn staged(counts: &[usize]) -> Vec<usize> {
    let world = World::new().await;
    let console = world.console.clone();
    let site = |name: String| Module::site(&name, &format!("/{}", name.replace(' ', "-")));
    let runs = counts.iter().enumerate().map(|(at, count)| {
        let modules = (0..*count).map(|number| site(format!("Run {at} {number}")));
        modules.map(|module| module.publish(&console)).collect()
    });
    let runs: Vec<Vec<Version>> = runs.collect();
    fetch_all(&console, &runs).await;

    console.hold_downloads(true);
    let before = console.inner().asked;
    for number in 0..SLOTS {
        let busy = site(format!("Busy {number}")).publish(&console);
        console.order(run(counts.len()), 1, busy.fetch());
    }
    console
        .wait_for("a disk that is busy", |inner| {
            (inner.asked == before + SLOTS).then_some(())
        })
        .await;
    let attempts = order_all(&console, &runs, Version::stage);
    // It reads them in order, and this one waits for nothing.
    console.report().await;
    assert!(world.names("releases").is_empty(), "nothing has room");
    console.hold_downloads(false);
    ended(&console, &attempts).await;
    // When they are done says little, as many wait for the disk together; but each release is named
    // when its turn comes, and names are in the order in which they were given.
    let names = world.names("releases").into_iter();
    names
        .map(|name| {
            let page = world.folder.join("releases").join(name).join("index.html");
            let page = std::fs::read_to_string(page).unwrap();
            let mut words = page.trim_start_matches("<h1>Run ").split(' ');
            words.next().unwrap().parse().unwrap()
        })
        .collect()
}

/// A gate that services wait at until somebody opens it.
struct Gate(PathBuf);

impl Gate {
    fn at(path: &Path) -> Self {
        let made = Command::new("mkfifo").arg(path).status();
        assert!(made.unwrap().success());
        Self(path.to_owned())
    }

    /// Open as long as the answer is kept.
    async fn open(self) -> File {
        let open = move || OpenOptions::new().write(true).open(self.0).unwrap();
        tokio::task::spawn_blocking(open).await.unwrap()
    }
}

/// Gives each run its services to switch to while others that do not come up keep all the room for
/// starts; in which order they are switched, as positions of their runs.
async fn started(counts: &[usize]) -> Vec<usize> {
    let world = World::new().await;
    let console = world.console.clone();
    let gate = Gate::at(&world.folder.join("gate"));
    let service = |name: String, behaviour: &str| {
        let path = format!("/{}", name.replace(' ', "-"));
        Module::service(&name, &path, behaviour).publish(&console)
    };
    let mut runs: Vec<Vec<Version>> = Vec::new();
    for (at, count) in counts.iter().enumerate() {
        let services = (0..*count).map(|number| service(format!("Run {at} {number}"), "up"));
        runs.push(services.collect());
    }
    let waits = format!("waits at {}", gate.0.display());
    let busy = (0..SLOTS).map(|number| service(format!("Busy {number}"), &waits));
    runs.push(busy.collect());
    fetch_all(&console, &runs).await;
    let attempts = order_all(&console, &runs, Version::stage);
    ended(&console, &attempts).await;

    let busy = runs.pop().unwrap();
    for service in busy {
        console.order(run(counts.len()), 1, service.activate());
    }
    until(async || world.services() == SLOTS).await;
    let attempts = order_all(&console, &runs, Version::activate);
    console.report().await;
    assert_eq!(world.services(), SLOTS, "nothing has room");
    let _open = gate.open().await;
    ended(&console, &attempts).await
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_come_together_are_staged_beside_each_other() {
    const EACH: usize = 40;
    let counts = [EACH; 4];
    let order = staged(&counts).await;
    let done = done_when_over(&order, &[0, 1, 2, 3], counts.len());
    println!("when the first run has staged everything: {done:?}");
    assert!(
        done.iter().all(|done| *done >= EACH / 2),
        "somebody waits for another's end: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_run_is_staged_before_a_long_one_that_came_first_is_over() {
    const LONG: usize = 120;
    let counts = [LONG, 2];
    let order = staged(&counts).await;
    let done = done_when_over(&order, &[1], counts.len());
    println!("when the short run has staged everything: {done:?}");
    assert!(done[0] < LONG / 2, "the short one waits: {done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_that_come_together_start_their_services_beside_each_other() {
    const EACH: usize = 12;
    let counts = [EACH; 3];
    let order = started(&counts).await;
    let done = done_when_over(&order, &[0, 1, 2], counts.len());
    println!("when the first run has started everything: {done:?}");
    // One after the other it would be what has room beside the last ones of the first.
    assert!(
        done.iter().all(|done| *done >= EACH / 3),
        "somebody waits for another's end: {done:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_services_of_a_short_run_start_before_a_long_one_that_came_first_is_over() {
    const LONG: usize = 32;
    let counts = [LONG, 2];
    let order = started(&counts).await;
    let done = done_when_over(&order, &[1], counts.len());
    println!("when the short run has started everything: {done:?}");
    assert!(done[0] < LONG / 2, "the short one waits: {done:?}");
}
