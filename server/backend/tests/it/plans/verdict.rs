//! What the list says of a saved plan: what its last check found, and when that was.

use super::{World, core, on_both};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::view::{PlanEdit, PlanFilter, PlanRow, StartOutcome};
use domain::{Day, Timestamp};

const AN_HOUR: i64 = 3_600_000;

impl World {
    async fn row_read(&self, plan: u64) -> PlanRow {
        let read = self.slipway.read_plan(&self.operator, plan);
        Box::pin(read).await.unwrap().row
    }

    /// What the row says: errors and warnings, and since when if that is not now.
    async fn verdict(&self, plan: u64) -> (Option<(u32, u32)>, Option<Timestamp>) {
        let row = self.row_read(plan).await;
        (row.findings, row.outdated_check)
    }

    /// The codes that a validation finds, whatever is kept of it.
    async fn validated(&self, plan: u64) -> Vec<FindingCode> {
        let validate = self.slipway.validate_plan(&self.operator, plan);
        let report = Box::pin(validate).await.unwrap();
        report.findings.iter().map(|finding| finding.code).collect()
    }
}

on_both! {
    async fn it_does_not_count_that_an_agent_was_away(mut world: World) {
        world.publish_core("one").await;
        world.slipway.clock.advance(AN_HOUR);
        let (plan, revision) = world.plan(vec![core()]).await;
        assert_eq!(world.validated(plan).await, [FindingCode::TargetUnreachable]);
        assert_eq!(world.verdict(plan).await, (Some((0, 0)), None));
        // Who starts it is told, and that leaves nothing behind.
        let start = world.slipway.start_plan(&world.operator, plan, revision, None);
        assert!(matches!(Box::pin(start).await.unwrap(), StartOutcome::Refused(_)));
        assert_eq!(world.verdict(plan).await.0, Some((0, 0)));
        assert!(world.quality.connect(&world.slipway).await);
        Box::pin(world.run_through(plan, revision)).await;
    }

    async fn it_does_not_count_a_maintenance_either(mut world: World) {
        world.publish_core("one").await;
        let (plan, _) = world.plan(vec![core()]).await;
        let administrator = actor(Standing::Administrator);
        let all = world.slipway.list_environments(&administrator).await.unwrap();
        let target = all.iter().find(|one| one.row.id == world.target()).unwrap();
        let begin = world.slipway.begin_maintenance(&administrator, world.target(), target.revision, "New disks.");
        Box::pin(begin).await.unwrap();
        assert_eq!(world.validated(plan).await, [FindingCode::EnvironmentInMaintenance]);
        assert_eq!(world.verdict(plan).await.0, Some((0, 0)));
    }

    async fn it_says_when_it_was_checked_once_anything_has_changed(mut world: World) {
        world.publish_core("one").await;
        let checked = Timestamp(world.slipway.clock.read());
        let (plan, revision) = world.plan(vec![core()]).await;
        assert_eq!(world.verdict(plan).await, (Some((0, 0)), None));
        // Time alone changes nothing.
        world.slipway.clock.advance(1_000);
        assert_eq!(world.verdict(plan).await, (Some((0, 0)), None));
        world.publish_other(1, "one").await;
        assert_eq!(world.verdict(plan).await, (Some((0, 0)), Some(checked)));
        let file = world.slipway.export_plans(&world.operator, &PlanFilter::default(), None).await.unwrap();
        let day = Day::of(checked);
        let line = file.lines.lines().nth(1).unwrap().to_owned();
        assert!(file.lines.lines().next().unwrap().ends_with(",Errors,Warnings,Checked,Notes"));
        assert!(line.contains(&format!(",0,0,{day}T")), "{line}");

        world.validated(plan).await;
        assert_eq!(world.verdict(plan).await, (Some((0, 0)), None));
        // Of other content nothing is known.
        let edit = PlanEdit::SetNotes("Not before noon.".to_owned());
        let revision = world.edit(plan, revision, edit).await;
        assert_eq!(world.verdict(plan).await, (None, None));
        // What has begun was checked as it began.
        Box::pin(world.run_through(plan, revision)).await;
        assert_eq!(world.row_read(plan).await.outdated_check, None);
    }
}
