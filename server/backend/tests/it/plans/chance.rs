//! Lines by chance: people save, queue, leave, start, abort and continue plans for one target in
//! random order, its rules change, and consoles and agent do their part at any moment. What
//! conflicts never runs together, the limit is kept, and nobody waits for ever. On PostgreSQL two
//! consoles serve the lines at the same time.

use super::{World, core, other, shop};
use backend::engine::EngineOptions;
use backend::testing::{FakeClock, TestBackend, postgres_url};
use domain::ApplicationId;
use domain::plan::PlanStatus;
use futures::future::join_all;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The plans of one life and the consoles that serve them.
struct Life<'a> {
    world: &'a mut World,
    /// Other console processes.
    others: &'a [TestBackend],
    seed: u64,
    dice: SmallRng,
    plans: BTreeSet<u64>,
    limit: usize,
    /// How many ran when the limit was lowered.
    above: usize,
}

impl Life<'_> {
    fn any(&mut self) -> Option<u64> {
        let numbers: Vec<u64> = self.plans.iter().copied().collect();
        numbers.choose(&mut self.dice).copied()
    }

    /// Somebody does something, or consoles and agent go on for a moment.
    async fn step(&mut self) {
        let what = self.dice.random_range(0..16);
        if what < 2 || self.plans.is_empty() {
            return self.make().await;
        }
        let Some(plan) = self.any() else { return };
        let by = self.world.operator.clone();
        // What is refused is refused; what holds is looked at afterwards.
        match what {
            2..=5 => {
                if let Ok(detail) = self.world.slipway.read_plan(&by, plan).await {
                    let _ = self.console().queue_plan(&by, plan, detail.revision).await;
                }
            }
            6 => {
                let _ = self.console().leave_queue(&by, plan).await;
            }
            7 => {
                if let Ok(detail) = self.world.slipway.read_plan(&by, plan).await {
                    let _ = self
                        .console()
                        .start_plan(&by, plan, detail.revision, None)
                        .await;
                }
            }
            8 => {
                let reason = "Not today.".to_owned();
                let _ = self.console().abort_plan(&by, plan, reason).await;
            }
            9 => {
                let _ = self.console().continue_plan(&by, plan).await;
            }
            10 => {
                self.above = self.active().await.len();
                let (limit, two_stage) = (self.dice.random_range(1..4), self.dice.random_bool(0.3));
                self.limit = limit as usize;
                self.world
                    .rule(|rules| {
                        rules.parallel_limit = limit;
                        rules.two_stage = two_stage;
                    })
                    .await;
            }
            _ => self.go_on().await,
        }
    }

    fn console(&mut self) -> &TestBackend {
        let at = self.dice.random_range(0..=self.others.len());
        self.others.get(at).unwrap_or(&self.world.slipway)
    }

    async fn make(&mut self) {
        if self.plans.len() >= 6 {
            return;
        }
        let all = [core(), shop(), other(1), other(2), other(3)];
        let count = self.dice.random_range(1..3);
        let brings = all
            .choose_multiple(&mut self.dice, count)
            .copied()
            .collect();
        let (plan, _) = self.world.plan(brings).await;
        self.plans.insert(plan);
    }

    /// A round of everything that goes on by itself.
    async fn go_on(&mut self) {
        let consoles: Vec<&TestBackend> = self.others.iter().chain([&self.world.slipway]).collect();
        for served in join_all(consoles.iter().map(|console| console.serve_lines())).await {
            served.unwrap();
        }
        self.world.slipway.walk_runs().await.unwrap();
        let busy = self.world.quality.work(&self.world.slipway).await;
        self.world
            .slipway
            .clock
            .advance(if busy { 20 } else { 1_000 });
    }

    async fn stands(&self, plan: u64) -> PlanStatus {
        let detail = self
            .world
            .slipway
            .read_plan(&self.world.operator, plan)
            .await;
        detail.unwrap().row.status
    }

    async fn active(&self) -> Vec<u64> {
        let mut active = Vec::new();
        for plan in &self.plans {
            if self.stands(*plan).await.is_active() {
                active.push(*plan);
            }
        }
        active
    }

    /// What a plan that runs holds, as that matters to others: Shop uses Core, and nothing else is
    /// related.
    async fn holds(&self, plan: u64) -> BTreeSet<ApplicationId> {
        let run = self
            .world
            .slipway
            .read_run(&self.world.operator, plan)
            .await;
        let steps = run.unwrap().steps.into_iter();
        let applications = steps.filter_map(|step| step.application);
        let bound = |id| if id == shop() { core() } else { id };
        applications.map(bound).collect()
    }

    async fn check(&mut self) {
        let active = self.active().await;
        let mut held = BTreeSet::new();
        for plan in &active {
            let mut holds = self.holds(*plan).await;
            let free = holds.is_disjoint(&held);
            assert!(free, "life {}: {plan} in {active:?}", self.seed);
            held.append(&mut holds);
        }
        let allowed = self.limit.max(self.above);
        assert!(
            active.len() <= allowed,
            "life {}: {active:?} of {allowed}",
            self.seed
        );
        self.above = self.above.min(active.len());
    }

    async fn run(mut self) -> usize {
        for _ in 0..40 {
            Box::pin(self.step()).await;
            Box::pin(self.check()).await;
        }
        let mut waited = 0;
        // Nobody asks for more; whoever is prepared is let go on.
        for turn in 0.. {
            assert!(turn < 400, "life {}: somebody waits for ever", self.seed);
            let mut open = false;
            for plan in self.plans.clone() {
                let status = self.stands(plan).await;
                waited += usize::from(turn == 0 && status == PlanStatus::Queued);
                open |= status == PlanStatus::Queued || status.is_active();
                if status == PlanStatus::NeedsIntervention {
                    let by = self.world.operator.clone();
                    let _ = self.world.slipway.continue_plan(&by, plan).await;
                }
            }
            if !open {
                return waited;
            }
            Box::pin(self.go_on()).await;
            Box::pin(self.check()).await;
        }
        waited
    }
}

async fn live(mut world: World, others: Vec<TestBackend>, lives: u64) {
    let mut waited = 0;
    for seed in 0..lives {
        let content = format!("content {seed}");
        world.publish_core(&content).await;
        world.publish_shop(&content).await;
        for number in 1..=3 {
            world.publish_other(number, &content).await;
        }
        world
            .rule(|rules| {
                rules.parallel_limit = 2;
                rules.two_stage = false;
            })
            .await;
        let life = Life {
            world: &mut world,
            others: &others,
            seed,
            dice: SmallRng::seed_from_u64(seed),
            plans: BTreeSet::new(),
            limit: 2,
            above: 0,
        };
        waited += Box::pin(life.run()).await;
    }
    assert!(waited > 0, "nobody ever waited");
}

#[tokio::test]
async fn whatever_people_do_the_line_is_kept() {
    live(World::new().await, Vec::new(), crate::soaked(24)).await;
}

#[tokio::test]
async fn whatever_people_do_the_line_is_kept_by_several_consoles_on_postgres() {
    let url = postgres_url().await;
    let clock = FakeClock::at(1_800_000_000_000);
    let options = EngineOptions::default();
    let first = TestBackend::on_url(&url, Arc::clone(&clock), options).await;
    let second = TestBackend::on_url(&url, clock, options).await;
    live(World::on(first).await, vec![second], crate::soaked(8)).await;
}
