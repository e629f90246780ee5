//! A plan in line whose conflicts keep coming: whoever comes later and is in its way waits behind it,
//! at whatever moment they ask.

use super::super::{OTHER, World, id, on_both, other};
use backend::testing::{Fault, TestBackend};
use domain::impact::{FindingCode, Severity};
use domain::plan::PlanStatus;
use domain::view::{QueueOutcome, StartOutcome};
use protocol::Order;
use uuid::Uuid;

/// How many come later, each wanting a part of what the first one waits for.
const LATECOMERS: usize = 6;

impl World {
    /// From now on the agent keeps in its hands what it is to stage of this application.
    fn keeps_busy_with(&mut self, number: u128) {
        let module: Uuid = id(OTHER + 2 * number + 1);
        self.quality.fails(move |order| match order {
            Order::Stage(placement) if placement.module == module => Some(Fault::Late),
            _ => None,
        });
    }

    /// Everybody does their part once.
    async fn round(&mut self) {
        self.slipway.walk_runs().await.unwrap();
        self.slipway.serve_lines().await.unwrap();
        self.quality.work(&self.slipway).await;
        self.slipway.clock.advance(20);
    }

    /// The plans that were started from the line, in this order.
    async fn started_from_line(&self) -> Vec<Uuid> {
        let audit = self.slipway.list_audit().await.into_iter();
        let started = audit.filter(|entry| entry.action == "plan_started_from_line");
        started.filter_map(|entry| entry.object_id).collect()
    }
}

on_both! {
    async fn whoever_keeps_coming_nobody_passes_a_plan_that_they_conflict_with(mut world: World) {
        for number in 1..=2 {
            world.publish_other(number, "one").await;
            world.tag(number).await;
        }
        world.rule(|rules| rules.parallel_limit = 5).await;
        let quick = world.plan(vec![other(1)]).await;
        let slow = world.plan(vec![other(2)]).await;
        let waits = world.plan(vec![other(1), other(2)]).await;
        let mut late = Vec::new();
        for _ in 0..LATECOMERS {
            late.push(world.plan(vec![other(1)]).await);
        }
        world.keeps_busy_with(2);
        for plan in [quick, slow] {
            assert_eq!(world.start(plan).await, StartOutcome::Started);
        }
        assert_eq!(world.queue(waits).await, QueueOutcome::Queued);
        while world.stands(quick.0).await != PlanStatus::FinishedSuccessful {
            world.round().await;
        }
        // Nothing is in the way of who comes now but that one came first.
        for (at, plan) in late.iter().enumerate() {
            let StartOutcome::Refused(report) = world.start(*plan).await else {
                panic!("the one that came {at} later passed the first");
            };
            let errors = report.findings.iter().filter(|one| one.severity == Severity::Error);
            let ahead: Vec<_> = errors.map(|one| (one.code, one.detail.clone().unwrap())).collect();
            // Of those that were queued before it each is one.
            assert_eq!(ahead.len(), at + 1, "{ahead:?}");
            assert!(ahead.iter().all(|(code, _)| *code == FindingCode::AheadInLine), "{ahead:?}");
            assert!(ahead.iter().any(|(_, who)| who.starts_with(&format!("#{} ", waits.0))), "{ahead:?}");
            assert_eq!(world.queue(*plan).await, QueueOutcome::Queued);
            world.round().await;
            assert_eq!(world.stands(slow.0).await, PlanStatus::Running);
            for queued in std::iter::once(&waits).chain(&late[..=at]) {
                assert_eq!(world.stands(queued.0).await, PlanStatus::Queued);
            }
        }
        world.quality.fails(|_| None);
        world.quality.work_late();
        Box::pin(world.settle()).await;
        let mut order = Vec::new();
        for (plan, _) in std::iter::once(&waits).chain(&late) {
            let detail = world.slipway.read_plan(&world.operator, *plan).await.unwrap();
            assert_eq!(detail.row.status, PlanStatus::FinishedSuccessful);
            order.push(detail.row.id.0);
        }
        assert_eq!(world.started_from_line().await, order);
        assert_eq!(world.stands(slow.0).await, PlanStatus::FinishedSuccessful);
    }
}
