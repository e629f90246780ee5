//! A plan whose target has no room for what it brings: console and agent together say so, and the
//! target stays as it was.

use crate::agents::World;
use crate::harness::{SLIPWAY, command};
use crate::installation::process::Process;
use crate::installation::{join, online};
use agent::testing::left_out;
use backend::Actor;
use backend::testing::actor;
use domain::access::Standing;
use domain::environment::Purpose;
use domain::plan::PlanStatus;
use domain::view::{LogFilter, PlanRow, StartOutcome};
use domain::{ApplicationId, EnvironmentId};
use std::process::Command;
use std::time::Duration;

/// Becomes what is given after a size and a folder, with a file system of this size at the folder
/// that nobody else sees. The kernel lets people have one who are not root, unless it is told not to.
const ON_A_SMALL_DISK: [&str; 5] = [
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    r#"mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@""#,
];

/// *Quality* with an agent that has this much room for what it unpacks; none if that cannot be had.
async fn quality(world: &World, by: &Actor, size: &str) -> Option<(EnvironmentId, Process)> {
    let folder = world.folder.path().join("quality");
    let releases = folder.join("releases");
    let wanted = ("Quality", Purpose::Test);
    let joined = join(&world.console, by, wanted, &folder).await;
    let allowed = Command::new("unshare")
        .args(ON_A_SMALL_DISK)
        .arg(size)
        .arg(&releases)
        .arg("true")
        .status()
        .is_ok_and(|status| status.success());
    if !allowed {
        left_out("a run on a full disk (the kernel allows no file system of one's own here)");
        return None;
    }
    let mut command = command("unshare");
    command
        .args(ON_A_SMALL_DISK)
        .arg(size)
        .arg(&releases)
        .args([SLIPWAY, "agent", "run", "--stop-with-input"])
        .args(["--listen", "127.0.0.1:0", "--console"])
        .arg(world.console.url())
        .arg("--data")
        .arg(&folder);
    let log = world.folder.path().join("quality.log");
    let process = Process::run(command, &log).await;
    online(&world.console, by).await;
    Some((joined.environment, process))
}

/// Brings what *Workshop* runs to the target, and waits for the end.
async fn deploy(world: &World, by: &Actor, target: EnvironmentId) -> PlanRow {
    let backend = &world.console.backend;
    let shop: ApplicationId = "0197a000-0000-7000-8000-000000000001".parse().unwrap();
    let all = backend.list_environments(by).await.unwrap();
    let source = all[0].row.id;
    let number = backend
        .create_plan(by, source, target, vec![shop])
        .await
        .unwrap();
    let revision = backend.save_plan(by, number, 1).await.unwrap();
    let mut changes = backend.topics().subscribe();
    let started = backend.start_plan(by, number, revision, None).await;
    assert_eq!(started.unwrap(), StartOutcome::Started);
    let over = async {
        loop {
            let row = backend.read_plan(by, number).await.unwrap().row;
            if row.status.is_terminal() {
                return row;
            }
            let _ = changes.recv().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), over)
        .await
        .expect("the run ends")
}

async fn brand(world: &World, quality: &Process) -> String {
    let url = format!(
        "http://{}/shop/producers/ShopTheme/brand.css",
        quality.address
    );
    let answer = world.http.get(url).send().await.unwrap();
    answer.text().await.unwrap()
}

async fn log(world: &World, by: &Actor, number: u64) -> String {
    let filter = LogFilter {
        before: Some(u64::MAX),
        limit: 200,
        ..LogFilter::default()
    };
    let page = world
        .console
        .backend
        .read_log(by, number, filter)
        .await
        .unwrap();
    let texts: Vec<String> = page.lines.into_iter().map(|line| line.text).collect();
    texts.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_in_the_runs_log_and_the_target_stays_as_it_was() {
    let world = World::new().await;
    let by = actor(Standing::Administrator);
    let Some((target, quality)) = quality(&world, &by, "256k").await else {
        return;
    };
    let state = world.publish(&world.source(&"x".repeat(10))).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    let first = deploy(&world, &by, target).await;
    let said = log(&world, &by, first.number).await;
    assert_eq!(first.status, PlanStatus::FinishedSuccessful, "{said}");
    assert_eq!(brand(&world, &quality).await, "x".repeat(10));

    let state = world.publish(&world.source(&"x".repeat(600_000))).await;
    assert_eq!(state["state"], "succeeded", "{state}");
    let second = deploy(&world, &by, target).await;
    let said = log(&world, &by, second.number).await;
    assert_eq!(second.status, PlanStatus::Aborted, "{said}");
    assert!(said.contains("disk is full"), "{said}");
    let outcome = second.outcome.unwrap();
    assert!(outcome.contains("disk is full"), "{outcome}");
    assert_eq!(brand(&world, &quality).await, "x".repeat(10));
    quality.stop().await;
    world.end().await;
}
