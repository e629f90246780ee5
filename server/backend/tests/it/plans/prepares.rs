//! Plans of who may not deploy: team leaders prepare, operators execute (domain.md 3.4, 3.5).

use super::list::somebody;
use super::{SHOP, World, core, id, on_both, shop};
use backend::Actor;
use backend::testing::TestBackend;
use domain::ModuleId;
use domain::access::{Access, Standing};
use domain::impact::FindingCode;
use domain::plan::PlanStatus;
use domain::view::{PlanEdit, StartOutcome};

/// Somebody with an account who may see everything and deploy nothing.
async fn leader(world: &World) -> Actor {
    Actor {
        access: Access {
            standing: Standing::Viewer,
        },
        ..somebody(&world.slipway).await
    }
}

const RIGHTS: [FindingCode; 2] = [FindingCode::NoRightToDeploy, FindingCode::NoRightToTag];

on_both! {
    async fn who_may_not_deploy_prepares_a_plan_and_somebody_else_runs_it(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let leader = leader(&world).await;
        let slipway = &world.slipway;
        let made = slipway.create_plan(&leader, world.source(), world.target(), vec![shop()]);
        let plan = made.await.unwrap();
        let detail = slipway.read_plan(&leader, plan).await.unwrap();
        assert!(detail.may_edit && !detail.may_start);
        assert!(detail.refusal.unwrap().contains("Viewer"));

        // The check and its repair help as they help others; what only others may do is said once.
        let found = async || {
            let report = slipway.check_plan(&leader, plan).await.unwrap();
            let whole = report.findings.iter().filter(|found| found.application.is_none());
            let whole: Vec<_> = whole.map(|found| found.code).collect();
            assert!(RIGHTS.iter().all(|code| whole.contains(code)), "{whole:?}");
            let codes: Vec<_> = report.findings.iter().map(|found| found.code).collect();
            assert_eq!(codes.iter().filter(|code| RIGHTS.contains(code)).count(), 2);
            report
        };
        let report = found().await;
        assert!(report.findings.len() > 2, "{:?}", report.findings);
        assert!(!report.missing_producers.is_empty());
        let repairs = slipway.repair_plan(&leader, plan).await.unwrap();
        let repaired = PlanEdit::Replace(repairs[0].content.clone());
        let revision = slipway.edit_plan(&leader, plan, 1, repaired).await.unwrap();
        assert_eq!(found().await.findings.len(), 2);

        slipway.save_plan(&leader, plan, revision).await.unwrap();
        let listed = world.listed().await;
        assert_eq!(listed[0].findings, Some((0, 0)), "what the list says is about the plan");
        let refused = slipway.start_plan(&leader, plan, revision, None).await;
        assert_eq!(refused.unwrap_err().code(), "forbidden");
        let refused = slipway.queue_plan(&leader, plan, revision, None).await;
        assert_eq!(refused.unwrap_err().code(), "forbidden");

        let started = slipway.start_plan(&world.operator, plan, revision, None).await.unwrap();
        assert_eq!(started, StartOutcome::Started);
        Box::pin(world.settle()).await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
    }

    async fn consumers_are_ticked_by_who_may_change_them(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let leader = leader(&world).await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let slipway = &world.slipway;
        let tick = || PlanEdit::SetRepublish(vec![ModuleId(id(SHOP + 1))]);
        let refused = slipway.edit_plan(&leader, plan, revision, tick()).await;
        assert_eq!(refused.unwrap_err().code(), "forbidden");
        let revision = slipway.edit_plan(&world.operator, plan, revision, tick()).await.unwrap();
        // What is ticked stays, whatever else she changes.
        let note = PlanEdit::SetNotes("At night.".to_owned());
        let revision = slipway.edit_plan(&leader, plan, revision, note).await.unwrap();
        let kept = slipway.read_plan(&leader, plan).await.unwrap().content.republish;
        assert_eq!(kept, [ModuleId(id(SHOP + 1))]);
        let none = PlanEdit::SetRepublish(Vec::new());
        let refused = slipway.edit_plan(&leader, plan, revision, none).await;
        assert_eq!(refused.unwrap_err().code(), "forbidden");
        // Another way has other consumers; that is no choice of hers.
        let elsewhere = PlanEdit::SetEnvironments(world.target(), world.source());
        slipway.edit_plan(&leader, plan, revision, elsewhere).await.unwrap();
    }

    async fn only_who_may_deploy_discards_plans_of_others(mut world: World) {
        world.publish_core("one").await;
        let leader = leader(&world).await;
        let (others, _) = world.plan(vec![core()]).await;
        let slipway = &world.slipway;
        let made = slipway.create_plan(&leader, world.source(), world.target(), vec![core()]);
        let own = made.await.unwrap();
        slipway.save_plan(&leader, own, 1).await.unwrap();

        let refused = slipway.discard_plan(&leader, others).await.unwrap_err();
        assert_eq!(refused.code(), "forbidden");
        assert!(refused.to_string().contains("discard deployment plans of others"), "{refused}");
        assert_eq!(world.status(others).await, PlanStatus::Saved);
        slipway.discard_plan(&leader, own).await.unwrap();
        slipway.restore_plan(&leader, own).await.unwrap();
        slipway.discard_plan(&world.operator, own).await.unwrap();
    }
}
