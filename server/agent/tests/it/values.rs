//! Other values of site properties for what runs already: nothing else of it changes.

use crate::factory::{Module, Version};
use crate::services::until;
use crate::world::World;
use protocol::{Order, Placement};
use std::collections::BTreeMap;
use uuid::Uuid;

const SETTINGS: &str = "[[module.setting]]\nname = \"Currency\"\ntype = \"text\"\ndefault = \"EUR\"\n\
    [[module.setting]]\nname = \"Token\"\ntype = \"text\"\nsecret = true";

/// What an environment has of a module, as this run brought it.
async fn bring(world: &World, run: Uuid, version: &Version) -> Placement {
    let placement = version.placement();
    for order in [
        version.fetch(),
        Order::Stage(placement.clone()),
        version.activate(),
    ] {
        world.console.done(run, order).await;
    }
    placement
}

fn set(placement: &Placement, values: &[(&str, &str)]) -> Order {
    Order::Settings {
        module: placement.module,
        module_version: placement.module_version,
        settings: values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        secret_settings: vec!["Token".to_owned()],
    }
}

#[tokio::test]
async fn a_service_is_started_anew_with_other_values_and_stays_what_it_is() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let version = Module::service("Orders", "/orders", "one")
        .with(SETTINGS)
        .publish(&console);
    let run = Uuid::now_v7();
    let placement = bring(&world, run, &version).await;
    let hosted = console.report().await.modules.remove(0);
    let process = world.read("/orders/process").await;
    assert!(
        world
            .read("/orders/environment")
            .await
            .contains("SETTING_CURRENCY=EUR")
    );

    let other = [("Currency", "CHF"), ("Token", "s3cret")];
    console.done(run, set(&placement, &other)).await;
    let found = async |world: &World| {
        let environment = world.read("/orders/environment").await;
        environment.contains("SETTING_CURRENCY=CHF") && environment.contains("SETTING_TOKEN=s3cret")
    };
    assert!(found(&world).await);
    let now = world.read("/orders/process").await;
    assert_ne!(now, process);
    // The same release, brought by the same attempt: nothing that the inventory tells.
    assert_eq!(console.report().await.modules.remove(0), hosted);
    assert_eq!(world.names("releases").len(), 1);
    // Again changes nothing, not even the process.
    console.done(run, set(&placement, &other)).await;
    assert_eq!(world.read("/orders/process").await, now);

    // It stays so when the agent starts anew, and after the run is over; that run sets nothing more.
    console.done(run, Order::CleanUp).await;
    world.stop().await;
    world.start().await;
    until(async || world.get("/orders/").await.0 == 200).await;
    assert!(found(&world).await);
    console.refused(run, set(&placement, &[]), "run_over").await;
}

#[tokio::test]
async fn a_static_modules_document_says_other_values() {
    let world = World::new().await;
    let version = Module::site("Portal", "/portal")
        .with(SETTINGS)
        .publish(&world.console);
    let run = Uuid::now_v7();
    let placement = bring(&world, run, &version).await;
    let order = set(&placement, &[("Currency", "CHF"), ("Token", "s3cret")]);
    world.console.done(run, order).await;
    let document = world.read("/portal/slipway-settings.json").await;
    assert!(document.contains("\"Currency\":\"CHF\""), "{document}");
    assert!(!document.contains("s3cret"));
}

#[tokio::test]
async fn what_does_not_come_up_or_was_replaced_keeps_what_it_has() {
    let world = World::new().await;
    let console = world.console.clone();
    let service = Module::service("Orders", "/orders", "picky").with(SETTINGS);
    let version = service.publish(&console);
    let run = Uuid::now_v7();
    let placement = bring(&world, run, &version).await;
    let process = world.read("/orders/process").await;
    let bad = set(&placement, &[("Currency", "none")]);
    console.refused(run, bad, "unhealthy").await;
    assert_eq!(world.read("/orders/process").await, process);
    assert!(
        world
            .read("/orders/environment")
            .await
            .contains("SETTING_CURRENCY=EUR")
    );

    // Somebody else brought another state of it meanwhile.
    let newer = service.file("readme", "newer").publish(&console);
    bring(&world, Uuid::now_v7(), &newer).await;
    let late = set(&placement, &[("Currency", "CHF")]);
    console.refused(run, late, "not_there").await;
    assert!(
        world
            .read("/orders/environment")
            .await
            .contains("SETTING_CURRENCY=EUR")
    );
}

#[tokio::test]
async fn when_a_run_goes_back_the_former_values_are_there_again_and_late_ones_are_refused() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let version = Module::service("Orders", "/orders", "one")
        .with(SETTINGS)
        .publish(&console);
    let first = Uuid::now_v7();
    bring(&world, first, &version).await;
    console.done(first, Order::CleanUp).await;
    let euro = async |world: &World| {
        let environment = world.read("/orders/environment").await;
        environment.contains("SETTING_CURRENCY=EUR")
    };
    assert!(euro(&world).await);
    // The same bundle once more, which goes on with other values when it is switched.
    let run = Uuid::now_v7();
    let placement = bring(&world, run, &version).await;
    let other = set(&placement, &[("Currency", "CHF")]);
    console.done(run, other.clone()).await;
    assert!(!euro(&world).await);
    let module = placement.module;
    console.done(run, Order::SwitchBack { module }).await;
    assert!(euro(&world).await);
    console.refused(run, other, "going_back").await;
    assert!(euro(&world).await);
    // Also for an agent that starts anew.
    world.stop().await;
    world.start().await;
    until(async || world.get("/orders/").await.0 == 200).await;
    assert!(euro(&world).await);
}
