//! Versions that rollbacks took out of environments.

use crate::entity::hotfixes::hold;
use crate::entity::plans::{plan, plan_operation};
use crate::error::{StoreError, StoreResult};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Set,
};
use uuid::Uuid;

/// Stores new ones.
pub async fn insert(connection: &impl ConnectionTrait, rows: Vec<hold::Model>) -> StoreResult<()> {
    for row in rows {
        hold::Entity::insert(row.into_active_model())
            .exec_without_returning(connection)
            .await?;
    }
    Ok(())
}

/// One of them.
pub async fn find(connection: &impl ConnectionTrait, id: Uuid) -> StoreResult<Option<hold::Model>> {
    Ok(hold::Entity::find_by_id(id).one(connection).await?)
}

/// Those that nobody released.
pub async fn list_open(connection: &impl ConnectionTrait) -> StoreResult<Vec<hold::Model>> {
    Ok(hold::Entity::find()
        .filter(hold::Column::Released.is_null())
        .all(connection)
        .await?)
}

/// Those of these applications that nobody released.
pub async fn list_open_of(
    connection: &impl ConnectionTrait,
    applications: &[Uuid],
) -> StoreResult<Vec<hold::Model>> {
    let mut rows = Vec::new();
    for chunk in applications.chunks(crate::catalog::CHUNK) {
        let found = hold::Entity::find()
            .filter(hold::Column::ApplicationId.is_in(chunk.iter().copied()))
            .filter(hold::Column::Released.is_null());
        rows.extend(found.all(connection).await?);
    }
    Ok(rows)
}

/// Whether a version is held from an environment.
pub async fn is_held(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    version: Uuid,
) -> StoreResult<bool> {
    let found = hold::Entity::find()
        .filter(hold::Column::EnvironmentId.eq(environment))
        .filter(hold::Column::VersionId.eq(version))
        .filter(hold::Column::Released.is_null())
        .one(connection)
        .await?;
    Ok(found.is_some())
}

/// Those of an application that nobody released, the newest first.
pub async fn list_of_application(
    connection: &impl ConnectionTrait,
    application: Uuid,
    limit: u64,
) -> StoreResult<Vec<hold::Model>> {
    Ok(hold::Entity::find()
        .filter(hold::Column::ApplicationId.eq(application))
        .filter(hold::Column::Released.is_null())
        .order_by_desc(hold::Column::Since)
        .order_by_desc(hold::Column::Id)
        .limit(limit)
        .all(connection)
        .await?)
}

/// Releases one that nobody released yet.
///
/// # Errors
/// [`StoreError::Stale`] if somebody did.
pub async fn release(
    connection: &impl ConnectionTrait,
    id: Uuid,
    by: Option<Uuid>,
    at: i64,
    reason: &str,
) -> StoreResult<()> {
    let done = hold::Entity::update_many()
        .set(hold::ActiveModel {
            released: Set(Some(at)),
            released_by: Set(by),
            reason: Set(Some(reason.to_owned())),
            ..Default::default()
        })
        .filter(hold::Column::Id.eq(id))
        .filter(hold::Column::Released.is_null())
        .exec(connection)
        .await?;
    if done.rows_affected == 1 {
        Ok(())
    } else {
        Err(StoreError::Stale)
    }
}

/// The plans that were made to roll a plan back and are no drafts, by number.
pub async fn list_rollbacks(
    connection: &impl ConnectionTrait,
    number: i64,
) -> StoreResult<Vec<i64>> {
    Ok(plan::Entity::find()
        .select_only()
        .column(plan::Column::Number)
        .filter(plan::Column::OriginNumber.eq(number))
        .filter(plan::Column::Origin.eq("rollback"))
        .filter(plan::Column::Status.ne("draft"))
        .order_by_asc(plan::Column::Number)
        .into_tuple()
        .all(connection)
        .await?)
}

/// The plans that ran into `target` after `since` and changed one of the applications there:
/// (application, plan), the later ones last.
pub async fn list_later_plans(
    connection: &impl ConnectionTrait,
    target: Uuid,
    applications: &[Uuid],
    since: i64,
) -> StoreResult<Vec<(Uuid, i64)>> {
    let mut rows = Vec::new();
    for chunk in applications.chunks(400) {
        rows.extend(
            plan_operation::Entity::find()
                .select_only()
                .column(plan_operation::Column::ApplicationId)
                .column(plan::Column::Number)
                .join(
                    JoinType::InnerJoin,
                    plan_operation::Entity::belongs_to(plan::Entity)
                        .from(plan_operation::Column::PlanId)
                        .to(plan::Column::Id)
                        .into(),
                )
                .filter(plan::Column::TargetId.eq(target))
                .filter(plan::Column::Started.gt(since))
                .filter(plan::Column::Status.is_in([
                    "finished_successful",
                    "finished_with_warnings",
                    "finished_with_errors",
                ]))
                .filter(plan_operation::Column::Choice.ne("nothing"))
                .filter(plan_operation::Column::ApplicationId.is_in(chunk.iter().copied()))
                .order_by_asc(plan::Column::Started)
                .into_tuple::<(Uuid, i64)>()
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}
