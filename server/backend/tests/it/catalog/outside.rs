//! What was published on an agent itself.

use super::{CORE, OFFERS, Part, World, id};
use backend::AgentActor;
use backend::testing::{TestBackend, actor};
use domain::ApplicationId;
use domain::access::Standing;
use domain::environment::Purpose;
use domain::plan::Choice;
use domain::view::{ApplicationFilter, ApplicationTab, NewEnvironment};
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

impl World {
    /// Core with this content is published on the machine of an environment's agent, as `slipway
    /// agent publish` does, and the agent tells of it.
    async fn publish_by_hand(&self, agent: &AgentActor, counter: u64, content: &str) {
        let part = Part(CORE + 1, "CoreLogic", OFFERS);
        let bundles = self.pack((CORE, "Core"), &[part], content).await;
        let hosted = self.slipway.hosted_outside(&bundles[0]).await;
        assert_eq!((hosted.module_version, hosted.attempt), (None, None));
        let inventory = Inventory {
            counter,
            attempt: None,
            modules: vec![hosted],
        };
        self.slipway
            .record_inventory(agent, inventory)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn v13_a_tag_is_recognised_also_when_it_was_published_on_the_agents_machine() {
    recognise(World::new().await).await;
}

#[tokio::test]
async fn v13_a_tag_is_recognised_also_when_it_was_published_on_the_agents_machine_on_postgres() {
    recognise(World::on(TestBackend::postgres().await).await).await;
}

async fn recognise(mut world: World) {
    world.core("Development", "one").await;
    let tag = world.tag(CORE, world.source(), "0.1").await.unwrap();
    world.core("Development", "two").await;
    world.tag(CORE, world.source(), "0.2").await.unwrap();
    let cell = async |world: &World, lane: usize| {
        let cell = world.detail(CORE).await.cells.swap_remove(lane);
        let number = cell.version.map(|version| version.to_string());
        (number.unwrap_or_default(), cell.marks)
    };

    // The older one comes back by hand: it is that tag, and nothing of it is strange.
    let development = world.development.actor.clone();
    world.publish_by_hand(&development, 77, "one").await;
    let (number, marks) = cell(&world, 0).await;
    assert_eq!(number, "0.1");
    assert!(
        !marks.modified && !marks.changed_outside && !marks.hotfix,
        "{marks:?}"
    );
    // What is no tag is a change from the one that was there, made outside.
    world.publish_by_hand(&development, 78, "by hand").await;
    let (number, marks) = cell(&world, 0).await;
    assert_eq!(number, "0.1");
    assert!(marks.modified && marks.changed_outside, "{marks:?}");

    // Where no plan has ever brought it, it is that tag, too, and goes on from there.
    let quality = world.quality.actor.clone();
    world.publish_by_hand(&quality, 77, "one").await;
    let (number, marks) = cell(&world, 1).await;
    assert_eq!(number, "0.1");
    assert!(
        !marks.modified && !marks.changed_outside && !marks.hotfix,
        "{marks:?}"
    );
    let administrator = actor(Standing::Administrator);
    let new = NewEnvironment {
        name: "Production".to_owned(),
        purpose: Purpose::Production,
    };
    let production = world.slipway.create_environment(&administrator, new);
    let production = production.await.unwrap();
    let core = vec![ApplicationId(id(CORE))];
    let plan = world
        .slipway
        .create_plan(&world.operator, quality.environment, production, core);
    let plan = plan.await.unwrap();
    let detail = world
        .slipway
        .read_plan(&world.operator, plan)
        .await
        .unwrap();
    assert_eq!(
        detail.content.operations[0].choice,
        Choice::Deploy { version: tag }
    );
    assert_eq!(world.detail(CORE).await.version_total, 2, "none was made");
}
