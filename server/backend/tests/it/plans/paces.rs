//! What a run tells of how fast earlier ones to the same target went.

use super::{World, core, on_both, shop};
use backend::testing::{Fault, TestBackend};
use domain::Timestamp;
use domain::execution::Phase;
use domain::view::{Outlook, RunDetail, StartOutcome};
use protocol::Order;

impl World {
    async fn begin(&mut self, content: &str) -> u64 {
        self.publish_core(content).await;
        let (plan, revision) = self.plan(vec![core()]).await;
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None)
            .await;
        assert_eq!(started.unwrap(), StartOutcome::Started);
        plan
    }

    pub(super) async fn run_of(&self, plan: u64) -> RunDetail {
        self.slipway.read_run(&self.operator, plan).await.unwrap()
    }
}

on_both! {
    async fn paces_are_those_of_earlier_runs_that_ended_well(mut world: World) {
        let first = world.begin("one").await;
        assert!(world.run_of(first).await.past_paces.is_empty(), "the publication is no run of a plan");
        world.settle().await;
        // One that failed says nothing about how long it takes.
        world.quality.fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
        world.begin("two").await;
        world.settle().await;
        world.quality.fails(|_| None);
        world.begin("three").await;
        world.settle().await;
        let now = world.begin("four").await;
        let run = world.run_of(now).await;
        assert_eq!(run.past_paces.len(), 2, "{:?}", run.past_paces);
        for paces in &run.past_paces {
            let phases: Vec<_> = paces.iter().map(|pace| pace.phase).collect();
            assert_eq!(phases, [Phase::Transfer, Phase::Prepare, Phase::Activate, Phase::Finish]);
            assert!(paces.iter().all(|pace| pace.took >= 0 && pace.steps > 0));
        }
        world.settle().await;
        assert!(world.run_of(now).await.past_paces.is_empty(), "it is over");
    }

    async fn what_is_to_come_is_told_from_earlier_runs_to_the_same_target(mut world: World) {
        let target = world.target();
        let told = async |world: &World, of| {
            let outlook = world.slipway.foresee_target(&world.operator, of).await;
            outlook.unwrap()
        };
        world.begin("one").await;
        let first = told(&world, target).await;
        assert_eq!(first, Outlook::default(), "nothing has ended yet");
        world.settle().await;
        let now = world.begin("two").await;
        let outlook = told(&world, target).await;
        let (least, most) = outlook.usual.unwrap();
        assert!(least == most && outlook.paces.len() == 1, "{outlook:?}");
        let began = world.run_of(now).await.plan.stamps.started.unwrap().at;
        let end = Timestamp(began.0 + least);
        assert_eq!(outlook.ends, [(now, (end, end))]);
        // What was published to the source was no plan.
        assert_eq!(told(&world, world.source()).await, Outlook::default());
        world.settle().await;
        assert!(told(&world, target).await.ends.is_empty(), "it is over");
    }

    async fn the_list_tells_of_what_runs_which_wave_it_switches_and_when_it_should_end(mut world: World) {
        world.begin("one").await;
        world.settle().await;
        // What the shop uses is switched before it.
        world.publish_core("two").await;
        world.publish_shop("two").await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        let started = world.slipway.start_plan(&world.operator, plan, revision, None).await;
        assert_eq!(started.unwrap(), StartOutcome::Started);
        let stay = async |world: &World| {
            let detail = world.slipway.read_plan(&world.operator, plan).await;
            detail.unwrap().row.stay
        };
        let told = stay(&world).await;
        assert!(told.wave.is_none() && told.ends.is_some(), "{told:?}");
        let mut seen = Vec::new();
        for _ in 0..200 {
            world.slipway.walk_runs().await.unwrap();
            world.quality.work(&world.slipway).await;
            world.slipway.clock.advance(20);
            seen.extend(stay(&world).await.wave);
        }
        seen.dedup();
        assert_eq!(seen, [(1, 2), (2, 2)]);
        let told = stay(&world).await;
        assert!(told.wave.is_none() && told.ends.is_none(), "it is over: {told:?}");
    }
}
