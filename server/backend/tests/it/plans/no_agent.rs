//! Targets whose agent takes no work: never joined, away, not of a protocol that fits. Each is told
//! as what it is, wherever a plan meets it.

use super::{World, core, on_both};
use backend::testing::TestBackend;
use domain::access::Standing;
use domain::environment::{LinkState, Purpose};
use domain::impact::FindingCode;
use domain::plan::PlanStatus;
use domain::view::{Hindrance, LogFilter, NewEnvironment, QueueOutcome, StartOutcome};
use protocol::{AgentSelf, Hello};

impl World {
    /// Quality's agent says hello after it was replaced by one of another version.
    async fn quality_speaks(&self, protocol: u32) {
        let hello = Hello {
            agent: AgentSelf {
                version: "9.0.0".to_owned(),
                protocol,
                address: "http://127.0.0.1:9001".to_owned(),
                platform: 1,
            },
            clock_ms: self.slipway.clock.read(),
            inventory_counter: 0,
            last_command: 0,
            last_event: None,
            signs_life: false,
        };
        let greeted = self.slipway.greet_agent(&self.quality.actor, hello).await;
        assert_eq!(greeted.is_ok(), protocol == protocol::VERSION);
    }

    /// What the check says of the target's agent: what is so, and what to do.
    async fn agent_told(&self, plan: u64) -> Option<(String, String)> {
        let report = self.slipway.check_plan(&self.operator, plan).await.unwrap();
        let mut findings = report.findings.into_iter();
        let found = findings.find(|one| one.code == FindingCode::TargetUnreachable)?;
        let (what, remedy) = found.detail.as_deref()?.split_once('\n')?;
        Some((what.to_owned(), remedy.to_owned()))
    }

    async fn waits_for(&self, plan: u64) -> Vec<Hindrance> {
        Box::pin(self.slipway.serve_lines()).await.unwrap();
        let line = self.slipway.read_line(&self.operator, plan).await.unwrap();
        line.plan.stay.place.unwrap().waits_for
    }
}

on_both! {
    async fn an_agent_that_never_joined_does_not_fit_or_is_away_is_told_as_that(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        assert_eq!(world.agent_told(plan).await, None);

        // The same landscape, as no row of it was changed: what is known of it is looked at anew.
        world.quality_speaks(protocol::VERSION + 1).await;
        let (what, remedy) = world.agent_told(plan).await.unwrap();
        assert_eq!(what, "The agent of Quality speaks a protocol that this console does not");
        assert!(remedy.contains("versions that go together"), "{remedy}");
        world.quality_speaks(protocol::VERSION).await;
        assert_eq!(world.agent_told(plan).await, None);

        world.slipway.clock.advance(600_000);
        let (what, remedy) = world.agent_told(plan).await.unwrap();
        assert_eq!((what.as_str(), remedy.as_str()), ("The agent of Quality is away", "start the agent"));
        let started = world.slipway.start_plan(&world.operator, plan, revision, None).await.unwrap();
        assert!(matches!(started, StartOutcome::Refused(_)));

        let new = NewEnvironment { name: "Production".to_owned(), purpose: Purpose::Production };
        let administrator = backend::testing::actor(Standing::Administrator);
        let production = world.slipway.create_environment(&administrator, new).await.unwrap();
        let fresh = world
            .slipway
            .create_plan(&world.operator, world.source(), production, vec![core()])
            .await
            .unwrap();
        let (what, remedy) = world.agent_told(fresh).await.unwrap();
        assert_eq!(what, "No agent has joined Production yet");
        assert!(remedy.contains("join code"), "{remedy}");
    }

    async fn a_line_says_which_agent_holds_it_up_and_how_it_stands(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let queued = world.slipway.queue_plan(&world.operator, plan, revision, None).await.unwrap();
        assert_eq!(queued, QueueOutcome::Queued);
        world.quality_speaks(protocol::VERSION + 1).await;
        let quality = |link| vec![Hindrance::NoAgent("Quality".to_owned(), link)];
        assert_eq!(world.waits_for(plan).await, quality(LinkState::Incompatible));

        world.quality_speaks(protocol::VERSION).await;
        world.slipway.clock.advance(600_000);
        assert_eq!(world.waits_for(plan).await, quality(LinkState::Offline));

        assert!(world.quality.connect(&world.slipway).await);
        Box::pin(world.settle()).await;
        let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!(run.plan.status, PlanStatus::FinishedSuccessful);
    }

    async fn a_suspended_plan_says_of_an_agent_that_does_not_fit_what_to_do(mut world: World) {
        world.publish_core("one").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.slipway.start_plan(&world.operator, plan, revision, None).await.unwrap();
        world.slipway.walk_runs().await.unwrap();
        world.quality_speaks(protocol::VERSION + 1).await;
        for _ in 0..40 {
            world.slipway.clock.advance(10_000);
            world.slipway.walk_runs().await.unwrap();
        }
        let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!(run.plan.status, PlanStatus::NeedsIntervention);
        let why = run.continue_refusal.unwrap();
        assert!(why.starts_with("The agent of Quality speaks a protocol"), "{why}");
        let log = world.slipway.read_log(&world.operator, plan, LogFilter::default()).await.unwrap();
        let last = log.lines.iter().find(|line| line.text.starts_with("Suspended")).unwrap();
        assert!(last.text.contains("speaks a protocol that this console does not"), "{}", last.text);
        assert!(last.text.contains("versions that go together, then continue"), "{}", last.text);
    }
}
