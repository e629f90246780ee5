//! The report at the end of a run, without which nobody knows for sure what the target hosts.

use crate::stage::Stage;
use backend::testing::{Factory, FakeAgent, Fault, TestBackend, actor};
use domain::access::Standing;
use domain::execution::Outcome;
use domain::plan::{Intervention, PlanStatus};
use domain::view::{EnvironmentDetail, PlanRow};
use protocol::{AgentSelf, Hello, Order};

/// A plan under way to *Quality*.
struct World {
    stage: Stage,
    plan: u64,
}

impl World {
    async fn on(slipway: TestBackend) -> Self {
        let source = FakeAgent::join(&slipway, "Development").await;
        let mut agent = FakeAgent::join(&slipway, "Quality").await;
        let factory = Factory::of(&slipway, 3).await;
        agent.running = factory.in_state(0);
        // Before the plan it has told of everything.
        agent.report(&slipway).await;
        slipway.clock.advance(1_000);
        let started = factory.start_plan(&slipway, source.actor.environment, &agent, false);
        let (plan, run) = started.await.unwrap();
        let stage = Stage {
            slipway,
            agent,
            factory,
            run,
        };
        Self { stage, plan }
    }

    /// What the Environments page says of *Quality*.
    async fn quality(&self) -> EnvironmentDetail {
        let viewer = actor(Standing::Viewer);
        let all = self.stage.slipway.list_environments(&viewer).await;
        all.unwrap().remove(1)
    }

    async fn row(&self) -> PlanRow {
        let viewer = actor(Standing::Viewer);
        let run = self.stage.slipway.read_run(&viewer, self.plan).await;
        run.unwrap().plan
    }

    /// Whether the agent is asked for what it hosts when it connects, having counted so far.
    async fn is_asked(&self, inventory_counter: u64) -> bool {
        let hello = Hello {
            agent: AgentSelf {
                version: "0.1.0".to_owned(),
                protocol: protocol::VERSION,
                address: "http://127.0.0.1:9001".to_owned(),
                platform: 1,
            },
            clock_ms: 0,
            inventory_counter,
            last_command: 0,
            last_event: None,
            signs_life: false,
        };
        let Stage { slipway, agent, .. } = &self.stage;
        let welcome = slipway.greet_agent(&agent.actor, hello).await;
        welcome.unwrap().wants_inventory
    }

    fn counter(&self) -> u64 {
        self.stage.agent.inventory(None).counter
    }

    /// Up to where the run waits for what its target runs.
    async fn suspend(&mut self) {
        while self.row().await.status != PlanStatus::NeedsIntervention {
            assert!(self.stage.turn().await.is_none(), "it is over");
        }
    }
}

#[tokio::test]
async fn a_run_that_reports_leaves_its_target_synchronized() {
    let mut world = World::on(TestBackend::new().await).await;
    let begun = world.stage.slipway.clock.read();
    let end = world.stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    let (quality, row) = (world.quality().await, world.row().await);
    assert!(
        row.stamps.synchronized.is_some_and(|at| at.0 >= begun),
        "{row:?}"
    );
    let last = quality.last_synchronized;
    assert!(last.is_some_and(|at| at.0 >= begun), "{last:?}");
    assert_eq!(quality.synchronization_error, None);
    assert!(!world.is_asked(world.counter()).await);
}

/// The report is lost, and with it nobody knows what the target runs: until the agent says so the
/// plan has not finished, and it needs nobody to do so then.
async fn lose_report(slipway: TestBackend, fault: Fault, why: &str) {
    let mut world = World::on(slipway).await;
    let known = world.counter();
    assert!(!world.is_asked(known).await, "it has told everything");
    let before = world.quality().await.last_synchronized;
    assert!(before.is_some());
    world
        .stage
        .agent
        .fails(move |order| matches!(order, Order::Report).then_some(fault));
    for _ in 0..3 {
        world.suspend().await;
        let row = world.row().await;
        assert_eq!(row.intervention, Some(Intervention::DeploymentSuspended));
        assert_eq!((row.stamps.synchronized, row.stamps.finished), (None, None));
        assert_eq!(row.stay.kept, None, "the time does not end it");
        assert_eq!(world.stage.agent.running, world.stage.factory.planned());
        let quality = world.quality().await;
        assert_eq!(quality.last_synchronized, before);
        let said = quality.synchronization_error.unwrap();
        assert_eq!(
            said,
            format!("At the end of a run: {why} Its agent is asked again when it connects.")
        );
        // It is asked as often as it connects, also if it counts no change since.
        assert!(world.is_asked(known).await);
        assert!(world.is_asked(world.counter()).await);
        // In a while it is asked again.
        while world.row().await.status != PlanStatus::Running {
            assert!(world.stage.turn().await.is_none(), "it is over");
        }
    }
    world.stage.agent.fails(|_| None);
    let end = world.stage.finish().await;
    assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
    world.stage.check(&end);
    let (quality, row) = (world.quality().await, world.row().await);
    assert_eq!(row.status, PlanStatus::FinishedSuccessful);
    let synchronized = row.stamps.synchronized.unwrap();
    assert!(row.stamps.finished.unwrap() >= synchronized);
    assert!(row.stamps.waited > 0);
    assert!(quality.last_synchronized > before);
    assert_eq!(quality.synchronization_error, None);
    assert!(!world.is_asked(world.counter()).await);
}

const NO_ANSWER: &str = "the agent gave no answer in time, also when it was asked again. See whether it runs and can reach the console.";

#[tokio::test]
async fn a_plan_is_not_over_before_its_target_has_said_what_it_runs() {
    let failed = "The test made it fail.";
    Box::pin(lose_report(TestBackend::new().await, Fault::Fail, failed)).await;
    Box::pin(lose_report(
        TestBackend::new().await,
        Fault::Silent,
        NO_ANSWER,
    ))
    .await;
}

#[tokio::test]
async fn a_plan_is_not_over_before_on_postgres() {
    let slipway = TestBackend::postgres().await;
    Box::pin(lose_report(slipway, Fault::Silent, NO_ANSWER)).await;
}

/// As when what was switched is put back: nobody knows it better then.
#[tokio::test]
async fn a_lost_report_after_going_back_is_asked_for_again_too() {
    let mut world = World::on(TestBackend::new().await).await;
    let known = world.counter();
    let last = world.stage.factory.modules[1].id;
    world.stage.agent.fails(move |order| match order {
        Order::Activate { module, .. } if *module == last => Some(Fault::Fail),
        Order::Report => Some(Fault::Fail),
        _ => None,
    });
    let end = world.stage.finish().await;
    assert_eq!(end.outcome, Outcome::Aborted, "{}", end.text);
    world.stage.check(&end);
    assert!(world.quality().await.synchronization_error.is_some());
    assert!(world.is_asked(known).await);
}
