//! Who waits in line is not overtaken, and every check says so before the start does: in the
//! browser, on the server, and while the line moves.

use super::{World, on_both, other};
use backend::events::Topic;
use backend::testing::TestBackend;
use domain::environment::Rules;
use domain::impact::{CheckOptions, Finding, FindingCode, Index, Report, check_behind};
use domain::view::{QueueOutcome, StartOutcome};
use std::sync::Arc;

impl World {
    /// What the editor finds in a plan, on the slice that it is given.
    async fn in_browser(&self, plan: u64) -> Report {
        let detail = self.slipway.read_plan(&self.operator, plan).await.unwrap();
        let content = detail.content;
        let applications = content.operations.iter().map(|o| o.application).collect();
        let slice = self
            .slipway
            .read_slice(&self.operator, content.source, content.target, applications)
            .await
            .unwrap();
        let index = Index::new(Arc::new(slice.landscape), content.source, content.target).unwrap();
        let options = CheckOptions {
            parallel_limit: Some(Rules::default().limit()),
        };
        check_behind(&index, &content, options, &slice.line)
    }

    /// What every check says of a plan: all of them the same.
    async fn shown(&self, plan: u64) -> Vec<Finding> {
        let shown = self.in_browser(plan).await.findings;
        let checked = self.slipway.check_plan(&self.operator, plan);
        assert_eq!(checked.await.unwrap().findings, shown);
        let validated = self.slipway.validate_plan(&self.operator, plan);
        assert_eq!(validated.await.unwrap().findings, shown);
        shown
    }
}

on_both! {
    async fn what_is_shown_of_the_line_is_what_a_start_is_refused_for(mut world: World) {
        for number in 1..=3 {
            world.publish_other(number, "one").await;
        }
        for number in 1..=2 {
            world.tag(number).await;
        }
        let runs = world.plan(vec![other(2)]).await;
        let both = world.plan(vec![other(2), other(1)]).await;
        let late = world.plan(vec![other(1)]).await;
        let apart = world.plan(vec![other(3)]).await;
        assert_eq!(world.start(runs).await, StartOutcome::Started);
        assert_eq!(world.shown(late.0).await, []);
        let mut told = world.slipway.topics().subscribe();
        assert_eq!(world.queue(both).await, QueueOutcome::Queued);
        // Whoever edits another plan hears of it.
        loop {
            if told.recv().await.unwrap().topic == Topic::Environments {
                break;
            }
        }
        let found = world.shown(late.0).await;
        let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [FindingCode::AheadInLine]);
        assert!(found[0].detail.as_deref().unwrap().starts_with(&format!("#{} ", both.0)));
        let StartOutcome::Refused(report) = world.start(late).await else {
            panic!("it passed who came first");
        };
        assert_eq!(report.findings, found);
        // Who is in line himself stands behind nobody but those ahead.
        let own = world.slipway.check_plan(&world.operator, both.0).await.unwrap();
        assert!(own.findings.iter().all(|f| f.code != FindingCode::AheadInLine), "{own:?}");
        assert_eq!(world.shown(apart.0).await, []);
        assert_eq!(world.start(apart).await, StartOutcome::Started);
        // The list counts what is wrong with a plan itself.
        let row = world.slipway.read_plan(&world.operator, late.0).await.unwrap().row;
        assert_eq!(row.findings, Some((0, 0)));
        // When the other one leaves the line nothing is in the way any more.
        world.slipway.leave_queue(&world.operator, both.0).await.unwrap();
        assert_eq!(world.shown(late.0).await, []);
        assert_eq!(world.start(late).await, StartOutcome::Started);
        Box::pin(world.settle()).await;
    }
}
