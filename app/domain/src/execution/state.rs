//! Where a run stands: its steps and their attempts, and how facts change them.

use super::decide::Link;
use super::{NewStep, Phase, StepKind, StepState};
use crate::id::{AttemptId, ModuleId, StepId};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Tries at one step before it counts as failed, when another try may help.
pub const MAX_ATTEMPTS: u32 = 4;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Walking its phases.
    Forward,
    /// Waits for a person: everything is staged (two-stage pause), or nothing is because values are
    /// missing.
    Prepared,
    /// The agent stayed away. Waits for a person if nothing was switched, and for the agent alone if
    /// everything is: it has not said yet what its environment runs now.
    Suspended,
    /// Stopping: settles what is under way, goes back, cleans up.
    Back,
    /// Over.
    Ended(Outcome),
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The target is as planned.
    Successful,
    /// The target is as planned; something is worth a look.
    WithWarnings,
    /// Going back failed; the target holds a mix.
    WithErrors,
    /// The target is as it was.
    Aborted,
}

/// Why a run stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCause {
    /// A person asked.
    Person,
    /// A step failed.
    Failure,
}

/// A run as the decision sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own that a decision looks at
pub struct RunState {
    /// Where it stands.
    pub stage: Stage,
    /// The target pauses between preparing and activating.
    pub two_stage: bool,
    /// A person let it go on after that pause.
    pub continued: bool,
    /// It was started in spite of errors, so it cannot end without warnings.
    pub overridden: bool,
    /// Something that it brings needs a value that nobody has given: it pauses before anything is
    /// staged.
    pub lacks_values: bool,
    /// Somebody can let it go on when its agent is back: it is the run of a plan.
    pub can_wait: bool,
    /// The agent said at the end that not everything runs as the run brought it.
    pub differs: bool,
    /// Something was begun on the agent, so that there may be something to clean up.
    pub touched: bool,
    /// The steps in order of execution.
    pub steps: Vec<Step>,
}

/// A step as the decision sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// Its phase.
    pub phase: Phase,
    /// Its wave.
    pub wave: u32,
    /// What it does.
    pub kind: StepKind,
    /// The module it is about.
    pub module: Option<ModuleId>,
    /// Where it stands.
    pub state: StepState,
    /// Attempts begun, since the run was suspended last; for [`StepKind::Synchronize`] in all.
    pub attempts: u32,
    /// The attempt under way.
    pub attempt: Option<Attempt>,
    /// No new attempt before this time.
    pub not_before: Option<Timestamp>,
    /// For [`StepKind::Stage`]: it needs no bundle but its module's own, so that it may begin as soon
    /// as that one is there, while others are still on their way.
    pub early: bool,
}

/// An attempt under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// When an answer is overdue.
    pub deadline: Timestamp,
    /// How often it was asked about since it became overdue.
    pub asked: u32,
}

/// Something that happened, to be taken into the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// An attempt began and will be overdue at the given time.
    Begun(usize, AttemptId, Timestamp),
    /// An attempt was asked about.
    Asked(usize, Timestamp),
    /// The agent says that it works on an attempt, which will be overdue at the given time.
    UnderWay(usize, Timestamp),
    /// An attempt (or one of the console's own steps) is done.
    Succeeded(usize),
    /// An attempt failed; whether another may help, and the time now.
    Failed(usize, bool, Timestamp),
    /// An attempt was given up.
    GaveUp(usize),
    /// A step is not needed.
    Skipped(usize),
    /// The run begins to stop.
    Stopping,
    /// Steps were added; ids in the same order.
    Added(Vec<(StepId, NewStep)>),
    /// The run pauses.
    Paused,
    /// The run is suspended at this time: what is under way is taken back, and nobody waits for it
    /// any more. Whether its agent is away: only one that is there is left in peace for a while.
    Suspended(Timestamp, Link),
    /// It goes on.
    Continued,
    /// The run is over.
    Ended(Outcome),
}

impl RunState {
    /// A run that has done nothing yet.
    pub const fn new(steps: Vec<Step>, two_stage: bool, overridden: bool) -> Self {
        Self {
            stage: Stage::Forward,
            two_stage,
            continued: false,
            overridden,
            lacks_values: false,
            can_wait: false,
            differs: false,
            touched: false,
            steps,
        }
    }

    /// Takes a fact in. Facts that no longer fit (an answer to a step that is settled) change
    /// nothing.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::Begun(at, id, deadline) => {
                self.touched = true;
                if let Some(step) = self.steps.get_mut(*at) {
                    step.state = StepState::Running;
                    step.attempts += 1;
                    step.not_before = None;
                    step.attempt = Some(Attempt {
                        id: *id,
                        deadline: *deadline,
                        asked: 0,
                    });
                }
            }
            Fact::Asked(at, deadline) => {
                if let Some(attempt) = self.steps.get_mut(*at).and_then(|s| s.attempt.as_mut()) {
                    attempt.asked += 1;
                    attempt.deadline = *deadline;
                }
            }
            Fact::UnderWay(at, deadline) => {
                if let Some(attempt) = self.steps.get_mut(*at).and_then(|s| s.attempt.as_mut()) {
                    attempt.asked = 0;
                    attempt.deadline = *deadline;
                }
            }
            Fact::Succeeded(at) => self.settle(*at, StepState::Succeeded),
            Fact::Failed(at, retry, now) => {
                let going_back = self.stage == Stage::Back;
                let Some(step) = self.steps.get_mut(*at) else {
                    return;
                };
                // While stopping, only what going back needs is tried again.
                let worth_it = !going_back || step.goes_back();
                if *retry && worth_it && step.attempts < MAX_ATTEMPTS {
                    step.state = StepState::Waiting;
                    step.attempt = None;
                    step.not_before = Some(now.plus(back_off(step.attempts)));
                } else {
                    self.settle(*at, StepState::Failed);
                }
            }
            Fact::GaveUp(at) => self.settle(*at, StepState::Failed),
            Fact::Skipped(at) => self.settle(*at, StepState::Skipped),
            Fact::Stopping => self.stage = Stage::Back,
            Fact::Added(steps) => self.insert(steps),
            Fact::Paused => self.stage = Stage::Prepared,
            Fact::Suspended(now, link) => self.suspend(*now, *link),
            Fact::Continued => {
                match self.stage {
                    Stage::Prepared if self.phase() < Phase::Activate => self.lacks_values = false,
                    Stage::Prepared => self.continued = true,
                    // It waited for its agent: what else it has to wait for is still to come.
                    Stage::Suspended => {
                        for step in &mut self.steps {
                            step.not_before = None;
                        }
                    }
                    Stage::Forward | Stage::Back | Stage::Ended(_) => return,
                }
                self.stage = Stage::Forward;
            }
            Fact::Ended(outcome) => self.stage = Stage::Ended(*outcome),
        }
    }

    fn settle(&mut self, at: usize, state: StepState) {
        if let Some(step) = self.steps.get_mut(at) {
            step.state = state;
            step.attempt = None;
            step.not_before = None;
        }
    }

    /// What is not done begins anew when the run goes on, with all its attempts. Only the question
    /// what the target runs is asked once at a time: an agent that is there and does not answer it is
    /// left alone longer and longer.
    fn suspend(&mut self, now: Timestamp, link: Link) {
        self.stage = Stage::Suspended;
        for step in &mut self.steps {
            let is_question = step.kind == StepKind::Synchronize;
            let is_open = !step.is_settled() || (is_question && step.state == StepState::Failed);
            if !is_open {
                continue;
            }
            step.state = StepState::Waiting;
            step.attempt = None;
            step.not_before = None;
            if !is_question {
                step.attempts = 0;
            } else if link == Link::Online {
                step.not_before = Some(now.plus(pause_after(step.attempts)));
            }
        }
    }

    fn insert(&mut self, added: &[(StepId, NewStep)]) {
        for (id, new) in added {
            let at = self.place_of(new.phase);
            self.steps.insert(at, Step::new(*id, new));
        }
    }

    /// Where a step of this phase that is added has its position: after all that are there, so that
    /// positions stay the order.
    pub fn place_of(&self, phase: Phase) -> usize {
        let mut steps = self.steps.iter();
        steps
            .position(|step| step.phase > phase)
            .unwrap_or(self.steps.len())
    }

    /// Whether a module may differ from what it was before the run.
    pub fn has_switched(&self) -> bool {
        self.steps.iter().any(Step::may_have_switched)
    }

    /// Whether the run may still be stopped, at whatever step it is: until its versions are
    /// recorded, and in the same moment it is over. Stopping twice is the same as once.
    pub fn may_stop(&self) -> bool {
        match self.stage {
            Stage::Forward | Stage::Prepared | Stage::Suspended => !self.is_recorded(),
            Stage::Back | Stage::Ended(_) => false,
        }
    }

    /// The phase that is under way: the first with a step that is not settled, else the last.
    pub fn phase(&self) -> Phase {
        self.steps
            .iter()
            .find(|s| !s.is_settled())
            .map_or(Phase::Finish, |s| s.phase)
    }

    /// Whether its versions count as deployed: then it cannot go back any more.
    pub fn is_recorded(&self) -> bool {
        let mut steps = self.steps.iter();
        steps.any(|s| s.kind == StepKind::Record && s.state == StepState::Succeeded)
    }

    /// Since when the agent, which is there and did not say what it runs, is not asked for that.
    pub fn asks_no_more_since(&self) -> Option<Timestamp> {
        let mut steps = self.steps.iter();
        let question = steps.find(|s| s.kind == StepKind::Synchronize && !s.is_settled())?;
        let until = question
            .not_before
            .filter(|_| self.stage == Stage::Suspended)?;
        Some(until.plus(-pause_after(question.attempts)))
    }

    /// Whether everything that the run brings and removes is done, so that only its end is missing.
    pub fn is_finishing(&self) -> bool {
        self.phase() == Phase::Finish
    }

    /// Modules that may hold what this run brought although the run went back: the mix to list.
    pub fn left_switched(&self) -> Vec<ModuleId> {
        self.steps
            .iter()
            .filter(|s| s.kind == StepKind::SwitchBack && s.state == StepState::Failed)
            .filter_map(|s| s.module)
            .collect()
    }

    /// When [`next`] has to be asked again if nothing happens before.
    pub fn wake_at(&self) -> Option<Timestamp> {
        self.steps
            .iter()
            .flat_map(|s| [s.attempt.map(|a| a.deadline), s.not_before])
            .flatten()
            .min()
    }
}

impl Step {
    /// A step that has not begun.
    pub const fn new(id: StepId, new: &NewStep) -> Self {
        Self {
            id,
            phase: new.phase,
            wave: new.wave,
            kind: new.kind,
            module: new.module,
            state: StepState::Waiting,
            attempts: 0,
            attempt: None,
            not_before: None,
            early: false,
        }
    }

    /// Whether nothing will happen to it any more.
    pub const fn is_settled(&self) -> bool {
        matches!(
            self.state,
            StepState::Succeeded | StepState::Failed | StepState::Skipped
        )
    }

    /// Whether it belongs to stopping, not to going forward.
    pub(super) const fn goes_back(&self) -> bool {
        matches!(
            self.kind,
            StepKind::SwitchBack | StepKind::CleanUp | StepKind::Synchronize
        )
    }

    /// Whether its failure is a warning only: the versions are right without it.
    pub(super) const fn is_tolerated(&self) -> bool {
        matches!(
            self.kind,
            StepKind::CleanUp | StepKind::Synchronize | StepKind::Settings
        )
    }

    /// Whether an attempt at switching its module was begun.
    pub(super) const fn may_have_switched(&self) -> bool {
        matches!(self.kind, StepKind::Activate | StepKind::Remove) && self.attempts > 0
    }
}

/// The pause before the next attempt, after so many: 1 s, 4 s, 16 s, in milliseconds.
pub const fn back_off(attempts: u32) -> i64 {
    match attempts {
        0 | 1 => 1_000,
        2 => 4_000,
        _ => 16_000,
    }
}

/// How long an agent that is there, and did not say what it runs when it was asked so many times, is
/// left alone: 5 min, doubled with each further time up to an hour. In milliseconds.
pub(super) fn pause_after(attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(MAX_ATTEMPTS).min(4);
    (300_000_i64 << doublings).min(3_600_000)
}
