//! Tags: what they freeze, hotfixes, what can move.

use super::{CORE, World, id};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::environment::Purpose;
use domain::view::{ApplicationFilter, ApplicationTab, NewEnvironment, NewVersion};
use domain::{AppError, ApplicationId};

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
