//! One's own drafts, which are in no list of plans.

use super::list::somebody;
use super::{World, core, on_both, shop};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::view::{DRAFT_COUNT_CAP, Drafts, MAX_DRAFTS_NAMED, PlanEdit};

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
