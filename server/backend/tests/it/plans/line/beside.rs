//! Plans beside each other: what is refused at the start, and which may be saved.

use crate::plans::{World, core, on_both, other, shop};
use backend::testing::TestBackend;
use domain::impact::FindingCode;
use domain::plan::PlanStatus;
use domain::view::{PlanEdit, StartOutcome};

fn codes(outcome: &StartOutcome) -> Vec<FindingCode> {
    match outcome {
        StartOutcome::Refused(report) => report.findings.iter().map(|f| f.code).collect(),
        StartOutcome::Started => Vec::new(),
    }
}

on_both! {
    async fn pp7_saved_plans_block_neither_each_other_nor_a_start(mut world: World) {
        let one = Box::pin(world.saved_other(1)).await;
        let two = world.plan(vec![other(1)]).await;
        assert_eq!(world.stands(two.0).await, PlanStatus::Saved);
        assert_eq!(world.start(one).await, StartOutcome::Started);
    }

    async fn pp8_a_plan_is_made_edited_and_started_while_others_run(mut world: World) {
        for number in 1..=3 {
            world.publish_other(number, "one").await;
        }
        let one = world.plan(vec![other(1)]).await;
        assert_eq!(world.start(one).await, StartOutcome::Started);
        // Nothing of this waits for the one that runs.
        let (source, target) = (world.source(), world.target());
        let made = world.slipway.create_plan(&world.operator, source, target, vec![other(2)]);
        let two = Box::pin(made).await.unwrap();
        let added = PlanEdit::AddApplications(vec![other(3)]);
        let revision = Box::pin(world.edit(two, 1, added)).await;
        let saved = world.slipway.save_plan(&world.operator, two, revision);
        let two = (two, Box::pin(saved).await.unwrap());
        assert_eq!(world.stands(one.0).await, PlanStatus::Running);
        // PM5: nothing is in the way.
        assert_eq!(world.start(two).await, StartOutcome::Started);
        for (plan, _) in [one, two] {
            assert_eq!(world.stands(plan).await, PlanStatus::Running);
        }
        Box::pin(world.settle()).await;
        for (plan, _) in [one, two] {
            assert_eq!(world.stands(plan).await, PlanStatus::FinishedSuccessful);
        }
    }

    async fn pm3_above_the_limit_a_start_is_refused_and_the_plan_stays_saved(mut world: World) {
        world.rule(|rules| rules.parallel_limit = 2).await;
        let mut plans = Vec::new();
        for number in 1..=3 {
            plans.push(Box::pin(world.saved_other(number)).await);
        }
        world.start(plans[0]).await;
        world.start(plans[1]).await;
        let third = world.start(plans[2]).await;
        assert_eq!(codes(&third), [FindingCode::ParallelLimit]);
        // Who holds the slots is named.
        let StartOutcome::Refused(report) = &third else { panic!("{third:?}") };
        let told = report.findings[0].detail.clone().unwrap();
        let holders = [plans[0].0, plans[1].0].map(|number| format!("#{number} "));
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!((lines.len(), lines[0]), (3, "2"));
        assert!(holders.iter().zip(&lines[1..]).all(|(holder, line)| line.starts_with(holder)), "{told}");
        assert_eq!(world.stands(plans[2].0).await, PlanStatus::Saved);
        Box::pin(world.settle()).await;
        assert_eq!(world.start(plans[2]).await, StartOutcome::Started);
    }

    async fn pm2_what_depends_on_a_module_that_another_plan_moves_is_refused_at_the_start(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let both = world.plan(vec![core(), shop()]).await;
        world.start(both).await;
        Box::pin(world.settle()).await;
        world.publish_core("two").await;
        world.publish_shop("two").await;
        let runs = world.plan(vec![core()]).await;
        let related = world.plan(vec![shop()]).await;
        assert_eq!(world.start(runs).await, StartOutcome::Started);
        let before = world.stands(related.0).await;
        let StartOutcome::Refused(report) = world.start(related).await else {
            panic!("it must be refused");
        };
        let pm2 = FindingCode::ParallelRelatedModule;
        let found = report.findings.iter().find(|finding| finding.code == pm2);
        let found = found.unwrap_or_else(|| panic!("{report:?}"));
        // Both modules, the path between them, and the other plan.
        let ends = [&found.consumer, &found.producer].map(|end| end.as_ref().unwrap().name.clone());
        assert_eq!(ends, ["ShopFront", "CoreLogic"]);
        assert_eq!(found.path, ["ShopFront", "CoreLogic"]);
        assert_eq!(found.application, Some(shop()));
        let named = found.detail.clone().unwrap();
        assert!(named.starts_with(&format!("#{} ", runs.0)), "{named}");
        assert_eq!(world.stands(related.0).await, before);
        Box::pin(world.settle()).await;
        assert_eq!(world.start(related).await, StartOutcome::Started);
    }

    async fn pm4_one_at_a_time_refuses_the_second_start_and_names_the_first(mut world: World) {
        world.rule(|rules| rules.parallel_execution = false).await;
        let one = Box::pin(world.saved_other(1)).await;
        let two = Box::pin(world.saved_other(2)).await;
        world.start(one).await;
        let StartOutcome::Refused(report) = world.start(two).await else {
            panic!("it must be refused");
        };
        assert_eq!(report.findings[0].code, FindingCode::ParallelSwitchedOff);
        let named = report.findings[0].detail.clone().unwrap();
        assert!(named.starts_with(&format!("#{} ", one.0)), "{named}");
    }

    async fn pp3_creation_switched_off_refuses_a_second_saved_plan(mut world: World) {
        world.rule(|rules| rules.parallel_creation = false).await;
        let one = Box::pin(world.saved_other(1)).await;
        let draft = world.slipway.create_plan(
            &world.operator, world.source(), world.target(), vec![other(1)],
        );
        let draft = draft.await.unwrap();
        let refused = world.slipway.save_plan(&world.operator, draft, 1).await.unwrap_err();
        assert_eq!(refused.code(), "creation_switched_off");
        assert!(refused.to_string().contains(&format!("#{}", one.0)), "{refused}");
        // Nor is it saved by being started or put in line.
        let started = world.slipway.start_plan(&world.operator, draft, 1, None).await;
        assert_eq!(started.unwrap_err().code(), "creation_switched_off");
        let queued = world.slipway.queue_plan(&world.operator, draft, 1, None).await;
        assert_eq!(queued.unwrap_err().code(), "creation_switched_off");
        let all = world.slipway.list_environments(&world.operator).await.unwrap();
        let open = all.iter().find_map(|e| e.row.open_plan.clone()).unwrap();
        assert_eq!(open.0, one.0);
        // When the first is over the second may be.
        world.start(one).await;
        Box::pin(world.settle()).await;
        world.slipway.save_plan(&world.operator, draft, 1).await.unwrap();
    }

    async fn of_two_saves_at_once_where_one_plan_may_be_saved_one_is(mut world: World) {
        world.publish_other(1, "one").await;
        world.rule(|rules| rules.parallel_creation = false).await;
        let draft = async || {
            let made = world.slipway.create_plan(
                &world.operator, world.source(), world.target(), vec![other(1)],
            );
            made.await.unwrap()
        };
        let (one, two) = (draft().await, draft().await);
        let answers = tokio::join!(
            world.slipway.save_plan(&world.operator, one, 1),
            world.slipway.save_plan(&world.operator, two, 1),
        );
        assert_eq!([answers.0.is_ok(), answers.1.is_ok()].iter().filter(|ok| **ok).count(), 1);
    }
}
