//! The binary's commands, run as people run them: as processes, with their output and exit codes.

use crate::agents::World;
use bundle::Manifest;
use domain::landscape::Landscape;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

fn slipway() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
    // What the machine that runs the tests has set is not what is tested.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SLIPWAY_")) {
        command.env_remove(name);
    }
    command
}

/// Runs it without holding up the console and agent of the same test.
async fn run(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn manifest(folder: &Path) -> (String, Manifest) {
    let text = std::fs::read_to_string(folder.join("slipway.toml")).unwrap();
    let manifest = Manifest::parse("slipway.toml", &text).unwrap();
    (text, manifest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_initialised_once_and_can_be_published() {
    let world = World::new().await;
    let folder = world.folder.path().join("Claims Desk");
    std::fs::create_dir(&folder).unwrap();
    let init = || {
        let mut command = slipway();
        command.arg("init").arg(&folder);
        run(command)
    };
    let first = init().await;
    assert_eq!(first.status.code(), Some(0), "{}", complained(&first));
    let (text, made) = manifest(&folder);
    made.require_ids("slipway.toml").unwrap();
    assert_eq!(made.application.name, "Claims Desk");
    // What is there stays, to the last byte.
    let again = init().await;
    assert_eq!(again.status.code(), Some(0));
    assert!(
        said(&again).contains("every id is there"),
        "{}",
        said(&again)
    );
    assert_eq!(manifest(&folder).0, text);
    // A module without an id gets one, and nothing else changes.
    let more =
        format!("{text}\n[[module]]\nname = \"Extra\"\nkind = \"library\"\npath = \"site\"\n");
    std::fs::write(folder.join("slipway.toml"), more).unwrap();
    let third = init().await;
    assert!(said(&third).contains("id for"), "{}", said(&third));
    let (_, grown) = manifest(&folder);
    grown.require_ids("slipway.toml").unwrap();
    assert_eq!(grown.modules.len(), made.modules.len() + 1);
    assert_eq!(grown.modules[0].id, made.modules[0].id);

    let mut command = slipway();
    command
        .args(["publish", "--environment", "Workshop", "--console"])
        .arg(world.console.url())
        .env("SLIPWAY_TOKEN", &world.token)
        .arg(&folder);
    let published = run(command).await;
    assert_eq!(
        published.status.code(),
        Some(0),
        "{}",
        complained(&published)
    );
    assert!(
        world
            .read("/claims-desk/")
            .await
            .contains("A new application")
    );

    std::fs::write(folder.join("slipway.toml"), "[application\n").unwrap();
    let mistaken = init().await;
    assert_eq!(mistaken.status.code(), Some(2));
    assert!(complained(&mistaken).contains("slipway.toml"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_landscape_is_exported_to_whoever_may_see_it() {
    let world = World::new().await;
    world.publish(&world.source("old")).await;
    let export = |token: &str, output: Option<&Path>| {
        let mut command = slipway();
        command
            .arg("landscape")
            .arg("--console")
            .arg(world.console.url())
            .env("SLIPWAY_TOKEN", token);
        if let Some(output) = output {
            command.arg("--output").arg(output);
        }
        run(command)
    };
    let printed = export(&world.token, None).await;
    assert_eq!(printed.status.code(), Some(0), "{}", complained(&printed));
    let landscape: Landscape = serde_json::from_str(&said(&printed)).unwrap();
    landscape.validate().unwrap();
    let names: Vec<&str> = landscape.modules.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["ShopTheme", "Shop"]);
    let file = world.folder.path().join("landscape.json");
    let written = export(&world.token, Some(&file)).await;
    assert_eq!(
        (written.status.code(), said(&written).as_str()),
        (Some(0), "")
    );
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(serde_json::from_str::<Landscape>(&text).unwrap(), landscape);
    let refused = export("slp_wrong", None).await;
    assert_ne!(refused.status.code(), Some(0));
    assert!(said(&refused).is_empty() && complained(&refused).starts_with("slipway: "));
    assert!(
        !complained(&refused).contains("slp_wrong"),
        "no secret is repeated"
    );
    world.end().await;
}

#[test]
fn a_generated_factory_is_what_check_reads() {
    let folder = tempfile::tempdir().unwrap();
    let generate = |name: &str, seed: &str| {
        let output = folder.path().join(name);
        let done = slipway()
            .args([
                "sample",
                "--applications",
                "30",
                "--modules",
                "80",
                "--references",
                "400",
            ])
            .args(["--seed", seed, "--output"])
            .arg(&output)
            .output()
            .unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", complained(&done));
        output
    };
    let one = generate("one", "7");
    let read = |folder: &Path, file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let landscape: Landscape = serde_json::from_str(&read(&one, "landscape.json")).unwrap();
    landscape.validate().unwrap();
    assert_eq!(
        (landscape.applications.len(), landscape.modules.len()),
        (30, 80)
    );
    // The same numbers make the same factory, other numbers another one.
    let same = generate("same", "7");
    let other = generate("other", "8");
    assert_eq!(read(&one, "landscape.json"), read(&same, "landscape.json"));
    assert_ne!(read(&one, "landscape.json"), read(&other, "landscape.json"));
    let checked = slipway()
        .arg("check")
        .arg(one.join("landscape.json"))
        .arg(one.join("plan.json"))
        .output()
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    let errors = answer["errors"].as_u64().unwrap();
    assert_eq!(checked.status.code(), Some(i32::from(errors > 0)));
    assert!(!answer["waves"].as_array().unwrap().is_empty());
    let none = slipway()
        .args(["sample", "--applications", "0", "--output"])
        .arg(folder.path().join("none"))
        .output()
        .unwrap();
    assert_ne!(none.status.code(), Some(0));
    assert!(complained(&none).contains("at least one application"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_agent_is_given_around_the_console_is_served_and_found() {
    let world = World::new().await;
    world.publish(&world.source("old")).await;
    let mut changes = world.console.backend.topics().subscribe();
    let mut command = slipway();
    command
        .args(["agent", "publish", "--data"])
        .arg(world.folder.path().join("agent"))
        .arg(world.source("by hand"));
    let done = run(command).await;
    assert_eq!(done.status.code(), Some(0), "{}", complained(&done));
    assert!(!said(&done).is_empty());
    let served = world.read("/shop/producers/ShopTheme/brand.css").await;
    assert_eq!(served, "by hand");
    // The console hears of it by the agent's inventory.
    let found = async {
        loop {
            let (_, landscape) = world.call(world.http.get(world.api("landscape"))).await;
            let running = landscape["running"].as_array().unwrap();
            if running.iter().any(|row| row["changed_outside"] == true) {
                break;
            }
            changes.recv().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), found)
        .await
        .unwrap();
    // An agent that is not there is named.
    let mut command = slipway();
    command
        .args(["agent", "publish", "--data"])
        .arg(world.folder.path().join("nobody"))
        .arg(world.source("lost"));
    let lost = run(command).await;
    assert_ne!(lost.status.code(), Some(0));
    assert!(!complained(&lost).is_empty());
    world.end().await;
}
