//! Drafts, which are in no list of plans: one's own, and those that others share.

use super::draft::object;
use super::together::once_more;
use super::{DRAFT_LIFE, People, find_plan};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::events::Topic;
use domain::access::Action;
use domain::view::{
    Counted, DRAFT_COUNT_CAP, DraftRow, Drafts, HowLost, MAX_DRAFTS_NAMED, PlanLoss,
};
use domain::{AppError, PlanId, Timestamp};
use store::Set;
use store::entity::plans::plan;

impl Backend {
    /// The drafts that the actor made and did not save, and those that others share with everybody
    /// who may edit plans; as far as they hold anything and are not over yet.
    pub async fn list_drafts(&self, actor: &Actor) -> Result<Drafts, AppError> {
        actor.require(Action::EditPlan)?;
        let connection = self.store.read();
        let (rows, found) = store::plans::list_open_drafts(
            connection,
            actor.user.0,
            self.now() - DRAFT_LIFE,
            MAX_DRAFTS_NAMED,
            DRAFT_COUNT_CAP + 1,
        )
        .await?;
        let people = People::of(connection, rows.iter().map(|row| row.created_by)).await?;
        Ok(Drafts {
            newest: rows
                .into_iter()
                .map(|row| DraftRow {
                    number: u64::try_from(row.number).unwrap_or(0),
                    created: Timestamp(row.created),
                    shared: row.shared,
                    of: (!is_own(actor, &row)).then(|| people.person(row.created_by)),
                    name: row.name,
                })
                .collect(),
            total: Counted::up_to(found, DRAFT_COUNT_CAP),
        })
    }

    /// Why a plan is not there for the actor any more; none if it is, or if nothing is known of it.
    /// Who names its id, which is in no address and no list, had it open before: nobody learns of a
    /// draft by this that they did not know.
    pub async fn explain_plan_loss(
        &self,
        actor: &Actor,
        id: PlanId,
    ) -> Result<Option<PlanLoss>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let row = store::plans::find(connection, id.0).await?;
        let is_over = match &row {
            None => false,
            Some(row) if is_there(actor, row, self.now()) => return Ok(None),
            Some(row) => row.discarded.is_none() && is_too_old(row, self.now()),
        };
        let told = ["draft_shared", "draft_unshared", "plan_discarded"];
        let said = store::audit::latest(connection, "plan", id.0, &told).await?;
        let said = said.filter(|_| !is_over);
        let how = match said.as_ref().map(|entry| entry.action.as_str()) {
            Some("plan_discarded") => HowLost::Discarded,
            Some("draft_unshared") => HowLost::Unshared,
            _ if is_over || said.is_some() => HowLost::Expired,
            _ => return Ok(None),
        };
        let by = said.filter(|_| how != HowLost::Expired);
        Ok(Some(PlanLoss {
            how,
            by: by.map(|entry| (entry.actor_name, Timestamp(entry.at))),
        }))
    }

    /// Lets everybody who may edit plans find and change a draft, or nobody but its maker any more.
    /// Of a plan that was saved everybody knows; nothing is done then.
    pub async fn share_draft(
        &self,
        actor: &Actor,
        number: u64,
        shared: bool,
    ) -> Result<(), AppError> {
        actor.require(Action::EditPlan)?;
        once_more(|| self.share(actor, number, shared)).await?;
        self.topics().bump([Topic::Plan(number), Topic::Plans]);
        Ok(())
    }

    async fn share(&self, actor: &Actor, number: u64, shared: bool) -> Result<(), AppError> {
        self.store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                if plan.row.status != "draft" || plan.row.shared == shared {
                    return Ok(());
                }
                if !is_own(actor, &plan.row) {
                    return Err(AppError::Forbidden {
                        action: "share_draft".to_owned(),
                        reason: format!(
                            "{} is somebody else's draft. Only who made it can stop sharing it.",
                            plan.title()
                        ),
                    });
                }
                let change = plan::ActiveModel {
                    shared: Set(shared),
                    ..Default::default()
                };
                store::plans::update_seen(tx, &plan.row, change)
                    .await
                    .map_err(|error| error.about(plan.title()))?;
                let action = if shared {
                    "draft_shared"
                } else {
                    "draft_unshared"
                };
                let entry = Entry::new().at(plan.content.target);
                self.record(tx, Some(actor), action, object(&plan), entry)
                    .await
            })
            .await
    }
}

/// Whether a plan is there for the actor: a draft is its maker's and, once shared, that of everybody
/// who may edit plans, and only for a day, whether it was tidied away yet or not.
pub(super) fn is_there(actor: &Actor, row: &plan::Model, now: i64) -> bool {
    let may_open = || is_own(actor, row) || (row.shared && actor.access.can(Action::EditPlan));
    row.status != "draft" || (row.discarded.is_none() && may_open() && !is_too_old(row, now))
}

fn is_too_old(row: &plan::Model, now: i64) -> bool {
    row.status == "draft" && now.saturating_sub(row.created) >= DRAFT_LIFE
}

/// Whether the actor made the plan. Somebody without a stored account makes drafts that have no
/// creator.
pub(super) fn is_own(actor: &Actor, row: &plan::Model) -> bool {
    row.created_by.is_none_or(|creator| creator == actor.user.0)
}
