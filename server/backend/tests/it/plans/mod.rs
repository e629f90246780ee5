//! Plans from the first draft to the end of their run, with fake agents and real bundles.

mod aborted;
mod aborted_late;
mod ahead;
mod bad_input;
mod beside;
mod blocks;
mod chance;
mod check;
mod compare;
mod custom;
mod discarded;
mod draft;
mod ended;
mod hotfix;
mod killed;
mod line;
mod list;
mod maintenance;
mod movable;
mod news;
mod no_agent;
mod own_drafts;
mod paces;
mod prepared;
mod prepared_anew;
mod prepares;
mod retry;
mod reuse;
mod rollback;
mod rollback_consumers;
mod rollback_part;
mod rollback_untagged;
mod run;
mod same_landscape;
mod saved_filters;
mod settings;
mod shared;
mod stamps;
mod start;
mod suspended;
mod together;
mod unreported;
mod verdict;
mod versions;

pub(crate) use chance::{DATABASE, be_a_console};

use backend::testing::{FakeAgent, TestBackend, actor};
use backend::{Actor, NewPublication};
use domain::access::Standing;
use domain::environment::Rules;
use domain::plan::Intervention;
use domain::view::PlanEdit;
use domain::{ApplicationId, EnvironmentId, VersionNumber};
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

/// Runs tests on a world on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($(async fn $name:ident(mut $world:ident: World) $body:block)+) => {
        $(
            mod $name {
                use super::*;

                #[allow(unused_mut)] // not every test moves its world
                async fn run(mut $world: World) $body

                #[tokio::test]
                async fn sqlite() {
                    // On the heap: all these futures in one are more than a stack holds.
                    let world = Box::pin(World::new()).await;
                    Box::pin(run(world)).await;
                }

                #[tokio::test]
                async fn postgres() {
                    let slipway = Box::pin(TestBackend::postgres()).await;
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

/// A factory with two applications: *Shop* uses strong and weak elements of *Core*.
struct World {
    slipway: TestBackend,
    development: FakeAgent,
    quality: FakeAgent,
    operator: Actor,
}

const CORE: u128 = 0x100;
const SHOP: u128 = 0x200;
const OTHER: u128 = 0x300;

fn core() -> ApplicationId {
    ApplicationId(id(CORE))
}

fn other(number: u128) -> ApplicationId {
    ApplicationId(id(OTHER + 2 * number))
}

fn shop() -> ApplicationId {
    ApplicationId(id(SHOP))
}

impl World {
    async fn on(slipway: TestBackend) -> Self {
        let development = FakeAgent::join(&slipway, "Development").await;
        let quality = FakeAgent::join(&slipway, "Quality").await;
        Self {
            slipway,
            development,
            quality,
            operator: actor(Standing::Operator),
        }
    }

    async fn new() -> Self {
        Self::on(TestBackend::new().await).await
    }

    /// The console dies and comes back; nobody waits for the leases that it had.
    async fn reborn(self) -> Self {
        let slipway = self.slipway.reborn().await;
        slipway.expire_leases().await;
        Self { slipway, ..self }
    }

    fn source(&self) -> EnvironmentId {
        self.development.actor.environment
    }

    fn target(&self) -> EnvironmentId {
        self.quality.actor.environment
    }

    /// Lets engine and agents take turns until nobody has anything to do.
    async fn settle(&mut self) {
        let mut idle = 0;
        for _ in 0..2_000 {
            self.slipway.walk_runs().await.unwrap();
            self.slipway.serve_lines().await.unwrap();
            self.slipway.sweep_prepared().await.unwrap();
            let busy =
                self.development.work(&self.slipway).await | self.quality.work(&self.slipway).await;
            self.slipway.clock.advance(if busy { 20 } else { 2_000 });
            idle = if busy { 0 } else { idle + 1 };
            if idle > 3 {
                return;
            }
        }
        panic!("it never settles");
    }

    /// Publishes Core with this content of its strong element.
    async fn publish_core(&mut self, content: &str) {
        Box::pin(self.publish_core_in("Development", content)).await;
    }

    /// The same in any environment.
    async fn publish_core_in(&mut self, environment: &str, content: &str) {
        let folder = core_folder(content);
        Box::pin(self.publish(folder.path(), environment)).await;
    }

    /// Publishes Shop with this content of its own.
    async fn publish_shop(&mut self, content: &str) {
        let folder = shop_folder(content);
        Box::pin(self.publish(folder.path(), "Development")).await;
    }

    /// Publishes an application that has to do with no other.
    async fn publish_other(&mut self, other: u128, content: &str) {
        let folder = other_folder(other, content);
        self.publish(folder.path(), "Development").await;
    }

    /// Changes how the target takes plans.
    async fn rule(&self, change: impl Fn(&mut Rules)) {
        let administrator = actor(Standing::Administrator);
        let all = self
            .slipway
            .list_environments(&administrator)
            .await
            .unwrap();
        let target = all.iter().find(|e| e.row.id == self.target()).unwrap();
        let mut rules = target.rules;
        change(&mut rules);
        self.slipway
            .set_environment_rules(&administrator, self.target(), target.revision, rules)
            .await
            .unwrap();
    }

    async fn publish(&mut self, folder: &Path, environment: &str) {
        let new = NewPublication {
            environment: environment.to_owned(),
            bundles: self.upload(folder).await,
            allow_missing: false,
        };
        let published = self.slipway.publish(&self.operator, new);
        Box::pin(published).await.unwrap();
        Box::pin(self.settle()).await;
    }

    /// Packs what is in a folder and gives it to the console; the digests of its bundles.
    async fn upload(&self, folder: &Path) -> Vec<String> {
        self.slipway
            .upload_application(&self.operator, folder, &manifest(folder))
            .await
    }

    /// A saved plan with these applications and their preselected choices; number and revision.
    async fn plan(&self, applications: Vec<ApplicationId>) -> (u64, i64) {
        let number = self
            .slipway
            .create_plan(&self.operator, self.source(), self.target(), applications)
            .await
            .unwrap();
        let revision = self
            .slipway
            .save_plan(&self.operator, number, 1)
            .await
            .unwrap();
        (number, revision)
    }

    /// The plan that the matrix shows on its way into Quality, and what it waits for.
    async fn on_its_way(&self, application: ApplicationId) -> (u64, Option<Intervention>) {
        let read = self.slipway.read_application(&self.operator, application);
        let incoming = Box::pin(read).await.unwrap().cells[1].incoming.unwrap();
        (incoming.number, incoming.waits)
    }

    async fn edit(&self, number: u64, revision: i64, edit: PlanEdit) -> i64 {
        self.slipway
            .edit_plan(&self.operator, number, revision, edit)
            .await
            .unwrap()
    }
}

/// The manifest of the application in a folder.
fn manifest(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("slipway.toml")).unwrap()
}

/// Core with this content of its strong element.
fn core_folder(content: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
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

[[module.provides]]
kind = "service_action"
name = "Quote"
content = "price.txt"
"#,
        id(CORE),
        id(CORE + 1),
    );
    write(folder.path(), "slipway.toml", &toml);
    write(folder.path(), "logic/price.txt", content);
    folder
}

/// Shop with this content of its own.
fn shop_folder(content: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
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
elements = [{{ kind = "server_action", name = "Price" }}, {{ kind = "service_action", name = "Quote" }}]
"#,
        id(SHOP),
        id(SHOP + 1),
    );
    write(folder.path(), "slipway.toml", &toml);
    write(folder.path(), "front/index.html", content);
    folder
}

/// An application that has to do with no other.
fn other_folder(other: u128, content: &str) -> TempDir {
    pages_folder(OTHER + 2 * other, &format!("Other{other}"), "", content)
}

/// An application of one static module with this content; `more` is what its manifest says besides.
fn pages_folder(number: u128, name: &str, more: &str, content: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let toml = format!(
        r#"
[application]
id = "{}"
name = "{name}"

[[module]]
id = "{}"
name = "{name}Pages"
kind = "static"
path = "pages"
url_path = "/{}"
{more}"#,
        id(number),
        id(number + 1),
        name.to_lowercase(),
    );
    write(folder.path(), "slipway.toml", &toml);
    write(folder.path(), "pages/index.html", content);
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn number(text: &str) -> VersionNumber {
    text.parse().unwrap()
}
