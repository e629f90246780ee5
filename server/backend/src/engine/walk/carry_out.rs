//! What a decision about a run changes: an attempt and its command, steps that go back, the end.

use super::{GRACE, Walker, link_of};
use crate::engine::create::step_row;
use crate::engine::narrate::{self, Then};
use crate::supplied::{Wanted, named};
use domain::execution::{
    ANSWER, Decision, Fact, LogKind, NewStep, Outcome, Phase, Stage, StepKind, StepState,
    StopCause, time_limit,
};
use domain::plan::Intervention;
use domain::{AttemptId, ModuleId, StepId, Timestamp};
use protocol::{Order, Placement};
use std::collections::BTreeSet;
use store::entity::plans::attempt;
use store::executions::NewCommand;
use uuid::Uuid;

impl Walker<'_> {
    pub(super) fn carry_out(&mut self, decision: Decision) {
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
            Decision::Skip(at) => self.skip(at),
            Decision::Stop(StopCause::Failure | StopCause::Person) => self.stop(),
            Decision::GoBack(steps) => self.go_back(steps),
            Decision::Pause(why) => self.pause(why),
            Decision::GoOn => self.go_on(),
            Decision::End(outcome) => self.end(outcome),
        }
    }

    fn pause(&mut self, why: Intervention) {
        self.effects.paused = Some(why);
        self.effects.run_changed = true;
        if why == Intervention::DeploymentSuspended {
            self.suspend();
            return;
        }
        self.run.state.apply(&Fact::Paused);
        let text = if why == Intervention::Prepared {
            narrate::prepared()
        } else {
            let wanted: Vec<&Wanted> = self.run.wanted.iter().collect();
            narrate::waits_for_values(wanted.len(), &named(&wanted))
        };
        self.line(LogKind::Info, None, text);
    }

    /// Takes back what is under way. Its steps begin anew when the run goes on; of what went
    /// before, their attempts tell.
    fn suspend(&mut self) {
        let under_way = self.run.state.steps.iter().filter_map(|step| step.attempt);
        let under_way: Vec<Uuid> = under_way.map(|attempt| attempt.id.0).collect();
        for attempt in under_way {
            self.take_back(attempt);
        }
        self.tell_of_suspension();
        let (now, link) = (Timestamp(self.now), link_of(self.agent));
        self.run.state.apply(&Fact::Suspended(now, link));
        for (step, row) in self.run.state.steps.iter().zip(&mut self.run.rows) {
            if step.is_settled() || row.attempts == 0 {
                continue;
            }
            step.state.as_str().clone_into(&mut row.state);
            row.attempts = i64::from(step.attempts);
            row.not_before = step.not_before.map(|time| time.0);
            row.started = None;
            row.finished = None;
            row.error = None;
            row.log_line = None;
            self.effects.error_lines.remove(&row.id);
            self.effects.steps.insert(row.id, row.clone());
        }
    }

    /// Says that the run waits, for what, and what it needs to go on.
    fn tell_of_suspension(&mut self) {
        let away = self.heard.map(|heard| self.now - heard);
        if !self.run.state.is_finishing() {
            let text = narrate::suspended(&self.run.target, self.agent, away);
            self.line(LogKind::Warning, None, text);
            return;
        }
        let mut steps = self.run.state.steps.iter().zip(&self.run.rows);
        let said = steps
            .find(|(step, _)| step.kind == StepKind::Synchronize)
            .and_then(|(_, row)| row.error.clone());
        // An earlier attempt may have failed for another reason.
        let why = match said {
            Some(said)
                if !self
                    .run
                    .state
                    .steps
                    .iter()
                    .any(|step| step.attempt.is_some()) =>
            {
                said
            }
            _ => narrate::no_answer(),
        };
        let text = narrate::unreported(&self.run.target, self.agent, away, &why);
        self.line(LogKind::Warning, None, text);
        self.effects.unsynchronized = Some(why);
    }

    /// That modules do not run as they were brought, if there are any.
    pub(super) fn differs(&self) -> Option<String> {
        let of = |id| self.run.modules.get(id).map(|row| row.name.clone());
        let names: Vec<String> = self.effects.differing.iter().filter_map(of).collect();
        (!names.is_empty()).then(|| narrate::differs(&self.run.target, &names))
    }

    pub(super) fn go_on(&mut self) {
        self.run.state.apply(&Fact::Continued);
        self.line(LogKind::Info, None, narrate::asks_again(&self.run.target));
        self.effects.went_on = true;
        self.effects.run_changed = true;
    }

    /// An attempt is not waited for any more, and must not be begun any more: what follows builds
    /// on that.
    fn take_back(&mut self, attempt: Uuid) {
        self.effects.given_up.push(attempt);
        self.effects.withdrawn.push(attempt);
        // Nor is it asked about in the same breath, after a change of hands.
        let commands = &mut self.effects.commands;
        commands.retain(|command| command.attempt != attempt);
    }

    fn skip(&mut self, at: usize) {
        let step = self.run.state.steps.get(at);
        if let Some(attempt) = step.and_then(|step| step.attempt) {
            self.take_back(attempt.id.0);
        }
        self.take(at, &Fact::Skipped(at));
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
        // When everything is done nobody waits until the agent has cleaned up: the order stays until
        // it has it, and it keeps at it until that is done.
        let is_left_to_agent =
            step.kind == StepKind::CleanUp && self.run.state.stage == Stage::Forward;
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
            applied: is_left_to_agent,
        };
        self.effects.attempts.push(row);
        self.take(at, &Fact::Begun(at, AttemptId(id), Timestamp(deadline)));
        self.send(at);
        if is_left_to_agent {
            self.take(at, &Fact::Succeeded(at));
        }
    }

    /// Queues the command of the attempt that is under way at this step, once in a round: what is
    /// asked about after a change of hands may be overdue as well.
    pub(super) fn send(&mut self, at: usize) -> Option<Uuid> {
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
            StepKind::Activate => Order::Activate {
                module: module()?,
                leaving: self.leaving(),
            },
            StepKind::Remove => Order::Remove { module: module()? },
            StepKind::SwitchBack => Order::SwitchBack { module: module()? },
            StepKind::Settings => self.settings(step.module?)?,
            StepKind::CleanUp => Order::CleanUp,
            StepKind::Synchronize => Order::Report,
            StepKind::Record => return None,
        })
    }

    /// The modules that the run removes: what it brings may take their addresses.
    fn leaving(&self) -> Vec<Uuid> {
        let steps = self.run.state.steps.iter();
        steps
            .filter(|step| step.kind == StepKind::Remove)
            .filter_map(|step| step.module.map(|module| module.0))
            .collect()
    }

    fn placement(&self, module: ModuleId) -> Option<Placement> {
        let text = self.run.modules.get(&module)?.placement.as_deref()?;
        serde_json::from_str(text).ok()
    }

    /// What a module shall find as its site properties from now on; secrets are put in when the
    /// order goes to the agent.
    fn settings(&self, module: ModuleId) -> Option<Order> {
        let placement = self.placement(module)?;
        let values = self.run.modules.get(&module)?.settings_after.as_deref()?;
        Some(Order::Settings {
            module: placement.module,
            module_version: placement.module_version,
            settings: serde_json::from_str(values).ok()?,
            secret_settings: placement.secret_settings,
        })
    }

    fn give_up(&mut self, at: usize) {
        let Some(step) = self.run.state.steps.get(at) else {
            return;
        };
        let kind = step.kind;
        if let Some(attempt) = step.attempt {
            // To clean up is right also when the agent comes back much later.
            if kind == StepKind::CleanUp {
                self.effects.given_up.push(attempt.id.0);
            } else {
                self.take_back(attempt.id.0);
            }
        }
        let module = self.run.module_name(at);
        let message = narrate::no_answer();
        self.take(at, &Fact::GaveUp(at));
        if kind == StepKind::Synchronize {
            self.effects.unsynchronized = Some(message.clone());
        }
        self.line(
            LogKind::Error,
            module,
            narrate::failed(kind, &message, Then::Nothing),
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
        let put_back = steps.iter().filter(|new| new.kind == StepKind::SwitchBack);
        let text = narrate::goes_back(put_back.count());
        self.line(LogKind::Step, None, text);
        for new in steps {
            let at = self.run.state.place_of(new.phase);
            let before = at
                .checked_sub(1)
                .and_then(|before| self.run.rows.get(before));
            let position = before.map_or(0, |row| row.position) + 1;
            let row = step_row(self.ids.new_id(), self.run.run.id, position, &new);
            self.run
                .state
                .apply(&Fact::Added(vec![(StepId(row.id), new)]));
            self.effects.steps.insert(row.id, row.clone());
            self.run.rows.insert(at, row);
        }
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
                let kind = self.run.state.steps[at].kind;
                let module = self.run.module_name(at);
                let cause = narrate::cause(kind, module.as_deref(), row.error.as_deref());
                narrate::warning(kind, cause)
            })
            .chain(self.differs())
            .collect()
    }
}
