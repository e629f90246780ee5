//! What a console keeps in mind of the factory, with what has changed since put in, is what another
//! one reads that has just been started.

use super::{World, core, on_both, other, shop};
use backend::testing::TestBackend;
use domain::landscape::Landscape;
use domain::view::StartOutcome;

impl World {
    async fn known(&self) -> Landscape {
        self.development.connect(&self.slipway).await;
        self.quality.connect(&self.slipway).await;
        let exported = self.slipway.export_landscape(&self.operator).await;
        exported.unwrap()
    }

    /// Goes on as a console that was just started, which knows the same.
    async fn read_anew(self, after: &str) -> Self {
        let known = self.known().await;
        let world = self.reborn().await;
        let read = world.known().await;
        // That agents connect again is counted.
        let revision = known.revision;
        assert_eq!(known, Landscape { revision, ..read }, "after {after}");
        world
    }
}

on_both! {
    async fn what_is_kept_in_mind_of_the_factory_is_what_is_stored(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.publish_other(1, "one").await;
        let mut world = world.read_anew("publications").await;

        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        let world_of = &world;
        let started = world_of
            .slipway
            .start_plan(&world_of.operator, plan, revision, None);
        assert_eq!(started.await.unwrap(), StartOutcome::Started);
        world = world.read_anew("a start").await;
        world.settle().await;
        world = world.read_anew("the end of a plan").await;

        world.block(other(1), "Not audited yet.").await.unwrap();
        world = world.read_anew("a block").await;
        // A new state: everything is put in order anew.
        world.publish_core("two").await;
        world = world.read_anew("a publication").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        world.read_anew("a second plan").await;
    }
}
