//! Hotfixes in the target that a plan which is taken up again would overwrite: foreseen as its check
//! will say it, so that nobody opens the plan to find that it cannot run.

use super::Facts;
use crate::hotfixes::based_on;
use domain::hotfix::{Hotfix, Runs, descendants};
use domain::plan::Becomes;
use domain::view::{OverwrittenHotfix, ReuseRow};
use domain::{AppError, EnvironmentId, VersionId, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::catalog::version;
use store::entity::hotfixes::hotfix;
use store::{ConnectionTrait, catalog, hotfixes};
use uuid::Uuid;

/// Notes in each row what it would overwrite. Without hotfixes it costs one query.
pub(super) async fn foresee(
    connection: &impl ConnectionTrait,
    (source, target): (EnvironmentId, EnvironmentId),
    facts: &Facts,
    rows: &mut [ReuseRow],
) -> Result<(), AppError> {
    let concerned: BTreeSet<Uuid> = rows.iter().map(|row| row.application.0).collect();
    let mut guarding = hotfixes::list_protecting(connection).await?;
    guarding.retain(|row| concerned.contains(&row.application_id));
    if guarding.is_empty() {
        return Ok(());
    }
    guarding.sort_by_key(|row| (row.since, row.id));
    let concerned: BTreeSet<Uuid> = guarding.iter().map(|row| row.application_id).collect();
    let concerned: Vec<Uuid> = concerned.into_iter().collect();
    let tags = catalog::versions_of(connection, &concerned).await?;
    let numbers: BTreeMap<Uuid, VersionNumber> = tags
        .iter()
        .filter_map(|tag| Some((tag.id, tag.number.parse().ok()?)))
        .collect();
    for row in rows {
        let base = |place: EnvironmentId| facts.bases.get(&(place.0, row.application.0)).copied();
        let Some(runs) = base(target) else {
            continue;
        };
        let runs = Runs {
            environment: target,
            base: runs,
        };
        let brings = match &row.becomes {
            Becomes::Deploy { version, number } => Some((*version, *number)),
            // What the source runs now descends from what it is based on.
            Becomes::Custom { modules, .. } if !modules.is_empty() => base(source).flatten(),
            _ => continue,
        };
        let mut own = guarding
            .iter()
            .filter(|hotfix| hotfix.application_id == row.application.0);
        row.overwrites = own.find_map(|hotfix| {
            let known = known(hotfix, &tags, &numbers);
            known
                .is_overwritten(&runs, brings)
                .then_some(OverwrittenHotfix {
                    number: hotfix.version_id.and_then(|id| numbers.get(&id).copied()),
                    solved_by: known.solved_by,
                })
        });
    }
    Ok(())
}

fn known(
    row: &hotfix::Model,
    tags: &[version::Model],
    numbers: &BTreeMap<Uuid, VersionNumber>,
) -> Hotfix {
    Hotfix {
        made_in: EnvironmentId(row.environment_id),
        descendants: row
            .version_id
            .map(|version| descendants(VersionId(version), &based_on(tags)))
            .unwrap_or_default(),
        solved_by: row.solved_by_id.and_then(|id| numbers.get(&id).copied()),
    }
}
