//! What differs between two sides: what a plan will change or changed, two environments, two
//! versions, an environment then and now.

mod brought;
mod contents;
mod sides;

use crate::Backend;
use crate::actor::Actor;
use contents::{Names, Values};
use domain::access::Action;
use domain::difference::{ApplicationChange, ModuleMove, Totals, changes};
use domain::view::{
    ApplicationDifference, Compared, Comparison, MAX_PAGE, MAX_SAME, ModuleDifference, Page,
    ReleaseNote, SameApplication,
};
use domain::{AppError, ApplicationId, VersionNumber};
use sides::{Plans, Seen};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::catalog::version;
use store::{DatabaseTransaction, catalog};
use uuid::Uuid;

/// The most notes of tags shown for one application.
const MAX_NOTES: usize = 20;

/// Two sides, and what differs between them.
struct Both {
    from: Seen,
    to: Seen,
    values: Values,
    changes: Vec<ApplicationChange>,
    totals: Totals,
}

impl Backend {
    /// Compares two sides. Totals are of all applications; `offset` and `limit` cut the list of
    /// those that are not the same.
    ///
    /// # Errors
    /// `NotFound` if a side names what does not exist or may not be known of; `Invalid` if the two
    /// are versions of different applications.
    pub async fn compare(
        &self,
        actor: &Actor,
        from: Compared,
        to: Compared,
        offset: u64,
        limit: u32,
    ) -> Result<Comparison, AppError> {
        actor.require(Action::SeeLandscape)?;
        let snapshot = self.store.snapshot().await?;
        let Both {
            from,
            to,
            values,
            changes: mut found,
            totals,
        } = self.both(&snapshot, actor, &from, &to).await?;
        let names = names(&snapshot, &found).await?;
        let name = |id: ApplicationId| names.get(&id.0).cloned().unwrap_or_default();
        found.sort_by_cached_key(|change| {
            (name(change.application).to_lowercase(), change.application)
        });
        let total = found.len() as u64;
        let page: Vec<ApplicationChange> = found
            .into_iter()
            .skip(usize::try_from(offset).unwrap_or(usize::MAX))
            .take(limit.clamp(1, MAX_PAGE) as usize)
            .collect();
        let rows = self.describe(&snapshot, values, &to, &names, page).await?;
        Ok(Comparison {
            from: from.shown,
            notes: to.notes,
            to: to.shown,
            totals,
            rows: Page {
                rows,
                offset,
                total,
                unfiltered: total + u64::from(totals.applications_same),
            },
        })
    }

    /// The applications that are the same on two sides, by name; at most [`MAX_SAME`].
    ///
    /// # Errors
    /// As [`Self::compare`].
    pub async fn list_same(
        &self,
        actor: &Actor,
        from: Compared,
        to: Compared,
    ) -> Result<Vec<SameApplication>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let snapshot = self.store.snapshot().await?;
        let both = self.both(&snapshot, actor, &from, &to).await?;
        let other: BTreeSet<ApplicationId> = both
            .changes
            .iter()
            .map(|change| change.application)
            .collect();
        let mut releases = both.from.side.releases;
        releases.retain(|id, _| !other.contains(id));
        let ids: Vec<Uuid> = releases.keys().map(|id| id.0).collect();
        let mut found: Vec<SameApplication> = catalog::applications(&snapshot, &ids)
            .await?
            .into_iter()
            .map(|row| SameApplication {
                release: releases.get(&ApplicationId(row.id)).copied(),
                application: ApplicationId(row.id),
                name: row.name,
            })
            .collect();
        found.sort_by_cached_key(|row| (row.name.to_lowercase(), row.application));
        found.truncate(MAX_SAME);
        Ok(found)
    }

    /// Both sides, and what differs between them.
    async fn both(
        &self,
        snapshot: &DatabaseTransaction,
        actor: &Actor,
        from: &Compared,
        to: &Compared,
    ) -> Result<Both, AppError> {
        let mut plans = Plans::default();
        let from = self.side(snapshot, actor, &mut plans, from).await?;
        let to = self.side(snapshot, actor, &mut plans, to).await?;
        let (from, to) = narrow(from, to)?;
        let values = self.values(snapshot, &from, &to).await?;
        let other_values = self.other_values(snapshot, &from, &to, &values).await?;
        let (changes, totals) = changes(&from.side, &to.side, &to.republished, &other_values);
        Ok(Both {
            from,
            to,
            values,
            changes,
            totals,
        })
    }

    async fn describe(
        &self,
        snapshot: &DatabaseTransaction,
        values: Values,
        to: &Seen,
        names: &BTreeMap<Uuid, String>,
        changes: Vec<ApplicationChange>,
    ) -> Result<Vec<ApplicationDifference>, AppError> {
        let described = self.contents(snapshot, values, &changes).await?;
        let mut notes = self.notes(snapshot, &changes, &to.tagging).await?;
        Ok(changes
            .into_iter()
            .map(|change| {
                let (notes, more_notes) = notes.remove(&change.application.0).unwrap_or_default();
                ApplicationDifference {
                    name: names
                        .get(&change.application.0)
                        .cloned()
                        .unwrap_or_default(),
                    change: change.change(),
                    modules: modules(self, &change, &described, names),
                    application: change.application,
                    before: change.before,
                    after: change.after,
                    notes,
                    more_notes,
                }
            })
            .collect())
    }

    /// What was said of the tags that lie between the two sides, by application, with how many more
    /// there are.
    async fn notes(
        &self,
        snapshot: &DatabaseTransaction,
        changes: &[ApplicationChange],
        tagging: &BTreeMap<ApplicationId, (VersionNumber, String)>,
    ) -> Result<BTreeMap<Uuid, (Vec<ReleaseNote>, u32)>, AppError> {
        let spans: BTreeMap<Uuid, (Option<_>, _)> = changes
            .iter()
            .filter_map(|change| {
                let low = change.before.and_then(|release| release.number);
                let high = change.after.and_then(|release| release.number)?;
                Some((change.application.0, (low, high)))
            })
            .collect();
        let ids: Vec<Uuid> = spans.keys().copied().collect();
        let mut rows = Vec::new();
        let all = catalog::versions_of(snapshot, &ids).await?;
        let contained = Contained::read(snapshot, &all).await?;
        for row in all {
            let Some((low, high)) = spans.get(&row.application_id) else {
                continue;
            };
            let Ok(number) = row.number.parse() else {
                continue;
            };
            let within = number <= *high
                && low.is_none_or(|low| number > low)
                && (!row.hotfix || contained.is_in(&row, *high));
            if within && !row.description.trim().is_empty() {
                rows.push((number, row));
            }
        }
        let people = self
            .names(rows.iter().map(|(_, row)| row.created_by).collect())
            .await?;
        let mut found: BTreeMap<Uuid, (Vec<ReleaseNote>, u32)> = BTreeMap::new();
        for (application, (number, text)) in tagging {
            let note = ReleaseNote {
                number: *number,
                text: text.clone(),
                made: None,
            };
            found.entry(application.0).or_default().0.push(note);
        }
        for (number, row) in rows {
            let (notes, more) = found.entry(row.application_id).or_default();
            if notes.len() == MAX_NOTES {
                *more += 1;
                continue;
            }
            notes.push(ReleaseNote {
                number,
                text: row.description,
                made: Some(people.stamp(row.created_by, row.created)),
            });
        }
        Ok(found)
    }
}

/// Which hotfixes are part of which versions: a number between two others says nothing of it.
struct Contained {
    /// Every tag by its application and number: its id, and the tag it was made from.
    tags: BTreeMap<(Uuid, VersionNumber), (Uuid, Option<Uuid>)>,
    numbers: BTreeMap<Uuid, VersionNumber>,
    /// Hotfixes, by tag, and the tag that is known to contain each.
    solved: BTreeMap<Uuid, Uuid>,
}

impl Contained {
    async fn read(
        snapshot: &DatabaseTransaction,
        all: &[version::Model],
    ) -> Result<Self, AppError> {
        let number = |row: &version::Model| row.number.parse::<VersionNumber>().ok();
        let hotfixes = all.iter().filter(|row| row.hotfix).map(|row| row.id);
        let tags = all.iter().filter_map(|row| {
            let key = (row.application_id, number(row)?);
            Some((key, (row.id, row.base_id)))
        });
        Ok(Self {
            tags: tags.collect(),
            numbers: all
                .iter()
                .filter_map(|row| Some((row.id, number(row)?)))
                .collect(),
            solved: store::hotfixes::solved_by(snapshot, hotfixes).await?,
        })
    }

    /// Whether the version of this number was made from the hotfix, or is no older than the one
    /// that somebody said contains it.
    fn is_in(&self, hotfix: &version::Model, high: VersionNumber) -> bool {
        let application = hotfix.application_id;
        let solved = self.solved.get(&hotfix.id);
        let solved = solved.and_then(|by| self.numbers.get(by));
        if solved.is_some_and(|by| *by <= high) {
            return true;
        }
        let mut number = Some(high);
        // A base has a lower number, so this ends.
        while let Some(&(id, base)) = number.and_then(|n| self.tags.get(&(application, n))) {
            if id == hotfix.id {
                return true;
            }
            let lower = base.and_then(|base| self.numbers.get(&base)).copied();
            number = lower.filter(|lower| Some(*lower) < number);
        }
        false
    }
}

fn modules(
    backend: &Backend,
    change: &ApplicationChange,
    described: &Names,
    names: &BTreeMap<Uuid, String>,
) -> Vec<ModuleDifference> {
    let name = |id: ApplicationId| names.get(&id.0).cloned().unwrap_or_default();
    let mut rows: Vec<ModuleDifference> = change
        .modules
        .iter()
        .map(|module| {
            let (shown, kind) = described.module(module);
            let (from, to) = match module.moved {
                Some(ModuleMove::From(application)) => (Some(name(application)), None),
                Some(ModuleMove::To(application)) => (None, Some(name(application))),
                None => (None, None),
            };
            ModuleDifference {
                module: module.module,
                name: shown,
                kind,
                change: module.change,
                from,
                to,
                republished: module.republished,
                details: described.details(backend, module),
            }
        })
        .collect();
    rows.sort_by_cached_key(|row| (row.name.to_lowercase(), row.module));
    rows
}

/// The names of all applications that the changes speak of.
async fn names(
    snapshot: &DatabaseTransaction,
    changes: &[ApplicationChange],
) -> Result<BTreeMap<Uuid, String>, AppError> {
    let ids: BTreeSet<Uuid> = changes
        .iter()
        .flat_map(|change| {
            let moved = change
                .modules
                .iter()
                .filter_map(|module| match module.moved? {
                    ModuleMove::From(id) | ModuleMove::To(id) => Some(id.0),
                });
            std::iter::once(change.application.0).chain(moved)
        })
        .collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    Ok(catalog::applications(snapshot, &ids)
        .await?
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect())
}

/// A version is one application: of an environment on the other side only that one counts.
fn narrow(mut from: Seen, mut to: Seen) -> Result<(Seen, Seen), AppError> {
    match (from.version_of, to.version_of) {
        (Some(one), Some(other)) if one != other => Err(AppError::invalid(
            "to",
            "These are versions of different applications. Choose two versions of one.",
        )),
        (Some(one), _) => {
            to.side = to.side.only(&BTreeSet::from([one]));
            Ok((from, to))
        }
        (None, Some(other)) => {
            from.side = from.side.only(&BTreeSet::from([other]));
            Ok((from, to))
        }
        (None, None) => Ok((from, to)),
    }
}
