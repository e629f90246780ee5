//! Downloads that are cut, bundles that lie, secrets that are wrong, consoles that are too old, clocks
//! that are apart.

use crate::factory::{Module, Version};
use crate::services::until;
use crate::world::World;
use protocol::Order;
use uuid::Uuid;

#[tokio::test]
async fn a_cut_download_is_repeated_and_leaves_nothing() {
    let world = World::new().await;
    let console = world.console.clone();
    let version = Module::site("Portal", "/portal")
        .file("big", vec![7; 300_000])
        .publish(&console);
    console.inner().cut = 100;
    let (message, retry) = console
        .refused(Uuid::now_v7(), version.fetch(), "download_cut")
        .await;
    assert!(
        retry && message.contains("Nothing of it was kept"),
        "{message}"
    );
    assert!(world.names("bundles").is_empty());
    console.inner().cut = 1;
    console.done(Uuid::now_v7(), version.fetch()).await;
    assert_eq!(world.names("bundles"), [version.digest]);
}

#[tokio::test]
async fn what_is_not_what_its_name_says_is_refused() {
    let world = World::new().await;
    let console = world.console.clone();
    let good = Module::site("Portal", "/portal").publish(&console);
    let other = Module::site("Other", "/other").publish(&console);
    let run = Uuid::now_v7();
    let bytes = console.inner().bundles[&other.digest].clone();
    let lie = Version {
        size: bytes.len() as u64,
        ..good.clone()
    };
    console.inner().bundles.insert(good.digest.clone(), bytes);
    let (message, retry) = console.refused(run, lie.fetch(), "digest_mismatch").await;
    assert!(!retry && message.contains("another thing"), "{message}");
    assert!(world.names("bundles").is_empty());

    console.inner().bundles.remove(&good.digest);
    console.refused(run, good.fetch(), "bundle_missing").await;
    let odd = Order::Fetch {
        digest: "../secret".to_owned(),
        size: 3,
    };
    console.refused(run, odd, "bad_command").await;

    // A bundle of the right name that is no bundle at all.
    let rubbish = b"certainly not an archive".to_vec();
    let digest = bundle::Digest::of(&rubbish).to_hex();
    let rubbish_version = Version {
        digest: digest.clone(),
        size: rubbish.len() as u64,
        ..good.clone()
    };
    console.inner().bundles.insert(digest, rubbish.into());
    console.done(run, rubbish_version.fetch()).await;
    console
        .refused(run, rubbish_version.stage(), "bad_bundle")
        .await;

    console.done(run, other.fetch()).await;
    let wrong = Version {
        module: good.module,
        ..other
    };
    console.refused(run, wrong.stage(), "wrong_bundle").await;
    console.refused(run, good.activate(), "not_staged").await;
    assert!(world.names("releases").is_empty());
}

#[tokio::test]
async fn a_wrong_secret_is_said_on_the_agents_page() {
    let mut world = World::joined().await;
    std::fs::write(world.folder.join("secret"), "wrong").unwrap();
    world.start().await;
    until(async || {
        world
            .read("/")
            .await
            .contains("refuses this agent: This is not the agent")
    })
    .await;
}

#[tokio::test]
async fn a_console_that_does_not_know_its_protocol_is_said_on_the_agents_page() {
    let mut world = World::joined().await;
    let console = world.console.clone();
    let said = "This agent (version 9.0.0) speaks protocol 7; this console knows protocols 1 to 1. \
                Upgrade the console, or install an older agent.";
    console.inner().refuse_hello = Some(("protocol_too_new", said.to_owned()));
    world.start().await;
    let words = format!("the console refuses this agent: {said}");
    until(async || world.read("/").await.contains(&words)).await;
    let health = world.read("/-/health").await;
    assert!(health.contains("\"console\":\"away\""), "{health}");
    // It says which it speaks, and asks for no orders.
    let hello = console.inner().hellos[0].agent.clone();
    assert_eq!(hello.protocol, protocol::VERSION);
}

#[tokio::test]
async fn clocks_that_are_apart_are_said_on_the_agents_page() {
    for (ahead_ms, words) in [
        (7_500_000, Some("clock is 2 h 04 min behind the console's")),
        (-150_500, Some("clock is 2 min 30 s ahead of the console's")),
        (20_000, None),
    ] {
        let mut world = World::joined().await;
        world.console.inner().clock_ahead_ms = ahead_ms;
        world.start().await;
        until(async || {
            let page = world.read("/").await;
            page.contains("connected to the console")
        })
        .await;
        let page = world.read("/").await;
        match words {
            // The apostrophe is escaped.
            Some(words) => {
                let words = words.replace('\'', "&#39;");
                assert!(page.contains(&words), "{page}");
                assert!(
                    page.contains("switch on time synchronization here"),
                    "{page}"
                );
            }
            None => assert!(!page.contains("clock is"), "{page}"),
        }
        // It works all the same.
        let site = Module::site("Portal", "/portal").publish(&world.console);
        world.console.done(Uuid::now_v7(), site.fetch()).await;
        world.stop().await;
    }
}
