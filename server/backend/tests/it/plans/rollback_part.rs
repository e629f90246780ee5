//! A plan that ended with errors, because going back failed too, left a mix; that is when rolling
//! back is needed most.

use super::custom::suite;
use super::{World, number, on_both, other};
use backend::testing::{Fault, TestBackend};
use domain::AppError;
use domain::plan::{PlanStatus, Ran, Returns};
use domain::view::{Goes, RollbackRow};
use protocol::Order;
use std::collections::BTreeSet;

impl World {
    /// Lets the switch of *Calendar* fail, and then the way back of *Mail*.
    fn breaks_in_the_middle(&mut self) {
        let [mail, calendar, _] = super::custom::modules();
        self.quality.fails(move |order| match order {
            Order::Activate { module, .. } if *module == calendar => Some(Fault::Fail),
            Order::SwitchBack { module } if *module == mail => Some(Fault::Fail),
            _ => None,
        });
    }

    /// Runs a plan that is left in the middle.
    async fn run_into_errors(&mut self, plan: (u64, i64)) {
        self.breaks_in_the_middle();
        Box::pin(self.run_through(plan.0, plan.1)).await;
        self.quality.fails(|_| None);
        assert_eq!(self.status(plan.0).await, PlanStatus::FinishedWithErrors);
    }

    async fn what_returns(&self, plan: u64) -> Vec<RollbackRow> {
        let foresee = self.slipway.foresee_rollback(&self.operator, plan);
        Box::pin(foresee).await.unwrap().rows
    }

    async fn mended(&mut self, plan: u64) {
        let back = self.roll_back_of(plan, vec![suite()]).await.unwrap();
        Box::pin(self.run_through(back, 1)).await;
        assert_eq!(self.status(back).await, PlanStatus::FinishedSuccessful);
    }
}

on_both! {
    async fn a_mix_that_failed_to_go_back_is_brought_back(mut world: World) {
        world.publish_other(1, "one").await;
        let (first, revision) = world.plan(vec![other(1)]).await;
        Box::pin(world.run_through(first, revision)).await;
        let mut world = Box::pin(world.with_suite()).await;
        world.publish_other(1, "two").await;
        let before = world.suite_hosted();
        let plan = world.plan(vec![suite(), other(1)]).await;
        Box::pin(world.run_into_errors(plan)).await;
        let mixed = world.suite_hosted();
        assert_ne!(mixed[0], before[0]);
        assert_eq!(mixed[1..], before[1..]);

        let rows = world.what_returns(plan.0).await;
        assert_eq!(rows[0].goes, Goes::Mix(Some(number("0.2"))));
        assert!(matches!(rows[0].returns, Returns::Back { number: back, .. } if back == number("0.1")));
        // Of the other application everything went back.
        assert!(matches!(rows[1].returns, Returns::AlreadyBack { ran: Ran::Tag(_, ran) } if ran == number("0.1")));
        assert_eq!(rows[1].goes, Goes::Version(number("0.2")));

        Box::pin(world.mended(plan.0)).await;
        assert_eq!(world.suite_hosted(), before);
        assert_eq!(world.suite_there().await, (Some("0.1".to_owned()), false));
        let rows = world.what_returns(plan.0).await;
        assert!(matches!(rows[0].returns, Returns::AlreadyBack { .. }), "{rows:?}");
    }

    async fn a_mix_that_was_changed_since_stays_whoever_changed_it(mut world: World) {
        let mut world = Box::pin(world.with_suite()).await;
        let plan = world.plan(vec![suite()]).await;
        Box::pin(world.run_into_errors(plan)).await;
        world.publish_suite(&["three"; 3], false).await;
        let later = Box::pin(world.run_custom(&[3])).await;
        assert_eq!(world.what_returns(plan.0).await[0].returns, Returns::ChangedSince { plan: Some(later) });
        let refused = world.roll_back_of(plan.0, vec![suite()]).await;
        assert!(matches!(refused, Err(AppError::Conflict { code, .. }) if code == "cannot_roll_back"));
        // What a plan changed since comes back first.
        let before_it = world.what_returns(later).await;
        assert!(before_it[0].returns.is_back(), "{before_it:?}");
        Box::pin(world.mended(later)).await;
        assert!(world.what_returns(plan.0).await[0].returns.is_back());
    }

    async fn of_single_modules_and_of_what_was_never_tagged_it_is_the_same(mut world: World) {
        let mut world = Box::pin(world.with_suite()).await;
        // Something that has no tag.
        Box::pin(world.run_custom(&[3])).await;
        let before = world.suite_hosted();
        let plan = world.custom_plan(&[1, 2]).await;
        Box::pin(world.run_into_errors(plan)).await;
        let mixed = world.suite_hosted();
        let differ: BTreeSet<usize> = (0..3).filter(|at| mixed[*at] != before[*at]).collect();
        assert_eq!(differ, BTreeSet::from([0]));
        let rows = world.what_returns(plan.0).await;
        assert_eq!(rows[0].goes, Goes::Mix(None));
        assert!(matches!(rows[0].returns, Returns::BackTagged { number: to, .. } if to == number("0.1.1")), "{rows:?}");
        Box::pin(world.mended(plan.0)).await;
        assert_eq!(world.suite_hosted(), before);
    }
}
