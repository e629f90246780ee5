//! Applications between two environments as the editor shows them: versions on both sides, what
//! can be deployed, what would be sensible. A fixed number of queries for any number of rows.

use domain::application::{Marks, ModuleKind};
use domain::plan::{Choice, PlanKind, propose_number};
use domain::view::{EligibleVersion, PlanApplicationRow};
use domain::{AppError, ApplicationId, EnvironmentId, Timestamp, VersionId, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use store::ConnectionTrait;
use store::plans::{EligibleRow, RunningRow};
use uuid::Uuid;

/// The most tags offered for one application, besides the one that is chosen.
const MAX_ELIGIBLE: usize = 100;
/// The most characters of a tag's description in the menu.
const MAX_SHOWN: usize = 200;

/// The rows of these applications, in the order given; unknown ones are left out. The versions in
/// `chosen` are among those of a row as long as they can be deployed, however old they are.
pub(super) async fn editor_rows(
    connection: &impl ConnectionTrait,
    kind: PlanKind,
    source: EnvironmentId,
    target: EnvironmentId,
    applications: &[ApplicationId],
    chosen: &BTreeSet<VersionId>,
) -> Result<Vec<PlanApplicationRow>, AppError> {
    let ids: Vec<Uuid> = applications.iter().map(|id| id.0).collect();
    let ends = [source.0, target.0];
    let facts = store::plans::list_applications(connection, &ids).await?;
    let facts: BTreeMap<Uuid, _> = facts.into_iter().map(|row| (row.id, row)).collect();
    let running = store::plans::list_running(connection, &ends, &ids).await?;
    let running: BTreeMap<(Uuid, Uuid), RunningRow> = running
        .into_iter()
        .map(|row| ((row.environment_id, row.application_id), row))
        .collect();
    let digests = store::plans::list_running_digests(connection, &ends, &ids).await?;
    let mut eligible: BTreeMap<Uuid, Vec<EligibleRow>> = BTreeMap::new();
    for row in store::plans::list_eligible(connection, source.0, &ids).await? {
        eligible.entry(row.application_id).or_default().push(row);
    }
    let mut numbers: BTreeMap<Uuid, Vec<VersionNumber>> = BTreeMap::new();
    for (application, number) in store::plans::list_numbers(connection, &ids).await? {
        if let Ok(number) = number.parse() {
            numbers.entry(application).or_default().push(number);
        }
    }
    let downstream = store::environments::find(connection, source.0)
        .await?
        .is_some_and(|environment| environment.position > 0);
    let mut modules: BTreeMap<Uuid, (u32, u32)> = BTreeMap::new();
    for ((environment, application, module), digest) in &digests {
        if *environment == source.0 {
            let count = modules.entry(*application).or_default();
            count.0 += 1;
            let there = digests.get(&(target.0, *application, *module));
            if there != Some(digest) {
                count.1 += 1;
            }
        }
    }
    Ok(applications
        .iter()
        .filter_map(|id| {
            let facts = facts.get(&id.0)?;
            let from = running.get(&(source.0, id.0));
            let to = running.get(&(target.0, id.0));
            let row = Sides {
                kind,
                from: from.filter(|row| row.present),
                to: to.filter(|row| row.present),
                blocked: to.filter(|row| row.blocked),
                eligible: eligible.get(&id.0).map_or(&[], Vec::as_slice),
                numbers: numbers.get(&id.0).map_or(&[], Vec::as_slice),
                downstream,
            };
            let (modules, different_modules) = modules.get(&id.0).copied().unwrap_or_default();
            let (eligible, more_eligible) = row.eligible_versions(chosen);
            let tag_proposal = row.tag_proposal();
            Some(PlanApplicationRow {
                application: *id,
                name: facts.name.clone(),
                kind: kind_from(&facts.kind),
                modules,
                different_modules,
                in_source: row.from.map(side),
                in_target: row.to.map(side),
                preselected: row.preselected(&eligible, tag_proposal, different_modules),
                eligible,
                more_eligible,
                tag_proposal,
                blocked: row.blocked.map(|row| {
                    row.block_reason
                        .clone()
                        .unwrap_or_else(|| "No reason was given.".to_owned())
                }),
            })
        })
        .collect())
}

/// All tags of an application that can be deployed from the source and are not below the
/// target's, newest first: also those that its row leaves out. Nothing for an unknown application.
pub(super) async fn all_eligible(
    connection: &impl ConnectionTrait,
    kind: PlanKind,
    source: EnvironmentId,
    target: EnvironmentId,
    application: ApplicationId,
) -> Result<Vec<EligibleVersion>, AppError> {
    let ids = [application.0];
    let running = store::plans::list_running(connection, &[source.0, target.0], &ids).await?;
    let at = |environment: EnvironmentId| {
        let mut present = running.iter().filter(|row| row.present);
        present.find(|row| row.environment_id == environment.0)
    };
    let eligible = store::plans::list_eligible(connection, source.0, &ids).await?;
    let row = Sides {
        kind,
        from: at(source),
        to: at(target),
        blocked: None,
        eligible: &eligible,
        numbers: &[],
        downstream: false,
    };
    Ok(row.offered().collect())
}

/// A tag as a menu offers it; none if its number cannot be read.
fn eligible_version(row: &EligibleRow) -> Option<EligibleVersion> {
    Some(EligibleVersion {
        id: VersionId(row.id),
        number: row.number.parse().ok()?,
        description: row.description.chars().take(MAX_SHOWN).collect(),
        created: Timestamp(row.created),
    })
}

/// The kind with this stored name.
pub(super) fn kind_from(text: &str) -> ModuleKind {
    match text {
        "service" => ModuleKind::Service,
        "library" => ModuleKind::Library,
        _ => ModuleKind::Static,
    }
}

/// Number and marks of what runs.
fn side(row: &RunningRow) -> (Option<VersionNumber>, Marks) {
    let count = |count: i64| u32::try_from(count).unwrap_or(0);
    (
        number_of(row),
        Marks {
            modified: row.modified,
            hotfix: row.hotfix,
            changed_outside: row.changed_outside,
            blocked: row.blocked,
            broken_references: count(row.broken),
            outdated_references: count(row.outdated),
        },
    )
}

fn number_of(row: &RunningRow) -> Option<VersionNumber> {
    row.number.as_deref().and_then(|number| number.parse().ok())
}

/// One application between source and target.
struct Sides<'a> {
    kind: PlanKind,
    from: Option<&'a RunningRow>,
    to: Option<&'a RunningRow>,
    blocked: Option<&'a RunningRow>,
    eligible: &'a [EligibleRow],
    numbers: &'a [VersionNumber],
    downstream: bool,
}

impl Sides<'_> {
    fn target_number(&self) -> Option<VersionNumber> {
        self.to.and_then(number_of)
    }

    /// Tags that are not below what the target runs, newest first (V6), and how many of them are
    /// left out. What is chosen stays, so that a choice can always be named.
    fn eligible_versions(&self, chosen: &BTreeSet<VersionId>) -> (Vec<EligibleVersion>, u32) {
        let mut shown = Vec::new();
        let mut left_out = 0;
        for version in self.eligible.iter().filter_map(eligible_version) {
            let may_come = self.may_come(&version);
            if chosen.contains(&version.id) || (may_come && shown.len() < MAX_ELIGIBLE) {
                shown.push(version);
            } else if may_come {
                left_out += 1;
            }
        }
        (shown, left_out)
    }

    /// All tags that a plan of this kind may bring, newest first.
    fn offered(&self) -> impl Iterator<Item = EligibleVersion> {
        let versions = self.eligible.iter().filter_map(eligible_version);
        versions.filter(|version| self.may_come(version))
    }

    /// An ordinary plan brings nothing lower (V6), a rollback whatever was there, a replication
    /// exactly what the source runs.
    fn may_come(&self, version: &EligibleVersion) -> bool {
        match self.kind {
            PlanKind::Ordinary => self
                .target_number()
                .is_none_or(|least| version.number >= least),
            PlanKind::Rollback => true,
            PlanKind::Replicate => self
                .from
                .is_some_and(|from| from.base_id == Some(version.id.0) && !from.modified),
        }
    }

    /// What *Tag & Deploy* proposes; none if the source runs a tag unchanged.
    fn tag_proposal(&self) -> Option<VersionNumber> {
        let from = self.from.filter(|_| self.kind != PlanKind::Rollback)?;
        (from.modified || from.base_id.is_none())
            .then(|| propose_number(number_of(from), self.numbers, self.downstream))
    }

    fn preselected(
        &self,
        eligible: &[EligibleVersion],
        tag: Option<VersionNumber>,
        different_modules: u32,
    ) -> Choice {
        let Some(from) = self.from else {
            return Choice::DoNothing;
        };
        // A rollback says itself what comes back.
        if self.blocked.is_some() || self.kind == PlanKind::Rollback {
            return Choice::DoNothing;
        }
        let lower = self.kind == PlanKind::Replicate;
        let target = self.target_number().filter(|_| !lower);
        if let Some(number) = tag
            && target.is_none_or(|target| number > target)
        {
            return Choice::TagAndDeploy {
                number,
                description: String::new(),
            };
        }
        let same = self
            .to
            .is_some_and(|to| to.base_id == from.base_id && !to.modified && different_modules == 0);
        if same {
            return Choice::DoNothing;
        }
        // What the source runs, else the newest that goes up.
        let runs = from
            .base_id
            .and_then(|base| eligible.iter().find(|version| version.id.0 == base));
        match runs.or_else(|| eligible.first()) {
            Some(version)
                if target.is_none_or(|target| version.number > target)
                    || (Some(version.number) == target && different_modules > 0) =>
            {
                Choice::Deploy {
                    version: version.id,
                }
            }
            _ => Choice::DoNothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_choice_stays_in_the_menu_and_what_is_left_out_is_counted() {
        let id = |n: u128| Uuid::from_u128(n);
        let tags: Vec<EligibleRow> = (1..=150)
            .rev()
            .map(|n| EligibleRow {
                id: id(n),
                application_id: id(1_000),
                number: format!("1.{n}"),
                description: String::new(),
                created: 0,
            })
            .collect();
        let row = Sides {
            kind: PlanKind::Ordinary,
            from: None,
            to: None,
            blocked: None,
            eligible: &tags,
            numbers: &[],
            downstream: false,
        };
        let (shown, more) = row.eligible_versions(&BTreeSet::new());
        assert_eq!((shown.len(), more), (100, 50));
        assert_eq!(
            shown.last().map(|v| v.number.to_string()).as_deref(),
            Some("1.51")
        );
        let chosen = BTreeSet::from([VersionId(id(7)), VersionId(id(140))]);
        let (shown, more) = row.eligible_versions(&chosen);
        assert_eq!((shown.len(), more), (101, 49));
        assert_eq!(shown.last().map(|v| v.id), Some(VersionId(id(7))));
    }
}
