//! A saved plan is shared: what is not saved is said, what is changed is in the audit, looking at
//! it changes nothing; and a draft that nobody saves is gone after a day.

use super::{World, core, on_both, shop};
use backend::testing::{TestBackend, actor};
use domain::AppError;
use domain::access::Standing;
use domain::plan::{Choice, PlanKind, PlanStatus};
use domain::view::{PlanEdit, PlanRequest, PlanRow};

const HOUR: i64 = 3_600_000;

impl World {
    pub(super) async fn listed(&self) -> Vec<PlanRow> {
        let request = PlanRequest {
            limit: 50,
            ..PlanRequest::default()
        };
        let page = self.slipway.list_plans(&self.operator, request).await;
        page.unwrap().rows
    }

    async fn actions(&self) -> Vec<String> {
        let audit = self.slipway.list_audit().await;
        audit.into_iter().map(|entry| entry.action).collect()
    }
}

on_both! {
    async fn changes_that_nobody_saved_are_known_to_everybody(mut world: World) {
        world.publish_core("one").await;
        let (plan, saved) = world.plan(vec![core()]).await;
        assert!(!world.listed().await[0].unsaved);
        assert!(!world.slipway.read_plan(&world.operator, plan).await.unwrap().row.unsaved);
        world.slipway.clock.advance(5);
        // One of two editors changes it; the other, and the list, see that it is not saved.
        let revision = world
            .edit(plan, saved, PlanEdit::SetNotes("At night.".to_owned()))
            .await;
        let second = actor(Standing::Administrator);
        let seen = world.slipway.read_plan(&second, plan).await.unwrap();
        assert!(seen.row.unsaved && seen.content.notes == "At night.");
        // And who changed it, and when.
        let changed = seen.changed.expect("somebody changed it");
        let saved_at = seen.row.stamps.saved.expect("it was saved").at;
        assert_eq!(changed.at.since(saved_at), 5);
        assert!(world.listed().await[0].unsaved);
        // The other one saves it.
        world.slipway.save_plan(&second, plan, revision).await.unwrap();
        assert!(!world.listed().await[0].unsaved);
        let seen = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        assert!(!seen.row.unsaved);
        // A draft is never saved; a plan that was started has nothing to save.
        let (source, target) = (world.source(), world.target());
        let draft = world
            .slipway
            .create_plan(&world.operator, source, target, vec![core()])
            .await
            .unwrap();
        let made = world.slipway.read_plan(&world.operator, draft).await.unwrap();
        assert!(made.row.unsaved && made.changed.is_none());
        world
            .slipway
            .start_plan(&world.operator, draft, 1, None)
            .await
            .unwrap();
        assert!(!world.slipway.read_plan(&world.operator, draft).await.unwrap().row.unsaved);
        world.settle().await;
    }

    async fn edits_of_a_saved_plan_are_in_the_audit_and_those_of_a_draft_are_not(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (source, target) = (world.source(), world.target());
        let plan = world
            .slipway
            .create_plan(&world.operator, source, target, vec![core()])
            .await
            .unwrap();
        let revision = world
            .edit(plan, 1, PlanEdit::SetNotes("Mine alone.".to_owned()))
            .await;
        world
            .slipway
            .save_plan(&world.operator, plan, revision)
            .await
            .unwrap();
        assert!(!world.actions().await.contains(&"plan_edited".to_owned()));
        let edits = [
            PlanEdit::SetNotes("At night.".to_owned()),
            PlanEdit::SetChoice(core(), Choice::DoNothing),
            PlanEdit::AddApplications(vec![shop()]),
            PlanEdit::SetEnvironments(target, source),
        ];
        let mut revision = revision;
        for edit in edits {
            revision = world.edit(plan, revision, edit).await;
        }
        // What changes nothing is no change.
        world
            .edit(plan, revision, PlanEdit::SetEnvironments(target, source))
            .await;
        let audit = world.slipway.list_audit().await;
        let edited: Vec<_> = audit.iter().filter(|e| e.action == "plan_edited").collect();
        assert_eq!(edited.len(), 4);
        assert!(edited.iter().all(|e| e.actor_name == "Tester" && e.object_kind == "plan"));
        assert_eq!(edited[0].before.as_deref(), Some(r#"{"notes":"Mine alone."}"#));
        assert_eq!(edited[0].after.as_deref(), Some(r#"{"notes":"At night."}"#));
        assert!(edited[1].after.as_deref().unwrap().contains("do_nothing"));
        assert!(edited[2].before.as_deref().unwrap().contains("null"));
        assert!(edited[3].after.as_deref().unwrap().contains(&source.to_string()));
    }

    async fn looking_at_a_plan_changes_nothing(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (plan, revision) = world.plan(vec![shop()]).await;
        // Saving it checked it; a change made that old.
        assert!(world.listed().await[0].findings.unwrap().0 > 0);
        world
            .edit(plan, revision, PlanEdit::SetNotes("Later.".to_owned()))
            .await;
        assert_eq!(world.listed().await[0].findings, None);
        let mut told = world.slipway.topics().subscribe();
        world.slipway.check_plan(&world.operator, plan).await.unwrap();
        assert!(told.try_recv().is_err(), "nobody is told of anything");
        assert_eq!(world.listed().await[0].findings, None);
        world.slipway.validate_plan(&world.operator, plan).await.unwrap();
        assert!(told.try_recv().is_ok());
        assert!(world.listed().await[0].findings.unwrap().0 > 0);
    }

    async fn a_draft_is_gone_after_a_day_and_a_saved_plan_stays(mut world: World) {
        world.publish_core("one").await;
        let (saved, _) = world.plan(vec![core()]).await;
        let (source, target) = (world.source(), world.target());
        let draft = world
            .slipway
            .create_plan(&world.operator, source, target, vec![core()])
            .await
            .unwrap();
        world.slipway.clock.advance(24 * HOUR - 1);
        world.slipway.tidy().await.unwrap();
        world.slipway.read_plan(&world.operator, draft).await.unwrap();
        // On the dot it is gone for everybody, before anything was tidied.
        world.slipway.clock.advance(1);
        let gone = world.slipway.read_plan(&world.operator, draft).await;
        assert!(matches!(gone, Err(AppError::NotFound { .. })), "{gone:?}");
        let late = world.slipway.save_plan(&world.operator, draft, 1).await;
        assert!(matches!(late, Err(AppError::NotFound { .. })), "{late:?}");
        assert!(!world.actions().await.contains(&"plan_expired".to_owned()));
        world.slipway.tidy().await.unwrap();
        world.slipway.tidy().await.unwrap();
        let audit = world.slipway.list_audit().await;
        let expired: Vec<_> = audit.iter().filter(|e| e.action == "plan_expired").collect();
        assert_eq!(expired.len(), 1);
        assert_eq!(expired[0].actor_name, "Slipway");
        let status = world.slipway.read_plan(&world.operator, saved).await.unwrap().row.status;
        assert_eq!(status, PlanStatus::Saved);
    }

    async fn a_plan_stays_of_the_kind_it_was_made(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let mut content = world.slipway.read_plan(&world.operator, plan).await.unwrap().content;
        content.kind = PlanKind::Rollback;
        content.notes = "Down.".to_owned();
        world.edit(plan, revision, PlanEdit::Replace(content)).await;
        let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        assert_eq!(detail.content.notes, "Down.");
        assert_eq!((detail.content.kind, detail.row.kind), (PlanKind::Ordinary, PlanKind::Ordinary));
    }
}
