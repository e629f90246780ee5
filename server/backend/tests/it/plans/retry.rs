//! Retry, and reuse beside it, as people meet them when the world has changed since (domain.md 5):
//! what is foreseen, what the draft holds, and what is still told in it.

use super::reuse::KEEP;
use super::{CORE, SHOP, World, core, id, number, on_both, shop};
use backend::testing::{Fault, TestBackend};
use domain::plan::{Becomes, CannotReuse, Choice, Origin, PlanContent, PlanStatus};
use domain::view::{BetterSources, PlanEdit, ReuseOutlook, StartOutcome};
use domain::{AppError, ApplicationId, ModuleId};
use protocol::Order;

impl World {
    /// A plan with Core and Shop that Slipway aborted, because Shop could not be switched. Both are
    /// tagged as 0.1 by it.
    async fn aborted_plan(&mut self) -> u64 {
        Box::pin(self.publish_core("one")).await;
        Box::pin(self.publish_shop("one")).await;
        let (plan, revision) = self.plan(vec![core(), shop()]).await;
        self.quality
            .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
        let start = self
            .slipway
            .start_plan(&self.operator, plan, revision, None);
        assert_eq!(Box::pin(start).await.unwrap(), StartOutcome::Started);
        Box::pin(self.settle()).await;
        self.quality.fails(|_| None);
        assert_eq!(self.status(plan).await, PlanStatus::Aborted);
        plan
    }

    /// A newer Core comes to the target.
    async fn overtake_core(&mut self) {
        Box::pin(self.publish_core("two")).await;
        let (plan, revision) = self.plan(vec![core()]).await;
        Box::pin(self.run_through(plan, revision)).await;
        assert_eq!(self.status(plan).await, PlanStatus::FinishedSuccessful);
    }

    /// The source does not run this module any more.
    pub(super) async fn leaves_the_source(&mut self, module: u128) {
        self.development.running.remove(&id(module));
        Box::pin(self.development.report(&self.slipway)).await;
    }

    async fn foresee_retry(&self, plan: u64) -> ReuseOutlook {
        let outlook = self.foresee(plan, None, true).await;
        assert_eq!(outlook.how, Origin::Retry);
        assert_eq!(
            (outlook.source, outlook.target),
            (self.source(), self.target())
        );
        outlook
    }

    async fn retry(&self, plan: u64) -> Result<u64, AppError> {
        Box::pin(self.slipway.retry_plan(&self.operator, plan)).await
    }

    /// What the original holds, and where it stands.
    async fn original(&self, plan: u64) -> (PlanContent, PlanStatus) {
        let detail = self.slipway.read_plan(&self.operator, plan);
        let detail = Box::pin(detail).await.unwrap();
        (detail.content, detail.row.status)
    }

    /// What a plan does with its applications, and of which of them something is told.
    pub(super) async fn opened(&self, plan: u64) -> (Vec<(ApplicationId, Choice)>, Vec<Becomes>) {
        let detail = self.slipway.read_plan(&self.operator, plan);
        let detail = Box::pin(detail).await.unwrap();
        assert_eq!(detail.row.status, PlanStatus::Draft);
        let operations = detail.content.operations.into_iter();
        let open = detail.origin.unwrap().open.into_iter();
        (
            operations
                .map(|one| (one.application, one.choice))
                .collect(),
            open.map(|row| row.becomes).collect(),
        )
    }
}

/// Who of the original's applications is left out.
fn left_out(outlook: &ReuseOutlook) -> Vec<ApplicationId> {
    let rows = outlook
        .rows
        .iter()
        .filter(|row| row.becomes == Becomes::LeftOut);
    rows.map(|row| row.application).collect()
}

on_both! {
    async fn ru3_a_source_with_all_of_the_applications_needs_no_word(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (first, revision) = world.plan(vec![core(), shop()]).await;
        Box::pin(world.run_through(first, revision)).await;
        world.publish_core("two").await;
        world.publish_shop("two").await;
        let ends = (world.source(), world.target());
        for keep_tags in [true, false] {
            let outlook = world.foresee(first, Some(ends), keep_tags).await;
            assert_eq!((outlook.refusal, left_out(&outlook)), (None, vec![]));
            assert!(outlook.rows.iter().all(|row| !row.becomes.needs_a_look()), "{outlook:?}");
        }
        let plan = world.slipway.reuse_plan(&world.operator, first, ends.0, ends.1, true);
        let plan = Box::pin(plan).await.unwrap();
        let (operations, open) = world.opened(plan).await;
        let all: Vec<_> = operations.iter().map(|(application, _)| *application).collect();
        assert_eq!((all, open), (vec![core(), shop()], vec![]));
    }

    async fn rt1_what_the_source_lost_since_is_named_and_left_out_of_the_retry(mut world: World) {
        let first = Box::pin(world.aborted_plan()).await;
        world.leaves_the_source(SHOP + 1).await;
        let outlook = world.foresee_retry(first).await;
        assert_eq!((outlook.refusal, left_out(&outlook)), (None, vec![shop()]));
        assert_eq!(outlook.rows.iter().find(|row| row.application == shop()).unwrap().name, "Shop");
        let plan = world.retry(first).await.unwrap();
        let (operations, open) = world.opened(plan).await;
        let [(brings, Choice::Deploy { .. })] = &operations[..] else {
            panic!("{operations:?}");
        };
        assert_eq!((*brings, open), (core(), vec![]));
    }

    async fn rt1_consumers_stay_ticked_that_the_target_still_runs(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (first, revision) = world.plan(vec![core(), shop()]).await;
        Box::pin(world.run_through(first, revision)).await;
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let front = ModuleId(id(SHOP + 1));
        let revision = world.edit(plan, revision, PlanEdit::SetRepublish(vec![front])).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
        Box::pin(world.run_through(plan, revision)).await;
        world.quality.fails(|_| None);
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        let again = world.retry(plan).await.unwrap();
        let content = world.original(again).await.0;
        assert_eq!(content.republish, [front]);
        // One that is not there any more is no part of it.
        world.quality.running.remove(&front.0);
        Box::pin(world.quality.report(&world.slipway)).await;
        let again = world.retry(plan).await.unwrap();
        assert_eq!(world.original(again).await.0.republish, []);
        // After a plan that finished it is another question.
        let (source, target) = (world.source(), world.target());
        let reused = world.slipway.reuse_plan(&world.operator, first, source, target, true);
        let reused = Box::pin(reused).await.unwrap();
        assert_eq!(world.original(reused).await.0.republish, []);
    }

    async fn rt2_a_source_that_lost_all_of_them_goes_nowhere(mut world: World) {
        // Whose drafts can be counted.
        Box::pin(world.as_somebody()).await;
        let first = Box::pin(world.aborted_plan()).await;
        world.production_with(&[CORE + 1, SHOP + 1]).await;
        world.leaves_the_source(SHOP + 1).await;
        world.leaves_the_source(CORE + 1).await;
        let outlook = world.foresee_retry(first).await;
        assert_eq!(outlook.refusal, Some(CannotReuse::NoneInSource));
        assert_eq!(left_out(&outlook), [core(), shop()]);
        // Another environment has all of them, but a retry cannot choose it.
        assert_eq!(outlook.better_sources, BetterSources::default());
        let refused = world.retry(first).await.unwrap_err();
        assert!(refused.to_string().starts_with("Development has none"), "{refused}");
        let drafts = world.slipway.list_drafts(&world.operator).await.unwrap();
        assert_eq!(drafts.total.number, 0);
        assert_eq!(world.status(first).await, PlanStatus::Aborted);
    }

    async fn rt3_a_tag_that_cannot_be_deployed_any_more_is_told_in_the_opened_retry(mut world: World) {
        let first = Box::pin(world.aborted_plan()).await;
        let original = world.original(first).await;
        Box::pin(world.overtake_core()).await;
        let outlook = world.foresee_retry(first).await;
        let (was, running) = (number("0.1"), number("0.2"));
        let newer = Becomes::TargetNewer { number: was, running };
        assert_eq!((outlook.refusal, left_out(&outlook)), (None, vec![]));
        let plan = world.retry(first).await.unwrap();
        let (operations, open) = world.opened(plan).await;
        assert_eq!(open, [newer]);
        let [(_, Choice::DoNothing), (_, Choice::Deploy { .. })] = operations[..] else {
            panic!("{operations:?}");
        };
        // The original is what it was.
        assert_eq!(world.original(first).await, original);
    }

    async fn rt6_both_can_come_together(mut world: World) {
        let first = Box::pin(world.aborted_plan()).await;
        Box::pin(world.overtake_core()).await;
        world.leaves_the_source(SHOP + 1).await;
        let outlook = world.foresee_retry(first).await;
        assert_eq!((outlook.refusal, left_out(&outlook)), (None, vec![shop()]));
        let plan = world.retry(first).await.unwrap();
        let (operations, open) = world.opened(plan).await;
        assert_eq!(operations, [(core(), Choice::DoNothing)]);
        assert!(matches!(open[..], [Becomes::TargetNewer { .. }]), "{open:?}");
        // RU7: a plan that was aborted is not reused, also where it could be.
        let (source, target) = (world.source(), world.target());
        let reused = world.slipway.reuse_plan(&world.operator, first, source, target, true);
        assert_eq!(Box::pin(reused).await.unwrap_err().code(), "plan_aborted");
        assert_ne!(outlook.how, KEEP);
    }
}
