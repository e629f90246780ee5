//! Prepared plans: how long what they have prepared is kept, the warning, the end.

use super::list::somebody;
use super::{World, core, on_both, other};
use backend::testing::TestBackend;
use domain::Timestamp;
use domain::execution::LogKind;
use domain::plan::{Intervention, Kept, PlanStatus};
use domain::view::{LogFilter, PlanFilter, PlanRequest};
use store::testing::Kill;

const HOUR: i64 = 3_600_000;

impl World {
    /// A plan that is prepared; kept for 8 hours.
    async fn prepared(&mut self) -> u64 {
        self.rule(|rules| {
            rules.two_stage = true;
            rules.keep_hours = 8;
        })
        .await;
        let plan = Box::pin(self.start_core("one")).await;
        Box::pin(self.settle()).await;
        plan
    }

    async fn kept(&self, plan: u64) -> Option<Kept> {
        let run = self.slipway.read_run(&self.operator, plan).await.unwrap();
        run.plan.stay.kept
    }

    async fn stands_now(&self, plan: u64) -> PlanStatus {
        let run = self.slipway.read_run(&self.operator, plan).await.unwrap();
        run.plan.status
    }

    /// Lines of the log with this text.
    async fn said(&self, plan: u64, kind: LogKind, text: &str) -> usize {
        let filter = LogFilter {
            text: text.to_owned(),
            kinds: vec![kind],
            ..LogFilter::default()
        };
        let log = self.slipway.read_log(&self.operator, plan, filter).await;
        log.unwrap().lines.len()
    }
}

on_both! {
    async fn what_is_prepared_is_kept_its_time_and_then_the_plan_ends(mut world: World) {
        let plan = Box::pin(world.prepared()).await;
        let kept = world.kept(plan).await.unwrap();
        assert_eq!((kept.until.since(kept.since), kept.hours), (8 * HOUR, 8));
        assert_eq!(world.said(plan, LogKind::Info, "is kept until").await, 1);
        // The agent is heard while time passes.
        let left = |at: i64| kept.until.0 - at;
        world.slipway.clock.advance(left(world.slipway.clock.read()) - 2 * HOUR + 1);
        Box::pin(world.settle()).await;
        assert_eq!(world.stands_now(plan).await, PlanStatus::NeedsIntervention);
        assert_eq!(world.said(plan, LogKind::Warning, "kept only until").await, 1);
        world.slipway.clock.advance(2 * HOUR);
        Box::pin(world.settle()).await;
        let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!(run.plan.status, PlanStatus::Aborted);
        let (stamp, reason) = run.abort.unwrap();
        assert_eq!(stamp.by.name, "Slipway");
        assert_eq!(reason, "Its prepared packages were kept 8 hours, and nobody continued it.");
        assert!(run.plan.stay.kept.is_none());
        assert!(world.quality.running.is_empty(), "the target is untouched");
        let audit = world.slipway.audited().await;
        assert!(audit.iter().any(|(who, what, _)| who == "Slipway" && what == "plan_packages_expired"));
    }

    async fn what_is_kept_longer_is_warned_of_and_ended_later(mut world: World) {
        let plan = Box::pin(world.prepared()).await;
        let kept = world.kept(plan).await.unwrap();
        let longer = |until: Timestamp| world.slipway.keep_plan_longer(&world.operator, plan, until);
        // Of two who saw the same one makes it longer.
        let (one, two) = tokio::join!(longer(kept.until), longer(kept.until));
        let refused = match (one, two) {
            (Ok(()), Err(error)) | (Err(error), Ok(())) => error,
            both => panic!("{both:?}"),
        };
        assert_eq!(refused.code(), "kept_already");
        assert_eq!(world.kept(plan).await.unwrap().until, kept.until.plus(8 * HOUR));
        world.slipway.clock.advance(9 * HOUR);
        Box::pin(world.settle()).await;
        assert_eq!(world.stands_now(plan).await, PlanStatus::NeedsIntervention);
        world.slipway.continue_plan(&world.operator, plan, None).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(world.stands_now(plan).await, PlanStatus::FinishedSuccessful);
        assert!(world.kept(plan).await.is_none());
        let late = world.slipway.keep_plan_longer(&world.operator, plan, kept.until).await;
        assert!(late.is_err());
    }

    async fn what_is_over_cannot_be_continued_before_anybody_swept(mut world: World) {
        let plan = Box::pin(world.prepared()).await;
        world.slipway.clock.advance(9 * HOUR);
        let late = world.slipway.continue_plan(&world.operator, plan, None).await;
        assert_eq!(late.unwrap_err().code(), "packages_expired");
        let until = world.kept(plan).await.unwrap().until;
        let late = world.slipway.keep_plan_longer(&world.operator, plan, until).await;
        assert_eq!(late.unwrap_err().code(), "packages_expired");
        Box::pin(world.settle()).await;
        assert_eq!(world.stands_now(plan).await, PlanStatus::Aborted);
    }

    async fn what_a_person_waited_is_not_what_the_plan_took_and_who_continued_is_found(
        mut world: World
    ) {
        let plan = Box::pin(world.prepared()).await;
        let waits = Some(Intervention::Prepared);
        assert_eq!(world.on_its_way(core()).await, (plan, waits));
        let stamps_of = async |world: &World| {
            let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
            detail.row.stamps
        };
        let stamps = stamps_of(&world).await;
        let (paused, began) = (stamps.paused.unwrap(), stamps.started.clone().unwrap().at);
        let all = PlanFilter::default();
        let file = world.slipway.export_plans(&world.operator, &all, None);
        let file = Box::pin(file).await.unwrap().lines;
        let since = format!(",needs_intervention,prepared,{}T", domain::Day::of(paused));
        assert!(file.contains(&since), "{since} is not in {file}");
        let found = async |world: &World, word: &str| {
            let filter = PlanFilter::parse(&format!("status={word}"));
            let request = PlanRequest { filter, limit: 10, ..PlanRequest::default() };
            let page = world.slipway.list_plans(&world.operator, request).await.unwrap();
            page.rows.iter().map(|row| row.number).collect::<Vec<_>>()
        };
        for word in ["prepared", "suspended,prepared", "saved,prepared", "waiting"] {
            assert_eq!(found(&world, word).await, [plan], "{word}");
        }
        for word in ["suspended", "needs-value", "saved,suspended,needs-value"] {
            assert!(found(&world, word).await.is_empty(), "{word}");
        }
        // While it waits, no time passes for it.
        assert_eq!(stamps.took(paused.plus(HOUR)), Some(paused.since(began)));
        world.slipway.clock.advance(5 * HOUR);
        let ada = somebody(&world.slipway).await;
        let now = world.slipway.time();
        world.slipway.continue_plan(&ada, plan, None).await.unwrap();
        Box::pin(world.settle()).await;
        let stamps = stamps_of(&world).await;
        assert_eq!((stamps.paused, stamps.waited), (None, now.since(paused)));
        assert_eq!(stamps.continued.as_ref().unwrap().by.login, "ada");
        let took = stamps.took(now).unwrap();
        assert!(took < HOUR, "{took}");

        // Another one took longer, without anybody waiting.
        world.rule(|rules| rules.two_stage = false).await;
        world.publish_other(1, "one").await;
        let (longer, revision) = world.plan(vec![other(1)]).await;
        let started = world.slipway.start_plan(&world.operator, longer, revision, None);
        Box::pin(started).await.unwrap();
        world.slipway.clock.advance(HOUR);
        Box::pin(world.settle()).await;
        for (query, found) in [
            ("sort=longest", vec![longer, plan]),
            ("by=ada", vec![plan]),
            ("search=lovelace", vec![plan]),
        ] {
            let request = PlanRequest {
                filter: PlanFilter::parse(query),
                limit: 10,
                ..PlanRequest::default()
            };
            let page = world.slipway.list_plans(&world.operator, request).await.unwrap();
            let numbers: Vec<u64> = page.rows.iter().map(|row| row.number).collect();
            assert_eq!(numbers, found, "{query}");
        }
        let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!(run.plan.stamps, stamps);
    }

    async fn who_aborts_a_prepared_plan_leaves_nothing_to_sweep(mut world: World) {
        let plan = Box::pin(world.prepared()).await;
        let reason = "Not this week.".to_owned();
        world.slipway.abort_plan(&world.operator, plan, reason).await.unwrap();
        Box::pin(world.settle()).await;
        world.slipway.clock.advance(9 * HOUR);
        Box::pin(world.settle()).await;
        let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!(run.abort.unwrap().1, "Not this week.");
    }
}

/// Dies while it ends what is over, before and after the commit, and comes back.
#[tokio::test]
async fn a_console_that_dies_while_packages_expire_ends_the_plan() {
    for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
        let mut world = World::new().await;
        let plan = Box::pin(world.prepared()).await;
        world.slipway.clock.advance(9 * HOUR);
        world.slipway.fuse().set(1, kill);
        assert!(world.slipway.sweep_prepared().await.is_err());
        let mut world = world.reborn().await;
        Box::pin(world.settle()).await;
        assert_eq!(
            world.stands_now(plan).await,
            PlanStatus::Aborted,
            "{kill:?}"
        );
        let audit = world.slipway.audited().await;
        let ended = audit
            .iter()
            .filter(|(_, what, _)| what == "plan_packages_expired");
        assert_eq!(ended.count(), 1);
    }
}
