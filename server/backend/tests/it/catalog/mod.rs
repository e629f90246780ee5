//! What environments run, with all marks: published, found by inventory, tagged, listed.

mod changes;
mod outside;
mod publishing;
mod references;
mod tags;

use backend::testing::{FakeAgent, TestBackend, actor};
use backend::{Actor, NewPublication};
use domain::access::Standing;
use domain::view::{ApplicationDetail, ApplicationFilter, NewVersion};
use domain::{AppError, ApplicationId, EnvironmentId, VersionId};
use tempfile::TempDir;
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + number)
}

/// A static module's table in a manifest.
fn module(number: u128, name: &str, url_path: &str, rest: &str) -> String {
    format!(
        "\n[[module]]\nid = \"{}\"\nname = \"{name}\"\nkind = \"static\"\npath = \"{name}\"\nurl_path = \"{url_path}\"\n{rest}\n",
        id(number)
    )
}

/// A module as it stands in a manifest: number of its id, name, folder, what else.
struct Part<'a>(u128, &'a str, &'a str);

struct World {
    slipway: TestBackend,
    development: FakeAgent,
    quality: FakeAgent,
    operator: Actor,
    viewer: Actor,
}

const CORE: u128 = 0x100;
const SHOP: u128 = 0x200;

const OFFERS: &str = r#"
[[module.provides]]
kind = "server_action"
name = "Price"
content = "index.html"
members = [{ role = "input", name = "amount", type = "integer", mandatory = true }]
"#;

const USES: &str = r#"
[[module.uses]]
module = "CoreLogic"
elements = [{ kind = "server_action", name = "Price" }]
"#;

impl World {
    async fn new() -> Self {
        Self::on(TestBackend::new().await).await
    }

    async fn on(slipway: TestBackend) -> Self {
        let development = FakeAgent::join(&slipway, "Development").await;
        let quality = FakeAgent::join(&slipway, "Quality").await;
        Self {
            slipway,
            development,
            quality,
            operator: actor(Standing::Operator),
            viewer: actor(Standing::Viewer),
        }
    }

    async fn settle(&mut self) {
        let mut idle = 0;
        for _ in 0..500 {
            self.slipway.walk_runs().await.unwrap();
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

    /// Packs an application whose modules all have this content, and gives the bundles' digests.
    async fn pack(
        &self,
        application: (u128, &str),
        parts: &[Part<'_>],
        content: &str,
    ) -> Vec<String> {
        let toml: String = parts
            .iter()
            .map(|Part(number, name, rest)| module(*number, name, &format!("/{name}"), rest))
            .collect();
        let names: Vec<&str> = parts.iter().map(|Part(_, name, _)| *name).collect();
        self.pack_toml(application, &toml, &names, content).await
    }

    /// The same for one module at a URL path that is not its name.
    async fn pack_at(
        &self,
        application: (u128, &str),
        (number, name): (u128, &str),
        url_path: &str,
    ) -> Vec<String> {
        let toml = module(number, name, url_path, "");
        self.pack_toml(application, &toml, &[name], "x").await
    }

    async fn pack_toml(
        &self,
        application: (u128, &str),
        modules: &str,
        folders: &[&str],
        content: &str,
    ) -> Vec<String> {
        let folder = TempDir::new().unwrap();
        let toml = format!(
            "[application]\nid = \"{}\"\nname = \"{}\"\n{modules}",
            id(application.0),
            application.1
        );
        for name in folders {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("index.html"), content).unwrap();
        }
        self.slipway
            .upload_application(&self.operator, folder.path(), &toml)
            .await
    }

    async fn publish(
        &mut self,
        environment: &str,
        bundles: Vec<String>,
        allow_missing: bool,
    ) -> Result<(), AppError> {
        let new = NewPublication {
            environment: environment.to_owned(),
            bundles,
            allow_missing,
        };
        let run = self.slipway.publish(&self.operator, new).await?;
        self.settle().await;
        let state = self
            .slipway
            .read_publication(&self.viewer, run, 0)
            .await
            .unwrap();
        assert_eq!(state.succeeded, Some(true), "{state:?}");
        assert!(!state.lines.is_empty());
        Ok(())
    }

    async fn core(&mut self, environment: &str, content: &str) {
        let part = Part(CORE + 1, "CoreLogic", OFFERS);
        let bundles = self.pack((CORE, "Core"), &[part], content).await;
        self.publish(environment, bundles, false).await.unwrap();
    }

    async fn shop(&mut self, environment: &str, content: &str) {
        let part = Part(SHOP + 1, "ShopFront", USES);
        let bundles = self.pack((SHOP, "Shop"), &[part], content).await;
        self.publish(environment, bundles, false).await.unwrap();
    }

    async fn detail(&self, application: u128) -> ApplicationDetail {
        let id = ApplicationId(id(application));
        self.slipway
            .read_application(&self.viewer, id)
            .await
            .unwrap()
    }

    async fn tag(
        &self,
        application: u128,
        environment: EnvironmentId,
        number: &str,
    ) -> Result<VersionId, AppError> {
        let detail = self.detail(application).await;
        let place = detail
            .cells
            .iter()
            .position(|cell| cell.environment == environment)
            .unwrap();
        let new = NewVersion {
            application: detail.id,
            environment,
            number: number.to_owned(),
            description: "A change".to_owned(),
            running_revision: detail.running_revisions[place].unwrap_or(0),
        };
        self.slipway.tag_version(&self.operator, new).await
    }

    async fn names(&self, filter: ApplicationFilter) -> Vec<String> {
        let filter = ApplicationFilter {
            limit: 50,
            ..filter
        };
        let page = self
            .slipway
            .list_applications(&self.viewer, filter)
            .await
            .unwrap();
        assert_eq!(page.total, page.rows.len() as u64);
        page.rows.into_iter().map(|row| row.name).collect()
    }

    fn source(&self) -> EnvironmentId {
        self.development.actor.environment
    }
}

#[tokio::test]
async fn processes_on_postgres_tell_each_other() {
    use backend::events::Topic;
    use std::sync::Arc;
    let url = store::testing::postgres_url().await;
    let clock = backend::testing::FakeClock::at(1_800_000_000_000);
    let options = backend::engine::EngineOptions::default();
    let first = TestBackend::on_url(&url, Arc::clone(&clock), options).await;
    let second = TestBackend::on_url(&url, clock, options).await;
    let stop = tokio_util::sync::CancellationToken::new();
    let relays = [&first, &second]
        .map(|one| tokio::spawn(Arc::clone(&one.backend).relay_topics(stop.clone())));
    let mut heard = second.topics().subscribe();
    // Said again until the other one listens.
    let change = loop {
        first.topics().bump([Topic::Plan(7)]);
        let wait = std::time::Duration::from_millis(200);
        if let Ok(change) = tokio::time::timeout(wait, heard.recv()).await {
            break change.unwrap();
        }
    };
    assert_eq!(change.topic, Topic::Plan(7));
    stop.cancel();
    for relay in relays {
        relay.await.unwrap();
    }
}
