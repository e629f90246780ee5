//! What the browser is given to check, and what is the server's to check.

use super::{World, core, shop};
use backend::testing::{TestBackend, actor};
use backend::{Actor, Options};
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::landscape::SliceSize;

impl World {
    /// Shop without Core, which it needs.
    async fn with_limit(browser_limit: SliceSize) -> (Self, u64) {
        let options = Options {
            browser_limit,
            ..Options::default()
        };
        let mut world = Self::on(TestBackend::with_options(options).await).await;
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, _) = world.plan(vec![shop()]).await;
        (world, plan)
    }
}

/// What this factory has: two modules, and nothing in the target that would use anything.
const ALL: SliceSize = SliceSize {
    modules: 2,
    references: 0,
};

#[tokio::test]
async fn up_to_the_limit_the_browser_gets_its_slice() {
    let (world, _) = World::with_limit(ALL).await;
    let (source, target) = (world.source(), world.target());
    let slice = world
        .slipway
        .read_slice(&world.operator, source, target, vec![core(), shop()])
        .await
        .unwrap();
    assert_eq!(slice.landscape.modules.len(), 2);
}

#[tokio::test]
async fn beyond_the_limit_the_browser_is_told_and_the_server_checks() {
    let (world, plan) = World::with_limit(SliceSize { modules: 1, ..ALL }).await;
    let (source, target) = (world.source(), world.target());
    let refused = world
        .slipway
        .read_slice(&world.operator, source, target, vec![shop()])
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "slice_too_large");
    let said = refused.to_string();
    assert!(said.contains("2 modules with 0 references"), "{said}");
    assert!(said.contains("than the 1 and 0"), "{said}");
    let report = world
        .slipway
        .check_plan(&world.operator, plan)
        .await
        .unwrap();
    let codes: Vec<_> = report.findings.iter().map(|f| f.code).collect();
    assert!(
        codes.contains(&FindingCode::ProducerModuleMissing),
        "{codes:?}"
    );
}

impl World {
    async fn found(&self, actor: &Actor, plan: u64) -> Vec<FindingCode> {
        let report = self.slipway.check_plan(actor, plan).await.unwrap();
        report.findings.iter().map(|f| f.code).collect()
    }
}

#[tokio::test]
async fn a_check_sees_at_once_what_has_changed_since_the_last_one() {
    let mut world = World::new().await;
    world.as_somebody().await;
    world.publish_core("one").await;
    world.publish_shop("one").await;
    let (shops, _) = world.plan(vec![shop()]).await;
    let operator = world.operator.clone();
    let missing = FindingCode::ProducerModuleMissing;
    for _ in 0..2 {
        assert!(world.found(&operator, shops).await.contains(&missing));
    }
    // What it needs comes.
    let (cores, revision) = world.plan(vec![core()]).await;
    world
        .slipway
        .start_plan(&operator, cores, revision, None)
        .await
        .unwrap();
    let now = world.found(&operator, shops).await;
    assert!(now.contains(&FindingCode::ParallelRelatedModule), "{now:?}");
    // Who started the other one is told, but not to whom takes the landscape away.
    let report = world.slipway.check_plan(&operator, shops).await.unwrap();
    let mut findings = report.findings.iter();
    let related = findings.find(|one| one.code == FindingCode::ParallelRelatedModule);
    let started = related.unwrap().started.clone().unwrap();
    assert_eq!(
        (started.by.as_str(), started.at),
        ("Ada Lovelace", world.slipway.time())
    );
    let exported = world.slipway.export_landscape(&operator).await.unwrap();
    assert_eq!(exported.active_plans.len(), 1);
    assert_eq!(exported.active_plans[0].started, None);
    world.settle().await;
    assert_eq!(world.found(&operator, shops).await, []);
    // The agent falls silent, which changes no row.
    world.slipway.clock.advance(3_600_000);
    let now = world.found(&operator, shops).await;
    assert_eq!(now, [FindingCode::TargetUnreachable]);
    assert!(world.quality.connect(&world.slipway).await);
    assert_eq!(world.found(&operator, shops).await, []);
}

#[tokio::test]
async fn everybody_is_told_what_holds_for_them() {
    let mut world = World::new().await;
    world.publish_core("one").await;
    let (plan, _) = world.plan(vec![core()]).await;
    let (operator, viewer) = (world.operator.clone(), actor(Standing::Viewer));
    for _ in 0..2 {
        assert_eq!(world.found(&operator, plan).await, []);
        let found = world.found(&viewer, plan).await;
        assert!(found.contains(&FindingCode::NoRightToDeploy), "{found:?}");
    }
    // Who may not is told who can.
    world.as_somebody().await;
    let can = async |actor: &Actor| {
        let detail = world.slipway.read_plan(actor, plan).await.unwrap();
        detail.who_can
    };
    assert_eq!(can(&viewer).await.as_deref(), Some("Ada Lovelace"));
    assert_eq!(can(&operator).await, None);
}
