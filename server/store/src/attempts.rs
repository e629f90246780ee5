//! Whose attempts changed what an environment runs.

use crate::entity::plans::{attempt, run};
use crate::error::StoreResult;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What is known of an attempt's run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOrigin {
    /// Whether it published straight into the environment.
    pub publication: bool,
    /// Who started it.
    pub actor: Option<Uuid>,
}

/// The runs behind these attempts; attempts that are not known are left out.
pub async fn origins(
    connection: &impl ConnectionTrait,
    attempts: &BTreeSet<Uuid>,
) -> StoreResult<BTreeMap<Uuid, RunOrigin>> {
    let mut run_of = BTreeMap::new();
    let ids: Vec<Uuid> = attempts.iter().copied().collect();
    for chunk in ids.chunks(crate::catalog::CHUNK) {
        for row in attempt::Entity::find()
            .filter(attempt::Column::Id.is_in(chunk.iter().copied()))
            .all(connection)
            .await?
        {
            run_of.insert(row.id, row.run_id);
        }
    }
    let runs: BTreeSet<Uuid> = run_of.values().copied().collect();
    let mut origin_of = BTreeMap::new();
    for chunk in runs
        .into_iter()
        .collect::<Vec<_>>()
        .chunks(crate::catalog::CHUNK)
    {
        for row in run::Entity::find()
            .filter(run::Column::Id.is_in(chunk.iter().copied()))
            .all(connection)
            .await?
        {
            let origin = RunOrigin {
                publication: row.kind == "publication",
                actor: row.actor_id,
            };
            origin_of.insert(row.id, origin);
        }
    }
    Ok(run_of
        .into_iter()
        .filter_map(|(attempt, run)| Some((attempt, origin_of.get(&run)?.clone())))
        .collect())
}
