//! *Deploy Custom…* (domain.md 3.10): single modules come, the others stay as the target has them.

use super::{World, id, number, on_both, write};
use backend::testing::{FakeAgent, TestBackend};
use domain::difference::Change;
use domain::impact::{CheckOptions, FindingCode, Severity, check_landscape};
use domain::plan::{Becomes, Choice, PlanStatus, Returns};
use domain::view::{Adjusted, Compared, Goes, NewVersion, PlanEdit, PlanModule, StartOutcome};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use std::sync::Arc;
use tempfile::TempDir;
use uuid::Uuid;

const SUITE: u128 = 0x400;

pub(super) fn suite() -> ApplicationId {
    ApplicationId(id(SUITE))
}

/// Its modules: 1 is *Mail*, 2 *Calendar*, 3 *Address*.
fn module(n: u128) -> ModuleId {
    ModuleId(id(SUITE + n))
}

/// Their ids.
pub(super) fn modules() -> [Uuid; 3] {
    [1, 2, 3].map(|n| module(n).0)
}

fn custom(modules: &[u128]) -> Choice {
    Choice::DeployCustom {
        modules: modules.iter().map(|n| module(*n)).collect(),
    }
}

impl World {
    /// Publishes *Suite* with these contents of its modules; with `uses`, *Mail* uses what
    /// *Calendar* offers since then.
    pub(super) async fn publish_suite(&mut self, contents: &[&str], uses: bool) {
        let folder = TempDir::new().unwrap();
        let mut toml = format!("[application]\nid = \"{}\"\nname = \"Suite\"\n", id(SUITE));
        for ((n, name), content) in (1..).zip(["Mail", "Calendar", "Address"]).zip(contents) {
            let (more, lower) = (
                match (n, uses) {
                    (1, true) => {
                        "[[module.uses]]\nmodule = \"Calendar\"\nelements = [{ kind = \"service_action\", name = \"Invite\" }]\n"
                    }
                    (2, true) => {
                        "[[module.provides]]\nkind = \"service_action\"\nname = \"Invite\"\ncontent = \"index.html\"\n"
                    }
                    _ => "",
                },
                name.to_ascii_lowercase(),
            );
            toml.push_str(&format!(
                "[[module]]\nid = \"{}\"\nname = \"{name}\"\nkind = \"static\"\npath = \"{lower}\"\nurl_path = \"/{lower}\"\n{more}",
                id(SUITE + n),
            ));
            write(folder.path(), &format!("{lower}/index.html"), content);
        }
        write(folder.path(), "slipway.toml", &toml);
        self.publish(folder.path(), "Development").await;
    }

    /// A saved plan with these modules of *Suite*; number and revision.
    pub(super) async fn custom_plan(&self, modules: &[u128]) -> (u64, i64) {
        let (plan, revision) = self.plan(vec![suite()]).await;
        let edit = PlanEdit::SetChoice(suite(), custom(modules));
        (plan, self.edit(plan, revision, edit).await)
    }

    pub(super) async fn start_now(&self, plan: (u64, i64)) -> StartOutcome {
        let started = self
            .slipway
            .start_plan(&self.operator, plan.0, plan.1, None);
        Box::pin(started).await.unwrap()
    }

    pub(super) async fn run_custom(&mut self, modules: &[u128]) -> u64 {
        let plan = self.custom_plan(modules).await;
        assert_eq!(self.start_now(plan).await, StartOutcome::Started);
        self.settle().await;
        assert_eq!(self.status(plan.0).await, PlanStatus::FinishedSuccessful);
        plan.0
    }

    /// Suite 0.1 is in Quality; all its modules changed since in Development.
    pub(super) async fn with_suite(mut self) -> Self {
        self.publish_suite(&["one", "one", "one"], false).await;
        let plan = self.plan(vec![suite()]).await;
        assert_eq!(self.start_now(plan).await, StartOutcome::Started);
        self.settle().await;
        self.publish_suite(&["two", "two", "two"], false).await;
        self
    }

    /// What Quality has of Suite: number, whether it is modified.
    pub(super) async fn suite_there(&self) -> (Option<String>, bool) {
        let (plan, _) = self.plan(vec![suite()]).await;
        let detail = self.slipway.read_plan(&self.operator, plan).await.unwrap();
        let discarded = self.slipway.discard_plan(&self.operator, plan);
        discarded.await.unwrap();
        let (number, marks) = detail.rows[0].in_target.unwrap();
        (number.map(|number| number.to_string()), marks.modified)
    }

    /// What Quality's agent runs of each module.
    pub(super) fn suite_hosted(&self) -> Vec<String> {
        (1..=3)
            .map(|n| {
                let state = self.quality.running[&module(n).0];
                self.quality.known[&state].digest.clone()
            })
            .collect()
    }

    async fn custom_codes(&self, plan: u64) -> Vec<FindingCode> {
        let report = self.slipway.check_plan(&self.operator, plan).await.unwrap();
        let errors = report.findings.iter();
        let errors = errors.filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| finding.code).collect()
    }
}

on_both! {
    async fn only_what_is_chosen_comes(mut world: World) {
        let mut world = world.with_suite().await;
        let before = world.suite_hosted();
        let listed = world
            .slipway
            .list_plan_modules(&world.operator, world.source(), world.target(), suite())
            .await
            .unwrap();
        let said = |listed: &[PlanModule]| {
            let said = listed.iter().map(|m| (m.name.clone(), m.changed, m.differs));
            said.collect::<Vec<_>>()
        };
        let all = |changed| ["Address", "Calendar", "Mail"].map(|m| (m.to_owned(), changed, true));
        assert_eq!(said(&listed), all(true));
        assert_eq!(listed[2].in_target.as_ref().unwrap().bundle, before[0][..8]);
        assert_ne!(listed[2].in_target.as_ref(), Some(&listed[2].in_source));

        // Freshly tagged, nothing is changed since; it differs from what the target has all the same.
        world.tag_suite("0.2").await;
        let listed = world
            .slipway
            .list_plan_modules(&world.operator, world.source(), world.target(), suite())
            .await
            .unwrap();
        assert_eq!(said(&listed), all(false));

        let plan = world.custom_plan(&[1]).await;
        let detail = world.slipway.read_plan(&world.operator, plan.0).await.unwrap();
        assert_eq!(detail.content.operations[0].choice, custom(&[1]));
        assert_eq!(detail.row.name, "Suite to Quality");
        let will = world.changes(plan.0).await;
        assert_eq!(will, [("Mail".to_owned(), Change::Changed)]);
        // Page and server check with the same code, on what each of them knows.
        let report = world.slipway.check_plan(&world.operator, plan.0).await.unwrap();
        let slice = world
            .slipway
            .read_slice(&world.operator, world.source(), world.target(), vec![suite()])
            .await
            .unwrap();
        let options = CheckOptions { parallel_limit: None };
        let here = check_landscape(Arc::new(slice.landscape), &detail.content, options).unwrap();
        assert_eq!(here.findings, report.findings);
        assert_eq!(here.waves, report.waves);
        assert_eq!(here.waves.len(), 1);
        assert_eq!(here.waves[0].modules.len(), 1);

        assert_eq!(world.start_now(plan).await, StartOutcome::Started);
        world.settle().await;
        assert_eq!(world.status(plan.0).await, PlanStatus::FinishedSuccessful);
        let after = world.suite_hosted();
        assert_ne!(after[0], before[0]);
        assert_eq!(after[1..], before[1..]);
        // A mix: what it is derived from, with a plus.
        assert_eq!(world.suite_there().await, (Some("0.1".to_owned()), true));
        let run = world.slipway.read_run(&world.operator, plan.0).await.unwrap();
        assert_eq!((run.applications[0].custom, run.applications[0].modules), (true, (1, 1)));
        assert_eq!(run.applications[0].from, Some(number("0.1")));
        assert_eq!(world.changes(plan.0).await, will);
    }

    async fn what_comes_bit_by_bit_until_all_is_there_is_the_tag(mut world: World) {
        let mut world = world.with_suite().await;
        world.tag_suite("0.2").await;
        world.run_custom(&[1, 3]).await;
        assert_eq!(world.suite_there().await, (Some("0.1".to_owned()), true));
        world.run_custom(&[2]).await;
        // V13: content that equals a tag is that tag.
        assert_eq!(world.suite_there().await, (Some("0.2".to_owned()), false));
    }

    async fn where_there_is_nothing_yet_it_is_derived_from_the_sources_tag(mut world: World) {
        world.publish_suite(&["one", "one", "one"], false).await;
        world.tag_suite("1.0").await;
        world.run_custom(&[2]).await;
        assert_eq!(world.suite_there().await, (Some("1.0".to_owned()), true));
        assert_eq!(world.quality.running.len(), 1);
    }

    async fn what_is_not_ticked_counts_as_it_is_in_the_target(mut world: World) {
        let mut world = world.with_suite().await;
        world.publish_suite(&["three", "three", "three"], true).await;
        // Mail needs what Calendar only offers since then.
        let alone = world.custom_plan(&[1]).await;
        assert_eq!(world.custom_codes(alone.0).await, [FindingCode::ProducerElementMissing]);
        assert!(matches!(world.start_now(alone).await, StartOutcome::Refused(_)));
        let both = world.custom_plan(&[1, 2]).await;
        assert_eq!(world.custom_codes(both.0).await, []);
        let report = world.slipway.check_plan(&world.operator, both.0).await.unwrap();
        let waves: Vec<Vec<_>> = report
            .waves
            .iter()
            .map(|wave| wave.modules.iter().map(|module| module.name.to_string()).collect())
            .collect();
        assert_eq!(waves, [["Calendar"], ["Mail"]]);
    }

    async fn pp4_only_the_chosen_modules_count_between_plans(mut world: World) {
        let mut world = world.with_suite().await;
        let mail = world.custom_plan(&[1]).await;
        let calendar = world.custom_plan(&[2]).await;
        let again = world.custom_plan(&[1, 3]).await;
        assert_eq!(world.start_now(mail).await, StartOutcome::Started);
        assert_eq!(world.custom_codes(again.0).await, [FindingCode::ParallelSameModule]);
        assert_eq!(world.start_now(calendar).await, StartOutcome::Started);
        world.settle().await;
        for plan in [mail, calendar] {
            assert_eq!(world.status(plan.0).await, PlanStatus::FinishedSuccessful);
        }
        assert_eq!(world.start_now(again).await, StartOutcome::Started);
    }

    async fn reuse_and_retry_keep_the_choice(mut world: World) {
        let mut world = world.with_suite().await;
        let plan = world.run_custom(&[1, 2]).await;
        let production = FakeAgent::join(&world.slipway, "Production").await.actor.environment;
        let made = world.reuse(plan, world.target(), production).await;
        assert_eq!(made, custom(&[1, 2]));
        // In Production nothing of it is there yet; in Development one module is gone.
        world.publish_suite(&["four", "four"], false).await;
        let made = world.reuse(plan, world.source(), world.target()).await;
        assert_eq!(made, custom(&[1, 2]));

        let aborted = world.custom_plan(&[2]).await;
        assert_eq!(world.start_now(aborted).await, StartOutcome::Started);
        let abort = world.slipway.abort_plan(&world.operator, aborted.0, "Not yet".to_owned());
        abort.await.unwrap();
        world.settle().await;
        assert_eq!(world.status(aborted.0).await, PlanStatus::Aborted);
        let retry = world.slipway.retry_plan(&world.operator, aborted.0).await.unwrap();
        assert_eq!(world.choice(retry).await, custom(&[2]));
    }

    async fn modules_that_the_source_lacks_are_said_and_left_out(mut world: World) {
        let mut world = world.with_suite().await;
        let finished = world.run_custom(&[1, 3]).await;
        let (plan, revision) = world.custom_plan(&[2, 3]).await;
        world.slipway.clock.advance(1_000);
        world.publish_suite(&["five", "five"], false).await;
        assert_eq!(world.custom_codes(plan).await, [FindingCode::VersionNotAvailable]);
        let unseen = world.slipway.start_plan(&world.operator, plan, revision, Some("So be it".to_owned()));
        assert!(matches!(unseen.await.unwrap(), StartOutcome::Refused(_)));
        let refreshed = world.slipway.refresh_plan(&world.operator, plan, revision).await.unwrap();
        assert_eq!(refreshed.adjusted, [("Suite".to_owned(), Adjusted::FewerModules(1))]);
        assert_eq!(world.choice(plan).await, custom(&[2]));
        let outlook = world
            .slipway
            .foresee_reuse(&world.operator, finished, Some((world.source(), world.target())), true)
            .await
            .unwrap();
        let kept = Becomes::Custom { modules: vec![module(1)], missing: 1 };
        assert_eq!(outlook.rows[0].becomes, kept);
    }

    async fn what_was_published_meanwhile_is_looked_at_first(mut world: World) {
        let mut world = world.with_suite().await;
        let (plan, revision) = world.custom_plan(&[1]).await;
        world.slipway.clock.advance(1_000);
        world.publish_suite(&["six", "six", "six"], false).await;
        let refused = world.slipway.start_plan(&world.operator, plan, revision, None).await;
        assert!(matches!(refused, Err(AppError::Conflict { code, .. }) if code == "source_changed"));
        let revision = world.slipway.refresh_plan(&world.operator, plan, revision).await.unwrap().revision;
        assert_eq!(world.start_now((plan, revision)).await, StartOutcome::Started);
    }

    async fn what_the_mix_replaced_comes_back(mut world: World) {
        let mut world = world.with_suite().await;
        let before = world.suite_hosted();
        let plan = world.run_custom(&[1]).await;
        let foreseen = world.slipway.foresee_rollback(&world.operator, plan).await.unwrap();
        assert_eq!(foreseen.rows[0].goes, Goes::Modules);
        assert!(matches!(foreseen.rows[0].returns, Returns::Back { number: back, .. } if back == number("0.1")));
        let back = world
            .slipway
            .roll_back_plan(&world.operator, plan, vec![suite()])
            .await
            .unwrap();
        assert_eq!(world.start_now((back, 1)).await, StartOutcome::Started);
        world.settle().await;
        assert_eq!(world.suite_hosted(), before);
        assert_eq!(world.suite_there().await, (Some("0.1".to_owned()), false));

        // After something else it is not what the plan left any more.
        let plan = world.run_custom(&[2]).await;
        let later = world.run_custom(&[3]).await;
        let foreseen = world.slipway.foresee_rollback(&world.operator, plan).await.unwrap();
        assert_eq!(foreseen.rows[0].returns, Returns::ChangedSince { plan: Some(later) });
    }

    async fn nothing_chosen_is_no_choice(mut world: World) {
        let world = world.with_suite().await;
        let (plan, revision) = world.plan(vec![suite()]).await;
        for modules in [Vec::new(), vec![module(1); 3_000]] {
            let wrong = modules.is_empty();
            let edit = PlanEdit::SetChoice(suite(), Choice::DeployCustom { modules });
            let answer = world.slipway.edit_plan(&world.operator, plan, revision, edit).await;
            // The same module many times is that module.
            assert_eq!(matches!(answer, Err(AppError::Invalid { .. })), wrong, "{answer:?}");
        }
        assert_eq!(world.choice(plan).await, custom(&[1]));
        let foreign = world
            .edit(plan, revision + 1, PlanEdit::SetChoice(suite(), custom(&[9])))
            .await;
        assert_eq!(world.custom_codes(plan).await.first(), Some(&FindingCode::VersionNotAvailable));
        assert!(matches!(world.start_now((plan, foreign)).await, StartOutcome::Refused(_)));
    }
}

impl World {
    async fn choice(&self, plan: u64) -> Choice {
        let detail = self.slipway.read_plan(&self.operator, plan).await.unwrap();
        detail.content.operations[0].choice.clone()
    }

    /// The choice that a new plan from this one has.
    async fn reuse(&self, plan: u64, from: EnvironmentId, to: EnvironmentId) -> Choice {
        let made = self
            .slipway
            .reuse_plan(&self.operator, plan, from, to, true);
        let made = made.await.unwrap();
        self.choice(made).await
    }

    /// What a plan changes: modules, each with what becomes of it.
    async fn changes(&self, plan: u64) -> Vec<(String, Change)> {
        let (before, after) = (Compared::BeforePlan(plan), Compared::Plan(plan));
        let compared = self.slipway.compare(&self.operator, before, after, 0, 50);
        let compared = Box::pin(compared).await.unwrap();
        let rows = compared.rows.rows.iter().flat_map(|row| &row.modules);
        rows.map(|module| (module.name.clone(), module.change))
            .collect()
    }

    pub(super) async fn tag_suite(&self, text: &str) {
        let shown = self.slipway.read_application(&self.operator, suite());
        let shown = Box::pin(shown).await.unwrap();
        let new = NewVersion {
            application: suite(),
            environment: self.source(),
            number: text.to_owned(),
            description: String::new(),
            running_revision: shown.running_revisions[0].unwrap(),
        };
        self.slipway.tag_version(&self.operator, new).await.unwrap();
    }
}
