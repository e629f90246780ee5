//! A secret on its way from a plan to the service that needs it, between real processes: nowhere else
//! does it show, in no log, answer, export or stream, nor on any disk.

use crate::harness::{slipway, write_files};
use crate::installation::Installation;
use crate::installation::asker::{Asker, answer};
use domain::ModuleId;
use domain::environment::{Purpose, Rules};
use domain::settings::{Property, PropertyKind, SettingEdit};
use domain::view::PlanEdit;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the stream may say nothing while something is to come.
const PATIENCE: Duration = Duration::from_mins(1);

const SECRET: &str = "s3cret-that-nobody-may-see";
const SECOND: &str = "an0ther-that-nobody-may-see";
const APPLICATION: &str = "0197a000-0000-7000-8000-000000000051";
const MODULE: &str = "0197a000-0000-7000-8000-000000000052";
const TOML: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000051"
name = "Vault Desk"
[[module]]
id = "0197a000-0000-7000-8000-000000000052"
name = "VaultService"
kind = "service"
path = "service"
url_path = "/desk"
[module.service]
command = ["{slipway}", "sample-service"]
health = "/health"
start_seconds = 60
[[module.setting]]
name = "ApiKey"
type = "text"
secret = true
"#;

/// A console and two agents, processes that log all they can.
struct World {
    installation: Installation,
    ask: Asker,
    /// Every answer that anybody was given, with what was asked.
    answers: Mutex<Vec<(String, String)>>,
}

impl World {
    async fn new() -> Self {
        let rules = Rules::default();
        let wanted = [
            ("Development", Purpose::Development, rules),
            ("Quality", Purpose::Test, rules),
        ];
        let mut installation = Installation::set_up(None, &wanted, 1).await;
        installation.log = "trace";
        installation.start_consoles(1).await;
        installation.start_agents().await;
        Self {
            ask: installation.asker(),
            installation,
            answers: Mutex::default(),
        }
    }

    fn keep(&self, asked: &str, answer: &str) {
        let kept = (asked.to_owned(), answer.to_owned());
        self.answers.lock().unwrap().push(kept);
    }

    /// What a browser is given.
    async fn get(&self, path: &str) -> String {
        let (status, text) = answer(self.ask.get(path)).await.unwrap();
        assert_eq!(status, 200, "{path}");
        self.keep(path, &text);
        text
    }

    /// What a client of the LifeTime API is given.
    async fn lifetime(&self, path: &str) -> Value {
        let url = format!("{}/lifetimeapi/rest/v2/{path}", self.ask.url);
        let request = self.ask.http.get(url).bearer_auth(&self.ask.token);
        let (status, text) = answer(request).await.unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        self.keep(path, &text);
        serde_json::from_str(&text).unwrap()
    }

    /// Calls a server function as the page does.
    async fn call(&self, function: &str, arguments: Value) -> Value {
        let request = self.ask.post(function, &arguments);
        let (status, text) = answer(request).await.unwrap();
        assert_eq!(status, 200, "{function}: {text}");
        self.keep(function, &text);
        serde_json::from_str(&text).unwrap()
    }

    /// A command of the binary that succeeds.
    async fn command(&self, arguments: &[&str]) -> String {
        let mut command = slipway();
        command
            .args(arguments)
            .args(["--console", &self.ask.url])
            .env("SLIPWAY_TOKEN", &self.ask.token);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap());
        let output = output.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {complained}");
        self.keep(&arguments.join(" "), &format!("{said}{complained}"));
        said
    }

    /// Publishes an edition in Development.
    async fn publish(&self, edition: u32) {
        let source = self.installation.folder.path().join("source");
        let service = format!("{{\"edition\":{edition}}}");
        let files = [("slipway.toml", TOML), ("service/service.json", &service)];
        write_files(&source, &files);
        let source = source.to_str().unwrap();
        self.command(&["publish", "--environment", "Development", source])
            .await;
    }

    /// A plan to Quality that sets the secret, run to its end.
    async fn deploy(&self, secret: &str) -> u64 {
        let [source, target] = [0, 1].map(|at| self.installation.agents[at].environment);
        let ends = json!({ "source": source, "target": target, "applications": [APPLICATION] });
        let number = self.call("create_plan", ends).await.as_u64().unwrap();
        let edit = PlanEdit::SetSetting(SettingEdit {
            module: MODULE.parse::<ModuleId>().unwrap(),
            name: "ApiKey".to_owned(),
            property: Property {
                kind: PropertyKind::Text,
                secret: true,
                default: false,
            },
            value: Some(secret.to_owned()),
        });
        let edit = json!({ "number": number, "revision": 1, "edit": edit });
        let revision = self.call("edit_plan", edit).await;
        self.call(
            "check_plan",
            json!({ "number": number, "revision": revision }),
        )
        .await;
        for path in [format!("/plans/{number}"), "/plans".to_owned()] {
            self.get(&path).await;
        }
        let request = json!({ "all": true, "search": "", "from": 0 });
        let step = json!({ "number": number, "request": request });
        self.call("read_plan_settings", step).await;
        let start = json!({ "number": number, "revision": revision, "override_reason": null });
        let started = self.call("start_plan", start).await;
        assert_eq!(started, json!("Started"), "{started}");
        number
    }

    async fn service(&self) -> String {
        self.installation
            .read(&self.ask.http, 1, "/desk/data")
            .await
            .1
    }

    /// Waits for the end of a run by asking again whenever the stream says something.
    async fn finished(&self, number: u64, heard: &mut tokio::sync::watch::Receiver<usize>) {
        loop {
            heard.borrow_and_update();
            let run = self.call("read_run", json!({ "number": number })).await;
            let status = run["plan"]["status"].as_str().unwrap().to_owned();
            if status.starts_with("finished") {
                assert_eq!(status, "finished_successful", "{run}");
                return;
            }
            assert!(!status.starts_with("abort"), "{run}");
            tokio::time::timeout(PATIENCE, heard.changed())
                .await
                .expect("something is said before it ends")
                .unwrap();
        }
    }
}

/// What holds one of the secrets on the disk.
fn holding(folder: &Path) -> Vec<String> {
    agent::testing::holding(folder, &[SECRET, SECOND])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_shows_in_no_log_answer_export_or_stream_and_on_no_disk() {
    let mut world = World::new().await;
    // Everything that a browser hears meanwhile.
    let mut live = world.ask.listen().await.unwrap();
    let (told, mut heard) = tokio::sync::watch::channel(0);
    let stream = Arc::new(Mutex::new(Vec::new()));
    let stop = CancellationToken::new();
    let listening = tokio::spawn({
        let (stream, stop) = (Arc::clone(&stream), stop.clone());
        async move {
            loop {
                let next = tokio::select! {
                    () = stop.cancelled() => return,
                    next = live.chunk() => next,
                };
                let Ok(Some(chunk)) = next else { return };
                stream.lock().unwrap().extend_from_slice(&chunk);
                told.send_modify(|times| *times += 1);
            }
        }
    });

    world.publish(1).await;
    let first = world.deploy(SECRET).await;
    world.finished(first, &mut heard).await;
    // It has come where it is needed.
    assert!(world.service().await.contains(SECRET));
    world.publish(2).await;
    let second = world.deploy(SECOND).await;
    world.finished(second, &mut heard).await;
    assert!(world.service().await.contains(SECOND));

    for number in [first, second] {
        let filter = json!({ "after": 0, "before": null, "text": "", "kinds": [], "limit": 500 });
        let log = json!({ "number": number, "filter": filter });
        let log = world.call("read_log", log).await;
        assert!(log.to_string().contains("VaultService"), "{log}");
        for path in [
            format!("/plans/{number}"),
            format!("/plans/{number}/changes"),
        ] {
            world.get(&path).await;
        }
        let run = world.call("read_run", json!({ "number": number })).await;
        let key = run["plan"]["id"].as_str().unwrap();
        let deployment = world.lifetime(&format!("deployments/{key}/")).await;
        let brought = &deployment["Deployment"]["ApplicationOperations"][0];
        assert_eq!(brought["ApplicationKey"], APPLICATION, "{deployment}");
        let status = world.lifetime(&format!("deployments/{key}/status/")).await;
        assert_eq!(
            status["DeploymentStatus"], "finished_successful",
            "{status}"
        );
        assert!(status.to_string().contains("VaultService"), "{status}");
    }
    world.lifetime("deployments/").await;
    for path in ["/applications", "/environments", "/plans"] {
        world.get(path).await;
    }
    let csv = world.get("/plans.csv").await;
    assert!(csv.contains("Vault Desk"), "{csv}");
    world.get(&format!("/applications/{APPLICATION}")).await;
    let landscape = world.command(&["landscape"]).await;
    assert!(landscape.contains("VaultService"));

    // An agent with another key says so at the console, too, and still shows nothing.
    let folder = world.installation.folder.path().to_owned();
    world.installation.stop_agent(1).await;
    let key = folder.join("Quality/secret.key");
    let own = std::fs::read(&key).unwrap();
    std::fs::write(&key, "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA").unwrap();
    world.installation.start_agent(1).await;
    let page = format!("/applications/{APPLICATION}");
    while !world.get(&page).await.contains("Down, secrets locked") {
        tokio::time::timeout(PATIENCE, heard.changed())
            .await
            .expect("the console is told")
            .unwrap();
    }
    let log = std::fs::read_to_string(world.installation.log_of("Quality")).unwrap();
    assert!(log.contains("\"ApiKey\" is sealed with the key"), "{log}");
    // With its own key again the service comes up, by itself.
    std::fs::write(&key, own).unwrap();
    while !world.service().await.contains(SECOND) {
        tokio::task::yield_now().await;
    }

    for (asked, answer) in world.answers.lock().unwrap().iter() {
        assert!(
            !answer.contains(SECRET) && !answer.contains(SECOND),
            "{asked} is answered with the secret"
        );
    }
    stop.cancel();
    listening.await.unwrap();
    let stream = String::from_utf8(stream.lock().unwrap().clone()).unwrap();
    assert!(stream.contains(&format!("plan/{first} ")), "{stream}");
    assert!(!stream.contains(SECRET) && !stream.contains(SECOND));

    // Logs, databases, journals and whatever else was written: while they run, and afterwards.
    for (log, line) in [
        ("console-0", "a publication begins"),
        ("Development", "connected to the console"),
        ("Quality", "connected to the console"),
    ] {
        let text = std::fs::read_to_string(world.installation.log_of(log)).unwrap();
        assert!(text.contains(line), "{log}: {text}");
        assert!(log == "Quality" || !text.contains("ERROR"), "{log}: {text}");
    }
    assert_eq!(holding(&folder), [""; 0]);
    world.installation.stop().await;
    assert_eq!(holding(&folder), [""; 0]);
}
