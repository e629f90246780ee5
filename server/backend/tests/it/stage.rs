//! A console and an agent with a run under way, for the tests of the engine.

use backend::engine::RunEnd;
use backend::testing::{Factory, FakeAgent, TestBackend};
use domain::execution::Outcome;
use uuid::Uuid;

/// A console with an agent that runs the first state of a factory.
pub struct Stage {
    pub slipway: TestBackend,
    pub agent: FakeAgent,
    pub factory: Factory,
    pub run: Uuid,
}

impl Stage {
    pub async fn on(slipway: TestBackend, modules: usize) -> Self {
        Self::named(slipway, modules, "Policy").await
    }

    /// In an environment and with an application of this name.
    pub async fn named(slipway: TestBackend, modules: usize, name: &str) -> Self {
        let mut agent = FakeAgent::join(&slipway, name).await;
        let factory = Factory::named(&slipway, modules, name).await;
        agent.running = factory.in_state(0);
        let run = factory.start_run(&slipway, &agent, false).await.unwrap();
        Self {
            slipway,
            agent,
            factory,
            run,
        }
    }

    pub async fn new(modules: usize) -> Self {
        Self::on(TestBackend::new().await, modules).await
    }

    /// Lets engine and agent take turns until the run is over.
    pub async fn finish(&mut self) -> RunEnd {
        for _ in 0..2_000 {
            if let Some(end) = self.turn().await {
                return end;
            }
        }
        panic!("the run does not end");
    }

    pub async fn turn(&mut self) -> Option<RunEnd> {
        let _ = self.slipway.walk_runs().await;
        let busy = self.agent.work(&self.slipway).await;
        if let Some(end) = self.slipway.find_run_end(self.run).await {
            return Some(end);
        }
        // Time passes faster when nobody has anything to do.
        self.slipway.clock.advance(if busy { 20 } else { 10_000 });
        None
    }

    pub fn check(&self, end: &RunEnd) {
        check(&self.agent, &self.factory, end);
    }
}

/// Whether an agent that ran the first state of `factory` runs what it should after this end.
pub fn check(agent: &FakeAgent, factory: &Factory, end: &RunEnd) {
    for (attempt, effects) in &agent.effects {
        assert!(*effects <= 1, "attempt {attempt} had {effects} effects");
    }
    match end.outcome {
        Outcome::Successful | Outcome::WithWarnings => {
            assert_eq!(agent.running, factory.planned(), "{}", end.text);
        }
        Outcome::Aborted => {
            assert_eq!(agent.running, factory.in_state(0), "{}", end.text);
        }
        Outcome::WithErrors => {
            assert!(end.text.contains("mix"), "{}", end.text);
        }
    }
}
