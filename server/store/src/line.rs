//! The lines of plans that wait for their targets.

use crate::entity::plans::plan;
use crate::entity::waiting::place;
use crate::error::StoreResult;
use domain::plan::PlanStatus;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, NotSet, QueryFilter, QueryOrder, QuerySelect, Set,
};
use uuid::Uuid;

/// The targets that somebody waits for.
pub async fn list_targets(connection: &impl ConnectionTrait) -> StoreResult<Vec<Uuid>> {
    Ok(place::Entity::find()
        .select_only()
        .column(place::Column::TargetId)
        .distinct()
        .filter(place::Column::SentBack.is_null())
        .order_by_asc(place::Column::TargetId)
        .into_tuple()
        .all(connection)
        .await?)
}

/// The line of a target, first come first.
pub async fn list(
    connection: &impl ConnectionTrait,
    target: Uuid,
) -> StoreResult<Vec<place::Model>> {
    Ok(place::Entity::find()
        .filter(place::Column::TargetId.eq(target))
        .filter(place::Column::SentBack.is_null())
        .order_by_asc(place::Column::Sequence)
        .all(connection)
        .await?)
}

/// Who stands in line for anything, by target, first come first: target and plan.
pub async fn list_all(connection: &impl ConnectionTrait) -> StoreResult<Vec<(Uuid, Uuid)>> {
    Ok(place::Entity::find()
        .select_only()
        .columns([place::Column::TargetId, place::Column::PlanId])
        .filter(place::Column::SentBack.is_null())
        .order_by_asc(place::Column::TargetId)
        .order_by_asc(place::Column::Sequence)
        .into_tuple()
        .all(connection)
        .await?)
}

/// The places of these plans, and those that were sent back.
pub async fn list_of(
    connection: &impl ConnectionTrait,
    plans: &[Uuid],
) -> StoreResult<Vec<place::Model>> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    Ok(place::Entity::find()
        .filter(place::Column::PlanId.is_in(plans.iter().copied()))
        .all(connection)
        .await?)
}

/// Puts a plan at the end of a line; with a reason, in spite of errors.
pub async fn join(
    connection: &impl ConnectionTrait,
    (plan, target): (Uuid, Uuid),
    now: i64,
    by: Option<Uuid>,
    override_reason: Option<&str>,
) -> StoreResult<()> {
    leave(connection, plan).await?;
    let row = place::ActiveModel {
        sequence: NotSet,
        plan_id: Set(plan),
        target_id: Set(target),
        queued: Set(now),
        queued_by: Set(by),
        waits_for: Set("[]".to_owned()),
        sent_back: Set(None),
        reason: Set(None),
        override_reason: Set(override_reason.map(str::to_owned)),
    };
    place::Entity::insert(row)
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Takes a plan out of its line, and forgets why it was sent back.
pub async fn leave(connection: &impl ConnectionTrait, plan: Uuid) -> StoreResult<()> {
    place::Entity::delete_many()
        .filter(place::Column::PlanId.eq(plan))
        .exec(connection)
        .await?;
    Ok(())
}

/// Takes a plan out of its line and keeps why.
pub async fn send_back(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    now: i64,
    reason: &str,
) -> StoreResult<()> {
    place::Entity::update_many()
        .col_expr(place::Column::SentBack, Expr::value(now))
        .col_expr(place::Column::Reason, Expr::value(reason))
        .filter(place::Column::PlanId.eq(plan))
        .exec(connection)
        .await?;
    Ok(())
}

/// Notes what a plan in line waits for.
pub async fn note_wait(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    waits_for: &str,
) -> StoreResult<()> {
    place::Entity::update_many()
        .col_expr(place::Column::WaitsFor, Expr::value(waits_for))
        .filter(place::Column::PlanId.eq(plan))
        .filter(place::Column::SentBack.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

/// A plan for this target, other than `except`, that is saved and not over: the oldest one.
pub async fn find_open_plan(
    connection: &impl ConnectionTrait,
    target: Uuid,
    except: Option<Uuid>,
) -> StoreResult<Option<(i64, String)>> {
    let open = PlanStatus::ALL
        .into_iter()
        .filter(|status| !status.is_terminal() && *status != PlanStatus::Draft)
        .map(PlanStatus::as_str);
    let mut query = plan::Entity::find()
        .select_only()
        .columns([plan::Column::Number, plan::Column::Name])
        .filter(plan::Column::TargetId.eq(target))
        .filter(plan::Column::Status.is_in(open))
        .order_by_asc(plan::Column::Number)
        .limit(1);
    if let Some(except) = except {
        query = query.filter(plan::Column::Id.ne(except));
    }
    Ok(query.into_tuple().one(connection).await?)
}
