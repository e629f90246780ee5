//! Environments in maintenance (domain.md 7.6, 3.3, 4.3, RU11, RT5).

use super::{World, core, id, on_both, other};
use backend::NewPublication;
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::impact::FindingCode;
use domain::plan::PlanStatus;
use domain::view::{
    EnvironmentDetail, Hindrance, MaintenanceOutlook, NewVersion, PlanEdit, PlanRequest, PlanRow,
    QueueOutcome, StartOutcome,
};
use domain::{AppError, EnvironmentId};

impl World {
    async fn place(&self, environment: EnvironmentId) -> EnvironmentDetail {
        let all = self
            .slipway
            .list_environments(&self.operator)
            .await
            .unwrap();
        all.into_iter()
            .find(|one| one.row.id == environment)
            .unwrap()
    }

    async fn take_out(&self, environment: EnvironmentId) -> Result<(), AppError> {
        let revision = self.place(environment).await.revision;
        let administrator = actor(Standing::Administrator);
        let begun =
            self.slipway
                .begin_maintenance(&administrator, environment, revision, "New disks.");
        Box::pin(begun).await
    }

    async fn end(&self, environment: EnvironmentId) {
        let revision = self.place(environment).await.revision;
        let administrator = actor(Standing::Administrator);
        let ended = self
            .slipway
            .end_maintenance(&administrator, environment, revision);
        Box::pin(ended).await.unwrap();
    }

    async fn foreseen(&self, environment: EnvironmentId) -> MaintenanceOutlook {
        let administrator = actor(Standing::Administrator);
        let outlook = self
            .slipway
            .foresee_maintenance(&administrator, environment);
        Box::pin(outlook).await.unwrap()
    }

    pub(super) async fn row_of(&self, plan: u64) -> PlanRow {
        let request = PlanRequest {
            limit: 50,
            ..PlanRequest::default()
        };
        let page = self
            .slipway
            .list_plans(&self.operator, request)
            .await
            .unwrap();
        page.rows
            .into_iter()
            .find(|row| row.number == plan)
            .unwrap()
    }

    async fn try_start(&self, (plan, revision): (u64, i64)) -> Result<StartOutcome, AppError> {
        let started =
            self.slipway
                .start_plan(&self.operator, plan, revision, Some("I must.".to_owned()));
        Box::pin(started).await
    }

    async fn started_other(&mut self, number: u128) -> u64 {
        Box::pin(self.publish_other(number, "one")).await;
        let plan = self.plan(vec![other(number)]).await;
        assert_eq!(self.try_start(plan).await.unwrap(), StartOutcome::Started);
        plan.0
    }
}

/// That it is refused because Quality is in maintenance, with the reason and what to do.
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, AppError>, place: &str) {
    let error = answer.unwrap_err();
    assert_eq!(error.code(), "in_maintenance", "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("{place} is in maintenance (\"New disks\")")),
        "{text}"
    );
    assert!(
        text.contains("when that is over") || text.contains("choose another"),
        "{text}"
    );
}

on_both! {
    async fn ru11_rt5_nothing_is_made_from_or_to_an_environment_in_maintenance(mut world: World) {
        let target = world.target();
        world.publish_core("one").await;
        let first = world.plan(vec![core()]).await;
        world.try_start(first).await.unwrap();
        // RT5 needs a plan that was aborted, RU11 one that finished.
        let operator = world.operator.clone();
        let aborted = world.slipway.abort_plan(&operator, first.0, "Not yet.".to_owned());
        Box::pin(aborted).await.unwrap();
        Box::pin(world.settle()).await;
        let done = Box::pin(world.started_other(1)).await;
        Box::pin(world.settle()).await;
        let saved = world.plan(vec![core()]).await;
        for number in [first.0, done, saved.0] {
            assert_eq!(world.row_of(number).await.stay.maintenance, None);
        }

        world.take_out(target).await.unwrap();
        let slipway = &world.slipway;
        refused(Box::pin(slipway.retry_plan(&operator, first.0)).await, "Quality");
        let (source, all) = (world.source(), true);
        refused(Box::pin(slipway.reuse_plan(&operator, done, source, target, all)).await, "Quality");
        refused(Box::pin(slipway.reuse_plan(&operator, done, target, source, all)).await, "Quality");
        refused(slipway.create_plan(&operator, source, target, vec![core()]).await, "Quality");
        refused(slipway.create_plan(&operator, target, source, vec![]).await, "Quality");
        refused(Box::pin(slipway.roll_back_plan(&operator, done, vec![other(1)])).await, "Quality");
        // The list and the editor say so beforehand.
        let said = |words: Option<String>| {
            let words = words.unwrap();
            assert!(words.starts_with("Quality is in maintenance (\"New disks\")"), "{words}");
        };
        for number in [first.0, done, saved.0] {
            let stay = world.row_of(number).await.stay;
            said(stay.maintenance);
            said(stay.no_way_back);
        }
        said(Box::pin(slipway.foresee_rollback(&operator, done)).await.unwrap().maintenance);
        let detail = Box::pin(slipway.read_plan(&operator, saved.0)).await.unwrap();
        assert!(!detail.may_edit && !detail.may_start);
        assert!(detail.refusal.unwrap().contains("maintenance"));

        // Nothing of it was made.
        assert_eq!(slipway.list_drafts(&operator).await.unwrap().total.number, 0);
        world.end(target).await;
        Box::pin(world.settle()).await;
        Box::pin(world.slipway.retry_plan(&operator, first.0)).await.unwrap();
        Box::pin(world.slipway.reuse_plan(&operator, done, source, target, true)).await.unwrap();
        assert_eq!(world.row_of(done).await.stay.maintenance, None);
    }

    async fn saved_plans_are_neither_changed_nor_started_nor_queued_and_can_be_discarded(
        mut world: World
    ) {
        let target = world.target();
        world.publish_core("one").await;
        let saved = world.plan(vec![core()]).await;
        world.take_out(target).await.unwrap();
        let operator = world.operator.clone();
        let slipway = &world.slipway;
        let edit = PlanEdit::SetNotes("Later.".to_owned());
        refused(Box::pin(slipway.edit_plan(&operator, saved.0, saved.1, edit)).await, "Quality");
        refused(Box::pin(slipway.save_plan(&operator, saved.0, saved.1)).await, "Quality");
        refused(Box::pin(slipway.refresh_plan(&operator, saved.0, saved.1)).await, "Quality");
        // No reason overrides it, and the check names it.
        let StartOutcome::Refused(report) = world.try_start(saved).await.unwrap() else {
            panic!("it must be refused");
        };
        assert_eq!(report.findings[0].code, FindingCode::EnvironmentInMaintenance);
        assert_eq!(report.findings[0].detail.as_deref(), Some("Quality: New disks."));
        let queued = Box::pin(slipway.queue_plan(&operator, saved.0, saved.1, None)).await.unwrap();
        assert!(matches!(queued, QueueOutcome::Refused(_)));
        assert_eq!(world.row_of(saved.0).await.status, PlanStatus::Saved);
        slipway.discard_plan(&operator, saved.0).await.unwrap();
    }

    async fn what_runs_there_is_aborted_as_the_outlook_says_in_one_transaction(mut world: World) {
        let target = world.target();
        let runs = Box::pin(world.started_other(1)).await;
        let foreseen = world.foreseen(target).await;
        assert_eq!(foreseen.aborted.iter().map(|one| one.0).collect::<Vec<_>>(), [runs]);
        assert_eq!((foreseen.going_on.len(), foreseen.waiting), (0, 0));
        world.take_out(target).await.unwrap();
        // Twice is once; the first reason counts.
        world.take_out(target).await.unwrap();
        assert_eq!(world.row_of(runs).await.status, PlanStatus::Aborting);
        Box::pin(world.settle()).await;
        let row = world.row_of(runs).await;
        assert_eq!(row.status, PlanStatus::Aborted);
        assert!(row.outcome.unwrap().contains("New disks"));
        assert!(world.quality.running.is_empty(), "nothing was switched");
        let place = world.place(target).await;
        assert_eq!(place.row.maintenance.as_deref(), Some("New disks."));
        assert!(place.in_maintenance.is_some());
        world.end(target).await;
        assert_eq!(world.place(target).await.row.maintenance, None);
        let audit = world.slipway.list_audit().await;
        let said: Vec<_> = audit
            .iter()
            .filter(|entry| entry.action.starts_with("maintenance") || entry.action == "plan_abort_requested")
            .map(|entry| (entry.action.as_str(), entry.reason.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(said, [
            ("plan_abort_requested", "Quality was taken into maintenance: New disks."),
            ("maintenance_begun", "New disks."),
            ("maintenance_ended", ""),
        ]);
    }

    async fn what_is_still_fetched_from_it_is_aborted_and_what_was_fetched_waits(mut world: World) {
        world.rule(|rules| rules.two_stage = true).await;
        let prepared = Box::pin(world.started_other(1)).await;
        Box::pin(world.settle()).await;
        assert_eq!(world.row_of(prepared).await.status, PlanStatus::NeedsIntervention);
        let fetches = Box::pin(world.started_other(2)).await;
        // Publishing settles everything; only what has just been started still fetches.
        assert_eq!(world.row_of(fetches).await.status, PlanStatus::Running);
        let source = world.source();
        let foreseen = world.foreseen(source).await;
        let numbers = |plans: &[(u64, String)]| plans.iter().map(|one| one.0).collect::<Vec<_>>();
        assert_eq!(numbers(&foreseen.aborted), [fetches]);
        assert_eq!(numbers(&foreseen.going_on), [prepared]);
        world.take_out(source).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(world.row_of(fetches).await.status, PlanStatus::Aborted);
        let row = world.row_of(prepared).await;
        assert_eq!(row.status, PlanStatus::NeedsIntervention);
        // A rollback takes nothing from the source.
        assert!(row.stay.maintenance.is_some() && row.stay.no_way_back.is_none());
        let operator = world.operator.clone();
        refused(Box::pin(world.slipway.continue_plan(&operator, prepared, None)).await, "Development");
        let run = world.slipway.read_run(&operator, prepared).await.unwrap();
        assert!(run.continue_refusal.unwrap().contains("Development is in maintenance"));
        assert_eq!(run.abort_refusal, None);
        // It can be kept until that is over.
        let until = run.plan.stay.kept.unwrap().until;
        world.slipway.clock.advance(60_000);
        world.slipway.keep_plan_longer(&operator, prepared, until).await.unwrap();
        world.end(source).await;
        Box::pin(world.slipway.continue_plan(&operator, prepared, None)).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(world.row_of(prepared).await.status, PlanStatus::FinishedSuccessful);
    }

    async fn plans_in_line_wait_until_it_is_over(mut world: World) {
        let target = world.target();
        world.rule(|rules| rules.parallel_execution = false).await;
        Box::pin(world.publish_other(1, "one")).await;
        Box::pin(world.publish_other(2, "one")).await;
        let runs = world.plan(vec![other(1)]).await;
        let waits = world.plan(vec![other(2)]).await;
        world.try_start(runs).await.unwrap();
        let operator = world.operator.clone();
        let queued = Box::pin(world.slipway.queue_plan(&operator, waits.0, waits.1, None)).await.unwrap();
        assert_eq!(queued, QueueOutcome::Queued);
        assert_eq!(world.foreseen(target).await.waiting, 1);
        world.take_out(target).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(world.row_of(runs.0).await.status, PlanStatus::Aborted);
        let row = world.row_of(waits.0).await;
        assert_eq!(row.status, PlanStatus::Queued);
        let held = Hindrance::Maintenance("Quality".to_owned());
        assert_eq!(row.stay.place.unwrap().waits_for, [held]);
        world.end(target).await;
        Box::pin(world.settle()).await;
        assert_eq!(world.row_of(waits.0).await.status, PlanStatus::FinishedSuccessful);
    }

    async fn nothing_is_published_tagged_or_synchronized_there(mut world: World) {
        world.publish_core("one").await;
        let source = world.source();
        world.take_out(source).await.unwrap();
        let operator = world.operator.clone();
        let published = world.slipway.publish(&operator, NewPublication {
            environment: "Development".to_owned(),
            bundles: vec![world.development.known.values().next().unwrap().digest.clone()],
            allow_missing: false,
        });
        refused(Box::pin(published).await, "Development");
        let tagged = world.slipway.tag_version(&operator, NewVersion {
            application: core(),
            environment: source,
            number: "1.0".to_owned(),
            description: String::new(),
            running_revision: 1,
        });
        refused(Box::pin(tagged).await, "Development");
        let asked = world.slipway.synchronize_environment(&operator, source);
        refused(Box::pin(asked).await, "Development");
        // What its agent says by itself is not taken in before it is over; then it is asked.
        let before = world.place(source).await;
        assert_eq!(before.modules, 1);
        world.development.running.clear();
        Box::pin(world.development.report(&world.slipway)).await;
        assert_eq!(world.place(source).await.modules, 1);
        world.end(source).await;
        Box::pin(world.settle()).await;
        assert_eq!(world.place(source).await.modules, 0);
    }

    async fn who_may_what_and_what_was_seen(mut world: World) {
        let target = world.target();
        let administrator = actor(Standing::Administrator);
        let slipway = &world.slipway;
        let revision = world.place(target).await.revision;
        let begin = async |actor: &backend::Actor, place, revision, reason: &str| {
            Box::pin(slipway.begin_maintenance(actor, place, revision, reason)).await
        };
        let operator = begin(&world.operator, target, revision, "x").await.unwrap_err();
        assert_eq!(operator.code(), "forbidden");
        let AppError::Invalid { fields } = begin(&administrator, target, revision, " ").await.unwrap_err() else {
            panic!("a reason is needed");
        };
        assert_eq!(fields[0].field, "reason");
        let stale = begin(&administrator, target, revision + 7, "x").await.unwrap_err();
        assert_eq!(stale.code(), "stale");
        let nowhere = EnvironmentId(id(99));
        let gone = begin(&administrator, nowhere, 1, "x").await.unwrap_err();
        assert_eq!(gone.code(), "not_found");
        assert_eq!(world.place(target).await.row.maintenance, None);
        // To end what is not is nothing.
        Box::pin(slipway.end_maintenance(&administrator, target, 77)).await.unwrap();
    }
}
