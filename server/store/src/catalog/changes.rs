//! Writing applications, modules and their published states.

use super::{find_application, modules_of};
use crate::entity::catalog::{
    application, module, module_reference, module_version, running_module, version_module,
};
use crate::entity::plans::{run, run_module};
use crate::error::StoreResult;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect, QueryTrait,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Writes an application as it is now, new or not. [`crate::StoreError::Duplicate`] if another one
/// has its name. Plans are found by the new name from then on.
pub async fn put_application(
    connection: &impl ConnectionTrait,
    row: application::Model,
) -> StoreResult<()> {
    let known = find_application(connection, row.id).await?;
    let renamed = known.as_ref().is_some_and(|known| known.name != row.name);
    let id = row.id;
    let change = row.into_active_model().reset_all();
    if known.is_some() {
        change.update(connection).await?;
        if renamed {
            crate::plans::refresh_searches(connection, id).await?;
        }
    } else {
        change.insert(connection).await?;
    }
    Ok(())
}

/// Writes a module as it is now, new or not.
pub async fn put_module(connection: &impl ConnectionTrait, row: module::Model) -> StoreResult<()> {
    let known = module::Entity::find_by_id(row.id)
        .one(connection)
        .await?
        .is_some();
    let change = row.into_active_model().reset_all();
    if known {
        change.update(connection).await?;
    } else {
        change.insert(connection).await?;
    }
    Ok(())
}

/// Forgets modules of which nothing runs and which no run that is open and no tag names, with
/// their published states: what a publication wrote down that came to nothing.
pub async fn forget_modules(connection: &impl ConnectionTrait, ids: &[Uuid]) -> StoreResult<()> {
    for chunk in ids.chunks(super::CHUNK) {
        let mut unused: BTreeSet<Uuid> = chunk.iter().copied().collect();
        let chunk = || chunk.iter().copied();
        let runs: Vec<Uuid> = running_module::Entity::find()
            .select_only()
            .column(running_module::Column::ModuleId)
            .filter(running_module::Column::ModuleId.is_in(chunk()))
            .into_tuple()
            .all(connection)
            .await?;
        let open = run::Entity::find()
            .select_only()
            .column(run::Column::Id)
            .filter(run::Column::Ended.is_null());
        let brought: Vec<Uuid> = run_module::Entity::find()
            .select_only()
            .column(run_module::Column::ModuleId)
            .filter(run_module::Column::ModuleId.is_in(chunk()))
            .filter(run_module::Column::RunId.in_subquery(open.into_query()))
            .into_tuple()
            .all(connection)
            .await?;
        let states = module_version::Entity::find()
            .select_only()
            .column(module_version::Column::Id)
            .filter(module_version::Column::ModuleId.is_in(chunk()));
        let tagged: Vec<Uuid> = version_module::Entity::find()
            .select_only()
            .column(version_module::Column::ModuleVersionId)
            .filter(version_module::Column::ModuleVersionId.in_subquery(states.into_query()))
            .into_tuple()
            .all(connection)
            .await?;
        let tagged = super::module_versions(connection, &tagged.into_iter().collect()).await?;
        for used in runs
            .into_iter()
            .chain(brought)
            .chain(tagged.into_iter().map(|state| state.module_id))
        {
            unused.remove(&used);
        }
        let unused: Vec<Uuid> = unused.into_iter().collect();
        let states = module_version::Entity::find()
            .select_only()
            .column(module_version::Column::Id)
            .filter(module_version::Column::ModuleId.is_in(unused.clone()));
        module_reference::Entity::delete_many()
            .filter(module_reference::Column::ModuleVersionId.in_subquery(states.into_query()))
            .exec(connection)
            .await?;
        module_version::Entity::delete_many()
            .filter(module_version::Column::ModuleId.is_in(unused.clone()))
            .exec(connection)
            .await?;
        module::Entity::delete_many()
            .filter(module::Column::Id.is_in(unused))
            .exec(connection)
            .await?;
    }
    Ok(())
}

/// Brings what the matrix shows of an application in line with its modules: the kind that shows
/// best what it is (static before service before library) and their number.
pub async fn refresh_application(
    connection: &impl ConnectionTrait,
    id: Uuid,
    changed: i64,
) -> StoreResult<()> {
    let modules = modules_of(connection, id).await?;
    let kind = ["static", "service", "library"]
        .into_iter()
        .find(|kind| modules.iter().any(|module| module.kind == *kind))
        .unwrap_or("library");
    application::Entity::update_many()
        .col_expr(application::Column::Kind, Expr::value(kind))
        .col_expr(
            application::Column::Modules,
            Expr::value(i64::try_from(modules.len()).unwrap_or(i64::MAX)),
        )
        .col_expr(application::Column::Changed, Expr::value(changed))
        .filter(application::Column::Id.eq(id))
        .exec(connection)
        .await?;
    Ok(())
}

/// A producer that a published state uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReference {
    /// Which module.
    pub producer: Uuid,
    /// Its name as the consumer writes it.
    pub producer_name: String,
    /// How many elements.
    pub elements: i64,
    /// How many of them are strong.
    pub strong: i64,
}

/// Writes a published state and what it uses. States never change.
pub async fn insert_module_version(
    connection: &impl ConnectionTrait,
    row: module_version::Model,
    references: Vec<NewReference>,
) -> StoreResult<()> {
    let id = row.id;
    module_version::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(connection)
        .await?;
    for chunk in references.chunks(super::CHUNK) {
        module_reference::Entity::insert_many(chunk.iter().map(|reference| {
            module_reference::Model {
                module_version_id: id,
                producer_id: reference.producer,
                producer_name: reference.producer_name.clone(),
                elements: reference.elements,
                strong: reference.strong,
            }
            .into_active_model()
            .reset_all()
        }))
        .exec_without_returning(connection)
        .await?;
    }
    Ok(())
}
