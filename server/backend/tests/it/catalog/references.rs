//! References that do not resolve, what becomes outdated, and the lists that ask for both.

use super::{CORE, Part, SHOP, USES, World, id};
use backend::NewPublication;
use backend::testing::{TestBackend, actor};
use domain::ApplicationId;
use domain::access::Standing;
use domain::environment::Purpose;
use domain::view::{ApplicationFilter, ApplicationTab, Hit, NewEnvironment};

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

    // Where they can be moved: only from where they run, to what comes next.
    let moves = world
        .slipway
        .find_moves(&world.viewer, "core")
        .await
        .unwrap();
    assert_eq!(moves.len() as u64, applications);
    let moves = world
        .slipway
        .find_moves(&world.viewer, "core 3")
        .await
        .unwrap();
    let [only] = &moves[..] else {
        panic!("{moves:?}");
    };
    assert_eq!(
        (only.name.as_str(), &*only.here.0, &*only.next.0),
        ("Core 3", "Development", "Quality")
    );
    assert!(only.here.1.can_move && !only.next.1.present, "{only:?}");
    assert!(
        world
            .slipway
            .find_moves(&world.viewer, " ")
            .await
            .unwrap()
            .is_empty()
    );

    // A number is that plan, also where others have it in their names.
    let named = async |text: &str| {
        let found = world.slipway.find(&world.viewer, text).await.unwrap();
        let first = found.hits.into_iter().find_map(|hit| match hit {
            Hit::Plan { number, .. } => Some(number),
            _ => None,
        });
        first.unwrap()
    };
    assert_eq!((named("#1").await, named("2").await), (1, 2));
}
