//! What people do in a life, each at whichever console.

use super::history::Wish;
use super::place::{BROUGHT, Known};
use crate::installation::PATIENCE;
use crate::installation::asker::Asker;
use crate::installation::asks::new_plan;
use crate::installation::factory::App;
use domain::impact::{FindingCode, Report};
use domain::plan::PlanStatus;
use domain::view::{EnvironmentDetail, PlanDetail, Refreshed};
use futures::future::join;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard};
use uuid::Uuid;

/// The people of a life, and how much each of them does.
const PEOPLE: u64 = 4;
const STEPS: u32 = 9;
/// The most plans of a life.
const PLANS: usize = 8;

/// Whoever starts a plan gives a reason to go on with errors, which does not help against other plans
/// and the line.
const REASON: &str = "It was agreed.";

/// The plans of one life, by id, with their numbers.
pub struct Life<'a> {
    known: &'a Known,
    seed: u64,
    plans: Mutex<BTreeMap<Uuid, u64>>,
    /// How many starts were refused for the line's sake.
    pub held_back: AtomicU32,
}

/// A plan as somebody sees it.
type Stands = (Uuid, u64, PlanStatus);

fn is_saved(status: PlanStatus) -> bool {
    status == PlanStatus::Saved
}

impl<'a> Life<'a> {
    pub fn new(known: &'a Known, seed: u64) -> Self {
        Self {
            known,
            seed,
            plans: Mutex::default(),
            held_back: AtomicU32::new(0),
        }
    }

    fn plans(&self) -> MutexGuard<'_, BTreeMap<Uuid, u64>> {
        self.plans.lock().unwrap()
    }

    /// Where its plans stand, but for those that are gone.
    fn stand(&self) -> Vec<Stands> {
        let history = self.known.history();
        let plans = self.plans();
        let stand = plans.iter().filter_map(|(id, number)| {
            let status = history.status(*id)?;
            Some((*id, *number, status))
        });
        stand.collect()
    }

    /// Everybody does what they like.
    pub async fn live(&self) {
        let people = (0..PEOPLE).map(|number| {
            let person = Person {
                life: self,
                known: self.known,
                dice: SmallRng::seed_from_u64(self.seed * PEOPLE + number),
            };
            person.live()
        });
        futures::future::join_all(people).await;
    }

    /// Nobody asks for more, but whoever is prepared is continued: everybody comes to an end. What
    /// never began is discarded.
    pub async fn finish(&self) {
        self.known.catch_up().await;
        let mut changes = self.known.listen();
        loop {
            changes.borrow_and_update();
            let stand = self.stand();
            let waits = |status: PlanStatus| status == PlanStatus::Queued || status.is_active();
            let published = self.known.history().is_published();
            if !published && !stand.iter().any(|(_, _, status)| waits(*status)) {
                break;
            }
            for (_, number, status) in &stand {
                if *status == PlanStatus::NeedsIntervention {
                    self.insist("continue_plan", json!({ "number": number }))
                        .await;
                }
            }
            tokio::time::timeout(PATIENCE, changes.changed())
                .await
                .unwrap_or_else(|_| panic!("somebody waits for ever: {stand:?}"))
                .unwrap();
        }
        for (_, number, status) in self.stand() {
            if matches!(status, PlanStatus::Draft | PlanStatus::Saved) {
                self.insist("discard_plan", json!({ "number": number }))
                    .await;
            }
        }
    }

    /// Asks until somebody answers; who asks twice may be told that it is done.
    async fn insist(&self, name: &str, arguments: Value) {
        for console in 0.. {
            let ask = self.known.at(console);
            if ask.ask::<Value>(name, &arguments).await.is_some() {
                return;
            }
        }
    }

    /// Somebody wants a plan to be saved, or to start, now or when it is free.
    async fn press(&self, ask: &Asker, wish: Wish, (id, number): (Uuid, u64), revision: i64) {
        let key = self.known.history().press(id, wish);
        let mut seen = json!({ "number": number, "revision": revision });
        let asked: Option<Result<Value, Value>> = match wish {
            Wish::Save => ask.ask("save_plan", &seen).await,
            Wish::Queue => ask.ask("queue_plan", &seen).await,
            Wish::Start => {
                seen["override_reason"] = json!(REASON);
                ask.ask("start_plan", &seen).await
            }
        };
        let until = match told(asked) {
            // Of a console that dies over it nobody knows whether it was done.
            Told::Nothing => return,
            Told::Done(outcome) => match outcome.get("Refused") {
                None => Some(store::testing::last_audited(&self.known.store).await),
                Some(report) => {
                    let report: Report = serde_json::from_value(report.clone()).unwrap();
                    let mut findings = report.findings.iter();
                    let held_back = findings.any(|one| one.code == FindingCode::AheadInLine);
                    self.held_back
                        .fetch_add(u32::from(held_back), Ordering::Relaxed);
                    None
                }
            },
            Told::Refused => None,
        };
        self.known.history().answered(key, until);
    }
}

/// What a console said.
enum Told<T> {
    Done(T),
    Refused,
    /// It died.
    Nothing,
}

fn told<T>(asked: Option<Result<T, Value>>) -> Told<T> {
    match asked {
        None => Told::Nothing,
        Some(Ok(done)) => Told::Done(done),
        Some(Err(problem)) => {
            let text = problem.to_string();
            let fault = text.contains("Internal") || text.contains("Transport");
            assert!(!fault, "{text}");
            Told::Refused
        }
    }
}

struct Person<'a> {
    life: &'a Life<'a>,
    known: &'a Known,
    dice: SmallRng,
}

impl Person<'_> {
    async fn live(mut self) {
        if self.dice.random_bool(0.4) {
            self.rule().await;
        }
        // Where there is nothing new there is nothing to bring.
        self.publish().await;
        for _ in 0..STEPS {
            self.step().await;
        }
    }

    fn console(&mut self) -> Asker {
        self.known.at(self.dice.random_range(0..64))
    }

    async fn ask<T: DeserializeOwned>(&mut self, name: &str, arguments: Value) -> Option<T> {
        match told(self.console().ask(name, &arguments).await) {
            Told::Done(done) => Some(done),
            Told::Refused | Told::Nothing => None,
        }
    }

    /// A plan that stands somewhere, or any.
    fn plan(&mut self, wanted: impl Fn(PlanStatus) -> bool) -> Option<(Uuid, u64)> {
        let stand = self.life.stand();
        let like = stand.iter().filter(|(_, _, status)| wanted(*status));
        let chosen = like
            .choose(&mut self.dice)
            .or_else(|| stand.iter().choose(&mut self.dice));
        chosen.map(|(id, number, _)| (*id, *number))
    }

    async fn step(&mut self) {
        match self.dice.random_range(0..28) {
            0..=6 => self.make().await,
            7 => {
                if let Some(plan) = self.plan(|s| s == PlanStatus::Draft)
                    && let Some(revision) = self.look(plan.1).await
                {
                    let console = self.console();
                    self.life.press(&console, Wish::Save, plan, revision).await;
                }
            }
            8..=11 => self.begin(Wish::Queue).await,
            12..=14 => self.begin(Wish::Start).await,
            15 | 16 => self.begin_twice().await,
            17 => self.tell("leave_queue", |s| s == PlanStatus::Queued).await,
            18 => {
                if let Some((_, number)) = self.plan(PlanStatus::is_active) {
                    let stop = json!({ "number": number, "reason": "Not today." });
                    self.ask::<Value>("abort_plan", stop).await;
                }
            }
            19 | 20 => {
                let is_paused = |status| status == PlanStatus::NeedsIntervention;
                self.tell("continue_plan", is_paused).await;
            }
            21 => self.tell("discard_plan", is_saved).await,
            22 => self.rule().await,
            23..=25 => self.publish().await,
            _ => self.wait().await,
        }
    }

    async fn tell(&mut self, name: &str, wanted: impl Fn(PlanStatus) -> bool) {
        if let Some((_, number)) = self.plan(wanted) {
            self.ask::<Value>(name, json!({ "number": number })).await;
        }
    }

    /// Opens a plan; its revision.
    async fn look(&mut self, number: u64) -> Option<i64> {
        let plan = self.ask("read_plan", json!({ "number": number })).await;
        plan.map(|plan: PlanDetail| plan.revision)
    }

    async fn make(&mut self) {
        if self.life.plans().len() >= PLANS {
            return self.begin(Wish::Start).await;
        }
        let count = self.dice.random_range(1..3);
        let brings = BROUGHT.choose_multiple(&mut self.dice, count);
        let brings: Vec<App> = brings.copied().collect();
        let new = new_plan((self.known.source, self.known.target), &brings);
        let number: Option<u64> = self.ask("create_plan", new).await;
        let Some(number) = number else { return };
        let plan = self.ask("read_plan", json!({ "number": number })).await;
        let plan: Option<PlanDetail> = plan;
        let Some(plan) = plan else { return };
        let id = plan.row.id.0;
        self.life.plans().insert(id, number);
        if self.dice.random_bool(0.8) {
            let console = self.console();
            self.life
                .press(&console, Wish::Save, (id, number), plan.revision)
                .await;
        }
    }

    /// Most look at what was published since, and take it.
    async fn ready(&mut self) -> Option<((Uuid, u64), i64)> {
        let plan = self.plan(is_saved)?;
        let revision = self.look(plan.1).await?;
        if self.dice.random_bool(0.7) {
            let seen = json!({ "number": plan.1, "revision": revision });
            let refreshed = self.ask("refresh_plan", seen).await;
            if let Some(refreshed) = refreshed.map(|seen: Refreshed| seen.revision) {
                return Some((plan, refreshed));
            }
        }
        Some((plan, revision))
    }

    async fn begin(&mut self, wish: Wish) {
        if let Some((plan, revision)) = self.ready().await {
            let console = self.console();
            self.life.press(&console, wish, plan, revision).await;
        }
    }

    /// Two people press at the same moment, at whichever console: for the same plan or for two.
    async fn begin_twice(&mut self) {
        let Some(one) = self.ready().await else {
            return;
        };
        let same = self.dice.random_bool(0.5);
        let other = if same { None } else { self.ready().await };
        let other = other.unwrap_or(one);
        let wish = if self.dice.random_bool(0.5) {
            Wish::Queue
        } else {
            Wish::Start
        };
        let (first, second) = (self.console(), self.console());
        join(
            self.life.press(&first, Wish::Start, one.0, one.1),
            self.life.press(&second, wish, other.0, other.1),
        )
        .await;
    }

    async fn rule(&mut self) {
        let all = self.ask("list_environments", json!({})).await;
        let all: Vec<EnvironmentDetail> = all.unwrap_or_default();
        let Some(target) = all.iter().find(|one| one.row.id == self.known.target) else {
            return;
        };
        let mut rules = target.rules;
        rules.parallel_limit = self.dice.random_range(1..5);
        rules.parallel_execution = self.dice.random_bool(0.85);
        rules.parallel_creation = self.dice.random_bool(0.9);
        rules.two_stage = self.dice.random_bool(0.3);
        let change = json!({
            "environment": target.row.id,
            "revision": target.revision,
            "rules": rules,
        });
        self.ask::<Value>("set_environment_rules", change).await;
    }

    async fn publish(&mut self) {
        let apps = BROUGHT.iter().chain(&[App::Kiosk]);
        let app = *apps.choose(&mut self.dice).expect("there are some");
        let ask = self.console();
        self.known.publish(&ask, app).await;
    }

    /// Waits for something to happen, if something does by itself.
    async fn wait(&mut self) {
        let mut changes = self.known.listen();
        if !self.known.history().goes_on() {
            return;
        }
        tokio::time::timeout(PATIENCE, changes.changed())
            .await
            .unwrap_or_else(|_| panic!("nothing goes on: {:?}", self.life.stand()))
            .unwrap();
    }
}
