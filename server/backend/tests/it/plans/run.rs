//! Runs of plans: read, logged, gone back, continued, republishing.

use super::{World, core, id, shop};
use backend::testing::{Fault, TestBackend, actor};
use domain::ModuleId;
use domain::access::Standing;
use domain::execution::{LogKind, Phase, StepKind, StepState};
use domain::plan::{PlanKind, PlanStatus};
use domain::view::{CandidateFilter, LogFilter, PlanEdit, PlanFilter, PlanRequest, StartOutcome};
use protocol::Order;

impl World {
    pub(super) async fn deploy(&mut self, plan: u64, revision: i64) {
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
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

#[tokio::test]
async fn a_two_stage_target_pauses_and_two_who_continue_get_one_run() {
    let mut world = World::new().await;
    world.slipway.set_two_stage(world.target(), true).await;
    world.publish_core("one").await;
    let (plan, revision) = world.plan(vec![core()]).await;
    world.deploy(plan, revision).await;
    world.settle().await;
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
        world.slipway.continue_plan(&world.operator, plan),
        world.slipway.continue_plan(&world.operator, plan),
    );
    assert_eq!((one, two), (Ok(()), Ok(())));
    world.settle().await;
    assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
    assert_eq!(world.quality.running, world.development.running);
    let late = world.slipway.continue_plan(&world.operator, plan).await;
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
