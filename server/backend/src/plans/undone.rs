//! What is true of the applications of a plan that is to be rolled back: what their target ran
//! before, from history, and what it runs now.

use super::{Plan, replaces_since};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::plan::{Brought, PlanStatus, Ran, Tag, Undone, propose_number};
use domain::{AppError, ApplicationId, VersionId, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::catalog::version;
use store::{ConnectionTrait, bundles, catalog, history, holds};
use uuid::Uuid;

/// The applications of a plan that is to be rolled back.
pub(super) struct Undoing {
    /// Each that the plan changed, in its order.
    pub(super) rows: Vec<Undone>,
    /// What was no tag when it ran before the plan.
    pub(super) formers: BTreeMap<ApplicationId, Former>,
}

impl Undoing {
    /// Whether something of what is wanted and can come back was never tagged when it ran.
    pub(super) fn is_about_untagged(&self, wanted: &BTreeSet<ApplicationId>) -> bool {
        self.rows.iter().any(|row| {
            wanted.contains(&row.application)
                && self.formers.contains_key(&row.application)
                && row.returns().is_back()
        })
    }
}

/// What a target ran of an application before a plan, and was no tag then.
pub(super) struct Former {
    /// The tag that it was derived from.
    pub(super) base: Option<Tag>,
    /// The published state of each module.
    pub(super) states: Vec<Uuid>,
    /// The bundle of each module.
    pub(super) content: BTreeMap<Uuid, String>,
    /// These bundles, and those that are linked into them.
    pub(super) bundles: BTreeSet<String>,
    /// Whether all of them are there.
    kept: bool,
    /// A tag that holds just these states by now (domain.md V13).
    tag: Option<Tag>,
}

impl Backend {
    /// What is true of each application that the plan changed. A bounded number of queries for any
    /// number of applications.
    pub(super) async fn undoing(
        &self,
        connection: &impl ConnectionTrait,
        actor: &Actor,
        plan: &Plan,
    ) -> Result<Undoing, AppError> {
        let started = plan.row.started.unwrap_or(plan.row.created);
        let replaced = replaces_since(connection, &plan.row).await?;
        let replaced = replaced.unwrap_or(started);
        let target = plan.row.target_id;
        let changed = plan.operations.iter().filter(|row| row.choice != "nothing");
        let ids: Vec<Uuid> = changed.clone().map(|row| row.application_id).collect();
        let tags = Tags::new(catalog::versions_of(connection, &ids).await?);
        let before: BTreeMap<Uuid, Ran> = history::releases_at(connection, target, replaced - 1)
            .await?
            .into_iter()
            .map(|row| (row.application_id, tags.ran(row.base_id, row.modified)))
            .collect();
        let now: BTreeMap<Uuid, Ran> = store::plans::list_running(connection, &[target], &ids)
            .await?
            .into_iter()
            .filter(|row| row.present)
            .map(|row| (row.application_id, tags.ran(row.base_id, row.modified)))
            .collect();
        let eligible: BTreeSet<Uuid> = store::plans::list_eligible(connection, target, &ids)
            .await?
            .into_iter()
            .map(|row| row.id)
            .collect();
        let later: BTreeMap<Uuid, i64> = holds::list_later_plans(connection, target, &ids, started)
            .await?
            .into_iter()
            .collect();
        let custom = changed.clone().filter(|row| row.choice == "deploy_custom");
        let custom: BTreeSet<Uuid> = custom.map(|row| row.application_id).collect();
        let untagged = ids.iter().filter_map(|id| match before.get(id) {
            Some(Ran::Untagged(_)) => Some(*id),
            _ => None,
        });
        let untagged: BTreeSet<Uuid> = untagged.collect();
        // Of a run that ended with errors only the modules tell what it left.
        let in_part = plan.row.status == PlanStatus::FinishedWithErrors.as_str();
        let by_module = if in_part {
            ids.iter().copied().collect()
        } else {
            custom.clone()
        };
        let modules = Modules::read(connection, plan, replaced, &by_module, &untagged).await?;
        let as_left = modules
            .as_left(connection, plan, &by_module, in_part)
            .await?;
        let formers = self
            .formers(connection, &tags, &before, &modules, &untagged)
            .await?;
        let may_tag = actor.access.can(Action::TagVersion);
        let rows = changed.filter_map(|row| {
            let application = row.application_id;
            let id = ApplicationId(application);
            let former = formers.get(&id);
            let before = before.get(&application).copied().unwrap_or(Ran::Nothing);
            // A tag that is to be eligible there is taken like one that is to be made.
            let before = match former.and_then(|former| former.tag).filter(|_| may_tag) {
                Some((version, number)) => Ran::Tag(version, number),
                None => before,
            };
            Some(Undone {
                application: id,
                brought: {
                    let as_left = as_left.contains(&application);
                    if custom.contains(&application) && in_part {
                        Brought::Part { of: None, as_left }
                    } else if custom.contains(&application) {
                        Brought::Modules { as_left }
                    } else {
                        let (version, number) = tags.find(row.version_id?)?;
                        if in_part {
                            let of = Some(number);
                            Brought::Part { of, as_left }
                        } else {
                            Brought::Tag(version, number)
                        }
                    }
                },
                before,
                now: now.get(&application).copied().unwrap_or(Ran::Nothing),
                as_before: former.is_some() && modules.is_as_before(application),
                changed_by: later.get(&application).and_then(|n| u64::try_from(*n).ok()),
                kept: match (former, before) {
                    (Some(former), _) => former.kept,
                    (None, Ran::Tag(version, _)) => eligible.contains(&version.0),
                    (None, Ran::Nothing | Ran::Untagged(_)) => false,
                },
                tagged_as: former.filter(|_| may_tag).map(|former| {
                    let base = former.base.map(|(_, number)| number);
                    propose_number(base, &tags.numbers(application), true)
                }),
            })
        });
        Ok(Undoing {
            rows: rows.collect(),
            formers,
        })
    }

    /// What ran of these applications before, which was no tag then.
    async fn formers(
        &self,
        connection: &impl ConnectionTrait,
        tags: &Tags,
        before: &BTreeMap<Uuid, Ran>,
        modules: &Modules,
        untagged: &BTreeSet<Uuid>,
    ) -> Result<BTreeMap<ApplicationId, Former>, AppError> {
        if untagged.is_empty() {
            return Ok(BTreeMap::new());
        }
        let ran = |id: &Uuid| modules.before.get(id).into_iter().flatten();
        let ids: BTreeSet<Uuid> = untagged
            .iter()
            .flat_map(ran)
            .map(|(_, state)| *state)
            .collect();
        let states = self.states.load(connection, ids).await?;
        let mut needed = BTreeSet::new();
        for state in states.values() {
            needed.insert(state.digest.clone());
            needed.extend(state.links.iter().map(|link| link.digest.clone()));
        }
        let there = bundles::list_there(connection, &needed).await?;
        let own = tags.rows.iter();
        let own = own.filter(|tag| untagged.contains(&tag.application_id));
        let own: Vec<Uuid> = own.map(|tag| tag.id).collect();
        let mut made_of: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for row in catalog::version_modules(connection, &own).await? {
            let of = made_of.entry(row.version_id).or_default();
            of.insert(row.module_version_id);
        }
        let mut formers = BTreeMap::new();
        for application in untagged {
            let all: BTreeSet<Uuid> = ran(application).map(|(_, state)| *state).collect();
            let known: Vec<_> = all.iter().filter_map(|id| states.get(id)).collect();
            let mut bundles = BTreeSet::new();
            for state in &known {
                bundles.insert(state.digest.clone());
                bundles.extend(state.links.iter().map(|link| link.digest.clone()));
            }
            let tag = tags.rows.iter().find(|tag| {
                tag.application_id == *application
                    && !all.is_empty()
                    && made_of.get(&tag.id) == Some(&all)
            });
            let tag = tag.and_then(|tag| tags.find(tag.id));
            let complete = !all.is_empty() && known.len() == all.len();
            let former = Former {
                base: match before.get(application) {
                    Some(Ran::Untagged(Some(number))) => tags.numbered(*application, *number),
                    _ => None,
                },
                content: known
                    .iter()
                    .map(|state| (state.module, state.digest.clone()))
                    .collect(),
                kept: tag.is_some() || (complete && bundles.is_subset(&there)),
                states: all.into_iter().collect(),
                bundles,
                tag,
            };
            formers.insert(ApplicationId(*application), former);
        }
        Ok(formers)
    }
}

/// The published state of each module, by application.
type States = BTreeMap<Uuid, BTreeMap<Uuid, Uuid>>;

/// What a plan's target had of some applications right before the plan switched anything, and has now.
#[derive(Default)]
struct Modules {
    before: States,
    now: States,
}

impl Modules {
    async fn read(
        connection: &impl ConnectionTrait,
        plan: &Plan,
        replaced: i64,
        by_module: &BTreeSet<Uuid>,
        untagged: &BTreeSet<Uuid>,
    ) -> Result<Self, AppError> {
        let all: Vec<Uuid> = by_module.union(untagged).copied().collect();
        let mut modules = Self::default();
        if all.is_empty() {
            return Ok(modules);
        }
        let target = plan.row.target_id;
        for row in history::modules_at(connection, target, replaced - 1).await? {
            if let Some((application, version)) = row.application_id.zip(row.module_version_id) {
                let of = modules.before.entry(application).or_default();
                of.insert(row.module_id, version);
            }
        }
        for row in store::plans::list_running_modules(connection, target, &all).await? {
            let of = modules.now.entry(row.application).or_default();
            of.insert(row.module, row.version);
        }
        Ok(modules)
    }

    /// Whether the target runs just what it ran before.
    fn is_as_before(&self, application: Uuid) -> bool {
        self.before.get(&application) == self.now.get(&application)
    }

    /// Of these applications those that the target still runs exactly as the plan left them, module
    /// by module. Of a plan that ended with errors any module may have stayed as it was before.
    async fn as_left(
        &self,
        connection: &impl ConnectionTrait,
        plan: &Plan,
        applications: &BTreeSet<Uuid>,
        in_part: bool,
    ) -> Result<BTreeSet<Uuid>, AppError> {
        if applications.is_empty() {
            return Ok(BTreeSet::new());
        }
        let mut left = self.before.clone();
        // A plan's run has the plan's id.
        for row in store::executions::list_run_modules(connection, plan.row.id).await? {
            for of in left.values_mut() {
                of.remove(&row.module_id);
            }
            if let Some(version) = row.module_version_id {
                let of = left.entry(row.application_id).or_default();
                of.insert(row.module_id, version);
            }
        }
        let same = |id: &&Uuid| {
            let of = |all: &States| all.get(*id).cloned().unwrap_or_default();
            let (before, after, now) = (of(&self.before), of(&left), of(&self.now));
            let mut modules = before.keys().chain(after.keys()).chain(now.keys());
            modules.all(|module| {
                let runs = now.get(module);
                runs == after.get(module) || (in_part && runs == before.get(module))
            })
        };
        Ok(applications.iter().filter(same).copied().collect())
    }
}

/// Tags of applications, the highest first within each.
struct Tags {
    rows: Vec<version::Model>,
    by_id: BTreeMap<Uuid, VersionNumber>,
}

impl Tags {
    fn new(rows: Vec<version::Model>) -> Self {
        let by_id = rows
            .iter()
            .filter_map(|row| Some((row.id, row.number.parse().ok()?)))
            .collect();
        Self { rows, by_id }
    }

    fn find(&self, id: Uuid) -> Option<Tag> {
        Some((VersionId(id), *self.by_id.get(&id)?))
    }

    fn of(&self, application: Uuid) -> impl Iterator<Item = Tag> {
        let rows = self.rows.iter();
        rows.filter(move |row| row.application_id == application)
            .filter_map(|row| self.find(row.id))
    }

    fn numbered(&self, application: Uuid, number: VersionNumber) -> Option<Tag> {
        self.of(application).find(|(_, of)| *of == number)
    }

    fn numbers(&self, application: Uuid) -> Vec<VersionNumber> {
        self.of(application).map(|(_, number)| number).collect()
    }

    /// What runs that is derived from `base`.
    fn ran(&self, base: Option<Uuid>, modified: bool) -> Ran {
        match base.and_then(|base| self.find(base)) {
            Some((version, number)) if !modified => Ran::Tag(version, number),
            found => Ran::Untagged(found.map(|(_, number)| number)),
        }
    }
}
