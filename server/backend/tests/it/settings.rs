//! Site properties: defaults, values per environment, secrets, the audit.

use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::view::SiteProperty;
use domain::{AppError, EnvironmentId, ModuleId};
use futures::StreamExt;
use protocol::{Order, Placement};
use std::collections::BTreeMap;
use tempfile::TempDir;
use uuid::Uuid;

const APPLICATION: Uuid = Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0001);
const MODULE: ModuleId = ModuleId(Uuid::from_u128(0x0197_a000_0000_7000_8000_0000_0000_0002));

struct World {
    slipway: TestBackend,
    agent: backend::testing::FakeAgent,
}

impl World {
    async fn new() -> Self {
        let slipway = TestBackend::new().await;
        let agent = backend::testing::FakeAgent::join(&slipway, "Quality").await;
        Self { slipway, agent }
    }

    fn environment(&self) -> EnvironmentId {
        self.agent.actor.environment
    }

    /// Publishes the module with this text in its page.
    async fn publish(&mut self, text: &str) {
        let folder = TempDir::new().unwrap();
        let toml = format!(
            "[application]\nid = \"{APPLICATION}\"\nname = \"Shop\"\n\
             [[module]]\nid = \"{}\"\nname = \"Shop\"\nkind = \"static\"\npath = \"site\"\nurl_path = \"/shop\"\n\
             [[module.setting]]\nname = \"Currency\"\ntype = \"text\"\ndefault = \"EUR\"\n\
             [[module.setting]]\nname = \"Limit\"\ntype = \"integer\"\ndefault = 10\n\
             [[module.setting]]\nname = \"Note\"\ntype = \"text\"\n\
             [[module.setting]]\nname = \"ApiKey\"\ntype = \"text\"\nsecret = true\n",
            MODULE.0
        );
        std::fs::create_dir(folder.path().join("site")).unwrap();
        std::fs::write(folder.path().join("site/index.html"), text).unwrap();
        let operator = actor(Standing::Operator);
        let bundles = self
            .slipway
            .upload_application(&operator, folder.path(), &toml);
        let new = backend::NewPublication {
            environment: "Quality".to_owned(),
            bundles: bundles.await,
            allow_missing: false,
        };
        self.slipway.publish(&operator, new).await.unwrap();
    }

    /// What the agent is told to stage next, over its stream; then the run goes on to its end.
    async fn staged(&mut self) -> Placement {
        // The bundle is fetched, then staging is ordered.
        self.slipway.walk_runs().await.unwrap();
        self.agent.work(&self.slipway).await;
        self.slipway.walk_runs().await.unwrap();
        let mut stream = Box::pin(
            self.slipway
                .commands_after(&self.agent.actor, 0)
                .await
                .unwrap(),
        );
        let command = stream.next().await.unwrap();
        drop(stream);
        let Order::Stage(placement) = command.order else {
            panic!("{:?} comes before staging", command.order);
        };
        for _ in 0..200 {
            self.slipway.walk_runs().await.unwrap();
            self.agent.work(&self.slipway).await;
            self.slipway.clock.advance(100);
        }
        assert_eq!(self.slipway.held_runs().await, 0, "the run is over");
        placement
    }

    async fn set(&self, name: &str, value: Option<&str>) -> Result<(), AppError> {
        self.slipway
            .set_site_property(
                &actor(Standing::Operator),
                self.environment(),
                MODULE,
                name,
                value.map(str::to_owned),
            )
            .await
    }

    async fn list(&self) -> Vec<SiteProperty> {
        self.slipway
            .list_site_properties(&actor(Standing::Viewer), self.environment(), MODULE)
            .await
            .unwrap()
    }
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn placements_carry_defaults_then_values_and_secrets_only_on_the_way() {
    let mut world = World::new().await;
    world.publish("one").await;
    let placement = world.staged().await;
    assert_eq!(
        placement.settings,
        values(&[("Currency", "EUR"), ("Limit", "10")])
    );
    assert_eq!(placement.secret_settings, ["ApiKey"]);

    // However the name is written.
    world.set("currency", Some("CHF")).await.unwrap();
    world.set("Note", Some("")).await.unwrap();
    world.set("ApiKey", Some("hush")).await.unwrap();
    world.publish("two").await;
    let placement = world.staged().await;
    let mut expected = values(&[("Currency", "CHF"), ("Limit", "10"), ("Note", "")]);
    // What the run keeps knows nothing of the secret; what the agent is told does.
    let stored = world.slipway.stored_texts().await;
    assert!(!stored.contains("hush"), "the secret is stored with a run");
    expected.insert("ApiKey".to_owned(), "hush".to_owned());
    assert_eq!(placement.settings, expected);

    world.set("CURRENCY", None).await.unwrap();
    world.publish("three").await;
    assert_eq!(world.staged().await.settings["Currency"], "EUR");
}

#[tokio::test]
async fn values_are_checked_shown_and_audited() {
    let mut world = World::new().await;
    world.publish("one").await;
    world.staged().await;
    let error = world.set("Limit", Some("many")).await.unwrap_err();
    assert!(
        error.to_string().contains("an integer is written like"),
        "{error}"
    );
    let error = world.set("Colour", Some("red")).await.unwrap_err();
    assert_eq!(error.code(), "not_found");
    assert!(error.to_string().contains("Colour"), "{error}");
    let refused = world
        .slipway
        .set_site_property(
            &actor(Standing::Viewer),
            world.environment(),
            MODULE,
            "Limit",
            Some("5".to_owned()),
        )
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "forbidden");

    world.set("Limit", Some("5")).await.unwrap();
    world.set("ApiKey", Some("hush")).await.unwrap();
    let shown: Vec<_> = world
        .list()
        .await
        .into_iter()
        .map(|row| (row.name, row.default, row.value, row.set))
        .collect();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        shown,
        [
            // Nobody is shown a secret again.
            ("ApiKey".to_owned(), None, None, true),
            ("Currency".to_owned(), text("EUR"), None, false),
            ("Limit".to_owned(), text("10"), text("5"), true),
            ("Note".to_owned(), None, None, false),
        ]
    );
    let stored = world.slipway.stored_texts().await;
    assert!(stored.contains("site_property_set"), "{stored}");
    assert!(stored.contains("(secret)") && !stored.contains("hush"));
}

#[tokio::test]
async fn a_module_is_found_by_name_or_id() {
    let mut world = World::new().await;
    world.publish("one").await;
    world.staged().await;
    let viewer = actor(Standing::Viewer);
    for module in ["shop", &MODULE.0.to_string()] {
        let found = world.slipway.find_module(&viewer, "quality", module).await;
        assert_eq!(
            found.unwrap(),
            (world.environment(), "Quality".to_owned(), MODULE)
        );
    }
    for (environment, module, named) in [("Nowhere", "Shop", "Nowhere"), ("Quality", "X", "\"X\"")]
    {
        let error = world
            .slipway
            .find_module(&viewer, environment, module)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "not_found");
        assert!(error.to_string().contains(named), "{error}");
    }
}
