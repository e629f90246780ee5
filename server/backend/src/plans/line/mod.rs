//! *Start when free*: plans that wait in line for their target.

mod ahead;
mod content;
mod foreseen;
mod publishing;
mod serve;
mod words;

pub(crate) use ahead::Lines;
pub(super) use foreseen::{ends_of, usual, waits_for};
pub(crate) use serve::Served;

use super::check::Checked;
use super::draft::object;
use super::start::reason_from;
use super::together::once_more;
use super::{Plan, find_plan, guards, may, news, pass};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::events::Topic;
use domain::AppError;
use domain::access::Action;
use domain::impact::Finding;
use domain::plan::{PlanEvent, PlanState, PlanStatus};
use domain::view::QueueOutcome;
use store::entity::plans::plan as plan_row;
use store::{DatabaseTransaction, Set};

/// The kind of the report with which a plan was put in line in spite of errors.
const ACCEPTED: &str = "line";

impl Backend {
    /// Puts a plan in the line of its target: it starts with the rights of who put it there, as
    /// soon as no other plan is in the way. Refused if anything else is; a reason given goes on with
    /// the errors that a start would go on with, and those alone.
    pub async fn queue_plan(
        &self,
        actor: &Actor,
        number: u64,
        revision: i64,
        override_reason: Option<String>,
    ) -> Result<QueueOutcome, AppError> {
        actor.require(Action::DeployApplications)?;
        let reason = reason_from(override_reason.as_deref())?;
        let plan = find_plan(self.store.read(), actor, number, self.now()).await?;
        if plan.row.status == PlanStatus::Queued.as_str() && plan.row.revision == revision {
            // Of two who ask for it one puts it there, and both are told so.
            return Ok(QueueOutcome::Queued);
        }
        // A start knows the same states.
        may(&plan, PlanEvent::Start)?;
        plan.require_revision(revision)?;
        let checked = self.check(actor, &plan).await?;
        let accepted = |error: &Finding| reason.is_some() && error.code.is_overridable();
        if !checked.report.own_errors().all(accepted) {
            self.keep_report(&plan, &checked).await?;
            self.topics().bump([Topic::Plan(number)]);
            return Ok(QueueOutcome::Refused(checked.report));
        }
        // Where nothing was found there is nothing to go on with.
        let reason = reason.filter(|_| checked.report.own_errors().next().is_some());
        once_more(|| self.join_line(actor, number, revision, &checked, reason.as_deref())).await?;
        self.wake_engine();
        self.tell_line(number);
        Ok(QueueOutcome::Queued)
    }

    /// Puts a plan that was checked into its line.
    async fn join_line(
        &self,
        actor: &Actor,
        number: u64,
        revision: i64,
        checked: &Checked,
        reason: Option<&str>,
    ) -> Result<(), AppError> {
        let now = self.now();
        self.store
            .write(async |tx| {
                let fresh = find_plan(tx, actor, number, now).await?;
                fresh.require_revision(revision)?;
                if fresh.row.status == PlanStatus::Queued.as_str() {
                    // Somebody else put it there while it was checked.
                    return Ok(());
                }
                let mut saved = fresh.clone();
                if fresh.row.status == PlanStatus::Draft.as_str() {
                    // A draft that is put in line is saved by that.
                    pass(actor, &fresh, PlanEvent::Save)?;
                    self.require_alone(tx, &fresh, fresh.content.target).await?;
                    PlanStatus::Saved.as_str().clone_into(&mut saved.row.status);
                }
                let next = pass(actor, &saved, PlanEvent::Queue)?;
                // What would be tagged in its turn is what somebody has seen.
                news::refuse_unseen(tx, &fresh, news::Refused::Queued).await?;
                let person = self.stored_person(tx, actor).await?;
                let mut change = plan_row::ActiveModel {
                    queued: Set(Some(now)),
                    queued_by: Set(person),
                    ..Default::default()
                };
                self.save_along(tx, actor, &fresh, &mut change, now).await?;
                self.move_plan(tx, &fresh, next, change).await?;
                let ends = (fresh.row.id, fresh.content.target.0);
                store::line::join(tx, ends, now, person, reason).await?;
                self.store_report(tx, &fresh, checked, "check").await?;
                let mut entry = Entry::new().at(fresh.content.target).after(&fresh.content);
                if let Some(reason) = reason {
                    // The errors that the reason is about: others are not accepted in its turn.
                    self.store_report(tx, &fresh, checked, ACCEPTED).await?;
                    entry = entry.because(reason);
                }
                self.record(tx, Some(actor), "plan_queued", object(&fresh), entry)
                    .await
            })
            .await
    }

    /// Takes a plan out of the line; it is a saved one again.
    pub async fn leave_queue(&self, actor: &Actor, number: u64) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        once_more(|| self.step_out(actor, number)).await?;
        // Who stood behind it may be next.
        self.wake_engine();
        self.tell_line(number);
        Ok(())
    }

    async fn step_out(&self, actor: &Actor, number: u64) -> Result<(), AppError> {
        self.store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                if plan.row.status == PlanStatus::Saved.as_str() {
                    return Ok(());
                }
                let next = pass(actor, &plan, PlanEvent::LeaveQueue)?;
                self.move_plan(tx, &plan, next, not_queued()).await?;
                store::line::leave(tx, plan.row.id).await?;
                let entry = Entry::new().at(plan.content.target);
                self.record(tx, Some(actor), "plan_left_queue", object(&plan), entry)
                    .await
            })
            .await
    }

    /// Stores where a plan stands that was seen like this.
    async fn move_plan(
        &self,
        tx: &DatabaseTransaction,
        seen: &Plan,
        next: PlanState,
        mut change: plan_row::ActiveModel,
    ) -> Result<(), AppError> {
        if let Some(status) = next.status() {
            change.status = Set(status.as_str().to_owned());
        }
        store::plans::update_seen(tx, &seen.row, change)
            .await
            .map_err(|error| error.about(seen.title()))?;
        store::plans::refresh_search(tx, seen.row.id).await?;
        Ok(())
    }

    fn tell_line(&self, number: u64) {
        let topics = [Topic::Plan(number), Topic::Plans, Topic::Environments];
        self.topics().bump(topics);
    }
}

/// A plan that left its line without starting was not in it, as far as its history goes.
pub(super) fn not_queued() -> plan_row::ActiveModel {
    plan_row::ActiveModel {
        queued: Set(None),
        queued_by: Set(None),
        ..Default::default()
    }
}

/// Why a person cannot take a plan out of its line.
fn leave_refusal(actor: &Actor, plan: &Plan) -> Option<String> {
    let refusal = actor.access.refusal(guards::needed(PlanEvent::LeaveQueue));
    refusal.or_else(|| {
        may(plan, PlanEvent::LeaveQueue)
            .err()
            .map(|error| error.to_string())
    })
}
