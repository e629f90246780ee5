//! One's own drafts, which are in no list of plans.

use super::list::somebody;
use super::{World, core, on_both, shop};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::view::{DRAFT_COUNT_CAP, Drafts, HowLost, MAX_DRAFTS_NAMED, PlanEdit};

const HOUR: i64 = 3_600_000;

fn numbers(drafts: &Drafts) -> Vec<u64> {
    drafts.newest.iter().map(|draft| draft.number).collect()
}

on_both! {
    async fn ones_own_drafts_are_found_as_long_as_they_live(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let ada = somebody(&world.slipway).await;
        let (source, target) = (world.source(), world.target());
        let others = [actor(Standing::Operator), actor(Standing::Administrator)];
        let make = async |by, applications| {
            let made = world.slipway.create_plan(by, source, target, applications).await;
            made.unwrap()
        };
        let mine = async |by| world.slipway.list_drafts(by).await.unwrap();
        assert_eq!(mine(&ada).await, Drafts::default());
        let first = make(&ada, vec![core()]).await;
        // What somebody else makes is theirs, and one that holds nothing is not worth a word.
        make(&others[0], vec![core()]).await;
        let empty = make(&ada, Vec::new()).await;
        world.slipway.clock.advance(HOUR);
        let second = make(&ada, vec![core(), shop()]).await;
        let drafts = mine(&ada).await;
        assert_eq!(numbers(&drafts), [second, first]);
        assert_eq!((drafts.total.number, drafts.total.more), (2, false));
        assert_eq!(drafts.newest[1].name, "Core 0.1 to Quality");
        for other in &others {
            assert_eq!(mine(other).await, Drafts::default());
        }
        // With notes it holds something.
        let note = PlanEdit::SetNotes("At night.".to_owned());
        world.slipway.edit_plan(&ada, empty, 1, note).await.unwrap();
        assert_eq!(numbers(&mine(&ada).await), [second, empty, first]);
        // Saved or discarded it is a draft no more, and neither is one that is a day old.
        world.slipway.discard_plan(&ada, empty).await.unwrap();
        world.slipway.save_plan(&ada, second, 1).await.unwrap();
        assert_eq!(numbers(&mine(&ada).await), [first]);
        world.slipway.clock.advance(23 * HOUR);
        assert_eq!(mine(&ada).await, Drafts::default());
    }

    async fn a_draft_that_is_shared_is_everybodys_until_its_maker_takes_it_back(mut world: World) {
        world.publish_core("one").await;
        let ada = somebody(&world.slipway).await;
        let (bob, guest) = (actor(Standing::Operator), actor(Standing::Guest));
        let (source, target) = (world.source(), world.target());
        let made = world.slipway.create_plan(&ada, source, target, vec![core()]).await;
        let draft = made.unwrap();
        let opens = async |by| world.slipway.read_plan(by, draft).await;
        let share = async |by, shared| world.slipway.share_draft(by, draft, shared).await;
        // Nobody else knows of it, and nobody else can share it.
        assert_eq!(opens(&bob).await.unwrap_err().code(), "not_found");
        assert_eq!(share(&bob, true).await.unwrap_err().code(), "not_found");
        assert_eq!(share(&guest, true).await.unwrap_err().code(), "forbidden");

        share(&ada, true).await.unwrap();
        share(&ada, true).await.unwrap();
        let open = opens(&bob).await.unwrap();
        assert!(open.shared && !open.own && open.may_edit);
        assert!(opens(&ada).await.unwrap().own);
        // Who prepares plans does so together with others; who sees none does not see it either.
        let viewer = actor(Standing::Viewer);
        assert!(opens(&viewer).await.unwrap().may_edit);
        assert_eq!(opens(&guest).await.unwrap_err().code(), "forbidden");
        let found = world.slipway.list_drafts(&bob).await.unwrap();
        assert_eq!(numbers(&found), [draft]);
        assert_eq!(found.newest[0].of.as_ref().unwrap().login, ada.login);
        // Both change it, and who was slower is told.
        let note = |text: &str| PlanEdit::SetNotes(text.to_owned());
        let revision = open.revision;
        world.slipway.edit_plan(&bob, draft, revision, note("At night.")).await.unwrap();
        let stale = world.slipway.edit_plan(&ada, draft, revision, note("At noon.")).await;
        assert_eq!(stale.unwrap_err().code(), "stale");
        assert_eq!(share(&bob, false).await.unwrap_err().code(), "forbidden");

        share(&ada, false).await.unwrap();
        assert_eq!(opens(&bob).await.unwrap_err().code(), "not_found");
        assert_eq!(world.slipway.list_drafts(&bob).await.unwrap(), Drafts::default());
        let audit = world.slipway.list_audit().await;
        let told = |action: &str| audit.iter().filter(|entry| entry.action == action).count();
        assert_eq!((told("draft_shared"), told("draft_unshared")), (1, 1));
        // Once it is saved there is nothing to share any more.
        let now = opens(&ada).await.unwrap().revision;
        world.slipway.save_plan(&ada, draft, now).await.unwrap();
        share(&bob, true).await.unwrap();
        assert!(!opens(&bob).await.unwrap().shared);
    }

    async fn who_loses_a_plan_is_told_how(mut world: World) {
        world.publish_core("one").await;
        let ada = somebody(&world.slipway).await;
        let bob = actor(Standing::Operator);
        let (source, target) = (world.source(), world.target());
        let make = async || {
            let made = world.slipway.create_plan(&ada, source, target, vec![core()]).await;
            let number = made.unwrap();
            let id = world.slipway.read_plan(&ada, number).await.unwrap().row.id;
            (number, id)
        };
        let lost = async |by, id| {
            let loss = world.slipway.explain_plan_loss(by, id).await.unwrap();
            loss.map(|loss| (loss.how, loss.by.map(|(name, _)| name)))
        };
        let by_ada = Some(ada.name.clone());
        let (draft, id) = make().await;
        // Of what was never shared nothing is said.
        assert_eq!(lost(&bob, id).await, None);
        world.slipway.share_draft(&ada, draft, true).await.unwrap();
        assert_eq!(lost(&bob, id).await, None);
        world.slipway.share_draft(&ada, draft, false).await.unwrap();
        assert_eq!(lost(&bob, id).await, Some((HowLost::Unshared, by_ada.clone())));
        // Its maker has it still.
        assert_eq!(lost(&ada, id).await, None);
        world.slipway.share_draft(&ada, draft, true).await.unwrap();
        world.slipway.discard_plan(&ada, draft).await.unwrap();
        assert_eq!(lost(&bob, id).await, Some((HowLost::Discarded, by_ada)));
        let (draft, id) = make().await;
        world.slipway.share_draft(&ada, draft, true).await.unwrap();
        world.slipway.clock.advance(24 * HOUR);
        for by in [&ada, &bob] {
            assert_eq!(lost(by, id).await, Some((HowLost::Expired, None)));
        }
    }

    async fn of_many_drafts_some_are_named_and_all_are_counted(mut world: World) {
        world.publish_core("one").await;
        let ada = somebody(&world.slipway).await;
        let (source, target) = (world.source(), world.target());
        let made = DRAFT_COUNT_CAP + 2;
        for count in 1..=made {
            world.slipway.create_plan(&ada, source, target, vec![core()]).await.unwrap();
            if count == MAX_DRAFTS_NAMED + 3 {
                let drafts = world.slipway.list_drafts(&ada).await.unwrap();
                assert_eq!(drafts.newest.len() as u64, MAX_DRAFTS_NAMED);
                assert_eq!((drafts.total.number, drafts.total.more), (count, false));
            }
        }
        let drafts = world.slipway.list_drafts(&ada).await.unwrap();
        assert!(drafts.newest.is_sorted_by(|a, b| a.number > b.number));
        assert_eq!((drafts.total.number, drafts.total.more), (DRAFT_COUNT_CAP, true));
    }
}
