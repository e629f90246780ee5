//! What was never tagged comes back too: it is tagged when its plan is rolled back.

use super::custom::suite;
use super::{World, core, core_folder, manifest, number, on_both};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::hotfix::HotfixState;
use domain::impact::{FindingCode, Severity};
use domain::plan::{Choice, Ran, Returns};
use domain::view::VersionRow;
use domain::{AppError, ApplicationId, VersionNumber};
use protocol::{Hosted, Inventory};
use std::collections::BTreeMap;
use store::testing::Kill;
use uuid::Uuid;

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn tagged(base: Option<&str>, to: &str) -> Vec<Returns> {
    vec![Returns::BackTagged {
        base: base.map(number),
        number: number(to),
    }]
}

impl World {
    /// Quality ran a mix of Suite 0.1 and a *Mail* that was never tagged, and then a plan brought
    /// 0.2; Development has gone on since. What Quality ran, and the plan.
    async fn with_replaced_mix(self) -> (Self, Vec<String>, u64) {
        let mut world = Box::pin(self.with_suite()).await;
        Box::pin(world.run_custom(&[1])).await;
        let mix = world.suite_hosted();
        let plan = Box::pin(world.replace_suite("three")).await;
        Box::pin(world.publish_suite(&["four", "four", "four"], false)).await;
        assert_ne!(world.suite_hosted(), mix);
        (world, mix, plan)
    }

    /// Publishes Suite with this content and brings all of it to Quality.
    async fn replace_suite(&mut self, content: &str) -> u64 {
        Box::pin(self.publish_suite(&[content; 3], false)).await;
        let (plan, revision) = self.plan(vec![suite()]).await;
        Box::pin(self.run_through(plan, revision)).await;
        plan
    }

    /// Publishes Core with this content and brings it to Quality.
    async fn replace_core(&mut self, content: &str) -> u64 {
        Box::pin(self.publish_core(content)).await;
        let (plan, revision) = self.plan(vec![core()]).await;
        Box::pin(self.run_through(plan, revision)).await;
        plan
    }

    async fn versions(&self, application: ApplicationId) -> Vec<VersionRow> {
        let read = self.slipway.read_application(&self.operator, application);
        Box::pin(read).await.unwrap().versions
    }

    async fn tags_of(&self, application: ApplicationId) -> Vec<VersionNumber> {
        let versions = self.versions(application).await.into_iter();
        versions.map(|version| version.number).collect()
    }

    /// What a plan brings of its only application.
    async fn brought(&self, plan: u64) -> Choice {
        let read = self.slipway.read_plan(&self.operator, plan);
        Box::pin(read).await.unwrap().content.operations[0]
            .choice
            .clone()
    }

    /// Rolls a plan of one application back and runs that; the new plan.
    async fn bring_back(&mut self, plan: u64, application: ApplicationId) -> u64 {
        let back = self.roll_back_of(plan, vec![application]).await.unwrap();
        let check = self.slipway.check_plan(&self.operator, back);
        let report = Box::pin(check).await.unwrap();
        assert_eq!(report.count(Severity::Error), 0, "{:?}", report.findings);
        Box::pin(self.run_through(back, 1)).await;
        back
    }

    /// The bundle of each module that Quality's agent runs.
    fn hosted(&self) -> BTreeMap<Uuid, String> {
        let running = self.quality.running.iter();
        running
            .map(|(module, state)| (*module, self.quality.known[state].digest.clone()))
            .collect()
    }

    /// Somebody publishes Core on the machine of Quality's agent itself.
    pub(super) async fn publish_outside(&mut self, content: &str) {
        let folder = core_folder(content);
        let digest = self.upload(folder.path()).await.remove(0);
        let hosted = Hosted {
            url_path: "/core".to_owned(),
            ..self.slipway.hosted_outside(&digest).await
        };
        assert!(manifest(folder.path()).contains(&hosted.name));
        let inventory = Inventory {
            counter: self.quality.count_change(),
            attempt: None,
            modules: vec![hosted],
        };
        let said = self
            .slipway
            .record_inventory(&self.quality.actor, inventory);
        Box::pin(said).await.unwrap();
        self.slipway.clock.advance(1_000);
    }
}

on_both! {
    async fn a_mix_comes_back_as_it_was_with_one_tag_however_often_it_is_asked_for(mut world: World) {
        let (mut world, mix, plan) = Box::pin(world.with_replaced_mix()).await;
        assert_eq!(world.returns(plan).await, tagged(Some("0.1"), "0.1.1"));
        assert_eq!(world.tags_of(suite()).await, ["0.2", "0.1"].map(number), "looking tags nothing");

        let back = world.roll_back_of(plan, vec![suite()]).await.unwrap();
        let detail = world.slipway.read_plan(&world.operator, back).await.unwrap();
        assert_eq!(detail.row.name, "Suite 0.1.1 back in Quality");
        let tag = world.versions(suite()).await.into_iter().find(|row| row.number == number("0.1.1")).unwrap();
        assert_eq!(tag.description, format!("What Quality ran before plan #{plan}"));
        assert_eq!((tag.environment.as_str(), tag.hotfix), ("Quality", false), "it came down the lanes");
        let audit = world.slipway.list_audit().await;
        let because = Some(format!("Rollback of plan #{plan}."));
        let made = audit.iter().rev().find(|entry| entry.action == "version_tagged").unwrap();
        assert_eq!((made.reason.clone(), made.environment_id), (because, Some(world.target().0)));

        // Once more, at once, and after the draft was thrown away: it is the same tag.
        assert!(matches!(world.returns(plan).await[..], [Returns::Back { number: back, .. }] if back == tag.number));
        let again = world.roll_back_of(plan, vec![suite()]).await.unwrap();
        world.slipway.discard_plan(&world.operator, back).await.unwrap();
        world.slipway.discard_plan(&world.operator, again).await.unwrap();
        let back = world.bring_back(plan, suite()).await;
        assert_eq!(world.brought(back).await, Choice::Deploy { version: tag.id });
        assert_eq!(world.tags_of(suite()).await, ["0.2", "0.1.1", "0.1"].map(number));

        assert_eq!(world.suite_hosted(), mix);
        assert_eq!(world.suite_there().await, (Some("0.1.1".to_owned()), false));
        assert_eq!(world.in_quality([suite()]).await, [(Some(number("0.1.1")), 1)]);
        let ran = Ran::Tag(tag.id, tag.number);
        assert_eq!(world.returns(plan).await, [Returns::AlreadyBack { ran }]);
    }

    async fn two_who_ask_at_once_get_one_tag(mut world: World) {
        let (world, _, plan) = Box::pin(world.with_replaced_mix()).await;
        let (one, two) = tokio::join!(
            world.roll_back_of(plan, vec![suite()]),
            world.roll_back_of(plan, vec![suite()]),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(world.brought(one).await, world.brought(two).await);
        assert_eq!(world.tags_of(suite()).await, ["0.2", "0.1.1", "0.1"].map(number));
    }

    async fn one_mix_after_the_other_comes_back_and_nothing_is_held(mut world: World) {
        let mut world = Box::pin(world.with_suite()).await;
        world.run_custom(&[1]).await;
        let mix = world.suite_hosted();
        let plan = world.run_custom(&[2]).await;
        // Somebody else took the number meanwhile.
        world.tag_suite("0.1.1").await;
        assert_eq!(world.returns(plan).await, tagged(Some("0.1"), "0.1.2"));
        world.bring_back(plan, suite()).await;
        assert_eq!(world.suite_hosted(), mix);
        // 0.1 was not taken out: what was, has no version.
        assert_eq!(world.in_quality([suite()]).await, [(Some(number("0.1.2")), 0)]);
    }

    async fn a_hotfix_that_somebody_went_without_comes_back_as_what_it_was(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        let mended = world.hosted();
        let hotfix = world.hotfixes().await.remove(0);
        world.waive(hotfix.id, "It was a mistake").await.unwrap();
        let plan = world.replace_core("two").await;
        assert_eq!(world.returns(plan).await, tagged(Some("0.1"), "0.1.1"));
        world.bring_back(plan, core()).await;
        assert_eq!(world.hosted(), mended);
        let cell = &world.core_now().await.cells[1];
        assert_eq!((cell.version, cell.marks.hotfix, cell.marks.modified), (Some(number("0.1.1")), false, false));
        // No other begins by it; it is known by its tag from now on.
        let hotfixes = world.hotfixes().await;
        let said: Vec<_> = hotfixes.iter().map(|row| (row.id, row.state, row.number)).collect();
        assert_eq!(said, [(hotfix.id, HotfixState::Waived, Some(number("0.1.1")))]);
        // What was taken out is warned of, and nothing is in its way.
        let (again, _) = world.plan(vec![core()]).await;
        let report = world.slipway.check_plan(&world.operator, again).await.unwrap();
        let codes: Vec<_> = report.findings.iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&FindingCode::VersionHeld), "{codes:?}");
        assert_eq!(report.count(Severity::Error), 0, "{:?}", report.findings);
    }

    async fn a_hotfix_that_is_solved_comes_back_and_its_solution_may_come_again(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        let mended = world.hosted();
        let hotfix = world.hotfixes().await.remove(0);
        world.publish_core("two").await;
        world.tag_core(world.source(), "0.2").await;
        world.solve(hotfix.id, "0.2").await.unwrap();
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        world.bring_back(plan, core()).await;
        assert_eq!(world.hosted(), mended);
        assert!(!world.core_now().await.cells[1].marks.hotfix);
        let (again, revision) = world.plan(vec![core()]).await;
        world.run_through(again, revision).await;
        assert_eq!(world.in_quality([core()]).await, [(Some(number("0.2")), 1)]);
    }

    async fn what_was_changed_outside_comes_back_as_a_hotfix(mut world: World) {
        world.replace_core("one").await;
        world.publish_outside("by hand").await;
        assert!(world.core_now().await.cells[1].marks.changed_outside);
        let plan = world.replace_core("two").await;
        let back = world.roll_back_of(plan, vec![core()]).await.unwrap();
        let hotfix = world.hotfixes().await.remove(0);
        assert_eq!((hotfix.state, hotfix.number), (HotfixState::Open, Some(number("0.1.1"))));
        assert_eq!((hotfix.environment.as_str(), hotfix.base), ("Quality", Some(number("0.1"))));
        world.run_through(back, 1).await;
        let cell = &world.core_now().await.cells[1];
        assert_eq!((cell.version, cell.marks.hotfix), (Some(number("0.1.1")), true));
        // From now on it is not lost without a word.
        let (again, revision) = world.plan(vec![core()]).await;
        assert_eq!(world.start_refused(again, revision).await, [FindingCode::HotfixOverwritten]);
        world.waive(hotfix.id, "0.2 does it better").await.unwrap();
        world.run_through(again, revision).await;
        assert_eq!(world.in_quality([core()]).await, [(Some(number("0.2")), 1)]);
    }

    async fn what_was_derived_from_no_tag_gets_the_next_number(mut world: World) {
        world.publish_core_in("Quality", "first").await;
        let first = world.hosted();
        let hotfix = world.hotfixes().await.remove(0);
        world.waive(hotfix.id, "A trial").await.unwrap();
        let plan = world.replace_core("one").await;
        assert_eq!(world.in_quality([core()]).await, [(Some(number("0.1")), 0)]);
        assert_eq!(world.returns(plan).await, tagged(None, "0.2"));
        world.bring_back(plan, core()).await;
        assert_eq!(world.hosted(), first);
        assert_eq!(world.in_quality([core()]).await, [(Some(number("0.2")), 1)]);
    }

    async fn what_development_had_comes_back_after_a_replication(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        let hotfix = world.hotfixes().await.remove(0);
        world.publish_core("unfinished").await;
        let before = world.development.running.clone();
        let plan = world.replicate(world.target(), world.source()).await.unwrap();
        world.run_through(plan, 1).await;
        assert_ne!(world.development.running, before);
        // 0.1.1 is what was replicated.
        assert_eq!(world.returns(plan).await, tagged(Some("0.1"), "0.1.2"));
        let back = world.roll_back_of(plan, vec![core()]).await.unwrap();
        // Development has the hotfix now, and is protected like any other place that has it.
        assert_eq!(world.start_refused(back, 1).await, [FindingCode::HotfixOverwritten]);
        world.waive(hotfix.id, "Later").await.unwrap();
        world.run_through(back, 1).await;
        assert_eq!(world.development.running, before);
        let tag = world.versions(core()).await.into_iter().find(|row| row.number == number("0.1.2"));
        assert!(!tag.unwrap().hotfix);
    }

    async fn a_tag_of_just_that_is_taken_wherever_it_was_made(mut world: World) {
        let mut world = Box::pin(world.with_suite()).await;
        // All of it comes bit by bit, so that it is what Development runs.
        world.run_custom(&[1, 2]).await;
        world.run_custom(&[3]).await;
        let former = world.suite_hosted();
        let plan = world.replace_suite("three").await;
        assert_eq!(world.returns(plan).await, tagged(Some("0.1"), "0.1.1"));
        world.publish_suite(&["two", "two", "two"], false).await;
        world.tag_suite("0.5").await;
        assert!(matches!(world.returns(plan).await[..], [Returns::Back { number: back, .. }] if back == number("0.5")));
        world.bring_back(plan, suite()).await;
        assert_eq!(world.suite_hosted(), former);
        assert_eq!(world.in_quality([suite()]).await, [(Some(number("0.5")), 1)]);
    }

    async fn who_may_not_tag_makes_no_tag(mut world: World) {
        let (world, _, plan) = Box::pin(world.with_replaced_mix()).await;
        let viewer = actor(Standing::Viewer);
        let refused = Box::pin(world.slipway.roll_back_plan(&viewer, plan, vec![suite()])).await;
        assert_eq!(refused.unwrap_err().code(), "cannot_roll_back");
        assert_eq!(world.tags_of(suite()).await, ["0.2", "0.1"].map(number));
    }

    async fn what_a_plan_replaced_is_kept_for_90_days(mut world: World) {
        let (world, mix, plan) = Box::pin(world.with_replaced_mix()).await;
        // Long enough for what nothing needs to be removed.
        let tidied = async |days: i64| {
            world.slipway.clock.advance(days * DAY);
            for _ in 0..2 {
                world.slipway.tidy().await.unwrap();
                world.slipway.clock.advance(2 * DAY);
            }
            world.slipway.tidy().await.unwrap();
        };
        tidied(80).await;
        assert!(world.slipway.has_bundle(&mix[0]).await.unwrap());
        assert_eq!(world.returns(plan).await, tagged(Some("0.1"), "0.1.1"));
        tidied(6).await;
        assert!(!world.slipway.has_bundle(&mix[0]).await.unwrap());
        let ran = Ran::Untagged(Some(number("0.1")));
        assert_eq!(world.returns(plan).await, [Returns::NotKept { ran }]);
        let late = world.roll_back_of(plan, vec![suite()]).await;
        assert!(matches!(late, Err(AppError::Conflict { code, .. }) if code == "cannot_roll_back"));
    }

    async fn once_it_is_tagged_it_is_kept_for_ever(mut world: World) {
        let (world, mix, plan) = Box::pin(world.with_replaced_mix()).await;
        let back = world.roll_back_of(plan, vec![suite()]).await.unwrap();
        world.slipway.discard_plan(&world.operator, back).await.unwrap();
        for _ in 0..3 {
            world.slipway.clock.advance(100 * DAY);
            world.slipway.tidy().await.unwrap();
        }
        assert!(world.slipway.has_bundle(&mix[0]).await.unwrap());
        assert!(matches!(world.returns(plan).await[..], [Returns::Back { .. }]));
    }
}

/// The process dies as the tag and the draft are written: there are both or none, and who asks again
/// gets one tag.
#[tokio::test]
async fn killed_while_it_is_tagged_there_is_one_tag_in_the_end() {
    for (kill, made) in [(Kill::BeforeCommit, 0), (Kill::AfterCommit, 1)] {
        let (mut world, mix, plan) = Box::pin(World::new().await.with_replaced_mix()).await;
        world.slipway.fuse().set(1, kill);
        let _ = world.roll_back_of(plan, vec![suite()]).await;
        assert!(world.slipway.fuse().is_blown());
        world = world.reborn().await;
        let there = world.tags_of(suite()).await;
        assert_eq!(there.len(), 2 + made, "{kill:?}: {there:?}");
        assert!(world.quality.connect(&world.slipway).await);
        world.bring_back(plan, suite()).await;
        assert_eq!(world.suite_hosted(), mix);
        assert_eq!(
            world.tags_of(suite()).await,
            ["0.2", "0.1.1", "0.1"].map(number)
        );
    }
}
