//! Hotfixes and holds on an application's page.

use super::based_on;
use crate::Backend;
use domain::hotfix::{Hotfix, HotfixState, Runs, descendants};
use domain::view::{Guarded, HoldRow, HotfixRow, MAX_GUARDED};
use domain::{
    AppError, ApplicationId, EnvironmentId, HoldId, HotfixId, Timestamp, VersionId, VersionNumber,
};
use std::collections::BTreeMap;
use store::entity::catalog::{running, version};
use store::{holds, hotfixes};
use uuid::Uuid;

impl Backend {
    /// An application's hotfixes with the environments that lack them, and its holds.
    /// `environments` are all, by id and name in promotion order; `runs` is what they run.
    pub(crate) async fn guarded(
        &self,
        application: ApplicationId,
        environments: &[(Uuid, String)],
        runs: &BTreeMap<Uuid, running::Model>,
        tags: &[version::Model],
    ) -> Result<Guarded, AppError> {
        let read = self.store.read();
        let rows = hotfixes::list_of_application(read, application.0, MAX_GUARDED).await?;
        let held = holds::list_of_application(read, application.0, MAX_GUARDED).await?;
        if rows.is_empty() && held.is_empty() {
            return Ok(Guarded::default());
        }
        let people = rows.iter().flat_map(|row| [row.made_by, row.ended_by]);
        let names = self.names(people.collect()).await?;
        let numbers: BTreeMap<Uuid, VersionNumber> = tags
            .iter()
            .filter_map(|tag| Some((tag.id, tag.number.parse().ok()?)))
            .collect();
        let number = |id: Option<Uuid>| id.and_then(|id| numbers.get(&id).copied());
        let name = |id: Uuid| {
            let found = environments.iter().find(|(known, _)| *known == id);
            found.map_or_else(String::new, |(_, name)| name.clone())
        };
        let based_on = based_on(tags);
        let running: Vec<Runs> = environments
            .iter()
            .filter_map(|(id, _)| runs.get(id).filter(|row| row.present))
            .map(|row| Runs {
                environment: EnvironmentId(row.environment_id),
                base: row.base_id.map(VersionId).zip(number(row.base_id)),
            })
            .collect();
        let hotfixes = rows
            .into_iter()
            .map(|row| {
                let solved_by = number(row.solved_by_id);
                let facts = Hotfix {
                    made_in: EnvironmentId(row.environment_id),
                    descendants: row
                        .version_id
                        .map(|version| descendants(VersionId(version), &based_on))
                        .unwrap_or_default(),
                    solved_by,
                };
                HotfixRow {
                    id: HotfixId(row.id),
                    number: number(row.version_id),
                    base: number(row.base_id),
                    environment: name(row.environment_id),
                    made: names.stamp(row.made_by, row.since),
                    state: HotfixState::parse(&row.state).unwrap_or(HotfixState::Open),
                    solved_by,
                    ended: row.ended.map(|at| names.stamp(row.ended_by, at)),
                    reason: row.reason,
                    lacking: facts
                        .lacked_by(&running)
                        .into_iter()
                        .map(|id| name(id.0))
                        .collect(),
                }
            })
            .collect();
        let holds = held
            .into_iter()
            .filter_map(|row| {
                Some(HoldRow {
                    id: HoldId(row.id),
                    number: number(Some(row.version_id))?,
                    environment: name(row.environment_id),
                    plan: u64::try_from(row.plan_number).unwrap_or(0),
                    since: Timestamp(row.since),
                })
            })
            .collect();
        Ok(Guarded { hotfixes, holds })
    }
}
