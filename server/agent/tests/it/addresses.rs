//! One module takes the address of another in one run.

use crate::factory::{Module, Version};
use crate::world::World;
use protocol::Order;
use uuid::Uuid;

async fn bring(world: &World, run: Uuid, version: &Version) {
    world.console.done(run, version.fetch()).await;
    world.console.done(run, version.stage()).await;
}

/// One is at `/swap`, and a run has brought Two to be there in its place.
async fn two_at_one_address(world: &World) -> (Version, Version, Uuid) {
    let console = &world.console;
    let one = Module::site("One", "/swap").publish(console);
    let two = Module::site("Two", "/swap").publish(console);
    let before = Uuid::now_v7();
    bring(world, before, &one).await;
    console.done(before, one.activate()).await;
    let run = Uuid::now_v7();
    bring(world, run, &two).await;
    (one, two, run)
}

#[tokio::test]
async fn a_module_takes_the_address_of_one_that_its_run_removes() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let (one, two, run) = two_at_one_address(&world).await;
    let (message, _) = console.refused(run, two.activate(), "address_taken").await;
    assert!(message.contains("where \"One\" is"), "{message}");
    // The newer one is reached while both are there, also after a restart in between.
    console
        .done(run, two.activate_instead_of(&[one.module]))
        .await;
    assert_eq!(world.read("/swap/").await, "<h1>Two</h1>");
    world.stop().await;
    world.start().await;
    assert_eq!(world.read("/swap/").await, "<h1>Two</h1>");
    console
        .done(run, two.activate_instead_of(&[one.module]))
        .await;
    console
        .done(run, Order::Remove { module: one.module })
        .await;
    assert_eq!(world.read("/swap/").await, "<h1>Two</h1>");
    assert_eq!(console.report().await.modules.len(), 1);

    // Back in the reverse order; at every step one of them is reached.
    for module in [one.module, two.module] {
        console.done(run, Order::SwitchBack { module }).await;
        assert_eq!(world.get("/swap/").await.0, 200);
    }
    assert_eq!(world.read("/swap/").await, "<h1>One</h1>");
    let hosted = console.report().await.modules;
    assert_eq!(hosted.len(), 1);
    assert_eq!(hosted[0].module, one.module);
    world.stop().await;
    world.start().await;
    assert_eq!(world.read("/swap/").await, "<h1>One</h1>");
}

#[tokio::test]
async fn going_back_before_the_removal_leaves_what_was_there() {
    let world = World::new().await;
    let console = world.console.clone();
    let (one, two, run) = two_at_one_address(&world).await;
    console
        .done(run, two.activate_instead_of(&[one.module]))
        .await;
    let module = two.module;
    console.done(run, Order::SwitchBack { module }).await;
    console.done(run, Order::CleanUp).await;
    assert_eq!(world.read("/swap/").await, "<h1>One</h1>");
    assert_eq!(console.report().await.modules.len(), 1);
}

#[tokio::test]
async fn modules_trade_their_addresses_and_take_them_back() {
    let world = World::new().await;
    let console = world.console.clone();
    let (one, two) = (Module::site("One", "/a"), Module::site("Two", "/b"));
    let moved = |module: &Module, to: &str| module.clone().moved_to(to).publish(&console);
    let (first, second) = (one.publish(&console), two.publish(&console));
    let before = Uuid::now_v7();
    for version in [&first, &second] {
        bring(&world, before, version).await;
        console.done(before, version.activate()).await;
    }
    let run = Uuid::now_v7();
    let traded = [moved(&one, "/b"), moved(&two, "/a")];
    for version in &traded {
        bring(&world, run, version).await;
    }
    console.done(run, traded[0].activate()).await;
    assert_eq!(world.read("/b/").await, "<h1>One</h1>");
    console.done(run, traded[1].activate()).await;
    assert_eq!(world.read("/a/").await, "<h1>Two</h1>");
    assert_eq!(world.read("/b/").await, "<h1>One</h1>");
    for module in [second.module, first.module] {
        console.done(run, Order::SwitchBack { module }).await;
    }
    assert_eq!(world.read("/a/").await, "<h1>One</h1>");
    assert_eq!(world.read("/b/").await, "<h1>Two</h1>");
}
