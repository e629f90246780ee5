//! Plans by chance: people make, save, queue, start, continue, abort and discard plans for one target
//! in random order, publish meanwhile, and change its rules; consoles and agents do their part at any
//! moment, fail, and die. What conflicts never runs together, the limit is kept, nothing is done
//! twice, and nobody waits for ever. On PostgreSQL two consoles share the database, and what they and
//! people do happens at the same time.

use super::{World, core, core_folder, id, other, other_folder, pack, shop, shop_folder, write};
use backend::engine::EngineOptions;
use backend::testing::{FakeAgent, FakeClock, Fault, TestBackend, UnderWay, actor, postgres_url};
use backend::{Actor, NewPublication};
use domain::access::Standing;
use domain::plan::PlanStatus;
use domain::{ApplicationId, EnvironmentId};
use futures::future::{join, join_all};
use protocol::Order;
use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use store::testing::Kill;
use tempfile::TempDir;
use uuid::Uuid;

/// So many things happen in a life before nobody asks for more.
const STEPS: u32 = 18;
/// The most plans of a life.
const PLANS: usize = 5;
/// Lives that one database sees, before everything begins anew.
const LIVES: u64 = 25;
/// In lives whose seed leaves this by four a console dies.
const MORTAL: u64 = 2;

/// Nobody looks by itself: the tests say when.
const OPTIONS: EngineOptions = EngineOptions {
    lease_ms: 15_000,
    renew_ms: 5_000,
    idle_ms: 3_600_000,
};

/// An application that is published straight into the target, and that uses Core.
const KIOSK: u128 = 0x400;

fn kiosk_folder(content: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let toml = format!(
        r#"
[application]
id = "{}"
name = "Kiosk"

[[module]]
id = "{}"
name = "KioskPages"
kind = "static"
path = "pages"
url_path = "/kiosk"

[[module.uses]]
module = "CoreLogic"
elements = [{{ kind = "service_action", name = "Quote" }}]
"#,
        id(KIOSK),
        id(KIOSK + 1),
    );
    write(folder.path(), "slipway.toml", &toml);
    write(folder.path(), "pages/index.html", content);
    folder
}

/// What a plan keeps others from: Shop uses Core, and nothing else that plans bring is related.
fn related(applications: &BTreeSet<Uuid>) -> BTreeSet<Uuid> {
    let bound = |application: &Uuid| {
        if *application == shop().0 {
            core().0
        } else {
            *application
        }
    };
    applications.iter().map(bound).collect()
}

/// A database with its consoles and two agents.
struct Place {
    consoles: Vec<TestBackend>,
    development: FakeAgent,
    quality: FakeAgent,
    clock: Arc<FakeClock>,
    operator: Actor,
}

impl Place {
    /// Everything is published, and brought to the target once.
    async fn of(first: TestBackend, others: Vec<TestBackend>) -> Self {
        let mut world = World::on(first).await;
        world.publish_core("first").await;
        world.publish_shop("first").await;
        for number in 1..=3 {
            world.publish_other(number, "first").await;
        }
        let all = vec![core(), shop(), other(1), other(2), other(3)];
        let (plan, revision) = world.plan(all).await;
        let started = world
            .slipway
            .start_plan(&world.operator, plan, revision, None);
        Box::pin(started).await.unwrap();
        Box::pin(world.settle()).await;
        let World {
            slipway,
            development,
            quality,
            operator,
        } = world;
        Self {
            clock: Arc::clone(&slipway.clock),
            consoles: std::iter::once(slipway).chain(others).collect(),
            development,
            quality,
            operator,
        }
    }

    fn target(&self) -> EnvironmentId {
        self.quality.actor.environment
    }

    /// Another process takes the place of each console that has died.
    async fn raise_the_dead(&mut self) {
        for at in 0..self.consoles.len() {
            if self.consoles[at].fuse().is_blown() {
                let dead = self.consoles.remove(at);
                let next = dead.reborn().await;
                // The others wait for its leases; so long nobody waits here.
                next.expire_leases().await;
                self.consoles.insert(at, next);
            }
        }
    }
}

/// What became of all plans.
#[derive(Debug, Default)]
struct Seen {
    ends: BTreeMap<PlanStatus, u32>,
    /// How many waited in line, and how many were prepared.
    waited: BTreeSet<(u64, u64)>,
    prepared: BTreeSet<(u64, u64)>,
    /// Publications that were under way beside plans.
    published: u32,
    died: u32,
}

/// The plans of one life.
struct Life<'a> {
    place: &'a mut Place,
    seen: &'a mut Seen,
    seed: u64,
    dice: SmallRng,
    plans: BTreeSet<u64>,
    /// Where they stand, as it was looked at last: status and revision.
    stand: BTreeMap<u64, (PlanStatus, i64)>,
    under_way: Vec<UnderWay>,
    limit: usize,
    /// How many ran when the limit was lowered.
    above: usize,
    published: u32,
}

impl Life<'_> {
    fn any(&mut self) -> usize {
        self.dice.random_range(0..self.place.consoles.len())
    }

    /// A plan that stands somewhere, or any.
    fn plan(&mut self, wanted: impl Fn(PlanStatus) -> bool) -> Option<(u64, i64)> {
        let wanted = self.stand.iter().filter(|(_, (status, _))| wanted(*status));
        let chosen = wanted.choose(&mut self.dice).or_else(|| {
            let all = self.stand.iter();
            all.choose(&mut self.dice)
        });
        chosen.map(|(plan, (_, revision))| (*plan, *revision))
    }

    /// Somebody does something, or consoles and agents go on for a moment.
    async fn step(&mut self) {
        let at = self.any();
        let console = Arc::clone(&self.place.consoles[at].backend);
        let by = self.place.operator.clone();
        // What is refused is refused; what holds is looked at afterwards.
        match self.dice.random_range(0..22) {
            0..=2 => return Box::pin(self.make()).await,
            3 => {
                if let Some((plan, revision)) = self.plan(|s| s == PlanStatus::Draft) {
                    let _ = console.save_plan(&by, plan, revision).await;
                }
            }
            4..=7 => {
                if let Some((plan, revision)) = self.plan(|s| s == PlanStatus::Saved) {
                    let _ = console.queue_plan(&by, plan, revision).await;
                }
            }
            8 => {
                if let Some((plan, _)) = self.plan(|s| s == PlanStatus::Queued) {
                    let _ = console.leave_queue(&by, plan).await;
                }
            }
            9 => {
                if let Some((plan, revision)) = self.plan(|s| s == PlanStatus::Saved) {
                    let _ = console.start_plan(&by, plan, revision, None).await;
                }
            }
            10 => return Box::pin(self.start_two()).await,
            11 => {
                if let Some((plan, _)) = self.plan(PlanStatus::is_active) {
                    let reason = "Not today.".to_owned();
                    let _ = console.abort_plan(&by, plan, reason).await;
                }
            }
            12 | 13 => {
                if let Some((plan, _)) = self.plan(|s| s == PlanStatus::NeedsIntervention) {
                    let _ = console.continue_plan(&by, plan).await;
                }
            }
            14 => {
                if let Some((plan, _)) = self.plan(|s| s == PlanStatus::Saved) {
                    let _ = console.discard_plan(&by, plan).await;
                }
            }
            15 => return Box::pin(self.rule()).await,
            16 | 17 => return Box::pin(self.publish()).await,
            18 => {
                if let Some((plan, revision)) = self.plan(|s| s == PlanStatus::Saved) {
                    let _ = console.refresh_plan(&by, plan, revision).await;
                }
            }
            _ => return Box::pin(self.go_on()).await,
        }
    }

    async fn make(&mut self) {
        if self.plans.len() >= PLANS {
            return;
        }
        let all = [core(), shop(), other(1), other(2), other(3)];
        let count = self.dice.random_range(1..3);
        let brings: Vec<ApplicationId> = all
            .choose_multiple(&mut self.dice, count)
            .copied()
            .collect();
        let (source, target) = (
            self.place.development.actor.environment,
            self.place.target(),
        );
        let at = self.any();
        let console = &self.place.consoles[at];
        let by = &self.place.operator;
        if let Ok(plan) = console.create_plan(by, source, target, brings).await {
            self.plans.insert(plan);
            if self.dice.random_bool(0.8) {
                let _ = console.save_plan(by, plan, 1).await;
            }
        }
    }

    /// Two people start or queue plans at the same time, at whichever console.
    async fn start_two(&mut self) {
        let waits = self.dice.random_bool(0.5);
        let is_saved = |status| status == PlanStatus::Saved;
        let (Some(one), Some(two)) = (self.plan(is_saved), self.plan(is_saved)) else {
            return;
        };
        let (first, second) = (self.any(), self.any());
        let Place {
            consoles, operator, ..
        } = &*self.place;
        let first = Box::pin(consoles[first].start_plan(operator, one.0, one.1, None));
        if waits {
            let _ = join(
                first,
                Box::pin(consoles[second].queue_plan(operator, two.0, two.1)),
            )
            .await;
        } else {
            let second = consoles[second].start_plan(operator, two.0, two.1, None);
            let _ = join(first, Box::pin(second)).await;
        }
    }

    async fn rule(&mut self) {
        let limit = self.dice.random_range(1..4);
        let (two_stage, creation) = (self.dice.random_bool(0.4), self.dice.random_bool(0.9));
        let administrator = actor(Standing::Administrator);
        let target = self.place.target();
        let console = &self.place.consoles[0];
        let Ok(all) = console.list_environments(&administrator).await else {
            return;
        };
        let environment = all.iter().find(|one| one.row.id == target).unwrap();
        let mut rules = environment.rules;
        rules.parallel_limit = limit;
        rules.two_stage = two_stage;
        rules.parallel_creation = creation;
        let changed =
            console.set_environment_rules(&administrator, target, environment.revision, rules);
        // A console that dies may have stored it or not: then the higher one counts.
        let stored = changed.await.is_ok();
        self.above = self.above.max(self.active().len());
        self.limit = if stored {
            limit as usize
        } else {
            self.limit.max(limit as usize)
        };
    }

    /// A new state of an application in the source, or of one in the target.
    async fn publish(&mut self) {
        self.published += 1;
        let content = format!("content {} {}", self.seed, self.published);
        let (environment, folder) = match self.dice.random_range(0..6) {
            0 => ("Development", core_folder(&content)),
            1 => ("Development", shop_folder(&content)),
            2 => ("Quality", kiosk_folder(&content)),
            number => ("Development", other_folder(number - 2, &content)),
        };
        // Bundles are on the disk of the first console.
        let console = &self.place.consoles[0];
        let by = &self.place.operator;
        let mut bundles = Vec::new();
        for (digest, bytes) in pack(folder.path()) {
            if console
                .upload_bundle(by, &digest, bytes.into())
                .await
                .is_err()
            {
                return;
            }
            bundles.push(digest);
        }
        let new = NewPublication {
            environment: environment.to_owned(),
            bundles,
            allow_missing: true,
        };
        let _ = Box::pin(console.publish(by, new)).await;
    }

    /// A round of everything that goes on by itself.
    async fn go_on(&mut self) {
        let Place {
            consoles,
            development,
            quality,
            clock,
            ..
        } = &mut *self.place;
        let consoles = &*consoles;
        let speaks = self.dice.random_range(0..consoles.len());
        let rounds = consoles.iter().map(|console| {
            Box::pin(async move {
                let _ = console.serve_lines().await;
                console.walk_runs().await.unwrap_or_default()
            })
        });
        let work = Box::pin(async {
            development.work(&consoles[speaks]).await | quality.work(&consoles[speaks]).await
        });
        let (pauses, busy) = if self.seed % 2 == 1 {
            join(join_all(rounds), work).await
        } else {
            let pauses = join_all(rounds).await;
            (pauses, work.await)
        };
        let pause = pauses.into_iter().min().unwrap_or_default().as_millis();
        let pause = match i64::try_from(pause).unwrap_or(i64::MAX) {
            // The engine only waits to tell browsers, which it does by the real clock.
            ..=100 => 10_000,
            // Agents show that they are there with each of their rounds.
            pause => pause.min(25_000),
        };
        clock.advance(if busy { 20 } else { pause });
    }

    fn active(&self) -> Vec<u64> {
        let all = self.stand.iter();
        all.filter(|(_, (status, _))| status.is_active())
            .map(|(plan, _)| *plan)
            .collect()
    }

    /// Looks at everything, when nobody is doing anything.
    async fn look(&mut self) {
        let dead = self.place.consoles.iter().any(|one| one.fuse().is_blown());
        self.seen.died += u32::from(dead);
        self.place.raise_the_dead().await;
        let console = &self.place.consoles[0];
        self.stand = console.stand(self.plans.iter().copied()).await;
        let before = std::mem::replace(
            &mut self.under_way,
            console.under_way(self.place.target()).await,
        );
        self.check(&before);
    }

    fn check(&mut self, before: &[UnderWay]) {
        let seed = self.seed;
        let active = self.active();
        let plans: Vec<&UnderWay> = self
            .under_way
            .iter()
            .filter(|run| run.plan.is_some())
            .collect();
        let walked: BTreeSet<u64> = plans.iter().filter_map(|run| run.plan).collect();
        assert_eq!(
            walked,
            active.iter().copied().collect(),
            "life {seed}: runs and plans"
        );
        let mut held = BTreeSet::new();
        for run in &plans {
            let mut holds = related(&run.applications);
            let free = holds.is_disjoint(&held);
            assert!(free, "life {seed}: {run:?} among {plans:?}");
            held.append(&mut holds);
        }
        // A publication never moves what a plan moves, and no plan begins beside a related one.
        let stayed = |run: &&UnderWay| before.iter().any(|earlier| earlier.run == run.run);
        let published: Vec<&UnderWay> = self
            .under_way
            .iter()
            .filter(|run| run.plan.is_none())
            .collect();
        for publication in &published {
            for plan in &plans {
                let apart = publication.applications.is_disjoint(&plan.applications);
                assert!(apart, "life {seed}: {publication:?} beside {plan:?}");
                let began_beside = stayed(publication) && !stayed(plan);
                let kept_off = publication.applications.contains(&id(KIOSK))
                    && plan.applications.contains(&core().0);
                assert!(
                    !(kept_off && began_beside),
                    "life {seed}: {plan:?} began beside {publication:?}"
                );
            }
        }
        self.seen.published += u32::from(!published.is_empty() && !plans.is_empty());
        let allowed = self.limit.max(self.above);
        assert!(
            active.len() <= allowed,
            "life {seed}: {active:?} of {allowed}"
        );
        self.above = self.above.min(active.len());
        for (plan, (status, _)) in &self.stand {
            match status {
                PlanStatus::Queued => self.seen.waited.insert((seed, *plan)),
                PlanStatus::NeedsIntervention => self.seen.prepared.insert((seed, *plan)),
                _ => false,
            };
        }
    }

    async fn run(mut self) {
        for _ in 0..STEPS {
            Box::pin(self.step()).await;
            Box::pin(self.look()).await;
        }
        for console in &self.place.consoles {
            console.fuse().spare();
        }
        Box::pin(self.finish()).await;
        Box::pin(self.tell()).await;
    }

    /// Nobody asks for more, but that whoever is prepared goes on: everything ends.
    async fn finish(&mut self) {
        for turn in 0.. {
            let seed = self.seed;
            assert!(
                turn < 600,
                "life {seed}: somebody waits for ever: {:?}",
                self.stand
            );
            let waits = |(status, _): &(PlanStatus, i64)| {
                *status == PlanStatus::Queued || status.is_active()
            };
            let published = self.under_way.iter().any(|run| run.plan.is_none());
            if !published && !self.stand.values().any(waits) {
                return;
            }
            for (plan, (status, _)) in self.stand.clone() {
                if status == PlanStatus::NeedsIntervention {
                    let by = self.place.operator.clone();
                    self.place.consoles[0]
                        .continue_plan(&by, plan)
                        .await
                        .unwrap();
                }
            }
            Box::pin(self.go_on()).await;
            Box::pin(self.look()).await;
        }
    }

    /// What is left: nothing was done twice, and the console knows what runs.
    async fn tell(&mut self) {
        let seed = self.seed;
        for agent in [&mut self.place.development, &mut self.place.quality] {
            for (attempt, effects) in std::mem::take(&mut agent.effects) {
                assert_eq!(effects, 1, "life {seed}: attempt {attempt}");
            }
        }
        let known = self.place.consoles[0].runs_in(self.place.target()).await;
        assert_eq!(known, self.place.quality.running, "life {seed}");
        let by = self.place.operator.clone();
        for (plan, (status, _)) in &self.stand {
            *self.seen.ends.entry(*status).or_default() += 1;
            // So that it is in nobody's way.
            if matches!(status, PlanStatus::Draft | PlanStatus::Saved) {
                self.place.consoles[0]
                    .discard_plan(&by, *plan)
                    .await
                    .unwrap();
            }
        }
    }
}

/// Something goes wrong with an order now and then; reports are not lost for good, so that in the
/// end the console knows what runs.
fn faults(agent: &mut FakeAgent, seed: u64) {
    let mut dice = SmallRng::seed_from_u64(seed);
    agent.fails(move |order| match dice.random_range(0..120) {
        0 if !matches!(order, Order::Report | Order::SwitchBack { .. }) => Some(Fault::Fail),
        1..=3 => Some(Fault::FailOnce),
        4 | 5 => Some(Fault::LoseAnswer),
        _ => None,
    });
}

async fn live(place: &mut Place, seen: &mut Seen, seed: u64) {
    let mut dice = SmallRng::seed_from_u64(seed);
    faults(&mut place.quality, seed);
    if seed % 4 == MORTAL {
        let mortal = dice.random_range(0..place.consoles.len());
        let kill = if dice.random_bool(0.5) {
            Kill::BeforeCommit
        } else {
            Kill::AfterCommit
        };
        let write = dice.random_range(1..40);
        place.consoles[mortal].fuse().set(write, kill);
    }
    let mut life = Life {
        place,
        seen,
        seed,
        dice,
        plans: BTreeSet::new(),
        stand: BTreeMap::new(),
        under_way: Vec::new(),
        limit: usize::MAX,
        above: 0,
        published: 0,
    };
    Box::pin(life.rule()).await;
    Box::pin(life.publish()).await;
    Box::pin(life.run()).await;
}

/// The lives with these seeds, `LIVES` on each database.
async fn lives(seeds: Range<u64>, place: impl AsyncFn() -> Place) {
    let begun = std::time::Instant::now();
    let mut seen = Seen::default();
    let mut here = None;
    for seed in seeds.clone() {
        if (seed - seeds.start).is_multiple_of(LIVES) {
            here = None;
        }
        let here = match &mut here {
            Some(here) => here,
            none => none.insert(place().await),
        };
        Box::pin(live(here, &mut seen, seed)).await;
    }
    println!(
        "lives {seeds:?} in {:?}: {:?}, {} waited in line, {} were prepared, {} looks at publications beside plans, {} consoles died",
        begun.elapsed(),
        seen.ends,
        seen.waited.len(),
        seen.prepared.len(),
        seen.published,
        seen.died,
    );
    let count = u32::try_from(seeds.end - seeds.start).unwrap();
    let waited = u32::try_from(seen.waited.len()).unwrap();
    assert!(waited > count / 10, "{waited} waited in {count} lives");
    assert!(!seen.prepared.is_empty() && seen.died > 0 && seen.published > 0);
    for status in [PlanStatus::FinishedSuccessful, PlanStatus::Aborted] {
        assert!(seen.ends.contains_key(&status), "{status:?}");
    }
}

/// A part of the 500 lives, so that as many as there are processors are lived at the same time.
const fn part(number: u64, soaked: u64) -> Range<u64> {
    let count = soaked / 4;
    number * count..(number + 1) * count
}

async fn on_sqlite() -> Place {
    let options = backend::Options {
        engine: OPTIONS,
        ..backend::Options::default()
    };
    Place::of(TestBackend::with_options(options).await, Vec::new()).await
}

async fn on_postgres() -> Place {
    let url = postgres_url().await;
    let clock = FakeClock::at(1_800_000_000_000);
    let first = TestBackend::on_url(&url, Arc::clone(&clock), OPTIONS).await;
    let second = TestBackend::on_url(&url, clock, OPTIONS).await;
    Place::of(first, vec![second]).await
}

/// Tests that live a part of the lives each.
macro_rules! in_parts {
    ($name:ident on $place:ident: $($part:ident $number:literal),+) => {
        mod $name {
            use super::*;
            $(
                #[tokio::test]
                async fn $part() {
                    let seeds = part($number, crate::soaked(500));
                    Box::pin(lives(seeds, async || Box::pin($place()).await)).await;
                }
            )+
        }
    };
}

in_parts!(whatever_people_do_the_rules_are_kept on on_sqlite: first 0, second 1, third 2, last 3);
in_parts!(whatever_people_do_at_two_consoles_on_postgres_the_rules_are_kept on on_postgres: first 0, second 1, third 2, last 3);
