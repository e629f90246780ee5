//! What stands in the way of publishing straight into an environment.

use crate::entity::plans::{run, run_module};
use crate::error::StoreResult;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef,
};
use std::collections::BTreeSet;
use uuid::Uuid;

fn run_of_module() -> RelationDef {
    run_module::Entity::belongs_to(run::Entity)
        .from(run_module::Column::RunId)
        .to(run::Column::Id)
        .into()
}

/// The publications that are not over, by id.
pub async fn list_open(connection: &impl ConnectionTrait) -> StoreResult<Vec<run::Model>> {
    Ok(run::Entity::find()
        .filter(run::Column::Kind.eq("publication"))
        .filter(run::Column::Ended.is_null())
        .order_by_asc(run::Column::Id)
        .all(connection)
        .await?)
}

/// Modules among `modules` that a run which is not over brings to or takes from an environment,
/// with the run's name.
pub async fn busy_modules(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    modules: &[Uuid],
) -> StoreResult<Vec<(String, String)>> {
    let mut busy = Vec::new();
    for chunk in modules.chunks(crate::catalog::CHUNK) {
        busy.extend(
            run_module::Entity::find()
                .join(JoinType::InnerJoin, run_of_module())
                .select_only()
                .column(run_module::Column::Name)
                .column(run::Column::Name)
                .filter(run::Column::EnvironmentId.eq(environment))
                .filter(run::Column::Ended.is_null())
                .filter(run_module::Column::ModuleId.is_in(chunk.iter().copied()))
                .into_tuple::<(String, String)>()
                .all(connection)
                .await?,
        );
    }
    Ok(busy)
}

/// The states that runs which are not over bring to an environment.
pub async fn coming(
    connection: &impl ConnectionTrait,
    environment: Uuid,
) -> StoreResult<BTreeSet<Uuid>> {
    let found = run_module::Entity::find()
        .join(JoinType::InnerJoin, run_of_module())
        .select_only()
        .column(run_module::Column::ModuleVersionId)
        .filter(run::Column::EnvironmentId.eq(environment))
        .filter(run::Column::Ended.is_null())
        .filter(run_module::Column::ModuleVersionId.is_not_null())
        .into_tuple()
        .all(connection)
        .await?;
    Ok(found.into_iter().collect())
}
