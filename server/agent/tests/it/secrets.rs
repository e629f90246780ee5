//! Secret values at rest on the agent's machine: sealed wherever they lie, with a key that may live
//! apart, be wrong, or be gone.

use crate::factory::{Module, Version};
use crate::services::until;
use crate::world::World;
use agent::KeySource;
use protocol::{Order, Placement};
use serde_json::Value;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use uuid::Uuid;

const SECRET: &str = "s3cret-of-the-test";
const OTHER: &str = "an0ther-one";
const SETTINGS: &str = "[[module.setting]]\nname = \"Currency\"\ntype = \"text\"\ndefault = \"EUR\"\n\
    [[module.setting]]\nname = \"Token\"\ntype = \"text\"\nsecret = true";
/// A key that nothing was sealed with.
const OTHER_KEY: &str = "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA";

fn with_values(placement: &Placement, values: &[(&str, &str)]) -> Placement {
    let mut placement = placement.clone();
    for (name, value) in values {
        let (name, value) = ((*name).to_owned(), (*value).to_owned());
        placement.settings.insert(name, value);
    }
    placement.secret_settings = vec!["token".to_owned()];
    placement
}

fn set(placement: &Placement) -> Order {
    Order::Settings {
        module: placement.module,
        module_version: placement.module_version,
        settings: placement.settings.clone(),
        secret_settings: placement.secret_settings.clone(),
    }
}

async fn bring(world: &World, run: Uuid, version: &Version, placement: &Placement) {
    for order in [
        version.fetch(),
        Order::Stage(placement.clone()),
        version.activate(),
    ] {
        world.console.done(run, order).await;
    }
}

/// A world whose agent runs a service with a secret.
async fn with_secret() -> (World, Module, Placement) {
    let world = World::new().await;
    let module = Module::service("Orders", "/orders", "one").with(SETTINGS);
    let version = module.publish(&world.console);
    let placement = with_values(&version.placement(), &[("Token", SECRET)]);
    bring(&world, Uuid::now_v7(), &version, &placement).await;
    (world, module, placement)
}

/// The files below a folder that hold one of the secrets.
fn holding(folder: &Path) -> Vec<String> {
    agent::testing::holding(folder, &[SECRET, OTHER])
}

async fn finds(world: &World, value: &str) -> bool {
    let (status, environment) = world.get("/orders/environment").await;
    status == 200 && environment.contains(&format!("SETTING_TOKEN={value}"))
}

#[tokio::test]
async fn a_secret_lies_nowhere_in_the_agents_folder_in_the_clear() {
    let (mut world, module, placement) = with_secret().await;
    let console = world.console.clone();
    assert!(finds(&world, SECRET).await);
    assert_eq!(holding(&world.folder), [""; 0]);
    let mode = |name: &str| {
        let metadata = std::fs::metadata(world.folder.join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!((mode("secret.key"), mode("journal")), (0o600, 0o600));

    // The same value again is no change, another one is.
    let process = world.read("/orders/process").await;
    console.done(Uuid::now_v7(), set(&placement)).await;
    assert_eq!(world.read("/orders/process").await, process);
    let other = with_values(&placement, &[("Token", OTHER)]);
    console.done(Uuid::now_v7(), set(&other)).await;
    assert!(finds(&world, OTHER).await);
    assert_eq!(holding(&world.folder), [""; 0]);
    console.done(Uuid::now_v7(), set(&placement)).await;

    // Another version, while the former is kept for going back.
    let run = Uuid::now_v7();
    let newer = module.file("readme", "newer").publish(&console);
    let brought = with_values(&newer.placement(), &[("Token", OTHER)]);
    bring(&world, run, &newer, &brought).await;
    assert!(finds(&world, OTHER).await);
    assert_eq!(holding(&world.folder), [""; 0]);
    let back = Order::SwitchBack {
        module: placement.module,
    };
    console.done(run, back).await;
    assert!(finds(&world, SECRET).await);

    // The start writes the journal anew.
    world.stop().await;
    assert_eq!(holding(&world.folder), [""; 0]);
    world.start().await;
    until(async || finds(&world, SECRET).await).await;
    assert_eq!(holding(&world.folder), [""; 0]);

    // So does the running agent when the journal has grown: with a site's values, which are large.
    let site = Module::site("Portal", "/portal")
        .with(SETTINGS)
        .publish(&console);
    let journal = world.folder.join("journal");
    let first = std::fs::metadata(&journal).unwrap().ino();
    let run = Uuid::now_v7();
    let portal = site.placement();
    let large = |digit: &str| {
        let text = digit.repeat(1 << 20);
        with_values(&portal, &[("Currency", &text), ("Token", OTHER)])
    };
    bring(&world, run, &site, &large("1")).await;
    for digit in ["2", "3", "4"] {
        console.done(run, set(&large(digit))).await;
    }
    until(async || std::fs::metadata(&journal).unwrap().ino() != first).await;
    assert_eq!(holding(&world.folder), [""; 0]);
    let document = world.read("/portal/slipway-settings.json").await;
    assert!(document.contains("444") && !document.contains(OTHER));
    world.stop().await;
    world.start().await;
    until(async || finds(&world, SECRET).await).await;
}

/// Writes the journal as an agent before this did: every value in the clear.
fn unseal(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(unseal),
        Value::Object(fields) => {
            if let Some(Value::Object(sealed)) = fields.remove("sealed") {
                for name in sealed.keys() {
                    fields["settings"][name] = SECRET.into();
                }
            }
            fields.values_mut().for_each(unseal);
        }
        _ => {}
    }
}

#[tokio::test]
async fn an_older_agents_journal_is_read_and_sealed() {
    let (mut world, ..) = with_secret().await;
    world.stop().await;
    let journal = world.folder.join("journal");
    let mut older = String::new();
    for line in std::fs::read_to_string(&journal).unwrap().lines() {
        let mut entry: Value = serde_json::from_str(line).unwrap();
        unseal(&mut entry);
        older.push_str(&format!("{entry}\n"));
    }
    std::fs::write(&journal, older).unwrap();
    std::fs::remove_file(world.folder.join("secret.key")).unwrap();
    assert_eq!(holding(&world.folder), [journal.display().to_string()]);
    world.start().await;
    until(async || finds(&world, SECRET).await).await;
    assert_eq!(holding(&world.folder), [""; 0]);
}

#[tokio::test]
async fn a_wrong_key_keeps_the_service_down_says_why_and_loses_nothing() {
    let (mut world, module, placement) = with_secret().await;
    let console = world.console.clone();
    let site = Module::site("Portal", "/portal").publish(&console);
    bring(&world, Uuid::now_v7(), &site, &site.placement()).await;
    let file = world.folder.join("secret.key");
    let key = std::fs::read_to_string(&file).unwrap();

    world.stop().await;
    std::fs::write(&file, OTHER_KEY).unwrap();
    world.start().await;
    // What needs no key runs.
    assert!(world.read("/portal/").await.contains("Portal"));
    let locked = |hosted: &protocol::Hosted| {
        hosted.module == placement.module
            && hosted.state == "down"
            && hosted.trouble.as_deref() == Some(protocol::SECRETS_LOCKED)
    };
    until(async || console.report().await.modules.iter().any(locked)).await;
    assert_eq!(world.get("/orders/").await.0, 503);
    assert!(
        world
            .read("/")
            .await
            .contains("its secret values are locked")
    );
    let log = format!("logs/{}/output.log", placement.module);
    let log = std::fs::read_to_string(world.folder.join(log)).unwrap();
    assert!(log.contains("\"Token\" is sealed with the key"), "{log}");

    // The right key beside it: the service comes up without a start of the agent.
    std::fs::write(&file, format!("{OTHER_KEY}\n{key}")).unwrap();
    until(async || finds(&world, SECRET).await).await;
    // With the next start everything is sealed with the first of the two.
    world.stop().await;
    world.start().await;
    until(async || finds(&world, SECRET).await).await;
    world.stop().await;
    std::fs::write(&file, OTHER_KEY).unwrap();
    world.start().await;
    until(async || finds(&world, SECRET).await).await;

    // The key is lost, another is made; going back to what it sealed is refused in words, and
    // setting the value anew is the way out.
    let run = Uuid::now_v7();
    let newer = module.file("readme", "newer").publish(&console);
    let brought = with_values(&newer.placement(), &[("Token", SECRET)]);
    bring(&world, run, &newer, &brought).await;
    let other = with_values(&brought, &[("Token", OTHER)]);
    world.stop().await;
    std::fs::remove_file(&file).unwrap();
    world.start().await;
    until(async || console.report().await.modules.iter().any(locked)).await;
    console.done(run, set(&other)).await;
    assert!(finds(&world, OTHER).await);
    let back = Order::SwitchBack {
        module: placement.module,
    };
    let (message, retry) = console.refused(run, back, "secrets_locked").await;
    assert!(
        !retry && message.contains("\"Orders\" cannot be started") && message.contains("\"Token\""),
        "{message}"
    );
    assert!(finds(&world, OTHER).await, "what runs was touched");
}

#[tokio::test]
async fn the_key_can_live_apart_and_what_is_none_is_said() {
    let mut world = World::joined().await;
    let apart = tempfile::tempdir().unwrap();
    let file = apart.path().join("agent.key");
    world.secret_keys = Some(KeySource::File(file.clone()));
    world.start().await;
    let console = world.console.clone();
    let version = Module::service("Orders", "/orders", "one")
        .with(SETTINGS)
        .publish(&console);
    let placement = with_values(&version.placement(), &[("Token", SECRET)]);
    bring(&world, Uuid::now_v7(), &version, &placement).await;
    assert!(file.exists() && !world.folder.join("secret.key").exists());
    let key = std::fs::read_to_string(&file).unwrap();
    let key = key.lines().last().unwrap().to_owned();

    // The same key, given.
    world.stop().await;
    world.secret_keys = Some(KeySource::Given {
        variable: "SLIPWAY_AGENT_SECRET_KEY",
        keys: key,
    });
    world.start().await;
    until(async || finds(&world, SECRET).await).await;

    // No key at all: what brings a secret is refused before anything of it is kept.
    world.stop().await;
    world.secret_keys = Some(KeySource::Given {
        variable: "SLIPWAY_AGENT_SECRET_KEY",
        keys: "rubbish".to_owned(),
    });
    world.start().await;
    let run = Uuid::now_v7();
    let stage = Order::Stage(placement.clone());
    let (message, _) = console.refused(run, stage, "secrets_locked").await;
    assert!(
        message.contains("line 1 of SLIPWAY_AGENT_SECRET_KEY is no key")
            && !message.contains("rubbish"),
        "{message}"
    );
    assert_eq!(holding(&world.folder), [""; 0]);
    assert_eq!(world.names("releases").len(), 1);
}
