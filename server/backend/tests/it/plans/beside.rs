//! Plans beside each other on modules that refer to one another over others, on one target and on two
//! (domain.md 3.14).

use super::{World, id, on_both, other, write};
use backend::testing::{FakeAgent, TestBackend};
use domain::impact::{Finding, FindingCode};
use domain::plan::PlanStatus;
use domain::view::{PlanEdit, QueueOutcome, StartOutcome};
use domain::{ApplicationId, EnvironmentId, ModuleId};
use tempfile::TempDir;

/// Each of three applications uses what the one before it offers.
const LINKS: [&str; 3] = ["Prices", "Orders", "Portal"];
const LINK: u128 = 0x600;

fn link(at: usize) -> ApplicationId {
    ApplicationId(id(LINK + 2 * at as u128))
}

impl World {
    async fn publish_link(&mut self, at: usize, content: &str) {
        let folder = TempDir::new().unwrap();
        let name = LINKS[at];
        let number = LINK + 2 * at as u128;
        let mut toml = format!(
            r#"
[application]
id = "{}"
name = "{name}"

[[module]]
id = "{}"
name = "{name}Logic"
kind = "static"
path = "logic"
url_path = "/{name}"

[[module.provides]]
kind = "service_action"
name = "Ask{name}"
content = "index.html"
"#,
            id(number),
            id(number + 1),
        );
        if let Some(before) = at.checked_sub(1) {
            let used = LINKS[before];
            toml.push_str(&format!(
                "[[module.uses]]\nmodule = \"{used}Logic\"\nelements = [{{ kind = \"service_action\", name = \"Ask{used}\" }}]\n"
            ));
        }
        write(folder.path(), "slipway.toml", &toml);
        write(folder.path(), "logic/index.html", content);
        Box::pin(self.publish(folder.path(), "Development")).await;
    }

    /// All three run in the target, and there is something newer of each in the source.
    async fn with_links(&mut self) {
        for at in 0..LINKS.len() {
            self.publish_link(at, "one").await;
        }
        let (plan, revision) = self.plan((0..LINKS.len()).map(link).collect()).await;
        Box::pin(self.run_through(plan, revision)).await;
        for at in 0..LINKS.len() {
            self.publish_link(at, "two").await;
        }
    }

    /// A saved plan with one of the three.
    async fn link_plan(&self, at: usize, target: EnvironmentId) -> u64 {
        let made = self
            .slipway
            .create_plan(&self.operator, self.source(), target, vec![link(at)]);
        let plan = Box::pin(made).await.unwrap();
        let saved = self.slipway.save_plan(&self.operator, plan, 1);
        Box::pin(saved).await.unwrap();
        plan
    }

    /// A saved plan that brings an application, and links Orders anew; its number and revision.
    async fn relink_plan(&self, brings: ApplicationId) -> (u64, i64) {
        let (plan, revision) = self.plan(vec![brings]).await;
        let module = ModuleId(id(LINK + 2 + 1));
        let tick = PlanEdit::SetRepublish(vec![module]);
        (plan, Box::pin(self.edit(plan, revision, tick)).await)
    }

    async fn starts(&self, plan: u64) -> StartOutcome {
        // No reason helps.
        let reason = Some("It is urgent.".to_owned());
        let started = self.slipway.start_plan(&self.operator, plan, 1, reason);
        Box::pin(started).await.unwrap()
    }

    /// What stands in the way of a plan of other plans.
    async fn in_the_way(&self, plan: u64) -> Vec<Finding> {
        let StartOutcome::Refused(report) = self.starts(plan).await else {
            panic!("it must be refused");
        };
        assert_eq!(self.status(plan).await, PlanStatus::Saved);
        let findings = report.findings.into_iter();
        findings
            .filter(|found| found.code.is_about_other_plans())
            .collect()
    }
}

/// The names of both modules.
fn ends(found: &Finding) -> [&str; 2] {
    [&found.consumer, &found.producer].map(|end| end.as_ref().unwrap().name.as_str())
}

on_both! {
    async fn pp4_a_module_that_a_running_plan_only_links_anew_is_refused(mut world: World) {
        world.with_links().await;
        world.publish_other(1, "one").await;
        world.publish_other(2, "one").await;
        // What is brought besides: what Orders uses, and what has to do with no other.
        for (brings, pairs) in [(link(0), 2), (other(1), 1)] {
            let (runs, revision) = world.relink_plan(brings).await;
            let orders = world.link_plan(1, world.target()).await;
            let portal = world.link_plan(2, world.target()).await;
            let apart = world.plan(vec![other(2)]).await.0;
            let start = world.slipway.start_plan(&world.operator, runs, revision, None);
            assert_eq!(Box::pin(start).await.unwrap(), StartOutcome::Started);
            let found = world.in_the_way(orders).await;
            assert_eq!(found.len(), pairs, "{found:?}");
            assert_eq!(found[0].code, FindingCode::ParallelSameModule);
            assert_eq!((found[0].path.join(" ").as_str(), found[0].application), ("OrdersLogic", Some(link(1))));
            assert_eq!(ends(&found[0]), ["OrdersLogic", "OrdersLogic"]);
            let named = found[0].detail.as_deref().unwrap();
            assert!(named.starts_with(&format!("#{runs} ")), "{named}");
            // PP5: so is what uses it.
            let found = world.in_the_way(portal).await;
            assert_eq!(found.len(), pairs, "{found:?}");
            assert_eq!(found[0].code, FindingCode::ParallelRelatedModule);
            assert_eq!(found[0].path.join(" "), "PortalLogic OrdersLogic");
            // What has nothing to do with it is in nobody's way.
            assert_eq!(world.starts(apart).await, StartOutcome::Started);
            Box::pin(world.settle()).await;
            assert_eq!(world.starts(orders).await, StartOutcome::Started);
            Box::pin(world.settle()).await;
            for plan in [runs, orders, apart] {
                assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
            }
            world.publish_link(1, "three").await;
            world.publish_other(2, "two").await;
        }
    }

    async fn pp4_what_a_plan_in_line_would_only_link_anew_is_kept_for_it(mut world: World) {
        world.with_links().await;
        world.publish_other(1, "one").await;
        world.publish_other(2, "one").await;
        world.tag(1).await;
        let runs = world.plan(vec![other(1)]).await.0;
        let (waits, revision) = world.relink_plan(other(1)).await;
        let orders = world.link_plan(1, world.target()).await;
        assert_eq!(world.starts(runs).await, StartOutcome::Started);
        // Other1 is on its way already.
        let queue = world.slipway.queue_plan(&world.operator, waits, revision, None);
        assert_eq!(Box::pin(queue).await.unwrap(), QueueOutcome::Queued);
        let found = world.in_the_way(orders).await;
        let [found] = &found[..] else { panic!("{found:?}") };
        assert_eq!(found.code, FindingCode::AheadInLine);
        assert_eq!(found.path, ["OrdersLogic"]);
        let apart = world.plan(vec![other(2)]).await.0;
        assert_eq!(world.starts(apart).await, StartOutcome::Started);
        Box::pin(world.settle()).await;
        assert_eq!(world.starts(orders).await, StartOutcome::Started);
        Box::pin(world.settle()).await;
        for plan in [runs, waits, orders, apart] {
            assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        }
    }

    async fn pp5_producers_and_consumers_are_refused_directly_and_over_others(mut world: World) {
        world.with_links().await;
        let target = world.target();
        let path = ["PortalLogic", "OrdersLogic", "PricesLogic"];
        // What runs, what wants to, and the path between them.
        for (runs, wants, path) in [
            (0, 1, &path[1..]),
            (1, 0, &path[1..]),
            (0, 2, &path[..]),
            (2, 0, &path[..]),
        ] {
            let first = world.link_plan(runs, target).await;
            let second = world.link_plan(wants, target).await;
            assert_eq!(world.starts(first).await, StartOutcome::Started, "{runs}");
            let found = world.in_the_way(second).await;
            let [found] = &found[..] else { panic!("{found:?}") };
            assert_eq!(found.code, FindingCode::ParallelRelatedModule, "{runs}, {wants}");
            assert_eq!((found.path.join(" "), found.application), (path.join(" "), Some(link(wants))));
            assert_eq!(ends(found), [path[0], path[path.len() - 1]]);
            let other = found.detail.as_deref().unwrap();
            assert!(other.starts_with(&format!("#{first} ")), "{other}");
            Box::pin(world.settle()).await;
            assert_eq!(world.starts(second).await, StartOutcome::Started, "{wants}");
            Box::pin(world.settle()).await;
            world.publish_link(runs, &format!("{runs} of {first}")).await;
            world.publish_link(wants, &format!("{wants} of {first}")).await;
        }
    }

    async fn pm1_the_module_and_the_plan_that_deploys_it_are_named(mut world: World) {
        world.with_links().await;
        let target = world.target();
        let first = world.link_plan(1, target).await;
        let second = world.link_plan(1, target).await;
        assert_eq!(world.starts(first).await, StartOutcome::Started);
        let found = world.in_the_way(second).await;
        let [found] = &found[..] else { panic!("{found:?}") };
        assert_eq!(found.code, FindingCode::ParallelSameModule);
        assert_eq!(ends(found), ["OrdersLogic", "OrdersLogic"]);
        assert_eq!(found.consumer.as_ref().unwrap().application_name, "Orders");
        let other = found.detail.as_deref().unwrap();
        assert!(other.starts_with(&format!("#{first} Orders 0.2 to Quality")), "{other}");
        Box::pin(world.settle()).await;
        assert_eq!(world.status(first).await, PlanStatus::FinishedSuccessful);
    }

    async fn pp6_a_plan_to_another_target_is_in_nobodys_way(mut world: World) {
        world.with_links().await;
        // Not even where one runs at a time.
        world.rule(|rules| rules.parallel_execution = false).await;
        let mut production = FakeAgent::join(&world.slipway, "Production").await;
        let elsewhere = production.actor.environment;
        let first = world.link_plan(0, world.target()).await;
        assert_eq!(world.starts(first).await, StartOutcome::Started);
        let tagged = world.link_plan(0, elsewhere).await;
        let report = world.slipway.check_plan(&world.operator, tagged).await.unwrap();
        let others = report.findings.iter().filter(|found| found.code.is_about_other_plans());
        assert_eq!(others.count(), 0, "{report:?}");
        assert_eq!(world.starts(tagged).await, StartOutcome::Started);
        assert_eq!(world.status(first).await, PlanStatus::Running);
        for _ in 0..100 {
            production.work(&world.slipway).await;
            Box::pin(world.settle()).await;
            if !world.status(tagged).await.is_active() {
                break;
            }
        }
        for plan in [first, tagged] {
            assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        }
    }
}
