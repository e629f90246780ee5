//! A plan that is started although values are missing waits for them before it stages anything.

use super::{ALL, SECRET, module, on_both, pairs, till};
use crate::plans::{World, core};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::execution::{LogKind, StepKind};
use domain::plan::{Intervention, PlanStatus};
use domain::view::{LogFilter, RunDetail, StartOutcome, SuppliedValue, value_key};
use domain::{AppError, FieldError};
use store::testing::Kill;

const HOUR: i64 = 3_600_000;
const WAITS: (PlanStatus, Option<Intervention>) = (
    PlanStatus::NeedsIntervention,
    Some(Intervention::NeedsConfigurationOrConfirmation),
);

impl World {
    /// Started in spite of two missing values; the plan.
    async fn waiting_for_values(&mut self) -> u64 {
        self.publish_till("one", ALL).await;
        let (plan, revision) = self.plan(vec![till()]).await;
        let reason = Some("Operations enters the values.".to_owned());
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, reason);
        assert_eq!(Box::pin(started).await.unwrap(), StartOutcome::Started);
        Box::pin(self.settle()).await;
        assert_eq!(self.stance(plan).await, WAITS);
        plan
    }

    async fn stance(&self, plan: u64) -> (PlanStatus, Option<Intervention>) {
        let row = self.its_run(plan).await.plan;
        (row.status, row.intervention)
    }

    async fn its_run(&self, plan: u64) -> RunDetail {
        let run = self.slipway.read_run(&self.operator, plan);
        Box::pin(run).await.unwrap()
    }

    async fn supply(&self, plan: u64, values: &[(&str, &str)]) -> Result<(), AppError> {
        let values = values.iter().map(|(name, value)| SuppliedValue {
            module: module(),
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        });
        let supplied = self
            .slipway
            .supply_values(&self.operator, plan, values.collect());
        Box::pin(supplied).await
    }

    async fn let_go_on(&self, plan: u64) -> Result<(), AppError> {
        let go_on = self.slipway.continue_plan(&self.operator, plan, None);
        Box::pin(go_on).await.map(drop)
    }
}

fn code(answer: Result<(), AppError>) -> String {
    answer.unwrap_err().code().to_owned()
}

on_both! {
    async fn a_run_waits_for_values_before_it_stages_anything(mut world: World) {
        let plan = Box::pin(world.waiting_for_values()).await;
        let run = world.its_run(plan).await;
        let names: Vec<_> = run.values.iter().map(|v| (v.name.as_str(), v.given)).collect();
        assert_eq!(names, [("ApiKey", false), ("Limit", false)]);
        let waits = Some(Intervention::NeedsConfigurationOrConfirmation);
        assert_eq!(world.on_its_way(till()).await, (plan, waits));
        assert!(run.continue_refusal.unwrap().contains("ApiKey of TillFront and 1 more"));
        let mut stages = run.steps.iter().filter(|step| step.kind == StepKind::Stage);
        assert!(stages.all(|step| step.attempts == 0));
        let filter = LogFilter {
            kinds: vec![LogKind::Info],
            text: "Waits for values: ApiKey of TillFront, Limit of TillFront".to_owned(),
            ..LogFilter::default()
        };
        let log = world.slipway.read_log(&world.operator, plan, filter).await.unwrap();
        assert_eq!(log.lines.len(), 1);
        assert_eq!(code(world.let_go_on(plan).await), "values_missing");

        // All or nothing: one of them does not fit.
        let wrong = world.supply(plan, &[("ApiKey", SECRET), ("limit", "many")]).await;
        let Err(AppError::Invalid { fields }) = wrong else {
            panic!("{wrong:?}");
        };
        let fields: Vec<String> = fields.into_iter().map(|FieldError { field, .. }| field).collect();
        assert_eq!(fields, [value_key(module(), "Limit")]);
        assert!(world.set().await.iter().all(|(_, _, set)| !set));
        assert_eq!(code(world.supply(plan, &[("Currency", "USD")]).await), "not_found");
        let viewer = actor(Standing::Viewer);
        assert!(world.slipway.supply_values(&viewer, plan, Vec::new()).await.is_err());

        world.supply(plan, &[("limit", "4")]).await.unwrap();
        assert_eq!(code(world.let_go_on(plan).await), "values_missing");
        // What was entered can be put right until the run goes on.
        world.supply(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await.unwrap();
        let run = world.its_run(plan).await;
        let shown: Vec<_> = run.values.iter().map(|v| (v.given, v.value.as_deref())).collect();
        assert_eq!(shown, [(true, None), (true, Some("5"))]);
        assert_eq!(run.continue_refusal, None);
        assert!(!world.slipway.stores(SECRET).await);

        world.slipway.clock.advance(60_000);
        world.let_go_on(plan).await.unwrap();
        // A second one who presses it is told the same.
        world.let_go_on(plan).await.unwrap();
        world.settle().await;
        // It was started in spite of errors.
        assert_eq!(world.status(plan).await, PlanStatus::FinishedWithWarnings);
        assert_eq!(
            world.told(),
            pairs(&[("ApiKey", SECRET), ("Currency", "EUR"), ("Limit", "5")])
        );
        let stamps = world.its_run(plan).await.plan.stamps;
        assert!(stamps.waited >= 60_000 && stamps.continued.is_some());
        assert_eq!(code(world.supply(plan, &[("Limit", "6")]).await), "waits_for_no_value");
        let audit = world.slipway.list_audit().await;
        let set = audit.iter().filter(|entry| entry.action == "site_property_set").count();
        assert_eq!(set, 3);
    }

    async fn who_aborts_it_finds_the_target_as_before(mut world: World) {
        let plan = Box::pin(world.waiting_for_values()).await;
        world.supply(plan, &[("Limit", "5")]).await.unwrap();
        let aborted = world.slipway.abort_plan(&world.operator, plan, "Nobody knows it.".to_owned());
        Box::pin(aborted).await.unwrap();
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        assert!(!world.quality.running.contains_key(&module().0));
        // The value stays for the next plan.
        let (next, _) = world.plan(vec![till()]).await;
        let missing: Vec<String> = world.missing(next).await.into_iter().map(|m| m.1).collect();
        assert_eq!(missing, ["ApiKey"]);
    }

    async fn what_nobody_enters_ends_in_time_and_lets_others_by(mut world: World) {
        world.rule(|rules| (rules.keep_hours, rules.parallel_limit) = (8, 1)).await;
        world.publish_core("one").await;
        let plan = Box::pin(world.waiting_for_values()).await;
        let (behind, revision) = world.plan(vec![core()]).await;
        world.slipway.queue_plan(&world.operator, behind, revision, None).await.unwrap();
        let kept = world.its_run(plan).await.plan.stay.kept.unwrap();
        assert_eq!(kept.hours, 8);
        world.slipway.clock.advance(6 * HOUR);
        world.settle().await;
        assert_eq!(world.stance(plan).await, WAITS);
        assert_eq!(world.status(behind).await, PlanStatus::Queued);
        let filter = LogFilter {
            kinds: vec![LogKind::Warning],
            text: "What is there already is kept only until".to_owned(),
            ..LogFilter::default()
        };
        let log = world.slipway.read_log(&world.operator, plan, filter).await.unwrap();
        assert_eq!(log.lines.len(), 1);

        // Kept longer it waits as long again; what is entered does not do that.
        world.slipway.keep_plan_longer(&world.operator, plan, kept.until).await.unwrap();
        world.supply(plan, &[("Limit", "5")]).await.unwrap();
        world.slipway.clock.advance(8 * HOUR);
        world.settle().await;
        assert_eq!(world.stance(plan).await, WAITS);
        world.supply(plan, &[("ApiKey", SECRET)]).await.unwrap();
        world.slipway.clock.advance(2 * HOUR);
        let late = world.let_go_on(plan).await.unwrap_err();
        assert_eq!(late.code(), "packages_expired");
        assert!(late.to_string().contains("waited for a value for too long"), "{late}");

        world.settle().await;
        assert_eq!(world.status(behind).await, PlanStatus::FinishedSuccessful);
        let run = world.its_run(plan).await;
        assert_eq!(run.plan.status, PlanStatus::Aborted);
        assert_eq!(run.abort.unwrap().1, "It waited 16 hours for a value, and nobody continued it.");
        assert!(!world.quality.running.contains_key(&module().0));
        let audit = world.slipway.audited().await;
        assert!(audit.iter().any(|(who, what, _)| who == "Slipway" && what == "plan_values_expired"));
    }

    async fn in_two_stages_it_is_prepared_after_that(mut world: World) {
        world.rule(|rules| rules.two_stage = true).await;
        let plan = Box::pin(world.waiting_for_values()).await;
        world.supply(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await.unwrap();
        world.let_go_on(plan).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(
            world.stance(plan).await,
            (PlanStatus::NeedsIntervention, Some(Intervention::Prepared))
        );
        assert!(!world.quality.running.contains_key(&module().0));
        world.let_go_on(plan).await.unwrap();
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedWithWarnings);
        assert_eq!(
            world.told(),
            pairs(&[("ApiKey", SECRET), ("Currency", "EUR"), ("Limit", "5")])
        );
    }

    async fn one_that_was_suspended_before_waits_for_them_after_that(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, revision) = world.plan(vec![till()]).await;
        let reason = Some("Operations enters the values.".to_owned());
        let started = world.slipway.start_plan(&world.operator, plan, revision, reason);
        assert_eq!(Box::pin(started).await.unwrap(), StartOutcome::Started);
        world.slipway.walk_runs().await.unwrap();
        world.without_quality(400_000).await;
        world.assert_suspended(plan).await;
        assert_eq!(code(world.supply(plan, &[("Limit", "5")]).await), "waits_for_no_value");
        world.quality.work(&world.slipway).await;
        world.let_go_on(plan).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(world.stance(plan).await, WAITS);
        world.supply(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await.unwrap();
        world.let_go_on(plan).await.unwrap();
        // And it can be suspended again, with its values.
        world.slipway.walk_runs().await.unwrap();
        world.without_quality(400_000).await;
        world.assert_suspended(plan).await;
        world.quality.work(&world.slipway).await;
        world.let_go_on(plan).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedWithWarnings);
        assert_eq!(
            world.told(),
            pairs(&[("ApiKey", SECRET), ("Currency", "EUR"), ("Limit", "5")])
        );
    }

    async fn values_that_come_after_the_switch_are_kept_as_well(mut world: World) {
        world.publish_till("one", ALL).await;
        let (plan, _) = world.plan(vec![till()]).await;
        world.entered(plan, &[("Currency", "USD")]).await;
        let revision = world.slipway.read_plan(&world.operator, plan).await.unwrap().revision;
        let after = domain::view::PlanEdit::SetSettingsAfter(true);
        let revision = world.edit(plan, revision, after).await;
        let reason = Some("Operations enters the values.".to_owned());
        let started = world.slipway.start_plan(&world.operator, plan, revision, reason);
        assert_eq!(Box::pin(started).await.unwrap(), StartOutcome::Started);
        Box::pin(world.settle()).await;
        assert_eq!(world.stance(plan).await, WAITS);
        world.supply(plan, &[("Limit", "5"), ("ApiKey", SECRET)]).await.unwrap();
        world.let_go_on(plan).await.unwrap();
        world.settle().await;
        assert_eq!(
            world.told(),
            pairs(&[("ApiKey", SECRET), ("Currency", "USD"), ("Limit", "5")])
        );
    }
}

/// Dies while somebody lets it go on, before and after the commit, and comes back; also where the
/// target has two stages.
#[tokio::test]
async fn a_console_that_dies_while_a_run_is_continued_stages_it_with_its_values() {
    for (kill, two_stage) in [
        (Kill::BeforeCommit, false),
        (Kill::AfterCommit, false),
        (Kill::AfterCommit, true),
    ] {
        let mut world = World::new().await;
        world.rule(|rules| rules.two_stage = two_stage).await;
        let plan = Box::pin(world.waiting_for_values()).await;
        let values = [("Limit", "5"), ("ApiKey", SECRET)];
        world.supply(plan, &values).await.unwrap();
        world.slipway.fuse().set(1, kill);
        assert!(world.let_go_on(plan).await.is_err());
        let mut world = world.reborn().await;
        Box::pin(world.settle()).await;
        if kill == Kill::BeforeCommit {
            assert_eq!(world.stance(plan).await, WAITS);
            world.let_go_on(plan).await.unwrap();
            Box::pin(world.settle()).await;
        }
        if two_stage {
            let prepared = (PlanStatus::NeedsIntervention, Some(Intervention::Prepared));
            assert_eq!(world.stance(plan).await, prepared);
            world.let_go_on(plan).await.unwrap();
            Box::pin(world.settle()).await;
        }
        assert_eq!(world.status(plan).await, PlanStatus::FinishedWithWarnings);
        let told = pairs(&[("ApiKey", SECRET), ("Currency", "EUR"), ("Limit", "5")]);
        assert_eq!(world.told(), told, "{kill:?}");
    }
}
