//! Versions as plans meet them (domain.md 1.7): each rule by its number. V8 and V9 are about mobile
//! applications.

use super::{World, core, number, on_both};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::impact::{FindingCode, Severity};
use domain::plan::Choice;
use domain::view::{NewVersion, PlanApplicationRow, PlanEdit, StartOutcome};
use domain::{AppError, VersionNumber};

impl World {
    /// Core between Development and Quality, as a new plan offers it.
    async fn offered(&self) -> PlanApplicationRow {
        let (plan, _) = self.plan(vec![core()]).await;
        let detail = self.slipway.read_plan(&self.operator, plan).await.unwrap();
        let gone = self.slipway.discard_plan(&self.operator, plan);
        gone.await.unwrap();
        detail.rows[0].clone()
    }

    async fn core_numbers(&self) -> Vec<VersionNumber> {
        let page = self.slipway.list_versions(&self.operator, core(), 0, 50);
        let rows = page.await.unwrap().rows;
        rows.iter().map(|row| row.number).collect()
    }

    /// The bundle that Quality's agent runs of Core.
    fn core_hosted(&self) -> Vec<&str> {
        let running = self.quality.running.values();
        running
            .map(|state| self.quality.known[state].digest.as_str())
            .collect()
    }
}

on_both! {
    async fn v1_a_tag_delivers_exactly_that_state_even_if_development_went_on(mut world: World) {
        world.publish_core("one").await;
        let version = world.tag_core(world.source(), "1.0").await;
        let tagged: Vec<String> = world
            .development
            .running
            .values()
            .map(|state| world.development.known[state].digest.clone())
            .collect();
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let edit = PlanEdit::SetChoice(core(), Choice::Deploy { version });
        let revision = world.edit(plan, revision, edit).await;
        world.run_through(plan, revision).await;
        assert_eq!(world.core_hosted(), tagged);
    }

    async fn v2_v3_what_runs_is_a_tag_or_a_tag_and_a_plus(mut world: World) {
        world.publish_core("one").await;
        world.tag_core(world.source(), "1.0").await;
        let cell = &world.core_now().await.cells[0];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("1.0")), false));
        world.publish_core("two").await;
        let detail = world.core_now().await;
        let cell = &detail.cells[0];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("1.0")), true));
        // The plus stands at the module, too.
        assert!(detail.modules[0].cells[0].modified);
    }

    async fn v4_what_is_made_downstream_is_a_hotfix_until_it_is_settled(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        assert!(!world.core_now().await.cells[1].marks.hotfix);
        world.publish_core_in("Quality", "urgent").await;
        let detail = world.core_now().await;
        let marks = detail.cells[1].marks;
        assert!(marks.hotfix && marks.modified);
        let hotfix = detail.guarded.hotfixes[0].id;
        let waived = world.slipway.waive_hotfix(&world.operator, hotfix, "Not needed");
        waived.await.unwrap();
        assert!(!world.core_now().await.cells[1].marks.hotfix);
    }

    async fn v5_proposed_is_the_next_second_number_and_downstream_the_next_third(mut world: World) {
        world.publish_core("one").await;
        let row = world.offered().await;
        assert_eq!(row.tag_proposal, Some(VersionNumber::FIRST));
        world.tag_core(world.source(), "0.3").await;
        assert_eq!(world.offered().await.tag_proposal, None, "it runs a tag, unchanged");
        world.publish_core("two").await;
        assert_eq!(world.offered().await.tag_proposal, Some(number("0.4")));
        // The proposal may be changed, as long as it goes up.
        let (plan, revision) = world.plan(vec![core()]).await;
        let tag = |text: &str| Choice::TagAndDeploy { number: number(text), description: String::new() };
        let low = world.edit(plan, revision, PlanEdit::SetChoice(core(), tag("0.2"))).await;
        let report = world.slipway.check_plan(&world.operator, plan).await.unwrap();
        assert!(report.findings.iter().any(|f| f.code == FindingCode::TagNumberUnusable));
        let revision = world.edit(plan, low, PlanEdit::SetChoice(core(), tag("0.7"))).await;
        world.run_through(plan, revision).await;
        assert_eq!(world.core_numbers().await, [number("0.7"), number("0.3")]);
        world.publish_core_in("Quality", "urgent").await;
        let plan = world
            .slipway
            .create_plan(&world.operator, world.target(), world.source(), vec![core()])
            .await
            .unwrap();
        let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        assert_eq!(detail.rows[0].tag_proposal, Some(number("0.7.1")));
    }

    async fn v6_a_lower_version_than_the_targets_is_not_offered_and_refused(mut world: World) {
        world.publish_core("one").await;
        let old = world.tag_core(world.source(), "1.0").await;
        world.publish_core("two").await;
        world.tag_core(world.source(), "2.0").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        let offered: Vec<_> = world.offered().await.eligible.iter().map(|tag| tag.number).collect();
        assert_eq!(offered, [number("2.0")]);
        let (plan, revision) = world.plan(vec![core()]).await;
        let edit = PlanEdit::SetChoice(core(), Choice::Deploy { version: old });
        let revision = world.edit(plan, revision, edit).await;
        // No reason overrides it.
        let reason = Some("I want it".to_owned());
        let refused = world.slipway.start_plan(&world.operator, plan, revision, reason).await;
        let StartOutcome::Refused(report) = refused.unwrap() else {
            panic!("it went back");
        };
        let errors = report.findings.iter().filter(|f| f.severity == Severity::Error);
        let codes: Vec<_> = errors.map(|f| f.code).collect();
        assert_eq!(codes, [FindingCode::VersionDowngrade]);
    }

    async fn v10_tags_are_made_wherever_it_runs_by_who_may_also_from_inside_a_plan(mut world: World) {
        world.publish_core("one").await;
        let detail = world.core_now().await;
        let new = || NewVersion {
            application: core(),
            environment: world.source(),
            number: "1.0".to_owned(),
            description: String::new(),
            running_revision: detail.running_revisions[0].unwrap(),
        };
        let viewer = actor(Standing::Viewer);
        let refused = world.slipway.tag_version(&viewer, new()).await;
        assert!(matches!(refused, Err(AppError::Forbidden { .. })));
        // From inside a plan, in the transaction that starts it.
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        assert_eq!(world.core_numbers().await, [VersionNumber::FIRST]);
        world.publish_core_in("Quality", "urgent").await;
        world.tag_core(world.target(), "0.1.1").await;
        assert_eq!(world.core_numbers().await, [number("0.1.1"), VersionNumber::FIRST]);
    }

    async fn v13_content_that_equals_a_tag_is_that_tag_however_it_came(mut world: World) {
        world.publish_core("one").await;
        world.tag_core(world.source(), "1.0").await;
        world.publish_core_in("Quality", "one").await;
        let cell = &world.core_now().await.cells[1];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("1.0")), false));
        assert!(!cell.marks.hotfix && !cell.marks.changed_outside);
    }

    async fn v14_a_synchronization_never_renumbers_tags(mut world: World) {
        world.publish_core("one").await;
        world.tag_core(world.source(), "3.0").await;
        world.publish_core("two").await;
        world.tag_core(world.source(), "3.1").await;
        let before = world.core_numbers().await;
        for _ in 0..3 {
            for place in [world.source(), world.target()] {
                world.slipway.synchronize_environment(&world.operator, place).await.unwrap();
            }
            world.settle().await;
        }
        assert_eq!(world.core_numbers().await, before);
        let cell = &world.core_now().await.cells[0];
        assert_eq!((cell.version, cell.marks.modified), (Some(number("3.1")), false));
    }
}
