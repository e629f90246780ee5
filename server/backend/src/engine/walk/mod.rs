//! One round of a run in memory: facts in, decisions of `domain::execution` out, until there is
//! nothing more to decide. Nothing is written here; [`Effects`] say what has to be, all at once.

mod carry_out;

use super::load::Loaded;
use super::narrate::{self, Then};
use crate::clock::Ids;
use domain::environment::LinkState;
use domain::execution::{
    ANSWER, Decision, Fact, Link, LogKind, MAX_ATTEMPTS, Outcome, Phase, Stage, Step, StepKind,
    StepState, next,
};
use domain::plan::Intervention;
use domain::{ModuleId, Timestamp};
use std::collections::BTreeMap;
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
    /// But not those of the applications of these modules, which do not run as the run brings them.
    pub(super) differing: Vec<ModuleId>,
    /// The target reported what it hosts.
    pub(super) synchronized: bool,
    /// It could not report what it hosts, and why.
    pub(super) unsynchronized: Option<String>,
    /// The run's own row has changed.
    pub(super) run_changed: bool,
    /// The run paused, and why.
    pub(super) paused: Option<Intervention>,
    /// It waited for nobody but its agent, and goes on.
    pub(super) went_on: bool,
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
    /// Modules that do not run as the run brings them, if its environment has just said what it runs.
    pub(super) differing: Vec<ModuleId>,
    /// When the environment said last what it runs, if its run waits for that alone.
    pub(super) said: Option<i64>,
    /// The run's row now: what people asked for.
    pub(super) requests: run::Model,
    /// Now.
    pub(super) now: i64,
    /// Whether the agent is there.
    pub(super) agent: LinkState,
    /// When it was heard last.
    pub(super) heard: Option<i64>,
    /// Gives ids.
    pub(super) ids: &'a dyn Ids,
}

/// Takes in what happened and decides until nothing is left to decide.
pub(super) fn walk(run: &mut Loaded, round: Round<'_>) -> Effects {
    let mut walker = Walker {
        effects: Effects::default(),
        now: round.now,
        agent: round.agent,
        heard: round.heard,
        ids: round.ids,
        run,
    };
    if walker.run.rows.iter().all(|row| row.attempts == 0) && walker.run.run.last_log == 0 {
        let text = narrate::begins(&walker.run.run);
        walker.line(LogKind::Start, None, text);
    }
    walker.effects.differing = round.differing;
    if let (Some(said), Some(since)) = (round.said, walker.run.state.asks_no_more_since())
        && said > since.0
        && round.agent == LinkState::Online
    {
        walker.go_on();
    }
    // Before the results: who asked to stop was told that it is not too late by what is stored.
    walker.take_requests(&round.requests);
    for result in round.results {
        walker.take_result(&result);
    }
    if walker.run.fresh {
        walker.ask_after_takeover();
    }
    let link = link_of(round.agent);
    loop {
        let decisions = next(&walker.run.state, Timestamp(round.now), link);
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
    agent: LinkState,
    heard: Option<i64>,
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
            let text = narrate::done(kind, took, self.run.linked_into(at));
            self.line(LogKind::StepSub, module, text);
            if kind == StepKind::Synchronize {
                self.effects.synchronized = true;
                if let Some(text) = self.differs() {
                    self.run.state.differs = true;
                    self.line(LogKind::Warning, None, text);
                }
            }
            return;
        }
        let message = result
            .message
            .clone()
            .unwrap_or_else(|| "The agent gave no reason.".to_owned());
        self.take(at, &Fact::Failed(at, result.retry, Timestamp(self.now)));
        let step = &self.run.state.steps[at];
        let (line, then) = match step.not_before {
            Some(time) => (
                LogKind::Warning,
                Then::Again(step.attempts + 1, time.0 - self.now),
            ),
            None if result.retry && step.attempts >= MAX_ATTEMPTS => {
                (LogKind::Error, Then::Exhausted(step.attempts))
            }
            None => (LogKind::Error, Then::Nothing),
        };
        if kind == StepKind::Synchronize && step.not_before.is_none() {
            self.effects.unsynchronized = Some(message.clone());
        }
        self.line(line, module, narrate::failed(kind, &message, then));
        self.set_error(at, &message);
    }

    /// After a change of hands nothing is repeated: the agent is asked what became of each
    /// attempt, with the same attempt id. However long there was nobody to hear it, it has the time
    /// to say so.
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
            if let Some(attempt) = self.run.state.steps[at].attempt {
                let deadline = attempt.deadline.max(Timestamp(self.now + ANSWER));
                self.run.state.apply(&Fact::UnderWay(at, deadline));
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
            let switched = self.run.state.has_switched();
            let text = if requests.stop_by.is_some() {
                narrate::asked_to_stop(&reason, switched)
            } else {
                narrate::stops(&reason, switched)
            };
            self.line(LogKind::StageAborted, None, text);
            self.run.state.apply(&Fact::Stopping);
            self.effects.run_changed = true;
        }
        let waits = matches!(self.run.state.stage, Stage::Prepared | Stage::Suspended);
        if requests.continue_requested.is_some() && waits {
            self.run.state.apply(&Fact::Continued);
            self.line(LogKind::Info, None, narrate::goes_on());
            self.effects.run_changed = true;
        }
    }

    /// One line for each group of steps that begins.
    fn announce(&mut self, decisions: &[Decision]) {
        let mut begun: Vec<Step> = Vec::new();
        for decision in decisions {
            if let Decision::Begin(at) = decision
                && let Some(step) = self.run.state.steps.get(*at)
                && !begun.iter().any(|first| are_together(first, step))
            {
                begun.push(step.clone());
            }
        }
        for first in begun {
            self.announce_group(&first);
        }
    }

    fn announce_group(&mut self, first: &Step) {
        let steps = self.run.state.steps.iter();
        let group: Vec<_> = steps.filter(|step| are_together(first, step)).collect();
        if group.iter().any(|step| step.attempts > 0) {
            return;
        }
        let waves = self
            .run
            .state
            .steps
            .iter()
            .filter(|step| step.kind == StepKind::Activate)
            .map(|step| step.wave)
            .max()
            .unwrap_or(0);
        let linked = group
            .iter()
            .filter_map(|step| self.run.linked.get(&step.module?))
            .count();
        if let Some(text) = narrate::group(first.kind, first.wave, waves, (group.len(), linked)) {
            self.line(LogKind::Step, None, text);
        }
    }
}

/// Whether two steps are told of in one line: all of a phase, or of a wave.
fn are_together(one: &Step, other: &Step) -> bool {
    one.phase == other.phase
        && (matches!(one.phase, Phase::Transfer | Phase::Prepare) || one.wave == other.wave)
}

/// Whether an agent in this state takes work.
fn link_of(agent: LinkState) -> Link {
    if agent == LinkState::Online {
        Link::Online
    } else {
        Link::Away
    }
}
