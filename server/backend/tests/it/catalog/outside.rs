//! What was published on an agent itself.

use super::{CORE, OFFERS, Part, World, id};
use backend::testing::TestBackend;
use domain::view::{ApplicationFilter, ApplicationTab};
use protocol::{Hosted, Inventory};

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
    let mut modules = Vec::new();
    for digest in [&outside[0], &strange[0]] {
        modules.push(Hosted {
            name: "CoreLogic".to_owned(),
            application: id(CORE),
            application_name: "Core".to_owned(),
            url_path: "/CoreLogic".to_owned(),
            ..world.slipway.hosted_outside(digest).await
        });
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
