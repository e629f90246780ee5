//! Plans beside each other (domain.md 3.14) and in line: refused, waiting, started when free.

mod beside;
mod kept_place;
mod with_reason;

use super::list::somebody;
use super::{CORE, World, core, core_folder, id, on_both, other, other_folder, shop, shop_folder};
use backend::NewPublication;
use backend::testing::{TestBackend, actor, postgres_url};
use domain::access::Standing;
use domain::impact::{FindingCode, Severity};
use domain::plan::PlanStatus;
use domain::view::{Hindrance, NewVersion, PlanFilter, PlanRequest, QueueOutcome, StartOutcome};
use std::sync::Arc;
use store::testing::Kill;
use tempfile::TempDir;

impl World {
    /// Published, and a saved plan that brings it.
    async fn saved_other(&mut self, number: u128) -> (u64, i64) {
        self.publish_other(number, "one").await;
        self.plan(vec![other(number)]).await
    }

    /// Tags what the source runs of it as 0.1.
    pub(super) async fn tag(&self, number: u128) {
        let detail = self.slipway.read_application(&self.operator, other(number));
        let version = NewVersion {
            application: other(number),
            environment: self.source(),
            number: "0.1".to_owned(),
            description: String::new(),
            running_revision: detail.await.unwrap().running_revisions[0].unwrap(),
        };
        let tagged = self.slipway.tag_version(&self.operator, version);
        tagged.await.unwrap();
    }

    pub(super) async fn start(&self, (plan, revision): (u64, i64)) -> StartOutcome {
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None);
        Box::pin(started).await.unwrap()
    }

    pub(super) async fn queue(&self, (plan, revision): (u64, i64)) -> QueueOutcome {
        let queued = self
            .slipway
            .queue_plan(&self.operator, plan, revision, None);
        Box::pin(queued).await.unwrap()
    }

    async fn stands(&self, plan: u64) -> PlanStatus {
        let detail = self.slipway.read_plan(&self.operator, plan);
        Box::pin(detail).await.unwrap().row.status
    }

    /// A plan that brings Core and runs, and one that waits for it because it brings Shop.
    async fn one_waits(&mut self) -> (u64, u64) {
        self.publish_core("one").await;
        self.publish_shop("one").await;
        let first = self.plan(vec![core(), shop()]).await;
        self.start(first).await;
        Box::pin(self.settle()).await;
        self.publish_core("two").await;
        self.publish_shop("two").await;
        let runs = self.plan(vec![core()]).await;
        let waits = self.plan(vec![shop()]).await;
        assert_eq!(self.start(runs).await, StartOutcome::Started);
        assert_eq!(self.queue(waits).await, QueueOutcome::Queued);
        Box::pin(self.slipway.serve_lines()).await.unwrap();
        (runs.0, waits.0)
    }

    async fn audited_actions(&self) -> Vec<String> {
        let audit = self.slipway.list_audit().await;
        audit.into_iter().map(|entry| entry.action).collect()
    }
}

on_both! {
    async fn a_plan_in_line_says_whom_it_waits_for_and_starts_when_that_is_over(mut world: World) {
        Box::pin(world.as_somebody()).await;
        let (runs, waits) = Box::pin(world.one_waits()).await;
        let line = world.slipway.read_line(&world.operator, waits).await.unwrap();
        let place = line.plan.stay.place.clone().unwrap();
        assert_eq!((place.position, place.length), (1, 1));
        let [Hindrance::Plan(by)] = &place.waits_for[..] else {
            panic!("{place:?}");
        };
        assert_eq!(by.number, runs);
        assert_eq!(by.path, ["ShopFront", "CoreLogic"]);
        let [there] = &line.there[..] else {
            panic!("{:?}", line.there);
        };
        assert_eq!((there.plan.number, there.plan.status), (runs, PlanStatus::Running));
        assert_eq!(there.started.as_ref().unwrap().by.name, "Ada Lovelace");
        let (began, usual) = (there.started.as_ref().unwrap().at, line.usual.unwrap());
        let ends = there.ends.unwrap();
        assert_eq!((ends.0.0 - began.0, ends.1.0 - began.0), usual);
        let [brought] = &line.brings[..] else {
            panic!("{:?}", line.brings);
        };
        assert_eq!((brought.application, brought.name.as_str()), (shop(), "Shop"));
        assert!(brought.number.is_some() && line.settings.is_empty() && line.notes.is_empty());
        assert!(line.leave_refusal.is_none() && line.estimate.is_some(), "{line:?}");
        // What waits is not edited and holds no slot.
        assert_eq!(world.stands(waits).await, PlanStatus::Queued);
        Box::pin(world.settle()).await;
        for plan in [runs, waits] {
            assert_eq!(world.stands(plan).await, PlanStatus::FinishedSuccessful);
        }
        let actions = world.audited_actions().await;
        let at = |action: &str| actions.iter().position(|one| one == action).unwrap();
        assert!(at("plan_queued") < at("plan_started_from_line"));
    }

    async fn who_starts_at_once_does_not_pass_those_in_line(mut world: World) {
        for number in 1..=3 {
            world.publish_other(number, "one").await;
        }
        for number in 1..=2 {
            world.tag(number).await;
        }
        let runs = world.plan(vec![other(2)]).await;
        assert_eq!(world.start(runs).await, StartOutcome::Started);
        let both = world.plan(vec![other(2), other(1)]).await;
        let late = world.plan(vec![other(1)]).await;
        let apart = world.plan(vec![other(3)]).await;
        assert_eq!(world.queue(both).await, QueueOutcome::Queued);
        // Beside what runs it may go; but it moves what somebody waits to move.
        let StartOutcome::Refused(report) = world.start(late).await else {
            panic!("it passed who came first");
        };
        let errors: Vec<_> = report.findings.iter().filter(|f| f.severity == Severity::Error).collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].code, FindingCode::AheadInLine);
        assert_eq!(errors[0].path.len(), 1);
        assert!(errors[0].detail.as_deref().unwrap().starts_with(&format!("#{} ", both.0)));
        assert!(report.may_wait(), "it can wait itself");
        assert_eq!(world.stands(late.0).await, PlanStatus::Saved);
        // A reason does not help either; what nobody waits for goes at once.
        let forced = world.slipway.start_plan(&world.operator, late.0, late.1, Some("Now".to_owned()));
        assert!(matches!(Box::pin(forced).await.unwrap(), StartOutcome::Refused(_)));
        assert_eq!(world.start(apart).await, StartOutcome::Started);
        assert_eq!(world.queue(late).await, QueueOutcome::Queued);
        Box::pin(world.settle()).await;
        for plan in [runs.0, both.0, late.0, apart.0] {
            assert_eq!(world.stands(plan).await, PlanStatus::FinishedSuccessful);
        }
        // In the order in which they came.
        let started = async |plan: u64| {
            let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
            detail.row.stamps.started.unwrap().at
        };
        assert!(started(both.0).await <= started(late.0).await);
    }

    async fn a_slot_that_is_kept_for_the_line_is_not_taken_at_once(mut world: World) {
        world.rule(|rules| rules.parallel_limit = 2).await;
        for number in 1..=3 {
            world.publish_other(number, "one").await;
        }
        for number in 1..=2 {
            world.tag(number).await;
        }
        let runs = world.plan(vec![other(1), other(2)]).await;
        assert_eq!(world.start(runs).await, StartOutcome::Started);
        // Both wait for it; one takes over its slot, for the other the free one is kept.
        let first = world.plan(vec![other(1)]).await;
        let second = world.plan(vec![other(2)]).await;
        for plan in [first, second] {
            assert_eq!(world.queue(plan).await, QueueOutcome::Queued);
        }
        let late = world.plan(vec![other(3)]).await;
        let StartOutcome::Refused(report) = world.start(late).await else {
            panic!("it took a slot that is kept");
        };
        let found = report.findings.iter().find(|f| f.code == FindingCode::AheadInLine);
        let detail = found.unwrap().detail.as_deref().unwrap();
        assert_eq!(detail, format!("#{} Other1 0.1 to Quality", first.0));
        assert!(report.may_wait());
        Box::pin(world.settle()).await;
        assert_eq!(world.start(late).await, StartOutcome::Started);
    }

    async fn who_leaves_the_line_is_saved_again_and_the_next_moves_up(mut world: World) {
        let (_, waits) = Box::pin(world.one_waits()).await;
        let next = world.plan(vec![shop()]).await;
        // It waits for who came before it as well.
        assert_eq!(world.queue(next).await, QueueOutcome::Queued);
        Box::pin(world.slipway.serve_lines()).await.unwrap();
        let line = world.slipway.read_line(&world.operator, next.0).await.unwrap();
        assert_eq!(line.plan.stay.place.unwrap().position, 2);
        let (one, two) = tokio::join!(
            world.slipway.leave_queue(&world.operator, waits),
            world.slipway.leave_queue(&world.operator, waits),
        );
        assert!(one.is_ok() || two.is_ok(), "{one:?} {two:?}");
        assert_eq!(world.stands(waits).await, PlanStatus::Saved);
        let line = world.slipway.read_line(&world.operator, next.0).await.unwrap();
        assert_eq!(line.plan.stay.place.unwrap().position, 1);
        Box::pin(world.settle()).await;
        assert_eq!(world.stands(next.0).await, PlanStatus::FinishedSuccessful);
        let late = world.slipway.leave_queue(&world.operator, next.0).await;
        assert!(late.is_err());
        let viewer = actor(Standing::Viewer);
        assert!(world.slipway.leave_queue(&viewer, next.0).await.is_err());
    }

    async fn who_queued_it_is_told_after_the_start_and_found(mut world: World) {
        let (_, waits) = Box::pin(world.one_waits()).await;
        let queued = async |world: &World| {
            let detail = world.slipway.read_plan(&world.operator, waits).await.unwrap();
            detail.row.stamps.queued
        };
        assert!(queued(&world).await.is_some());
        world.slipway.leave_queue(&world.operator, waits).await.unwrap();
        assert_eq!(queued(&world).await, None, "it has left the line");

        // Somebody else puts it there once more.
        let ada = somebody(&world.slipway).await;
        let revision = world.slipway.read_plan(&ada, waits).await.unwrap().revision;
        let again = world.slipway.queue_plan(&ada, waits, revision, None);
        assert_eq!(Box::pin(again).await.unwrap(), QueueOutcome::Queued);
        Box::pin(world.settle()).await;
        assert_eq!(world.stands(waits).await, PlanStatus::FinishedSuccessful);
        let stamp = queued(&world).await.unwrap();
        assert_eq!(stamp.by.login, "ada");
        let run = world.slipway.read_run(&world.operator, waits).await.unwrap();
        assert_eq!(run.plan.stamps.queued, Some(stamp));
        for query in ["by=ada", "search=lovelace"] {
            let request = PlanRequest {
                filter: PlanFilter::parse(query),
                limit: 10,
                ..PlanRequest::default()
            };
            let page = world.slipway.list_plans(&world.operator, request).await.unwrap();
            let numbers: Vec<u64> = page.rows.iter().map(|row| row.number).collect();
            assert_eq!(numbers, [waits], "{query}");
        }
    }

    async fn two_who_queue_a_plan_put_it_there_once(mut world: World) {
        world.rule(|rules| rules.parallel_execution = false).await;
        let runs = Box::pin(world.saved_other(1)).await;
        let waits = Box::pin(world.saved_other(2)).await;
        world.start(runs).await;
        assert_eq!(world.queue(waits).await, QueueOutcome::Queued);
        assert_eq!(world.queue(waits).await, QueueOutcome::Queued);
        let queued = world.audited_actions().await.iter().filter(|a| *a == "plan_queued").count();
        assert_eq!(queued, 1);
        // A slot that is switched on is there at once.
        world.rule(|rules| rules.parallel_execution = true).await;
        Box::pin(world.slipway.serve_lines()).await.unwrap();
        assert_eq!(world.stands(waits.0).await, PlanStatus::Running);
        Box::pin(world.settle()).await;
    }

    async fn what_is_published_gives_way_to_the_first_in_line(mut world: World) {
        world.publish_other(2, "one").await;
        // Shop runs in the target, and waits there for Core.
        let (_, waits) = Box::pin(world.one_waits()).await;
        let publish = async |world: &World, folder: &TempDir| {
            let new = NewPublication {
                environment: "Quality".to_owned(),
                bundles: world.upload(folder.path()).await,
                allow_missing: true,
            };
            Box::pin(world.slipway.publish(&world.operator, new)).await
        };
        let refused = publish(&world, &shop_folder("hotfix")).await.unwrap_err();
        assert_eq!(refused.code(), "next_in_line");
        let text = refused.to_string();
        let named = format!("#{waits} Shop 0.2 to Quality is next in Quality and needs ShopFront.");
        assert!(text.starts_with(&named) && text.contains("take it out of the line"), "{text}");
        // What has nothing to do with it goes on, and so does whatever the second waits for.
        let second = world.plan(vec![other(2)]).await;
        world.rule(|rules| rules.parallel_limit = 1).await;
        assert_eq!(world.queue(second).await, QueueOutcome::Queued);
        publish(&world, &other_folder(1, "hotfix")).await.unwrap();
        publish(&world, &other_folder(2, "hotfix")).await.unwrap();

        // Core does not run any more; what is published would keep Shop from starting by what
        // Shop uses of it.
        while world.stands(waits).await == PlanStatus::Queued {
            world.slipway.walk_runs().await.unwrap();
            let still = publish(&world, &core_folder("hotfix")).await;
            if world.stands(waits).await == PlanStatus::Queued {
                let refused = still.unwrap_err();
                assert!(["next_in_line", "module_busy"].contains(&refused.code()), "{refused}");
            }
            world.quality.work(&world.slipway).await;
            world.slipway.clock.advance(20);
            world.slipway.serve_lines().await.unwrap();
        }
        assert_eq!(world.stands(waits).await, PlanStatus::Running);
        Box::pin(world.settle()).await;
        assert_eq!(world.stands(waits).await, PlanStatus::FinishedSuccessful);
        publish(&world, &core_folder("hotfix")).await.unwrap();
        Box::pin(world.settle()).await;
    }

    async fn who_leaves_the_line_lets_what_is_published_go(mut world: World) {
        let (_, waits) = Box::pin(world.one_waits()).await;
        let new = NewPublication {
            environment: "Quality".to_owned(),
            bundles: world.upload(core_folder("hotfix").path()).await,
            allow_missing: false,
        };
        let refused = world.slipway.publish(&world.operator, new.clone()).await.unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("needs what this changes (ShopFront uses CoreLogic)"), "{text}");
        world.slipway.leave_queue(&world.operator, waits).await.unwrap();
        // Now only what runs is in its way.
        let busy = world.slipway.publish(&world.operator, new.clone()).await.unwrap_err();
        assert_eq!(busy.code(), "module_busy");
        Box::pin(world.settle()).await;
        world.slipway.publish(&world.operator, new).await.unwrap();
        Box::pin(world.settle()).await;
    }

    async fn who_has_nothing_to_wait_for_starts_at_once_and_others_pass(mut world: World) {
        world.publish_other(1, "one").await;
        let (_, waits) = Box::pin(world.one_waits()).await;
        let free = world.plan(vec![other(1)]).await;
        assert_eq!(world.queue(free).await, QueueOutcome::Queued);
        Box::pin(world.slipway.serve_lines()).await.unwrap();
        assert_eq!(world.stands(free.0).await, PlanStatus::Running);
        assert_eq!(world.stands(waits).await, PlanStatus::Queued);
        Box::pin(world.settle()).await;
    }

    async fn what_no_waiting_settles_is_not_put_in_line(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let plan = world.plan(vec![shop()]).await;
        let QueueOutcome::Refused(report) = world.queue(plan).await else {
            panic!("it must be refused");
        };
        assert!(!report.may_wait());
        assert_eq!(world.stands(plan.0).await, PlanStatus::Saved);
    }

    async fn what_nobody_has_seen_does_not_wait_to_be_tagged(mut world: World) {
        world.rule(|rules| rules.parallel_limit = 1).await;
        let runs = Box::pin(world.saved_other(2)).await;
        let waits = Box::pin(world.saved_other(1)).await;
        world.publish_other(1, "two").await;
        world.start(runs).await;
        let asked = world.slipway.queue_plan(&world.operator, waits.0, waits.1, None);
        let refused = Box::pin(asked).await.unwrap_err();
        assert_eq!(refused.code(), "source_changed");
        let text = refused.to_string();
        assert!(text.contains("It was not put in line.") && text.contains("Start when free"), "{text}");
        assert_eq!(world.stands(waits.0).await, PlanStatus::Saved);
        let refreshed = world.slipway.refresh_plan(&world.operator, waits.0, waits.1).await.unwrap();
        assert_eq!(world.queue((waits.0, refreshed.revision)).await, QueueOutcome::Queued);
        // What is published while it waits is looked at before it is tagged, too.
        world.publish_other(1, "three").await;
        Box::pin(world.settle()).await;
        let detail = world.slipway.read_plan(&world.operator, waits.0).await.unwrap();
        assert_eq!(detail.row.status, PlanStatus::Saved);
        let (_, reason) = detail.row.stay.sent_back.unwrap();
        assert!(reason.starts_with("Other1 changed in the source"), "{reason}");
    }

    async fn a_reference_that_broke_meanwhile_is_told_with_its_modules(mut world: World) {
        world.rule(|rules| rules.parallel_limit = 1).await;
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let cores = world.plan(vec![core()]).await;
        world.start(cores).await;
        Box::pin(world.settle()).await;
        let runs = Box::pin(world.saved_other(2)).await;
        let waits = world.plan(vec![shop()]).await;
        world.start(runs).await;
        assert_eq!(world.queue(waits).await, QueueOutcome::Queued);
        // Core goes, which Shop needs.
        world.quality.running.remove(&id(CORE + 1));
        Box::pin(world.quality.report(&world.slipway)).await;
        Box::pin(world.settle()).await;
        let detail = world.slipway.read_plan(&world.operator, waits.0).await.unwrap();
        let (_, reason) = detail.row.stay.sent_back.unwrap();
        assert!(reason.contains("ShopFront of Shop needs CoreLogic of Core, which is neither in Quality nor in the plan"), "{reason}");
    }

    async fn what_is_wrong_when_its_turn_comes_is_sent_back_with_the_reason(mut world: World) {
        world.rule(|rules| rules.parallel_limit = 1).await;
        let waits = Box::pin(world.saved_other(1)).await;
        let runs = Box::pin(world.saved_other(2)).await;
        world.start(runs).await;
        assert_eq!(world.queue(waits).await, QueueOutcome::Queued);
        // Somebody takes the number that it would tag with.
        world.tag(1).await;
        Box::pin(world.settle()).await;
        let detail = world.slipway.read_plan(&world.operator, waits.0).await.unwrap();
        assert_eq!(detail.row.status, PlanStatus::Saved);
        let (_, reason) = detail.row.stay.sent_back.unwrap();
        assert_eq!(
            reason,
            "When it was its turn, the check found an error: the number that Other1 would be tagged \
             with is taken by now, or not above its last one. Open the plan, mend that and put it in \
             line again."
        );
        assert!(world.audited_actions().await.contains(&"plan_sent_back".to_owned()));
    }
}

#[tokio::test]
async fn several_consoles_start_a_plan_from_its_line_once() {
    let url = postgres_url().await;
    let first = TestBackend::on_url(
        &url,
        backend::testing::FakeClock::at(1_800_000_000_000),
        backend::engine::EngineOptions::default(),
    );
    let mut world = World::on(first.await).await;
    let other = TestBackend::on_url(
        &url,
        Arc::clone(&world.slipway.clock),
        backend::engine::EngineOptions::default(),
    )
    .await;
    world.rule(|rules| rules.parallel_execution = false).await;
    let runs = Box::pin(world.saved_other(1)).await;
    let mut plans = Vec::new();
    for number in 2..=4 {
        plans.push(Box::pin(world.saved_other(number)).await);
    }
    world.start(runs).await;
    let mut line = Vec::new();
    for plan in plans {
        assert_eq!(world.queue(plan).await, QueueOutcome::Queued);
        line.push(plan.0);
    }
    for _ in 0..200 {
        let (one, two) = tokio::join!(world.slipway.serve_lines(), other.serve_lines());
        one.unwrap();
        two.unwrap();
        let mut running = 0;
        for plan in &line {
            running += u32::from(world.stands(*plan).await == PlanStatus::Running);
        }
        assert!(running <= 1, "{running} run at the same time");
        world.slipway.walk_runs().await.unwrap();
        let busy = world.quality.work(&world.slipway).await;
        world.slipway.clock.advance(if busy { 20 } else { 2_000 });
    }
    for plan in line {
        assert_eq!(world.stands(plan).await, PlanStatus::FinishedSuccessful);
    }
    let actions = world.audited_actions().await;
    let started = actions.iter().filter(|a| *a == "plan_started_from_line");
    assert_eq!(started.count(), 3);
}

/// Dies at each write while it serves the line, before and after the commit, and comes back: the
/// plan whose turn it was runs once.
#[tokio::test]
async fn a_console_that_dies_while_it_serves_a_line_starts_the_plan_once() {
    for write in 1..=3 {
        for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
            let mut world = Box::pin(World::new()).await;
            let (runs, waits) = Box::pin(world.one_waits()).await;
            while world.stands(runs).await != PlanStatus::FinishedSuccessful {
                world.slipway.walk_runs().await.unwrap();
                let busy = world.quality.work(&world.slipway).await;
                world.slipway.clock.advance(if busy { 20 } else { 2_000 });
            }
            world.slipway.fuse().set(write, kill);
            let _ = Box::pin(world.slipway.serve_lines()).await;
            let _ = Box::pin(world.slipway.walk_runs()).await;
            let blown = world.slipway.fuse().is_blown();
            world.slipway.fuse().spare();
            if blown {
                world = world.reborn().await;
            }
            Box::pin(world.settle()).await;
            assert_eq!(world.stands(waits).await, PlanStatus::FinishedSuccessful);
            let actions = world.audited_actions().await;
            let started = actions.iter().filter(|a| *a == "plan_started_from_line");
            assert_eq!(started.count(), 1, "{write} {kill:?}");
        }
    }
}
