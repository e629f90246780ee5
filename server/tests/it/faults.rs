//! Bad input and bad luck over HTTP, on real parts: uploads that are cut or too large, disks that
//! are full, databases that are locked; site properties from the manifest to the module that runs.

use crate::agents::World;
use crate::harness::{Harness, call, write_files};
use agent::testing::SmallDisk;
use axum::body::Body;
use backend::testing::{WriteLock, actor, pack};
use domain::access::Standing;
use http::{StatusCode, header};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A module whose bytes do not compress, packed.
fn noise(length: usize) -> (String, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let toml = r#"
[application]
id = "0197a000-0000-7000-8000-000000000011"
name = "Noise"
[[module]]
id = "0197a000-0000-7000-8000-000000000012"
name = "Noise"
kind = "static"
path = "site"
url_path = "/noise"
"#;
    let mut noise = Vec::new();
    while noise.len() < length {
        noise.extend_from_slice(bundle::Digest::of(noise.len().to_be_bytes()).as_bytes());
    }
    std::fs::create_dir(folder.path().join("site")).unwrap();
    std::fs::write(folder.path().join("site/noise"), noise).unwrap();
    pack(folder.path(), toml).remove(0)
}

fn came_in(world: &World) -> usize {
    let folder = world.folder.path().join("bundles/incoming");
    std::fs::read_dir(folder).unwrap().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let world = World::new().await;
    let (digest, bytes) = noise(100_000);
    let mut socket = tokio::net::TcpStream::connect(world.console.address)
        .await
        .unwrap();
    let head = format!(
        "PUT /api/v1/bundles/{digest} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        world.token,
        bytes.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&bytes[..50_000]).await.unwrap();
    socket.shutdown().await.unwrap();
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer).await;
    // Whether or not the answer still gets through, it is a refusal that says so.
    assert!(
        answer.is_empty() || (answer.contains(" 409 ") && answer.contains("upload_cut")),
        "{answer}"
    );
    let has = async || world.console.backend.has_bundle(&digest).await.unwrap();
    assert!(!has().await);
    assert_eq!(came_in(&world), 0);
    // The same again, whole.
    let put = world.http.put(world.api(&format!("bundles/{digest}")));
    let (status, problem) = world.call(put.body(bytes)).await;
    assert_eq!(status, 204, "{problem}");
    assert!(has().await);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_above_the_limit_is_refused_before_it_is_read() {
    let world = World::new().await;
    let mut socket = tokio::net::TcpStream::connect(world.console.address)
        .await
        .unwrap();
    let head = format!(
        "PUT /api/v1/bundles/{} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\ncontent-length: {}\r\n\r\n",
        "0".repeat(64),
        world.token,
        backend::MAX_BUNDLE + 1
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = socket.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    assert!(
        answer.contains("bundle_too_large") && answer.contains("256 MiB"),
        "{answer}"
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_passes_with_room() {
    let world = World::new().await;
    let incoming = world.folder.path().join("bundles/incoming");
    let Some(disk) = SmallDisk::at(&incoming, "256k") else {
        return;
    };
    let (digest, bytes) = noise(600_000);
    let upload = async || {
        let put = world.http.put(world.api(&format!("bundles/{digest}")));
        world.call(put.body(bytes.clone())).await
    };
    let (status, problem) = upload().await;
    assert_eq!(status, 503, "{problem}");
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("disk is full"), "{message}");
    assert_eq!(came_in(&world), 0);
    drop(disk);
    let (status, problem) = upload().await;
    assert_eq!(status, 204, "{problem}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_on_the_agent_leaves_what_ran_and_passes_with_room() {
    let world = World::new().await;
    let releases = world.folder.path().join("agent/releases");
    let Some(disk) = SmallDisk::at(&releases, "256k") else {
        return;
    };
    let state = world.publish(&world.source("small")).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    let large = "x".repeat(600_000);
    let state = world.publish(&world.source(&large)).await;
    assert_eq!(state["state"], "failed", "{state}");
    let said = state.to_string();
    assert!(said.contains("disk is full"), "{said}");
    let brand = async || world.read("/shop/producers/ShopTheme/brand.css").await;
    assert_eq!(brand().await, "small");
    disk.enlarge("16m");
    let state = world.publish(&world.source(&large)).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    assert_eq!(brand().await, large);
    world.end().await;
}

#[tokio::test]
async fn a_locked_database_is_said_and_nothing_is_changed() {
    let (harness, session) = Harness::signed_in().await;
    let body = r#"{"new":{"name":"Quality","purpose":"test"}}"#;
    let ask = async || {
        let request = call("/api/create_environment", body)
            .header(header::COOKIE, format!("slipway_session={session}"))
            .body(Body::from(body))
            .unwrap();
        harness.ask(request).await
    };
    let lock = WriteLock::take(&harness.backend.database_url()).await;
    let answer = ask().await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.body
    );
    assert!(
        answer
            .body
            .contains("The database is busy. Nothing was changed"),
        "{}",
        answer.body
    );
    lock.release().await;
    let administrator = actor(Standing::Administrator);
    let there = harness.backend.list_environments(&administrator).await;
    assert!(there.unwrap().is_empty());
    assert_eq!(ask().await.status, StatusCode::OK);
}

const SETTINGS: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000021"
name = "Desk"
[[module]]
id = "0197a000-0000-7000-8000-000000000022"
name = "Desk"
kind = "static"
path = "site"
url_path = "/desk"
[[module.setting]]
name = "Currency"
type = "text"
default = "EUR"
[[module.setting]]
name = "Hidden"
type = "text"
secret = true
[[module]]
id = "0197a000-0000-7000-8000-000000000023"
name = "DeskService"
kind = "service"
path = "service"
url_path = "/desk-service"
[module.service]
command = ["{slipway}", "sample-service"]
health = "/health"
start_seconds = 60
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
async fn site_properties_reach_what_runs() {
    let world = World::new().await;
    let source = |edition: u32| {
        let root = world.folder.path().join(format!("desk-{edition}"));
        let site = format!("<h1>Desk {edition}</h1>");
        let service = format!("{{\"edition\":{edition}}}");
        let files = [
            ("slipway.toml", SETTINGS),
            ("site/index.html", &site),
            ("service/service.json", &service),
        ];
        write_files(&root, &files);
        root
    };
    let seen = async || -> (Value, Value) {
        let parse = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        let document = parse(world.read("/desk/slipway-settings.json").await);
        let service = parse(world.read("/desk-service/data").await);
        (document["settings"].clone(), service["settings"].clone())
    };
    let state = world.publish_toml(SETTINGS, &source(1)).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    let (document, service) = seen().await;
    assert_eq!(document, serde_json::json!({ "Currency": "EUR" }));
    assert_eq!(service, serde_json::json!({ "LIMIT": "10" }));

    let backend = &world.console.backend;
    let operator = actor(Standing::Operator);
    let environment = backend.list_environments(&operator).await.unwrap()[0]
        .row
        .id;
    let module = |text: &str| domain::ModuleId(text.parse().unwrap());
    let (site, service) = (
        module("0197a000-0000-7000-8000-000000000022"),
        module("0197a000-0000-7000-8000-000000000023"),
    );
    for (module, name, value) in [
        (site, "Currency", "CHF"),
        (site, "Hidden", "hush"),
        (service, "Limit", "25"),
        (service, "ApiKey", "hush"),
    ] {
        backend
            .set_site_property(&operator, environment, module, name, Some(value.to_owned()))
            .await
            .unwrap();
    }
    // They come with the next switch.
    let state = world.publish_toml(SETTINGS, &source(2)).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    let (document, service) = seen().await;
    assert_eq!(document, serde_json::json!({ "Currency": "CHF" }));
    assert_eq!(
        service,
        serde_json::json!({ "LIMIT": "25", "APIKEY": "hush" })
    );
    world.end().await;
}
