//! The plans of one life, and what people do with them.

use super::super::{core, core_folder, manifest, other, other_folder, shop, shop_folder};
use super::asks::Ask;
use super::console::Console;
use super::look::Seen;
use super::place::{Place, kiosk_folder, tickable, till, till_folder};
use backend::NewPublication;
use backend::testing::{UnderWay, pack};
use domain::impact::FindingCode;
use domain::plan::{Intervention, PlanStatus};
use domain::view::{
    ContinueOutcome, EnvironmentDetail, QueueOutcome, Refreshed, RunDetail, StartOutcome,
    SuppliedValue,
};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use futures::future::{join, join_all};
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// The most plans of a life.
const PLANS: usize = 5;

/// Whoever starts a plan gives a reason to go on with errors, of which none helps against other
/// plans, the line and maintenance.
const REASON: &str = "The values are entered later.";

/// The plans of one life.
pub(super) struct Life<'a> {
    pub(super) place: &'a mut Place,
    pub(super) seen: &'a mut Seen,
    pub(super) seed: u64,
    pub(super) dice: SmallRng,
    pub(super) plans: BTreeSet<u64>,
    /// Where they stand, as it was looked at last: status and revision.
    pub(super) stand: BTreeMap<u64, (PlanStatus, i64)>,
    /// Who stands in line, and what is known to be in maintenance.
    pub(super) line: Vec<u64>,
    pub(super) closed: BTreeSet<EnvironmentId>,
    pub(super) under_way: Vec<UnderWay>,
    pub(super) limit: usize,
    /// How many ran when the limit was lowered.
    pub(super) above: usize,
    pub(super) published: u32,
}

impl Life<'_> {
    fn any(&mut self) -> usize {
        self.dice.random_range(0..self.place.consoles.len())
    }

    /// Any console.
    pub(super) fn console(&mut self) -> Arc<Console> {
        let at = self.any();
        Arc::clone(&self.place.consoles[at])
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
    pub(super) async fn step(&mut self) {
        // Who has to wait looks for a way around the line.
        if !self.line.is_empty() && self.dice.random_bool(0.25) {
            return Box::pin(self.deploy_now()).await;
        }
        // A maintenance does not take long.
        if !self.closed.is_empty() && self.dice.random_bool(0.3) {
            return Box::pin(self.maintain()).await;
        }
        match self.dice.random_range(0..24) {
            0..=2 => Box::pin(self.make(PLANS)).await,
            3 => self.want(|s| s == PlanStatus::Draft, Ask::Save).await,
            4..=7 => self.want(|s| s == PlanStatus::Saved, Ask::Queue).await,
            8 => {
                let leave = |(plan, _)| Ask::Leave(plan);
                self.want(|s| s == PlanStatus::Queued, leave).await;
            }
            9 => Box::pin(self.deploy_now()).await,
            10 => Box::pin(self.start_two()).await,
            11 => {
                let abort = |(plan, _)| Ask::Abort(plan);
                self.want(PlanStatus::is_active, abort).await;
            }
            12 | 13 => {
                if let Some((plan, _)) = self.plan(|s| s == PlanStatus::NeedsIntervention) {
                    let supplies = self.dice.random_bool(0.7);
                    let console = self.console();
                    let _ = Box::pin(self.let_go_on(&console, plan, supplies)).await;
                }
            }
            14 => {
                let discard = |(plan, _)| Ask::Discard(plan);
                self.want(|s| s == PlanStatus::Saved, discard).await;
            }
            15 => Box::pin(self.rule()).await,
            16 | 17 => Box::pin(self.publish()).await,
            18 => self.want(|s| s == PlanStatus::Saved, Ask::Refresh).await,
            19 => Box::pin(self.maintain()).await,
            20 => {
                let consumers = self.consumers();
                let tick = |seen| Ask::Republish(seen, consumers.clone());
                self.want(|s| s == PlanStatus::Saved, tick).await;
            }
            _ => Box::pin(self.go_on()).await,
        }
    }

    /// Somebody wants something of such a plan. What is refused is refused; what holds is looked at
    /// afterwards.
    async fn want(&mut self, such: impl Fn(PlanStatus) -> bool, ask: impl Fn((u64, i64)) -> Ask) {
        let console = self.console();
        if let Some(plan) = self.plan(such) {
            let _ = console.ask::<serde_json::Value>(ask(plan)).await;
        }
    }

    async fn make(&mut self, most: usize) {
        if self.plans.len() >= most {
            return;
        }
        let all = [core(), shop(), other(1), other(2), other(3), till()];
        let count = self.dice.random_range(1..3);
        let brings: Vec<ApplicationId> = all
            .choose_multiple(&mut self.dice, count)
            .copied()
            .collect();
        let (source, target) = (
            self.place.development.actor.environment,
            self.place.target(),
        );
        let console = self.console();
        let create = Ask::Create {
            source,
            target,
            brings,
        };
        if let Ok(plan) = console.ask::<u64>(create).await {
            self.plans.insert(plan);
            let mut seen = (plan, 1);
            if self.dice.random_bool(0.3) {
                let tick = Ask::Republish(seen, self.consumers());
                seen.1 = console.ask::<i64>(tick).await.unwrap_or(seen.1);
            }
            if self.dice.random_bool(0.8) {
                let _ = console.ask::<i64>(Ask::Save(seen)).await;
            }
        }
    }

    /// One or two modules that somebody ticks to be linked anew.
    fn consumers(&mut self) -> Vec<ModuleId> {
        let count = self.dice.random_range(1..3);
        let all = tickable();
        let chosen = all.choose_multiple(&mut self.dice, count);
        chosen.map(|(_, module)| *module).collect()
    }

    /// Somebody starts a plan at once, whoever stands in line.
    async fn deploy_now(&mut self) {
        let console = self.console();
        let Some(mut seen) = self.plan(|s| s == PlanStatus::Saved) else {
            return;
        };
        // Whoever has seen what was published since may take it.
        if self.dice.random_bool(0.7)
            && let Ok(refreshed) = console.ask::<Refreshed>(Ask::Refresh(seen)).await
        {
            seen.1 = refreshed.revision;
        }
        let Ok(StartOutcome::Refused(report)) = console.ask(start(seen)).await else {
            return;
        };
        let mut findings = report.findings.iter();
        let held_back = findings.any(|finding| finding.code == FindingCode::AheadInLine);
        self.seen.held_back += u32::from(held_back);
    }

    /// Somebody else comes, and wants to be first.
    pub(super) async fn press_on(&mut self) {
        self.make(2 * PLANS).await;
        self.want(|s| s == PlanStatus::Draft, Ask::Save).await;
        self.deploy_now().await;
    }

    /// Two people start or queue plans at the same time, at whichever console.
    async fn start_two(&mut self) {
        let waits = self.dice.random_bool(0.5);
        let is_saved = |status| status == PlanStatus::Saved;
        let (Some(one), Some(two)) = (self.plan(is_saved), self.plan(is_saved)) else {
            return;
        };
        let (first, second) = (self.console(), self.console());
        let first = Box::pin(first.ask::<StartOutcome>(start(one)));
        if waits {
            let second = second.ask::<QueueOutcome>(Ask::Queue(two));
            let _ = join(first, Box::pin(second)).await;
        } else {
            let second = second.ask::<StartOutcome>(start(two));
            let _ = join(first, Box::pin(second)).await;
        }
    }

    /// Somebody lets a paused plan go on, and enters what it waits for, or forgets to.
    pub(super) async fn let_go_on(
        &mut self,
        console: &Console,
        plan: u64,
        supplies: bool,
    ) -> Result<(), AppError> {
        let run: RunDetail = console.ask(Ask::ReadRun(plan)).await?;
        match run.plan.intervention {
            Some(Intervention::Prepared) => self.seen.prepared.insert((self.seed, plan)),
            Some(_) => self.seen.for_values.insert((self.seed, plan)),
            None => false,
        };
        let missing = run.values.iter().filter(|value| !value.given);
        let values: Vec<SuppliedValue> = missing
            .map(|value| SuppliedValue {
                module: value.module,
                name: value.name.clone(),
                value: "entered".to_owned(),
            })
            .collect();
        if supplies && !values.is_empty() {
            console.ask::<()>(Ask::Supply(plan, values)).await?;
        }
        let go_on = console.ask::<ContinueOutcome>(Ask::Continue(plan));
        go_on.await.map(drop)
    }

    /// An environment that is in maintenance comes back, or one goes into it.
    async fn maintain(&mut self) {
        let begins = self.closed.is_empty() && self.dice.random_bool(0.6);
        let ends = [
            self.place.development.actor.environment,
            self.place.target(),
        ];
        let chosen = ends[self.dice.random_range(0..ends.len())];
        let console = self.console();
        for environment in environments(&console).await {
            let (id, revision) = (environment.row.id, environment.revision);
            if !begins {
                // Whether it is stored is not known of a console that dies.
                self.closed.remove(&id);
                let _ = console.ask::<()>(Ask::EndMaintenance(id, revision)).await;
            } else if id == chosen {
                let begun = console.ask::<()>(Ask::BeginMaintenance(id, revision));
                if begun.await.is_ok() {
                    self.closed.insert(id);
                    self.seen.maintained += 1;
                }
            }
        }
    }

    /// Every maintenance is over.
    pub(super) async fn reopen(&mut self) {
        self.closed.clear();
        let console = self.console();
        for environment in environments(&console).await {
            let end = Ask::EndMaintenance(environment.row.id, environment.revision);
            console.ask::<()>(end).await.unwrap();
        }
    }

    pub(super) async fn rule(&mut self) {
        let limit = self.dice.random_range(1..4);
        let (two_stage, creation) = (self.dice.random_bool(0.4), self.dice.random_bool(0.9));
        let target = self.place.target();
        let console = self.console();
        let all = environments(&console).await;
        let Some(environment) = all.iter().find(|one| one.row.id == target) else {
            return;
        };
        let mut rules = environment.rules;
        rules.parallel_limit = limit;
        rules.two_stage = two_stage;
        rules.parallel_creation = creation;
        let changed = console.ask::<()>(Ask::Rule(target, environment.revision, rules));
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
    pub(super) async fn publish(&mut self) {
        self.published += 1;
        let content = format!("content {} {}", self.seed, self.published);
        let wants = format!("Key{}x{}", self.seed, self.published);
        let (environment, folder) = match self.dice.random_range(0..7) {
            6 => ("Development", till_folder(&wants)),
            0 => ("Development", core_folder(&content)),
            1 => ("Development", shop_folder(&content)),
            2 => ("Quality", kiosk_folder(&content)),
            number => ("Development", other_folder(number - 2, &content)),
        };
        // Bundles are on the disk of the first console.
        let console = self.place.first();
        let by = &self.place.operator;
        let mut bundles = Vec::new();
        for (digest, bytes) in pack(folder.path(), &manifest(folder.path())) {
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
    pub(super) async fn go_on(&mut self) {
        let Place {
            consoles,
            development,
            quality,
            clock,
            ..
        } = &mut *self.place;
        let consoles = &*consoles;
        let speaks = &*consoles[self.dice.random_range(0..consoles.len())];
        let rounds = consoles.iter().map(async |console| {
            let round = console.ask::<Duration>(Ask::GoOn);
            round.await.unwrap_or_default()
        });
        let work = Box::pin(async { development.work(speaks).await | quality.work(speaks).await });
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
}

/// Somebody starts a plan at once, whatever is known of it.
fn start(seen: (u64, i64)) -> Ask {
    let reason = REASON.to_owned();
    Ask::Start { seen, reason }
}

/// The environments, as a console tells of them that has not died.
async fn environments(console: &Console) -> Vec<EnvironmentDetail> {
    console.ask(Ask::Environments).await.unwrap_or_default()
}
