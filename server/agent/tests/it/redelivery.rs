//! Commands that come twice, late, or from a console that has lost the run; kills in between.

use crate::factory::Module;
use crate::services::until;
use crate::world::World;
use protocol::{EventKind, Order};
use uuid::Uuid;

#[tokio::test]
async fn a_known_attempt_is_reported_again_and_applied_once() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let version = Module::site("Portal", "/portal").publish(&console);
    let run = Uuid::now_v7();
    console.done(run, version.fetch()).await;
    console.done(run, version.stage()).await;
    let attempt = console.order(run, 1, version.activate());
    console.outcome(attempt).await;
    let before = console.report().await;
    let count = |inner: &crate::console::Inner| {
        inner
            .events
            .iter()
            .filter(|e| e.attempt == attempt && e.what == EventKind::Succeeded)
            .count()
    };
    console.order_as(attempt, run, 2, version.activate());
    console
        .wait_for("a second report", |inner| (count(inner) == 2).then_some(()))
        .await;
    world.stop().await;
    world.start().await;
    console.order_as(attempt, run, 3, version.activate());
    console
        .wait_for("a third report", |inner| (count(inner) == 3).then_some(()))
        .await;
    let after = console.report().await;
    assert_eq!(before.counter, after.counter);
    assert_eq!(before.modules, after.modules);
    // Another attempt at what is done changes nothing either.
    console.done(run, version.activate()).await;
    assert_eq!(console.report().await.counter, after.counter);
}

#[tokio::test]
async fn a_console_that_lost_the_run_is_refused() {
    let world = World::new().await;
    let console = world.console.clone();
    let version = Module::site("Portal", "/portal").publish(&console);
    let run = Uuid::now_v7();
    let attempt = console.order(run, 5, version.fetch());
    assert_eq!(console.outcome(attempt).await, EventKind::Succeeded);
    let (message, retry) = console.refused(run, version.stage(), "stale_epoch").await;
    assert!(message.contains("epoch 1") && !retry, "{message}");
    until(async || world.names("releases").is_empty()).await;
    let attempt = console.order(run, 6, version.stage());
    assert_eq!(console.outcome(attempt).await, EventKind::Succeeded);
}

#[tokio::test]
async fn what_was_put_back_is_not_switched_by_a_command_that_comes_late() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let site = Module::site("Portal", "/portal");
    let old = site.publish(&console);
    let new = site
        .clone()
        .file("index.html", "<h1>New</h1>")
        .publish(&console);
    let before = Uuid::now_v7();
    for order in [old.fetch(), old.stage(), old.activate()] {
        console.done(before, order).await;
    }
    // The agent was away while the console gave the switch up and went back.
    let run = Uuid::now_v7();
    console.done(run, new.fetch()).await;
    console.done(run, new.stage()).await;
    let module = new.module;
    console.done(run, Order::SwitchBack { module }).await;
    console.refused(run, new.activate(), "going_back").await;
    // It knows so after a restart too.
    world.stop().await;
    world.start().await;
    console.refused(run, new.activate(), "going_back").await;
    console
        .refused(run, Order::Remove { module }, "going_back")
        .await;
    assert_eq!(world.read("/portal/").await, "<h1>Portal</h1>");
    // And what comes after the run was cleaned up leaves nothing behind.
    console.done(run, Order::CleanUp).await;
    console.refused(run, new.stage(), "run_over").await;
    until(async || world.names("releases").len() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_of_one_module_are_done_in_their_order() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let sites: Vec<Module> = (0..40)
        .map(|number| Module::site(&format!("Site {number}"), &format!("/site{number}")))
        .collect();
    let run = Uuid::now_v7();
    let mut versions = Vec::new();
    for site in &sites {
        let version = site.publish(&console);
        console.done(run, version.fetch()).await;
        console.done(run, version.stage()).await;
        versions.push(version);
    }
    // All of it waits when the agent comes back, and is taken at once.
    world.stop().await;
    let mut attempts = Vec::new();
    for version in &versions {
        let module = version.module;
        attempts.push(console.order(run, 1, version.activate()));
        attempts.push(console.order(run, 1, Order::SwitchBack { module }));
    }
    attempts.push(console.order(run, 1, Order::CleanUp));
    world.start().await;
    for attempt in attempts {
        assert_eq!(console.outcome(attempt).await, EventKind::Succeeded);
    }
    assert!(console.report().await.modules.is_empty());
    until(async || world.names("releases").is_empty()).await;
}

#[tokio::test]
async fn answers_of_the_console_that_are_lost_lose_nothing() {
    let world = World::new().await;
    let console = world.console.clone();
    console.inner().lose_answers = 3;
    let version = Module::site("Portal", "/portal").publish(&console);
    let run = Uuid::now_v7();
    for order in [version.fetch(), version.stage(), version.activate()] {
        console.done(run, order).await;
    }
    assert_eq!(world.read("/portal/").await, "<h1>Portal</h1>");
    let numbers: Vec<u64> = console.inner().events.iter().map(|e| e.number).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
}

#[tokio::test]
async fn an_agent_killed_between_staging_and_activating_goes_on() {
    let mut world = World::joined().await;
    let console = world.console.clone();
    let service = Module::service("Orders", "/orders", "one");
    let one = service.publish(&console);
    let two = service.clone().file("behaviour", "two").publish(&console);
    world.start_process();
    let run = Uuid::now_v7();
    for order in [one.fetch(), one.stage(), one.activate()] {
        console.done(run, order).await;
    }
    let process = world.read("/orders/process").await;
    let run = Uuid::now_v7();
    console.done(run, two.fetch()).await;
    console.done(run, two.stage()).await;
    world.kill();
    assert!(
        std::path::Path::new(&format!("/proc/{process}")).exists(),
        "its service was left behind"
    );
    // While nobody is there: what comes must be found by the next one.
    let attempt = console.order(run, 1, two.activate());
    world.start_process();
    assert_eq!(console.outcome(attempt).await, EventKind::Succeeded);
    assert_eq!(world.read("/orders/").await, "two");
    until(async || {
        std::fs::read_to_string(format!("/proc/{process}/stat"))
            .map_or(true, |stat| stat.contains(") Z"))
    })
    .await;
    // And killed right after the switch: what runs is the new one, and can be put back.
    world.kill();
    world.start_process();
    until(async || world.get("/orders/").await == (200, "two".to_owned())).await;
    console
        .done(run, Order::SwitchBack { module: one.module })
        .await;
    assert_eq!(world.read("/orders/").await, "one");
}

#[tokio::test]
async fn an_agent_killed_at_any_moment_of_a_run_ends_where_the_console_wants_it() {
    let mut world = World::joined().await;
    let console = world.console.clone();
    let site = Module::site("Portal", "/portal");
    world.start_process();
    for round in 0..6_u32 {
        let text = format!("<h1>{round}</h1>");
        let version = site
            .clone()
            .file("index.html", text.clone())
            .publish(&console);
        let run = Uuid::now_v7();
        let attempts = [version.fetch(), version.stage(), version.activate()];
        for (step, order) in attempts.into_iter().enumerate() {
            let attempt = console.order(run, 1, order);
            if step as u32 == round % 3 {
                world.kill(); // somewhere between receiving and reporting
                world.start_process();
            }
            assert_eq!(console.outcome(attempt).await, EventKind::Succeeded);
        }
        assert_eq!(world.read("/portal/").await, text);
        console.done(run, Order::CleanUp).await;
    }
    until(async || world.names("releases").len() == 1).await;
    until(async || world.names("bundles").len() == 1).await;
}

#[tokio::test]
async fn a_command_that_cannot_be_read_is_refused_once_and_for_good() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let run = Uuid::now_v7();
    let attempt = Uuid::now_v7();
    // The first is of a later version, the second is no command at all.
    {
        let mut inner = console.inner();
        inner.garbled.insert(
            1,
            format!(
                "{{\"number\":1,\"attempt\":\"{attempt}\",\"run\":\"{run}\",\"epoch\":3,\"time_limit_ms\":5,\"order\":{{\"dance\":{{}}}}}}"
            ),
        );
        inner.garbled.insert(2, "certainly no command".to_owned());
    }
    console.order_as(attempt, run, 3, Order::Report);
    console.order(run, 3, Order::Report);
    let EventKind::Failed {
        code,
        message,
        retry,
    } = console.outcome(attempt).await
    else {
        panic!("nobody can do what nobody can read");
    };
    assert_eq!((code.as_str(), retry), ("not_understood", false));
    assert!(message.contains("Upgrade the agent"), "{message}");
    // What comes after is done, and neither is asked for again after a new start.
    console.report().await;
    world.stop().await;
    world.start().await;
    console.report().await;
    let inner = console.inner();
    assert_eq!(inner.hellos.last().unwrap().last_command, 3);
    let said = inner.events.iter().filter(|e| e.attempt == attempt);
    assert_eq!(said.count(), 1);
}

#[tokio::test]
async fn cleaning_up_one_run_leaves_what_another_is_making() {
    let world = World::new().await;
    let console = world.console.clone();
    let portal = Module::site("Portal", "/portal");
    for round in 0..15 {
        let site = portal
            .clone()
            .file("index.html", format!("round {round}"))
            .publish(&console);
        let run = Uuid::now_v7();
        for order in [site.fetch(), site.stage(), site.activate()] {
            let sweeps = [1, 2, 3].map(|_| console.order(Uuid::now_v7(), 1, Order::CleanUp));
            let attempt = console.order(run, 1, order);
            let more = console.order(Uuid::now_v7(), 1, Order::CleanUp);
            assert_eq!(console.outcome(attempt).await, EventKind::Succeeded);
            for sweep in sweeps.into_iter().chain([more]) {
                assert_eq!(console.outcome(sweep).await, EventKind::Succeeded);
            }
        }
        assert_eq!(world.read("/portal/").await, format!("round {round}"));
    }
}
