//! C6: values that take effect after activation, by choice. What starts at the switch finds what was
//! set before; when everything is switched, the modules go on with the new values.

use super::{ALL, SECRET, on_both, pairs, till};
use crate::plans::World;
use backend::testing::{Fault, TestBackend};
use domain::execution::{Phase, StepKind, StepState};
use domain::plan::PlanStatus;
use domain::view::{Compared, PlanEdit};
use protocol::Order;

impl World {
    /// Till is in Quality with a limit of 5 and a secret; something newer is in Development.
    async fn with_till(mut self) -> Self {
        self.publish_till("one", ALL).await;
        let (plan, _) = self.plan(vec![till()]).await;
        let revision = self
            .entered(plan, &[("Limit", "5"), ("ApiKey", "first")])
            .await;
        self.start_and_settle(plan, revision).await;
        self.publish_till("two", ALL).await;
        self
    }

    /// A plan that sets these values after activation; number and revision.
    async fn plan_after(&self, values: &[(&str, &str)]) -> (u64, i64) {
        let (plan, saved) = self.plan(vec![till()]).await;
        let revision = match values {
            [] => saved,
            _ => self.entered(plan, values).await,
        };
        let edit = PlanEdit::SetSettingsAfter(true);
        (plan, self.edit(plan, revision, edit).await)
    }

    /// Until late answers were asked for and given up.
    async fn wait_for_answers(&mut self) {
        for _ in 0..8 {
            self.slipway.clock.advance(60_000);
            self.settle().await;
        }
    }

    /// What Till found as its site properties each time it was started in Quality since `from`.
    fn found_since(&self, from: usize) -> Vec<Vec<(String, String)>> {
        let starts = self.quality.starts[from..].iter();
        starts
            .map(|(_, found)| found.clone().into_iter().collect())
            .collect()
    }
}

fn values(limit: &str, key: &str) -> Vec<(String, String)> {
    pairs(&[("ApiKey", key), ("Currency", "EUR"), ("Limit", limit)])
}

on_both! {
    async fn c6_what_starts_at_the_switch_finds_what_was_set_before(mut world: World) {
        let mut world = world.with_till().await;
        let from = world.quality.starts.len();
        let (plan, revision) = world.plan_after(&[("Limit", "6"), ("ApiKey", SECRET)]).await;
        assert!(world.slipway.read_plan(&world.operator, plan).await.unwrap().content.settings_after);
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        assert_eq!(world.found_since(from), [values("5", "first"), values("6", SECRET)]);
        assert_eq!(world.told(), values("6", SECRET));
        assert!(!world.slipway.stores(SECRET).await, "a run leaves the secret in plain");
        let limit = ("Limit".to_owned(), Some("6".to_owned()), true);
        assert_eq!(world.set().await[2], limit);
        let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
        let steps: Vec<_> = run
            .steps
            .iter()
            .filter(|step| step.phase == Phase::Finish)
            .map(|step| (step.kind, step.state))
            .collect();
        let done = |kind| (kind, StepState::Succeeded);
        let finish = [
            StepKind::Settings,
            StepKind::Synchronize,
            StepKind::Record,
            StepKind::CleanUp,
        ];
        assert_eq!(steps, finish.map(done));
        // The difference that the plan made is the same either way.
        let (before, after) = (Compared::BeforePlan(plan), Compared::Plan(plan));
        let compared = world.slipway.compare(&world.operator, before, after, 0, 50);
        assert!(!format!("{:?}", Box::pin(compared).await.unwrap()).contains(SECRET));
    }

    async fn c6_where_nothing_changes_nothing_is_started_again(mut world: World) {
        let mut world = world.with_till().await;
        let from = world.quality.starts.len();
        let (plan, revision) = world.plan_after(&[("Limit", "5")]).await;
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.found_since(from), [values("5", "first")]);
        world.publish_till("three", ALL).await;
        let (plan, revision) = world.plan_after(&[]).await;
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        assert_eq!(world.found_since(from).len(), 2);
    }

    async fn c6_a_module_that_cannot_go_on_with_them_keeps_the_former_ones(mut world: World) {
        let mut world = world.with_till().await;
        let (plan, revision) = world.plan_after(&[("Limit", "6")]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Settings { .. }).then_some(Fault::Fail));
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedWithWarnings);
        let outcome = world.slipway.read_plan(&world.operator, plan).await.unwrap().row.outcome;
        let outcome = outcome.unwrap();
        assert!(outcome.contains("TillFront could not go on with the new values"), "{outcome}");
        assert!(outcome.contains("keeps the former values"), "{outcome}");
        assert_eq!(world.told(), values("5", "first"));
        // They are the environment's own: the next switch brings them.
        world.quality.fails(|_| None);
        world.publish_till("three", ALL).await;
        let (plan, revision) = world.plan(vec![till()]).await;
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.told(), values("6", "first"));
    }

    async fn c6_an_abort_leaves_all_as_it_was_whatever_was_set_already(mut world: World) {
        let mut world = world.with_till().await;
        let (plan, revision) = world.plan_after(&[("Limit", "6"), ("ApiKey", SECRET)]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Activate { .. }).then_some(Fault::Fail));
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        assert_eq!(world.told(), values("5", "first"));
        let limit = ("Limit".to_owned(), Some("5".to_owned()), true);
        assert_eq!(world.set().await[2], limit);

        // Everything is switched, and the module goes on with the values already.
        let before = world.quality.running.clone();
        let (plan, revision) = world.plan_after(&[("Limit", "7")]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Report).then_some(Fault::Late));
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.told(), values("7", "first"));
        let asked = world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned());
        asked.await.unwrap();
        world.quality.fails(|_| None);
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        assert_eq!(world.quality.running, before);
        assert_eq!(world.told(), values("5", "first"));
        assert_eq!(world.set().await[2], limit);
    }

    async fn c6_an_answer_that_never_comes_is_given_up_and_what_is_late_does_no_harm(mut world: World) {
        let mut world = world.with_till().await;
        let (plan, revision) = world.plan_after(&[("Limit", "7")]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Settings { .. }).then_some(Fault::Late));
        world.start_and_settle(plan, revision).await;
        world.quality.fails(|_| None);
        world.wait_for_answers().await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedWithWarnings);
        world.quality.work_late();
        world.settle().await;
        let limit = ("Limit".to_owned(), Some("7".to_owned()), true);
        assert_eq!(world.set().await[2], limit);
    }

    async fn c6_values_that_come_after_an_abort_are_refused(mut world: World) {
        let mut world = world.with_till().await;
        let (plan, revision) = world.plan_after(&[("Limit", "7")]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Settings { .. }).then_some(Fault::Late));
        world.start_and_settle(plan, revision).await;
        let asked = world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned());
        asked.await.unwrap();
        world.quality.fails(|_| None);
        world.wait_for_answers().await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        let starts = world.quality.starts.len();
        world.quality.work_late();
        world.settle().await;
        assert_eq!(world.quality.starts.len(), starts, "nothing is started with them");
        assert_eq!(world.told(), values("5", "first"));
    }

    async fn c6_a_lost_answer_is_asked_for_and_nothing_is_done_twice(mut world: World) {
        let mut world = world.with_till().await;
        let from = world.quality.starts.len();
        let (plan, revision) = world.plan_after(&[("Limit", "6")]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Settings { .. }).then_some(Fault::LoseAnswer));
        world.start_and_settle(plan, revision).await;
        world.wait_for_answers().await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        assert_eq!(world.found_since(from), [values("5", "first"), values("6", "first")]);
        assert!(world.quality.effects.values().all(|count| *count == 1));
    }

    async fn c6_a_retry_sets_them_at_the_same_time(mut world: World) {
        let mut world = world.with_till().await;
        let (plan, revision) = world.plan_after(&[("Limit", "6")]).await;
        world
            .quality
            .fails(|order| matches!(order, Order::Stage(_)).then_some(Fault::Fail));
        world.start_and_settle(plan, revision).await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        let retry = world.slipway.retry_plan(&world.operator, plan).await.unwrap();
        let content = world.slipway.read_plan(&world.operator, retry).await.unwrap().content;
        assert!(content.settings_after);
        assert_eq!(content.settings.len(), 1);
    }
}
