//! Two people at one plan: who presses the same button at the same moment gets one effect and a
//! clear answer; who edits the same thing never overwrites the other unseen; and what may be done
//! hangs on where the plan stands.

use super::{CORE, OTHER, SHOP, World, core, id, number, on_both, other, pages_folder, shop};
use backend::Actor;
use backend::testing::{Fault, TestBackend, actor};
use domain::access::Standing;
use domain::plan::{Choice, PlanStatus};
use domain::settings::{Property, PropertyKind, SettingEdit};
use domain::view::{ContinueOutcome, PlanEdit, QueueOutcome, StartOutcome};
use domain::{AppError, ModuleId};
use protocol::Order;

impl World {
    /// Somebody else who may do the same.
    fn second() -> Actor {
        Actor {
            login: "second".to_owned(),
            name: "Second".to_owned(),
            ..actor(Standing::Operator)
        }
    }

    /// How often an action stands in the audit.
    async fn times(&self, action: &str) -> usize {
        let audit = self.slipway.list_audit().await;
        audit.iter().filter(|entry| entry.action == action).count()
    }

    async fn is(&self, plan: u64) -> PlanStatus {
        let detail = self.slipway.read_plan(&self.operator, plan);
        Box::pin(detail).await.unwrap().row.status
    }

    /// A plan that brings an application which has to do with nothing else.
    async fn saved_plan(&mut self, of: u128) -> (u64, i64) {
        Box::pin(self.publish_other(of, "one")).await;
        self.plan(vec![other(of)]).await
    }

    /// A plan that runs, up to the pause if the target has two stages.
    async fn running_plan(&mut self, of: u128) -> u64 {
        let (plan, revision) = Box::pin(self.saved_plan(of)).await;
        let started = self
            .slipway
            .start_plan(&self.operator, plan, revision, None);
        assert_eq!(Box::pin(started).await.unwrap(), StartOutcome::Started);
        plan
    }
}

on_both! {
    async fn of_two_who_start_a_plan_one_starts_it_and_the_other_is_told_where_it_stands(mut world: World) {
        let (plan, revision) = Box::pin(world.saved_plan(1)).await;
        let second = World::second();
        let (one, two) = tokio::join!(
            world.slipway.start_plan(&world.operator, plan, revision, None),
            world.slipway.start_plan(&second, plan, revision, None),
        );
        let refused = match (one, two) {
            (Ok(StartOutcome::Started), Err(refused)) | (Err(refused), Ok(StartOutcome::Started)) => refused,
            both => panic!("{both:?}"),
        };
        assert_eq!(refused.code(), "plan_started");
        assert!(refused.to_string().starts_with(&format!("Plan #{plan} is running")), "{refused}");
        assert_eq!(world.times("plan_started").await, 1);
        Box::pin(world.settle()).await;
        assert_eq!(world.is(plan).await, PlanStatus::FinishedSuccessful);
    }

    async fn two_who_abort_a_plan_stop_it_once_and_the_first_reason_counts(mut world: World) {
        let plan = Box::pin(world.running_plan(1)).await;
        let second = World::second();
        let (one, two) = tokio::join!(
            world.slipway.abort_plan(&world.operator, plan, "One.".to_owned()),
            world.slipway.abort_plan(&second, plan, "Two.".to_owned()),
        );
        assert_eq!((one, two), (Ok(()), Ok(())));
        assert_eq!(world.times("plan_abort_requested").await, 1);
        Box::pin(world.settle()).await;
        let run = world.slipway.read_run(&world.operator, plan).await.unwrap();
        assert_eq!(run.plan.status, PlanStatus::Aborted);
        let (_, reason) = run.abort.unwrap();
        assert!(run.plan.outcome.unwrap().contains(&reason));
    }

    async fn two_who_continue_a_plan_let_it_go_on_once(mut world: World) {
        world.rule(|rules| rules.two_stage = true).await;
        let plan = Box::pin(world.running_plan(1)).await;
        Box::pin(world.settle()).await;
        assert_eq!(world.is(plan).await, PlanStatus::NeedsIntervention);
        let second = World::second();
        let (one, two) = tokio::join!(
            world.slipway.continue_plan(&world.operator, plan, None),
            world.slipway.continue_plan(&second, plan, None),
        );
        let done = Ok(ContinueOutcome::Continued);
    assert_eq!((one, two), (done.clone(), done));
        assert_eq!(world.times("plan_continued").await, 1);
        Box::pin(world.settle()).await;
        assert_eq!(world.is(plan).await, PlanStatus::FinishedSuccessful);
        // Who comes when it is over is told so.
        let late = world.slipway.continue_plan(&second, plan, None).await.unwrap_err();
        assert_eq!(late.code(), "not_paused");
        assert!(late.to_string().contains("is finished"), "{late}");
    }

    async fn of_one_who_continues_and_one_who_aborts_both_are_answered_and_the_plan_ends(mut world: World) {
        world.rule(|rules| rules.two_stage = true).await;
        let plan = Box::pin(world.running_plan(1)).await;
        Box::pin(world.settle()).await;
        let second = World::second();
        let (one, two) = tokio::join!(
            world.slipway.continue_plan(&world.operator, plan, None),
            world.slipway.abort_plan(&second, plan, "No.".to_owned()),
        );
        // It may go on first and be stopped then; once it is stopped it does not go on.
        assert_eq!(two, Ok(()));
        assert!(one.is_ok() || one.unwrap_err().code() == "not_paused");
        Box::pin(world.settle()).await;
        assert_eq!(world.is(plan).await, PlanStatus::Aborted);
        assert!(world.quality.running.is_empty());
    }

    async fn two_who_discard_a_plan_remove_it_once(mut world: World) {
        let (plan, _) = Box::pin(world.saved_plan(1)).await;
        let second = World::second();
        let (one, two) = tokio::join!(
            world.slipway.discard_plan(&world.operator, plan),
            world.slipway.discard_plan(&second, plan),
        );
        let refused = match (one, two) {
            (Ok(()), Err(refused)) | (Err(refused), Ok(())) => refused,
            both => panic!("{both:?}"),
        };
        assert_eq!(refused, AppError::not_found(format!("Plan #{plan}")));
        assert_eq!(world.times("plan_discarded").await, 1);
    }

    async fn two_who_save_a_plan_save_it_once(mut world: World) {
        let (plan, revision) = Box::pin(world.saved_plan(1)).await;
        let revision = world.edit(plan, revision, PlanEdit::SetNotes("At night.".to_owned())).await;
        let second = World::second();
        let before = world.times("plan_saved").await;
        let (one, two) = tokio::join!(
            world.slipway.save_plan(&world.operator, plan, revision),
            world.slipway.save_plan(&second, plan, revision),
        );
        assert_eq!((one, two), (Ok(revision), Ok(revision)));
        assert_eq!(world.times("plan_saved").await, before + 1);
        // A draft as well, in two windows of its maker.
        let draft = world.slipway.create_plan(&world.operator, world.source(), world.target(), vec![]);
        let draft = draft.await.unwrap();
        let (one, two) = tokio::join!(
            world.slipway.save_plan(&world.operator, draft, 1),
            world.slipway.save_plan(&world.operator, draft, 1),
        );
        assert_eq!((one, two), (Ok(1), Ok(1)));
        assert_eq!(world.times("plan_saved").await, before + 2);
    }

    async fn two_who_queue_a_plan_or_take_it_out_do_it_once(mut world: World) {
        world.rule(|rules| rules.parallel_execution = false).await;
        Box::pin(world.running_plan(1)).await;
        let (waits, revision) = Box::pin(world.saved_plan(2)).await;
        let second = World::second();
        for turn in 1..=2 {
            let (one, two) = tokio::join!(
                world.slipway.queue_plan(&world.operator, waits, revision, None),
                world.slipway.queue_plan(&second, waits, revision, None),
            );
            assert_eq!((one, two), (Ok(QueueOutcome::Queued), Ok(QueueOutcome::Queued)));
            assert_eq!(world.times("plan_queued").await, turn);
            let (one, two) = tokio::join!(
                world.slipway.leave_queue(&world.operator, waits),
                world.slipway.leave_queue(&second, waits),
            );
            assert_eq!((one, two), (Ok(()), Ok(())));
            assert_eq!(world.times("plan_left_queue").await, turn);
            assert_eq!(world.is(waits).await, PlanStatus::Saved);
        }
        Box::pin(world.settle()).await;
    }

    async fn a_plan_is_removed_from_the_saved_ones_only(mut world: World) {
        Box::pin(world.rule(|rules| {
            rules.parallel_limit = 1;
            rules.two_stage = true;
        })).await;
        let (waits, revision) = Box::pin(world.saved_plan(2)).await;
        let first = Box::pin(world.running_plan(1)).await;
        assert_eq!(Box::pin(world.slipway.queue_plan(&world.operator, waits, revision, None)).await.unwrap(), QueueOutcome::Queued);
        let mut seen = Vec::new();
        let mut refused = async |world: &World, plan: u64| {
            let status = Box::pin(world.is(plan)).await;
            let error = Box::pin(world.slipway.discard_plan(&world.operator, plan)).await.unwrap_err();
            assert_eq!(error.code(), "plan_started", "{status:?}: {error}");
            assert_eq!(Box::pin(world.is(plan)).await, status);
            seen.push(status);
        };
        refused(&world, waits).await;
        refused(&world, first).await;
        Box::pin(world.settle()).await;
        refused(&world, first).await;
        Box::pin(world.slipway.abort_plan(&world.operator, first, "Not now.".to_owned())).await.unwrap();
        refused(&world, first).await;
        Box::pin(world.settle()).await;
        refused(&world, first).await;
        // The one that waited has prepared.
        Box::pin(world.slipway.continue_plan(&world.operator, waits, None)).await.unwrap();
        Box::pin(world.settle()).await;
        refused(&world, waits).await;
        Box::pin(world.rule(|rules| rules.two_stage = false)).await;
        let mixed = Box::pin(world.running_plan(3)).await;
        world.quality.fails(|order| match order {
            Order::Activate { .. } | Order::SwitchBack { .. } => Some(Fault::Fail),
            _ => None,
        });
        Box::pin(world.settle()).await;
        refused(&world, mixed).await;
        let warned = Box::pin(world.running_plan(4)).await;
        Box::pin(world.loses_everything(warned)).await;
        refused(&world, warned).await;
        assert_eq!(seen, [
            PlanStatus::Queued,
            PlanStatus::Running,
            PlanStatus::NeedsIntervention,
            PlanStatus::Aborting,
            PlanStatus::Aborted,
            PlanStatus::FinishedSuccessful,
            PlanStatus::FinishedWithErrors,
            PlanStatus::FinishedWithWarnings,
        ]);
        let (saved, _) = Box::pin(world.saved_plan(5)).await;
        Box::pin(world.slipway.discard_plan(&world.operator, saved)).await.unwrap();
    }

    async fn whatever_two_edit_at_the_same_time_nothing_is_overwritten_unseen(mut world: World) {
        Box::pin(world.publish_core("one")).await;
        Box::pin(world.publish_shop("one")).await;
        Box::pin(world.publish_other(1, "one")).await;
        Box::pin(world.publish_with_a_setting()).await;
        let (plan, revision) = world.plan(vec![core(), other(1), other(9)]).await;
        let tag = |text: &str, words: &str| PlanEdit::SetChoice(core(), Choice::TagAndDeploy {
            number: number(text),
            description: words.to_owned(),
        });
        let module = |of: u128| ModuleId(id(of + 1));
        let set = |value: &str| PlanEdit::SetSetting(SettingEdit {
            module: module(OTHER + 18),
            name: "Currency".to_owned(),
            property: Property { kind: PropertyKind::Text, secret: false, default: true },
            value: Some(value.to_owned()),
        });
        let notes = |text: &str| PlanEdit::SetNotes(text.to_owned());
        // Of each kind what the one does, and the other at the same time, not knowing of it.
        let pairs = [
            (PlanEdit::SetChoice(other(1), Choice::DoNothing), PlanEdit::RemoveApplication(other(1))),
            (notes("By night."), notes("By day.")),
            (tag("3.1", "One"), tag("3.2", "One")),
            (tag("3.1", "Two"), tag("3.1", "Three")),
            (set("EUR"), set("CHF")),
            (PlanEdit::SetRepublish(vec![module(CORE)]), PlanEdit::SetRepublish(vec![module(SHOP)])),
            (PlanEdit::RemoveApplication(core()), PlanEdit::AddApplications(vec![shop()])),
            (PlanEdit::SetEnvironments(world.target(), world.source()), notes("On the way back.")),
        ];
        let second = World::second();
        let mut revision = revision;
        for (one, two) in pairs {
            let mut told = world.slipway.topics().subscribe();
            let (first, other) = tokio::join!(
                world.slipway.edit_plan(&world.operator, plan, revision, one.clone()),
                world.slipway.edit_plan(&second, plan, revision, two.clone()),
            );
            // One of them is there, and everybody hears of it at once; the other one is told that it
            // did not count.
            let refused = match (first, other) {
                (Ok(new), Err(refused)) | (Err(refused), Ok(new)) => {
                    assert_eq!(new, revision + 1);
                    refused
                }
                both => panic!("{one:?}, {two:?}: {both:?}"),
            };
            assert!(matches!(refused, AppError::Stale { .. }), "{refused:?}");
            assert!(told.try_recv().is_ok());
            // Having seen what the other did, either goes on from there.
            let seen = world.slipway.read_plan(&second, plan).await.unwrap();
            assert_eq!(seen.revision, revision + 1);
            revision = world
                .slipway
                .edit_plan(&second, plan, seen.revision, notes(&format!("After {revision}.")))
                .await
                .unwrap();
        }
    }
}

impl World {
    /// An application with a site property.
    async fn publish_with_a_setting(&mut self) {
        let setting =
            "[[module.setting]]\nname = \"Currency\"\ntype = \"text\"\ndefault = \"EUR\"\n";
        let folder = pages_folder(OTHER + 18, "Till", setting, "till");
        self.publish(folder.path(), "Development").await;
    }
}
