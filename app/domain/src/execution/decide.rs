//! The decision function of a run (decisions "Running a plan"): a state, what is true now, and
//! what to do next. The engine stores each decision before it acts on it and feeds every fact
//! back; the same two functions run in the tests on random faults.

use super::state::{Outcome, RunState, Stage, Step, StopCause};
use super::{NewStep, Phase, StepKind, StepState};
use crate::id::ModuleId;
use crate::plan::Intervention;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The most attempts of one run that are under way at a time.
pub const MAX_IN_FLIGHT: usize = 256;
/// How long an agent that is away is waited for beyond an attempt's time limit, in milliseconds.
const AWAY: i64 = 120_000;
/// How long an answer to a question about an overdue attempt may take, in milliseconds.
pub const ANSWER: i64 = 15_000;
/// How often an overdue attempt is asked about.
const QUESTIONS: u32 = 2;

/// Whether the environment's agent is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// It is connected.
    Online,
    /// It is away.
    Away,
}

/// What to do next. Numbers are positions in [`RunState::steps`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Begin an attempt at the step. The console's own steps are simply done, and so is cleaning up
    /// when the run goes forward: it is over then, and its agent may clean up at any time.
    Begin(usize),
    /// Deliver the attempt's command once more: an agent that knows the attempt says what became
    /// of it.
    Ask(usize),
    /// No answer: the attempt counts as failed, what it did is not known.
    GiveUp(usize),
    /// The step is not needed; an attempt that is under way is taken back.
    Skip(usize),
    /// Begin stopping.
    Stop(StopCause),
    /// Add the steps that go back.
    GoBack(Vec<NewStep>),
    /// Pause, and why: everything is staged, values are missing, the agent stays away, or it does not
    /// say what its environment runs now.
    Pause(Intervention),
    /// The agent is there, and all that the run waits for is what it says.
    GoOn,
    /// The run is over.
    End(Outcome),
}

/// What to do now; empty means wait for a fact or for [`RunState::wake_at`]. Every decision has to
/// be turned into its fact before the function is asked again.
pub fn next(state: &RunState, now: Timestamp, link: Link) -> Vec<Decision> {
    let mut decisions = match state.stage {
        Stage::Ended(_) => return Vec::new(),
        Stage::Forward if link == Link::Away && is_left_alone(state, now) => {
            return vec![Decision::Pause(Intervention::DeploymentSuspended)];
        }
        _ => overdue(state, now, link),
    };
    match state.stage {
        Stage::Forward => forward(state, now, &mut decisions),
        Stage::Back => back(state, now, &mut decisions),
        Stage::Suspended if link == Link::Online && goes_on(state, now) => {
            decisions.push(Decision::GoOn);
        }
        Stage::Prepared | Stage::Suspended | Stage::Ended(_) => {}
    }
    decisions
}

/// Whether an agent that is away has been waited for long enough, nothing has failed, and nothing
/// was switched, or everything: then it is worth to wait for it instead of stopping.
fn is_left_alone(state: &RunState, now: Timestamp) -> bool {
    let mut attempts = state.steps.iter().filter_map(|step| step.attempt);
    state.can_wait
        && (!state.has_switched() || (state.is_finishing() && !state.is_recorded()))
        && !has_failed(state)
        && attempts.any(|attempt| now >= attempt.deadline.plus(AWAY))
}

/// Whether nobody has to decide that a suspended run goes on, and it is time for it: everything is
/// switched, and nothing is open but what the agent says.
fn goes_on(state: &RunState, now: Timestamp) -> bool {
    let mut open = state.steps.iter().filter(|step| !step.is_settled());
    state.is_finishing() && open.all(|step| step.not_before.is_none_or(|time| time <= now))
}

/// Whether a run is not over without this step: a plan has finished when its target was synchronized
/// back, and not before.
fn is_waited_for(state: &RunState, step: &Step) -> bool {
    state.can_wait
        && state.stage == Stage::Forward
        && step.kind == StepKind::Synchronize
        && !state.is_recorded()
}

/// What to do about attempts whose answer is late. An agent that is away gets more time; nothing
/// waits for ever.
fn overdue(state: &RunState, now: Timestamp, link: Link) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for (at, step) in state.steps.iter().enumerate() {
        let Some(attempt) = step.attempt else {
            continue;
        };
        if now < attempt.deadline {
            continue;
        }
        decisions.push(match link {
            Link::Online if attempt.asked < QUESTIONS => Decision::Ask(at),
            Link::Away if now < attempt.deadline.plus(AWAY) => continue,
            Link::Online if is_waited_for(state, step) => {
                Decision::Pause(Intervention::DeploymentSuspended)
            }
            Link::Online | Link::Away => Decision::GiveUp(at),
        });
    }
    decisions
}

fn forward(state: &RunState, now: Timestamp, decisions: &mut Vec<Decision>) {
    if has_failed(state) {
        decisions.push(Decision::Stop(StopCause::Failure));
        return;
    }
    let mut failed = state.steps.iter().filter(|s| s.state == StepState::Failed);
    if failed.any(|step| is_waited_for(state, step)) {
        decisions.push(Decision::Pause(Intervention::DeploymentSuspended));
        return;
    }
    let Some(first) = state.steps.iter().find(|s| !s.is_settled()) else {
        let told = state.overridden || state.differs;
        let warned = told || state.steps.iter().any(|s| s.state == StepState::Failed);
        decisions.push(Decision::End(if warned {
            Outcome::WithWarnings
        } else {
            Outcome::Successful
        }));
        return;
    };
    if first.phase == Phase::Prepare && state.lacks_values {
        decisions.push(Decision::Pause(
            Intervention::NeedsConfigurationOrConfirmation,
        ));
        return;
    }
    if first.phase == Phase::Activate
        && state.two_stage
        && !state.continued
        && !state.has_switched()
    {
        decisions.push(Decision::Pause(Intervention::Prepared));
        return;
    }
    let group = group_of(first);
    let there = fetched(state);
    begin(state, now, decisions, |step| {
        let early = step.early && !state.lacks_values;
        group_of(step) == group || (early && step.module.is_some_and(|m| there.contains(&m)))
    });
}

/// Whether a step failed without which the run cannot go on.
fn has_failed(state: &RunState) -> bool {
    let mut steps = state.steps.iter();
    steps.any(|s| s.state == StepState::Failed && !s.is_tolerated())
}

/// Modules whose bundle the agent has.
fn fetched(state: &RunState) -> BTreeSet<ModuleId> {
    let transfers = state.steps.iter().filter(|s| s.kind == StepKind::Transfer);
    let there = transfers.filter(|s| s.state == StepState::Succeeded);
    there.filter_map(|s| s.module).collect()
}

/// Steps of the same group go together: all transfers, all stages, one wave of switches, one of
/// the last steps.
fn group_of(step: &Step) -> (Phase, u32) {
    match step.phase {
        Phase::Transfer | Phase::Prepare => (step.phase, 0),
        Phase::Activate | Phase::Finish => (step.phase, step.wave),
    }
}

fn begin(
    state: &RunState,
    now: Timestamp,
    decisions: &mut Vec<Decision>,
    belongs: impl Fn(&Step) -> bool,
) {
    let under_way = state.steps.iter().filter(|s| s.attempt.is_some()).count();
    let room = MAX_IN_FLIGHT.saturating_sub(under_way);
    decisions.extend(
        state
            .steps
            .iter()
            .enumerate()
            .filter(|(_, s)| {
                s.state == StepState::Waiting
                    && belongs(s)
                    && s.not_before.is_none_or(|time| time <= now)
            })
            .take(room)
            .map(|(at, _)| Decision::Begin(at)),
    );
}

fn back(state: &RunState, now: Timestamp, decisions: &mut Vec<Decision>) {
    let switched: Vec<&Step> = state
        .steps
        .iter()
        .filter(|s| s.may_have_switched())
        .collect();
    let has_steps_back = state.steps.iter().any(|s| s.kind == StepKind::SwitchBack);
    let is_to_go_back = !switched.is_empty() && !has_steps_back;
    // What the target was asked about before it goes back tells nothing of how it is afterwards.
    let outdated = |s: &Step| is_to_go_back && s.kind == StepKind::Synchronize && s.attempts > 0;
    // First settle: what waits is not needed, what is under way is waited for.
    let unneeded: Vec<Decision> = state
        .steps
        .iter()
        .enumerate()
        .filter(|(_, s)| match s.state {
            StepState::Waiting => !s.goes_back() || outdated(s),
            StepState::Running => outdated(s),
            StepState::Succeeded | StepState::Failed | StepState::Skipped => false,
        })
        .map(|(at, _)| Decision::Skip(at))
        .collect();
    if !unneeded.is_empty() {
        decisions.extend(unneeded);
        return;
    }
    if state
        .steps
        .iter()
        .any(|s| s.state == StepState::Running && !s.goes_back())
    {
        return;
    }
    if is_to_go_back {
        let mut steps = steps_back(&switched);
        if state.steps.iter().any(outdated) {
            let (phase, kind) = (Phase::Finish, StepKind::Synchronize);
            let last = state.steps.iter().filter(|step| step.phase == phase);
            let wave = last.map(|step| step.wave).max().unwrap_or(0) + 1;
            steps.push(NewStep::new(phase, wave, kind, None));
        }
        decisions.push(Decision::GoBack(steps));
        return;
    }
    let Some(first) = state.steps.iter().find(|s| !s.is_settled()) else {
        let mixed = !state.left_switched().is_empty();
        decisions.push(Decision::End(if mixed {
            Outcome::WithErrors
        } else {
            Outcome::Aborted
        }));
        return;
    };
    // Nothing was begun on the agent: nothing to clean up or to report.
    if !state.touched || (first.kind == StepKind::Synchronize && switched.is_empty()) {
        decisions.extend(
            state
                .steps
                .iter()
                .position(|s| s.id == first.id)
                .map(Decision::Skip),
        );
        return;
    }
    // At the end the agent takes both, one after the other.
    let group = |step: &Step| match step.phase {
        Phase::Finish => (Phase::Finish, 0),
        _ => group_of(step),
    };
    let of_first = group(first);
    begin(state, now, decisions, |step| group(step) == of_first);
}

/// Every module that may have been switched, in the reverse order of its switch.
fn steps_back(switched: &[&Step]) -> Vec<NewStep> {
    let mut waves: Vec<u32> = switched.iter().map(|s| s.wave).collect();
    waves.sort_unstable();
    waves.dedup();
    let highest = waves.last().copied().unwrap_or(0);
    let mut steps = Vec::new();
    for (position, wave) in (1_u32..).zip(waves.iter().rev()) {
        for step in switched.iter().rev().filter(|s| s.wave == *wave) {
            steps.push(NewStep::new(
                Phase::Activate,
                // Above the waves forward, so that a wave's number is never used twice.
                highest + position,
                StepKind::SwitchBack,
                step.module,
            ));
        }
    }
    steps
}
