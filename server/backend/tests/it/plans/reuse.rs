//! Reuse and retry as people meet them: what is foreseen is what the draft holds (domain.md 5).

use super::{CORE, SHOP, World, core, id, number, on_both, shop};
use backend::testing::{FakeAgent, TestBackend, actor};
use domain::access::Standing;
use domain::plan::{Becomes, CannotReuse, Choice, Origin, PlanStatus};
use domain::view::{BetterSources, PlanEdit, ReuseOutlook, StartOutcome};
use domain::{AppError, EnvironmentId};

pub(super) const KEEP: Origin = Origin::Reuse { keep_tags: true };

impl World {
    pub(super) async fn foresee(
        &self,
        plan: u64,
        ends: Option<(EnvironmentId, EnvironmentId)>,
        keep_tags: bool,
    ) -> ReuseOutlook {
        self.slipway
            .foresee_reuse(&self.operator, plan, ends, keep_tags)
            .await
            .unwrap()
    }

    /// A third environment, which runs these modules as the source does.
    pub(super) async fn production_with(&self, modules: &[u128]) -> EnvironmentId {
        let mut production = FakeAgent::join(&self.slipway, "Production").await;
        production.known.clone_from(&self.development.known);
        for module in modules {
            let runs = self.development.running[&id(*module)];
            production.running.insert(id(*module), runs);
        }
        Box::pin(production.report(&self.slipway)).await;
        production.actor.environment
    }

    /// Runs a plan with this application to Quality until it is over.
    async fn move_on(&mut self, application: domain::ApplicationId) -> u64 {
        let (plan, revision) = self.plan(vec![application]).await;
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None)
            .await
            .unwrap();
        assert_eq!(started, StartOutcome::Started);
        self.settle().await;
        plan
    }
}

/// Each of these sources has all of the applications.
fn all_in(environments: &[EnvironmentId]) -> BetterSources {
    BetterSources {
        environments: environments.to_vec(),
        have_all: true,
    }
}

fn field(error: AppError) -> String {
    match error {
        AppError::Invalid { fields } => fields[0].field.clone(),
        other => panic!("not about a field: {other:?}"),
    }
}

on_both! {
    async fn a_finished_plan_goes_on_to_the_next_environment(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (first, revision) = world.plan(vec![core(), shop()]).await;
        world.slipway.start_plan(&world.operator, first, revision, None).await.unwrap();
        world.settle().await;
        let production = FakeAgent::join(&world.slipway, "Production").await.actor.environment;

        let outlook = world.foresee(first, None, true).await;
        assert_eq!((outlook.source, outlook.target), (world.target(), production));
        assert_eq!((outlook.how, outlook.refusal), (KEEP, None));
        let becomes: Vec<_> = outlook.rows.iter().map(|row| row.becomes.clone()).collect();
        assert!(becomes.iter().all(|row| matches!(row, Becomes::Deploy { .. })), "{becomes:?}");

        let plan = world
            .slipway
            .reuse_plan(&world.operator, first, outlook.source, outlook.target, true)
            .await
            .unwrap();
        let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        assert_eq!(detail.row.status, PlanStatus::Draft);
        let origin = detail.origin.unwrap();
        assert_eq!((origin.number, origin.how, origin.open), (first, KEEP, vec![]));
        for (operation, row) in detail.content.operations.iter().zip(&outlook.rows) {
            assert_eq!(operation.application, row.application);
            let Becomes::Deploy { version, .. } = row.becomes else { unreachable!() };
            assert_eq!(operation.choice, Choice::Deploy { version });
        }
        // The original stays as it is.
        let original = world.slipway.read_plan(&world.operator, first).await.unwrap();
        assert_eq!(original.row.status, PlanStatus::FinishedSuccessful);
        assert_eq!(original.content.target, world.target());
    }

    async fn ru1_ru9_pairs_that_cannot_work_are_refused_with_a_way_on(mut world: World) {
        world.publish_core("one").await;
        let first = world.move_on(core()).await;
        let production = world.production_with(&[]).await;
        let (source, target) = (world.source(), world.target());

        let outlook = world.foresee(first, Some((production, target)), true).await;
        assert_eq!(outlook.refusal, Some(CannotReuse::NoneInSource));
        // The target has it, too, but cannot be the source (RU9).
        assert_eq!(outlook.better_sources, all_in(&[source]));
        let refused = world
            .slipway
            .reuse_plan(&world.operator, first, production, target, true)
            .await
            .unwrap_err();
        assert!(refused.to_string().starts_with("Production has none"), "{refused}");
        assert_eq!(field(refused), "source");

        let outlook = world.foresee(first, Some((target, target)), true).await;
        assert_eq!(outlook.refusal, Some(CannotReuse::SameEnvironment));
        assert_eq!(outlook.better_sources, BetterSources::default());
        let refused = world
            .slipway
            .reuse_plan(&world.operator, first, target, target, true)
            .await
            .unwrap_err();
        assert_eq!(field(refused), "target");
    }

    async fn ru1_where_no_source_has_all_of_them_those_that_have_some_are_named(mut world: World) {
        world.publish_core("one").await;
        world.publish_shop("one").await;
        let (first, revision) = world.plan(vec![core(), shop()]).await;
        Box::pin(world.run_through(first, revision)).await;
        let production = world.production_with(&[]).await;
        let (source, target) = (world.source(), world.target());
        let better = async |world: &World, target| {
            let outlook = world.foresee(first, Some((production, target)), true).await;
            assert_eq!(outlook.refusal, Some(CannotReuse::NoneInSource));
            outlook.better_sources
        };
        assert_eq!(better(&world, target).await, all_in(&[source]));
        world.leaves_the_source(SHOP + 1).await;
        let some = BetterSources { environments: vec![source], have_all: false };
        assert_eq!(better(&world, target).await, some);
        // What is said can be done: RU2 lets one go on from there.
        let outlook = world.foresee(first, Some((source, target)), true).await;
        assert_eq!(outlook.refusal, None);
        // The other way round there is one that has all of them.
        assert_eq!(better(&world, source).await, all_in(&[target]));
        world.leaves_the_source(CORE + 1).await;
        assert_eq!(better(&world, target).await, BetterSources::default());
    }

    async fn ru10_what_is_blocked_for_the_target_does_nothing_in_the_new_plan_until_it_is_unblocked(
        mut world: World
    ) {
        world.publish_core("one").await;
        let first = world.move_on(core()).await;
        let production = world.production_with(&[]).await;
        let why = "Not audited yet.";
        let reason = || why.to_owned();
        let block = world.slipway.block_application(&world.operator, core(), production, why);
        Box::pin(block).await.unwrap();
        let ends = (world.target(), production);
        for keep_tags in [true, false] {
            let outlook = world.foresee(first, Some(ends), keep_tags).await;
            assert_eq!(outlook.refusal, None);
            assert_eq!(outlook.rows[0].becomes, Becomes::Blocked { reason: reason() });
        }
        let plan = world.slipway.reuse_plan(&world.operator, first, ends.0, ends.1, true);
        let plan = Box::pin(plan).await.unwrap();
        let (operations, open) = world.opened(plan).await;
        assert_eq!(operations, [(core(), Choice::DoNothing)]);
        assert_eq!(open, [Becomes::Blocked { reason: reason() }]);
        let blocked = async |world: &World| {
            let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
            detail.rows[0].blocked.clone()
        };
        assert_eq!(blocked(&world).await, Some(reason()));
        let audited = "It was audited.";
        let unblock = world.slipway.unblock_application(&world.operator, core(), production, audited);
        Box::pin(unblock).await.unwrap();
        assert_eq!(blocked(&world).await, None);
        assert_eq!(world.opened(plan).await, (operations, vec![]));
    }

    async fn ru5_ru6_what_cannot_be_kept_is_told_in_the_opened_plan_until_it_is_settled(mut world: World) {
        world.publish_core("one").await;
        let first = world.move_on(core()).await;
        world.publish_core("two").await;
        world.move_on(core()).await;
        let ends = (world.source(), world.target());

        let outlook = world.foresee(first, Some(ends), true).await;
        let (was, running) = (number("0.1"), number("0.2"));
        let newer = Becomes::TargetNewer { number: was, running };
        assert_eq!(outlook.rows[0].becomes, newer);
        let latest = world.foresee(first, Some(ends), false).await;
        assert_eq!(latest.rows[0].becomes, Becomes::AlreadyThere { number: running });

        let plan = world
            .slipway
            .reuse_plan(&world.operator, first, ends.0, ends.1, true)
            .await
            .unwrap();
        let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        let open = detail.origin.unwrap().open;
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].name.as_str(), &open[0].becomes), ("Core", &newer));
        // The person settles it: nothing is said of it any more.
        let version = detail.rows[0].eligible[0].id;
        let choice = PlanEdit::SetChoice(core(), Choice::Deploy { version });
        world.edit(plan, detail.revision, choice).await;
        let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        assert_eq!(detail.origin.unwrap().open, []);
    }

    async fn rt4_ru7_an_aborted_plan_is_retried_and_only_that(mut world: World) {
        Box::pin(world.as_somebody()).await;
        world.publish_core("one").await;
        let (first, revision) = world.plan(vec![core()]).await;
        let refused = world
            .slipway
            .foresee_reuse(&world.operator, first, None, true)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "plan_not_over");
        world.slipway.start_plan(&world.operator, first, revision, None).await.unwrap();
        world
            .slipway
            .abort_plan(&world.operator, first, "Not today.".to_owned())
            .await
            .unwrap();
        world.settle().await;

        let outlook = world.foresee(first, None, false).await;
        assert_eq!(outlook.how, Origin::Retry);
        assert_eq!((outlook.source, outlook.target), (world.source(), world.target()));
        let refused = world
            .slipway
            .reuse_plan(&world.operator, first, world.source(), world.target(), true)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "plan_aborted");
        let plan = world.slipway.retry_plan(&world.operator, first).await.unwrap();
        let detail = world.slipway.read_plan(&world.operator, plan).await.unwrap();
        assert_eq!(detail.row.status, PlanStatus::Draft);
        assert_eq!(detail.origin.unwrap().how, Origin::Retry);
        assert!(matches!(detail.content.operations[0].choice, Choice::Deploy { .. }));
        // An unsaved copy is its maker's alone, and gone when it is discarded.
        let reads = async |by| world.slipway.read_plan(by, plan).await;
        let drafts = async |by| world.slipway.list_drafts(by).await.unwrap().total.number;
        let other = actor(Standing::Operator);
        assert_eq!(reads(&other).await.unwrap_err().code(), "not_found");
        assert_eq!((drafts(&world.operator).await, drafts(&other).await), (1, 0));
        world.slipway.discard_plan(&world.operator, plan).await.unwrap();
        assert_eq!(reads(&world.operator).await.unwrap_err().code(), "not_found");
        assert_eq!(drafts(&world.operator).await, 0);
        let original = world.slipway.read_plan(&world.operator, first).await.unwrap();
        assert_eq!(original.row.status, PlanStatus::Aborted);
    }
}

#[tokio::test]
async fn who_may_not_edit_plans_may_not_reuse_them() {
    let mut world = World::new().await;
    world.publish_core("one").await;
    let first = world.move_on(core()).await;
    let reader = actor(Standing::Guest);
    let (source, target) = (world.source(), world.target());
    let refused = [
        world
            .slipway
            .foresee_reuse(&reader, first, None, true)
            .await
            .map(|_| ()),
        world
            .slipway
            .reuse_plan(&reader, first, source, target, true)
            .await
            .map(|_| ()),
        world.slipway.retry_plan(&reader, first).await.map(|_| ()),
    ];
    for answer in refused {
        assert!(matches!(answer, Err(AppError::Forbidden { .. })));
    }
}

/// Rights are the same for all applications so far: who may not list some may list none.
#[tokio::test]
async fn ru12_to_whom_no_application_is_shown_a_plan_over_them_is_as_one_that_is_not_there() {
    let mut world = World::new().await;
    world.publish_core("one").await;
    let first = world.move_on(core()).await;
    let guest = actor(Standing::Guest);
    let (source, target) = (world.source(), world.target());
    let mut said = Vec::new();
    for plan in [first, first + 1_000] {
        let slipway = &world.slipway;
        let answers = [
            slipway.read_plan(&guest, plan).await.map(|_| ()),
            slipway
                .foresee_reuse(&guest, plan, None, true)
                .await
                .map(|_| ()),
            slipway
                .reuse_plan(&guest, plan, source, target, true)
                .await
                .map(|_| ()),
            slipway.retry_plan(&guest, plan).await.map(|_| ()),
            slipway.read_run(&guest, plan).await.map(|_| ()),
        ];
        said.push(answers.map(|answer| answer.unwrap_err().to_string()));
    }
    assert_eq!(said[0], said[1]);
    for text in &said[0] {
        assert!(text.contains("Your standing is Guest."), "{text}");
        assert!(!text.contains("Core"), "{text}");
    }
}
