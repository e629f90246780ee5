//! Plans that are discarded, and brought back by who did it by mistake.

use super::draft::object;
use super::together::once_more;
use super::{Plan, find_plan, pass, plan_of};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::events::Topic;
use domain::AppError;
use domain::access::Action;
use domain::plan::PlanEvent;
use store::Set;
use store::entity::plans::plan as plan_row;

/// A saved plan that was discarded can be brought back for this long, in milliseconds: what the
/// page offers for 30 seconds, and time for a slow answer.
pub(super) const UNDONE_FOR: i64 = 60_000;

impl Backend {
    /// Removes a draft or a saved plan; of others only who may deploy can do that. Nobody finds it any
    /// more; a saved one can be brought back by who discarded it for a minute ([`Self::restore_plan`]).
    pub async fn discard_plan(&self, actor: &Actor, number: u64) -> Result<(), AppError> {
        actor.require(Action::EditPlan)?;
        once_more(|| self.remove(actor, number)).await?;
        self.topics()
            .bump([Topic::Plan(number), Topic::Plans, Topic::Environments]);
        Ok(())
    }

    async fn remove(&self, actor: &Actor, number: u64) -> Result<(), AppError> {
        let now = self.now();
        self.store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, now).await?;
                pass(actor, &plan, PlanEvent::Discard)?;
                if plan.row.created_by != Some(actor.user.0) {
                    actor.require(Action::DiscardPlanOfOthers)?;
                }
                let by = self.stored_person(tx, actor).await?;
                let removed = if plan.row.status == "saved" && by.is_some() {
                    store::line::leave(tx, plan.row.id).await?;
                    let aside = plan_row::ActiveModel {
                        status: Set("draft".to_owned()),
                        discarded: Set(Some(now)),
                        discarded_by: Set(by),
                        ..Default::default()
                    };
                    store::plans::update_seen(tx, &plan.row, aside).await
                } else {
                    store::plans::delete_seen(tx, &plan.row).await
                };
                removed.map_err(|error| error.about(plan.title()))?;
                store::plans::refresh_search(tx, plan.row.id).await?;
                self.record(
                    tx,
                    Some(actor),
                    "plan_discarded",
                    object(&plan),
                    Entry::new().at(plan.content.target).before(&plan.content),
                )
                .await
            })
            .await
    }

    /// Brings back a saved plan that the actor discarded a moment ago, as it was. To ask for it again
    /// changes nothing.
    pub async fn restore_plan(&self, actor: &Actor, number: u64) -> Result<(), AppError> {
        actor.require(Action::EditPlan)?;
        let restored = once_more(|| self.bring_back(actor, number)).await?;
        if let Some(plan) = restored {
            self.after_saved(actor, &plan).await;
        }
        Ok(())
    }

    /// The plan, if it had to be brought back.
    async fn bring_back(&self, actor: &Actor, number: u64) -> Result<Option<Plan>, AppError> {
        let now = self.now();
        self.store
            .write(async |tx| {
                let row = store::plans::find_by_number(tx, number).await?;
                if row.as_ref().is_some_and(|row| row.status != "draft") {
                    return Ok(None);
                }
                let row = row.filter(|row| {
                    let at = row.discarded.filter(|at| now.saturating_sub(*at) < UNDONE_FOR);
                    at.is_some() && row.discarded_by == Some(actor.user.0)
                });
                let Some(row) = row else {
                    return Err(AppError::conflict(
                        "discarded_for_good",
                        format!(
                            "Plan #{number} cannot be brought back: only who discarded it can do that, for a minute, and then it is gone for good. Create it anew."
                        ),
                    ));
                };
                let plan = plan_of(tx, row).await?;
                self.require_alone(tx, &plan, plan.content.target).await?;
                let back = plan_row::ActiveModel {
                    status: Set("saved".to_owned()),
                    discarded: Set(None),
                    discarded_by: Set(None),
                    ..Default::default()
                };
                store::plans::update_seen(tx, &plan.row, back)
                    .await
                    .map_err(|error| error.about(plan.title()))?;
                store::plans::refresh_search(tx, plan.row.id).await?;
                let entry = Entry::new().at(plan.content.target).after(&plan.content);
                self.record(tx, Some(actor), "plan_restored", object(&plan), entry)
                    .await?;
                find_plan(tx, actor, number, now).await.map(Some)
            })
            .await
    }
}
