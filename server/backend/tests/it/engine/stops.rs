//! A plan that stops somewhere: because a person asks for it at whatever step it is, because a step
//! fails, or because going back fails too. In the end the target is as before, with the reason, or
//! the modules that may hold something else are listed, exactly.

use crate::stage;
use backend::Actor;
use backend::engine::RunEnd;
use backend::testing::{Factory, FakeAgent, Fault, TestBackend, actor};
use domain::EnvironmentId;
use domain::access::Standing;
use domain::environment::Purpose;
use domain::execution::{LogKind, Outcome, Phase};
use domain::plan::PlanStatus;
use domain::view::{LogFilter, NewEnvironment};
use protocol::Order;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const REASON: &str = "The night shift is not there.";

/// A console on which one plan after the other runs, each in an environment of its own.
struct Stops {
    slipway: TestBackend,
    source: EnvironmentId,
    operator: Actor,
    count: usize,
}

/// One of these plans.
struct Run {
    agent: FakeAgent,
    factory: Factory,
    number: u64,
    id: Uuid,
}

impl Stops {
    async fn on(slipway: TestBackend) -> Self {
        let administrator = actor(Standing::Administrator);
        let source = NewEnvironment {
            name: "Source".to_owned(),
            purpose: Purpose::Development,
        };
        let source = slipway.create_environment(&administrator, source).await;
        Self {
            source: source.unwrap(),
            slipway,
            operator: actor(Standing::Operator),
            count: 0,
        }
    }

    async fn start(&mut self, two_stage: bool) -> Run {
        self.count += 1;
        let name = format!("Target {}", self.count);
        let mut agent = FakeAgent::join(&self.slipway, &name).await;
        let factory = Factory::named(&self.slipway, 5, &name).await;
        agent.running = factory.in_state(0);
        let (number, id) = factory
            .start_plan(&self.slipway, self.source, &agent, two_stage)
            .await
            .unwrap();
        Run {
            agent,
            factory,
            number,
            id,
        }
    }

    /// The console decides, or the agent works: so often in turn. False if the plan is over.
    async fn go(&self, run: &mut Run, halves: usize) -> bool {
        for half in 0..halves {
            if half % 2 == 0 {
                self.slipway.walk_runs().await.unwrap();
            } else {
                run.agent.work(&self.slipway).await;
            }
            self.slipway.clock.advance(20);
        }
        self.slipway.find_run_end(run.id).await.is_none()
    }

    /// Up to the pause.
    async fn prepare(&self, run: &mut Run) {
        for _ in 0..200 {
            if self.stands(run).await.0 == PlanStatus::NeedsIntervention {
                return;
            }
            assert!(self.go(run, 2).await, "it does not pause");
        }
        panic!("it does not pause");
    }

    async fn finish(&self, run: &mut Run) -> RunEnd {
        for _ in 0..2_000 {
            self.slipway.walk_runs().await.unwrap();
            let busy = run.agent.work(&self.slipway).await;
            if let Some(end) = self.slipway.find_run_end(run.id).await {
                return end;
            }
            self.slipway.clock.advance(if busy { 20 } else { 10_000 });
        }
        panic!("the plan does not end");
    }

    async fn stands(&self, run: &Run) -> (PlanStatus, Option<Phase>) {
        let detail = self.slipway.read_run(&self.operator, run.number).await;
        let plan = detail.unwrap().plan;
        (plan.status, plan.phase)
    }

    async fn abort(&self, run: &Run) -> Result<(), domain::AppError> {
        let reason = REASON.to_owned();
        let asked = self.slipway.abort_plan(&self.operator, run.number, reason);
        asked.await
    }
}

/// From where on it is counted how far a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Since {
    /// Its beginning, in one stage.
    Start,
    /// Its beginning, in two stages: up to the pause.
    StartInTwoStages,
    /// The moment when somebody let it go on after the pause.
    Continue,
}

async fn aborted_at_each_step(mut stops: Stops) {
    let mut phases = BTreeSet::new();
    let mut paused = 0;
    for since in [Since::Start, Since::StartInTwoStages, Since::Continue] {
        // Up to where there is no step left.
        for halves in 0.. {
            assert!(halves < 200, "it is never over");
            let mut run = stops.start(since != Since::Start).await;
            if since == Since::Continue {
                stops.prepare(&mut run).await;
                let go_on = stops
                    .slipway
                    .continue_plan(&stops.operator, run.number, None);
                go_on.await.unwrap();
            }
            if !stops.go(&mut run, halves).await {
                let end = stops.finish(&mut run).await;
                assert_eq!(end.outcome, Outcome::Successful, "{}", end.text);
                assert_eq!(stops.abort(&run).await.unwrap_err().code(), "not_running");
                break;
            }
            let (status, phase) = stops.stands(&run).await;
            stops.abort(&run).await.unwrap();
            phases.extend(phase.map(|phase| (since, phase)));
            let is_paused = status == PlanStatus::NeedsIntervention;
            paused += usize::from(is_paused);
            let end = stops.finish(&mut run).await;
            assert_eq!(
                end.outcome,
                Outcome::Aborted,
                "after {halves}: {}",
                end.text
            );
            assert!(end.text.contains(REASON), "{}", end.text);
            assert!(
                end.text.contains("The target is as it was."),
                "{}",
                end.text
            );
            stage::check(&run.agent, &run.factory, &end);
            let detail = stops.slipway.read_run(&stops.operator, run.number).await;
            let detail = detail.unwrap();
            assert_eq!(detail.plan.status, PlanStatus::Aborted);
            let (stamp, reason) = detail.abort.unwrap();
            assert_eq!(
                (stamp.by.name.as_str(), reason.as_str()),
                ("Slipway", REASON)
            );
            if is_paused {
                break;
            }
        }
    }
    // After the pause there is nothing left but to switch and to finish.
    let all = [
        (Since::Start, Phase::Transfer),
        (Since::Start, Phase::Prepare),
        (Since::Start, Phase::Activate),
        (Since::Start, Phase::Finish),
        (Since::StartInTwoStages, Phase::Transfer),
        (Since::StartInTwoStages, Phase::Prepare),
        (Since::Continue, Phase::Activate),
        (Since::Continue, Phase::Finish),
    ];
    assert!(all.iter().all(|phase| phases.contains(phase)), "{phases:?}");
    assert_eq!(paused, 1);
}

#[tokio::test]
async fn a_plan_that_is_aborted_at_any_step_leaves_the_target_as_before() {
    let slipway = TestBackend::new().await;
    Box::pin(aborted_at_each_step(Stops::on(slipway).await)).await;
}

#[tokio::test]
async fn a_plan_that_is_aborted_at_any_step_on_postgres_leaves_the_target_as_before() {
    let slipway = TestBackend::postgres().await;
    Box::pin(aborted_at_each_step(Stops::on(slipway).await)).await;
}

/// The kinds of the lines of a run's log, in order, each once in a row.
async fn kinds(stops: &Stops, run: &Run) -> Vec<LogKind> {
    let whole = LogFilter::default();
    let log = stops.slipway.read_log(&stops.operator, run.number, whole);
    let mut kinds: Vec<LogKind> = log
        .await
        .unwrap()
        .lines
        .iter()
        .map(|line| line.kind)
        .collect();
    kinds.dedup();
    kinds
}

#[tokio::test]
async fn the_log_tells_apart_who_stopped_it() {
    let mut stops = Stops::on(TestBackend::new().await).await;
    let mut run = stops.start(false).await;
    assert!(stops.go(&mut run, 2).await);
    stops.abort(&run).await.unwrap();
    stops.finish(&mut run).await;
    let aborted = kinds(&stops, &run).await;
    assert_eq!(aborted.first(), Some(&LogKind::Start));
    assert!(aborted.contains(&LogKind::StageAborted), "{aborted:?}");
    assert!(!aborted.contains(&LogKind::PublishStop) && !aborted.contains(&LogKind::Error));
    assert_eq!(aborted.last(), Some(&LogKind::End));

    let mut run = stops.start(false).await;
    fails_at(&mut run.agent, 5);
    stops.finish(&mut run).await;
    let failed = kinds(&stops, &run).await;
    let stopped = failed.iter().position(|kind| *kind == LogKind::PublishStop);
    let error = failed.iter().position(|kind| *kind == LogKind::Error);
    assert!(error.unwrap() < stopped.unwrap(), "{failed:?}");
    assert!(!failed.contains(&LogKind::StageAborted));
    assert_eq!(failed.last(), Some(&LogKind::End));
}

/// Lets the order at this position, counted from the first of its run, fail for good.
fn fails_at(agent: &mut FakeAgent, position: usize) {
    let mut count = 0;
    agent.fails(move |_| {
        count += 1;
        (count == position + 1).then_some(Fault::Fail)
    });
}

#[tokio::test]
async fn whichever_step_fails_the_target_is_as_before_with_the_reason() {
    let mut stops = Stops::on(TestBackend::new().await).await;
    let mut ends: BTreeMap<Outcome, u32> = BTreeMap::new();
    // Four bundles, four modules staged, four switched, one removed; values that come after the
    // switch, and a report. Nobody waits for the cleaning up, and there is no order after these.
    for position in 0..16 {
        let mut run = stops.start(false).await;
        fails_at(&mut run.agent, position);
        let end = stops.finish(&mut run).await;
        stage::check(&run.agent, &run.factory, &end);
        *ends.entry(end.outcome).or_default() += 1;
        match end.outcome {
            Outcome::Successful => {}
            // Once everything is switched, what runs is what was planned.
            Outcome::WithWarnings | Outcome::Aborted => {
                assert!(end.text.contains("The test made it fail."), "{}", end.text);
            }
            Outcome::WithErrors => panic!("{}", end.text),
        }
    }
    assert_eq!(ends[&Outcome::Aborted], 13);
    assert_eq!(ends[&Outcome::WithWarnings], 1);
    // A report that fails is asked for again, until it comes.
    assert_eq!(ends[&Outcome::Successful], 2);
}

#[tokio::test]
async fn when_going_back_fails_exactly_what_is_left_is_listed() {
    let mut stops = Stops::on(TestBackend::new().await).await;
    // Which of the modules cannot be put back, bit by bit; the removal of the last one fails.
    for stuck in 1_usize..16 {
        let mut run = stops.start(false).await;
        let is_stuck = |at: usize| stuck & (1 << at) != 0;
        let modules = run.factory.modules.clone();
        let held: Vec<Uuid> = (0..4)
            .filter(|at| is_stuck(*at))
            .map(|at| modules[at].id)
            .collect();
        run.agent.fails(move |order| match order {
            Order::Remove { .. } => Some(Fault::Fail),
            Order::SwitchBack { module } if held.contains(module) => Some(Fault::Fail),
            _ => None,
        });
        let end = stops.finish(&mut run).await;
        assert_eq!(end.outcome, Outcome::WithErrors, "{}", end.text);
        let (_, told) = end.text.split_once("May run the new state: ").unwrap();
        let (new, rest) = told.split_once(". As before: ").unwrap();
        let (old, _) = rest.split_once(". ").unwrap();
        let named =
            |text: &str| -> BTreeSet<String> { text.split(", ").map(str::to_owned).collect() };
        let of = |keep: &dyn Fn(usize) -> bool| -> BTreeSet<String> {
            let all = modules.iter().enumerate();
            let kept = all.filter(|(at, _)| keep(*at));
            kept.map(|(at, module)| {
                if at == 4 {
                    "leaving".to_owned()
                } else {
                    module.name.clone()
                }
            })
            .collect()
        };
        assert_eq!(named(new), of(&|at| at < 4 && is_stuck(at)), "{}", end.text);
        assert_eq!(
            named(old),
            of(&|at| at == 4 || !is_stuck(at)),
            "{}",
            end.text
        );
        let (before, planned) = (run.factory.in_state(0), run.factory.in_state(1));
        for (at, module) in modules.iter().enumerate() {
            let runs = if at < 4 && is_stuck(at) {
                &planned
            } else {
                &before
            };
            assert_eq!(
                run.agent.running[&module.id], runs[&module.id],
                "{}",
                end.text
            );
        }
        assert_eq!(stops.stands(&run).await.0, PlanStatus::FinishedWithErrors);
    }
}
