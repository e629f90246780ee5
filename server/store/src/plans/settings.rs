//! Values that plans set on their targets.

use crate::StoreResult;
use crate::entity::plans::{plan, plan_setting};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

/// What a plan sets: by module, then by folded name.
pub async fn list(
    connection: &impl ConnectionTrait,
    plan: Uuid,
) -> StoreResult<Vec<plan_setting::Model>> {
    Ok(plan_setting::Entity::find()
        .filter(plan_setting::Column::PlanId.eq(plan))
        .order_by_asc(plan_setting::Column::ModuleId)
        .order_by_asc(plan_setting::Column::NameFolded)
        .all(connection)
        .await?)
}

/// What a plan sets of one module.
pub async fn list_of(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    module: Uuid,
) -> StoreResult<Vec<plan_setting::Model>> {
    Ok(plan_setting::Entity::find()
        .filter(plan_setting::Column::PlanId.eq(plan))
        .filter(plan_setting::Column::ModuleId.eq(module))
        .all(connection)
        .await?)
}

/// Whether what a plan sets takes effect after everything was switched; not if there is no such
/// plan.
pub async fn come_after(connection: &impl ConnectionTrait, plan: Uuid) -> StoreResult<bool> {
    let found: Option<bool> = plan::Entity::find_by_id(plan)
        .select_only()
        .column(plan::Column::SettingsAfter)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(found.unwrap_or(false))
}

/// Sets a value, new or not.
pub async fn put(connection: &impl ConnectionTrait, row: plan_setting::Model) -> StoreResult<()> {
    let key = (row.plan_id, row.module_id, row.name_folded.clone());
    let known = plan_setting::Entity::find_by_id(key)
        .one(connection)
        .await?;
    let change = row.into_active_model().reset_all();
    if known.is_some() {
        change.update(connection).await?;
    } else {
        change.insert(connection).await?;
    }
    Ok(())
}

/// Takes a value out of a plan.
pub async fn remove(
    connection: &impl ConnectionTrait,
    plan: Uuid,
    module: Uuid,
    name_folded: &str,
) -> StoreResult<()> {
    plan_setting::Entity::delete_by_id((plan, module, name_folded.to_owned()))
        .exec(connection)
        .await?;
    Ok(())
}

/// Takes all values out of these plans.
pub async fn delete_all(connection: &impl ConnectionTrait, plans: &[Uuid]) -> StoreResult<()> {
    plan_setting::Entity::delete_many()
        .filter(plan_setting::Column::PlanId.is_in(plans.iter().copied()))
        .exec(connection)
        .await?;
    Ok(())
}
