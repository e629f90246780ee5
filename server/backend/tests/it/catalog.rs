//! What environments run, with all marks: published, found by inventory, tagged, listed.

use backend::testing::{FakeAgent, Fault, TestBackend, actor};
use backend::{Actor, NewPublication};
use bundle::{Limits, Manifest, pack_module};
use domain::access::Standing;
use domain::environment::Purpose;
use domain::impact::FindingCode;
use domain::view::StartOutcome;
use domain::view::{
    ApplicationDetail, ApplicationFilter, ApplicationTab, Hit, NewEnvironment, NewVersion,
};
use domain::{AppError, ApplicationId, EnvironmentId, VersionId};
use protocol::{Hosted, Inventory, Order};
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
        let manifest = Manifest::parse("slipway.toml", &toml).unwrap();
        let mut bundles = Vec::new();
        for module in &manifest.modules {
            let mut bytes = Vec::new();
            let packed = pack_module(
                folder.path(),
                &manifest,
                module,
                &Limits::STANDARD,
                &mut bytes,
            )
            .unwrap();
            let digest = packed.digest.to_hex();
            self.slipway
                .upload_bundle(&self.operator, &digest, bytes.into())
                .await
                .unwrap();
            bundles.push(digest);
        }
        bundles
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
async fn unresolved_references_are_refused_by_name_or_recorded_as_broken() {
    let mut world = World::new().await;
    let part = Part(SHOP + 1, "ShopFront", USES);
    let bundles = world.pack((SHOP, "Shop"), &[part], "one").await;
    let error = world
        .publish("development", bundles.clone(), false)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "unresolved_references");
    assert!(
        error
            .to_string()
            .contains("ShopFront uses server action CoreLogic.Price")
    );
    let broken = ApplicationFilter {
        tab: ApplicationTab::Broken,
        ..ApplicationFilter::default()
    };
    assert!(world.names(ApplicationFilter::default()).await.is_empty());

    world.publish("Development", bundles, true).await.unwrap();
    assert_eq!(world.names(broken.clone()).await, ["Shop"]);
    let detail = world.detail(SHOP).await;
    assert_eq!(detail.cells[0].marks.broken_references, 1);
    assert_eq!(
        detail.modules[0].cells[0].broken,
        ["server action CoreLogic.Price is missing"]
    );
    assert_eq!(
        detail.addresses[0]
            .as_deref()
            .map(|address| address.ends_with("/ShopFront")),
        Some(true)
    );
    let graph = world
        .slipway
        .read_graph(&world.viewer, detail.id, world.source())
        .await
        .unwrap();
    assert_eq!(graph.producers[0].application, None);
    assert_eq!(graph.producers[0].name, "CoreLogic");

    // The producer comes, the consumer is published again: all is well.
    world.core("Development", "one").await;
    world.shop("Development", "one").await;
    assert!(world.names(broken).await.is_empty());
    let graph = world
        .slipway
        .read_graph(&world.viewer, detail.id, world.source())
        .await
        .unwrap();
    assert_eq!(graph.producers[0].name, "Core");
    assert_eq!(graph.producers[0].links[0].elements, 1);
}

#[tokio::test]
async fn new_content_of_a_strong_element_makes_consumers_outdated_until_they_are_published() {
    let mut world = World::new().await;
    world.core("Development", "one").await;
    world.shop("Development", "one").await;
    assert_eq!(
        world.detail(SHOP).await.cells[0].marks.outdated_references,
        0
    );
    world.core("Development", "two").await;
    let detail = world.detail(SHOP).await;
    assert_eq!(detail.cells[0].marks.outdated_references, 1);
    assert_eq!(detail.modules[0].cells[0].outdated, ["CoreLogic"]);
    world.shop("Development", "one").await;
    assert_eq!(
        world.detail(SHOP).await.cells[0].marks.outdated_references,
        0
    );
}

#[tokio::test]
async fn a_tag_freezes_what_runs_and_a_change_after_it_shows() {
    tag_and_change(World::new().await).await;
}

#[tokio::test]
async fn a_tag_freezes_what_runs_and_a_change_after_it_shows_on_postgres() {
    tag_and_change(World::on(TestBackend::postgres().await).await).await;
}

async fn tag_and_change(mut world: World) {
    world.core("Development", "one").await;
    let source = world.source();
    let proposal = world.detail(CORE).await.proposals[0].unwrap();
    assert_eq!(proposal.to_string(), "0.1");
    let stale = world.detail(CORE).await.running_revisions[0].unwrap();
    world.tag(CORE, source, "0.1").await.unwrap();

    let detail = world.detail(CORE).await;
    assert_eq!(detail.cells[0].version.unwrap().to_string(), "0.1");
    assert!(!detail.cells[0].marks.modified);
    assert_eq!(detail.versions[0].running_in, ["Development"]);
    assert!(detail.cells[0].can_move);
    assert_eq!(detail.proposals[0].unwrap().to_string(), "0.2");

    world.core("Development", "two").await;
    let detail = world.detail(CORE).await;
    assert!(detail.cells[0].marks.modified);
    assert!(detail.modules[0].cells[0].modified);
    assert!(!detail.cells[0].marks.hotfix);
    let again = NewVersion {
        application: detail.id,
        environment: source,
        number: "0.2".to_owned(),
        description: String::new(),
        running_revision: stale,
    };
    let error = world
        .slipway
        .tag_version(&world.operator, again)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "stale");
    for (number, part) in [
        ("0.1", "0.1"),
        ("0.0.9", "above"),
        ("x", "numbers"),
        ("", "needed"),
    ] {
        let error = world.tag(CORE, source, number).await.unwrap_err();
        assert!(matches!(&error, AppError::Invalid { fields } if fields[0].field == "number"));
        assert!(error.to_string().contains(part), "{error}");
    }
    world.tag(CORE, source, "0.2").await.unwrap();

    // V13: the old content again is the old tag again.
    world.core("Development", "one").await;
    let detail = world.detail(CORE).await;
    assert_eq!(detail.cells[0].version.unwrap().to_string(), "0.1");
    assert!(!detail.cells[0].marks.modified);
    assert_eq!(detail.version_total, 2);
}

#[tokio::test]
async fn published_downstream_is_a_hotfix_with_a_third_number() {
    publish_hotfix(World::new().await).await;
}

#[tokio::test]
async fn published_downstream_is_a_hotfix_with_a_third_number_on_postgres() {
    publish_hotfix(World::on(TestBackend::postgres().await).await).await;
}

async fn publish_hotfix(mut world: World) {
    world.core("Quality", "one").await;
    let target = world.quality.actor.environment;
    world.tag(CORE, target, "1.0").await.unwrap();
    world.core("Quality", "urgent").await;
    let detail = world.detail(CORE).await;
    let marks = detail.cells[1].marks;
    assert!(marks.hotfix && marks.modified && !marks.changed_outside);
    assert_eq!(detail.proposals[1].unwrap().to_string(), "1.0.1");
    let hotfix = ApplicationFilter {
        tab: ApplicationTab::Hotfix,
        ..ApplicationFilter::default()
    };
    assert_eq!(world.names(hotfix).await, ["Core"]);
}

#[tokio::test]
async fn a_tag_made_downstream_of_what_came_down_is_no_hotfix() {
    tag_downstream(World::new().await).await;
}

#[tokio::test]
async fn a_tag_made_downstream_of_what_came_down_is_no_hotfix_on_postgres() {
    tag_downstream(World::on(TestBackend::postgres().await).await).await;
}

async fn tag_downstream(mut world: World) {
    world.core("Development", "one").await;
    let (source, target) = (world.source(), world.quality.actor.environment);
    let plan = world
        .slipway
        .create_plan(
            &world.operator,
            source,
            target,
            vec![ApplicationId(id(CORE))],
        )
        .await
        .unwrap();
    let started = world
        .slipway
        .start_plan(&world.operator, plan, 1, None)
        .await
        .unwrap();
    assert_eq!(started, domain::view::StartOutcome::Started);
    world.settle().await;
    world.tag(CORE, target, "0.1.1").await.unwrap();
    let detail = world.detail(CORE).await;
    let tag = detail
        .versions
        .iter()
        .find(|v| v.number.to_string() == "0.1.1");
    assert!(!tag.unwrap().hotfix && !detail.cells[1].marks.hotfix);
    // The next inventory finds the same.
    world.core("Quality", "one").await;
    assert!(!world.detail(CORE).await.cells[1].marks.hotfix);
    // Content that was made there is one, before it is tagged and afterwards.
    world.core("Quality", "urgent").await;
    assert!(world.detail(CORE).await.cells[1].marks.hotfix);
    world.tag(CORE, target, "0.1.2").await.unwrap();
    let detail = world.detail(CORE).await;
    let tag = detail
        .versions
        .iter()
        .find(|v| v.number.to_string() == "0.1.2");
    assert!(tag.unwrap().hotfix && detail.cells[1].marks.hotfix);
}

#[tokio::test]
async fn what_was_published_on_the_agent_itself_is_found() {
    find_outside(World::new().await).await;
}

#[tokio::test]
async fn what_was_published_on_the_agent_itself_is_found_on_postgres() {
    find_outside(World::on(TestBackend::postgres().await).await).await;
}

async fn find_outside(mut world: World) {
    world.core("Development", "one").await;
    world.tag(CORE, world.source(), "0.1").await.unwrap();
    let part = Part(CORE + 1, "CoreLogic", OFFERS);
    let outside = world.pack((CORE, "Core"), &[part], "by hand").await;
    let stranger = Part(0x301, "Strange", "");
    let strange = world.pack((0x300, "core"), &[stranger], "strange").await;
    let hosted = |digest: &str, manifest: String, module: u128| Hosted {
        module: id(module),
        name: "CoreLogic".to_owned(),
        application: id(CORE),
        application_name: "Core".to_owned(),
        kind: "static".to_owned(),
        url_path: "/CoreLogic".to_owned(),
        digest: digest.to_owned(),
        links: Vec::new(),
        module_version: None,
        attempt: None,
        activated_ms: 5,
        state: "up".to_owned(),
        manifest: Some(manifest),
    };
    let mut modules = Vec::new();
    for (digest, module) in [(&outside[0], CORE + 1), (&strange[0], 0x301)] {
        let (_, pieces) = world.slipway.open_bundle(digest).await.unwrap();
        let pieces: Vec<_> = futures::TryStreamExt::try_collect(pieces).await.unwrap();
        let bytes = pieces.concat();
        let found = bundle::inspect(
            bytes.as_slice(),
            &digest.parse().unwrap(),
            &Limits::STANDARD,
        )
        .unwrap();
        let manifest = String::from_utf8(found.manifest.to_json()).unwrap();
        modules.push(hosted(digest, manifest, module));
    }
    let inventory = Inventory {
        counter: 77,
        attempt: None,
        modules,
    };
    let agent = world.development.actor.clone();
    world
        .slipway
        .record_inventory(&agent, inventory.clone())
        .await
        .unwrap();
    world
        .slipway
        .record_inventory(&agent, inventory)
        .await
        .unwrap();

    let marks = world.detail(CORE).await.cells[0].marks;
    assert!(marks.changed_outside && marks.modified && !marks.hotfix);
    // The stranger's name is taken (but for case), so it is told apart.
    let names = world.names(ApplicationFilter::default()).await;
    assert_eq!(names.len(), 2);
    assert!(names[1].starts_with("core ("), "{names:?}");
    let drifted = ApplicationFilter {
        tab: ApplicationTab::ChangedOutside,
        ..ApplicationFilter::default()
    };
    assert_eq!(world.names(drifted).await.len(), 2);
    let counts = world
        .slipway
        .count_applications(&world.viewer, ApplicationFilter::default())
        .await
        .unwrap();
    assert_eq!(counts.tabs, [2, 2, 1, 0, 0, 2, 0]);
    assert_eq!(counts.movable, [0, 2]);

    // Everything is gone: nothing runs, the tag stays.
    let empty = Inventory {
        counter: 78,
        attempt: None,
        modules: Vec::new(),
    };
    world.slipway.record_inventory(&agent, empty).await.unwrap();
    let detail = world.detail(CORE).await;
    assert!(!detail.cells[0].present);
    assert_eq!(detail.version_total, 1);
}

#[tokio::test]
async fn lists_filter_by_text_and_by_neighbours() {
    filter_lists(World::new().await).await;
}

#[tokio::test]
async fn lists_filter_by_text_and_by_neighbours_on_postgres() {
    filter_lists(World::on(TestBackend::postgres().await).await).await;
}

async fn filter_lists(mut world: World) {
    world.core("Development", "one").await;
    world.shop("Development", "one").await;
    let text = |text: &str| ApplicationFilter {
        text: text.to_owned(),
        ..ApplicationFilter::default()
    };
    assert_eq!(
        world.names(ApplicationFilter::default()).await,
        ["Core", "Shop"]
    );
    assert_eq!(world.names(text(" SHO ")).await, ["Shop"]);
    assert_eq!(world.names(text("corelogic")).await, ["Core"]);
    assert!(world.names(text("%")).await.is_empty());
    let consumers = ApplicationFilter {
        consumer_of: Some(ApplicationId(id(CORE))),
        ..ApplicationFilter::default()
    };
    assert_eq!(world.names(consumers).await, ["Shop"]);
    let producers = ApplicationFilter {
        producer_of: Some(ApplicationId(id(SHOP))),
        ..ApplicationFilter::default()
    };
    assert_eq!(world.names(producers).await, ["Core"]);
    let page = world
        .slipway
        .list_applications(
            &world.viewer,
            ApplicationFilter {
                offset: 1,
                limit: 1,
                ..ApplicationFilter::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(
        (page.rows.len(), page.total, page.rows[0].name.as_str()),
        (1, 2, "Shop")
    );
    let found = world.slipway.find(&world.viewer, "o").await.unwrap();
    assert_eq!(
        (
            found.more_applications,
            found.more_plans,
            found.more_environments
        ),
        (0, 0, 0)
    );
    let hits = found.hits;
    let is = |hit: &Hit, wanted: &str| match hit {
        Hit::Application { name, .. } | Hit::Environment { name, .. } | Hit::Plan { name, .. } => {
            name == wanted
        }
    };
    assert!(hits.iter().any(|hit| is(hit, "Core")));
    assert!(hits.iter().any(|hit| is(hit, "Development")));
    let landscape = world.slipway.export_landscape(&world.viewer).await.unwrap();
    landscape.validate().unwrap();
    assert_eq!(landscape.running.len(), 2);
    assert!(!landscape.applications[0].may_deploy);
}

#[tokio::test]
async fn a_failed_publication_leaves_names_as_they_were() {
    fail_publication(World::new().await).await;
}

#[tokio::test]
async fn a_failed_publication_leaves_names_as_they_were_on_postgres() {
    fail_publication(World::on(TestBackend::postgres().await).await).await;
}

async fn fail_publication(mut world: World) {
    world.core("Development", "one").await;
    let renamed = [Part(CORE + 1, "KernelLogic", OFFERS)];
    let bundles = world.pack((CORE, "Kernel"), &renamed, "two").await;
    let new = || NewPublication {
        environment: "Development".to_owned(),
        bundles: bundles.clone(),
        allow_missing: false,
    };
    let names = async |world: &World| {
        let detail = world.detail(CORE).await;
        let landscape = world.slipway.export_landscape(&world.viewer).await.unwrap();
        (detail.name, landscape.modules[0].name.clone())
    };
    world
        .development
        .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
    world.slipway.publish(&world.operator, new()).await.unwrap();
    assert_eq!(
        names(&world).await,
        ("Core".to_owned(), "CoreLogic".to_owned())
    );
    world.settle().await;
    assert_eq!(
        names(&world).await,
        ("Core".to_owned(), "CoreLogic".to_owned())
    );
    world.development.fails(|_| None);
    world.slipway.publish(&world.operator, new()).await.unwrap();
    world.settle().await;
    assert_eq!(
        names(&world).await,
        ("Kernel".to_owned(), "KernelLogic".to_owned())
    );
    let audit = world.slipway.list_audit().await;
    let actions: Vec<&str> = audit
        .iter()
        .map(|entry| entry.action.as_str())
        .filter(|action| action.contains("publi"))
        .collect();
    assert_eq!(
        actions,
        [
            "publication_started",
            "application_published",
            "publication_started",
            "publication_failed",
            "publication_started",
            "application_published",
        ]
    );
}

#[tokio::test]
async fn check_and_start_know_of_running_publications() {
    meet_publication(World::new().await).await;
}

#[tokio::test]
async fn check_and_start_know_of_running_publications_on_postgres() {
    meet_publication(World::on(TestBackend::postgres().await).await).await;
}

async fn meet_publication(mut world: World) {
    world.core("Development", "one").await;
    let bundles = world
        .pack(
            (CORE, "Core"),
            &[Part(CORE + 1, "CoreLogic", OFFERS)],
            "urgent",
        )
        .await;
    let new = NewPublication {
        environment: "Quality".to_owned(),
        bundles,
        allow_missing: false,
    };
    let (source, target) = (world.source(), world.quality.actor.environment);
    let plan = world
        .slipway
        .create_plan(
            &world.operator,
            source,
            target,
            vec![ApplicationId(id(CORE))],
        )
        .await
        .unwrap();
    world.slipway.publish(&world.operator, new).await.unwrap();
    let environments = world
        .slipway
        .list_environments(&world.viewer)
        .await
        .unwrap();
    assert_eq!(
        environments[1].publications[0].0,
        "Core published to Quality"
    );
    assert_eq!(environments[1].row.active_plans, 0);
    let held = |report: &domain::impact::Report| {
        report
            .findings
            .iter()
            .filter(|finding| finding.code == FindingCode::ParallelSameModule)
            .filter_map(|finding| finding.detail.clone())
            .collect::<Vec<_>>()
    };
    let report = world
        .slipway
        .check_plan(&world.operator, plan)
        .await
        .unwrap();
    assert_eq!(held(&report), ["Core published to Quality"]);
    let started = world
        .slipway
        .start_plan(&world.operator, plan, 1, Some("Now.".to_owned()))
        .await
        .unwrap();
    let StartOutcome::Refused(report) = started else {
        panic!("it must be refused");
    };
    assert_eq!(held(&report), ["Core published to Quality"]);
    world.settle().await;
    let report = world
        .slipway
        .check_plan(&world.operator, plan)
        .await
        .unwrap();
    assert_eq!(held(&report), Vec::<String>::new());
    let environments = world
        .slipway
        .list_environments(&world.viewer)
        .await
        .unwrap();
    assert!(environments[1].publications.is_empty());
}

#[tokio::test]
async fn a_search_finds_some_of_each_kind_and_counts_the_rest() {
    let mut world = World::new().await;
    let administrator = actor(Standing::Administrator);
    for number in 0..6 {
        let new = NewEnvironment {
            name: format!("Core test {number}"),
            purpose: Purpose::Test,
        };
        world
            .slipway
            .create_environment(&administrator, new)
            .await
            .unwrap();
    }
    for number in 0..9_u128 {
        let name = format!("Core {number}");
        let module = format!("Module{number}");
        let parts = [Part(0x1001 + number * 16, &module, "")];
        let bundles = world.pack((0x1000 + number * 16, &name), &parts, "x").await;
        let new = NewPublication {
            environment: "Development".to_owned(),
            bundles,
            allow_missing: false,
        };
        world.slipway.publish(&world.operator, new).await.unwrap();
    }
    world.settle().await;
    let (source, target) = (world.source(), world.quality.actor.environment);
    for _ in 0..7 {
        let plan = world
            .slipway
            .create_plan(
                &world.operator,
                source,
                target,
                vec![ApplicationId(id(0x1000))],
            )
            .await
            .unwrap();
        world
            .slipway
            .save_plan(&world.operator, plan, 1)
            .await
            .unwrap();
    }
    let found = world.slipway.find(&world.viewer, "CORE").await.unwrap();
    let count = |kind: fn(&Hit) -> bool| found.hits.iter().filter(|hit| kind(hit)).count() as u64;
    let applications = count(|hit| matches!(hit, Hit::Application { .. }));
    let plans = count(|hit| matches!(hit, Hit::Plan { .. }));
    let environments = count(|hit| matches!(hit, Hit::Environment { .. }));
    assert!(applications > 0 && plans > 0 && environments > 0);
    assert_eq!(applications + found.more_applications, 9);
    assert_eq!(plans + found.more_plans, 7);
    assert_eq!(environments + found.more_environments, 6);
    assert!(found.more_applications > 0 && found.more_plans > 0 && found.more_environments > 0);
}

#[tokio::test]
async fn names_ids_and_addresses_that_collide_are_refused() {
    let mut world = World::new().await;
    world.core("Development", "one").await;
    let cases: [(&str, (u128, &str), Vec<Part<'_>>); 4] = [
        (
            "name_taken",
            (0x900, "CORE"),
            vec![Part(0x901, "Other", "")],
        ),
        (
            "name_taken",
            (0x900, "Fresh"),
            vec![Part(0x901, "CORELOGIC", "")],
        ),
        (
            "module_elsewhere",
            (0x900, "Fresh"),
            vec![Part(CORE + 1, "Other", "")],
        ),
        ("invalid", (0x900, "Fresh"), vec![Part(0x901, "Other", "")]),
    ];
    for (code, application, parts) in cases {
        let bundles = world.pack(application, &parts, "x").await;
        let environment = if code == "invalid" {
            "Nowhere"
        } else {
            "Development"
        };
        let error = world
            .publish(environment, bundles, false)
            .await
            .unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
    let one = world
        .pack((0x900, "Fresh"), &[Part(0x901, "One", "")], "x")
        .await;
    let two = world
        .pack((0x900, "Fresh"), &[Part(0x901, "Two", "")], "y")
        .await;
    let error = world
        .publish("Development", [one.clone(), two].concat(), false)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "duplicate_id");
    let other = world
        .pack((0x910, "Else"), &[Part(0x911, "Three", "")], "z")
        .await;
    let error = world
        .publish("Development", [one, other].concat(), false)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "several_applications");
    let error = world
        .publish("Development", vec!["0".repeat(64)], false)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "bundle_missing");
    let refused = world
        .slipway
        .upload_bundle(
            &world.operator,
            &"0".repeat(64),
            bytes::Bytes::from_static(b"junk"),
        )
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "digest_mismatch");
    let refused = world
        .slipway
        .upload_bundle(&world.viewer, &"0".repeat(64), bytes::Bytes::new())
        .await
        .unwrap_err();
    assert_eq!(refused.status(), 403);
}

/// Two processes on one PostgreSQL database: what one bumps, the other's listeners hear.
/// Two build servers at once, each with an application of its own that claims the same thing.
async fn claim_at_once(world: &World, one: Vec<String>, two: Vec<String>, code: &str) {
    let publish = async |bundles: &Vec<String>| {
        let new = NewPublication {
            environment: "Development".to_owned(),
            bundles: bundles.clone(),
            allow_missing: false,
        };
        world.slipway.publish(&world.operator, new).await
    };
    let (first, second) = tokio::join!(publish(&one), publish(&two));
    let refused = match (first, second) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        other => panic!("exactly one wins, not {other:?}"),
    };
    assert_eq!(refused.code(), code, "{refused}");
}

async fn claim(mut world: World) {
    for round in 0..4_u128 {
        let at = 0x1000 * (round + 1);
        let (name, other) = (format!("Twin{round}"), format!("Other{round}"));
        // The same URL path under different names: a module's path here is its name, so it is the
        // second one's that is written out.
        let one = world
            .pack((at, &name), &[Part(at + 1, &name, "")], "one")
            .await;
        let path = world
            .pack_at((at + 2, &other), (at + 3, &other), &format!("/{name}"))
            .await;
        claim_at_once(&world, one, path, "path_taken").await;
        world.settle().await;
        // The same name of an application.
        let name = format!("Same{round}");
        let one = world
            .pack(
                (at + 4, &name),
                &[Part(at + 5, &format!("A{round}"), "")],
                "x",
            )
            .await;
        let two = world
            .pack(
                (at + 6, &name),
                &[Part(at + 7, &format!("B{round}"), "")],
                "x",
            )
            .await;
        claim_at_once(&world, one, two, "name_taken").await;
        world.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_publications_that_claim_the_same_one_wins() {
    claim(World::new().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_publications_that_claim_the_same_one_wins_on_postgres() {
    claim(World::on(TestBackend::postgres().await).await).await;
}

#[tokio::test]
async fn a_publication_is_not_taken_while_the_agent_is_away() {
    let mut world = World::new().await;
    let part = Part(CORE + 1, "CoreLogic", OFFERS);
    let bundles = world.pack((CORE, "Core"), &[part], "one").await;
    world.slipway.clock.advance(31_000);
    let new = NewPublication {
        environment: "Development".to_owned(),
        bundles: bundles.clone(),
        allow_missing: false,
    };
    let error = world
        .slipway
        .publish(&world.operator, new)
        .await
        .unwrap_err();
    assert_eq!(error.status(), 503);
    assert!(
        error.to_string().contains("agent of Development is away"),
        "{error}"
    );
    assert!(world.names(ApplicationFilter::default()).await.is_empty());
    world.development.work(&world.slipway).await;
    world.publish("Development", bundles, false).await.unwrap();
}

#[tokio::test]
async fn what_can_move_follows_new_and_removed_environments() {
    let mut world = World::new().await;
    world.core("Quality", "one").await;
    world
        .tag(CORE, world.quality.actor.environment, "0.1.1")
        .await
        .unwrap();
    assert!(!world.detail(CORE).await.cells[1].can_move);
    let administrator = actor(Standing::Administrator);
    let new = NewEnvironment {
        name: "Production".to_owned(),
        purpose: Purpose::Production,
    };
    let last = world
        .slipway
        .create_environment(&administrator, new)
        .await
        .unwrap();
    assert!(world.detail(CORE).await.cells[1].can_move);
    world
        .slipway
        .remove_environment(&administrator, last, 1)
        .await
        .unwrap();
    assert!(!world.detail(CORE).await.cells[1].can_move);
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
