//! Starting: the server's own check, overrides, tags, two starts at once.

use super::{World, core, number, on_both, shop};
use backend::testing::TestBackend;
use domain::execution::LogKind;
use domain::impact::FindingCode;
use domain::plan::PlanStatus;
use domain::view::{LogFilter, PlanEdit, StartOutcome};

on_both! {
    async fn a_missing_producer_refuses_the_start_until_it_is_repaired(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![shop()]).await;
        let started = world
            .slipway
            .start_plan(&world.operator, plan, revision, None)
            .await
            .unwrap();
        let StartOutcome::Refused(report) = started else {
            panic!("it must be refused");
        };
        assert!(
            report
                .findings
                .iter()
                .any(|finding| finding.code == FindingCode::ProducerModuleMissing),
            "{report:?}"
        );
        let detail = world
            .slipway
            .read_plan(&world.operator, plan)
            .await
            .unwrap();
        assert_eq!(detail.row.status, PlanStatus::Saved);
        assert!(detail.row.findings.unwrap().0 > 0);
        // With Core it goes.
        let revision = world
            .edit(plan, revision, PlanEdit::AddApplications(vec![core()]))
            .await;
        let started = world
            .slipway
            .start_plan(&world.operator, plan, revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        world.settle().await;
        let detail = world
            .slipway
            .read_plan(&world.operator, plan)
            .await
            .unwrap();
        assert_eq!(detail.row.status, PlanStatus::FinishedSuccessful);
        assert!(detail.row.stamps.synchronized.is_some());
    }

    async fn errors_can_be_overridden_with_a_reason_and_end_with_warnings(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![shop()]).await;
        let started = world
            .slipway
            .start_plan(
                &world.operator,
                plan,
                revision,
                Some("Core follows tonight.".to_owned()),
            )
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        world.settle().await;
        let detail = world
            .slipway
            .read_plan(&world.operator, plan)
            .await
            .unwrap();
        assert_eq!(detail.row.status, PlanStatus::FinishedWithWarnings);
        let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!(run.in_spite_because.as_deref(), Some("Core follows tonight."));
        // The log begins with who started it, and then says what was accepted.
        let log = world
            .slipway
            .read_log(&world.operator, plan, LogFilter::default())
            .await
            .unwrap();
        let kinds: Vec<LogKind> = log.lines.iter().map(|line| line.kind).collect();
        assert_eq!(kinds[..2], [LogKind::Start, LogKind::AcceptableError]);
        assert_eq!(kinds.iter().filter(|kind| **kind == LogKind::Start).count(), 1);
        let accepted = &log.lines[1];
        assert_eq!(accepted.module.as_deref(), Some("ShopFront"));
        assert!(
            accepted.text.contains("CoreLogic") && accepted.text.contains("Price"),
            "{}",
            accepted.text
        );
    }

    async fn a_reason_does_not_override_what_cannot_work(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![shop()]).await;
        // The target's agent is silent for so long that it counts as away.
        world.slipway.clock.advance(600_000);
        let reason = Some("Core follows tonight.".to_owned());
        let started = world
            .slipway
            .start_plan(&world.operator, plan, revision, reason)
            .await
            .unwrap();
        let StartOutcome::Refused(report) = started else {
            panic!("it must be refused");
        };
        let unavoidable: Vec<_> = report.unavoidable().map(|finding| finding.code).collect();
        assert_eq!(unavoidable, [FindingCode::TargetUnreachable]);
        let too_long = "x".repeat(domain::name::MAX_REASON as usize + 1);
        let refused = world
            .slipway
            .start_plan(&world.operator, plan, revision, Some(too_long))
            .await;
        assert_eq!(refused.unwrap_err().code(), "invalid");
    }

    async fn a_tag_and_deploy_makes_the_tag_in_the_start(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world
            .slipway
            .start_plan(&world.operator, plan, revision, None)
            .await
            .unwrap();
        world.settle().await;
        assert_eq!(world.quality.running, world.development.running);
        let (next, _) = world.plan(vec![core()]).await;
        let detail = world
            .slipway
            .read_plan(&world.operator, next)
            .await
            .unwrap();
        let row = &detail.rows[0];
        let (in_source, source_marks) = row.in_source.unwrap();
        let (in_target, target_marks) = row.in_target.unwrap();
        assert_eq!(in_source, Some(number("0.1")));
        assert_eq!(in_target, Some(number("0.1")));
        assert!(!source_marks.modified && !target_marks.modified);
        assert_eq!(row.different_modules, 0);
        assert_eq!(row.tag_proposal, None);
        let can_move = async |world: &World| {
            let detail = world.slipway.read_application(&world.operator, core()).await;
            detail.unwrap().cells[0].can_move
        };
        assert!(!can_move(&world).await);
        // The next state gets the next number.
        world.publish_core("two").await;
        let detail = world
            .slipway
            .read_plan(&world.operator, next)
            .await
            .unwrap();
        assert_eq!(detail.rows[0].tag_proposal, Some(number("0.2")));
        // What was changed since the tag that the target has can move, and once it is tagged as well.
        assert!(can_move(&world).await);
        let (plan, revision) = world.plan(vec![core()]).await;
        world
            .slipway
            .start_plan(&world.operator, plan, revision, None)
            .await
            .unwrap();
        assert!(can_move(&world).await);
    }

    async fn of_two_starts_of_the_same_plan_one_wins(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let start = || {
            world
                .slipway
                .start_plan(&world.operator, plan, revision, None)
        };
        let (one, two) = tokio::join!(start(), start());
        let started = [&one, &two]
            .into_iter()
            .filter(|answer| matches!(answer, Ok(StartOutcome::Started)))
            .count();
        assert_eq!(started, 1, "{one:?} {two:?}");
        let refused = one.err().or(two.err()).unwrap();
        assert_eq!(refused.code(), "plan_started");
    }

    async fn a_module_of_a_running_plan_cannot_be_deployed_by_another(mut world: World) {
        world.publish_core("one").await;
        let (first, revision) = world.plan(vec![core()]).await;
        let (second, again) = world.plan(vec![core()]).await;
        let (one, two) = tokio::join!(
            world
                .slipway
                .start_plan(&world.operator, first, revision, None),
            world
                .slipway
                .start_plan(&world.operator, second, again, None),
        );
        let outcomes = [one.unwrap(), two.unwrap()];
        let started = outcomes
            .iter()
            .filter(|outcome| **outcome == StartOutcome::Started)
            .count();
        assert_eq!(started, 1);
        let refused = outcomes.iter().find_map(|outcome| match outcome {
            StartOutcome::Refused(report) => Some(report),
            StartOutcome::Started => None,
        });
        let codes: Vec<_> = refused
            .unwrap()
            .findings
            .iter()
            .map(|finding| finding.code)
            .collect();
        assert!(
            codes.contains(&FindingCode::ParallelSameModule),
            "{codes:?}"
        );
        world.settle().await;
    }
}
