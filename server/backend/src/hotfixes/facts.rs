//! Hotfixes and holds as the checks see them.

use domain::hotfix::descendants;
use domain::landscape::{LandscapeBuilder, NewHold, NewHotfix};
use domain::{ApplicationId, EnvironmentId, Timestamp, VersionId, VersionNumber};
use std::collections::BTreeMap;
use store::entity::catalog::version;
use store::entity::hotfixes::{hold, hotfix};
use uuid::Uuid;

/// What each tag was made from.
pub(crate) fn based_on(tags: &[version::Model]) -> BTreeMap<VersionId, Option<VersionId>> {
    tags.iter()
        .map(|tag| (VersionId(tag.id), tag.base_id.map(VersionId)))
        .collect()
}

/// Adds the hotfixes that plans must not overwrite, and the holds that nobody released. `tags` are
/// all of the installation.
pub(crate) fn add_guards(
    facts: &mut LandscapeBuilder,
    hotfixes: Vec<hotfix::Model>,
    holds: Vec<hold::Model>,
    tags: &[version::Model],
) {
    if hotfixes.is_empty() && holds.is_empty() {
        return;
    }
    let numbers: BTreeMap<Uuid, VersionNumber> = tags
        .iter()
        .filter_map(|tag| Some((tag.id, tag.number.parse().ok()?)))
        .collect();
    let based_on = based_on(tags);
    for row in hotfixes {
        let known = row
            .version_id
            .filter(|version| numbers.contains_key(version));
        facts.hotfix(NewHotfix {
            application: ApplicationId(row.application_id),
            environment: EnvironmentId(row.environment_id),
            since: Timestamp(row.since),
            number: known.and_then(|version| numbers.get(&version).copied()),
            descendants: known.map_or_else(Vec::new, |version| {
                descendants(VersionId(version), &based_on)
                    .into_iter()
                    .filter(|version| numbers.contains_key(&version.0))
                    .collect()
            }),
            solved_by: row.solved_by_id.and_then(|id| numbers.get(&id).copied()),
        });
    }
    for row in holds {
        if numbers.contains_key(&row.version_id) {
            facts.hold(NewHold {
                application: ApplicationId(row.application_id),
                environment: EnvironmentId(row.environment_id),
                version: VersionId(row.version_id),
                plan: u64::try_from(row.plan_number).unwrap_or(0),
                since: Timestamp(row.since),
            });
        }
    }
}
