//! Applications part by part, for programs that want all of them.

use crate::entity::catalog::{application, running};
use crate::error::StoreResult;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use uuid::Uuid;

/// Applications by name, from the one after `after` (a folded name) on: all that are known, or
/// those that an environment runs.
pub async fn list_installed(
    connection: &impl ConnectionTrait,
    environment: Option<Uuid>,
    after: Option<&str>,
    limit: u64,
) -> StoreResult<Vec<application::Model>> {
    let mut query = application::Entity::find();
    if let Some(after) = after {
        query = query.filter(application::Column::NameFolded.gt(after));
    }
    if let Some(environment) = environment {
        let here = running::Entity::find()
            .select_only()
            .column(running::Column::ApplicationId)
            .filter(running::Column::EnvironmentId.eq(environment))
            .filter(running::Column::Present.eq(true));
        query = query.filter(application::Column::Id.in_subquery(here.into_query()));
    }
    Ok(query
        .order_by_asc(application::Column::NameFolded)
        .limit(limit)
        .all(connection)
        .await?)
}
