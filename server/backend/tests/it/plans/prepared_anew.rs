//! What was prepared is checked once more when somebody lets it go on: its target may be another by
//! then.

use super::custom::{modules, suite};
use super::{CORE, SHOP, World, core, id, number, on_both, shop};
use backend::testing::{TestBackend, actor};
use domain::access::Standing;
use domain::execution::LogKind;
use domain::hotfix::HotfixState;
use domain::impact::FindingCode;
use domain::plan::{Choice, PlanStatus, Returns};
use domain::view::{Compared, ContinueOutcome, LogFilter, PlanEdit, StartOutcome};
use domain::{AppError, HotfixId, ModuleId};

const REASON: &str = "It is put right by this.";

impl World {
    /// From now on plans pause before they switch.
    async fn pauses(&self) {
        self.slipway.set_two_stage(self.target(), true).await;
    }

    /// Starts a plan that pauses.
    async fn prepare(&mut self, plan: (u64, i64), reason: Option<&str>) -> u64 {
        let reason = reason.map(str::to_owned);
        let start = self
            .slipway
            .start_plan(&self.operator, plan.0, plan.1, reason);
        assert_eq!(Box::pin(start).await.unwrap(), StartOutcome::Started);
        Box::pin(self.settle()).await;
        assert_eq!(self.status(plan.0).await, PlanStatus::NeedsIntervention);
        plan.0
    }

    async fn go_on(&self, plan: u64, reason: Option<&str>) -> Result<ContinueOutcome, AppError> {
        let reason = reason.map(str::to_owned);
        let go_on = self.slipway.continue_plan(&self.operator, plan, reason);
        Box::pin(go_on).await
    }

    /// What keeps a prepared plan from going on.
    async fn kept_by(&self, plan: u64, reason: Option<&str>) -> Vec<FindingCode> {
        match self.go_on(plan, reason).await.unwrap() {
            ContinueOutcome::Refused(report) => {
                assert_eq!(self.status(plan).await, PlanStatus::NeedsIntervention);
                report.findings.iter().map(|one| one.code).collect()
            }
            ContinueOutcome::Continued => Vec::new(),
        }
    }

    /// Core and Shop are in Quality, and a newer Shop is prepared there.
    async fn with_prepared_shop(&mut self) -> u64 {
        Box::pin(self.publish_core("one")).await;
        Box::pin(self.publish_shop("one")).await;
        let (first, revision) = self.plan(vec![core(), shop()]).await;
        Box::pin(self.run_through(first, revision)).await;
        self.pauses().await;
        Box::pin(self.publish_shop("two")).await;
        let plan = self.plan(vec![shop()]).await;
        Box::pin(self.prepare(plan, None)).await
    }

    /// Core 0.1 is in Quality, and 0.2 is prepared there.
    async fn with_prepared_core(&mut self) -> u64 {
        Box::pin(self.publish_core("one")).await;
        let (first, revision) = self.plan(vec![core()]).await;
        Box::pin(self.run_through(first, revision)).await;
        self.pauses().await;
        Box::pin(self.publish_core("two")).await;
        let plan = self.plan(vec![core()]).await;
        Box::pin(self.prepare(plan, None)).await
    }

    /// Meanwhile somebody mends what Quality runs, on its machine, and tags it as 0.1.1 there.
    async fn mended_meanwhile(&mut self) -> HotfixId {
        Box::pin(self.publish_outside("urgent")).await;
        self.tag_core(self.target(), "0.1.1").await;
        let hotfixes = self.hotfixes().await;
        let [hotfix] = &hotfixes[..] else {
            panic!("{hotfixes:?}");
        };
        assert_eq!(hotfix.state, HotfixState::Open);
        hotfix.id
    }

    /// Why somebody said that it goes on, as the audit has it.
    async fn said_of_going_on(&self) -> Option<String> {
        let audit = self.slipway.list_audit().await;
        let mut entries = audit.into_iter();
        let continued = entries.find(|entry| entry.action == "plan_continued");
        continued.expect("it goes on").reason
    }

    async fn is_over(&mut self, plan: u64) {
        Box::pin(self.settle()).await;
        let status = self.status(plan).await;
        assert!(
            matches!(
                status,
                PlanStatus::FinishedSuccessful | PlanStatus::FinishedWithWarnings
            ),
            "{status:?}"
        );
    }
}

on_both! {
    async fn a_producer_that_is_gone_refuses_it_and_a_reason_goes_on(mut world: World) {
        let plan = Box::pin(world.with_prepared_shop()).await;
        world.quality.running.remove(&id(CORE + 1));
        Box::pin(world.quality.report(&world.slipway)).await;
        assert_eq!(world.kept_by(plan, None).await, [FindingCode::ProducerModuleMissing]);
        assert_eq!(world.kept_by(plan, Some("  ")).await, [FindingCode::ProducerModuleMissing]);
        assert_eq!(world.go_on(plan, Some(REASON)).await.unwrap(), ContinueOutcome::Continued);
        assert_eq!(world.said_of_going_on().await.as_deref(), Some(REASON));
        let filter = LogFilter { kinds: vec![LogKind::AcceptableError], ..LogFilter::default() };
        let log = world.slipway.read_log(&world.operator, plan, filter).await.unwrap();
        let said: Vec<&str> = log.lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("Accepted: producer module missing; ShopFront of Shop uses CoreLogic of Core"), "{said:?}");
        assert!(said[1].ends_with(&format!("lets it go on all the same: {REASON}")), "{said:?}");
        world.is_over(plan).await;
    }

    async fn once_it_is_mended_nobody_is_asked(mut world: World) {
        let plan = Box::pin(world.with_prepared_shop()).await;
        let there = world.quality.running.remove(&id(CORE + 1)).unwrap();
        Box::pin(world.quality.report(&world.slipway)).await;
        assert_eq!(world.kept_by(plan, None).await, [FindingCode::ProducerModuleMissing]);
        world.quality.running.insert(id(CORE + 1), there);
        Box::pin(world.quality.report(&world.slipway)).await;
        assert_eq!(world.go_on(plan, Some(REASON)).await.unwrap(), ContinueOutcome::Continued);
        assert_eq!(world.said_of_going_on().await, None, "there was nothing to go on with");
        world.is_over(plan).await;
    }

    async fn what_was_changed_outside_since_is_not_overwritten_unseen(mut world: World) {
        let plan = Box::pin(world.with_prepared_core()).await;
        Box::pin(world.publish_outside("by hand")).await;
        assert_eq!(world.kept_by(plan, None).await, [FindingCode::ChangedOutside]);
        assert_eq!(world.go_on(plan, Some(REASON)).await.unwrap(), ContinueOutcome::Continued);
        world.is_over(plan).await;
        assert_eq!(world.quality.running, world.development.running);
    }

    async fn what_was_known_at_the_start_is_not_asked_again(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.pauses().await;
        let plan = world.plan(vec![shop()]).await;
        let plan = Box::pin(world.prepare(plan, Some("Core comes later."))).await;
        assert_eq!(world.go_on(plan, None).await.unwrap(), ContinueOutcome::Continued);
        world.is_over(plan).await;
    }

    async fn what_the_source_has_become_since_does_not_matter(mut world: World) {
        let mut world = Box::pin(world.with_suite()).await;
        world.pauses().await;
        let (plan, revision) = world.plan(vec![suite()]).await;
        let [mail, ..] = modules();
        let mail = Choice::DeployCustom { modules: vec![ModuleId(mail)] };
        let revision = world.edit(plan, revision, PlanEdit::SetChoice(suite(), mail)).await;
        let plan = Box::pin(world.prepare((plan, revision), None)).await;
        // There Mail needs by now what Quality does not have; what is staged does not.
        world.publish_suite(&["three"; 3], true).await;
        assert_eq!(world.kept_by(plan, None).await, []);
        world.is_over(plan).await;
    }

    async fn a_hotfix_of_meanwhile_is_not_overwritten_until_it_is_waived_whatever_the_reason(mut world: World) {
        let plan = Box::pin(world.with_prepared_core()).await;
        let hotfix = Box::pin(world.mended_meanwhile()).await;
        for reason in [None, Some(REASON)] {
            assert_eq!(world.kept_by(plan, reason).await, [FindingCode::HotfixOverwritten]);
        }
        let viewer = actor(Standing::Viewer);
        let forbidden = world.slipway.continue_plan(&viewer, plan, Some(REASON.to_owned())).await;
        assert!(matches!(forbidden, Err(AppError::Forbidden { .. })), "{forbidden:?}");
        Box::pin(world.settle()).await;
        assert!(!world.slipway.audited().await.iter().any(|(_, what, _)| what == "plan_continued"));
        assert_ne!(world.quality.running, world.development.running, "nothing was switched");
        world.waive(hotfix, "It was of no use.").await.unwrap();
        assert_eq!(world.go_on(plan, None).await.unwrap(), ContinueOutcome::Continued);
        world.is_over(plan).await;
        assert_eq!(world.quality.running, world.development.running);
    }

    async fn what_is_prepared_goes_on_once_it_is_said_to_contain_the_hotfix_of_meanwhile(mut world: World) {
        let plan = Box::pin(world.with_prepared_core()).await;
        let hotfix = Box::pin(world.mended_meanwhile()).await;
        assert_eq!(world.kept_by(plan, Some(REASON)).await, [FindingCode::HotfixOverwritten]);
        // The number that the plan brings.
        world.solve(hotfix, "0.2").await.unwrap();
        assert_eq!(world.go_on(plan, Some(REASON)).await.unwrap(), ContinueOutcome::Continued);
        assert_eq!(world.said_of_going_on().await, None, "there was nothing to go on with");
        world.is_over(plan).await;
    }

    async fn what_it_replaced_is_what_ran_when_it_went_on_and_not_when_it_was_started(mut world: World) {
        let plan = Box::pin(world.with_prepared_core()).await;
        let compared = async |world: &World| {
            let side = |text: &str| text.parse::<Compared>().unwrap();
            let (from, to) = (side(&format!("before:{plan}")), side(&format!("plan:{plan}")));
            let found = world.slipway.compare(&world.operator, from, to, 0, 50).await.unwrap();
            let core = found.rows.rows.into_iter().find(|one| one.application == core()).unwrap();
            [core.before, core.after].map(|side| side.map(|release| release.number))
        };
        let hotfix = Box::pin(world.mended_meanwhile()).await;
        // It has changed nothing yet: what it would replace is what runs now.
        let numbers = |from, to| [Some(Some(number(from))), Some(Some(number(to)))];
        assert_eq!(compared(&world).await, numbers("0.1.1", "0.2"));
        world.solve(hotfix, "0.2").await.unwrap();
        world.slipway.clock.advance(60_000);
        assert_eq!(world.go_on(plan, None).await.unwrap(), ContinueOutcome::Continued);
        world.is_over(plan).await;

        assert_eq!(compared(&world).await, numbers("0.1.1", "0.2"));
        let run = world.run_of(plan).await;
        assert_eq!(run.applications[0].from, Some(number("0.1.1")));
        // The fix is not lost by going back.
        let returns = world.returns(plan).await;
        assert!(
            matches!(returns[..], [Returns::Back { number: back, .. }] if back == number("0.1.1")),
            "{returns:?}"
        );
    }

    async fn b2_what_is_prepared_is_not_blocked_before_it_is_stopped(mut world: World) {
        world.publish_core("one").await;
        world.pauses().await;
        let plan = world.plan(vec![core()]).await;
        let plan = Box::pin(world.prepare(plan, None)).await;
        let refused = world.block(core(), "Not audited yet.").await.unwrap_err();
        assert_eq!(refused.code(), "on_its_way");
        assert!(refused.to_string().contains(&format!("Plan #{plan}")), "{refused}");
        world.slipway.abort_plan(&world.operator, plan, "Audited first.".to_owned()).await.unwrap();
        Box::pin(world.settle()).await;
        world.block(core(), "Not audited yet.").await.unwrap();
        let late = world.go_on(plan, Some(REASON)).await.unwrap_err();
        assert_eq!(late.code(), "not_paused");
        assert!(world.quality.running.is_empty());
    }

    async fn b3_b4_a_block_of_meanwhile_is_asked_about_only_where_it_changes_what_is_switched(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        world.pauses().await;
        let (plan, revision) = world.plan(vec![core(), shop()]).await;
        let out = PlanEdit::SetChoice(core(), Choice::DoNothing);
        let revision = world.edit(plan, revision, out).await;
        let plan = Box::pin(world.prepare((plan, revision), Some("Core comes later."))).await;
        // The plan does not bring it, so it may be; that Shop lacks it was known at the start.
        world.block(core(), "Not audited yet.").await.unwrap();
        assert_eq!(world.go_on(plan, None).await.unwrap(), ContinueOutcome::Continued);
        world.is_over(plan).await;
        let modules: Vec<_> = world.quality.running.keys().copied().collect();
        assert_eq!(modules, [id(SHOP + 1)], "what is blocked was not brought");
    }
}
