//! The LifeTime API over HTTP, on both databases, with fake agents that really walk the runs
//! (domain.md 3.13; B8).

mod applications;
mod deployments;
mod refusals;
mod runs;
mod tokens;

use crate::harness::{Answer, Harness};
use crate::installation::Administrator;
use axum::body::Body;
use backend::testing::{FakeAgent, TestBackend};
use backend::{Actor, NewPublication};
use domain::access::Standing;
use domain::view::{NewInvitation, NewToken};
use domain::{EnvironmentId, TokenId};
use http::{Method, Request, header};
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// Where the API is.
const BASE: &str = "/lifetimeapi/rest/v2";

/// Runs tests on a world on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($(#[$doc:meta])* async fn $name:ident(mut $world:ident: World) $body:block)+) => {
        $(
            mod $name {
                use super::*;

                $(#[$doc])*
                #[allow(unused_mut)] // not every test moves its world
                async fn run(mut $world: World) $body

                #[tokio::test]
                async fn sqlite() {
                    // On the heap: all these futures in one are more than a stack holds.
                    let world = Box::pin(World::on(Box::pin(backend::testing::TestBackend::new()).await)).await;
                    Box::pin(run(world)).await;
                }

                #[tokio::test]
                async fn postgres() {
                    let slipway = Box::pin(backend::testing::TestBackend::postgres()).await;
                    let world = Box::pin(World::on(slipway)).await;
                    Box::pin(run(world)).await;
                }
            }
        )+
    };
}
use on_both;

/// An id that is the same in every test.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + number)
}

const CORE: u128 = 0x100;
const SHOP: u128 = 0x200;

/// *Development* and *Quality*, an administrator `ada`, and a token of hers.
struct World {
    harness: Harness,
    development: FakeAgent,
    quality: FakeAgent,
    ada: Actor,
    token: String,
}

impl World {
    async fn on(slipway: TestBackend) -> Self {
        let development = FakeAgent::join(&slipway, "Development").await;
        let quality = FakeAgent::join(&slipway, "Quality").await;
        let ada = Administrator::of(&slipway).await.actor;
        let mut world = Self {
            harness: Harness::on(slipway),
            development,
            quality,
            token: String::new(),
            ada,
        };
        world.token = world.make_token("ci", None).await.1;
        world
    }

    async fn make_token(&self, name: &str, days: Option<u32>) -> (TokenId, String) {
        let new = NewToken {
            name: name.to_owned(),
            days,
        };
        let backend = &self.harness.backend;
        let made = backend.create_token(&self.ada, self.ada.user, new).await;
        let made = made.unwrap();
        (made.row.id, made.secret)
    }

    /// A token of somebody with this standing.
    async fn token_of(&self, standing: Standing) -> String {
        let backend = &self.harness.backend;
        let new = NewInvitation {
            name: "Ben Reed".to_owned(),
            login: "ben".to_owned(),
            email: String::new(),
            standing,
        };
        backend.invite_account(&self.ada, new).await.unwrap();
        let ben = backend.find_account(&self.ada, "ben").await.unwrap();
        let new = NewToken {
            name: "ben's".to_owned(),
            days: None,
        };
        let made = backend.create_token(&self.ada, ben.id, new).await.unwrap();
        made.secret
    }

    fn source(&self) -> EnvironmentId {
        self.development.actor.environment
    }

    fn target(&self) -> EnvironmentId {
        self.quality.actor.environment
    }

    async fn call_as(&self, token: &str, method: Method, path: &str, body: &Value) -> Answer {
        let body = match body {
            Value::Null => Body::empty(),
            body => Body::from(body.to_string()),
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("{BASE}{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            // Clients say so of everything.
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap();
        self.harness.ask(request).await
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.call_as(&self.token, method, path, body).await
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        parsed(&self.call(Method::GET, path, &Value::Null).await)
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        parsed(&self.call(Method::POST, path, body).await)
    }

    async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        parsed(&self.call(Method::PUT, path, body).await)
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        parsed(&self.call(Method::DELETE, path, &Value::Null).await)
    }

    /// Lets engine and agents take one turn; whether an agent had something to do.
    async fn turn(&mut self) -> bool {
        let slipway = &self.harness.backend;
        slipway.walk_runs().await.unwrap();
        let busy = self.development.work(slipway).await | self.quality.work(slipway).await;
        slipway.clock.advance(if busy { 20 } else { 2_000 });
        busy
    }

    /// Lets engine and agents take turns until nobody has anything to do.
    async fn settle(&mut self) {
        let mut idle = 0;
        for _ in 0..2_000 {
            idle = if self.turn().await { 0 } else { idle + 1 };
            if idle > 3 {
                return;
            }
        }
        panic!("it never settles");
    }

    /// Publishes what is in a folder to Development.
    async fn publish(&mut self, folder: TempDir) {
        let manifest = std::fs::read_to_string(folder.path().join("slipway.toml")).unwrap();
        let backend = &self.harness.backend;
        let bundles = backend.upload_application(&self.ada, folder.path(), &manifest);
        let new = NewPublication {
            environment: "Development".to_owned(),
            bundles: bundles.await,
            allow_missing: false,
        };
        let published = backend.publish(&self.ada, new);
        Box::pin(published).await.unwrap();
        Box::pin(self.settle()).await;
    }

    /// Tags what Development runs, through the API; the version's key.
    async fn tag(&self, application: u128, number: &str) -> String {
        let (environment, application) = (self.source(), id(application));
        let path = format!("/environments/{environment}/applications/{application}/versions/");
        let new = json!({ "Version": number, "ChangeLog": "More", "MobileVersions": null });
        let (status, made) = self.post(&path, &new).await;
        assert_eq!(status, 201, "{made}");
        made["ApplicationVersionKey"].as_str().unwrap().to_owned()
    }

    /// Publishes Core with this content of its strong element, and tags it.
    async fn core(&mut self, content: &str, number: &str) -> String {
        self.publish(core_folder(content)).await;
        self.tag(CORE, number).await
    }

    /// The same with Shop, which uses that element.
    async fn shop(&mut self, content: &str, number: &str) -> String {
        self.publish(shop_folder(content)).await;
        self.tag(SHOP, number).await
    }

    /// What a client sends to deploy these versions to Quality.
    fn deployment(&self, versions: &[&str]) -> Value {
        let operations = versions.iter();
        let operations =
            operations.map(|key| json!({ "ApplicationVersionKey": key, "DeploymentZoneKey": "" }));
        json!({
            "Notes": "From the pipeline",
            "SourceEnvironmentKey": self.source(),
            "TargetEnvironmentKey": self.target(),
            "ApplicationOperations": operations.collect::<Vec<_>>(),
        })
    }

    /// Makes a deployment; its path.
    async fn make(&self, versions: &[&str]) -> String {
        let new = self.deployment(versions);
        let answer = self.call(Method::POST, "/deployments/", &new).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        format!("/deployments/{}", answer.body)
    }

    /// Makes a deployment, starts it and lets it run to its end.
    async fn deploy(&mut self, versions: &[&str]) -> String {
        let path = self.make(versions).await;
        let (status, body) = self.post(&format!("{path}/start"), &Value::Null).await;
        assert_eq!((status, &body), (202, &Value::Null));
        Box::pin(self.settle()).await;
        assert_eq!(self.status(&path).await.0, "finished_successful");
        path
    }

    /// Status and info of a deployment.
    async fn status(&self, path: &str) -> (String, String) {
        let (status, body) = self.get(&format!("{path}/status/")).await;
        assert_eq!(status, 200, "{body}");
        let word = |name: &str| body[name].as_str().unwrap().to_owned();
        (word("DeploymentStatus"), word("Info"))
    }

    /// Names of what was done, with who did it, from the last `count` entries.
    async fn audited(&self, count: usize) -> Vec<(String, String)> {
        let all = self.harness.backend.list_audit().await;
        let last = all.into_iter().rev().take(count);
        let mut last: Vec<_> = last.map(|entry| (entry.action, entry.actor_name)).collect();
        last.reverse();
        last
    }
}

fn parsed(answer: &Answer) -> (u16, Value) {
    let status = answer.status.as_u16();
    if status >= 400 {
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["StatusCode"], status, "{body}");
        assert!(!body["Errors"][0].as_str().unwrap().is_empty(), "{body}");
        return (status, body);
    }
    (
        status,
        serde_json::from_str(&answer.body).unwrap_or_default(),
    )
}

/// What was wrong, in one text.
fn errors(body: &Value) -> String {
    let errors = body["Errors"].as_array().unwrap().iter();
    let errors: Vec<&str> = errors.map(|error| error.as_str().unwrap()).collect();
    errors.join("\n")
}

fn core_folder(content: &str) -> TempDir {
    let toml = format!(
        r#"
[application]
id = "{}"
name = "Core"
[[module]]
id = "{}"
name = "CoreLogic"
kind = "static"
path = "logic"
url_path = "/core"
[[module.provides]]
kind = "server_action"
name = "Price"
content = "price.txt"
"#,
        id(CORE),
        id(CORE + 1),
    );
    folder(&toml, "logic/price.txt", content)
}

fn shop_folder(content: &str) -> TempDir {
    let toml = format!(
        r#"
[application]
id = "{}"
name = "Shop"
[[module]]
id = "{}"
name = "ShopFront"
kind = "static"
path = "front"
url_path = "/shop"
[[module.uses]]
module = "CoreLogic"
elements = [{{ kind = "server_action", name = "Price" }}]
"#,
        id(SHOP),
        id(SHOP + 1),
    );
    folder(&toml, "front/index.html", content)
}

fn folder(toml: &str, name: &str, content: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    crate::harness::write_files(folder.path(), &[("slipway.toml", toml), (name, content)]);
    folder
}
