//! Lives of plans in random order: what people ask for, what consoles decide, what the agent does
//! and what goes wrong with each of them. On PostgreSQL several consoles share the database: each
//! may find the run free, lose it while it writes, or die. Every second life is walked one step
//! after the other, as the dice say; in the others all of them act at the same time.

use crate::stage;
use backend::Actor;
use backend::engine::{EngineOptions, RunEnd};
use backend::testing::{Factory, FakeAgent, FakeClock, Fault, TestBackend, actor, postgres_url};
use domain::EnvironmentId;
use domain::access::Standing;
use domain::environment::Purpose;
use domain::execution::{Outcome, StepState};
use domain::plan::PlanStatus;
use domain::view::NewEnvironment;
use futures::future::join_all;
use rand::rngs::SmallRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::testing::Kill;
use uuid::Uuid;

/// Nobody looks by itself: the tests say when.
const OPTIONS: EngineOptions = EngineOptions {
    lease_ms: 15_000,
    renew_ms: 5_000,
    idle_ms: 3_600_000,
};

/// In lives whose seed leaves this by four a console dies.
const MORTAL: u64 = 2;

/// The consoles of one database, and an environment where plans live one after the other.
struct World {
    consoles: Vec<TestBackend>,
    agent: FakeAgent,
    factory: Factory,
    clock: Arc<FakeClock>,
    source: EnvironmentId,
    operator: Actor,
}

impl World {
    async fn of(consoles: Vec<TestBackend>) -> Self {
        let administrator = actor(Standing::Administrator);
        let source = NewEnvironment {
            name: "Source".to_owned(),
            purpose: Purpose::Development,
        };
        let source = consoles[0].create_environment(&administrator, source).await;
        Self {
            agent: FakeAgent::join(&consoles[0], "Target").await,
            factory: Factory::of(&consoles[0], 6).await,
            clock: Arc::clone(&consoles[0].clock),
            source: source.unwrap(),
            operator: actor(Standing::Operator),
            consoles,
        }
    }

    /// Lets plans live, each with a seed of its own; counts how they ended.
    async fn live(&mut self, lives: u64) -> BTreeMap<Outcome, u32> {
        let mut outcomes = BTreeMap::new();
        for seed in 0..lives {
            // On the heap: all these futures in one are more than a stack holds.
            let life = Box::pin(Life::begin(self, seed)).await;
            let end = Box::pin(life.run()).await;
            *outcomes.entry(end.outcome).or_default() += 1;
        }
        outcomes
    }
}

/// One plan from its start to its end.
struct Life<'a> {
    world: &'a mut World,
    number: u64,
    run: Uuid,
    two_stage: bool,
    seed: u64,
    dice: SmallRng,
    /// Somebody was told that the run is being stopped.
    stopped: bool,
}

impl<'a> Life<'a> {
    async fn begin(world: &'a mut World, seed: u64) -> Self {
        let mut dice = SmallRng::seed_from_u64(seed);
        let World {
            consoles,
            agent,
            factory,
            source,
            ..
        } = &mut *world;
        agent.running = factory.in_state(0);
        let mut faults = SmallRng::seed_from_u64(seed);
        agent.fails(move |_| match faults.random_range(0..24) {
            0 => Some(Fault::Fail),
            1 => Some(Fault::FailOnce),
            2 => Some(Fault::LoseAnswer),
            3 => Some(Fault::Silent),
            4 => Some(Fault::Late),
            _ => None,
        });
        let mut order = SmallRng::seed_from_u64(seed);
        let mixed = seed % 2 == 1;
        agent.mixes_up(move |of| if mixed { order.random_range(0..of) } else { 0 });
        let console = &consoles[dice.random_range(0..consoles.len())];
        let two_stage = seed.is_multiple_of(3);
        let (number, run) = factory
            .start_plan(console, *source, agent, two_stage)
            .await
            .unwrap();
        if seed % 4 == MORTAL {
            let mortal = dice.random_range(0..world.consoles.len());
            let write = dice.random_range(1..30);
            let kill = if dice.random_bool(0.5) {
                Kill::BeforeCommit
            } else {
                Kill::AfterCommit
            };
            world.consoles[mortal].fuse().set(write, kill);
        }
        Self {
            world,
            number,
            run,
            two_stage,
            seed,
            dice,
            stopped: false,
        }
    }

    /// Until it is over, and a little longer.
    async fn run(mut self) -> RunEnd {
        let mut turns = 0;
        let end = loop {
            turns += 1;
            assert!(turns < 2_000, "life {} does not end", self.seed);
            Box::pin(self.turn()).await;
            Box::pin(self.raise_the_dead()).await;
            if let Some(end) = self.world.consoles[0].find_run_end(self.run).await {
                break end;
            }
        };
        for console in &self.world.consoles {
            console.fuse().spare();
        }
        self.check(&end).await;
        // What the agent had in its hands when the run was over changes nothing of that.
        let World {
            consoles, agent, ..
        } = &mut *self.world;
        agent.work_late();
        for _ in 0..3 {
            agent.work(&consoles[0]).await;
        }
        self.check(&end).await;
        end
    }

    /// Everybody does something. Time passes faster when nobody has anything to do.
    async fn turn(&mut self) {
        let World {
            consoles,
            agent,
            operator,
            ..
        } = &mut *self.world;
        let consoles = &*consoles;
        let operator = &*operator;
        let number = self.number;
        let mut any = || self.dice.random_range(0..consoles.len());
        let (spoken_to, asked, asked_too) = (any(), any(), any());
        let aborts = self.dice.random_bool(0.02);
        let continues = self.two_stage && self.dice.random_bool(0.5);
        if self.seed % 4 != MORTAL && self.dice.random_bool(0.02) {
            // A console hangs for longer than its lease, or seems to.
            consoles[asked].expire_leases().await;
        }
        let mut order: Vec<usize> = (0..consoles.len()).collect();
        order.shuffle(&mut self.dice);
        let at_once = self.seed % 2 == 1;
        let people = Box::pin(async {
            let mut told = false;
            if aborts {
                let reason = "Not today.".to_owned();
                let answer = consoles[asked].abort_plan(operator, number, reason);
                told = answer.await.is_ok();
            }
            if continues {
                // Two who press it get one run.
                let _ = tokio::join!(
                    consoles[asked].continue_plan(operator, number, None),
                    consoles[asked_too].continue_plan(operator, number, None),
                );
            }
            told
        });
        let walks = async {
            let walks = order.iter().map(|at| Box::pin(consoles[*at].walk_runs()));
            if at_once {
                return join_all(walks).await;
            }
            let mut pauses = Vec::new();
            for walk in walks {
                pauses.push(walk.await);
            }
            pauses
        };
        let work = Box::pin(agent.work(&consoles[spoken_to]));
        let (told, pauses, busy) = if at_once {
            tokio::join!(people, walks, work)
        } else {
            (people.await, walks.await, work.await)
        };
        self.stopped |= told;
        let pause = pauses.into_iter().flatten().min().unwrap_or_default();
        let pause = match i64::try_from(pause.as_millis()).unwrap() {
            // The engine only waits to tell browsers, which it does by the real clock.
            ..=100 => 60_000,
            pause => pause,
        };
        self.world.clock.advance(if busy { 20 } else { pause });
    }

    /// Another process takes the place of each console that has died.
    async fn raise_the_dead(&mut self) {
        for at in 0..self.world.consoles.len() {
            if self.world.consoles[at].fuse().is_blown() {
                let dead = self.world.consoles.remove(at);
                let next = dead.reborn().await;
                // The others wait for its leases; so long nobody waits here.
                next.expire_leases().await;
                self.world.consoles.insert(at, next);
            }
        }
    }

    async fn check(&self, end: &RunEnd) {
        stage::check(&self.world.agent, &self.world.factory, end);
        let console = &self.world.consoles[0];
        let plan = console.read_run(&self.world.operator, self.number).await;
        let plan = plan.unwrap();
        let status = match end.outcome {
            Outcome::Successful => PlanStatus::FinishedSuccessful,
            Outcome::WithWarnings => PlanStatus::FinishedWithWarnings,
            Outcome::WithErrors => PlanStatus::FinishedWithErrors,
            Outcome::Aborted => PlanStatus::Aborted,
        };
        let seed = self.seed;
        assert_eq!(plan.plan.status, status, "life {seed}: {}", end.text);
        let open = plan.steps.iter().find(|step| !is_settled(step.state));
        assert!(open.is_none(), "life {seed}: {open:?}");
        if self.stopped {
            let kept = matches!(end.outcome, Outcome::Aborted | Outcome::WithErrors);
            assert!(kept, "life {seed} was stopped, but: {}", end.text);
        }
    }
}

const fn is_settled(state: StepState) -> bool {
    match state {
        StepState::Succeeded | StepState::Failed | StepState::Skipped => true,
        StepState::Waiting | StepState::Running => false,
    }
}

/// Lives of single runs; whole plans live their five hundred in `plans::chance`.
const LIVES: u64 = 200;

/// So many lives see every kind of end, but for the rare one that only a value after the last switch
/// can make.
fn check_all(outcomes: &BTreeMap<Outcome, u32>) {
    for end in [Outcome::Successful, Outcome::Aborted, Outcome::WithErrors] {
        assert!(outcomes.contains_key(&end), "{outcomes:?}");
    }
}

#[tokio::test]
async fn whatever_comes_in_whatever_order_a_plan_ends_well() {
    let options = backend::Options {
        engine: OPTIONS,
        ..backend::Options::default()
    };
    let consoles = vec![TestBackend::with_options(options).await];
    let mut world = World::of(consoles).await;
    check_all(&world.live(crate::soaked(LIVES)).await);
}

#[tokio::test]
async fn whatever_comes_in_whatever_order_a_plan_on_several_consoles_on_postgres_ends_well() {
    let url = postgres_url().await;
    let clock = FakeClock::at(1_800_000_000_000);
    let console = || TestBackend::on_url(&url, Arc::clone(&clock), OPTIONS);
    let mut world = World::of(join_all((0..2).map(|_| Box::pin(console()))).await).await;
    check_all(&world.live(crate::soaked(LIVES)).await);
}
