//! What changes around a plan while it is edited: named, and looked at again before it is tagged
//! (domain.md 3.6).

use super::{World, core, number, on_both, shop};
use backend::testing::TestBackend;
use domain::AppError;
use domain::plan::Choice;
use domain::view::{Adjusted, NewVersion, PlanDetail, PlanEdit, StartOutcome};

async fn read(world: &World, plan: u64) -> PlanDetail {
    world
        .slipway
        .read_plan(&world.operator, plan)
        .await
        .unwrap()
}

on_both! {
    async fn a_publication_in_the_source_is_named_and_not_tagged_unseen(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        assert_eq!(read(&world, plan).await.news, None);

        world.slipway.clock.advance(1_000);
        world.publish_core("two").await;
        let news = read(&world, plan).await.news.unwrap();
        let [row] = news.source.as_slice() else {
            panic!("{news:?}");
        };
        assert_eq!((row.application, row.name.as_str(), row.modules), (core(), "Core", 1));
        assert!(news.target.is_empty() && news.tags.is_empty());
        assert_eq!(news.unseen, [core()]);

        let refused = world
            .slipway
            .start_plan(&world.operator, plan, revision, None)
            .await
            .unwrap_err();
        let AppError::Conflict { code, message } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(code, "source_changed");
        assert!(message.contains("Core") && message.contains("Refresh applications"), "{message}");

        let refreshed = world
            .slipway
            .refresh_plan(&world.operator, plan, revision)
            .await
            .unwrap();
        assert_eq!(refreshed.adjusted, []);
        let detail = read(&world, plan).await;
        assert_eq!((detail.revision, detail.news), (refreshed.revision, None));
        let started = world
            .slipway
            .start_plan(&world.operator, plan, refreshed.revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
    }

    async fn only_what_the_plan_holds_counts_in_the_source(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.publish_shop("one").await;
        assert_eq!(read(&world, plan).await.news, None);
        // Who adds it looks at it.
        world.edit(plan, revision, PlanEdit::AddApplications(vec![shop()])).await;
        assert_eq!(read(&world, plan).await.news, None);
        world.publish_shop("two").await;
        let news = read(&world, plan).await.news.unwrap();
        let named: Vec<_> = news.source.iter().map(|row| row.application).collect();
        assert_eq!(named, [shop()]);
    }

    async fn anything_in_the_target_counts_but_holds_nothing_up(mut world: World) {
        world.publish_core("one").await;
        let (first, revision) = world.plan(vec![core()]).await;
        world.publish_shop("one").await;
        let (second, other) = world.plan(vec![shop()]).await;
        world.slipway.start_plan(&world.operator, first, revision, None).await.unwrap();
        world.settle().await;
        let news = read(&world, second).await.news.unwrap();
        assert_eq!(news.target.len(), 1);
        assert_eq!(news.target[0].name, "Core");
        assert!(news.source.is_empty() && news.unseen.is_empty());
        let started = world
            .slipway
            .start_plan(&world.operator, second, other, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        // What runs is frozen; nothing is news to it.
        assert_eq!(read(&world, second).await.news, None);
    }

    async fn a_tag_made_meanwhile_is_named_and_taken_by_a_refresh(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.slipway.clock.advance(1_000);
        let shown = world.slipway.read_application(&world.operator, core()).await.unwrap();
        world
            .slipway
            .tag_version(&world.operator, NewVersion {
                application: core(),
                environment: world.source(),
                number: "3.0".to_owned(),
                description: "By hand".to_owned(),
                running_revision: shown.running_revisions[0].unwrap(),
            })
            .await
            .unwrap();
        let news = read(&world, plan).await.news.unwrap();
        assert_eq!(news.tags, [("Core".to_owned(), number("3.0"))]);
        let refreshed = world
            .slipway
            .refresh_plan(&world.operator, plan, revision)
            .await
            .unwrap();
        assert_eq!(
            refreshed.adjusted,
            [("Core".to_owned(), Adjusted::Tagged(number("3.0")))]
        );
        let detail = read(&world, plan).await;
        assert!(matches!(detail.content.operations[0].choice, Choice::Deploy { .. }));
        assert_eq!(detail.news, None);
    }

    async fn a_refresh_on_an_old_revision_changes_nothing(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.publish_core("two").await;
        let edited = world.edit(plan, revision, PlanEdit::SetNotes("Later".to_owned())).await;
        let refused = world.slipway.refresh_plan(&world.operator, plan, revision).await;
        assert!(matches!(refused, Err(AppError::Stale { .. })), "{refused:?}");
        let detail = read(&world, plan).await;
        assert_eq!(detail.revision, edited);
        assert!(detail.news.is_some());
        // The audit says who looked again.
        world.slipway.refresh_plan(&world.operator, plan, edited).await.unwrap();
        let audited = world.slipway.audited().await;
        assert!(audited.iter().any(|(_, action, _)| action == "plan_refreshed"), "{audited:?}");
    }
}
