//! Runs of plans: read, logged, gone back, continued, republishing.

use super::{World, core, id, on_both, other, shop};
use crate::agents::agent_self;
use backend::testing::{Fault, TestBackend, actor};
use domain::ModuleId;
use domain::access::Standing;
use domain::execution::{LogKind, Phase, StepKind, StepState};
use domain::plan::{PlanKind, PlanStatus};
use domain::view::{
    CandidateFilter, ContinueOutcome, LogFilter, PlanEdit, PlanFilter, PlanRequest, StartOutcome,
};
use protocol::{Hello, Order};

impl World {
    pub(super) async fn deploy(&mut self, plan: u64, revision: i64) {
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
    }

    /// Publishes a new state of Core and begins to bring it to Quality; the plan.
    pub(super) async fn start_core(&mut self, content: &str) -> u64 {
        self.publish_core(content).await;
        let (plan, revision) = self.plan(vec![core()]).await;
        self.deploy(plan, revision).await;
        plan
    }

    /// Quality, which has nothing, deploys in two stages, and Core is prepared there; the plan.
    pub(super) async fn in_two_stages() -> (Self, u64) {
        let mut world = Self::new().await;
        world.slipway.set_two_stage(world.target(), true).await;
        let plan = world.start_core("one").await;
        world.settle().await;
        (world, plan)
    }

    pub(super) async fn status(&self, plan: u64) -> PlanStatus {
        let detail = self.slipway.read_plan(&self.operator, plan).await.unwrap();
        detail.row.status
    }

    /// Core and Shop of the first state are in Quality.
    pub(super) async fn delivered() -> Self {
        let mut world = Self::new().await;
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        world.deploy(plan, revision).await;
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        world
    }
}

#[tokio::test]
async fn a_run_shows_phases_waves_and_log() {
    let world = World::delivered().await;
    let run = world.slipway.read_run(&world.operator, 1).await.unwrap();
    assert!(run.phases.iter().all(|p| p.state == StepState::Succeeded));
    let waves: Vec<(u32, &str)> = run
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::Activate)
        .map(|step| (step.wave, step.module.as_ref().unwrap().1.as_str()))
        .collect();
    assert_eq!(waves, [(1, "CoreLogic"), (2, "ShopFront")]);
    assert_eq!(run.edges, [(ModuleId(id(0x201)), ModuleId(id(0x101)))]);
    assert_eq!(run.applications.len(), 2);
    assert_eq!(run.applications[0].modules, (1, 1));
    assert!(
        run.abort_refusal
            .is_some_and(|why| why.contains("finished"))
    );
    let log = world
        .slipway
        .read_log(&world.operator, 1, LogFilter::default())
        .await
        .unwrap();
    assert!(log.complete && !log.more);
    let numbers: Vec<u64> = log.lines.iter().map(|line| line.number).collect();
    let expected: Vec<u64> = (1..=log.last).collect();
    assert_eq!(numbers, expected);
    let found = world
        .slipway
        .read_log(
            &world.operator,
            1,
            LogFilter {
                text: "SHOPFRONT".to_owned(),
                ..LogFilter::default()
            },
        )
        .await
        .unwrap();
    assert!(!found.lines.is_empty());
    assert!(found.lines.len() < log.lines.len());
}

#[tokio::test]
async fn long_logs_are_read_forwards_and_backwards_without_a_gap() {
    let world = World::delivered().await;
    let run = world.slipway.read_plan(&world.operator, 1).await.unwrap();
    let filter = LogFilter {
        kinds: vec![LogKind::Step],
        ..LogFilter::default()
    };
    let read = async |filter: LogFilter| {
        let page = world
            .slipway
            .read_log(&world.operator, 1, filter)
            .await
            .unwrap();
        let numbers: Vec<u64> = page.lines.iter().map(|line| line.number).collect();
        (numbers, page.more)
    };
    let (before, _) = read(filter.clone()).await;
    world.slipway.append_steps(run.row.id.0, 1_200).await;
    let mut forwards = Vec::new();
    loop {
        let after = forwards.last().copied().unwrap_or(0);
        let (numbers, more) = read(LogFilter {
            after,
            ..filter.clone()
        })
        .await;
        forwards.extend(numbers);
        if !more {
            break;
        }
    }
    assert_eq!(forwards.len(), before.len() + 1_200);
    assert!(forwards.is_sorted());
    let mut backwards: Vec<u64> = Vec::new();
    loop {
        let first = backwards.first().copied().unwrap_or(u64::MAX);
        let (mut numbers, more) = read(LogFilter {
            before: Some(first),
            ..filter.clone()
        })
        .await;
        assert!(numbers.len() <= 500);
        numbers.append(&mut backwards);
        backwards = numbers;
        if !more {
            break;
        }
    }
    assert_eq!(backwards, forwards);
}

#[tokio::test]
async fn what_is_transferred_only_to_be_linked_is_named_with_its_consumers() {
    let mut world = World::delivered().await;
    world.publish_shop("two").await;
    let (plan, revision) = world.plan(vec![shop()]).await;
    world.deploy(plan, revision).await;
    world.settle().await;
    let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
    let transferred: Vec<_> = run
        .steps
        .iter()
        .filter(|step| step.kind == StepKind::Transfer)
        .map(|step| (step.module.as_ref().map(|m| m.1.as_str()), &step.linked))
        .collect();
    let into = ("CoreLogic".to_owned(), vec!["ShopFront".to_owned()]);
    assert_eq!(
        transferred,
        [(Some("ShopFront"), &None), (None, &Some(into))]
    );
    let log = world
        .slipway
        .read_log(&world.operator, plan, LogFilter::default())
        .await
        .unwrap();
    let said: Vec<_> = log
        .lines
        .iter()
        .map(|line| (line.module.as_deref(), line.text.as_str()))
        .collect();
    let group = "Transfer to the agent: 1 module, and 1 producer to link into it.";
    assert!(said.contains(&(None, group)), "{said:?}");
    let linked = said.iter().find(|(module, _)| *module == Some("CoreLogic"));
    let text = linked.unwrap().1;
    assert!(
        text.starts_with("On the agent, to be linked into ShopFront ("),
        "{text}"
    );
}

#[tokio::test]
async fn a_republish_links_the_same_content_against_the_new_producer() {
    let mut world = World::delivered().await;
    let shop_before = world.quality.running[&id(0x201)];
    world.publish_core("two").await;
    let (plan, revision) = world.plan(vec![core()]).await;
    let report = world
        .slipway
        .check_plan(&world.operator, plan)
        .await
        .unwrap();
    assert_eq!(report.outdated_consumers.len(), 1, "{report:?}");
    let revision = world
        .edit(
            plan,
            revision,
            PlanEdit::SetRepublish(vec![ModuleId(id(0x201))]),
        )
        .await;
    world.deploy(plan, revision).await;
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
    let shop_after = world.quality.running[&id(0x201)];
    assert_ne!(shop_before, shop_after);
    let core_digest = &world.quality.known[&world.quality.running[&id(0x101)]].digest;
    let placed = &world.quality.known[&shop_after];
    assert_eq!(&placed.links[0].digest, core_digest);
    assert_eq!(placed.digest, world.quality.known[&shop_before].digest);
    let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
    assert!(run.steps.iter().any(|step| step.republish));
    // What is only relinked ran there before, and is told so.
    let was = |name: &str| run.applications.iter().find(|row| row.name == name);
    let relinked = was("Shop").unwrap();
    assert_eq!((relinked.from, relinked.to), ("0.1".parse().ok(), None));
}

#[tokio::test]
async fn a_failure_during_activate_goes_back() {
    let mut world = World::delivered().await;
    let before = world.quality.running.clone();
    world.publish_core("two").await;
    world.publish_shop("two").await;
    world.quality.fails(|order| {
        let last = matches!(order, Order::Activate { module, .. } if *module == id(0x201));
        last.then_some(Fault::Fail)
    });
    let (plan, revision) = world.plan(vec![core(), shop()]).await;
    world.deploy(plan, revision).await;
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::Aborted);
    assert_eq!(world.quality.running, before);
    let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
    assert!(
        run.steps
            .iter()
            .any(|step| step.kind == StepKind::SwitchBack && step.phase == Phase::Activate)
    );
    let failed = run
        .steps
        .iter()
        .find(|step| step.state == StepState::Failed)
        .unwrap();
    assert!(failed.log_line.is_some());
    // Nothing is there of what was switched back.
    assert!(run.applications.iter().all(|row| row.modules.0 == 0));
    // The slot is free again.
    world.quality.fails(|_| None);
    let (plan, revision) = world.plan(vec![core(), shop()]).await;
    world.deploy(plan, revision).await;
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
}

on_both! {
    async fn an_inventory_that_comes_late_undoes_nothing_and_answers_who_asked_for_it(mut world: World) {
        Box::pin(world.start_core("one")).await;
        Box::pin(world.settle()).await;
        Box::pin(world.publish_other(1, "one")).await;
        // The first plan's inventory is taken, and does not arrive.
        world
            .quality
            .fails(|order| (*order == Order::Report).then_some(Fault::Silent));
        let first = Box::pin(world.start_core("two")).await;
        let asked = loop {
            Box::pin(world.slipway.walk_runs()).await.unwrap();
            let orders = world.slipway.waiting_orders(&world.quality.actor).await;
            world.quality.work(&world.slipway).await;
            let report = |(_, order): &&(_, Order)| *order == Order::Report;
            if let Some((attempt, _)) = orders.iter().find(report) {
                break *attempt;
            }
            world.slipway.clock.advance(20);
        };
        let former = world.quality.inventory(Some(asked));
        // Another plan changes what runs, and that is told.
        world.quality.fails(|_| None);
        let (second, revision) = world.plan(vec![other(1)]).await;
        Box::pin(world.deploy(second, revision)).await;
        while world.status(second).await != PlanStatus::FinishedSuccessful {
            Box::pin(world.slipway.walk_runs()).await.unwrap();
            world.quality.work(&world.slipway).await;
            world.slipway.clock.advance(20);
        }
        assert_eq!(world.status(first).await, PlanStatus::Running);
        let agent = world.quality.actor.clone();
        let late = world.slipway.record_inventory(&agent, former.clone());
        Box::pin(late).await.unwrap();
        let known = world.slipway.runs_in(world.target()).await;
        assert_eq!(known, world.quality.running);
        Box::pin(world.slipway.walk_runs()).await.unwrap();
        assert_eq!(world.status(first).await, PlanStatus::FinishedSuccessful);

        // Of an agent that was put back from a backup it is news.
        let hello = Hello {
            agent: agent_self(protocol::VERSION),
            clock_ms: world.slipway.clock.read(),
            inventory_counter: former.counter,
            last_command: 0,
            last_event: None,
            signs_life: false,
        };
        let welcome = world.slipway.greet_agent(&agent, hello).await.unwrap();
        assert!(welcome.wants_inventory);
        let told = world.slipway.record_inventory(&agent, former);
        Box::pin(told).await.unwrap();
        let known = world.slipway.runs_in(world.target()).await;
        assert_eq!(known.len() + 1, world.quality.running.len());
    }
}

#[tokio::test]
async fn a_two_stage_target_pauses_and_two_who_continue_get_one_run() {
    let (mut world, plan) = World::in_two_stages().await;
    assert_eq!(world.status(plan).await, PlanStatus::NeedsIntervention);
    assert!(world.quality.running.is_empty());
    let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
    assert_eq!((run.continue_refusal, run.abort_refusal), (None, None));
    let seen = world
        .slipway
        .read_run(&actor(Standing::Viewer), plan)
        .await
        .unwrap();
    assert!(seen.abort_refusal.unwrap().contains("Viewer"));
    let (one, two) = tokio::join!(
        world.slipway.continue_plan(&world.operator, plan, None),
        world.slipway.continue_plan(&world.operator, plan, None),
    );
    let done = Ok(ContinueOutcome::Continued);
    assert_eq!((one, two), (done.clone(), done));
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
    assert_eq!(world.quality.running, world.development.running);
    let late = world
        .slipway
        .continue_plan(&world.operator, plan, None)
        .await;
    assert_eq!(late.unwrap_err().code(), "not_paused");
}

#[tokio::test]
async fn a_plan_runs_on_postgres_too() {
    let mut world = World::on(TestBackend::postgres().await).await;
    world.publish_core("one").await;
    world.publish_shop("one").await;
    let (plan, revision) = world.plan(vec![core(), shop()]).await;
    world.deploy(plan, revision).await;
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
    assert_eq!(world.quality.running, world.development.running);
    world.publish_core("two").await;
    let candidates = world
        .slipway
        .list_candidates(
            &world.operator,
            CandidateFilter {
                kind: PlanKind::Ordinary,
                source: world.source(),
                target: world.target(),
                text: "OR".to_owned(),
                with_differences: true,
                except: Vec::new(),
                offset: 0,
                limit: 10,
            },
        )
        .await
        .unwrap();
    assert_eq!((candidates.rows.len(), candidates.total), (1, 1));
    let (next, revision) = world.plan(vec![core()]).await;
    world.deploy(next, revision).await;
    world.slipway.walk_runs().await.unwrap();
    world
        .slipway
        .abort_plan(&world.operator, next, "Too early.".to_owned())
        .await
        .unwrap();
    world.settle().await;
    assert_eq!(world.status(next).await, PlanStatus::Aborted);
    let list = world
        .slipway
        .list_plans(
            &world.operator,
            PlanRequest {
                filter: PlanFilter {
                    text: "core shop".to_owned(),
                    ..PlanFilter::default()
                },
                limit: 10,
                ..PlanRequest::default()
            },
        )
        .await
        .unwrap();
    assert_eq!((list.total.number, list.unfiltered.number), (1, 2));
    let log = world
        .slipway
        .read_log(
            &world.operator,
            plan,
            LogFilter {
                text: "corelogic".to_owned(),
                ..LogFilter::default()
            },
        )
        .await
        .unwrap();
    assert!(!log.lines.is_empty());
}
