//! Downloads that are cut, bundles that lie, secrets that are wrong.

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
