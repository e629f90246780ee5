//! Drafts and saved plans: who sees them, what an edit does, revisions, the list.

use super::{World, core, number, on_both, shop};
use backend::testing::{TestBackend, actor};
use domain::AppError;
use domain::access::Standing;
use domain::plan::{Choice, PlanKind, PlanStatus};
use domain::view::{CandidateFilter, EligibleFilter, NewVersion, PlanEdit};

on_both! {
    async fn a_draft_is_saved_edited_and_discarded(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let detail = world
            .slipway
            .read_plan(&world.operator, plan)
            .await
            .unwrap();
        assert_eq!(detail.row.status, PlanStatus::Saved);
        assert_eq!(detail.row.name, "Core 0.1 to Quality");
        assert_eq!(
            detail.content.operations[0].choice,
            Choice::TagAndDeploy {
                number: number("0.1"),
                description: String::new()
            }
        );
        let revision = world
            .edit(
                plan,
                revision,
                PlanEdit::AddApplications(vec![shop(), core()]),
            )
            .await;
        assert_eq!(revision, 2);
        let detail = world
            .slipway
            .read_plan(&world.operator, plan)
            .await
            .unwrap();
        assert_eq!(detail.row.name, "Core 0.1 and 1 more to Quality");
        assert_eq!(detail.rows.len(), 2);
        // Somebody who saw the former revision is told so, and nothing changes.
        let stale = world
            .slipway
            .edit_plan(
                &world.operator,
                plan,
                1,
                PlanEdit::SetNotes("late".to_owned()),
            )
            .await;
        assert!(matches!(stale, Err(AppError::Stale { .. })), "{stale:?}");
        world
            .slipway
            .discard_plan(&world.operator, plan)
            .await
            .unwrap();
        let gone = world.slipway.read_plan(&world.operator, plan).await;
        assert!(matches!(gone, Err(AppError::NotFound { .. })));
    }

    async fn the_same_environment_is_refused(mut world: World) {
        let refused = world
            .slipway
            .create_plan(&world.operator, world.source(), world.source(), Vec::new())
            .await;
        assert_eq!(refused.unwrap_err().code(), "invalid");
    }

    async fn a_guest_may_not_plan(mut world: World) {
        let refused = world
            .slipway
            .create_plan(
                &actor(Standing::Guest),
                world.source(),
                world.target(),
                Vec::new(),
            )
            .await;
        assert_eq!(refused.unwrap_err().code(), "forbidden");
    }

    async fn candidates_are_what_differs(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let filter = CandidateFilter {
            kind: PlanKind::Ordinary,
            source: world.source(),
            target: world.target(),
            text: String::new(),
            with_differences: true,
            except: vec![core()],
            offset: 0,
            limit: 50,
        };
        let page = world
            .slipway
            .list_candidates(&world.operator, filter)
            .await
            .unwrap();
        assert_eq!((page.rows.len(), page.total), (1, 1));
        assert_eq!(page.rows[0].name, "Shop");
        assert_eq!(page.rows[0].tag_proposal, Some(number("0.1")));
        assert_eq!(
            (page.rows[0].modules, page.rows[0].different_modules),
            (1, 1)
        );
    }

    async fn all_versions_that_can_be_deployed_are_listed_in_pages(mut world: World) {
        for (content, number) in [("one", "1.0"), ("two", "1.1"), ("three", "1.2")] {
            world.publish_core(content).await;
            let detail = world.slipway.read_application(&world.operator, core()).await.unwrap();
            let new = NewVersion {
                application: core(),
                environment: world.source(),
                number: number.to_owned(),
                description: String::new(),
                running_revision: detail.running_revisions[0].unwrap(),
            };
            world.slipway.tag_version(&world.operator, new).await.unwrap();
        }
        let list = async |application, offset, limit| {
            let filter = EligibleFilter {
                kind: PlanKind::Ordinary,
            source: world.source(),
                target: world.target(),
                application,
                offset,
                limit,
            };
            let viewer = actor(Standing::Viewer);
            let page = world.slipway.list_eligible(&viewer, filter).await.unwrap();
            let numbers: Vec<_> = page.rows.iter().map(|row| row.number.to_string()).collect();
            (numbers, page.total)
        };
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(list(core(), 0, 2).await, (words(&["1.2", "1.1"]), 3));
        assert_eq!(list(core(), 2, 2).await, (words(&["1.0"]), 3));
        assert_eq!(list(core(), 9, 2).await, (words(&[]), 3));
        assert_eq!(list(shop(), 0, 2).await, (words(&[]), 0));
        // What is below the target's is not offered: an ordinary plan never goes down.
        let (source, target) = (world.source(), world.target());
        let plan = world
            .slipway
            .create_plan(&world.operator, source, target, vec![core()])
            .await
            .unwrap();
        let newest = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        let second = newest.rows[0].eligible[1].id;
        let revision = world
            .edit(plan, 1, PlanEdit::SetChoice(core(), Choice::Deploy { version: second }))
            .await;
        world.slipway.start_plan(&world.operator, plan, revision, None).await.unwrap();
        world.settle().await;
        let filter = EligibleFilter {
            kind: PlanKind::Ordinary,
            source,
            target,
            application: core(),
            offset: 0,
            limit: 50,
        };
        let page = world.slipway.list_eligible(&world.operator, filter).await.unwrap();
        let numbers: Vec<_> = page.rows.iter().map(|row| row.number.to_string()).collect();
        assert_eq!(numbers, ["1.2", "1.1"]);
    }
}
