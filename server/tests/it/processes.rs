//! The binary's commands, run as people run them: as processes, with their output and exit codes.

use crate::agents::World;
use crate::harness::slipway;
use crate::installation::process::Process;
use bundle::Manifest;
use domain::landscape::Landscape;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

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
    made.require_ids("slipway.toml", &text).unwrap();
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
    let (text, grown) = manifest(&folder);
    grown.require_ids("slipway.toml", &text).unwrap();
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
    tokio::time::timeout(Duration::from_mins(1), found)
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

const WITH_SETTINGS: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000101"
name = "Desk"
[[module]]
id = "0197a000-0000-7000-8000-000000000102"
name = "Desk"
kind = "static"
path = "site"
url_path = "/desk"
[[module.setting]]
name = "Limit"
type = "integer"
default = 10
[[module.setting]]
name = "ApiKey"
type = "text"
secret = true
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn site_properties_are_set_on_the_consoles_machine() {
    let world = World::new().await;
    let state = world
        .publish_toml(WITH_SETTINGS, &world.source("old"))
        .await;
    assert_eq!(state["state"], "succeeded", "{state}");
    let input = world.folder.path().join("input");
    let setting = |arguments: &[&str], given: &str| {
        std::fs::write(&input, given).unwrap();
        let mut command = slipway();
        command
            .args(["setting", arguments[0], "--environment", "workshop"])
            .arg("--data")
            .arg(world.folder.path())
            .args(&arguments[1..])
            .stdin(std::fs::File::open(&input).unwrap());
        run(command)
    };
    let listed = setting(&["list", "desk"], "").await;
    assert_eq!(
        said(&listed),
        "ApiKey (text): (secret, not set)\nLimit (integer): 10, by default\n",
        "{}",
        complained(&listed)
    );
    let wrong = setting(&["set", "Desk", "Limit", "many"], "").await;
    assert_ne!(wrong.status.code(), Some(0));
    assert!(complained(&wrong).contains("an integer is written like"));
    let set = setting(&["set", "Desk", "limit", "-5"], "").await;
    assert_eq!(set.status.code(), Some(0), "{}", complained(&set));
    // As an argument others would see it.
    let open = setting(&["set", "Desk", "ApiKey", "hush"], "").await;
    assert_ne!(open.status.code(), Some(0));
    assert!(complained(&open).contains("standard input"));
    let set = setting(&["set", "Desk", "ApiKey"], "hush\n").await;
    assert_eq!(set.status.code(), Some(0), "{}", complained(&set));
    assert!(!said(&set).contains("hush"));
    let listed = setting(&["list", "Desk"], "").await;
    assert_eq!(
        said(&listed),
        "ApiKey (text): (secret, set)\nLimit (integer): -5, instead of 10\n"
    );
    let unset = setting(&["unset", "Desk", "Limit"], "").await;
    assert_eq!(unset.status.code(), Some(0), "{}", complained(&unset));
    let listed = setting(&["list", "Desk"], "").await;
    assert!(said(&listed).contains("10, by default"));
    let audit = world.console.backend.list_audit().await;
    let audit: Vec<_> = audit
        .iter()
        .filter(|entry| entry.action == "site_property_set")
        .collect();
    assert_eq!(audit.len(), 3);
    assert!(audit[0].actor_name.contains("at the console's terminal"));
    assert!(!format!("{audit:?}").contains("hush"));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_of_secrets_is_renewed_and_a_lost_one_given_up_on_the_consoles_machine() {
    let world = World::new().await;
    let state = world
        .publish_toml(WITH_SETTINGS, &world.source("old"))
        .await;
    assert_eq!(state["state"], "succeeded", "{state}");
    let input = world.folder.path().join("input");
    std::fs::write(&input, "hush\n").unwrap();
    let command = |arguments: &[&str]| {
        let mut command = slipway();
        command
            .args(arguments)
            .arg("--data")
            .arg(world.folder.path())
            .stdin(std::fs::File::open(&input).unwrap());
        run(command)
    };
    let done = async |arguments: &[&str]| {
        let done = command(arguments).await;
        assert_eq!(done.status.code(), Some(0), "{}", complained(&done));
        assert!(!said(&done).contains("hush"));
        said(&done)
    };
    let place = ["--environment", "workshop"];
    done(&[&["setting", "set", "Desk", "ApiKey"][..], &place].concat()).await;
    let list = [&["setting", "list", "Desk"][..], &place].concat();
    let file = world.folder.path().join("secret.key");
    let former = std::fs::read_to_string(&file).unwrap();

    let renewed = done(&["secret", "rotate"]).await;
    assert!(
        renewed.starts_with("Everything is sealed with the new key ")
            && renewed.ends_with("; 1 secret was sealed anew. Back its file up.\n"),
        "{renewed}"
    );
    let current = std::fs::read_to_string(&file).unwrap();
    let keys = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(keys(&current).len(), 1);
    assert_ne!(keys(&current), keys(&former));
    assert!(done(&list).await.contains("ApiKey (text): (secret, set)"));

    // The new key is lost; the former one opens nothing.
    std::fs::write(&file, &former).unwrap();
    let refused = command(&["secret", "rotate"]).await;
    assert_ne!(refused.status.code(), Some(0));
    assert!(
        complained(&refused).contains("Nothing of it was changed"),
        "{}",
        complained(&refused)
    );
    assert_eq!(
        done(&["secret", "forget-lost"]).await,
        "1 secret was taken away. Set them anew with `slipway setting set` or in a plan.\n"
    );
    assert!(
        done(&list)
            .await
            .contains("ApiKey (text): (secret, not set)")
    );
    let audit = world.console.backend.list_audit().await;
    let of = |action: &str| audit.iter().filter(|entry| entry.action == action).count();
    assert_eq!(
        (of("secrets_rotated"), of("lost_secrets_forgotten")),
        (1, 1)
    );
    world.end().await;
}

/// A console that is away for a moment while a publication is followed, as when it is restarted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn following_a_publication_survives_a_console_that_is_busy() {
    use axum::Json;
    use axum::http::StatusCode;
    use axum::routing::{get, post};
    use std::sync::atomic::{AtomicU32, Ordering};

    const ID: &str = "0197a000-0000-7000-8000-000000000abc";
    let asked = std::sync::Arc::new(AtomicU32::new(0));
    let count = std::sync::Arc::clone(&asked);
    let router = axum::Router::new()
        .route(
            "/api/v1/bundles/missing",
            post(|| async { Json(serde_json::json!({ "digests": [] })) }),
        )
        .route(
            "/api/v1/publications",
            post(|| async { (StatusCode::ACCEPTED, Json(serde_json::json!({ "id": ID }))) }),
        )
        .route(
            "/api/v1/publications/{id}",
            get(move || {
                let first = count.fetch_add(1, Ordering::SeqCst) == 0;
                async move {
                    if first {
                        let problem =
                            serde_json::json!({ "code": "unavailable", "message": "Busy." });
                        (StatusCode::SERVICE_UNAVAILABLE, Json(problem))
                    } else {
                        let over =
                            serde_json::json!({ "state": "succeeded", "lines": [], "error": null });
                        (StatusCode::OK, Json(over))
                    }
                }
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("desk");
    std::fs::create_dir(&folder).unwrap();
    let mut command = slipway();
    command.arg("init").arg(&folder);
    assert_eq!(run(command).await.status.code(), Some(0));
    let mut command = slipway();
    command
        .args(["publish", "--environment", "Workshop", "--console"])
        .arg(format!("http://{address}"))
        .env("SLIPWAY_TOKEN", "slp_x")
        .arg(&folder);
    let published = run(command).await;
    assert_eq!(
        published.status.code(),
        Some(0),
        "{}",
        complained(&published)
    );
    assert!(said(&published).contains(ID), "{}", said(&published));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

/// What is never given back adds up: the allocator of the C library is told to keep little, by the
/// process itself, which stays the same one. Somebody's own setting holds.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[tokio::test]
async fn a_process_that_stays_keeps_little_memory_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    for (set, kept) in [(None, "2"), (Some("5"), "5")] {
        let mut command = slipway();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(folder.path().join(kept));
        command.env_remove("MALLOC_ARENA_MAX");
        if let Some(set) = set {
            command.env("MALLOC_ARENA_MAX", set);
        }
        let process = Process::run(command, &folder.path().join("log")).await;
        let environment = std::fs::read(format!("/proc/{}/environ", process.id())).unwrap();
        let wanted = format!("MALLOC_ARENA_MAX={kept}");
        let mut variables = environment.split(|byte| *byte == 0);
        assert!(variables.any(|variable| variable == wanted.as_bytes()));
        process.stop().await;
    }
}
