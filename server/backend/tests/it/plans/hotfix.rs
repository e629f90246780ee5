//! Hotfixes as people meet them (S0, domain.md 3.12): noted, protected, solved, waived, replicated.

use super::{World, core, number, on_both, other, shop};
use backend::testing::{FakeAgent, TestBackend};
use domain::hotfix::HotfixState;
use domain::impact::{FindingCode, Severity};
use domain::plan::{Choice, PlanKind};
use domain::view::{ApplicationDetail, HotfixRow, NewVersion, PlanDetail, PlanEdit, StartOutcome};
use domain::{AppError, EnvironmentId, HotfixId, VersionId};
use std::collections::BTreeMap;
use uuid::Uuid;

impl World {
    pub(super) async fn core_now(&self) -> ApplicationDetail {
        Box::pin(self.slipway.read_application(&self.operator, core()))
            .await
            .unwrap()
    }

    pub(super) async fn hotfixes(&self) -> Vec<HotfixRow> {
        self.core_now().await.guarded.hotfixes
    }

    pub(super) async fn tag_core(&self, environment: EnvironmentId, number: &str) -> VersionId {
        self.tag_core_saying(environment, number, "").await
    }

    pub(super) async fn tag_core_saying(
        &self,
        environment: EnvironmentId,
        number: &str,
        words: &str,
    ) -> VersionId {
        let detail = self.core_now().await;
        let lane = usize::from(environment == self.target());
        let new = NewVersion {
            application: core(),
            environment,
            number: number.to_owned(),
            description: words.to_owned(),
            running_revision: detail.running_revisions[lane].unwrap(),
        };
        self.slipway.tag_version(&self.operator, new).await.unwrap()
    }

    /// Starts a plan and waits for its end.
    pub(super) async fn run_through(&mut self, plan: u64, revision: i64) {
        let start = self
            .slipway
            .start_plan(&self.operator, plan, revision, None);
        let started = Box::pin(start).await.unwrap();
        assert_eq!(started, StartOutcome::Started);
        Box::pin(self.settle()).await;
    }

    /// Core runs as 0.1 in both, and something that was made in Quality there.
    pub(super) async fn mend_in_quality(&mut self) {
        self.publish_core("one").await;
        let (plan, revision) = self.plan(vec![core()]).await;
        self.run_through(plan, revision).await;
        self.publish_core_in("Quality", "urgent").await;
    }

    pub(super) async fn solve(&self, id: HotfixId, number: &str) -> Result<(), AppError> {
        Box::pin(self.slipway.solve_hotfix(&self.operator, id, number)).await
    }

    pub(super) async fn waive(&self, id: HotfixId, reason: &str) -> Result<(), AppError> {
        Box::pin(self.slipway.waive_hotfix(&self.operator, id, reason)).await
    }

    pub(super) async fn replicate(
        &self,
        from: EnvironmentId,
        to: EnvironmentId,
    ) -> Result<u64, AppError> {
        let plan = self
            .slipway
            .replicate_applications(&self.operator, from, to, vec![core()]);
        Box::pin(plan).await
    }

    async fn read(&self, plan: u64) -> PlanDetail {
        Box::pin(self.slipway.read_plan(&self.operator, plan))
            .await
            .unwrap()
    }

    /// The codes of the errors that keep a plan from starting, with and without a reason.
    pub(super) async fn start_refused(&self, plan: u64, revision: i64) -> Vec<FindingCode> {
        let mut codes = Vec::new();
        for reason in [None, Some("It has to be".to_owned())] {
            let start = self
                .slipway
                .start_plan(&self.operator, plan, revision, reason);
            let outcome = Box::pin(start).await.unwrap();
            let StartOutcome::Refused(report) = outcome else {
                panic!("it was started");
            };
            let errors = report.findings.iter();
            let errors = errors.filter(|finding| finding.severity == Severity::Error);
            codes = errors.map(|finding| finding.code).collect();
        }
        codes
    }
}

/// The bundle of each module that an agent runs.
fn hosted(agent: &FakeAgent) -> BTreeMap<Uuid, String> {
    let running = agent.running.iter();
    running
        .map(|(module, state)| (*module, agent.known[state].digest.clone()))
        .collect()
}

fn field(error: AppError) -> String {
    match error {
        AppError::Invalid { fields } => fields[0].field.clone(),
        other => panic!("not about a field: {other:?}"),
    }
}

on_both! {
    async fn a_plan_does_not_overwrite_a_hotfix_until_a_version_is_named_that_contains_it(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        let found = world.hotfixes().await;
        assert_eq!(found.len(), 1);
        let hotfix = &found[0];
        assert_eq!((hotfix.state, hotfix.number), (HotfixState::Open, None));
        assert_eq!((hotfix.base, hotfix.environment.as_str()), (Some(number("0.1")), "Quality"));
        assert_eq!(hotfix.lacking, ["Development"]);

        // Not tagged, and tagged: no reason overrides it.
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        assert_eq!(world.start_refused(plan, revision).await, [FindingCode::HotfixOverwritten]);
        world.tag_core(world.target(), "0.1.1").await;
        assert_eq!(world.hotfixes().await[0].number, Some(number("0.1.1")));
        assert_eq!(world.hotfixes().await.len(), 1);
        assert_eq!(world.start_refused(plan, revision).await, [FindingCode::HotfixOverwritten]);

        // Only a version that can contain it may be named.
        for (named, why) in [("0.1", "made from 0.1"), ("0.1.1", "the hotfix itself"), ("7.0", "no version 7.0")] {
            let error = world.solve(hotfix.id, named).await.unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert_eq!(field(error), "number");
        }
        let two = world.tag_core(world.source(), "0.2").await;
        world.solve(hotfix.id, "0.2").await.unwrap();
        // Saying it twice is no error, saying something else is.
        world.solve(hotfix.id, "0.2").await.unwrap();
        let detail = world.core_now().await;
        assert!(!detail.cells[1].marks.hotfix);
        assert!(detail.versions.iter().all(|version| !version.hotfix));
        let hotfix = &detail.guarded.hotfixes[0];
        assert_eq!((hotfix.state, hotfix.solved_by), (HotfixState::Solved, Some(number("0.2"))));
        assert_eq!(hotfix.lacking, Vec::<String>::new());

        let edit = PlanEdit::SetChoice(core(), Choice::Deploy { version: two });
        let revision = world.edit(plan, revision, edit).await;
        world.run_through(plan, revision).await;
        let detail = world.core_now().await;
        assert_eq!(detail.cells[1].version, Some(number("0.2")));
        let audited = world.slipway.list_audit().await;
        let actions: Vec<&str> = audited.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions.iter().filter(|action| **action == "hotfix_begun").count(), 1);
        assert_eq!(actions.iter().filter(|action| **action == "hotfix_solved").count(), 1);
    }

    async fn a_hotfix_is_waived_for_a_reason_and_the_next_change_is_another(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        let hotfix = world.hotfixes().await.remove(0);
        let empty = world.waive(hotfix.id, " ").await;
        assert_eq!(field(empty.unwrap_err()), "reason");
        world.waive(hotfix.id, "It was a mistake").await.unwrap();
        let late = world.solve(hotfix.id, "0.1").await;
        assert!(late.is_err());
        let audited = world.slipway.list_audit().await;
        let waived = audited.iter().find(|entry| entry.action == "hotfix_waived").unwrap();
        assert_eq!(waived.reason.as_deref(), Some("It was a mistake"));
        assert!(!world.core_now().await.cells[1].marks.hotfix);

        // The next inventory finds the same, and more of it is a hotfix of its own.
        world.publish_core_in("Quality", "urgent").await;
        assert!(!world.core_now().await.cells[1].marks.hotfix);
        world.publish_core_in("Quality", "more urgent").await;
        assert!(world.core_now().await.cells[1].marks.hotfix);
        let states: Vec<_> = world.hotfixes().await.iter().map(|row| row.state).collect();
        assert_eq!(states, [HotfixState::Open, HotfixState::Waived]);
        assert_eq!(world.start_refused(plan, revision).await, [FindingCode::HotfixOverwritten]);
        let again = world.hotfixes().await[0].id;
        world.waive(again, "That too").await.unwrap();
        world.run_through(plan, revision).await;
        assert_eq!(world.core_now().await.cells[1].version, Some(number("0.2")));
    }

    async fn what_is_replaced_before_it_is_tagged_is_no_hotfix_any_more(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        // V13: the old content is the old tag.
        world.publish_core_in("Quality", "one").await;
        assert!(world.hotfixes().await.is_empty());
        world.publish_core("two").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
    }

    async fn s0_what_runs_later_is_replicated_exactly_also_downwards(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        world.publish_core("two").await;
        world.tag_core(world.source(), "0.2").await;
        let (early, late) = (world.source(), world.target());
        let wrong = world.replicate(early, late).await;
        assert_eq!(field(wrong.unwrap_err()), "target");

        let plan = world.replicate(late, early).await.unwrap();
        let detail = world.read(plan).await;
        assert_eq!(detail.content.kind, PlanKind::Replicate);
        // V5: it is tagged with a third number.
        let tagged = Choice::TagAndDeploy { number: number("0.1.1"), description: String::new() };
        assert_eq!(detail.content.operations[0].choice, tagged);
        assert!(detail.rows[0].eligible.is_empty(), "nothing but what runs there");
        let moved = PlanEdit::SetEnvironments(early, late);
        let refused = world.slipway.edit_plan(&world.operator, plan, 1, moved).await.unwrap_err();
        assert_eq!(field(refused), "target");

        world.run_through(plan, 1).await;
        let detail = world.core_now().await;
        let both: Vec<_> = detail.cells.iter().map(|cell| cell.version).collect();
        assert_eq!(both, [Some(number("0.1.1")); 2]);
        assert_eq!(detail.guarded.hotfixes[0].lacking, Vec::<String>::new());

        // Once it is tagged, that very tag is offered.
        let plan = world.replicate(late, early).await.unwrap();
        let detail = world.read(plan).await;
        let offered: Vec<_> = detail.rows[0].eligible.iter().map(|version| version.number).collect();
        assert_eq!(offered, [number("0.1.1")]);
        assert_eq!(detail.content.operations[0].choice, Choice::DoNothing);
    }

    async fn s0_several_applications_are_replicated_at_once_each_as_it_runs_there(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.publish_other(1, "one").await;
        world.publish_other(2, "one").await;
        let (plan, revision) = world.plan(vec![core(), shop(), other(1)]).await;
        world.run_through(plan, revision).await;
        // One is mended there; two are newer here, tagged and not.
        world.publish_core_in("Quality", "urgent").await;
        world.publish_core("two").await;
        world.tag_core(world.source(), "0.2").await;
        world.publish_other(1, "two").await;
        let before = hosted(&world.quality);
        let there = vec![shop(), other(1), core(), other(2)];
        let new = world
            .slipway
            .replicate_applications(&world.operator, world.target(), world.source(), there);
        let plan = Box::pin(new).await.unwrap();
        let detail = world.read(plan).await;
        assert_eq!(detail.content.kind, PlanKind::Replicate);
        let choice = |application| {
            let mut all = detail.content.operations.iter();
            let operation = all.find(|operation| operation.application == application);
            operation.map(|operation| operation.choice.clone())
        };
        let tagged = Choice::TagAndDeploy { number: number("0.1.1"), description: String::new() };
        assert_eq!(choice(core()), Some(tagged));
        let row = detail.rows.iter().find(|row| row.application == other(1)).unwrap();
        let eligible: Vec<_> = row.eligible.iter().map(|version| version.number).collect();
        assert_eq!(eligible, [number("0.1")], "nothing but what runs there");
        assert_eq!(choice(other(1)), Some(Choice::Deploy { version: row.eligible[0].id }));
        // What is the same already stays, and what is not there is left out.
        assert_eq!(choice(shop()), Some(Choice::DoNothing));
        assert_eq!(choice(other(2)), None);

        world.run_through(plan, 1).await;
        for (application, expected) in [(core(), "0.1.1"), (shop(), "0.1"), (other(1), "0.1")] {
            let read = world.slipway.read_application(&world.operator, application);
            let cells = Box::pin(read).await.unwrap().cells;
            let both: Vec<_> = cells.iter().map(|cell| (cell.version, cell.marks.modified)).collect();
            assert_eq!(both, [(Some(number(expected)), false); 2], "{expected}");
        }
        assert_eq!(hosted(&world.quality), before, "where it comes from nothing changes");
        let here = hosted(&world.development);
        for (module, bundle) in before {
            assert_eq!(here.get(&module), Some(&bundle), "{module}");
        }
    }

    async fn a_reuse_foretells_which_hotfix_it_would_overwrite(mut world: World) {
        world.publish_core("one").await;
        world.publish_core("two").await;
        world.tag_core(world.source(), "0.2").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        let (source, target) = (world.source(), world.target());
        // The same tag is there already: that overwrites nothing.
        let foreseen = world.foresee(plan, Some((source, target)), true).await;
        assert_eq!(foreseen.rows[0].overwrites, None);

        world.publish_core_in("Quality", "urgent").await;
        let overwritten = async |world: &World, keep_tags| {
            let foreseen = world.foresee(plan, Some((source, target)), keep_tags).await;
            let found = foreseen.rows[0].overwrites;
            found.map(|hotfix| (hotfix.number, hotfix.solved_by))
        };
        assert_eq!(overwritten(&world, true).await, Some((None, None)));
        world.tag_core(target, "0.2.1").await;
        // What the target runs is newer now: the row does nothing.
        assert_eq!(overwritten(&world, true).await, None);
        world.publish_core("three").await;
        world.tag_core(source, "0.3").await;
        let tagged = Some(number("0.2.1"));
        assert_eq!(overwritten(&world, false).await, Some((tagged, None)));
        let hotfix = world.hotfixes().await[0].id;
        world.solve(hotfix, "0.3").await.unwrap();
        assert_eq!(overwritten(&world, false).await, None);
    }
}
