//! The plans of one life, and what people do with them.

use super::super::{core, core_folder, manifest, other, other_folder, shop, shop_folder};
use super::look::Seen;
use super::place::{Place, kiosk_folder, till, till_folder};
use backend::NewPublication;
use backend::testing::{UnderWay, actor, pack};
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::plan::{Intervention, PlanStatus};
use domain::view::{StartOutcome, SuppliedValue};
use domain::{AppError, ApplicationId, EnvironmentId};
use futures::future::{join, join_all};
use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
        let at = self.any();
        let console = Arc::clone(&self.place.consoles[at].backend);
        let by = self.place.operator.clone();
        // Who has to wait looks for a way around the line.
        if !self.line.is_empty() && self.dice.random_bool(0.25) {
            return Box::pin(self.deploy_now()).await;
        }
        // A maintenance does not take long.
        if !self.closed.is_empty() && self.dice.random_bool(0.3) {
            return Box::pin(self.maintain()).await;
        }
        // What is refused is refused; what holds is looked at afterwards.
        match self.dice.random_range(0..23) {
            0..=2 => return Box::pin(self.make()).await,
            3 => {
                if let Some((plan, revision)) = self.plan(|s| s == PlanStatus::Draft) {
                    let _ = console.save_plan(&by, plan, revision).await;
                }
            }
            4..=7 => {
                if let Some((plan, revision)) = self.plan(|s| s == PlanStatus::Saved) {
                    let _ = console.queue_plan(&by, plan, revision, None).await;
                }
            }
            8 => {
                if let Some((plan, _)) = self.plan(|s| s == PlanStatus::Queued) {
                    let _ = console.leave_queue(&by, plan).await;
                }
            }
            9 => return Box::pin(self.deploy_now()).await,
            10 => return Box::pin(self.start_two()).await,
            11 => {
                if let Some((plan, _)) = self.plan(PlanStatus::is_active) {
                    let reason = "Not today.".to_owned();
                    let _ = console.abort_plan(&by, plan, reason).await;
                }
            }
            12 | 13 => {
                if let Some((plan, _)) = self.plan(|s| s == PlanStatus::NeedsIntervention) {
                    let supplies = self.dice.random_bool(0.7);
                    let _ = Box::pin(self.let_go_on(at, plan, supplies)).await;
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
            19 => return Box::pin(self.maintain()).await,
            _ => return Box::pin(self.go_on()).await,
        }
    }

    async fn make(&mut self) {
        if self.plans.len() >= PLANS {
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

    /// Somebody starts a plan at once, whoever stands in line.
    async fn deploy_now(&mut self) {
        let at = self.any();
        let console = Arc::clone(&self.place.consoles[at].backend);
        let by = self.place.operator.clone();
        let Some((plan, mut revision)) = self.plan(|s| s == PlanStatus::Saved) else {
            return;
        };
        // Whoever has seen what was published since may take it.
        if self.dice.random_bool(0.7)
            && let Ok(seen) = console.refresh_plan(&by, plan, revision).await
        {
            revision = seen.revision;
        }
        let started = console
            .start_plan(&by, plan, revision, Some(REASON.to_owned()))
            .await;
        let Ok(StartOutcome::Refused(report)) = started else {
            return;
        };
        let mut findings = report.findings.iter();
        let held_back = findings.any(|finding| finding.code == FindingCode::AheadInLine);
        self.seen.held_back += u32::from(held_back);
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
        let first =
            Box::pin(consoles[first].start_plan(operator, one.0, one.1, Some(REASON.to_owned())));
        if waits {
            let _ = join(
                first,
                Box::pin(consoles[second].queue_plan(operator, two.0, two.1, None)),
            )
            .await;
        } else {
            let second =
                consoles[second].start_plan(operator, two.0, two.1, Some(REASON.to_owned()));
            let _ = join(first, Box::pin(second)).await;
        }
    }

    /// Somebody lets a paused plan go on, and enters what it waits for, or forgets to.
    pub(super) async fn let_go_on(
        &mut self,
        at: usize,
        plan: u64,
        supplies: bool,
    ) -> Result<(), AppError> {
        let console = &self.place.consoles[at].backend;
        let by = &self.place.operator;
        let run = Box::pin(console.read_run(by, plan)).await?;
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
            Box::pin(console.supply_values(by, plan, values)).await?;
        }
        let go_on = console.continue_plan(by, plan, None);
        Box::pin(go_on).await.map(drop)
    }

    /// An environment that is in maintenance comes back, or one goes into it.
    async fn maintain(&mut self) {
        let administrator = actor(Standing::Administrator);
        let begins = self.closed.is_empty() && self.dice.random_bool(0.6);
        let ends = [
            self.place.development.actor.environment,
            self.place.target(),
        ];
        let chosen = ends[self.dice.random_range(0..ends.len())];
        let at = self.any();
        let console = &self.place.consoles[at];
        let Ok(all) = console.list_environments(&administrator).await else {
            return;
        };
        for environment in all {
            let (id, revision) = (environment.row.id, environment.revision);
            if !begins {
                // Whether it is stored is not known of a console that dies.
                self.closed.remove(&id);
                let _ = console.end_maintenance(&administrator, id, revision).await;
            } else if id == chosen {
                let reason = "New disks.";
                let begun = console.begin_maintenance(&administrator, id, revision, reason);
                if Box::pin(begun).await.is_ok() {
                    self.closed.insert(id);
                    self.seen.maintained += 1;
                }
            }
        }
    }

    /// Every maintenance is over.
    pub(super) async fn reopen(&mut self) {
        let administrator = actor(Standing::Administrator);
        let console = &self.place.consoles[0];
        self.closed.clear();
        for environment in console.list_environments(&administrator).await.unwrap() {
            let (id, revision) = (environment.row.id, environment.revision);
            let ended = console.end_maintenance(&administrator, id, revision);
            ended.await.unwrap();
        }
    }

    pub(super) async fn rule(&mut self) {
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
        let console = &self.place.consoles[0];
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
}
