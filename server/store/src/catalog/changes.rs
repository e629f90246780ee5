//! Writing applications, modules and their published states.

use super::{find_application, modules_of};
use crate::entity::catalog::{application, module, module_reference, module_version};
use crate::error::StoreResult;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
};
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
