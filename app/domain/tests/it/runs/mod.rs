//! The decision function of a run under random faults. Whatever happens, the run ends; no attempt is
//! begun twice; the target is as planned, as before, or the mix is listed.

mod model;

use domain::execution::{Fact, Link, Outcome, Phase, Stage, StepKind, StepState};
use model::{Model, module};
use std::collections::BTreeMap;

#[test]
fn an_undisturbed_run_walks_its_phases_in_order() {
    let mut model = Model::new(1, 5, false, 0);
    assert_eq!(model.run(), Outcome::Successful);
    model.check(Outcome::Successful);
    assert!(
        model
            .state
            .steps
            .iter()
            .all(|step| step.state == StepState::Succeeded)
    );
}

#[test]
fn a_two_stage_run_pauses_before_anything_is_switched() {
    let mut model = Model::new(1, 4, true, 0);
    for _ in 0..20 {
        model.decide(Link::Online);
        model.agent();
    }
    assert_eq!(model.state.stage, Stage::Prepared);
    assert!(!model.state.has_switched());
    assert_eq!(model.state.phase(), Phase::Activate);
    model.state.apply(&Fact::Continued);
    assert_eq!(model.run(), Outcome::Successful);
}

#[test]
fn a_run_that_lacks_values_pauses_before_it_stages_and_again_in_two_stages() {
    let mut model = Model::new(1, 4, true, 0);
    model.state.lacks_values = true;
    let settle = |model: &mut Model| {
        for _ in 0..20 {
            model.decide(Link::Online);
            model.agent();
        }
        assert_eq!(model.state.stage, Stage::Prepared);
    };
    settle(&mut model);
    assert_eq!(model.state.phase(), Phase::Prepare);
    let mut stages = model
        .state
        .steps
        .iter()
        .filter(|s| s.kind == StepKind::Stage);
    assert!(stages.all(|stage| stage.attempts == 0));
    model.state.apply(&Fact::Continued);
    settle(&mut model);
    assert_eq!(model.state.phase(), Phase::Activate);
    assert!(!model.state.continued);
    model.state.apply(&Fact::Continued);
    assert_eq!(model.run(), Outcome::Successful);
}

#[test]
fn whatever_goes_wrong_a_run_ends_and_tells_the_truth() {
    let mut outcomes: BTreeMap<Outcome, u32> = BTreeMap::new();
    let (mut suspended, mut again) = (0, 0);
    for seed in 0..u64::from(crate::soaked(100_000)) {
        let mut model = Model::new(
            seed,
            1 + u128::from(seed % 5),
            seed % 3 == 0,
            u32::try_from(seed % 4).unwrap(),
        );
        model.state.lacks_values = seed % 7 == 0;
        model.state.can_wait = seed % 2 == 0;
        let outcome = model.run();
        model.check(outcome);
        // And it stays so, whatever the agent still had in its hands.
        model.work_late();
        model.check(outcome);
        suspended += u32::from(model.suspended > 0);
        again += u32::from(model.suspended > 1);
        *outcomes.entry(outcome).or_default() += 1;
    }
    // The dice have seen every kind of end.
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
    assert!(
        again > 0,
        "{suspended} were suspended, {again} more than once"
    );
}

#[test]
fn what_needs_no_other_bundle_is_staged_while_others_are_on_their_way() {
    let mut model = Model::new(1, 3, false, 0);
    let begun = |model: &Model, kind: StepKind| -> Vec<u128> {
        let steps = model.state.steps.iter().filter(|step| step.kind == kind);
        let begun = steps.filter(|step| step.attempts > 0);
        begun
            .filter_map(|step| step.module)
            .map(|module| module.0.as_u128())
            .collect()
    };
    model.decide(Link::Online);
    assert_eq!(begun(&model, StepKind::Transfer), [0, 1, 2]);
    assert!(begun(&model, StepKind::Stage).is_empty());
    let arrive = |model: &mut Model, of: u128| {
        let at =
            model.state.steps.iter().position(|step| {
                step.kind == StepKind::Transfer && step.module == Some(module(of))
            });
        model.state.apply(&Fact::Succeeded(at.unwrap()));
        model.decide(Link::Online);
    };
    // 1 is linked with producers: it waits for everything.
    arrive(&mut model, 1);
    assert!(begun(&model, StepKind::Stage).is_empty());
    arrive(&mut model, 2);
    assert_eq!(begun(&model, StepKind::Stage), [2]);
    arrive(&mut model, 0);
    assert_eq!(begun(&model, StepKind::Stage), [0, 1, 2]);
    assert!(begun(&model, StepKind::Activate).is_empty());
}
