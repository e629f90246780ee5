//! How many applications a lane head offers to move on.

use super::{World, core, on_both};
use backend::testing::TestBackend;
use domain::view::{ApplicationFilter, StartOutcome};

impl World {
    /// What can move into Quality, of what is searched.
    async fn movable(&self, text: &str) -> u64 {
        let filter = ApplicationFilter {
            text: text.to_owned(),
            ..ApplicationFilter::default()
        };
        let counts = self.slipway.count_applications(&self.operator, filter);
        Box::pin(counts).await.unwrap().movable[1]
    }
}

on_both! {
    async fn what_a_plan_brings_already_is_not_offered_again(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        assert_eq!(world.movable("").await, 2);
        assert_eq!(world.movable("core").await, 1);
        assert_eq!(world.movable("no such name").await, 0);
        let (plan, revision) = world.plan(vec![core()]).await;
        let started = world.slipway.start_plan(&world.operator, plan, revision, None);
        assert_eq!(Box::pin(started).await.unwrap(), StartOutcome::Started);
        assert_eq!(world.movable("").await, 1);
        assert_eq!(world.movable("core").await, 0);
        world.settle().await;
        assert_eq!(world.movable("").await, 1);
    }
}
