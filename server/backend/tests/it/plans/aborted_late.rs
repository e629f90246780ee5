//! Plans that somebody aborts when everything is switched already and only their end is missing.

use super::news::{MAIL, diary, mail};
use super::{CORE, World, core, id, number, on_both};
use backend::testing::{FakeAgent, Fault, TestBackend, actor};
use domain::access::Standing;
use domain::environment::Purpose;
use domain::execution::{Phase, StepKind, StepState};
use domain::plan::{Choice, PlanKind, PlanStatus};
use domain::view::{
    EligibleFilter, Hindrance, NewEnvironment, NewRetag, NewVersion, PlanEdit, QueueOutcome,
    StartOutcome,
};
use domain::{ApplicationId, EnvironmentId, ModuleId, VersionNumber};
use protocol::Order;

impl World {
    /// An environment behind Quality.
    pub(super) async fn behind(&self) -> EnvironmentId {
        let administrator = actor(Standing::Administrator);
        let new = NewEnvironment {
            name: "Production".to_owned(),
            purpose: Purpose::Production,
        };
        self.slipway
            .create_environment(&administrator, new)
            .await
            .unwrap()
    }

    /// The versions of Core that may move on from Quality.
    pub(super) async fn may_move_on(&self, to: EnvironmentId) -> Vec<String> {
        let filter = EligibleFilter {
            kind: PlanKind::Ordinary,
            source: self.target(),
            target: to,
            application: core(),
            offset: 0,
            limit: 50,
        };
        let page = self
            .slipway
            .list_eligible(&self.operator, filter)
            .await
            .unwrap();
        page.rows.iter().map(|row| row.number.to_string()).collect()
    }

    /// What is shown of Core in Quality.
    async fn shown_of_core(&self) -> (Option<VersionNumber>, bool) {
        self.shown_in_quality(core()).await
    }

    /// Tags what Development runs of Mail.
    async fn tag_mail(&self, number: &str) {
        let now = self.slipway.read_application(&self.operator, mail()).await;
        let tag = NewVersion {
            application: mail(),
            environment: self.source(),
            number: number.to_owned(),
            description: String::new(),
            running_revision: now.unwrap().running_revisions[0].unwrap(),
        };
        let tagged = self.slipway.tag_version(&self.operator, tag);
        Box::pin(tagged).await.unwrap();
    }

    /// What is shown of an application in Quality.
    async fn shown_in_quality(&self, application: ApplicationId) -> (Option<VersionNumber>, bool) {
        let detail = self
            .slipway
            .read_application(&self.operator, application)
            .await
            .unwrap();
        let mut cells = detail.cells.into_iter();
        let cell = cells
            .find(|cell| cell.environment == self.target())
            .unwrap();
        (cell.version, cell.marks.modified)
    }

    /// What Quality's agent has to do.
    async fn orders(&self) -> Vec<Order> {
        let waiting = self.slipway.waiting_orders(&self.quality.actor).await;
        waiting.into_iter().map(|(_, order)| order).collect()
    }

    /// Starts a plan that brings this content of Core, up to where its target has to say what it
    /// runs and does not.
    async fn start_up_to_the_report(&mut self, content: &str) -> u64 {
        let plan = self.start_core(content).await;
        self.up_to_the_report(plan).await;
        plan
    }

    /// Core is in Quality, and a plan brings its single module on from there: the agent behind it, and
    /// the plan with its revision.
    async fn single_module_on(&mut self) -> (FakeAgent, (u64, i64)) {
        let last = FakeAgent::join(&self.slipway, "Production").await;
        let (source, target) = (self.target(), last.actor.environment);
        let first = self.start_core("one").await;
        self.settle().await;
        assert_eq!(self.status(first).await, PlanStatus::FinishedSuccessful);
        let slipway = &self.slipway;
        let plan = slipway.create_plan(&self.operator, source, target, vec![core()]);
        let plan = Box::pin(plan).await.unwrap();
        let detail = Box::pin(slipway.read_plan(&self.operator, plan)).await;
        let modules = vec![ModuleId(id(CORE + 1))];
        let single = PlanEdit::SetChoice(core(), Choice::DeployCustom { modules });
        let revision = self.edit(plan, detail.unwrap().revision, single).await;
        (last, (plan, revision))
    }

    /// The agent has nothing left of it when it says at the end of a plan what it runs.
    pub(super) async fn loses_everything(&mut self, plan: u64) {
        Box::pin(self.up_to_the_report(plan)).await;
        self.quality.running.clear();
        self.quality.work_late();
        Box::pin(self.settle()).await;
    }

    pub(super) async fn up_to_the_report(&mut self, plan: u64) {
        self.quality
            .fails(|order| matches!(order, Order::Report).then_some(Fault::Late));
        self.settle().await;
        self.quality.fails(|_| None);
        let run = self.slipway.read_run(&self.operator, plan).await.unwrap();
        assert_eq!(
            (run.plan.status, run.plan.phase),
            (PlanStatus::Running, Some(Phase::Finish))
        );
    }
}

on_both! {
    async fn everything_comes_back_and_nothing_is_recorded(mut world: World) {
        let production = world.behind().await;
        let first = world.start_core("one").await;
        world.settle().await;
        assert_eq!(world.status(first).await, PlanStatus::FinishedSuccessful);
        let before = world.quality.running.clone();
        let shown = world.shown_of_core().await;
        assert_eq!(world.may_move_on(production).await, ["0.1"]);
        let plan = Box::pin(world.start_up_to_the_report("two")).await;
        assert_ne!(world.quality.running, before);
        // The agent says by itself what it runs: that is shown, but it may still go back.
        world.quality.report(&world.slipway).await;
        assert_ne!(world.shown_of_core().await, shown);
        let now = world.core_now().await;
        assert!(!now.cells[1].can_move, "it may still go back");
        let tag = NewVersion {
            application: core(),
            environment: world.target(),
            number: "0.1.1".to_owned(),
            description: String::new(),
            running_revision: now.running_revisions[1].unwrap(),
        };
        let tag = world.slipway.tag_version(&world.operator, tag);
        let refused = Box::pin(tag).await.unwrap_err();
        assert_eq!(refused.code(), "in_hand", "{refused}");
        assert_eq!(world.may_move_on(production).await, ["0.1"]);
        let asked = world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned());
        asked.await.unwrap();
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        assert_eq!(world.quality.running, before);
        assert_eq!(world.shown_of_core().await, shown);
        assert!(world.core_now().await.cells[1].can_move);
        assert_eq!(world.may_move_on(production).await, ["0.1"]);
        let run = Box::pin(world.slipway.read_run(&world.operator, plan)).await.unwrap();
        let of = |kind| -> Vec<StepState> {
            let steps = run.steps.iter().filter(|step| step.kind == kind);
            steps.map(|step| step.state).collect()
        };
        assert_eq!(of(StepKind::Record), [StepState::Skipped]);
        assert_eq!(of(StepKind::SwitchBack), [StepState::Succeeded]);
        // What it runs now was asked for anew.
        assert_eq!(of(StepKind::Synchronize), [StepState::Skipped, StepState::Succeeded]);
        assert_eq!(of(StepKind::CleanUp), [StepState::Succeeded]);
        // The same again goes through, and then it may move on.
        let retry = world.slipway.retry_plan(&world.operator, plan);
        let retry = Box::pin(retry).await.unwrap();
        let revision = world.slipway.read_plan(&world.operator, retry).await.unwrap().revision;
        Box::pin(world.run_through(retry, revision)).await;
        assert_eq!(world.may_move_on(production).await, ["0.2", "0.1"]);
    }

    async fn what_cannot_come_back_may_move_on_as_it_is(mut world: World) {
        let production = world.behind().await;
        let first = world.start_core("one").await;
        world.settle().await;
        assert_eq!(world.status(first).await, PlanStatus::FinishedSuccessful);
        let plan = Box::pin(world.start_up_to_the_report("two")).await;
        world.quality.report(&world.slipway).await;
        let asked = world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned());
        asked.await.unwrap();
        world
            .quality
            .fails(|order| matches!(order, Order::SwitchBack { .. }).then_some(Fault::Fail));
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedWithErrors);
        assert_eq!(world.may_move_on(production).await, ["0.2", "0.1"]);
    }

    async fn a_state_without_a_tag_comes_back_as_what_it_was_made_from(mut world: World) {
        Box::pin(world.mend_in_quality()).await;
        let hotfix = world.hotfixes().await.remove(0);
        world.waive(hotfix.id, "It is in the next version.").await.unwrap();
        let before = world.quality.running.clone();
        let shown = world.shown_of_core().await;
        assert_eq!(shown, (Some(number("0.1")), true));
        let plan = Box::pin(world.start_up_to_the_report("two")).await;
        world.quality.report(&world.slipway).await;
        let asked = world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned());
        asked.await.unwrap();
        world.quality.report(&world.slipway).await;
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        assert_eq!(world.quality.running, before);
        assert_eq!(world.shown_of_core().await, shown);
        // It is the same hotfix, still waived.
        let hotfixes = world.hotfixes().await;
        assert_eq!(hotfixes.iter().map(|row| row.id).collect::<Vec<_>>(), [hotfix.id]);
        assert!(!world.core_now().await.cells[1].marks.hotfix);
    }

    async fn of_tags_with_the_same_content_the_one_that_was_brought_is_meant(mut world: World) {
        let production = world.behind().await;
        world.publish_core("one").await;
        let first = world.tag_core(world.source(), "1.0").await;
        let (plan, revision) = world.plan(vec![core()]).await;
        world.run_through(plan, revision).await;
        // A tag of the same content with a higher number, in Development only.
        let older = world.older(world.source(), first).await;
        let again = NewRetag {
            application: core(),
            environment: world.source(),
            base: first,
            modules: vec![older.modules[0].states[0].version],
            number: "1.1".to_owned(),
            description: String::new(),
        };
        world.slipway.retag_version(&world.operator, again).await.unwrap();
        let plan = Box::pin(world.start_up_to_the_report("two")).await;
        world.quality.report(&world.slipway).await;
        let asked = world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned());
        asked.await.unwrap();
        world.settle().await;
        assert_eq!(world.shown_of_core().await, (Some(number("1.0")), false));
        assert_eq!(world.may_move_on(production).await, ["1.0"]);
    }

    async fn what_is_not_as_planned_when_the_target_reports_is_told_as_it_is(mut world: World) {
        let production = world.behind().await;
        let first = world.start_core("one").await;
        world.settle().await;
        assert_eq!(world.status(first).await, PlanStatus::FinishedSuccessful);
        let before = world.quality.running.clone();
        let plan = world.start_core("two").await;
        while !world.orders().await.contains(&Order::Report) {
            world.quality.work(&world.slipway).await;
            world.slipway.clock.advance(20);
            world.slipway.walk_runs().await.unwrap();
        }
        // Somebody puts the former state back on the agent's own machine.
        world.quality.running = before;
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::FinishedWithWarnings);
        let said = world.run_of(plan).await.plan.outcome.unwrap();
        assert!(said.contains("CoreLogic is not in Quality as the plan brought it"), "{said}");
        assert_eq!(world.shown_of_core().await, (Some(number("0.1")), false));
        // What is not there does not move on from there.
        assert_eq!(world.may_move_on(production).await, ["0.1"]);
    }

    async fn what_loses_a_module_to_another_application_comes_back_as_it_was_too(mut world: World) {
        world.with_mail_and_diary().await;
        let both = world.plan(vec![mail(), diary()]).await;
        Box::pin(world.run_through(both.0, both.1)).await;
        // Mail of Quality has no tag any more; without the module it is as its next tag.
        Box::pin(world.publish_with("Quality", MAIL, Some("two"))).await;
        Box::pin(world.move_calendar("Development")).await;
        world.tag_mail("0.7").await;
        let before = world.quality.running.clone();
        let shown = world.shown_in_quality(mail()).await;
        assert_eq!(shown, (Some(number("0.1")), true));
        let (plan, revision) = world.plan(vec![diary()]).await;
        let reason = Some("Mail follows.".to_owned());
        let start = world.slipway.start_plan(&world.operator, plan, revision, reason);
        assert_eq!(Box::pin(start).await.unwrap(), StartOutcome::Started);
        Box::pin(world.up_to_the_report(plan)).await;
        assert_ne!(world.quality.running, before);
        world.quality.report(&world.slipway).await;
        let asked = world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned());
        asked.await.unwrap();
        world.settle().await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        assert_eq!(world.quality.running, before);
        assert_eq!(world.shown_in_quality(mail()).await, shown);
        // The same to its end: Mail is what is left of it, which has that tag.
        let retry = Box::pin(world.slipway.retry_plan(&world.operator, plan)).await.unwrap();
        let revision = world.slipway.read_plan(&world.operator, retry).await.unwrap().revision;
        let reason = Some("Mail follows.".to_owned());
        let start = world.slipway.start_plan(&world.operator, retry, revision, reason);
        assert_eq!(Box::pin(start).await.unwrap(), StartOutcome::Started);
        world.settle().await;
        assert_eq!(world.shown_in_quality(mail()).await, (Some(number("0.7")), false));
    }

    async fn single_modules_of_what_may_still_go_back_are_not_brought_on(mut world: World) {
        let (mut last, (on, revision)) = Box::pin(world.single_module_on()).await;
        let plan = Box::pin(world.start_up_to_the_report("two")).await;
        Box::pin(last.report(&world.slipway)).await;
        let start = world.slipway.start_plan(&world.operator, on, revision, None);
        let refused = Box::pin(start).await.unwrap_err();
        assert_eq!(refused.code(), "in_hand", "{refused}");
        // It goes back, and everything is as it was when this one was made.
        let asked = world.slipway.abort_plan(&world.operator, plan, "Not today.".to_owned());
        Box::pin(asked).await.unwrap();
        Box::pin(world.settle()).await;
        assert_eq!(world.status(plan).await, PlanStatus::Aborted);
        Box::pin(last.report(&world.slipway)).await;
        assert_eq!(Box::pin(world.start_now((on, revision))).await, StartOutcome::Started);
    }

    async fn in_line_it_waits_until_that_is_over(mut world: World) {
        let (mut last, (waits, revision)) = Box::pin(world.single_module_on()).await;
        let operator = world.operator.clone();
        let moves = Box::pin(world.start_up_to_the_report("two")).await;
        Box::pin(last.report(&world.slipway)).await;
        let queued = world.slipway.queue_plan(&operator, waits, revision, None);
        assert_eq!(Box::pin(queued).await.unwrap(), QueueOutcome::Queued);
        Box::pin(world.slipway.serve_lines()).await.unwrap();
        let row = world.row_of(waits).await;
        assert_eq!(row.status, PlanStatus::Queued);
        let held = Hindrance::InHand("Core".to_owned(), "Quality".to_owned());
        assert_eq!(row.stay.place.unwrap().waits_for, [held]);
        let asked = world.slipway.abort_plan(&operator, moves, "Not today.".to_owned());
        Box::pin(asked).await.unwrap();
        for _ in 0..20 {
            Box::pin(last.report(&world.slipway)).await;
            Box::pin(world.settle()).await;
            Box::pin(last.work(&world.slipway)).await;
        }
        assert_eq!(world.status(moves).await, PlanStatus::Aborted);
        assert_eq!(world.status(waits).await, PlanStatus::FinishedSuccessful);
    }

    async fn the_end_does_not_wait_until_the_agent_has_cleaned_up(mut world: World) {
        let plan = world.start_core("one").await;
        loop {
            world.slipway.walk_runs().await.unwrap();
            if world.status(plan).await != PlanStatus::Running {
                break;
            }
            world.quality.work(&world.slipway).await;
            world.slipway.clock.advance(20);
        }
        assert_eq!(world.status(plan).await, PlanStatus::FinishedSuccessful);
        assert_eq!(world.orders().await, [Order::CleanUp]);
        world.quality.work(&world.slipway).await;
        assert!(world.orders().await.is_empty());
    }
}
