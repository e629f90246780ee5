//! Suspended plans: the target's agent stays away before anything is switched there.

use super::{World, core, on_both, shop};
use backend::testing::{Fault, TestBackend, actor};
use domain::access::Standing;
use domain::execution::{LogKind, StepKind, StepState};
use domain::impact::FindingCode;
use domain::plan::{Intervention, PlanStatus};
use domain::view::{LogFilter, StartOutcome};
use protocol::Order;
use store::testing::Kill;

const HOUR: i64 = 3_600_000;

impl World {
    /// A plan that has just begun, with an agent that has heard nothing of it yet; kept for 8 hours.
    async fn just_begun(&mut self) -> u64 {
        self.rule(|rules| rules.keep_hours = 8).await;
        self.publish_core("one").await;
        self.publish_shop("one").await;
        let (plan, revision) = self.plan(vec![core(), shop()]).await;
        self.deploy(plan, revision).await;
        self.slipway.walk_runs().await.unwrap();
        plan
    }

    /// The same, staging.
    async fn staging(&mut self) -> u64 {
        let plan = self.just_begun().await;
        self.quality.work(&self.slipway).await;
        self.slipway.walk_runs().await.unwrap();
        let orders = self.slipway.waiting_orders(&self.quality.actor).await;
        assert!(
            orders
                .iter()
                .all(|(_, order)| matches!(order, Order::Stage(_)))
        );
        assert_eq!(orders.len(), 2);
        plan
    }

    /// Time passes without a sign of life of the target's agent.
    pub(super) async fn without_quality(&mut self, milliseconds: i64) {
        let end = self.slipway.clock.read() + milliseconds;
        while self.slipway.clock.read() < end {
            Box::pin(self.slipway.walk_runs()).await.unwrap();
            Box::pin(self.slipway.serve_lines()).await.unwrap();
            Box::pin(self.slipway.sweep_prepared()).await.unwrap();
            Box::pin(self.development.work(&self.slipway)).await;
            self.slipway.clock.advance(milliseconds.min(10_000));
        }
    }

    /// It is suspended, nothing is under way, and the target is as it was.
    pub(super) async fn assert_suspended(&self, plan: u64) {
        let run = self.run_of(plan).await;
        assert_eq!(run.plan.status, PlanStatus::NeedsIntervention);
        assert_eq!(
            run.plan.intervention,
            Some(Intervention::DeploymentSuspended)
        );
        assert!(run.plan.stay.kept.is_some());
        for step in run.steps.iter().filter(|s| s.state != StepState::Succeeded) {
            assert_eq!((step.state, step.attempts), (StepState::Waiting, 0));
            assert_eq!((step.started, step.finished), (None, None));
        }
        assert!(
            self.slipway
                .waiting_orders(&self.quality.actor)
                .await
                .is_empty()
        );
        assert!(self.quality.running.is_empty());
    }

    /// Lines of the log with this text.
    async fn logged(&self, plan: u64, kind: LogKind, text: &str) -> usize {
        let filter = LogFilter {
            text: text.to_owned(),
            kinds: vec![kind],
            ..LogFilter::default()
        };
        let log = self.slipway.read_log(&self.operator, plan, filter).await;
        log.unwrap().lines.len()
    }

    /// The agent is back and somebody continues it: it ends as planned.
    async fn comes_back(&mut self, plan: u64) {
        self.quality.work(&self.slipway).await;
        assert_eq!(self.run_of(plan).await.continue_refusal, None);
        self.slipway
            .continue_plan(&self.operator, plan, None)
            .await
            .unwrap();
        Box::pin(self.settle()).await;
        assert_eq!(self.status(plan).await, PlanStatus::FinishedSuccessful);
        assert_eq!(self.quality.running.len(), 2);
        assert!(self.quality.effects.values().all(|times| *times == 1));
        let run = self.run_of(plan).await;
        assert!(run.plan.stay.kept.is_none());
        assert!(
            run.steps
                .iter()
                .all(|step| step.state == StepState::Succeeded)
        );
    }
}

on_both! {
    async fn an_agent_that_stays_away_suspends_the_plan_until_it_is_back(mut world: World) {
        let plan = Box::pin(world.just_begun()).await;
        assert_eq!(world.on_its_way(core()).await, (plan, None));
        // It is waited for beyond the time that a transfer may take.
        world.without_quality(190_000).await;
        assert_eq!(world.status(plan).await, PlanStatus::Running);
        world.without_quality(60_000).await;
        world.assert_suspended(plan).await;
        let waits = Some(Intervention::DeploymentSuspended);
        assert_eq!(world.on_its_way(core()).await, (plan, waits));
        let words = "Suspended: the agent of Quality has been away for 3 min. Nothing has changed there; continue when it is back.";
        assert_eq!(world.logged(plan, LogKind::Warning, words).await, 1);
        assert_eq!(world.logged(plan, LogKind::Info, "What is there already is kept until").await, 1);
        assert_eq!(world.logged(plan, LogKind::Error, "").await, 0);

        // Who continues it too early is told why not, and can keep it meanwhile.
        let run = world.run_of(plan).await;
        let why = run.continue_refusal.unwrap();
        assert!(why.contains("agent of Quality is away"), "{why}");
        assert_eq!((run.keep_refusal, run.abort_refusal), (None, None));
        let refused = world.slipway.continue_plan(&world.operator, plan, None).await.unwrap_err();
        assert_eq!((refused.code(), refused.to_string()), ("agent_away", why));
        world.assert_suspended(plan).await;
        let until = run.plan.stay.kept.unwrap().until;
        world.slipway.keep_plan_longer(&world.operator, plan, until).await.unwrap();
        let viewer = actor(Standing::Viewer);
        assert!(world.slipway.continue_plan(&viewer, plan, None).await.is_err());

        world.without_quality(HOUR).await;
        world.assert_suspended(plan).await;
        Box::pin(world.comes_back(plan)).await;
        let stamps = world.run_of(plan).await.plan.stamps;
        assert!(stamps.waited >= HOUR);
        let audit = world.slipway.audited().await;
        let times = |action: &str| audit.iter().filter(|(_, what, _)| what == action).count();
        assert_eq!((times("plan_paused"), times("plan_continued")), (1, 1));
    }

    async fn what_the_agent_had_in_its_hands_already_is_staged_again(mut world: World) {
        world.quality.fails(|order| matches!(order, Order::Stage(_)).then_some(Fault::Late));
        let plan = Box::pin(world.staging()).await;
        // It takes the orders and goes away before it has done them.
        world.quality.work(&world.slipway).await;
        world.without_quality(400_000).await;
        world.assert_suspended(plan).await;
        let steps = world.run_of(plan).await.steps;
        let mut transfers = steps.iter().filter(|step| step.kind == StepKind::Transfer);
        assert!(transfers.all(|step| step.state == StepState::Succeeded));
        // Back, it says what became of them: nobody asks for that any more.
        world.quality.fails(|_| None);
        world.quality.work_late();
        Box::pin(world.settle()).await;
        world.assert_suspended(plan).await;
        Box::pin(world.comes_back(plan)).await;
        assert_eq!(world.logged(plan, LogKind::StepSub, "Staged and verified").await, 2);
    }

    async fn what_is_late_comes_after_the_plan_has_gone_on(mut world: World) {
        let mut first = 2;
        world.quality.fails(move |order| {
            let late = first > 0 && matches!(order, Order::Stage(_));
            first -= u8::from(late);
            late.then_some(Fault::Late)
        });
        let plan = Box::pin(world.staging()).await;
        world.quality.work(&world.slipway).await;
        world.without_quality(400_000).await;
        world.assert_suspended(plan).await;
        world.quality.work(&world.slipway).await;
        world.slipway.continue_plan(&world.operator, plan, None).await.unwrap();
        world.slipway.walk_runs().await.unwrap();
        world.quality.work(&world.slipway).await;
        // Staged anew, and only then what came first.
        world.quality.work_late();
        Box::pin(world.settle()).await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        assert_eq!(world.quality.running.len(), 2);
        assert!(world.quality.effects.values().all(|times| *times == 1));
    }

    async fn who_aborts_it_while_the_agent_is_away_finds_the_target_as_it_was(mut world: World) {
        let plan = Box::pin(world.staging()).await;
        world.without_quality(400_000).await;
        world.assert_suspended(plan).await;
        let reason = "Nobody knows when it is back.".to_owned();
        world.slipway.abort_plan(&world.operator, plan, reason).await.unwrap();
        world.without_quality(400_000).await;
        let run = world.run_of(plan).await;
        assert_eq!(run.plan.status, PlanStatus::Aborted);
        assert!(run.plan.stay.kept.is_none());
        // Whenever the agent comes back, it is to clean up and nothing else.
        let orders = world.slipway.waiting_orders(&world.quality.actor).await;
        let orders: Vec<Order> = orders.into_iter().map(|(_, order)| order).collect();
        assert_eq!(orders, [Order::CleanUp]);
        Box::pin(world.settle()).await;
        assert!(world.quality.running.is_empty());
    }

    async fn who_aborts_it_when_the_agent_is_back_has_it_cleaned_up(mut world: World) {
        let plan = Box::pin(world.just_begun()).await;
        world.without_quality(400_000).await;
        // Another process knows as well that there is something to clean up.
        let mut world = Box::pin(world.reborn()).await;
        Box::pin(world.without_quality(10_000)).await;
        world.assert_suspended(plan).await;
        world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned()).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        let run = world.run_of(plan).await;
        let cleaned = run.steps.iter().find(|step| step.kind == StepKind::CleanUp).unwrap();
        assert_eq!(cleaned.state, StepState::Succeeded);
        assert!(world.quality.running.is_empty());
    }

    async fn what_stays_suspended_ends_in_time(mut world: World) {
        let plan = Box::pin(world.just_begun()).await;
        world.without_quality(400_000).await;
        world.assert_suspended(plan).await;
        world.without_quality(6 * HOUR).await;
        assert_eq!(world.logged(plan, LogKind::Warning, "What is there already is kept only until").await, 1);
        world.assert_suspended(plan).await;
        world.slipway.clock.advance(2 * HOUR);
        world.quality.work(&world.slipway).await;
        let late = world.slipway.continue_plan(&world.operator, plan, None).await.unwrap_err();
        assert!(late.code() == "packages_expired" && late.to_string().contains("suspended for too long"));
        Box::pin(world.settle()).await;
        let run = world.run_of(plan).await;
        assert_eq!(run.plan.status, PlanStatus::Aborted);
        let (stamp, reason) = run.abort.unwrap();
        assert_eq!(stamp.by.name, "Slipway");
        assert_eq!(reason, "It was suspended for 8 hours, and nobody continued it.");
        let audit = world.slipway.audited().await;
        assert!(audit.iter().any(|(who, what, _)| who == "Slipway" && what == "plan_suspension_expired"));
    }

    async fn it_holds_its_slot_and_its_modules(mut world: World) {
        let plan = Box::pin(world.just_begun()).await;
        world.without_quality(400_000).await;
        world.assert_suspended(plan).await;
        world.quality.work(&world.slipway).await;
        let (other, revision) = world.plan(vec![core()]).await;
        let answer = world.slipway.start_plan(&world.operator, other, revision, None).await;
        let StartOutcome::Refused(report) = answer.unwrap() else {
            panic!("it starts beside the suspended one");
        };
        assert!(report.findings.iter().any(|f| f.code == FindingCode::ParallelSameModule));
        Box::pin(world.comes_back(plan)).await;
    }

    async fn it_may_be_suspended_again_and_then_be_prepared(mut world: World) {
        world.rule(|rules| rules.two_stage = true).await;
        let plan = Box::pin(world.just_begun()).await;
        for _ in 0..2 {
            world.without_quality(400_000).await;
            world.assert_suspended(plan).await;
            world.quality.work(&world.slipway).await;
            world.slipway.continue_plan(&world.operator, plan, None).await.unwrap();
            world.slipway.walk_runs().await.unwrap();
        }
        Box::pin(world.settle()).await;
        let row = world.run_of(plan).await.plan;
        assert_eq!(row.intervention, Some(Intervention::Prepared));
        assert!(row.stay.kept.is_some() && world.quality.running.is_empty());
        Box::pin(world.comes_back(plan)).await;
    }
}

/// The console dies in the round that suspends the plan, while it is suspended, and while somebody
/// continues it.
#[tokio::test]
async fn a_console_that_dies_finds_a_suspended_plan_as_it_was() {
    for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
        let mut world = Box::pin(World::new()).await;
        let plan = Box::pin(world.staging()).await;
        Box::pin(world.without_quality(200_000)).await;
        world.slipway.clock.advance(400_000);
        world.slipway.fuse().set(1, kill);
        let _ = world.slipway.walk_runs().await;
        let mut world = Box::pin(world.reborn()).await;
        Box::pin(world.without_quality(200_000)).await;
        Box::pin(world.assert_suspended(plan)).await;
        let mut world = Box::pin(world.reborn()).await;
        Box::pin(world.without_quality(10_000)).await;
        Box::pin(world.assert_suspended(plan)).await;
        let audit = world.slipway.audited().await;
        let paused = audit.iter().filter(|(_, what, _)| what == "plan_paused");
        assert_eq!(paused.count(), 1, "{kill:?}");

        world.quality.work(&world.slipway).await;
        world.slipway.fuse().set(1, kill);
        assert!(
            world
                .slipway
                .continue_plan(&world.operator, plan, None)
                .await
                .is_err()
        );
        let mut world = Box::pin(world.reborn()).await;
        if kill == Kill::BeforeCommit {
            Box::pin(world.assert_suspended(plan)).await;
            Box::pin(world.comes_back(plan)).await;
        } else {
            Box::pin(world.settle()).await;
            assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
            assert!(world.quality.effects.values().all(|times| *times == 1));
        }
    }
}

/// It is the console that was away: the agent has time to come back.
#[tokio::test]
async fn a_console_that_was_down_for_long_does_not_take_the_agent_for_away() {
    let mut world = Box::pin(World::new()).await;
    let plan = Box::pin(world.staging()).await;
    world.slipway.clock.advance(HOUR);
    let mut world = Box::pin(world.reborn()).await;
    Box::pin(world.without_quality(60_000)).await;
    assert_eq!(world.status(plan).await, PlanStatus::Running);
    Box::pin(world.settle()).await;
    assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
    assert!(world.quality.effects.values().all(|times| *times == 1));
}

/// Once something may be switched it goes back, as ever.
#[tokio::test]
async fn after_the_first_switch_an_agent_that_stays_away_ends_the_plan() {
    let mut world = Box::pin(World::new()).await;
    let plan = Box::pin(world.staging()).await;
    world.quality.work(&world.slipway).await;
    world.slipway.walk_runs().await.unwrap();
    Box::pin(world.without_quality(400_000)).await;
    assert_eq!(world.status(plan).await, PlanStatus::Aborting);
    Box::pin(world.settle()).await;
    assert_eq!(world.status(plan).await, PlanStatus::Aborted);
    assert!(world.quality.running.is_empty());
}

/// An agent that is there and says nothing is no agent that is away.
#[tokio::test]
async fn an_agent_that_is_there_and_gives_no_answer_ends_the_plan() {
    let mut world = Box::pin(World::new()).await;
    world
        .quality
        .fails(|order| matches!(order, Order::Stage(_)).then_some(Fault::Silent));
    let plan = Box::pin(world.staging()).await;
    for _ in 0..40 {
        world.quality.work(&world.slipway).await;
        world.slipway.walk_runs().await.unwrap();
        world.slipway.clock.advance(10_000);
    }
    Box::pin(world.settle()).await;
    assert_eq!(world.status(plan).await, PlanStatus::Aborted);
    assert_eq!(
        world
            .logged(plan, LogKind::Error, "gave no answer in time")
            .await,
        2
    );
}
