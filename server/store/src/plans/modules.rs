//! The modules that environments run, as plans look at them.

use crate::StoreResult;
use crate::entity::catalog::{module_version, running_module};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

/// A module that an environment runs.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct RunningModuleRow {
    /// Which.
    pub module: Uuid,
    /// Its name as it runs.
    pub name: String,
    /// Its application.
    pub application: Uuid,
    /// What runs.
    pub version: Uuid,
}

/// The modules of the applications that an environment runs, by module.
pub async fn list_running_modules(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    applications: &[Uuid],
) -> StoreResult<Vec<RunningModuleRow>> {
    let of = running_module::Column::ApplicationId;
    running_rows(connection, environment, of, applications).await
}

/// These modules as an environment runs them, whatever application they belong to there; by module.
pub async fn list_running_states(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    modules: &[Uuid],
) -> StoreResult<Vec<RunningModuleRow>> {
    let of = running_module::Column::ModuleId;
    running_rows(connection, environment, of, modules).await
}

async fn running_rows(
    connection: &impl ConnectionTrait,
    environment: Uuid,
    column: running_module::Column,
    ids: &[Uuid],
) -> StoreResult<Vec<RunningModuleRow>> {
    let mut rows = Vec::new();
    for chunk in ids.chunks(super::CHUNK) {
        rows.extend(
            running_module::Entity::find()
                .select_only()
                .column_as(running_module::Column::ModuleId, "module")
                .column_as(module_version::Column::Name, "name")
                .column_as(running_module::Column::ApplicationId, "application")
                .column_as(running_module::Column::ModuleVersionId, "version")
                .join(
                    JoinType::InnerJoin,
                    running_module::Entity::belongs_to(module_version::Entity)
                        .from(running_module::Column::ModuleVersionId)
                        .to(module_version::Column::Id)
                        .into(),
                )
                .filter(running_module::Column::EnvironmentId.eq(environment))
                .filter(column.is_in(chunk.iter().copied()))
                .order_by_asc(running_module::Column::ModuleId)
                .into_model::<RunningModuleRow>()
                .all(connection)
                .await?,
        );
    }
    Ok(rows)
}
