//! One round of a run in memory: facts in, decisions of `domain::execution` out, until there is
//! nothing more to decide. Nothing is written here; [`Effects`] say what has to be, all at once.

use super::create::{FINISH_POSITION, step_row};
use super::load::Loaded;
use super::narrate;
use crate::clock::Ids;
use domain::execution::{
    ANSWER, Decision, Fact, Link, LogKind, NewStep, Outcome, Phase, Stage, StepKind, StepState,
    StopCause, next, time_limit,
};
use domain::{AttemptId, ModuleId, StepId, Timestamp};
use protocol::{Order, Placement};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::plans::{attempt, run, step};
use store::executions::{NewCommand, NewLine};
use uuid::Uuid;

/// How long an answer may take beyond the agent's own time limit, in milliseconds.
pub(super) const GRACE: i64 = 30_000;

/// What one round changes. Written in one transaction, or not at all.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own that is written or not
pub(super) struct Effects {
    /// Steps as they are now.
    pub(super) steps: BTreeMap<Uuid, step::Model>,
    /// Attempts that begin.
    pub(super) attempts: Vec<attempt::Model>,
    /// Commands to queue, in order.
    pub(super) commands: Vec<NewCommand>,
    /// Attempts asked about after a takeover.
    pub(super) taken_over: Vec<Uuid>,
    /// Overdue attempts asked about, with their new deadline.
    pub(super) asked: Vec<Uuid>,
    pub(super) asked_until: i64,
    /// Attempts whose result is taken in.
    pub(super) applied: Vec<Uuid>,
    /// Attempts that were given up.
    pub(super) given_up: Vec<Uuid>,
    /// Those of them that must not be begun any more: what follows builds on that.
    pub(super) withdrawn: Vec<Uuid>,
    /// Lines for the log.
    pub(super) lines: Vec<NewLine>,
    /// Which of the lines says what went wrong with a step.
    pub(super) error_lines: BTreeMap<Uuid, usize>,
    /// Versions are to be recorded.
    pub(super) record: bool,
    /// The target reported what it hosts.
    pub(super) synchronized: bool,
    /// The run's own row has changed.
    pub(super) run_changed: bool,
    /// The run paused.
    pub(super) paused: bool,
    /// Slipway stops the run, and why.
    pub(super) stopped: Option<String>,
    /// The run is over: how, and what to say of it.
    pub(super) ended: Option<(Outcome, String)>,
}

impl Effects {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
            && self.commands.is_empty()
            && self.applied.is_empty()
            && self.given_up.is_empty()
            && self.lines.is_empty()
            && !self.run_changed
    }
}

/// What a round looks at besides the run itself.
pub(super) struct Round<'a> {
    /// Results that are not taken in yet, oldest first.
    pub(super) results: Vec<attempt::Model>,
    /// The run's row now: what people asked for.
    pub(super) requests: run::Model,
    /// Now.
    pub(super) now: i64,
    /// Whether the agent is there.
    pub(super) link: Link,
    /// Gives ids.
    pub(super) ids: &'a dyn Ids,
}

/// Takes in what happened and decides until nothing is left to decide.
pub(super) fn walk(run: &mut Loaded, round: Round<'_>) -> Effects {
    let mut walker = Walker {
        effects: Effects::default(),
        now: round.now,
        ids: round.ids,
        run,
    };
    if walker.run.rows.iter().all(|row| row.attempts == 0) && walker.run.run.last_log == 0 {
        let text = narrate::begins(&walker.run.run);
        walker.line(LogKind::Start, None, text);
    }
    // Before the results: who asked to stop was told that it is not too late by what is stored.
    walker.take_requests(&round.requests);
    for result in round.results {
        walker.take_result(&result);
    }
    if walker.run.fresh {
        walker.ask_after_takeover();
    }
    loop {
        let decisions = next(&walker.run.state, Timestamp(round.now), round.link);
        if decisions.is_empty() {
            break;
        }
        walker.announce(&decisions);
        for decision in decisions {
            walker.carry_out(decision);
        }
    }
    walker.effects
}

struct Walker<'a> {
    effects: Effects,
    now: i64,
    ids: &'a dyn Ids,
    run: &'a mut Loaded,
}

impl Walker<'_> {
    fn line(&mut self, kind: LogKind, module: Option<String>, text: String) {
        self.effects.lines.push(NewLine {
            at: self.now,
            kind: kind.as_str(),
            module,
            text,
        });
    }

    /// Takes a fact about the step at `at` into state and row.
    fn take(&mut self, at: usize, fact: &Fact) {
        self.run.state.apply(fact);
        let (Some(step), Some(row)) = (self.run.state.steps.get(at), self.run.rows.get_mut(at))
        else {
            return;
        };
        step.state.as_str().clone_into(&mut row.state);
        row.attempts = i64::from(step.attempts);
        row.not_before = step.not_before.map(|time| time.0);
        if row.started.is_none() && step.state != StepState::Skipped {
            row.started = Some(self.now);
        }
        row.finished = step.is_settled().then_some(self.now);
        self.effects.steps.insert(row.id, row.clone());
    }

    fn set_error(&mut self, at: usize, message: &str) {
        if let Some(row) = self.run.rows.get_mut(at) {
            row.error = Some(message.to_owned());
            // The line that was written just before; its number is known once it is stored.
            if let Some(line) = self.effects.lines.len().checked_sub(1) {
                self.effects.error_lines.insert(row.id, line);
            }
            self.effects.steps.insert(row.id, row.clone());
        }
    }

    fn take_result(&mut self, result: &attempt::Model) {
        self.effects.applied.push(result.id);
        let Some(at) = self.run.step_of(result.id) else {
            return;
        };
        let module = self.run.module_name(at);
        let kind = self.run.state.steps[at].kind;
        if result.result.as_deref() == Some("succeeded") {
            let took = self.now - result.started;
            self.take(at, &Fact::Succeeded(at));
            if kind == StepKind::Synchronize {
                self.effects.synchronized = true;
            }
            self.line(LogKind::StepSub, module, narrate::done(kind, took));
            return;
        }
        let message = result
            .message
            .clone()
            .unwrap_or_else(|| "The agent gave no reason.".to_owned());
        self.take(at, &Fact::Failed(at, result.retry, Timestamp(self.now)));
        let again = self.run.state.steps[at].state == StepState::Waiting;
        let line = if again {
            LogKind::Warning
        } else {
            LogKind::Error
        };
        self.line(
            line,
            module,
            narrate::failed(kind, &message, again, result.number),
        );
        self.set_error(at, &message);
    }

    /// After a change of hands nothing is repeated: the agent is asked what became of each
    /// attempt, with the same attempt id.
    fn ask_after_takeover(&mut self) {
        self.run.fresh = false;
        let under_way: Vec<usize> = self.under_way();
        if under_way.is_empty() {
            return;
        }
        let epoch = self.run.claim.epoch;
        if epoch > 1 {
            let text = narrate::taken_over(under_way.len());
            self.line(LogKind::Info, None, text);
        }
        for at in under_way {
            if let Some(id) = self.send(at) {
                self.effects.taken_over.push(id);
            }
        }
    }

    fn under_way(&self) -> Vec<usize> {
        self.run
            .state
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.attempt.is_some())
            .map(|(at, _)| at)
            .collect()
    }

    fn take_requests(&mut self, requests: &run::Model) {
        self.run.run.stop_requested = requests.stop_requested;
        self.run.run.stop_by = requests.stop_by;
        self.run.run.stop_reason.clone_from(&requests.stop_reason);
        self.run.run.continue_requested = requests.continue_requested;
        if requests.stop_requested.is_some() && self.run.state.may_stop() {
            let reason = requests.stop_reason.clone().unwrap_or_default();
            let text = narrate::asked_to_stop(&reason, self.run.state.has_switched());
            self.line(LogKind::StageAborted, None, text);
            self.run.state.apply(&Fact::Stopping);
            self.effects.run_changed = true;
        }
        if requests.continue_requested.is_some() && self.run.state.stage == Stage::Prepared {
            self.run.state.apply(&Fact::Continued);
            self.line(LogKind::Info, None, narrate::goes_on());
            self.effects.run_changed = true;
        }
    }

    /// One line when a group of steps begins.
    fn announce(&mut self, decisions: &[Decision]) {
        let Some(first) = decisions.iter().find_map(|decision| match decision {
            Decision::Begin(at) => self.run.state.steps.get(*at),
            _ => None,
        }) else {
            return;
        };
        let same = |step: &&domain::execution::Step| {
            step.phase == first.phase
                && (matches!(first.phase, Phase::Transfer | Phase::Prepare)
                    || step.wave == first.wave)
        };
        let group: Vec<_> = self.run.state.steps.iter().filter(same).collect();
        if group.iter().any(|step| step.attempts > 0) {
            return;
        }
        let waves = self
            .run
            .state
            .steps
            .iter()
            .filter(|step| matches!(step.kind, StepKind::Activate | StepKind::Remove))
            .map(|step| step.wave)
            .max()
            .unwrap_or(0);
        if let Some(text) = narrate::group(first.kind, first.wave, waves, group.len()) {
            self.line(LogKind::Step, None, text);
        }
    }

    fn carry_out(&mut self, decision: Decision) {
        match decision {
            Decision::Begin(at) => self.begin(at),
            Decision::Ask(at) => {
                let until = self.now + ANSWER;
                if let Some(id) = self.send(at) {
                    self.effects.asked.push(id);
                    self.effects.asked_until = until;
                }
                self.take(at, &Fact::Asked(at, Timestamp(until)));
            }
            Decision::GiveUp(at) => self.give_up(at),
            Decision::Skip(at) => self.take(at, &Fact::Skipped(at)),
            Decision::Stop(StopCause::Failure | StopCause::Person) => self.stop(),
            Decision::GoBack(steps) => self.go_back(steps),
            Decision::Pause => {
                self.run.state.apply(&Fact::Paused);
                self.effects.paused = true;
                self.effects.run_changed = true;
                self.line(LogKind::Info, None, narrate::prepared());
            }
            Decision::End(outcome) => self.end(outcome),
        }
    }

    fn begin(&mut self, at: usize) {
        let Some(step) = self.run.state.steps.get(at) else {
            return;
        };
        if step.kind == StepKind::Record {
            self.effects.record = true;
            self.take(at, &Fact::Succeeded(at));
            return;
        }
        let size = self.run.rows.get(at).map_or(0, |row| row.size);
        let limit = time_limit(step.kind, u64::try_from(size).unwrap_or(0));
        let deadline = self.now + limit + GRACE;
        let id = self.ids.new_id();
        let row = attempt::Model {
            id,
            run_id: self.run.run.id,
            step_id: step.id.0,
            number: i64::from(step.attempts) + 1,
            epoch: self.run.claim.epoch,
            started: self.now,
            deadline,
            asked: 0,
            result: None,
            code: None,
            message: None,
            retry: false,
            reported: None,
            applied: false,
        };
        self.effects.attempts.push(row);
        self.take(at, &Fact::Begun(at, AttemptId(id), Timestamp(deadline)));
        self.send(at);
    }

    /// Queues the command of the attempt that is under way at this step, once in a round: what is
    /// asked about after a change of hands may be overdue as well.
    fn send(&mut self, at: usize) -> Option<Uuid> {
        let step = self.run.state.steps.get(at)?;
        let attempt = step.attempt?;
        let queued = &self.effects.commands;
        if queued.iter().any(|command| command.attempt == attempt.id.0) {
            return Some(attempt.id.0);
        }
        let size = self.run.rows.get(at).map_or(0, |row| row.size);
        let order = self.order(at)?;
        self.effects.commands.push(NewCommand {
            attempt: attempt.id.0,
            run: self.run.run.id,
            epoch: self.run.claim.epoch,
            time_limit_ms: time_limit(step.kind, u64::try_from(size).unwrap_or(0)),
            body: serde_json::to_string(&order).ok()?,
        });
        Some(attempt.id.0)
    }

    fn order(&self, at: usize) -> Option<Order> {
        let step = self.run.state.steps.get(at)?;
        let row = self.run.rows.get(at)?;
        let module = || step.module.map(|module| module.0);
        Some(match step.kind {
            StepKind::Transfer => Order::Fetch {
                digest: row.digest.clone()?,
                size: u64::try_from(row.size).unwrap_or(0),
            },
            StepKind::Stage => Order::Stage(self.placement(step.module?)?),
            StepKind::Activate => Order::Activate { module: module()? },
            StepKind::Remove => Order::Remove { module: module()? },
            StepKind::SwitchBack => Order::SwitchBack { module: module()? },
            StepKind::CleanUp => Order::CleanUp,
            StepKind::Synchronize => Order::Report,
            StepKind::Record => return None,
        })
    }

    fn placement(&self, module: ModuleId) -> Option<Placement> {
        let text = self.run.modules.get(&module)?.placement.as_deref()?;
        serde_json::from_str(text).ok()
    }

    fn give_up(&mut self, at: usize) {
        let Some(step) = self.run.state.steps.get(at) else {
            return;
        };
        let kind = step.kind;
        if let Some(attempt) = step.attempt {
            self.effects.given_up.push(attempt.id.0);
            // To clean up is right also when the agent comes back much later.
            if kind != StepKind::CleanUp {
                self.effects.withdrawn.push(attempt.id.0);
            }
        }
        let module = self.run.module_name(at);
        let message = narrate::no_answer();
        self.take(at, &Fact::GaveUp(at));
        self.line(
            LogKind::Error,
            module,
            narrate::failed(kind, &message, false, 0),
        );
        self.set_error(at, &message);
    }

    fn stop(&mut self) {
        let cause = self
            .run
            .rows
            .iter()
            .enumerate()
            .find(|(_, row)| row.state == StepState::Failed.as_str())
            .map(|(at, row)| {
                let name = self.run.module_name(at);
                let kind = self.run.state.steps[at].kind;
                narrate::cause(kind, name.as_deref(), row.error.as_deref())
            })
            .unwrap_or_default();
        let switched = self.run.state.has_switched();
        self.line(LogKind::PublishStop, None, narrate::stops(&cause, switched));
        self.run.state.apply(&Fact::Stopping);
        self.run.run.outcome = Some(cause.clone());
        self.effects.stopped = Some(cause);
        self.effects.run_changed = true;
    }

    fn go_back(&mut self, steps: Vec<NewStep>) {
        let at = self
            .run
            .state
            .steps
            .iter()
            .position(|step| step.phase == Phase::Finish)
            .unwrap_or(self.run.state.steps.len());
        let mut position = self
            .run
            .rows
            .iter()
            .map(|row| row.position)
            .filter(|position| *position < FINISH_POSITION)
            .max()
            .unwrap_or(0);
        let mut added = Vec::new();
        let mut rows = Vec::new();
        for new in steps {
            position += 1;
            let row = step_row(self.ids.new_id(), self.run.run.id, position, &new);
            added.push((StepId(row.id), new));
            self.effects.steps.insert(row.id, row.clone());
            rows.push(row);
        }
        self.line(LogKind::Step, None, narrate::goes_back(added.len()));
        self.run.state.apply(&Fact::Added(added));
        self.run.rows.splice(at..at, rows);
    }

    fn end(&mut self, outcome: Outcome) {
        let left: BTreeSet<ModuleId> = self.run.state.left_switched().into_iter().collect();
        let text = narrate::outcome(&self.run.run, outcome, &self.mix(&left), &self.warnings());
        self.run.state.apply(&Fact::Ended(outcome));
        self.line(LogKind::End, None, text.clone());
        self.effects.run_changed = true;
        self.effects.ended = Some((outcome, text));
    }

    /// Every module of the run and whether it may hold what the run brought.
    fn mix(&self, left: &BTreeSet<ModuleId>) -> Vec<(String, bool)> {
        if left.is_empty() {
            return Vec::new();
        }
        self.run
            .modules
            .values()
            .map(|row| (row.name.clone(), left.contains(&ModuleId(row.module_id))))
            .collect()
    }

    /// What did not work out although the versions are right.
    fn warnings(&self) -> Vec<String> {
        self.run
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| row.state == StepState::Failed.as_str())
            .filter(|(_, row)| row.phase == Phase::Finish.as_str())
            .map(|(at, row)| {
                narrate::cause(self.run.state.steps[at].kind, None, row.error.as_deref())
            })
            .collect()
    }
}
