//! Rolling back as people meet it: what comes back, what cannot, and that it does not come again
//! unseen.

use super::{SHOP, World, core, id, number, on_both, other, shop};
use backend::testing::TestBackend;
use domain::impact::{FindingCode, Severity};
use domain::plan::{Origin, PlanKind, Ran, Returns};
use domain::view::{PlanEdit, StartOutcome};
use domain::{AppError, ApplicationId, ModuleId, VersionNumber};

impl World {
    /// Publishes Core with this content and brings it to Quality; the plan's number.
    async fn bring_core(&mut self, content: &str) -> u64 {
        self.publish_core(content).await;
        let (plan, revision) = self.plan(vec![core()]).await;
        self.run_through(plan, revision).await;
        plan
    }

    pub(super) async fn returns(&self, plan: u64) -> Vec<Returns> {
        Box::pin(self.slipway.foresee_rollback(&self.operator, plan))
            .await
            .unwrap()
            .rows
            .into_iter()
            .map(|row| row.returns)
            .collect()
    }

    async fn roll_back(&self, plan: u64) -> Result<u64, AppError> {
        self.roll_back_of(plan, vec![core()]).await
    }

    pub(super) async fn roll_back_of(
        &self,
        plan: u64,
        applications: Vec<ApplicationId>,
    ) -> Result<u64, AppError> {
        let back = self
            .slipway
            .roll_back_plan(&self.operator, plan, applications);
        Box::pin(back).await
    }

    /// What Quality runs of these, and how many versions are held there.
    pub(super) async fn in_quality<const N: usize>(
        &self,
        applications: [ApplicationId; N],
    ) -> [(Option<VersionNumber>, usize); N] {
        let mut told = [(None, 0); N];
        for (at, application) in applications.into_iter().enumerate() {
            let read = self.slipway.read_application(&self.operator, application);
            let detail = read.await.unwrap();
            told[at] = (detail.cells[1].version, detail.guarded.holds.len());
        }
        told
    }
}

fn told((version, held): (&str, usize)) -> (Option<VersionNumber>, usize) {
    (Some(number(version)), held)
}

on_both! {
    async fn what_ran_before_comes_back_and_is_held_until_somebody_releases_it(mut world: World) {
        world.bring_core("one").await;
        let plan = world.bring_core("two").await;
        assert!(matches!(world.returns(plan).await[..], [Returns::Back { number: back, .. }] if back == number("0.1")));

        let back = world.roll_back(plan).await.unwrap();
        let detail = world.slipway.read_plan(&world.operator, back).await.unwrap();
        assert_eq!(detail.content.kind, PlanKind::Rollback);
        assert_eq!((detail.content.source, detail.content.target), (world.target(), world.target()));
        assert_eq!(detail.row.name, "Core 0.1 back in Quality");
        let origin = detail.origin.unwrap();
        assert_eq!((origin.number, origin.how, origin.open), (plan, Origin::Rollback, vec![]));
        let report = world.slipway.check_plan(&world.operator, back).await.unwrap();
        assert_eq!(report.count(Severity::Error), 0, "{:?}", report.findings);

        world.run_through(back, 1).await;
        let quality = &world.core_now().await.cells[1];
        assert_eq!((quality.version, quality.marks.modified), (Some(number("0.1")), false));
        // What is held is not offered as something that can move on.
        let now = world.core_now().await;
        assert!(!now.cells[0].can_move && now.is_held_after(0));
        let original = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!((original.rolls_back, original.rolled_back_by), (None, vec![back]));
        let undone = world.slipway.read_run(&world.operator, back).await.unwrap();
        assert_eq!((undone.rolls_back, undone.rolled_back_by), (Some(plan), vec![]));

        // The same again is warned of, and not refused.
        let holds = world.core_now().await.guarded.holds;
        assert_eq!(holds.len(), 1);
        assert_eq!((holds[0].number, holds[0].plan), (number("0.2"), back));
        // The matrix draws it, too: Development runs what Quality shall not have.
        assert!(world.core_now().await.cells[1].held);
        let (again, revision) = world.plan(vec![core()]).await;
        let report = world.slipway.check_plan(&world.operator, again).await.unwrap();
        let held = report.findings.iter().find(|finding| finding.code == FindingCode::VersionHeld);
        assert!(held.unwrap().detail.as_deref().unwrap().starts_with(&format!("#{back} on ")));
        assert_eq!(report.count(Severity::Error), 0);
        let empty = world.slipway.release_hold(&world.operator, holds[0].id, "").await;
        assert!(matches!(empty, Err(AppError::Invalid { .. })));
        world.slipway.release_hold(&world.operator, holds[0].id, "It was the network").await.unwrap();
        let report = world.slipway.check_plan(&world.operator, again).await.unwrap();
        assert!(report.findings.iter().all(|finding| finding.code != FindingCode::VersionHeld));
        let now = world.core_now().await;
        assert!(now.guarded.holds.is_empty());
        assert!(!now.cells[1].held);
        assert!(now.cells[0].can_move && !now.is_held_after(0));
        let audited = world.slipway.list_audit().await;
        let released = audited.iter().find(|entry| entry.action == "hold_released").unwrap();
        assert_eq!(released.reason.as_deref(), Some("It was the network"));
        world.run_through(again, revision).await;
        assert_eq!(world.core_now().await.cells[1].version, Some(number("0.2")));
    }

    async fn what_cannot_come_back_is_said_with_its_reason(mut world: World) {
        let first = world.bring_core("one").await;
        assert_eq!(world.returns(first).await, [Returns::NothingBefore]);
        assert!(matches!(world.roll_back(first).await, Err(AppError::Conflict { code, .. }) if code == "cannot_roll_back"));

        let second = world.bring_core("two").await;
        let third = world.bring_core("three").await;
        assert_eq!(world.returns(second).await, [Returns::ChangedSince { plan: Some(third) }]);

        // Once the later one is rolled back, the earlier one can be.
        let back = world.roll_back(third).await.unwrap();
        world.run_through(back, 1).await;
        assert!(matches!(world.returns(second).await[..], [Returns::Back { .. }]));
        assert!(matches!(world.returns(third).await[..], [Returns::AlreadyBack { ran: Ran::Tag(_, now) }] if now == number("0.2")));

        world.publish_core_in("Quality", "by hand").await;
        assert_eq!(world.returns(second).await, [Returns::ChangedSince { plan: Some(back) }]);

        let (draft, _) = world.plan(vec![core()]).await;
        let early = world.slipway.foresee_rollback(&world.operator, draft).await;
        assert!(matches!(early, Err(AppError::Conflict { code, .. }) if code == "plan_not_finished"));
    }

    async fn what_was_linked_anew_is_linked_anew_with_what_comes_back(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (first, revision) = world.plan(vec![core(), shop()]).await;
        world.run_through(first, revision).await;
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let front = ModuleId(id(SHOP + 1));
        let again = PlanEdit::SetRepublish(vec![front]);
        let revision = world.edit(plan, revision, again).await;
        world.run_through(plan, revision).await;

        let back = world.roll_back(plan).await.unwrap();
        let detail = world.slipway.read_plan(&world.operator, back).await.unwrap();
        assert_eq!(detail.content.republish, [front]);
        let report = world.slipway.check_plan(&world.operator, back).await.unwrap();
        let consumers: Vec<_> = report.outdated_consumers.iter().map(|c| (c.consumer.module, c.republished)).collect();
        assert_eq!((report.count(Severity::Error), consumers), (0, vec![(front, true)]));
        world.run_through(back, 1).await;
        let shop = world.slipway.read_application(&world.operator, shop()).await.unwrap();
        assert_eq!(shop.cells[1].marks.outdated_references, 0);
    }

    async fn some_of_the_applications_come_back_and_then_one(mut world: World) {
        let all = [1, 2, 3].map(other);
        let mut plan = 0;
        for content in ["one", "two"] {
            for application in 1..=3 {
                world.publish_other(application, content).await;
            }
            let (number, revision) = world.plan(all.to_vec()).await;
            world.run_through(number, revision).await;
            plan = number;
        }
        let some = world.roll_back_of(plan, vec![all[0], all[2]]).await.unwrap();
        let detail = world.slipway.read_plan(&world.operator, some).await.unwrap();
        let brings: Vec<_> = detail.content.operations.iter().map(|o| o.application).collect();
        assert_eq!(brings, [all[0], all[2]]);
        world.run_through(some, 1).await;
        // The others stay, and nothing of them is held.
        assert_eq!(world.in_quality(all).await, [("0.1", 1), ("0.2", 0), ("0.1", 1)].map(told));
        let returns = world.returns(plan).await;
        assert!(matches!(
            returns[..],
            [Returns::AlreadyBack { .. }, Returns::Back { .. }, Returns::AlreadyBack { .. }]
        ), "{returns:?}");

        let one = world.roll_back_of(plan, vec![all[1]]).await.unwrap();
        world.run_through(one, 1).await;
        assert_eq!(world.in_quality(all).await, [("0.1", 1), ("0.1", 1), ("0.1", 1)].map(told));
        let original = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!(original.rolled_back_by, [some, one]);
    }

    async fn a_consumer_comes_back_alone_and_its_producer_stays(mut world: World) {
        let mut plan = 0;
        for content in ["one", "two"] {
            world.publish_core(content).await;
            world.publish_shop(content).await;
            let (number, revision) = world.plan(vec![core(), shop()]).await;
            world.run_through(number, revision).await;
            plan = number;
        }
        let back = world.roll_back_of(plan, vec![shop()]).await.unwrap();
        let report = world.slipway.check_plan(&world.operator, back).await.unwrap();
        assert_eq!(report.count(Severity::Error), 0, "{:?}", report.findings);
        world.run_through(back, 1).await;
        assert_eq!(world.in_quality([core(), shop()]).await, [("0.2", 0), ("0.1", 1)].map(told));
        let nothing = world.roll_back_of(plan, Vec::new()).await;
        assert!(nothing.is_err(), "{nothing:?}");
    }

    async fn a_rollback_that_was_aborted_is_tried_again_as_one(mut world: World) {
        world.bring_core("one").await;
        let plan = world.bring_core("two").await;
        let back = world.roll_back(plan).await.unwrap();
        let started = world.slipway.start_plan(&world.operator, back, 1, None).await.unwrap();
        assert_eq!(started, StartOutcome::Started);
        world.slipway.abort_plan(&world.operator, back, "Not yet".to_owned()).await.unwrap();
        world.settle().await;
        assert_eq!(world.core_now().await.cells[1].version, Some(number("0.2")));
        assert!(world.core_now().await.guarded.holds.is_empty());

        let again = world.slipway.retry_plan(&world.operator, back).await.unwrap();
        let detail = world.slipway.read_plan(&world.operator, again).await.unwrap();
        assert_eq!(detail.content.kind, PlanKind::Rollback);
        world.run_through(again, 1).await;
        assert_eq!(world.core_now().await.cells[1].version, Some(number("0.1")));
    }
}
