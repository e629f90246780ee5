//! Saved plans that are discarded, and brought back by who did not mean it.

use super::list::somebody;
use super::{World, core, on_both, shop};
use backend::Actor;
use backend::testing::{TestBackend, actor};
use domain::AppError;
use domain::access::Standing;
use domain::plan::PlanStatus;
use domain::view::{PlanCut, PlanEdit, PlanFilter, PlanRequest};

impl World {
    /// A saved plan with notes, made by this person.
    async fn noted(&mut self, by: &Actor) -> u64 {
        self.publish_core("one").await;
        self.publish_shop("one").await;
        let made = self
            .slipway
            .create_plan(by, self.source(), self.target(), vec![core(), shop()]);
        let plan = made.await.unwrap();
        let notes = PlanEdit::SetNotes("Quartermaster".to_owned());
        self.slipway.edit_plan(by, plan, 1, notes).await.unwrap();
        self.slipway.save_plan(by, plan, 2).await.unwrap();
        plan
    }

    /// The numbers of the plans that hold this word.
    async fn with_word(&self, word: &str) -> Vec<u64> {
        let request = PlanRequest {
            filter: PlanFilter::parse(&format!("search={word}")),
            cut: PlanCut::Start,
            limit: 10,
        };
        let page = self.slipway.list_plans(&self.operator, request).await;
        page.unwrap().rows.iter().map(|row| row.number).collect()
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, AppError>) -> String {
    answer.unwrap_err().code().to_owned()
}

on_both! {
    async fn who_discarded_it_brings_it_back_as_it_was(mut world: World) {
        let ada = somebody(&world.slipway).await;
        let plan = Box::pin(world.noted(&ada)).await;
        let before = world.slipway.read_plan(&ada, plan).await.unwrap();
        assert_eq!(world.with_word("Quartermaster").await, [plan]);

        world.slipway.discard_plan(&ada, plan).await.unwrap();
        assert_eq!(code(world.slipway.read_plan(&ada, plan).await), "not_found");
        assert_eq!(code(world.slipway.read_plan(&world.operator, plan).await), "not_found");
        assert_eq!(code(world.slipway.discard_plan(&ada, plan).await), "not_found");
        assert!(world.with_word("Quartermaster").await.is_empty());
        assert!(world.slipway.list_drafts(&ada).await.unwrap().newest.is_empty());

        // Nobody else's mistake; and what a sweep must not take yet.
        assert_eq!(code(world.slipway.restore_plan(&world.operator, plan).await), "discarded_for_good");
        assert!(world.slipway.restore_plan(&actor(Standing::Viewer), plan).await.is_err());
        world.slipway.clock.advance(59_000);
        world.slipway.tidy().await.unwrap();
        world.slipway.restore_plan(&ada, plan).await.unwrap();
        world.slipway.restore_plan(&ada, plan).await.unwrap();

        let after = world.slipway.read_plan(&ada, plan).await.unwrap();
        assert_eq!(after.row.status, PlanStatus::Saved);
        assert_eq!((&after.content, after.revision), (&before.content, before.revision));
        assert_eq!(after.row.stamps, before.row.stamps);
        assert_eq!(world.with_word("Quartermaster").await, [plan]);
        let audit = world.slipway.audited().await;
        let times = |action: &str| audit.iter().filter(|(_, what, _)| what == action).count();
        assert_eq!((times("plan_discarded"), times("plan_restored")), (1, 1));
        world.slipway.edit_plan(&ada, plan, 2, PlanEdit::SetNotes("On.".to_owned())).await.unwrap();
    }

    async fn after_a_minute_it_is_gone_for_good(mut world: World) {
        let ada = somebody(&world.slipway).await;
        let plan = Box::pin(world.noted(&ada)).await;
        world.slipway.discard_plan(&ada, plan).await.unwrap();
        world.slipway.clock.advance(60_000);
        let late = world.slipway.restore_plan(&ada, plan).await;
        assert_eq!(code(late), "discarded_for_good");
        world.slipway.tidy().await.unwrap();
        assert_eq!(code(world.slipway.restore_plan(&ada, plan).await), "discarded_for_good");
        // Discarded it was by a person, and never by age.
        let audit = world.slipway.audited().await;
        assert!(audit.iter().all(|(_, what, _)| what != "plan_expired"));
        assert_eq!(code(world.slipway.restore_plan(&ada, 999_999).await), "discarded_for_good");
    }

    async fn it_does_not_come_back_beside_one_that_took_its_place(mut world: World) {
        let ada = somebody(&world.slipway).await;
        let plan = Box::pin(world.noted(&ada)).await;
        world.rule(|rules| rules.parallel_creation = false).await;
        world.slipway.discard_plan(&ada, plan).await.unwrap();
        let (other, _) = world.plan(vec![core()]).await;
        assert_eq!(code(world.slipway.restore_plan(&ada, plan).await), "creation_switched_off");
        world.slipway.discard_plan(&world.operator, other).await.unwrap();
        world.slipway.restore_plan(&ada, plan).await.unwrap();
        assert_eq!(world.status(plan).await, PlanStatus::Saved);
    }
}
