//! Blocked applications (domain.md 3.11, B1 to B7).

use super::{World, core, core_folder, on_both, other, shop};
use backend::NewPublication;
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::plan::{Choice, PlanStatus};
use domain::view::{PlanApplicationRow, PlanEdit, QueueOutcome, StartOutcome};
use domain::{AppError, ApplicationId};
use std::sync::Arc;

impl World {
    pub(super) async fn block(
        &self,
        application: ApplicationId,
        reason: &str,
    ) -> Result<(), AppError> {
        self.slipway
            .block_application(&self.operator, application, self.target(), reason)
            .await
    }

    async fn unblock(&self, application: ApplicationId) {
        self.slipway
            .unblock_application(
                &self.operator,
                application,
                self.target(),
                "It was audited.",
            )
            .await
            .unwrap();
    }

    async fn row(&self, plan: u64, application: ApplicationId) -> PlanApplicationRow {
        let detail = self.slipway.read_plan(&self.operator, plan).await.unwrap();
        let mut rows = detail.rows.into_iter();
        rows.find(|row| row.application == application).unwrap()
    }

    async fn codes(&self, plan: u64) -> Vec<FindingCode> {
        let report = self.slipway.check_plan(&self.operator, plan).await.unwrap();
        report.findings.iter().map(|finding| finding.code).collect()
    }
}

on_both! {
    async fn b1_b3_b5_a_blocked_application_stays_out_of_plans_until_it_is_unblocked(
        mut world: World
    ) {
        world.publish_core("one").await;
        world.block(core(), "Not audited yet.").await.unwrap();
        // Twice is once.
        world.block(core(), "Still not.").await.unwrap();
        let (plan, revision) = world.plan(vec![core()]).await;
        let row = world.row(plan, core()).await;
        assert_eq!(row.preselected, Choice::DoNothing);
        assert_eq!(row.blocked.as_deref(), Some("Not audited yet."));
        // It is fixed at *Do nothing*.
        let version = row.tag_proposal.unwrap();
        let tag = Choice::TagAndDeploy { number: version, description: String::new() };
        let tag = PlanEdit::SetChoice(core(), tag);
        let refused = world
            .slipway
            .edit_plan(&world.operator, plan, revision, tag.clone())
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "application_blocked");
        let said = refused.to_string();
        assert!(said.contains("Core is blocked for Quality (Not audited yet.)"), "{said}");
        // Whoever chose it before it was blocked is refused at the start, whatever the reason.
        world.unblock(core()).await;
        let revision = world.edit(plan, revision, tag).await;
        world.block(core(), "Not again.").await.unwrap();
        assert!(world.codes(plan).await.contains(&FindingCode::ApplicationBlocked));
        let started = world
            .slipway
            .start_plan(&world.operator, plan, revision, Some("I insist.".to_owned()))
            .await
            .unwrap();
        assert!(matches!(started, StartOutcome::Refused(_)));
        world.unblock(core()).await;
        assert_eq!(world.row(plan, core()).await.blocked, None);
        let started = world
            .slipway
            .start_plan(&world.operator, plan, revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        world.settle().await;
        let done: Vec<_> = world
            .slipway
            .list_audit()
            .await
            .into_iter()
            .filter(|entry| entry.action.ends_with("blocked"))
            .map(|entry| (entry.action, entry.reason.unwrap_or_default()))
            .collect();
        let entry = |action: &str, reason: &str| (action.to_owned(), reason.to_owned());
        assert_eq!(
            done,
            [
                entry("application_blocked", "Not audited yet."),
                entry("application_unblocked", "It was audited."),
                entry("application_blocked", "Not again."),
                entry("application_unblocked", "It was audited."),
            ]
        );
    }

    async fn b2_only_what_is_not_there_and_not_on_its_way_can_be_blocked(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let started = world
            .slipway
            .start_plan(&world.operator, plan, revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        let refused = world.block(core(), "Too late.").await.unwrap_err();
        assert_eq!(refused.code(), "on_its_way");
        assert!(refused.to_string().contains(&format!("Plan #{plan}")), "{refused}");
        world.settle().await;
        let refused = world.block(core(), "Too late.").await.unwrap_err();
        assert_eq!(refused.code(), "runs_there");
        let refused = world.block(shop(), " ").await.unwrap_err();
        assert!(matches!(refused, AppError::NotFound { .. } | AppError::Invalid { .. }));
        let viewer = actor(Standing::Viewer);
        let refused = world
            .slipway
            .block_application(&viewer, core(), world.target(), "Mine.")
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "forbidden");
    }

    async fn b2_what_a_plan_waits_in_line_to_bring_cannot_be_blocked(mut world: World) {
        world.publish_core("one").await;
        world.rule(|rules| rules.parallel_limit = 1).await;
        world.publish_other(1, "one").await;
        world.publish_other(2, "one").await;
        let (runs, revision) = world.plan(vec![other(1)]).await;
        let started = world.slipway.start_plan(&world.operator, runs, revision, None).await;
        assert_eq!(started.unwrap(), StartOutcome::Started);
        let (waits, revision) = world.plan(vec![core(), other(2)]).await;
        let tag = world.row(waits, other(2)).await;
        assert_ne!(tag.preselected, Choice::DoNothing);
        let out = PlanEdit::SetChoice(other(2), Choice::DoNothing);
        let revision = world.edit(waits, revision, out).await;
        let queued = world.slipway.queue_plan(&world.operator, waits, revision, None).await;
        assert_eq!(queued.unwrap(), QueueOutcome::Queued);
        let refused = world.block(core(), "Too late.").await.unwrap_err();
        assert_eq!(refused.code(), "on_its_way");
        assert!(refused.to_string().contains(&format!("Plan #{waits} waits in line")), "{refused}");
        // What it has and does not bring may be.
        world.block(other(2), "Not audited yet.").await.unwrap();
        world.slipway.leave_queue(&world.operator, waits).await.unwrap();
        world.block(core(), "Not audited yet.").await.unwrap();
    }

    async fn b4_what_needs_a_blocked_application_goes_only_with_errors(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.block(core(), "Not audited yet.").await.unwrap();
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        assert!(world.codes(plan).await.contains(&FindingCode::ProducerModuleMissing));
        let start = async |reason: Option<String>| {
            world
                .slipway
                .start_plan(&world.operator, plan, revision, reason)
                .await
                .unwrap()
        };
        assert!(matches!(start(None).await, StartOutcome::Refused(_)));
        let started = start(Some("It is looked at tomorrow.".to_owned())).await;
        assert_eq!(started, StartOutcome::Started);
        world.settle().await;
        let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        assert_eq!(detail.row.status, PlanStatus::FinishedWithWarnings);
        assert!(world.row(plan, core()).await.blocked.is_some(), "the block is still there");
    }

    async fn b7_new_applications_are_blocked_everywhere_else_while_that_is_switched(
        mut world: World
    ) {
        let administrator = actor(Standing::Administrator);
        let slipway = Arc::clone(&world.slipway.backend);
        let set = async |actor: &backend::Actor, revision, blocked, reason: &str| {
            Box::pin(slipway.set_new_applications(actor, revision, blocked, reason)).await
        };
        world.publish_core("one").await;
        let refused = set(&world.operator, 0, true, "Reviewed first.").await.unwrap_err();
        assert_eq!(refused.code(), "forbidden");
        let refused = set(&administrator, 0, true, " ").await.unwrap_err();
        assert_eq!(refused.code(), "invalid");
        let rule = slipway.read_new_applications(&world.operator).await.unwrap();
        assert_eq!((rule.blocked, rule.revision), (false, 0));
        set(&administrator, 0, true, "Reviewed first.").await.unwrap();
        // Twice is once.
        set(&administrator, 0, true, "Again.").await.unwrap();
        let rule = slipway.read_new_applications(&world.operator).await.unwrap();
        assert_eq!((rule.blocked, rule.revision), (true, 1));
        assert_eq!(rule.changed.unwrap().1, "Reviewed first.");

        world.publish_shop("one").await;
        world.publish_core("two").await;
        let (plan, _) = world.plan(vec![core(), shop()]).await;
        assert_eq!(world.row(plan, core()).await.blocked, None, "it was there before");
        let blocked = world.row(plan, shop()).await.blocked.unwrap();
        assert!(blocked.ends_with("Reviewed first."), "{blocked}");
        // Where it was made it is not.
        let detail = slipway.read_application(&world.operator, shop()).await.unwrap();
        let marked: Vec<bool> = detail.cells.iter().map(|cell| cell.marks.blocked).collect();
        assert_eq!(marked, [false, true]);
        // It is a block like any other.
        world.unblock(shop()).await;
        assert_eq!(world.row(plan, shop()).await.blocked, None);

        let stale = set(&administrator, 0, false, "Trusted.").await.unwrap_err();
        assert_eq!(stale.code(), "stale");
        set(&administrator, 1, false, "Trusted.").await.unwrap();
        world.publish_other(1, "one").await;
        let (plan, _) = world.plan(vec![other(1)]).await;
        assert_eq!(world.row(plan, other(1)).await.blocked, None);
        let audit = world.slipway.list_audit().await;
        let said: Vec<_> = audit
            .iter()
            .filter(|entry| ["new_applications_changed", "application_blocked"].contains(&entry.action.as_str()))
            .map(|entry| (entry.object_name.as_str(), entry.actor_name.as_str()))
            .collect();
        assert_eq!(said, [
            ("New applications", "Tester"),
            ("Shop", "Slipway"),
            ("New applications", "Tester"),
        ]);
    }

    // B6 as decided: what is published straight into the target runs there, and the block stays.
    async fn b6_what_is_published_on_the_agents_machine_shows_and_the_block_stays(mut world: World) {
        world.publish_core("one").await;
        world.block(core(), "Not audited yet.").await.unwrap();
        let (plan, _) = world.plan(vec![core()]).await;
        // The agent of Quality hosts it all of a sudden.
        let module = world.development.running.keys().next().copied().unwrap();
        let version = world.development.running[&module];
        let placement = world.development.known[&version].clone();
        world.quality.known.insert(version, placement);
        world.quality.running.insert(module, version);
        world
            .slipway
            .synchronize_environment(&world.operator, world.target())
            .await
            .unwrap();
        world.settle().await;
        let row = world.row(plan, core()).await;
        assert_eq!(row.blocked.as_deref(), Some("Not audited yet."));
        let (_, marks) = row.in_target.expect("it runs there");
        assert!(marks.blocked && marks.changed_outside, "{marks:?}");
    }

    async fn b6_who_publishes_past_a_block_is_warned_and_the_block_stays(mut world: World) {
        world.publish_core("one").await;
        world.block(core(), "Not audited yet.").await.unwrap();
        // As `slipway publish --environment Quality` does, by somebody with every right.
        let administrator = actor(Standing::Administrator);
        let folder = core_folder("urgent");
        let new = || async {
            NewPublication {
                environment: "Quality".to_owned(),
                bundles: world.upload(folder.path()).await,
                allow_missing: false,
            }
        };
        let (first, second) = (new().await, new().await);
        let run = Box::pin(world.slipway.publish(&administrator, first)).await.unwrap();
        world.settle().await;
        let warned = async |run| {
            let state = world.slipway.read_publication(&administrator, run, 0).await.unwrap();
            assert_eq!(state.succeeded, Some(true), "{state:?}");
            assert!(state.lines[0].text.contains("started by"), "{state:?}");
            let lines = state.lines.into_iter();
            let lines = lines.filter(|line| line.level == "warning");
            lines.map(|line| line.text).collect::<Vec<_>>()
        };
        assert_eq!(
            warned(run).await,
            ["Core is blocked in Quality: \"Not audited yet.\" It is published there all the same; \
              the block stays, and no plan brings it there until that is lifted."]
        );
        let audit = world.slipway.list_audit().await;
        let started = audit.iter().rfind(|entry| entry.action == "publication_started").unwrap();
        assert!(started.after.as_ref().unwrap().contains("Not audited yet."), "{started:?}");
        // Plans are kept from it as before, and what runs there shows as what it is.
        let (plan, _) = world.plan(vec![core()]).await;
        let row = world.row(plan, core()).await;
        assert_eq!(row.blocked.as_deref(), Some("Not audited yet."));
        assert_eq!(row.preselected, Choice::DoNothing);
        let (_, marks) = row.in_target.expect("it runs there");
        assert!(marks.blocked && marks.hotfix && !marks.changed_outside, "{marks:?}");
        // Where nothing is blocked there is nothing to warn of.
        world.unblock(core()).await;
        let run = Box::pin(world.slipway.publish(&administrator, second)).await.unwrap();
        world.settle().await;
        let said = world.slipway.read_publication(&administrator, run, 0).await.unwrap();
        assert_eq!(said.succeeded, Some(true));
        assert!(said.lines.iter().all(|line| line.level == "info"), "{said:?}");
    }
}
