//! One target with its plans, its line and its publications, and everything that people, the engine
//! and administrators do there, at random. The rules of the line are `domain::queue`; what has to
//! hold is looked at without them.

use super::{Conflicts, Job, starts};
use domain::fixtures::Chance;
use domain::plan::{Ending, Guards, Intervention, PlanEvent, PlanState, PlanStatus, transition};
use domain::queue::{Active, Turn, turns};

const OPEN: Guards = Guards {
    permitted: true,
    passed: true,
    reachable: true,
    unhindered: true,
    in_service: true,
};

const WAITS: PlanState = PlanState::Paused(Intervention::NeedsConfigurationOrConfirmation);
const PREPARED: PlanState = PlanState::Paused(Intervention::Prepared);

/// Of so many random lives each thing happened at least once.
#[derive(Debug, Default)]
struct Seen {
    waited: u32,
    /// *Deploy now* beside a line that it does not delay, and what the line alone held back.
    passed: u32,
    held_back: u32,
    /// Runs that waited for values, and that were prepared after that.
    for_values: u32,
    prepared_after_values: u32,
    /// Maintenance that began where plans stood in line, and plans that it aborted.
    maintained: u32,
    aborted: u32,
    /// Plans in line whose turn it was, but for maintenance where they come from.
    held_up: u32,
}

/// A plan, as far as it is not its state.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
struct Plan {
    /// Which of the two sources it comes from.
    source: usize,
    /// The target has no value for one of its properties; and the run has paused for it.
    lacks_values: bool,
    waited_for_values: bool,
    /// Everything is fetched from the source.
    fetched: bool,
    /// It was prepared, so that it is switched next.
    prepared: bool,
}

struct Model {
    chance: Chance,
    conflicts: Conflicts,
    states: [PlanState; PLANS],
    plans: [Plan; PLANS],
    /// Publications follow the plans in `conflicts`.
    publications: [bool; PUBLICATIONS],
    line: Vec<usize>,
    limit: u32,
    two_stage: bool,
    creation: bool,
    /// Which environments are in maintenance: the sources, then the target.
    closed: [bool; 3],
    /// How many were active when the limit was set, if that was more.
    above: usize,
}

const PLANS: usize = 6;
const PUBLICATIONS: usize = 2;
const TARGET: usize = 2;

impl Model {
    fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let share = 10 + chance.below(50) as u64;
        let mut model = Self {
            conflicts: Conflicts::random(&mut chance, PLANS + PUBLICATIONS, share),
            states: [PlanState::Gone; PLANS],
            plans: [Plan::default(); PLANS],
            publications: [false; PUBLICATIONS],
            line: Vec::new(),
            limit: 1 + chance.below(4) as u32,
            two_stage: chance.percent(40),
            creation: chance.percent(85),
            closed: [false; 3],
            above: 0,
            chance,
        };
        for plan in 0..PLANS {
            if model.chance.percent(70) {
                model.make(plan);
                model.states[plan] = PlanState::Saved;
            }
        }
        model
    }

    /// A new plan takes the place of one that is over.
    fn make(&mut self, plan: usize) {
        self.states[plan] = PlanState::Draft;
        self.plans[plan] = Plan {
            source: self.chance.below(2),
            lacks_values: self.chance.percent(20),
            ..Plan::default()
        };
    }

    fn is_active(&self, plan: usize) -> bool {
        self.states[plan]
            .status()
            .is_some_and(PlanStatus::is_active)
    }

    fn is_over(&self, plan: usize) -> bool {
        matches!(
            self.states[plan],
            PlanState::Gone | PlanState::Aborted | PlanState::Finished(_)
        )
    }

    fn active(&self) -> Vec<usize> {
        let plans = (0..PLANS).filter(|plan| self.is_active(*plan));
        let published = (0..PUBLICATIONS).filter(|at| self.publications[*at]);
        plans.chain(published.map(|at| PLANS + at)).collect()
    }

    fn slots(&self) -> usize {
        (0..PLANS).filter(|plan| self.is_active(*plan)).count()
    }

    fn is_unhindered(&self, one: usize) -> bool {
        let active = self.active();
        active.iter().all(|other| !self.conflicts.0[one][*other])
    }

    fn is_in_service(&self, plan: usize) -> bool {
        !self.closed[self.plans[plan].source] && !self.closed[TARGET]
    }

    /// Whose turn it is, if the line is this one.
    fn turns(&self, line: &[usize]) -> Vec<Turn> {
        let active = self.active();
        let slots: Vec<Active> = active
            .iter()
            .map(|one| Active {
                has_slot: *one < PLANS,
            })
            .collect();
        turns(&slots, self.limit, &self.conflicts.line(&active, line))
    }

    /// What happens to a plan, if its state and the guards let it.
    fn happen(&mut self, plan: usize, event: PlanEvent, guards: Guards) -> bool {
        let Ok(next) = transition(self.states[plan], event, guards) else {
            return false;
        };
        self.states[plan] = next;
        if next != PlanState::Queued {
            self.line.retain(|waiting| *waiting != plan);
        }
        true
    }

    /// A person does something with a plan that both of its environments have to be in service for.
    fn ask(&mut self, plan: usize, event: PlanEvent) -> bool {
        let guards = Guards {
            in_service: self.is_in_service(plan),
            ..OPEN
        };
        self.happen(plan, event, guards)
    }

    /// Nobody who stands in line ahead of a plan that starts now is delayed by it, however long
    /// anything takes.
    fn nobody_is_delayed_by(&mut self, plan: usize, ahead: &[usize]) {
        for other in ahead {
            assert!(!self.conflicts.0[plan][*other], "{plan} passes {other}");
        }
        if ahead.is_empty() {
            return;
        }
        let jobs: Vec<Job> = (0..PLANS + PUBLICATIONS)
            .map(|job| Job {
                takes: 1 + self.chance.below(9) as u64,
                has_slot: job < PLANS,
            })
            .collect();
        let mut active = self.active();
        let without = starts(&self.conflicts, &jobs, &active, ahead, self.limit);
        active.push(plan);
        let beside = starts(&self.conflicts, &jobs, &active, ahead, self.limit);
        assert_eq!(without, beside, "{plan} delays one of {ahead:?}");
    }

    /// *Deploy now*: no way around the line (backend, `plans/line/ahead.rs`). A value that is
    /// missing is no reason against it; somebody gives another one.
    fn deploy_now(&mut self, plan: usize, seen: &mut Seen) {
        if !matches!(self.states[plan], PlanState::Draft | PlanState::Saved) {
            return;
        }
        let free = self.is_unhindered(plan)
            && self.slots() < self.limit as usize
            && self.is_in_service(plan);
        let is_next = self.line.is_empty()
            || free && {
                let mut line = self.line.clone();
                line.push(plan);
                self.turns(&line).pop() == Some(Turn::Start)
            };
        if free && !self.line.is_empty() {
            seen.passed += u32::from(is_next);
            seen.held_back += u32::from(!is_next);
        }
        if free && is_next {
            let ahead = self.line.clone();
            self.nobody_is_delayed_by(plan, &ahead);
        }
        let guards = Guards {
            unhindered: free && is_next,
            in_service: self.is_in_service(plan),
            ..OPEN
        };
        assert_eq!(self.happen(plan, PlanEvent::Start, guards), free && is_next);
    }

    /// The line moves on, as after everything that happens: one after the other.
    fn serve(&mut self, seen: &mut Seen) {
        while !self.line.is_empty() {
            let turns = self.turns(&self.line);
            let mut free = self.line.iter().copied().zip(turns);
            let next = free.find(|(plan, turn)| {
                let starts = *turn == Turn::Start;
                seen.held_up += u32::from(starts && !self.is_in_service(*plan));
                starts && self.is_in_service(*plan)
            });
            let Some((plan, _)) = next else { return };
            let ahead = self.line.iter().copied();
            let ahead: Vec<usize> = ahead.take_while(|other| *other != plan).collect();
            self.nobody_is_delayed_by(plan, &ahead);
            // It is checked once more; what is found then sends it back.
            let event = if self.chance.percent(90) {
                PlanEvent::Start
            } else {
                PlanEvent::LeaveQueue
            };
            assert!(self.happen(plan, event, OPEN));
        }
    }

    fn step(&mut self, seen: &mut Seen) {
        let plan = self.chance.below(PLANS);
        match self.chance.below(18) {
            0 if self.is_over(plan) => self.make(plan),
            1 => {
                let open = (0..PLANS).any(|other| {
                    let state = self.states[other];
                    let waits = matches!(state, PlanState::Saved | PlanState::Queued);
                    other != plan && (waits || self.is_active(other))
                });
                if self.creation || !open {
                    self.ask(plan, PlanEvent::Save);
                }
            }
            2..=4 => {
                // Only other plans may be in the way.
                if !self.plans[plan].lacks_values && self.ask(plan, PlanEvent::Queue) {
                    self.line.push(plan);
                }
            }
            5 => {
                self.happen(plan, PlanEvent::LeaveQueue, OPEN);
            }
            6..=8 => self.deploy_now(plan, seen),
            9 => {
                self.happen(plan, PlanEvent::Abort, OPEN);
            }
            10 => self.go_on(plan),
            11 => {
                let at = self.chance.below(PUBLICATIONS);
                let free = self.is_unhindered(PLANS + at) && !self.closed[TARGET];
                self.publications[at] = !self.publications[at] && free;
            }
            12 => {
                self.limit = 1 + self.chance.below(4) as u32;
                self.above = self.slots();
            }
            13 => {
                self.happen(plan, PlanEvent::Discard, OPEN);
            }
            14 => {
                let environment = self.chance.below(3);
                // It is over sooner than it begins.
                if self.closed[environment] || self.chance.percent(60) {
                    self.maintain(environment, seen);
                }
            }
            _ => self.progress(plan, seen),
        }
    }

    /// Somebody enters the values that a run waits for, or lets a paused one go on.
    fn go_on(&mut self, plan: usize) {
        if self.states[plan] == WAITS && self.plans[plan].lacks_values {
            self.plans[plan].lacks_values = !self.is_in_service(plan);
        } else {
            self.ask(plan, PlanEvent::Continue);
        }
    }

    /// An environment goes into maintenance, which aborts what goes there and what still fetches
    /// from it; or comes back.
    fn maintain(&mut self, environment: usize, seen: &mut Seen) {
        self.closed[environment] = !self.closed[environment];
        if !self.closed[environment] {
            return;
        }
        seen.maintained += u32::from(!self.line.is_empty());
        for plan in 0..PLANS {
            let fetches = self.plans[plan].source == environment && !self.plans[plan].fetched;
            if fetches || environment == TARGET {
                seen.aborted += u32::from(self.happen(plan, PlanEvent::Abort, OPEN));
            }
        }
    }

    /// The engine's part of a plan's life.
    fn progress(&mut self, plan: usize, seen: &mut Seen) {
        let one = self.plans[plan];
        let event = match self.states[plan] {
            PlanState::Running if self.chance.percent(10) => PlanEvent::Fatal,
            PlanState::Running if !one.fetched => {
                self.plans[plan].fetched = true;
                return;
            }
            // Before anything is staged.
            PlanState::Running if one.lacks_values => {
                seen.for_values += 1;
                self.plans[plan].waited_for_values = true;
                PlanEvent::Pause(Intervention::NeedsConfigurationOrConfirmation)
            }
            PlanState::Running if self.two_stage && !one.prepared => {
                seen.prepared_after_values += u32::from(one.waited_for_values);
                self.plans[plan].prepared = true;
                PlanEvent::Pause(Intervention::Prepared)
            }
            PlanState::Running => PlanEvent::Finish(Ending::Successful),
            PlanState::Aborting => PlanEvent::Stopped,
            _ => return,
        };
        self.happen(plan, event, Guards::CLOSED);
    }

    fn check(&mut self) {
        let active = self.active();
        for (at, one) in active.iter().enumerate() {
            for other in &active[..at] {
                assert!(!self.conflicts.0[*one][*other], "{one} and {other}");
            }
        }
        let slots = self.slots();
        assert!(slots <= (self.limit as usize).max(self.above), "the limit");
        self.above = self.above.min(slots);
        for (plan, state) in self.states.iter().enumerate() {
            let waits = self.line.contains(&plan);
            assert_eq!(*state == PlanState::Queued, waits, "{plan}");
        }
        // What is on its way into an environment in maintenance is being stopped.
        let goes_on =
            |state: &PlanState| matches!(state, PlanState::Running | PlanState::Paused(_));
        assert!(!self.closed[TARGET] || !self.states.iter().any(goes_on));
    }

    /// From now on whatever is active ends, and the line empties. Nobody asks for more; or whoever
    /// can presses *Deploy now*, with one plan after the other.
    fn finish(mut self, others_press_on: bool, seen: &mut Seen) {
        self.closed = [false; 3];
        for _ in 0..=8 * PLANS {
            if self.line.is_empty() && (others_press_on || self.active().is_empty()) {
                return;
            }
            self.publications.fill(false);
            for plan in 0..PLANS {
                match self.states[plan] {
                    WAITS => self.go_on(plan),
                    // Prepared packages are over at some time.
                    PREPARED => {
                        self.happen(plan, PlanEvent::Fatal, Guards::CLOSED);
                    }
                    _ => self.progress(plan, seen),
                }
            }
            if others_press_on {
                for plan in 0..PLANS {
                    if self.is_over(plan) {
                        self.make(plan);
                    }
                    self.deploy_now(plan, seen);
                }
            }
            self.serve(seen);
            self.check();
        }
        assert!(self.line.is_empty(), "{:?} starve", self.line);
    }
}

#[test]
fn whatever_people_do_conflicts_never_run_together_the_limit_holds_and_nobody_overtakes_or_starves()
{
    let mut seen = Seen::default();
    for seed in 0..u64::from(crate::soaked(100_000)) {
        let mut model = Model::new(seed);
        let mut waited = false;
        for _ in 0..20 {
            model.step(&mut seen);
            model.serve(&mut seen);
            model.check();
            waited |= !model.line.is_empty();
        }
        seen.waited += u32::from(waited);
        model.finish(seed % 2 == 1, &mut seen);
    }
    assert!(seen.waited > 20_000, "{seen:?}");
    let often = [
        seen.passed,
        seen.held_back,
        seen.for_values,
        seen.prepared_after_values,
        seen.maintained,
        seen.aborted,
        seen.held_up,
    ];
    assert!(often.iter().all(|times| *times > 1_000), "{seen:?}");
}
