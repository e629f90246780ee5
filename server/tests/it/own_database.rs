//! The console's own database while a plan's run is under way: its disk becomes full, or somebody
//! else holds it. Whoever calls is told, and the run goes on when that is over.

use crate::agents::World;
use crate::gate::{self, Gate, Reached};
use crate::harness::slipway;
use crate::installation::{ANY_PORT, Joined, join, online};
use agent::testing::SmallDisk;
use backend::testing::WriteLock;
use domain::EnvironmentId;
use domain::environment::Purpose;
use domain::plan::PlanStatus;
use domain::view::{EnvironmentDetail, LogFilter, PlanRow, StartOutcome};
use serde_json::{Value, json};
use server::console::Settings;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::Duration;
use tokio_util::sync::{CancellationToken, DropGuard};

/// *Workshop* and *Quality* with their agents, and a plan between them.
struct Line {
    world: World,
    quality: agent::Running,
    stop: DropGuard,
    target: EnvironmentId,
    plan: u64,
}

impl Line {
    /// With the plan's run in the middle of its switch.
    async fn on(world: World) -> (Self, Reached) {
        let by = &world.actor;
        let own = world.folder.path().join("quality");
        let wanted = ("Quality", Purpose::Test);
        let Joined {
            environment: target,
            config,
            ..
        } = join(&world.console, by, wanted, &own).await;
        let gate = Gate::at(&own);
        gate::leave_open(&world.folder.path().join("agent"));
        let stop = CancellationToken::new();
        let quality = agent::run(config, stop.clone()).await.unwrap();
        online(&world.console, by).await;
        let source = world.folder.path().join("source");
        gate::write(&source);
        let state = world.publish_toml(gate::TOML, &source).await;
        assert_eq!(state["state"], "succeeded", "{state}");

        let backend = &world.console.backend;
        let workshop = backend.list_environments(by).await.unwrap()[0].row.id;
        let brought = vec![gate::application()];
        let plan = backend.create_plan(by, workshop, target, brought).await;
        let plan = plan.unwrap();
        let saved = backend.save_plan(by, plan, 1).await.unwrap();
        let started = backend.start_plan(by, plan, saved, None).await;
        assert_eq!(started.unwrap(), StartOutcome::Started);
        let reached = tokio::time::timeout(PATIENCE, gate.reached());
        let reached = reached.await.expect("the run comes to its switch");
        let line = Self {
            world,
            quality,
            stop: stop.drop_guard(),
            target,
            plan,
        };
        (line, reached)
    }

    /// As the page calls the console; the status and what it says.
    async fn call(&self, function: &str, arguments: &Value) -> (u16, String) {
        let url = format!("{}/api/{function}", self.world.console.url());
        let request = self.world.http.post(url).json(arguments);
        let cookie = format!("slipway_session={}", self.world.session);
        let request = request.header("cookie", cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Something that a person does on the page and that writes.
    async fn create(&self, name: &str) -> (u16, String) {
        let new = json!({ "new": { "name": name, "purpose": "test" } });
        self.call("create_environment", &new).await
    }

    /// The names of all environments, as whoever only looks finds them.
    async fn environments(&self) -> Vec<String> {
        let (status, body) = self.call("list_environments", &json!({})).await;
        assert_eq!(status, 200, "{body}");
        let all: Vec<EnvironmentDetail> = serde_json::from_str(&body).unwrap();
        all.into_iter().map(|one| one.row.name).collect()
    }

    async fn row(&self) -> PlanRow {
        let backend = &self.world.console.backend;
        let read = backend.read_plan(&self.world.actor, self.plan);
        read.await.unwrap().row
    }

    /// Waits until people get the new version in *Quality*.
    async fn serves(&self) {
        let url = format!("http://{}/gate/data", self.quality.address());
        let serves = async {
            loop {
                let answer = self.world.http.get(&url).send().await.unwrap();
                if answer.text().await.unwrap().contains(gate::SAYS) {
                    return;
                }
            }
        };
        tokio::time::timeout(PATIENCE, serves)
            .await
            .expect("the agent goes on with what it was told");
    }

    /// Waits until the run is over, which brought what was planned, once.
    async fn ends_well(&self) {
        let backend = &self.world.console.backend;
        let over = backend.wait_run(self.row().await.id.0);
        let end = tokio::time::timeout(PATIENCE, over).await;
        let end = end.expect("the run ends").unwrap();
        let row = self.row().await;
        assert_eq!(row.status, PlanStatus::FinishedSuccessful, "{}", end.text);
        assert!(row.stamps.synchronized.is_some(), "{row:?}");
        self.serves().await;
        let filter = LogFilter {
            before: Some(u64::MAX),
            limit: 200,
            ..LogFilter::default()
        };
        let log = backend.read_log(&self.world.actor, self.plan, filter).await;
        let lines = log.unwrap().lines;
        let switched = lines.iter().filter(|line| line.text.contains("Switched"));
        assert_eq!(switched.count(), 1, "{lines:?}");
        let all = backend.list_environments(&self.world.actor).await.unwrap();
        let target = all.iter().find(|one| one.row.id == self.target).unwrap();
        assert_eq!((target.applications, target.modules), (1, 1));
    }

    async fn end(self) {
        drop(self.stop);
        self.quality.finished().await.unwrap();
        self.world.end().await;
    }
}

/// For what comes to be so by itself, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Leaves no room on the disk where this file is.
fn fill(filler: &Path) {
    let mut file = std::fs::File::create(filler).unwrap();
    let mut piece = vec![0_u8; 1 << 20];
    while !piece.is_empty() {
        match file.write(&piece) {
            Ok(written) => assert!(written > 0),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
                piece.truncate(piece.len() / 2);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_becomes_full_under_a_run_is_said_and_the_run_goes_on_when_there_is_room() {
    let data = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::at(data.path(), "24m") else {
        return;
    };
    let there = |settings: &mut Settings| *settings = Settings::in_folder(data.path(), ANY_PORT);
    let (line, gate) = Line::on(World::with(there).await).await;
    let before = line.environments().await;
    assert_eq!(before, ["Workshop", "Quality"]);
    let database = data.path().join("console.db");
    store::testing::empty_log(&format!("sqlite:{}", database.display())).await;
    let filler = data.path().join("filler");
    fill(&filler);

    // Somebody may have written something in between: that is room in the database's own files.
    let mut acknowledged = before;
    let refused = loop {
        let name = format!("Place{}", acknowledged.len());
        let (status, body) = line.create(&name).await;
        if status != 200 {
            assert_eq!(status, 503, "{body}");
            break body;
        }
        acknowledged.push(name);
        assert!(acknowledged.len() < 1_000, "the disk never gets full");
    };
    let said = "Slipway's disk is full. Nothing was changed";
    assert!(refused.contains(said), "{refused}");
    // Whoever looks goes on, and finds what was acknowledged and nothing else.
    assert_eq!(line.environments().await, acknowledged);
    let source = line.world.source("not on a full disk");
    let mut publish = slipway();
    publish
        .args(["publish", "--environment", "Workshop", "--console"])
        .arg(line.world.console.url())
        .env("SLIPWAY_TOKEN", &line.world.token)
        .arg(source);
    let published = tokio::task::spawn_blocking(move || publish.output().unwrap());
    let published = published.await.unwrap();
    let complained = String::from_utf8_lossy(&published.stderr);
    assert!(!published.status.success(), "{complained}");
    assert!(complained.contains(said), "{complained}");

    // The agent goes on with what it was told, and keeps what became of it; the run can not.
    gate.open();
    line.serves().await;
    let (status, body) = line.create("Late").await;
    assert_eq!(status, 503, "{body}");
    assert_eq!(line.row().await.status, PlanStatus::Running);

    std::fs::remove_file(&filler).unwrap();
    line.ends_well().await;
    let (status, body) = line.create("Training").await;
    assert_eq!(status, 200, "{body}");
    acknowledged.push("Training".to_owned());
    assert_eq!(line.environments().await, acknowledged);
    line.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_locked_under_a_run_is_said_and_the_run_goes_on_afterwards() {
    let (line, gate) = Line::on(World::new().await).await;
    let database = line.world.folder.path().join("console.db");
    let lock = WriteLock::take(&format!("sqlite:{}", database.display())).await;
    let (status, body) = line.create("Training").await;
    assert_eq!(status, 503, "{body}");
    let said = "The database is busy. Nothing was changed";
    assert!(body.contains(said), "{body}");
    // Readers do not mind.
    assert_eq!(line.environments().await, ["Workshop", "Quality"]);

    gate.open();
    line.serves().await;
    assert_eq!(line.row().await.status, PlanStatus::Running);
    lock.release().await;
    line.ends_well().await;
    // What was refused was not done later either.
    assert_eq!(line.environments().await, ["Workshop", "Quality"]);
    let (status, body) = line.create("Training").await;
    assert_eq!(status, 200, "{body}");
    line.end().await;
}
