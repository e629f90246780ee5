//! A rollback is checked backwards: do the consumers that stay still work with the older producers?
//! (issue 3, part 12)

use super::{World, core, core_folder, number, on_both, other, shop, shop_folder, write};
use backend::testing::TestBackend;
use domain::impact::{Finding, FindingCode, Report, Severity};
use domain::plan::{PlanKind, PlanStatus};
use domain::view::{QueueOutcome, StartOutcome};

const REASON: &str = "Shop is switched off tonight.";

impl World {
    /// Core that offers *Discount* too.
    async fn publish_core_with_discount(&mut self) {
        let folder = core_folder("with discount");
        let path = folder.path().join("slipway.toml");
        let mut toml = std::fs::read_to_string(path).unwrap();
        toml.push_str("\n[[module.provides]]\nkind = \"service_action\"\nname = \"Discount\"\ncontent = \"price.txt\"\n");
        write(folder.path(), "slipway.toml", &toml);
        Box::pin(self.publish(folder.path(), "Development")).await;
    }

    /// Shop that uses it.
    async fn publish_shop_with_discount(&mut self) {
        let folder = shop_folder("with discount");
        let path = folder.path().join("slipway.toml");
        let toml = std::fs::read_to_string(path).unwrap();
        let used = "{ kind = \"service_action\", name = \"Quote\" }";
        let more = format!("{used}, {{ kind = \"service_action\", name = \"Discount\" }}");
        assert!(toml.contains(used));
        write(folder.path(), "slipway.toml", &toml.replace(used, &more));
        Box::pin(self.publish(folder.path(), "Development")).await;
    }

    async fn start_back(&self, plan: u64, reason: Option<&str>) -> StartOutcome {
        let reason = reason.map(str::to_owned);
        let started = self.slipway.start_plan(&self.operator, plan, 1, reason);
        Box::pin(started).await.unwrap()
    }

    /// The report with which the start of a rollback is refused; nothing has changed by it.
    async fn refused_back(&self, plan: u64, reason: Option<&str>) -> Report {
        let StartOutcome::Refused(report) = self.start_back(plan, reason).await else {
            panic!("it must be refused");
        };
        assert_eq!(self.status(plan).await, PlanStatus::Draft);
        report
    }

    /// Goes on in spite of it; the target then lacks what Shop uses, and the result says so.
    async fn override_back(&mut self, plan: u64) {
        assert_eq!(
            self.start_back(plan, Some(REASON)).await,
            StartOutcome::Started
        );
        Box::pin(self.settle()).await;
        assert_eq!(self.status(plan).await, PlanStatus::FinishedWithWarnings);
        let read = self.slipway.read_application(&self.operator, shop());
        let shop = Box::pin(read).await.unwrap();
        assert_eq!(shop.cells[1].marks.broken_references, 1);
        let audit = self.slipway.list_audit().await;
        let started = audit
            .iter()
            .rev()
            .find(|entry| entry.action == "plan_started");
        assert_eq!(started.unwrap().reason.as_deref(), Some(REASON));
    }
}

/// The only error: Shop, which stays, loses *Discount* of Core. What the page says of it, it says with
/// these.
#[track_caller]
fn loses_discount(report: &Report) {
    let errors: Vec<&Finding> = report
        .findings
        .iter()
        .filter(|found| found.severity == Severity::Error)
        .collect();
    let [found] = errors[..] else {
        panic!("{errors:?}");
    };
    assert_eq!(found.code, FindingCode::ConsumerElementMissing);
    let (consumer, producer) = (
        found.consumer.as_ref().unwrap(),
        found.producer.as_ref().unwrap(),
    );
    assert_eq!(
        (consumer.application_name.as_str(), consumer.name.as_str()),
        ("Shop", "ShopFront")
    );
    assert_eq!(
        (producer.application_name.as_str(), producer.name.as_str()),
        ("Core", "CoreLogic")
    );
    let elements: Vec<&str> = found.elements.iter().map(|one| one.name.as_str()).collect();
    assert_eq!((elements, found.element_count), (vec!["Discount"], 1));
    assert_eq!(found.application, Some(core()));
    assert_eq!(found.versions.in_target, Some(number("0.2")));
    assert_eq!(found.versions.planned, Some(number("0.1")));
}

on_both! {
    async fn a_rollback_under_a_consumer_that_stays_is_refused_and_goes_on_with_a_reason(mut world: World) {
        world.publish_core("one").await;
        let (first, revision) = world.plan(vec![core()]).await;
        world.run_through(first, revision).await;
        world.publish_core_with_discount().await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        world.publish_shop_with_discount().await;
        let (later, revision) = world.plan(vec![shop()]).await;
        world.run_through(later, revision).await;

        let back = world.roll_back_of(plan, vec![core()]).await.unwrap();
        let shown = Box::pin(world.slipway.check_plan(&world.operator, back)).await.unwrap();
        loses_discount(&shown);
        loses_discount(&world.refused_back(back, None).await);
        // Nothing typed is no reason, and to wait does not help.
        loses_discount(&world.refused_back(back, Some("  ")).await);
        let queued = Box::pin(world.slipway.queue_plan(&world.operator, back, 1, None)).await.unwrap();
        let QueueOutcome::Refused(report) = queued else {
            panic!("it must be refused");
        };
        loses_discount(&report);
        assert_eq!(world.in_quality([core()]).await[0].0, Some(number("0.2")));

        world.override_back(back).await;
        assert_eq!(world.in_quality([core()]).await[0], (Some(number("0.1")), 1));
    }

    async fn a_part_of_a_plan_comes_back_where_the_rest_still_works_with_it(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.publish_other(1, "one").await;
        let all = [core(), shop(), other(1)];
        let (first, revision) = world.plan(all.to_vec()).await;
        world.run_through(first, revision).await;
        world.publish_core_with_discount().await;
        world.publish_shop_with_discount().await;
        world.publish_other(1, "two").await;
        let (plan, revision) = world.plan(all.to_vec()).await;
        world.run_through(plan, revision).await;

        // The producer without its consumer, alone or with what has to do with neither.
        for part in [vec![core()], vec![core(), other(1)]] {
            let back = world.roll_back_of(plan, part).await.unwrap();
            loses_discount(&world.refused_back(back, None).await);
            Box::pin(world.slipway.discard_plan(&world.operator, back)).await.unwrap();
        }
        assert!(world.in_quality(all).await.iter().all(|(now, _)| *now == Some(number("0.2"))));
        // The consumer without its producer, and both: nobody loses anything.
        let back = world.roll_back_of(plan, all.to_vec()).await.unwrap();
        let report = Box::pin(world.slipway.check_plan(&world.operator, back)).await.unwrap();
        assert_eq!(report.count(Severity::Error), 0, "{:?}", report.findings);
        let back = world.roll_back_of(plan, vec![shop()]).await.unwrap();
        world.run_through(back, 1).await;
        let (old, new) = (Some(number("0.1")), Some(number("0.2")));
        assert_eq!(world.in_quality(all).await.map(|one| one.0), [new, old, new]);
        // Now the producer can follow it.
        let back = world.roll_back_of(plan, vec![core()]).await.unwrap();
        world.run_through(back, 1).await;
        assert_eq!(world.in_quality(all).await.map(|one| one.0), [old, old, new]);
    }

    async fn a_part_of_a_plan_comes_back_in_spite_of_its_consumer_with_a_reason(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (first, revision) = world.plan(vec![core(), shop()]).await;
        world.run_through(first, revision).await;
        world.publish_core_with_discount().await;
        world.publish_shop_with_discount().await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        world.run_through(plan, revision).await;
        let back = world.roll_back_of(plan, vec![core()]).await.unwrap();
        loses_discount(&world.refused_back(back, None).await);
        world.override_back(back).await;
        let there = world.in_quality([core(), shop()]).await.map(|one| one.0);
        assert_eq!(there, [Some(number("0.1")), Some(number("0.2"))]);
        let detail = Box::pin(world.slipway.read_plan(&world.operator, back)).await.unwrap();
        assert_eq!(detail.content.kind, PlanKind::Rollback);
        // What was left comes back as well, and nothing is broken any more.
        let rest = world.roll_back_of(plan, vec![shop()]).await.unwrap();
        world.run_through(rest, 1).await;
        let read = world.slipway.read_application(&world.operator, shop());
        assert_eq!(Box::pin(read).await.unwrap().cells[1].marks.broken_references, 0);
    }
}
