//! Runs whose agent goes away for longer than it is waited for, before anything is switched.

use super::{Model, Runs};
use domain::execution::{Fact, Link, Outcome, Phase, Stage, StepKind, StepState, next};

impl Model {
    /// A run is suspended only while nothing is switched and nothing has failed, or everything is
    /// switched, and only if somebody can let it go on.
    pub(super) fn assert_suspends(&self) {
        assert_eq!(self.state.stage, Stage::Forward);
        assert!(self.state.can_wait);
        if self.state.has_switched() {
            self.assert_switched();
            return;
        }
        let mut steps = self.state.steps.iter();
        assert!(steps.all(|step| step.state != StepState::Failed));
    }

    /// While it is suspended nothing is under way, nothing is decided, and nothing has changed.
    fn assert_rests(&self) {
        assert_eq!(self.state.stage, Stage::Suspended);
        for step in self.state.steps.iter().filter(|step| !step.is_settled()) {
            assert_eq!((step.state, step.attempts), (StepState::Waiting, 0));
            assert!(step.attempt.is_none() && step.not_before.is_none());
        }
        assert_eq!(self.state.wake_at(), None);
        for link in [Link::Online, Link::Away] {
            assert!(next(&self.state, self.now.plus(1 << 40), link).is_empty());
        }
        assert!(self.state.may_stop() && !self.state.has_switched());
        assert!(self.target.values().all(|runs| *runs == Runs::Old));
    }

    /// The agent works for so many rounds and then goes away, until the run is suspended or goes
    /// on without it.
    fn leave_after(&mut self, rounds: u32) {
        for _ in 0..rounds {
            self.decide(Link::Online);
            self.agent();
            self.now = self.now.plus(1_000);
        }
        for _ in 0..40 {
            self.decide(Link::Away);
            self.now = self.now.plus(20_000);
        }
    }

    /// Somebody aborts it, and the agent works if it is there.
    pub(super) fn stop(&mut self, link: Link) {
        self.state.apply(&Fact::Stopping);
        for _ in 0..60 {
            self.decide(link);
            if link == Link::Online {
                self.agent();
            }
            self.now = self.now.plus(20_000);
        }
    }

    /// Suspended after so many rounds.
    fn suspended_after(seed: u64, rounds: u32) -> Self {
        let mut model = Self::new(seed, 5, false, 0);
        model.state.can_wait = true;
        model.leave_after(rounds);
        model.assert_rests();
        model
    }
}

#[test]
fn an_agent_that_stays_away_suspends_the_run_and_it_goes_on_from_where_it_stood() {
    for (rounds, phase) in [(0, Phase::Transfer), (1, Phase::Prepare)] {
        let mut model = Model::suspended_after(1, rounds);
        assert_eq!(model.state.phase(), phase);
        let done = |model: &Model| {
            let steps = model.state.steps.iter();
            steps.filter(|step| step.is_settled()).count()
        };
        let before = done(&model);
        model.state.apply(&Fact::Continued);
        assert_eq!(model.state.stage, Stage::Forward);
        assert_eq!(done(&model), before);
        assert_eq!(model.run(), Outcome::Successful);
        model.check(Outcome::Successful);
    }
}

#[test]
fn who_aborts_a_suspended_run_has_it_cleaned_up_whether_or_not_the_agent_is_back() {
    for link in [Link::Online, Link::Away] {
        let mut model = Model::suspended_after(1, 1);
        model.stop(link);
        assert_eq!(model.state.stage, Stage::Ended(Outcome::Aborted));
        model.check(Outcome::Aborted);
        // Also when it was away: the command to clean up waits for it.
        model.work_late();
        assert!(model.cleaned);
        model.check(Outcome::Aborted);
    }
}

#[test]
fn what_nobody_can_let_go_on_is_not_suspended() {
    let mut model = Model::new(1, 5, false, 0);
    model.leave_after(1);
    assert_eq!(model.state.stage, Stage::Ended(Outcome::Aborted));
}

#[test]
fn an_agent_that_is_there_and_gives_no_answer_is_a_failure() {
    let mut model = Model::new(1, 5, false, 0);
    model.state.can_wait = true;
    for _ in 0..40 {
        model.decide(Link::Online);
        model.commands.clear();
        model.now = model.now.plus(20_000);
    }
    assert_eq!(model.state.stage, Stage::Ended(Outcome::Aborted));
    assert_eq!(model.suspended, 0);
}

#[test]
fn a_failure_comes_before_an_agent_that_is_away() {
    let mut model = Model::new(1, 5, false, 0);
    model.state.can_wait = true;
    model.decide(Link::Online);
    model.state.apply(&Fact::Failed(0, false, model.now));
    model.now = model.now.plus(1 << 40);
    model.decide(Link::Away);
    assert_eq!(model.state.stage, Stage::Back);
}

#[test]
fn a_run_that_lacks_values_waits_for_them_after_it_was_suspended() {
    let mut model = Model::new(1, 4, true, 0);
    model.state.can_wait = true;
    model.state.lacks_values = true;
    model.leave_after(0);
    model.assert_rests();
    model.state.apply(&Fact::Continued);
    let settle = |model: &mut Model, phase: Phase| {
        for _ in 0..20 {
            model.decide(Link::Online);
            model.agent();
        }
        assert_eq!(model.state.stage, Stage::Prepared);
        assert_eq!(model.state.phase(), phase);
    };
    settle(&mut model, Phase::Prepare);
    assert!(model.state.lacks_values);
    model.state.apply(&Fact::Continued);
    settle(&mut model, Phase::Activate);
    assert!(!model.state.continued);
    model.state.apply(&Fact::Continued);
    assert_eq!(model.run(), Outcome::Successful);
}

#[test]
fn a_step_that_goes_on_has_all_its_attempts_again() {
    let mut model = Model::new(1, 1, false, 0);
    model.state.can_wait = true;
    let fails = |model: &mut Model| {
        model.decide(Link::Online);
        model.state.apply(&Fact::Failed(0, true, model.now));
        model.now = model.now.plus(20_000);
    };
    for _ in 0..3 {
        fails(&mut model);
    }
    model.leave_after(0);
    model.assert_rests();
    model.state.apply(&Fact::Continued);
    for _ in 0..3 {
        fails(&mut model);
        assert_eq!(model.state.steps[0].state, StepState::Waiting);
    }
    fails(&mut model);
    assert_eq!(model.state.steps[0].state, StepState::Failed);
}

#[test]
fn after_the_first_switch_nothing_is_suspended() {
    let mut model = Model::new(1, 5, false, 0);
    model.state.can_wait = true;
    let switching = |model: &Model| {
        let mut steps = model.state.steps.iter();
        steps.any(|step| step.kind == StepKind::Activate && step.attempts > 0)
    };
    while !switching(&model) {
        model.agent();
        model.decide(Link::Online);
    }
    model.leave_after(0);
    assert_eq!(model.suspended, 0);
    assert!(matches!(model.state.stage, Stage::Back | Stage::Ended(_)));
}

#[test]
fn whatever_went_wrong_before_a_continued_run_that_meets_a_working_agent_ends_as_planned() {
    let mut continued = 0;
    for seed in 0..u64::from(crate::soaked(5_000)) {
        let modules = 1 + u128::from(seed % 5);
        let faults = u32::try_from(1 + seed % 3).unwrap();
        let mut model = Model::new(seed, modules, seed % 3 == 0, faults);
        model.state.can_wait = true;
        model.state.lacks_values = seed % 7 == 0;
        model.leave_after(u32::try_from(seed % 4).unwrap());
        if model.state.stage != Stage::Suspended {
            continue;
        }
        model.assert_rests();
        // What the agent had in its hands already it does while it waits.
        model.work_late();
        model.assert_rests();
        model.faults = 0;
        model.state.apply(&Fact::Continued);
        assert_eq!(model.run(), Outcome::Successful);
        model.check(Outcome::Successful);
        continued += 1;
    }
    assert!(continued > 0);
}
