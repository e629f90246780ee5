//! Runs that have switched everything, and whose agent does not say what it runs then.

use super::Model;
use domain::execution::{
    Fact, Link, MAX_ATTEMPTS, Outcome, Phase, RunState, Stage, Step, StepKind, StepState, next,
};

const MINUTE: i64 = 60_000;

impl Model {
    /// Everything that the run brings and removes is done.
    pub(super) fn assert_switched(&self) {
        let steps = self.state.steps.iter();
        let mut switching = steps.filter(|step| step.phase == Phase::Activate);
        assert!(switching.all(|step| step.state == StepState::Succeeded));
    }

    /// The agent has said what it runs, and that is what it runs.
    pub(super) fn assert_synchronized(&self) {
        assert_eq!(question(&self.state).state, StepState::Succeeded);
        assert_eq!(self.reported.as_ref(), Some(&self.target));
    }

    /// A plan's run whose agent has done everything and is asked what it runs.
    fn asked() -> Self {
        let mut model = Self::new(1, 3, false, 0);
        model.state.can_wait = true;
        while question(&model.state).attempt.is_none() {
            model.agent();
            model.decide(Link::Online);
        }
        model
    }

    /// Time passes in which the agent does nothing, until the run is suspended or over.
    fn wait(&mut self, link: Link) {
        for _ in 0..60 {
            self.commands.clear();
            if self.state.stage != Stage::Forward {
                return;
            }
            self.now = self.now.plus(MINUTE / 3);
            self.decide(link);
        }
    }

    /// The agent answers the question with a failure.
    fn fails(&mut self, retry: bool) {
        let steps = &self.state.steps;
        let at = steps
            .iter()
            .position(|step| step.kind == StepKind::Synchronize);
        self.state
            .apply(&Fact::Failed(at.unwrap(), retry, self.now));
    }
}

fn question(state: &RunState) -> &Step {
    let mut steps = state.steps.iter();
    steps
        .find(|step| step.kind == StepKind::Synchronize)
        .unwrap()
}

#[test]
fn an_agent_that_is_away_at_the_end_is_waited_for_however_long_it_takes() {
    let mut model = Model::asked();
    model.wait(Link::Away);
    assert_eq!(model.state.stage, Stage::Suspended);
    assert!(model.state.may_stop() && model.state.wake_at().is_none());
    let far = model.now.plus(1 << 40);
    assert!(next(&model.state, far, Link::Away).is_empty());
    model.now = far;
    // As soon as it is there it is asked, and nobody has to press anything.
    model.decide(Link::Online);
    assert_eq!((model.state.stage, model.went_on), (Stage::Forward, 1));
    assert_eq!(model.run(), Outcome::Successful);
    model.check(Outcome::Successful);
}

#[test]
fn an_agent_that_is_there_and_says_nothing_is_asked_less_and_less_often() {
    let mut model = Model::asked();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        model.wait(Link::Online);
        let wake = model.state.wake_at().unwrap();
        pauses.push(wake.since(model.now) / MINUTE);
        assert_eq!(model.state.asks_no_more_since(), Some(model.now));
        assert!(next(&model.state, wake.plus(-1), Link::Online).is_empty());
        assert!(next(&model.state, wake, Link::Away).is_empty());
        model.now = wake;
        model.decide(Link::Online);
        assert_eq!(model.state.stage, Stage::Forward);
    }
    assert_eq!(pauses, [5, 5, 5, 5, 10, 20, 40, 60, 60]);
}

#[test]
fn whether_another_try_may_help_or_not_a_failure_is_not_the_end() {
    for retry in [false, true] {
        let mut model = Model::asked();
        let tries = if retry { MAX_ATTEMPTS } else { 1 };
        for _ in 0..tries {
            assert_eq!(model.state.stage, Stage::Forward);
            model.fails(retry);
            model.commands.clear();
            model.decide(Link::Online);
            if model.state.stage == Stage::Forward {
                model.now = model.now.plus(20_000);
                model.decide(Link::Online);
            }
        }
        assert_eq!(model.state.stage, Stage::Suspended);
        assert_eq!(question(&model.state).state, StepState::Waiting);
        // A person does not have to wait.
        model.state.apply(&Fact::Continued);
        model.decide(Link::Online);
        assert!(question(&model.state).attempt.is_some());
        assert_eq!(model.run(), Outcome::Successful);
        model.check(Outcome::Successful);
    }
}

#[test]
fn who_aborts_it_meanwhile_has_everything_put_back() {
    for link in [Link::Online, Link::Away] {
        let mut model = Model::asked();
        model.wait(link);
        assert_eq!(model.state.stage, Stage::Suspended);
        model.stop(link);
        // An agent that is away puts nothing back: what it may run is listed.
        let outcome = match link {
            Link::Online => Outcome::Aborted,
            Link::Away => Outcome::WithErrors,
        };
        assert_eq!(model.state.stage, Stage::Ended(outcome));
        model.check(outcome);
    }
}

#[test]
fn values_that_come_last_wait_for_an_agent_that_is_away_too() {
    let mut model = Model::new(1, 3, false, 0);
    model.state.can_wait = true;
    let setting = |model: &Model| {
        let mut steps = model.state.steps.iter();
        steps.any(|step| step.kind == StepKind::Settings && step.attempt.is_some())
    };
    while !setting(&model) {
        model.agent();
        model.decide(Link::Online);
    }
    model.wait(Link::Away);
    assert_eq!(model.state.stage, Stage::Suspended);
    model.decide(Link::Online);
    assert_eq!(model.run(), Outcome::Successful);
    model.check(Outcome::Successful);
}

#[test]
fn what_nobody_can_abort_ends_with_a_warning() {
    let mut model = Model::asked();
    model.state.can_wait = false;
    model.wait(Link::Online);
    assert_eq!(model.state.stage, Stage::Ended(Outcome::WithWarnings));
}

/// As it was when an earlier Slipway began it.
#[test]
fn what_was_recorded_before_its_target_was_asked_ends_with_a_warning() {
    let mut model = Model::asked();
    let steps = &mut model.state.steps;
    let record = steps.iter_mut().find(|step| step.kind == StepKind::Record);
    record.unwrap().state = StepState::Succeeded;
    model.recorded = true;
    model.fails(false);
    assert_eq!(model.run(), Outcome::WithWarnings);
}

#[test]
fn what_does_not_run_as_it_was_brought_is_a_warning() {
    let mut model = Model::asked();
    model.state.differs = true;
    assert_eq!(model.run(), Outcome::WithWarnings);
    model.check(Outcome::WithWarnings);
}
