//! Services: started, asked for their health, proxied, replaced, restarted, stopped.

use crate::factory::Module;
use crate::world::World;
use protocol::{EventKind, Order};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;
use uuid::Uuid;

#[tokio::test]
async fn a_service_is_hosted_with_its_environment_and_replaced_without_a_gap() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let service = Module::service("Orders", "/orders", "one").with(
        "[[module.setting]]\nname = \"Currency\"\ntype = \"text\"\ndefault = \"EUR\"\n\
         [[module.setting]]\nname = \"Token\"\ntype = \"text\"\nsecret = true",
    );
    let one = service.publish(&console);
    let two = service.clone().file("behaviour", "two").publish(&console);
    let site = Module::site("My Site", "/site").publish(&console);
    let mut placement = one.placement();
    placement
        .settings
        .insert("Token".to_owned(), "s3cret".to_owned());
    placement.weak = vec![site.weak()];
    let run = Uuid::now_v7();
    for order in [
        one.fetch(),
        site.fetch(),
        site.stage(),
        site.activate(),
        Order::Stage(placement),
        one.activate(),
    ] {
        console.done(run, order).await;
    }
    assert_eq!(world.read("/orders").await, "one");
    assert_eq!(world.read("/orders/prefix").await, "/orders");
    let environment = world.read("/orders/environment").await;
    for line in [
        "SETTING_CURRENCY=EUR",
        "SETTING_TOKEN=s3cret",
        "SLIPWAY_ENVIRONMENT=Quality",
        "SLIPWAY_URL_PATH=/orders",
    ] {
        assert!(environment.contains(line), "{line} is not in {environment}");
    }
    assert!(!environment.contains("AGENT_"));
    // The journal keeps the secret sealed, and for the agent's owner only.
    let journal = world.folder.join("journal");
    assert!(
        !std::fs::read_to_string(&journal)
            .unwrap()
            .contains("s3cret")
    );
    let mode = std::fs::metadata(&journal).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let address = environment
        .lines()
        .find_map(|line| line.strip_prefix("SLIPWAY_ADDRESS_MY_SITE="))
        .unwrap();
    let through = world
        .client
        .get(format!("{address}/"))
        .send()
        .await
        .unwrap();
    assert_eq!(through.text().await.unwrap(), "<h1>My Site</h1>");

    // While the new one starts, the old one answers; afterwards only the new one does.
    let run = Uuid::now_v7();
    console.done(run, two.fetch()).await;
    console.done(run, two.stage()).await;
    let attempt = console.order(run, 1, two.activate());
    let mut seen = vec!["one".to_owned()];
    while seen.last().unwrap() != "two" {
        seen.push(world.read("/orders/").await);
    }
    assert!(seen.iter().all(|answer| answer == "one" || answer == "two"));
    console.outcome(attempt).await;
    let process: u32 = world.read("/orders/process").await.parse().unwrap();
    console
        .done(run, Order::SwitchBack { module: one.module })
        .await;
    assert_eq!(world.read("/orders/").await, "one");
    assert_eq!(
        console
            .report()
            .await
            .modules
            .iter()
            .find(|m| m.name == "Orders")
            .unwrap()
            .state,
        "up"
    );

    world.stop().await;
    assert!(!std::path::Path::new(&format!("/proc/{process}")).exists());
    assert!(world.names("running").is_empty());
    world.start().await;
    until(async || world.get("/orders/").await == (200, "one".to_owned())).await;
}

/// Asks until it is so; the world changes behind the scenes.
pub async fn until(mut so: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !so().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asked)
        .await
        .expect("it never came to be so");
}

#[tokio::test]
async fn a_failed_health_check_keeps_the_old_one_and_quotes_its_last_lines() {
    let world = World::new().await;
    let console = world.console.clone();
    let service = Module::service("Orders", "/orders", "good");
    let good = service.publish(&console);
    let run = Uuid::now_v7();
    for order in [good.fetch(), good.stage(), good.activate()] {
        console.done(run, order).await;
    }
    let before = world.read("/orders/process").await;
    for (behaviour, quoted) in [
        ("exits", "the database is not there"),
        ("sick", "starting as sick"),
    ] {
        let bad = service
            .clone()
            .file("behaviour", behaviour)
            .publish(&console);
        let run = Uuid::now_v7();
        console.done(run, bad.fetch()).await;
        console.done(run, bad.stage()).await;
        let (message, _) = console.refused(run, bad.activate(), "unhealthy").await;
        assert!(message.contains(quoted), "{message}");
        assert_eq!(
            world.read("/orders/process").await,
            before,
            "the old process was not touched"
        );
        let hosted = console.report().await.modules.remove(0);
        assert_eq!(hosted.digest, good.digest);
        console.done(run, Order::CleanUp).await;
    }
}

#[tokio::test]
async fn a_service_that_ends_is_started_again() {
    let world = World::new().await;
    let console = world.console.clone();
    let version = Module::service("Orders", "/orders", "good").publish(&console);
    let run = Uuid::now_v7();
    for order in [version.fetch(), version.stage(), version.activate()] {
        console.done(run, order).await;
    }
    let before = world.read("/orders/process").await;
    world.get("/orders/crash").await;
    until(async || {
        let (status, process) = world.get("/orders/process").await;
        status == 200 && process != before
    })
    .await;
}

/// A console, an agent and a service that runs at `/orders`.
async fn with_service() -> (World, crate::factory::Version) {
    let world = World::new().await;
    let version = with_service_on(&world).await;
    (world, version)
}

/// A service that runs at `/orders`.
pub async fn with_service_on(world: &World) -> crate::factory::Version {
    let version = Module::service("Orders", "/orders", "good").publish(&world.console);
    let run = Uuid::now_v7();
    for order in [version.fetch(), version.stage(), version.activate()] {
        world.console.done(run, order).await;
    }
    version
}

pub fn has_ended(process: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{process}/stat"))
        .map_or(true, |stat| stat.contains(") Z"))
}

#[tokio::test]
async fn a_service_that_hangs_is_started_again() {
    let (world, _) = with_service().await;
    let before = world.read("/orders/process").await;
    world.get("/orders/hang").await;
    until(async || {
        let (status, process) = world.get("/orders/process").await;
        status == 200 && process != before
    })
    .await;
    assert!(has_ended(&before));
}

#[tokio::test]
async fn what_a_service_leaves_behind_when_it_ends_is_ended_too() {
    let (world, _) = with_service().await;
    let before = world.read("/orders/process").await;
    let child = world.read("/orders/child").await;
    assert!(!has_ended(&child));
    world.get("/orders/crash").await;
    until(async || has_ended(&child)).await;
    until(async || {
        let (status, process) = world.get("/orders/process").await;
        status == 200 && process != before
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_never_comes_and_a_body_too_large_are_refused() {
    let (world, _) = with_service().await;
    let (status, _) = world.get("/orders/never").await;
    assert_eq!(status, 504);
    let post = async |size: usize| {
        let request = world.client.post(world.url("/orders/body"));
        let answer = request.body(vec![7; size]).send().await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!(post(1 << 20).await, 200);
    assert_eq!(post((1 << 20) + 1).await, 413);
}

#[tokio::test]
async fn who_asks_about_a_start_that_is_under_way_is_told_so() {
    let world = World::new().await;
    let console = world.console.clone();
    let version = Module::service("Orders", "/orders", "sick").publish(&console);
    let run = Uuid::now_v7();
    console.done(run, version.fetch()).await;
    console.done(run, version.stage()).await;
    let attempt = console.order(run, 1, version.activate());
    for times in 1..4 {
        console.order_as(attempt, run, 1, version.activate());
        console
            .wait_for("a sign that it is under way", |inner| {
                let begun = inner
                    .events
                    .iter()
                    .filter(|event| event.attempt == attempt && event.what == EventKind::Begun);
                (begun.count() == times).then_some(())
            })
            .await;
    }
    let outcome = console.outcome(attempt).await;
    assert!(matches!(outcome, EventKind::Failed { .. }), "{outcome:?}");
}

#[tokio::test]
async fn a_command_that_is_not_there_is_found_before_anything_changes() {
    let world = World::new().await;
    let console = world.console.clone();
    let version = Module::service_running("Orders", "/orders", "bin/serve").publish(&console);
    let run = Uuid::now_v7();
    console.done(run, version.fetch()).await;
    let (message, retry) = console
        .refused(run, version.stage(), "command_missing")
        .await;
    assert!(message.contains("bin/serve") && !retry, "{message}");
    assert!(world.names("releases").is_empty());
}
