//! Who would start a plan in spite of errors can let it wait for others, for a reason that holds for
//! these errors alone.

use super::super::{CORE, World, core, id, on_both, other, pages_folder, shop};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::plan::PlanStatus;
use domain::view::{LineDetail, QueueOutcome};
use domain::{AppError, ApplicationId};

const REASON: &str = "The line stands still.";

/// An application with a site property that has no value.
const DESK: u128 = 0x600;

fn desk() -> ApplicationId {
    ApplicationId(id(DESK))
}

impl World {
    /// A plan runs, and no other one may beside it.
    async fn with_one_running(&mut self) {
        self.rule(|rules| rules.parallel_limit = 1).await;
        let runs = Box::pin(self.saved_other(2)).await;
        self.start(runs).await;
    }

    async fn queue_because(
        &self,
        plan: (u64, i64),
        reason: &str,
    ) -> Result<QueueOutcome, AppError> {
        let reason = Some(reason.to_owned());
        let queued = self
            .slipway
            .queue_plan(&self.operator, plan.0, plan.1, reason);
        Box::pin(queued).await
    }

    async fn line_of(&self, plan: u64) -> LineDetail {
        let read = self.slipway.read_line(&self.operator, plan);
        Box::pin(read).await.unwrap()
    }

    /// The reasons that the audit has of what was done so.
    async fn reasons(&self, action: &str) -> Vec<Option<String>> {
        let audit = self.slipway.list_audit().await.into_iter();
        let done = audit.filter(|entry| entry.action == action);
        done.map(|entry| entry.reason).collect()
    }
}

on_both! {
    async fn errors_that_a_reason_overrides_wait_with_it(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let waits = world.plan(vec![shop()]).await;
        world.with_one_running().await;
        // Core is missing, and that is no matter of waiting.
        let QueueOutcome::Refused(report) = world.queue(waits).await else {
            panic!("it must be refused");
        };
        assert!(!report.may_wait() && report.may_wait_with_reason());
        assert!(matches!(world.queue_because(waits, "  ").await.unwrap(), QueueOutcome::Refused(_)));
        let long = world.queue_because(waits, &"x".repeat(10_000)).await;
        assert!(matches!(long, Err(AppError::Invalid { .. })), "{long:?}");
        let viewer = actor(Standing::Viewer);
        let forbidden = world.slipway.queue_plan(&viewer, waits.0, waits.1, Some(REASON.to_owned())).await;
        assert!(matches!(forbidden, Err(AppError::Forbidden { .. })), "{forbidden:?}");
        assert_eq!(world.stands(waits.0).await, PlanStatus::Saved);

        assert_eq!(world.queue_because(waits, REASON).await.unwrap(), QueueOutcome::Queued);
        let place = world.line_of(waits.0).await.plan.stay.place.unwrap();
        assert_eq!(place.in_spite_because.as_deref(), Some(REASON));
        assert_eq!(world.reasons("plan_queued").await, [Some(REASON.to_owned())]);
        Box::pin(world.settle()).await;
        let run = world.slipway.read_run(&world.operator, waits.0).await.unwrap();
        assert_eq!(run.plan.status, PlanStatus::FinishedWithWarnings);
        assert_eq!(run.in_spite_because.as_deref(), Some(REASON));
        assert_eq!(world.reasons("plan_started_from_line").await, [Some(REASON.to_owned())]);
    }

    async fn what_is_fine_by_its_turn_started_in_spite_of_nothing(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let waits = world.plan(vec![shop()]).await;
        world.rule(|rules| rules.parallel_limit = 1).await;
        // What runs brings what is missing.
        let runs = world.plan(vec![core()]).await;
        world.start(runs).await;
        assert_eq!(world.queue_because(waits, REASON).await.unwrap(), QueueOutcome::Queued);
        Box::pin(world.settle()).await;
        let run = world.slipway.read_run(&world.operator, waits.0).await.unwrap();
        assert_eq!(run.plan.status, PlanStatus::FinishedSuccessful);
        assert_eq!(run.in_spite_because, None);
        assert_eq!(world.reasons("plan_started_from_line").await, [None]);
    }

    async fn an_error_that_nobody_knew_is_not_what_the_reason_was_given_for(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let cores = world.plan(vec![core()]).await;
        world.start(cores).await;
        Box::pin(world.settle()).await;
        let setting = "[[module.setting]]\nname = \"Limit\"\ntype = \"integer\"\n";
        let folder = pages_folder(DESK, "Desk", setting, "one");
        Box::pin(world.publish(folder.path(), "Development")).await;
        let waits = world.plan(vec![shop(), desk()]).await;
        world.with_one_running().await;
        assert_eq!(world.queue_because(waits, REASON).await.unwrap(), QueueOutcome::Queued);
        // Core goes, which Shop needs.
        world.quality.running.remove(&id(CORE + 1));
        Box::pin(world.quality.report(&world.slipway)).await;
        Box::pin(world.settle()).await;
        let detail = world.slipway.read_plan(&world.operator, waits.0).await.unwrap();
        assert_eq!(detail.row.status, PlanStatus::Saved);
        let (_, why) = detail.row.stay.sent_back.unwrap();
        assert!(
            why.starts_with("When it was its turn, the check found an error: ShopFront of Shop needs CoreLogic of Core"),
            "the missing value was accepted: {why}"
        );
        // With both known it goes.
        assert_eq!(world.queue_because(waits, REASON).await.unwrap(), QueueOutcome::Queued);
        Box::pin(world.settle()).await;
        assert_eq!(world.stands(waits.0).await, PlanStatus::NeedsIntervention, "it needs the value");
    }

    async fn what_no_reason_overrides_is_not_put_in_line_with_one(mut world: World) {
        let waits = Box::pin(world.saved_other(1)).await;
        world.with_one_running().await;
        // Somebody takes the number that it would tag with.
        world.tag(1).await;
        let QueueOutcome::Refused(report) = world.queue_because(waits, REASON).await.unwrap() else {
            panic!("it must be refused");
        };
        assert!(!report.may_wait() && !report.may_wait_with_reason());
        assert_eq!(world.reasons("plan_queued").await, [] as [Option<String>; 0]);
        // Where nothing is wrong the reason is not kept.
        let fine = world.plan(vec![other(1)]).await;
        assert_eq!(world.queue_because(fine, REASON).await.unwrap(), QueueOutcome::Queued);
        let place = world.line_of(fine.0).await.plan.stay.place.unwrap();
        assert_eq!(place.in_spite_because, None);
    }
}
