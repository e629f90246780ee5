//! A real console and the real agents of two environments: plans of single modules (domain.md
//! 3.10), and values of site properties at the switch and after it (C6).

use crate::harness::write_files;
use crate::installation::{ANY_PORT, Joined, http_client, join, online};
use agent::testing::Leftovers;
use backend::testing::actor;
use backend::{Actor, NewPublication};
use domain::access::Standing;
use domain::environment::Purpose;
use domain::execution::Outcome;
use domain::plan::{Choice, PlanStatus};
use domain::settings::{Property, PropertyKind, SettingEdit};
use domain::view::{PlanEdit, StartOutcome};
use domain::{ApplicationId, EnvironmentId, ModuleId};
use serde_json::{Value, json};
use server::console::{Console, Settings};
use std::path::PathBuf;
use tempfile::TempDir;
use tokio_util::sync::{CancellationToken, DropGuard};

const TOML: &str = r#"
[application]
id = "0197a000-0000-7000-8000-000000000031"
name = "Bureau"
[[module]]
id = "0197a000-0000-7000-8000-000000000032"
name = "BureauFront"
kind = "static"
path = "front"
url_path = "/front"
[[module]]
id = "0197a000-0000-7000-8000-000000000033"
name = "BureauBack"
kind = "static"
path = "back"
url_path = "/back"
[[module.setting]]
name = "Currency"
type = "text"
default = "EUR"
[[module]]
id = "0197a000-0000-7000-8000-000000000034"
name = "BureauService"
kind = "service"
path = "service"
url_path = "/service"
[module.service]
command = ["sh", "start.sh", "{slipway}"]
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

/// Notes what it finds as its site property whenever it starts, and does not start with a bad one.
const START: &str = r#"printf '%s %s\n' "$SETTING_LIMIT" "$SETTING_APIKEY" >> "$SLIPWAY_DATA/starts"
if [ "$SETTING_LIMIT" = 13 ]; then exit 1; fi
exec "$1" sample-service
"#;

fn bureau() -> ApplicationId {
    ApplicationId("0197a000-0000-7000-8000-000000000031".parse().unwrap())
}

fn module(last: u32) -> ModuleId {
    ModuleId(
        format!("0197a000-0000-7000-8000-0000000000{last}")
            .parse()
            .unwrap(),
    )
}

struct Place {
    id: EnvironmentId,
    folder: PathBuf,
    agent: agent::Running,
    stop: DropGuard,
}

/// A console with *Development* and *Quality*.
struct Pair {
    console: Console,
    places: Vec<Place>,
    operator: Actor,
    http: reqwest::Client,
    folder: TempDir,
    _leftovers: Leftovers,
}

impl Pair {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let http = http_client();
        let settings = Settings::in_folder(folder.path(), ANY_PORT);
        let console = Console::start(settings).await.unwrap();
        let administrator = actor(Standing::Administrator);
        let mut places = Vec::new();
        for (name, purpose) in [
            ("Development", Purpose::Development),
            ("Quality", Purpose::Test),
        ] {
            let own = folder.path().join(name);
            let joined = join(&console, &administrator, (name, purpose), &own).await;
            let Joined {
                environment,
                config,
                ..
            } = joined;
            let stop = CancellationToken::new();
            places.push(Place {
                id: environment,
                folder: config.folder.clone(),
                agent: agent::run(config, stop.clone()).await.unwrap(),
                stop: stop.drop_guard(),
            });
        }
        online(&console, &administrator).await;
        Self {
            _leftovers: Leftovers::of(folder.path()),
            console,
            places,
            operator: actor(Standing::Operator),
            http,
            folder,
        }
    }

    /// Publishes all modules to Development with this content.
    async fn publish(&self, edition: u32) {
        let root = self.folder.path().join(format!("source-{edition}"));
        let page = format!("edition {edition}");
        let service = format!("{{\"edition\":{edition}}}");
        let files = [
            ("slipway.toml", TOML),
            ("front/index.html", &page),
            ("back/index.html", &page),
            ("service/service.json", &service),
            ("service/start.sh", START),
        ];
        write_files(&root, &files);
        let backend = &self.console.backend;
        let bundles = backend.upload_application(&self.operator, &root, TOML);
        let new = NewPublication {
            environment: "Development".to_owned(),
            bundles: bundles.await,
            allow_missing: false,
        };
        let run = backend.publish(&self.operator, new).await.unwrap();
        let end = backend.wait_run(run).await.unwrap();
        assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    }

    async fn new_plan(&self) -> (u64, i64) {
        let number = self
            .console
            .backend
            .create_plan(
                &self.operator,
                self.places[0].id,
                self.places[1].id,
                vec![bureau()],
            )
            .await
            .unwrap();
        (number, 1)
    }

    async fn edit(&self, plan: (u64, i64), edit: PlanEdit) -> (u64, i64) {
        let backend = &self.console.backend;
        let revision = backend.edit_plan(&self.operator, plan.0, plan.1, edit);
        (plan.0, revision.await.unwrap())
    }

    /// Starts the plan and waits for its end; what it says of it.
    async fn run(&self, plan: (u64, i64)) -> (PlanStatus, String) {
        let backend = &self.console.backend;
        let started = backend
            .start_plan(&self.operator, plan.0, plan.1, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        let row = backend.read_plan(&self.operator, plan.0).await.unwrap().row;
        let end = backend.wait_run(row.id.0).await.unwrap();
        let row = backend.read_plan(&self.operator, plan.0).await.unwrap().row;
        (row.status, end.text)
    }

    async fn read(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.places[1].agent.address());
        let answer = self.http.get(url).send().await.unwrap();
        answer.text().await.unwrap()
    }

    /// The folder that Quality's agent runs a module from.
    fn release(&self, module: ModuleId) -> PathBuf {
        let link = self.places[1]
            .folder
            .join("current")
            .join(module.to_string());
        std::fs::read_link(link).unwrap()
    }

    /// What the service found as its site properties at each start in Quality.
    fn starts(&self) -> Vec<String> {
        let data = self.places[1].folder.join("data");
        let path = data.join(module(34).to_string()).join("starts");
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.lines().map(|line| line.trim().to_owned()).collect()
    }

    async fn document(&self) -> Value {
        let text = self.read("/back/slipway-settings.json").await;
        let document: Value = serde_json::from_str(&text).unwrap();
        document["settings"].clone()
    }

    async fn end(self) {
        for place in self.places {
            drop(place.stop);
            place.agent.finished().await.unwrap();
        }
        self.console.stop().await;
    }
}

fn value(of: ModuleId, name: &str, value: &str) -> PlanEdit {
    PlanEdit::SetSetting(SettingEdit {
        module: of,
        name: name.to_owned(),
        property: Property {
            kind: PropertyKind::Text,
            secret: false,
            default: true,
        },
        value: Some(value.to_owned()),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_chosen_modules_change_and_what_is_set_after_activation_is_not_seen_at_the_switch()
{
    let pair = Pair::new().await;
    pair.publish(1).await;
    let plan = pair.new_plan().await;
    let plan = pair.edit(plan, value(module(34), "ApiKey", "first")).await;
    // With the switch: what starts finds the plan's value.
    let plan = pair.edit(plan, value(module(34), "Limit", "25")).await;
    assert_eq!(pair.run(plan).await.0, PlanStatus::FinishedSuccessful);
    assert_eq!(pair.starts(), ["25 first"]);

    // One module of three: the others are what they were, down to the folder.
    pair.publish(2).await;
    let before = [pair.release(module(33)), pair.release(module(34))];
    let plan = pair.new_plan().await;
    let modules = vec![module(32)];
    let custom = PlanEdit::SetChoice(bureau(), Choice::DeployCustom { modules });
    let plan = pair.edit(plan, custom).await;
    assert_eq!(pair.run(plan).await.0, PlanStatus::FinishedSuccessful);
    assert_eq!(pair.read("/front/").await, "edition 2");
    assert_eq!(pair.read("/back/").await, "edition 1");
    assert_eq!(before, [pair.release(module(33)), pair.release(module(34))]);
    assert_eq!(pair.starts(), ["25 first"], "the service was not touched");
    let plan = pair.new_plan().await;
    let rows = pair.console.backend.read_plan(&pair.operator, plan.0).await;
    let (number, marks) = rows.unwrap().rows[0].in_target.unwrap();
    assert_eq!(
        (number.map(|n| n.to_string()).as_deref(), marks.modified),
        (Some("0.1"), true)
    );

    // After activation: what starts at the switch finds what was set before, and then the new.
    let plan = pair.edit(plan, value(module(34), "Limit", "30")).await;
    let plan = pair.edit(plan, value(module(34), "ApiKey", "second")).await;
    let plan = pair.edit(plan, value(module(33), "Currency", "CHF")).await;
    let plan = pair.edit(plan, PlanEdit::SetSettingsAfter(true)).await;
    let (status, text) = pair.run(plan).await;
    assert_eq!(status, PlanStatus::FinishedSuccessful, "{text}");
    assert_eq!(pair.starts(), ["25 first", "25 first", "30 second"]);
    let data: Value = serde_json::from_str(&pair.read("/service/data").await).unwrap();
    assert_eq!(data["edition"], 2);
    assert_eq!(
        data["settings"],
        json!({ "LIMIT": "30", "APIKEY": "second" })
    );
    assert_eq!(pair.document().await, json!({ "Currency": "CHF" }));

    // What does not come up with its new value goes on with the former one, and it is said.
    pair.publish(3).await;
    let plan = pair.new_plan().await;
    let plan = pair.edit(plan, value(module(34), "Limit", "13")).await;
    let plan = pair.edit(plan, PlanEdit::SetSettingsAfter(true)).await;
    let (status, text) = pair.run(plan).await;
    assert_eq!(status, PlanStatus::FinishedWithWarnings, "{text}");
    assert!(
        text.contains("BureauService") && text.contains("keeps the former values"),
        "{text}"
    );
    let data: Value = serde_json::from_str(&pair.read("/service/data").await).unwrap();
    assert_eq!(
        (&data["edition"], &data["settings"]["LIMIT"]),
        (&json!(3), &json!("30"))
    );
    pair.end().await;
}
