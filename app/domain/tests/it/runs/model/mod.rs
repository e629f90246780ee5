//! A model of an agent and of a console that forgets everything between two rounds.

mod suspended;
mod unreported;

use domain::execution::{
    Attempt, Decision, Fact, Link, NewStep, Outcome, RunPlan, RunState, Stage, Step, StepKind,
    StepState, derive_steps, next, time_limit,
};
use domain::plan::Intervention;
use domain::{AttemptId, ModuleId, StepId, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub fn module(number: u128) -> ModuleId {
    ModuleId(Uuid::from_u128(number))
}

/// What the target runs: the module's old state, its new one, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runs {
    Old,
    New,
    Nothing,
}

/// Console and agent in one, with a die.
pub struct Model {
    pub state: RunState,
    target: BTreeMap<ModuleId, Runs>,
    now: Timestamp,
    dice: SmallRng,
    ids: u128,
    /// Commands that the agent has: attempt, step.
    commands: Vec<(AttemptId, StepId)>,
    /// Commands that the agent has in its hands and has not done yet: nobody can take them back.
    late: Vec<(AttemptId, StepId)>,
    /// Modules that the agent was told to put back, and whether it has cleaned up.
    put_back: BTreeSet<ModuleId>,
    cleaned: bool,
    /// Its versions are recorded.
    recorded: bool,
    /// What the target ran when it was asked last.
    reported: Option<BTreeMap<ModuleId, Runs>>,
    /// Modules that go on with other values of their site properties.
    set: BTreeSet<ModuleId>,
    results: BTreeMap<AttemptId, bool>,
    begun: BTreeSet<AttemptId>,
    faults: u32,
    /// Until when the agent is away.
    away: Timestamp,
    /// How often the run was suspended.
    pub suspended: u32,
    /// How often it went on by itself after that.
    pub went_on: u32,
}

impl Model {
    pub fn new(seed: u64, modules: u128, two_stage: bool, faults: u32) -> Self {
        let plan = RunPlan {
            bundles: (0..modules)
                .map(|n| (format!("bundle{n}"), 1_000, module(n)))
                .collect(),
            waves: (0..modules)
                .collect::<Vec<_>>()
                .chunks(2)
                .map(|wave| wave.iter().map(|n| module(*n)).collect())
                .collect(),
            removals: vec![module(modules)],
            settings: (0..modules).step_by(2).map(module).collect(),
        };
        let mut ids = 0;
        let steps = derive_steps(&plan)
            .iter()
            .map(|new| {
                ids += 1;
                // Every other module takes nothing from producers.
                let apart = new.module.is_some_and(|module| module.0.as_u128() % 2 == 0);
                Step {
                    early: new.kind == StepKind::Stage && apart,
                    ..Step::new(StepId(Uuid::from_u128(ids)), new)
                }
            })
            .collect();
        Self {
            state: RunState::new(steps, two_stage, false),
            target: (0..=modules).map(|n| (module(n), Runs::Old)).collect(),
            now: Timestamp(0),
            dice: SmallRng::seed_from_u64(seed),
            ids,
            commands: Vec::new(),
            late: Vec::new(),
            put_back: BTreeSet::new(),
            cleaned: false,
            recorded: false,
            reported: None,
            set: BTreeSet::new(),
            results: BTreeMap::new(),
            begun: BTreeSet::new(),
            faults,
            away: Timestamp(0),
            suspended: 0,
            went_on: 0,
        }
    }

    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn chance(&mut self, of: u32) -> bool {
        self.faults > 0 && self.dice.random_range(0..1_000) < of * self.faults
    }

    /// One round of the engine: decides until nothing is left to decide.
    pub fn decide(&mut self, link: Link) {
        loop {
            let decisions = next(&self.state, self.now, link);
            if decisions.is_empty() {
                return;
            }
            for decision in decisions {
                self.carry_out(decision, link);
            }
        }
    }

    /// Nothing is staged before what it needs is there.
    fn assert_fetched(&self, stage: &Step) {
        let transfers = self
            .state
            .steps
            .iter()
            .filter(|step| step.kind == StepKind::Transfer);
        let mut needed = transfers.filter(|step| !stage.early || step.module == stage.module);
        assert!(needed.all(|step| step.state == StepState::Succeeded));
    }

    fn carry_out(&mut self, decision: Decision, link: Link) {
        let fact = match decision {
            Decision::Begin(at) => {
                let step = self.state.steps[at].clone();
                assert_eq!(step.state, StepState::Waiting);
                if step.kind == StepKind::Stage {
                    assert!(!self.state.lacks_values, "staged without its values");
                    self.assert_fetched(&step);
                }
                if step.kind == StepKind::SwitchBack {
                    let mut cleaning = self.state.steps.iter();
                    let begun = |step: &Step| step.kind == StepKind::CleanUp && step.attempts > 0;
                    assert!(!cleaning.any(begun), "what ran before is not kept any more");
                }
                if step.kind == StepKind::Record {
                    self.recorded = true;
                    Fact::Succeeded(at)
                } else {
                    let id = AttemptId(self.id());
                    assert!(self.begun.insert(id));
                    self.commands.push((id, step.id));
                    let deadline = self.now.plus(time_limit(step.kind, 1_000));
                    let begun = Fact::Begun(at, id, deadline);
                    if step.kind == StepKind::CleanUp && self.state.stage == Stage::Forward {
                        self.state.apply(&begun);
                        Fact::Succeeded(at)
                    } else {
                        begun
                    }
                }
            }
            Decision::Ask(at) => {
                let step = &self.state.steps[at];
                let id = step.attempt.map(|attempt: Attempt| attempt.id).unwrap();
                self.commands.push((id, step.id));
                Fact::Asked(at, self.now.plus(15_000))
            }
            Decision::GiveUp(at) => {
                self.withdraw(|model, step, _| model.state.steps[at].id == step);
                Fact::GaveUp(at)
            }
            Decision::Skip(at) => {
                self.withdraw(|model, step, _| model.state.steps[at].id == step);
                Fact::Skipped(at)
            }
            Decision::Stop(_) => Fact::Stopping,
            Decision::GoBack(steps) => {
                let added: Vec<(StepId, NewStep)> = steps
                    .into_iter()
                    .map(|new| (StepId(self.id()), new))
                    .collect();
                Fact::Added(added)
            }
            Decision::Pause(Intervention::DeploymentSuspended) => {
                self.assert_suspends();
                self.withdraw(|model, step, _| model.step(step).attempt.is_some());
                self.suspended += 1;
                Fact::Suspended(self.now, link)
            }
            Decision::GoOn => {
                assert!(self.state.is_finishing() && link == Link::Online);
                self.went_on += 1;
                Fact::Continued
            }
            Decision::Pause(why) => {
                let values = why == Intervention::NeedsConfigurationOrConfirmation;
                assert_eq!(values, self.state.lacks_values);
                assert!(!self.state.has_switched());
                Fact::Paused
            }
            Decision::End(outcome) => {
                self.withdraw(|_, _, _| true);
                Fact::Ended(outcome)
            }
        };
        self.state.apply(&fact);
    }

    /// Takes commands back that the agent has not got, but not to clean up.
    fn withdraw(&mut self, which: impl Fn(&Self, StepId, StepKind) -> bool) {
        let commands = std::mem::take(&mut self.commands);
        self.commands = commands
            .into_iter()
            .filter(|(_, step)| {
                let kind = self.step(*step).kind;
                kind == StepKind::CleanUp || !which(self, *step, kind)
            })
            .collect();
    }

    fn step(&self, id: StepId) -> &Step {
        self.state.steps.iter().find(|s| s.id == id).unwrap()
    }

    /// The agent takes some of its commands, in whatever order; an attempt that it knows it does
    /// not do again.
    pub fn agent(&mut self) {
        for late in std::mem::take(&mut self.late) {
            if self.dice.random_bool(0.2) {
                self.commands.push(late);
            } else {
                self.late.push(late);
            }
        }
        while !self.commands.is_empty() {
            if self.chance(40) {
                // The stream breaks: what is left comes later.
                return;
            }
            let next = if self.chance(200) {
                self.dice.random_range(0..self.commands.len())
            } else {
                0
            };
            let (attempt, step_id) = self.commands.remove(next);
            if self.late.iter().any(|(late, _)| *late == attempt) {
                // Asked about what it is at: it says so, if it can.
                if !self.chance(100) {
                    self.says_under_way(attempt, step_id);
                }
                continue;
            }
            if self.chance(30) && !self.results.contains_key(&attempt) {
                self.late.push((attempt, step_id));
                continue;
            }
            if self.chance(20) {
                // The agent dies before it has done it; it is asked for.
                continue;
            }
            let at = self
                .state
                .steps
                .iter()
                .position(|s| s.id == step_id)
                .unwrap();
            let kind = self.state.steps[at].kind;
            let of = self.state.steps[at].module;
            let succeeded = match self.results.get(&attempt) {
                Some(known) => *known,
                None => {
                    let succeeded = !self.is_past(kind, of) && !self.chance(60);
                    if succeeded {
                        self.act(kind, of);
                    }
                    self.results.insert(attempt, succeeded);
                    succeeded
                }
            };
            // The answer may be lost; then it is asked for.
            if self.chance(40) {
                continue;
            }
            let waits = self.state.steps[at]
                .attempt
                .is_some_and(|under_way| under_way.id == attempt);
            if waits {
                let retry = self.dice.random_bool(0.5);
                self.state.apply(&if succeeded {
                    Fact::Succeeded(at)
                } else {
                    Fact::Failed(at, retry, self.now)
                });
            }
        }
    }

    fn says_under_way(&mut self, attempt: AttemptId, step: StepId) {
        let at = self.state.steps.iter().position(|s| s.id == step).unwrap();
        let kind = self.state.steps[at].kind;
        let current = self.state.steps[at].attempt;
        if current.is_some_and(|current| current.id == attempt) {
            let deadline = self.now.plus(time_limit(kind, 1_000));
            self.state.apply(&Fact::UnderWay(at, deadline));
        }
    }

    /// What goes forward in a run that goes back or is over.
    fn is_past(&self, kind: StepKind, of: Option<ModuleId>) -> bool {
        match kind {
            StepKind::Activate | StepKind::Remove | StepKind::Settings => {
                self.cleaned || of.is_some_and(|of| self.put_back.contains(&of))
            }
            StepKind::Transfer | StepKind::Stage => self.cleaned,
            _ => false,
        }
    }

    /// The agent does everything that it has left, after the run is over.
    pub fn work_late(&mut self) {
        let late = std::mem::take(&mut self.late);
        self.commands.extend(late);
        while !self.commands.is_empty() {
            let next = self.dice.random_range(0..self.commands.len());
            let (attempt, step) = self.commands.remove(next);
            let (kind, of) = (self.step(step).kind, self.step(step).module);
            if !self.results.contains_key(&attempt) && !self.is_past(kind, of) {
                self.act(kind, of);
                self.results.insert(attempt, true);
            }
        }
    }

    fn act(&mut self, kind: StepKind, of: Option<ModuleId>) {
        self.cleaned |= kind == StepKind::CleanUp;
        if kind == StepKind::Synchronize {
            self.reported = Some(self.target.clone());
        }
        let Some(of) = of else { return };
        if kind == StepKind::SwitchBack {
            self.put_back.insert(of);
            // What ran before comes with the values that it had.
            self.set.remove(&of);
        }
        if kind == StepKind::Settings {
            self.set.insert(of);
        }
        match kind {
            StepKind::Activate => self.target.insert(of, Runs::New),
            StepKind::Remove => self.target.insert(of, Runs::Nothing),
            StepKind::SwitchBack => self.target.insert(of, Runs::Old),
            _ => None,
        };
    }

    pub fn run(&mut self) -> Outcome {
        for _ in 0..5_000 {
            if let Stage::Ended(outcome) = self.state.stage {
                return outcome;
            }
            // The console dies: all it has is what it stored.
            if self.chance(20) {
                let stored = self.state.clone();
                self.state = stored;
            }
            if self.chance(15) && self.state.may_stop() {
                self.state.apply(&Fact::Stopping);
            }
            if self.chance(10) {
                self.away = self.now.plus(self.dice.random_range(0..600_000));
            }
            let link = if self.now < self.away || self.chance(50) {
                Link::Away
            } else {
                Link::Online
            };
            let waits = match self.state.stage {
                Stage::Prepared => true,
                Stage::Suspended => link == Link::Online,
                _ => false,
            };
            if waits && self.dice.random_bool(0.3) {
                self.state.apply(&Fact::Continued);
            }
            self.decide(link);
            if link == Link::Online {
                self.agent();
            }
            let jump = self.dice.random_range(100..30_000);
            self.now = self.now.plus(jump);
        }
        panic!("the run does not end: {:?}", self.state);
    }

    pub fn check(&self, outcome: Outcome) {
        let planned = |of: &ModuleId| {
            if *of == module(self.target.len() as u128 - 1) {
                Runs::Nothing
            } else {
                Runs::New
            }
        };
        let forward = matches!(outcome, Outcome::Successful | Outcome::WithWarnings);
        assert_eq!(self.recorded, forward, "recorded and ended are one");
        if forward && self.state.can_wait {
            self.assert_synchronized();
        }
        // The last report that was waited for is of what the target runs in the end.
        let mut asked = self.state.steps.iter();
        let asked = asked.rfind(|step| step.kind == StepKind::Synchronize);
        let mixed = outcome == Outcome::WithErrors;
        if !mixed && asked.is_some_and(|step| step.state == StepState::Succeeded) {
            assert_eq!(self.reported.as_ref(), Some(&self.target));
        }
        match outcome {
            Outcome::Successful | Outcome::WithWarnings => {
                for (of, runs) in &self.target {
                    assert_eq!(*runs, planned(of));
                }
                let done = |step: &&Step| {
                    step.kind == StepKind::Settings && step.state == StepState::Succeeded
                };
                for step in self.state.steps.iter().filter(done) {
                    assert!(step.module.is_some_and(|of| self.set.contains(&of)));
                }
            }
            Outcome::Aborted => {
                assert!(
                    self.set.is_empty(),
                    "values after the switch, and no switch"
                );
                assert!(self.target.values().all(|runs| *runs == Runs::Old));
            }
            Outcome::WithErrors => {
                let left = self.state.left_switched();
                for (of, runs) in &self.target {
                    assert!(
                        *runs == Runs::Old || left.contains(of),
                        "{of} is not listed"
                    );
                }
            }
        }
        assert!(self.state.steps.iter().all(Step::is_settled));
    }
}
