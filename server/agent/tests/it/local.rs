//! `slipway agent publish`: around the console.

use crate::factory::Module;
use crate::world::World;

#[tokio::test]
async fn what_is_published_on_the_machine_is_linked_served_and_reported() {
    let mut world = World::new().await;
    let console = world.console.clone();
    let theme = Module::library("Theme")
        .with("[[module.provides]]\nkind = \"theme\"\nname = \"Brand\"\ncontent = \"brand.css\"")
        .file("brand.css", "red");
    let site = Module::site("Portal", "/portal").with(
        "[[module.uses]]\nmodule = \"Theme\"\nelements = [{ kind = \"theme\", name = \"Brand\" }]\n\
         [[module.uses]]\nmodule = \"Nowhere\"\nelements = [{ kind = \"screen\", name = \"Home\" }]",
    );
    let source = tempfile::tempdir().unwrap();
    Module::write(&[&site, &theme], source.path());
    let lines = agent::publish_locally(&world.folder, source.path(), None)
        .await
        .unwrap();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[1].starts_with("Portal: published") && lines[1].contains("Nowhere"),
        "{lines:?}"
    );
    assert_eq!(world.read("/portal/producers/Theme/brand.css").await, "red");
    let inventory = console
        .wait_for("an inventory", |inner| {
            inner
                .inventories
                .iter()
                .find(|i| i.modules.len() == 2)
                .cloned()
        })
        .await;
    let portal = inventory
        .modules
        .iter()
        .find(|m| m.name == "Portal")
        .unwrap();
    assert!(portal.module_version.is_none() && portal.attempt.is_none());
    let manifest = bundle::BundleManifest::from_json(portal.manifest.as_ref().unwrap().as_bytes());
    assert_eq!(manifest.unwrap().module.id, site.id);
    assert!(
        console.inner().bundles.contains_key(&portal.digest),
        "the console was given the bundle"
    );

    world.stop().await;
    Module::write(&[&site, &theme.file("brand.css", "blue")], source.path());
    agent::publish_locally(&world.folder, source.path(), None)
        .await
        .unwrap();
    world.start().await;
    assert_eq!(
        world.read("/portal/producers/Theme/brand.css").await,
        "blue"
    );

    std::fs::write(
        source.path().join("slipway.toml"),
        "[application]\nnmae = \"x\"",
    )
    .unwrap();
    let wrong = agent::publish_locally(&world.folder, source.path(), None)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        wrong.contains("slipway.toml:2:1") && wrong.contains("Did you mean `name`?"),
        "{wrong}"
    );
}

#[tokio::test]
async fn a_bundle_that_the_console_refused_or_lost_is_given_again() {
    let world = World::new().await;
    let console = world.console.clone();
    console.inner().refuse_bundles = 2;
    let site = Module::site("Portal", "/portal");
    let source = tempfile::tempdir().unwrap();
    Module::write(&[&site], source.path());
    agent::publish_locally(&world.folder, source.path(), None)
        .await
        .unwrap();
    let given = |inner: &crate::console::Inner| (!inner.bundles.is_empty()).then_some(());
    console.wait_for("a bundle after two refusals", given).await;
    assert_eq!(console.inner().refuse_bundles, 0);
    // The console comes back without it.
    console.inner().bundles.clear();
    console.break_off();
    console.wait_for("the bundle once more", given).await;
}
