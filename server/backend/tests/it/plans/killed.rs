//! The process dies at every write there is while plans are prepared, wait in line, are continued,
//! aborted and rolled back. People ask again for what they were not told is done. Whatever was
//! lost, each plan ends as if nothing had happened, and nothing happens twice.

use super::{World, core, shop};
use backend::testing::{FakeAgent, FakeClock, TestBackend, postgres_url};
use domain::plan::PlanStatus;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use store::testing::Kill;
use tempfile::TempDir;
use uuid::Uuid;

/// What people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// A plan is prepared and continued, while one waits in line for it and is continued then.
    Continued,
    /// A plan is prepared and aborted, while one waits in line for it and is continued then.
    Aborted,
    /// A rollback is prepared and continued.
    RolledBack,
}

/// What there is when a story begins.
struct Opening {
    story: Story,
    /// The plan that is started, and the one that stands in line.
    first: u64,
    second: Option<u64>,
    /// What the target runs when everything has gone well.
    wanted: BTreeMap<Uuid, String>,
}

/// The bundles that run on an agent, by module.
fn bundles(agent: &FakeAgent) -> BTreeMap<Uuid, String> {
    let running = agent.running.iter();
    running
        .map(|(module, version)| (*module, agent.known[version].digest.clone()))
        .collect()
}

async fn open(world: &mut World, story: Story) -> Opening {
    world.publish_core("one").await;
    world.publish_shop("one").await;
    let both = world.plan(vec![core(), shop()]).await;
    Box::pin(world.run_through(both.0, both.1)).await;
    let former = bundles(&world.quality);
    world.publish_core("two").await;
    let brings = world.plan(vec![core()]).await;
    let (first, second) = if story == Story::RolledBack {
        Box::pin(world.run_through(brings.0, brings.1)).await;
        let back = world
            .slipway
            .roll_back_plan(&world.operator, brings.0, vec![core()]);
        (Box::pin(back).await.unwrap(), None)
    } else {
        world.publish_shop("two").await;
        (brings.0, Some(world.plan(vec![shop()]).await.0))
    };
    let latest = bundles(&world.development);
    let mut wanted = match story {
        Story::Continued => latest.clone(),
        Story::Aborted | Story::RolledBack => former,
    };
    if story == Story::Aborted {
        let shop = super::id(super::SHOP + 1);
        wanted.insert(shop, latest[&shop].clone());
    }
    world.rule(|rules| rules.two_stage = true).await;
    Opening {
        story,
        first,
        second,
        wanted,
    }
}

/// People do what is to be done as far as they see; what fails is asked for again.
async fn people(world: &World, opening: &Opening) -> bool {
    let (slipway, by) = (&world.slipway, &world.operator);
    let plans = std::iter::once(opening.first).chain(opening.second);
    let stand = slipway.stand(plans).await;
    let (status, revision) = stand[&opening.first];
    match status {
        PlanStatus::Draft | PlanStatus::Saved => {
            // Refused while its agent has not been heard yet by a console that was just started.
            let _ = Box::pin(slipway.start_plan(by, opening.first, revision, None)).await;
            return false;
        }
        PlanStatus::NeedsIntervention
            if opening
                .second
                .is_none_or(|second| stand[&second].0 == PlanStatus::Queued) =>
        {
            let _ = if opening.story == Story::Aborted {
                let reason = "Not today.".to_owned();
                slipway.abort_plan(by, opening.first, reason).await
            } else {
                let go_on = slipway.continue_plan(by, opening.first, None);
                go_on.await.map(drop)
            };
        }
        _ => {}
    }
    let Some(second) = opening.second else {
        return status.is_terminal();
    };
    match stand[&second] {
        (PlanStatus::Saved, revision) => {
            let _ = Box::pin(slipway.queue_plan(by, second, revision, None)).await;
        }
        (PlanStatus::NeedsIntervention, _) => {
            let _ = slipway.continue_plan(by, second, None).await;
        }
        (other, _) => return status.is_terminal() && other.is_terminal(),
    }
    false
}

/// Everybody does something; true if everything is over.
async fn turn(world: &mut World, opening: &Opening) -> bool {
    if Box::pin(people(world, opening)).await {
        return true;
    }
    let _ = Box::pin(world.slipway.serve_lines()).await;
    let _ = Box::pin(world.slipway.walk_runs()).await;
    let busy = world.quality.work(&world.slipway).await;
    world.slipway.clock.advance(if busy { 20 } else { 2_000 });
    false
}

/// Takes turns until everything is over, or the process has died; true if it is over.
async fn go_on(world: &mut World, opening: &Opening) -> bool {
    for _ in 0..400 {
        if Box::pin(turn(world, opening)).await {
            return true;
        }
        if world.slipway.fuse().is_blown() {
            return false;
        }
    }
    panic!("it does not end");
}

async fn check(world: &World, opening: &Opening, when: &str) {
    let plans = std::iter::once(opening.first).chain(opening.second);
    let stand = world.slipway.stand(plans).await;
    let first = if opening.story == Story::Aborted {
        PlanStatus::Aborted
    } else {
        PlanStatus::FinishedSuccessful
    };
    assert_eq!(stand[&opening.first].0, first, "{when}");
    if let Some(second) = opening.second {
        assert_eq!(stand[&second].0, PlanStatus::FinishedSuccessful, "{when}");
    }
    assert_eq!(bundles(&world.quality), opening.wanted, "{when}");
    let known = world.slipway.runs_in(world.target()).await;
    assert_eq!(known, world.quality.running, "{when}");
    for (attempt, effects) in &world.quality.effects {
        assert_eq!(*effects, 1, "{when}: attempt {attempt}");
    }
    let audit = world.slipway.list_audit().await;
    let times = |action: &str, plan: &str| {
        let of = audit.iter().filter(|entry| entry.action == action);
        of.filter(|entry| entry.object_name == plan).count()
    };
    let second = usize::from(opening.second.is_some());
    let continued = audit
        .iter()
        .filter(|entry| entry.action == "plan_continued")
        .count();
    let aborts = usize::from(opening.story == Story::Aborted);
    assert_eq!(continued, 1 + second - aborts, "{when}");
    let asked = audit
        .iter()
        .filter(|entry| entry.action == "plan_abort_requested")
        .count();
    assert_eq!(asked, aborts, "{when}");
    let from_line = audit
        .iter()
        .filter(|entry| entry.action == "plan_started_from_line")
        .count();
    assert_eq!(from_line, second, "{when}");
    if opening.story == Story::RolledBack {
        let detail = world
            .slipway
            .read_plan(&world.operator, opening.first)
            .await;
        assert_eq!(
            times("plan_started", &detail.unwrap().row.name),
            1,
            "{when}"
        );
        let application = world
            .slipway
            .read_application(&world.operator, core())
            .await;
        assert_eq!(application.unwrap().guarded.holds.len(), 1, "{when}");
    }
}

/// Copies a database that nobody has open.
fn copied(from: &Path) -> TempDir {
    let copy = TempDir::new().unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
    }
    copy
}

/// Lives the story over and over; each time the process dies at another write.
async fn killed_everywhere(story: Story) {
    let begun = std::time::Instant::now();
    let mut world = World::new().await;
    let opening = open(&mut world, story).await;
    let World {
        slipway,
        development,
        quality,
        operator,
    } = world;
    let (folder, clock) = slipway.die().await;
    let start = clock.read();
    let (mut write, mut quiet) = (0, 0);
    while quiet < 2 {
        write += 1;
        quiet = 0;
        for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
            let copy = copied(folder.path());
            let slipway = TestBackend::on_folder(copy, FakeClock::at(start)).await;
            let mut world = World {
                slipway,
                development: development.copy(),
                quality: quality.copy(),
                operator: operator.clone(),
            };
            assert!(world.quality.connect(&world.slipway).await);
            world.slipway.fuse().set(write, kill);
            if Box::pin(go_on(&mut world, &opening)).await {
                quiet += 1;
            } else {
                let (folder, clock) = world.slipway.die().await;
                clock.advance(500);
                world.slipway = TestBackend::on_folder(folder, clock).await;
                assert!(Box::pin(go_on(&mut world, &opening)).await);
            }
            let when = format!("killed at write {write}, {kill:?}");
            Box::pin(check(&world, &opening, &when)).await;
        }
    }
    println!("{story:?}: {write} writes, {:?}", begun.elapsed());
    assert!(write > 15, "it has more than {write} writes");
}

#[tokio::test]
async fn killed_at_any_write_a_prepared_plan_is_continued_and_the_line_goes_on() {
    Box::pin(killed_everywhere(Story::Continued)).await;
}

#[tokio::test]
async fn killed_at_any_write_a_prepared_plan_is_aborted_and_the_line_goes_on() {
    Box::pin(killed_everywhere(Story::Aborted)).await;
}

#[tokio::test]
async fn killed_at_any_write_a_rollback_brings_back_what_was() {
    Box::pin(killed_everywhere(Story::RolledBack)).await;
}

/// On PostgreSQL one console dies after the other, each a little later than the one before it; who
/// comes next takes over.
async fn killed_again_and_again(story: Story) {
    let url = postgres_url().await;
    let clock = FakeClock::at(1_800_000_000_000);
    let console = async || {
        let options = backend::engine::EngineOptions::default();
        TestBackend::on_url(&url, Arc::clone(&clock), options).await
    };
    let mut world = World::on(console().await).await;
    let opening = open(&mut world, story).await;
    let mut deaths = 0;
    let mut write = 2;
    loop {
        let kill = if deaths % 2 == 0 {
            Kill::BeforeCommit
        } else {
            Kill::AfterCommit
        };
        world.slipway.fuse().set(write, kill);
        if Box::pin(go_on(&mut world, &opening)).await {
            break;
        }
        deaths += 1;
        write = 2 + deaths % 5;
        let next = console().await;
        next.expire_leases().await;
        world.slipway = next;
    }
    world.slipway.fuse().spare();
    Box::pin(check(&world, &opening, &format!("killed {deaths} times"))).await;
    println!("{story:?} on PostgreSQL: {deaths} deaths");
    assert!(deaths > 8, "it died {deaths} times");
}

#[tokio::test]
async fn killed_again_and_again_on_postgres_a_prepared_plan_is_continued_and_the_line_goes_on() {
    Box::pin(killed_again_and_again(Story::Continued)).await;
}

#[tokio::test]
async fn killed_again_and_again_on_postgres_a_prepared_plan_is_aborted_and_the_line_goes_on() {
    Box::pin(killed_again_and_again(Story::Aborted)).await;
}

#[tokio::test]
async fn killed_again_and_again_on_postgres_a_rollback_brings_back_what_was() {
    Box::pin(killed_again_and_again(Story::RolledBack)).await;
}
