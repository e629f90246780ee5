//! Who did what to a plan, and when: six people, none of whom does what another one did.

use super::ended::{invited, people};
use super::{World, on_both, other};
use backend::Actor;
use backend::testing::TestBackend;
use domain::plan::PlanStatus;
use domain::view::{PlanEdit, PlanStamps, QueueOutcome, Stamp, StartOutcome};
use std::sync::Arc;

/// A deed: who did it, and when.
type Deed = (String, i64);

fn deed(stamp: Option<Stamp>) -> Option<Deed> {
    stamp.map(|stamp| (stamp.by.name, stamp.at.0))
}

/// Made, saved, queued, started, continued, aborted.
fn deeds(stamps: PlanStamps) -> [Option<Deed>; 6] {
    [
        Some(stamps.created),
        stamps.saved,
        stamps.queued,
        stamps.started,
        stamps.continued,
        stamps.aborted,
    ]
    .map(deed)
}

impl World {
    /// It is a second later, and this person acts.
    fn acts(&self, person: &Actor) -> Deed {
        self.slipway.clock.advance(1_000);
        (person.name.clone(), self.slipway.clock.read())
    }

    /// What is kept of a plan, in its run or its row.
    async fn deeds_of(&self, plan: u64) -> [Option<Deed>; 6] {
        let run = self.slipway.read_run(&self.operator, plan);
        deeds(Box::pin(run).await.unwrap().plan.stamps)
    }
}

on_both! {
    async fn who_starts_what_nobody_saved_has_saved_it(mut world: World) {
        Box::pin(world.publish_other(1, "one")).await;
        Box::pin(world.publish_other(2, "one")).await;
        let slipway = Arc::clone(&world.slipway.backend);
        let (ada, grace) = Box::pin(people(&world)).await;
        let (source, target) = (world.source(), world.target());
        for through_the_line in [false, true] {
            let brings = vec![other(if through_the_line { 2 } else { 1 })];
            let plan = slipway.create_plan(&ada, source, target, brings).await.unwrap();
            Box::pin(slipway.save_plan(&ada, plan, 1)).await.unwrap();
            // What all see is another revision by now.
            let notes = PlanEdit::SetNotes("By night.".to_owned());
            let revision = Box::pin(slipway.edit_plan(&ada, plan, 1, notes)).await.unwrap();
            let done = world.acts(&grace);
            if through_the_line {
                let answer = Box::pin(slipway.queue_plan(&grace, plan, revision, None)).await;
                assert_eq!(answer.unwrap(), QueueOutcome::Queued);
                Box::pin(slipway.serve_lines()).await.unwrap();
            } else {
                let answer = Box::pin(slipway.start_plan(&grace, plan, revision, None)).await;
                assert_eq!(answer.unwrap(), StartOutcome::Started);
            }
            let [_, saved, _, started, ..] = world.deeds_of(plan).await;
            assert_eq!((saved.as_ref(), started.as_ref()), (Some(&done), Some(&done)));
            Box::pin(world.settle()).await;
            let about = Box::pin(slipway.read_plan(&ada, plan)).await.unwrap().row.name;
            let audited = world.slipway.audited().await.into_iter();
            let saved: Vec<String> = audited
                .filter(|(_, action, what)| action == "plan_saved" && what.contains(&about))
                .map(|(who, ..)| who)
                .collect();
            assert_eq!(saved.len(), 2, "{saved:?}");
            assert!(saved.contains(&"Grace Hopper".to_owned()), "{saved:?}");
        }
    }

    async fn who_and_when_is_kept_of_each_state(mut world: World) {
        Box::pin(world.rule(|rules| rules.two_stage = true)).await;
        Box::pin(world.publish_other(1, "one")).await;
        Box::pin(world.publish_other(2, "one")).await;
        let slipway = Arc::clone(&world.slipway.backend);
        let (ada, grace) = Box::pin(people(&world)).await;
        let mut more = Vec::new();
        for name in ["Mary Shaw", "Barbara Liskov", "Frances Allen", "Radia Perlman"] {
            more.push(Box::pin(invited(&world, &ada, name)).await);
        }
        let [queues, starts, continues, aborts] = &more[..] else {
            unreachable!("four people");
        };
        let (source, target) = (world.source(), world.target());
        for through_the_line in [false, true] {
            let brings = vec![other(if through_the_line { 2 } else { 1 })];
            let made = world.acts(&ada);
            let plan = slipway.create_plan(&ada, source, target, brings).await.unwrap();
            Box::pin(slipway.save_plan(&ada, plan, 1)).await.unwrap();
            // The last one who saves it counts; who edited it does not.
            let notes = PlanEdit::SetNotes("By night.".to_owned());
            let revision = Box::pin(slipway.edit_plan(queues, plan, 1, notes)).await.unwrap();
            let saved = world.acts(&grace);
            Box::pin(slipway.save_plan(&grace, plan, revision)).await.unwrap();
            let (queued, started) = if through_the_line {
                let queued = world.acts(queues);
                let answer = Box::pin(slipway.queue_plan(queues, plan, revision, None)).await;
                assert_eq!(answer.unwrap(), QueueOutcome::Queued);
                let row = Box::pin(slipway.read_plan(&ada, plan)).await.unwrap().row;
                let place = row.stay.place.unwrap().queued;
                assert_eq!(deed(Some(place)).as_ref(), Some(&queued));
                // It starts in the name of who put it there.
                let started = world.acts(queues);
                Box::pin(slipway.serve_lines()).await.unwrap();
                (Some(queued), started)
            } else {
                let started = world.acts(starts);
                let answer = Box::pin(slipway.start_plan(starts, plan, revision, None)).await;
                assert_eq!(answer.unwrap(), StartOutcome::Started);
                (None, started)
            };
            Box::pin(world.settle()).await;
            let continued = world.acts(continues);
            Box::pin(slipway.continue_plan(continues, plan, None)).await.unwrap();
            let all = [Some(made), Some(saved), queued, Some(started), Some(continued), None];
            assert_eq!(world.deeds_of(plan).await, all);
            let aborted = world.acts(aborts);
            let reason = "Not now.".to_owned();
            Box::pin(slipway.abort_plan(aborts, plan, reason.clone())).await.unwrap();
            Box::pin(world.settle()).await;
            let run = Box::pin(slipway.read_run(&ada, plan)).await.unwrap();
            assert_eq!(run.plan.status, PlanStatus::Aborted);
            let (by, why) = run.abort.unwrap();
            assert_eq!((deed(Some(by)).as_ref(), why), (Some(&aborted), reason));
            let [made, saved, queued, started, continued, _] = all;
            let all = [made, saved, queued, started, continued, Some(aborted)];
            assert_eq!(world.deeds_of(plan).await, all);
            assert!(run.plan.stamps.finished.is_some());
            // The audit names the same people, in order.
            let audited = world.slipway.audited().await.into_iter();
            let about = run.plan.name.clone();
            let who: Vec<(String, String)> = audited
                .filter(|(_, action, what)| action.starts_with("plan_") && what.contains(&about))
                .map(|(who, action, _)| (action, who))
                .collect();
            let by = |action: &str| who.iter().rev().find(|(done, _)| done == action).map(|(_, who)| who.as_str());
            let start = if through_the_line { "plan_started_from_line" } else { "plan_started" };
            assert_eq!(by("plan_saved"), Some("Grace Hopper"), "{who:?}");
            assert_eq!(by(start), Some(if through_the_line { "Mary Shaw" } else { "Barbara Liskov" }), "{who:?}");
            assert_eq!(by("plan_continued"), Some("Frances Allen"));
            assert_eq!(by("plan_abort_requested"), Some("Radia Perlman"));
        }
    }
}
