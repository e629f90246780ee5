//! Plans that have switched everything, and whose target's agent is away before it has said what it
//! runs.

use super::{World, core, on_both};
use backend::testing::{Fault, TestBackend};
use domain::execution::{LogKind, Phase};
use domain::plan::{Intervention, PlanStatus};
use domain::view::LogFilter;
use protocol::Order;
use store::testing::Kill;

const HOUR: i64 = 3_600_000;

impl World {
    /// A plan whose target's agent has gone away after the last switch, for longer than anybody
    /// waits for it.
    async fn unreported(&mut self) -> u64 {
        let plan = self.start_core("one").await;
        self.up_to_the_report(plan).await;
        self.without_quality(400_000).await;
        self.assert_unreported(plan).await;
        plan
    }

    async fn assert_unreported(&self, plan: u64) {
        let row = self.run_of(plan).await.plan;
        assert_eq!(row.status, PlanStatus::NeedsIntervention);
        let (why, phase) = (row.intervention, row.phase);
        assert_eq!(why, Some(Intervention::DeploymentSuspended));
        assert_eq!(phase, Some(Phase::Finish));
        assert_eq!(row.stay.kept, None, "no time ends it");
        assert_eq!((row.stamps.synchronized, row.stamps.finished), (None, None));
        let orders = self.slipway.waiting_orders(&self.quality.actor).await;
        assert!(orders.is_empty());
    }

    async fn lines(&self, plan: u64, kind: LogKind) -> Vec<String> {
        let filter = LogFilter {
            kinds: vec![kind],
            ..LogFilter::default()
        };
        let log = self.slipway.read_log(&self.operator, plan, filter).await;
        let lines = log.unwrap().lines.into_iter();
        lines.map(|line| line.text).collect()
    }

    /// What was done to plans, and by whom.
    async fn recorded(&self, who: &str, what: &str) -> usize {
        let audit = self.slipway.audited().await;
        let entries = audit.iter();
        entries
            .filter(|(by, action, _)| by == who && action == what)
            .count()
    }
}

on_both! {
    async fn it_finishes_by_itself_whenever_the_agent_is_back(mut world: World) {
        world.behind().await;
        let plan = Box::pin(world.unreported()).await;
        let lines = world.lines(plan, LogKind::Warning).await;
        assert_eq!(lines, ["Suspended: everything is switched in Quality, but its agent, which says what it runs, has been away for 3 min. The plan goes on by itself when the agent is back. Abort puts back what was switched."]);
        assert_eq!(world.on_its_way(core()).await, (plan, Some(Intervention::DeploymentSuspended)));
        assert!(!world.core_now().await.cells[1].can_move, "it may still go back");
        // Who wants to let it go on is told what is missing.
        let run = world.run_of(plan).await;
        let why = run.continue_refusal.unwrap();
        assert!(why.contains("start the agent: then it does so by itself"), "{why}");
        assert_eq!(run.abort_refusal, None);
        let refused = world.slipway.continue_plan(&world.operator, plan, None).await.unwrap_err();
        assert_eq!((refused.code(), refused.to_string()), ("agent_away", why));
        // However long that takes.
        world.slipway.clock.advance(2_000 * HOUR);
        world.without_quality(100_000).await;
        world.assert_unreported(plan).await;

        world.settle().await;
        let row = world.run_of(plan).await.plan;
        assert_eq!(row.status, PlanStatus::FinishedSuccessful);
        assert!(row.stamps.synchronized.unwrap() <= row.stamps.finished.unwrap());
        assert!(row.stamps.waited >= 2_000 * HOUR);
        assert!(world.core_now().await.cells[1].can_move);
        assert_eq!(world.recorded("Slipway", "plan_paused").await, 1);
        assert_eq!(world.recorded("Slipway", "plan_continued").await, 1);
        let lines = world.lines(plan, LogKind::Info).await;
        assert_eq!(lines, ["Goes on: the agent of Quality is asked what it runs."]);
    }

    async fn an_agent_that_has_lost_everything_does_not_make_it_a_success(mut world: World) {
        let production = world.behind().await;
        let plan = Box::pin(world.unreported()).await;
        // Another machine takes the place of the one that died.
        world.quality.running.clear();
        world.settle().await;
        let row = world.run_of(plan).await.plan;
        assert_eq!(row.status, PlanStatus::FinishedWithWarnings);
        let said = row.outcome.unwrap();
        assert!(said.contains("CoreLogic is not in Quality as the plan brought it"), "{said}");
        assert_eq!(world.may_move_on(production).await, [""; 0]);
    }

    async fn what_it_replaced_is_kept_as_long_as_it_may_come_back(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        let hotfix = world.hotfixes().await.remove(0);
        world.waive(hotfix.id, "It is in the next version.").await.unwrap();
        let runs = world.quality.running.values();
        let known = runs.filter_map(|version| world.quality.known.get(version));
        let former: Vec<String> = known.map(|placement| placement.digest.clone()).collect();
        assert!(!former.is_empty());
        let plan = world.start_core("two").await;
        world.up_to_the_report(plan).await;
        world.quality.report(&world.slipway).await;
        for _ in 0..3 {
            world.slipway.clock.advance(24 * HOUR);
            world.slipway.sweep_bundles().await.unwrap();
        }
        for digest in former {
            assert!(world.slipway.has_bundle(&digest).await.unwrap(), "{digest}");
        }
    }

    async fn what_the_agent_says_by_itself_lets_it_go_on(mut world: World) {
        let plan = world.start_core("one").await;
        world.quality.fails(|order| matches!(order, Order::Report).then_some(Fault::Fail));
        // Asked so often in vain that it is left alone for an hour.
        while world.run_of(plan).await.steps.iter().all(|step| step.attempts < 8) {
            world.settle().await;
            world.slipway.clock.advance(60_000);
        }
        while world.status(plan).await == PlanStatus::Running {
            world.settle().await;
        }
        world.quality.fails(|_| None);
        world.settle().await;
        world.assert_unreported(plan).await;
        world.quality.report(&world.slipway).await;
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
    }

    async fn who_presses_continue_as_it_goes_on_by_itself_is_told_that_it_does(mut world: World) {
        let plan = Box::pin(world.unreported()).await;
        world.quality.work(&world.slipway).await;
        world.slipway.walk_runs().await.unwrap();
        assert_eq!(world.status(plan).await, PlanStatus::Running);
        world.slipway.continue_plan(&world.operator, plan, None).await.unwrap();
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
    }

    async fn who_does_not_want_to_wait_aborts_it(mut world: World) {
        let plan = Box::pin(world.unreported()).await;
        let reason = "Nobody knows when it is back.".to_owned();
        world.slipway.abort_plan(&world.operator, plan, reason).await.unwrap();
        // Nobody puts anything back there: so it says what may run.
        Box::pin(world.without_quality(900_000)).await;
        let row = world.run_of(plan).await.plan;
        assert_eq!(row.status, PlanStatus::FinishedWithErrors);
        assert!(row.outcome.unwrap().contains("May run the new state"));
    }

    async fn who_aborts_it_when_the_agent_is_just_back_finds_what_ran_before(mut world: World) {
        let before = world.quality.running.clone();
        let plan = Box::pin(world.unreported()).await;
        assert_ne!(world.quality.running, before);
        world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned()).await.unwrap();
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        assert_eq!(world.quality.running, before);
    }
}

/// The console dies in the round that suspends the plan, and in the one in which it goes on.
#[tokio::test]
async fn a_console_that_dies_loses_nothing_of_it() {
    for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
        let mut world = Box::pin(World::new()).await;
        let plan = world.start_core("one").await;
        Box::pin(world.up_to_the_report(plan)).await;
        Box::pin(world.without_quality(150_000)).await;
        assert_eq!(world.status(plan).await, PlanStatus::Running);
        world.slipway.clock.advance(60_000);
        world.slipway.fuse().set(1, kill);
        let _ = world.slipway.walk_runs().await;
        let mut world = Box::pin(world.reborn()).await;
        Box::pin(world.without_quality(200_000)).await;
        Box::pin(world.assert_unreported(plan)).await;

        world.quality.report(&world.slipway).await;
        world.slipway.fuse().set(1, kill);
        let _ = world.slipway.walk_runs().await;
        let mut world = Box::pin(world.reborn()).await;
        Box::pin(world.settle()).await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        assert_eq!(
            world.recorded("Slipway", "plan_paused").await,
            1,
            "{kill:?}"
        );
        assert_eq!(world.recorded("Slipway", "plan_continued").await, 1);
        assert!(world.quality.effects.values().all(|times| *times == 1));
    }
}
