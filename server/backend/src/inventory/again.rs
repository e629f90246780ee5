//! The marks of what a run had in hand, when it is over: inventories left open where that comes from.

use super::marks::{Marked, Part, mark};
use crate::Backend;
use crate::catalog::absent;
use crate::hotfixes;
use domain::{AppError, EnvironmentId};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::catalog::{running as running_row, running_module};
use store::entity::hotfixes::hotfix;
use store::{DatabaseTransaction, attempts, catalog, environments, running};
use uuid::Uuid;

impl Backend {
    /// Marks these applications by what their environment has said last that it runs. Where several
    /// tags have that content (V13), one of `brought` is it. What equals a tag is eligible from there.
    pub(crate) async fn mark_again(
        &self,
        tx: &DatabaseTransaction,
        place: EnvironmentId,
        applications: &BTreeSet<Uuid>,
        brought: &BTreeSet<Uuid>,
    ) -> Result<(), AppError> {
        let all = environments::all(tx).await?;
        let found = all
            .into_iter()
            .enumerate()
            .find(|(_, row)| row.id == place.0);
        let (position, environment) =
            found.ok_or_else(|| AppError::not_found("This environment"))?;
        let ids: Vec<Uuid> = applications.iter().copied().collect();
        let mut rows: BTreeMap<Uuid, running_row::Model> = running::list_of_applications(tx, &ids)
            .await?
            .into_iter()
            .filter(|row| row.environment_id == place.0)
            .map(|row| (row.application_id, row))
            .collect();
        let mut modules: Vec<running_module::Model> =
            running::list_modules_of_applications(tx, &ids).await?;
        modules.retain(|row| row.environment_id == place.0);
        let named = modules.iter().map(|row| row.module_version_id).collect();
        let states = self.states.load(tx, named).await?;
        let ours = modules.iter().filter_map(|row| row.attempt_id).collect();
        let origins = attempts::origins(tx, &ours).await?;
        let mut tags = self.tags(tx, applications).await?;
        let untagged = store::hotfixes::list_untagged(tx, place.0).await?;

        let mut changes = Vec::new();
        let mut eligible = Vec::new();
        for application in applications {
            let mut own = tags.remove(application).unwrap_or_default();
            own.sort_by_key(|(tag, _)| !brought.contains(&tag.id));
            let of_it = untagged
                .iter()
                .filter(|row| row.application_id == *application);
            let of_it: Vec<&hotfix::Model> = of_it.collect();
            let there = modules
                .iter()
                .filter(|row| row.application_id == *application);
            let origin = |row: &running_module::Model| origins.get(&row.attempt_id?);
            let newest = there.clone().max_by_key(|row| row.activated);
            let by = newest.and_then(|row| origin(row)?.actor);
            let parts: Vec<Part<'_>> = there
                .filter_map(|row| {
                    Some(Part {
                        state: states.get(&row.module_version_id)?,
                        is_ours: row.attempt_id.is_some(),
                        is_published: origin(row).is_some_and(|origin| origin.publication),
                    })
                })
                .collect();
            let before = rows.remove(application);
            let mut row = before
                .clone()
                .unwrap_or_else(|| absent(place.0, *application));
            row.present = !parts.is_empty();
            let Marked { made_here, .. } = mark(&mut row, &parts, &own, &of_it, position);
            changes.extend(hotfixes::Change::of(&of_it, &row, made_here, by));
            if let Some(tag) = row.base_id.filter(|_| row.present && !row.modified) {
                eligible.push(tag);
            }
            let is_known = before.is_some() || row.present;
            if is_known && before.as_ref() != Some(&row) {
                row.revision += 1;
                running::put(tx, row, self.now()).await?;
            }
        }
        catalog::make_eligible(tx, &eligible, place.0).await?;
        self.note_hotfixes(tx, &environment, &changes).await?;
        Ok(running::refresh_can_move(tx, Some(&ids)).await?)
    }
}
