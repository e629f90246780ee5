//! What follows from an inventory: which rows change, and with which marks.

use super::known::{Hosting, Known, Situation};
use super::outside::owner;
use crate::Backend;
use crate::catalog::absent;
use crate::contract::ModuleState;
use crate::hotfixes;
use crate::landscape::{add_state, damaged, unknown_producer};
use domain::environment::{LinkState, Purpose};
use domain::landscape::{EnvironmentFacts, LandscapeBuilder, ModuleFacts, NewRunning};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use protocol::Hosted;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::entity::catalog::{running, running_module, version};
use store::entity::hotfixes::hotfix;
use store::{DatabaseTransaction, catalog};
use uuid::Uuid;

/// What an inventory changes in an environment.
#[derive(Default)]
pub(super) struct Outcome {
    /// Rows to write, of applications whose marks or content changed.
    pub(super) rows: Vec<running::Model>,
    /// Modules to write.
    pub(super) modules: Vec<running_module::Model>,
    /// Modules that run no more.
    pub(super) gone: Vec<Uuid>,
    /// Tags that were recognised by their content (V13).
    pub(super) recognised: Vec<Uuid>,
    /// Applications whose content changed.
    pub(super) content_changed: BTreeSet<Uuid>,
    /// Names of modules that changed without an attempt of ours.
    pub(super) drifted: Vec<String>,
    /// What becomes of hotfixes that have no tag yet.
    pub(super) hotfixes: Vec<hotfixes::Change>,
}

/// A tag by what it is made of: the bundle of each module. Linked producers do not count.
pub(super) type Content = BTreeMap<Uuid, String>;

/// The tags of an application, the highest number first, with their content.
pub(super) type Tags = BTreeMap<Uuid, Vec<(version::Model, Content)>>;

impl Backend {
    pub(super) async fn reckon_marks(
        &self,
        connection: &DatabaseTransaction,
        situation: &Situation,
        hosting: &Hosting,
    ) -> Result<Outcome, AppError> {
        let mut outcome = Outcome::default();
        let now = self.now();
        let environment = situation.environment.id;
        diff_modules(situation, hosting, &mut outcome);

        let mut by_application: BTreeMap<Uuid, Vec<&Known>> = BTreeMap::new();
        for known in hosting.modules.values() {
            by_application
                .entry(owner(&known.state))
                .or_default()
                .push(known);
        }
        let applications: BTreeSet<Uuid> = by_application
            .keys()
            .chain(situation.rows.keys())
            .copied()
            .collect();
        let tags = self.tags(connection, &applications).await?;
        let broken = count_broken(situation, hosting)?;
        let untagged = store::hotfixes::list_untagged(connection, environment).await?;
        // What a run has in hand may still go back to where it came from: what it is made from, and
        // what becomes of its hotfixes, is told when that run is over (see `mark_again`).
        let in_hand = store::executions::list_in_hand(connection).await?;
        let is_in_hand = |application: Uuid| in_hand.contains(&(environment, application));

        for application in applications {
            let known = by_application.remove(&application).unwrap_or_default();
            let before = situation.rows.get(&application);
            let changed = outcome.content_changed.contains(&application);
            let mut row = before
                .cloned()
                .unwrap_or_else(|| absent(environment, application));
            row.present = !known.is_empty();
            let none = Vec::new();
            let own = tags.get(&application).unwrap_or(&none);
            let of_it = untagged
                .iter()
                .filter(|row| row.application_id == application);
            let of_it: Vec<&hotfix::Model> = of_it.collect();
            let parts: Vec<Part<'_>> = known.iter().map(|known| Part::of(known)).collect();
            let Marked {
                recognised,
                made_here,
            } = if is_in_hand(application) {
                mark_in_hand(&mut row, &parts, own);
                Marked::default()
            } else {
                mark(&mut row, &parts, own, &of_it, situation.position)
            };
            let counts = broken.get(&application).copied().unwrap_or_default();
            (row.broken, row.outdated) = counts;
            let newest = known.iter().max_by_key(|known| known.hosted.activated_ms);
            let by = newest.and_then(|known| known.origin.as_ref()?.actor);
            if changed {
                row.changed = Some(now);
                row.changed_by = by;
            }
            if !is_in_hand(application) {
                let hotfix = hotfixes::Change::of(&of_it, &row, made_here, by);
                outcome.hotfixes.extend(hotfix);
            }
            if before.is_none_or(|before| *before != row) || changed {
                row.revision += 1;
                outcome.recognised.extend(recognised);
                outcome.rows.push(row);
            }
        }
        Ok(outcome)
    }

    /// The tags of these applications with their content.
    pub(super) async fn tags(
        &self,
        connection: &DatabaseTransaction,
        applications: &BTreeSet<Uuid>,
    ) -> Result<Tags, AppError> {
        let ids: Vec<Uuid> = applications.iter().copied().collect();
        let versions = catalog::versions_of(connection, &ids).await?;
        let version_ids: Vec<Uuid> = versions.iter().map(|version| version.id).collect();
        let made_of = catalog::version_modules(connection, &version_ids).await?;
        let needed = made_of.iter().map(|row| row.module_version_id).collect();
        let states = self.states.load(connection, needed).await?;
        let mut contents: BTreeMap<Uuid, Content> = BTreeMap::new();
        for row in made_of {
            if let Some(state) = states.get(&row.module_version_id) {
                contents
                    .entry(row.version_id)
                    .or_default()
                    .insert(state.module, state.digest.clone());
            }
        }
        let mut tags = Tags::new();
        for version in versions {
            let content = contents.remove(&version.id).unwrap_or_default();
            tags.entry(version.application_id)
                .or_default()
                .push((version, content));
        }
        Ok(tags)
    }
}

/// Broken and outdated references per application.
fn count_broken(
    situation: &Situation,
    hosting: &Hosting,
) -> Result<BTreeMap<Uuid, (i64, i64)>, AppError> {
    let environment = EnvironmentId(situation.environment.id);
    let states: Vec<&Arc<ModuleState>> =
        hosting.modules.values().map(|known| &known.state).collect();
    let facts = environment_facts(environment, &states);
    let landscape = facts.build().map_err(|error| damaged(&error))?;
    let mut counts: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
    for mark in landscape.reference_marks(0) {
        let application = landscape.applications[mark.application as usize].id.0;
        let count = counts.entry(application).or_default();
        let size = |list: &[u32]| i64::try_from(list.len()).unwrap_or(i64::MAX);
        count.0 += size(&mark.missing) + size(&mark.incompatible);
        count.1 += size(&mark.outdated);
    }
    Ok(counts)
}

/// An environment with nothing but these states, each in its own application.
pub(crate) fn environment_facts(
    environment: EnvironmentId,
    states: &[&Arc<ModuleState>],
) -> LandscapeBuilder {
    let mut facts = LandscapeBuilder::new(0);
    facts.environment(EnvironmentFacts {
        id: environment,
        name: String::new(),
        purpose: Purpose::Test,
        reachable: true,
        link: LinkState::Online,
        platform: 0,
        maintenance: None,
    });
    let mut producers = BTreeMap::new();
    let mut running: BTreeMap<Uuid, NewRunning> = BTreeMap::new();
    for state in states {
        let application = ApplicationId(state.application);
        facts.application(application, "", true, true);
        add_state(&mut facts, state, &mut producers);
        running
            .entry(state.application)
            .or_insert_with(|| NewRunning::new(environment, application))
            .modules
            .push(state.version_id());
    }
    for (id, name) in producers {
        facts.module(unknown_producer(id, name));
    }
    for state in states {
        facts.module(ModuleFacts {
            id: ModuleId(state.module),
            name: state.name.clone(),
            kind: state.kind,
        });
    }
    for row in running.into_values() {
        facts.running(row);
    }
    facts
}

/// How a module is, as it is kept: why it is down, where the agent says so.
fn kept_state(hosted: &Hosted) -> String {
    let said = hosted.trouble.as_ref().unwrap_or(&hosted.state);
    said.chars().take(20).collect()
}

fn diff_modules(situation: &Situation, hosting: &Hosting, outcome: &mut Outcome) {
    for (module, known) in &hosting.modules {
        let before = situation.modules.get(module);
        let row = running_module::Model {
            environment_id: situation.environment.id,
            module_id: *module,
            application_id: owner(&known.state),
            module_version_id: known.state.id,
            attempt_id: known.hosted.attempt,
            activated: known.hosted.activated_ms,
            state: kept_state(&known.hosted),
        };
        if before.is_none_or(|before| *before != row) {
            let changed = before.is_none_or(|before| {
                before.module_version_id != row.module_version_id
                    || before.application_id != row.application_id
            });
            if changed {
                outcome.content_changed.insert(row.application_id);
                outcome
                    .content_changed
                    .extend(before.map(|before| before.application_id));
                if known.hosted.attempt.is_none() {
                    outcome.drifted.push(known.state.name.clone());
                }
            }
            outcome.modules.push(row);
        }
    }
    for (module, before) in &situation.modules {
        if !hosting.modules.contains_key(module) {
            outcome.gone.push(*module);
            outcome.content_changed.insert(before.application_id);
        }
    }
}

/// A module that runs, as far as marks go by it.
pub(super) struct Part<'a> {
    pub(super) state: &'a ModuleState,
    /// Whether an attempt of ours brought it.
    pub(super) is_ours: bool,
    /// Whether that published it straight into the environment.
    pub(super) is_published: bool,
}

impl<'a> Part<'a> {
    fn of(known: &'a Known) -> Self {
        let origin = known.origin.as_ref();
        Self {
            state: &known.state,
            is_ours: known.hosted.attempt.is_some(),
            is_published: origin.is_some_and(|origin| origin.publication),
        }
    }

    fn differs_from(&self, of_base: Option<&Content>) -> bool {
        let there = of_base.and_then(|of_base| of_base.get(&self.state.module));
        there != Some(&self.state.digest)
    }
}

/// What [`mark`] found besides.
#[derive(Default)]
pub(super) struct Marked {
    /// The tag that was recognised by its content, if one was.
    pub(super) recognised: Option<Uuid>,
    /// What the application is made of, if that was published here downstream of Development, is no
    /// tag, and nobody said that it is settled.
    pub(super) made_here: Option<String>,
}

/// Sets base and marks of one row. `tags` come in the order in which they are taken for what has
/// their content.
pub(super) fn mark(
    row: &mut running::Model,
    parts: &[Part<'_>],
    tags: &[(version::Model, Content)],
    untagged: &[&hotfix::Model],
    position: usize,
) -> Marked {
    if parts.is_empty() {
        row.base_id = None;
        row.base_sort_key = None;
        row.modified = false;
        row.hotfix = false;
        row.changed_outside = false;
        return Marked::default();
    }
    let content = content_of(parts);
    let mut recognised = None;
    // V13: whatever the way it came, content that equals a tag is that tag.
    if base_of(row, tags).is_none_or(|(_, of_base)| *of_base != content)
        && let Some((tag, _)) = tags.iter().find(|(_, of_tag)| *of_tag == content)
    {
        row.base_id = Some(tag.id);
        recognised = Some(tag.id);
    }
    compare_with_base(row, parts, tags);
    let base = base_of(row, tags);
    let published = parts
        .iter()
        .filter(|part| part.differs_from(base.map(|(_, of_base)| of_base)))
        .any(|part| part.is_published);
    let made_here = (position > 0 && published)
        .then(|| hotfixes::fingerprint(&content))
        .filter(|content| !hotfixes::is_settled(untagged, content));
    row.hotfix = made_here.is_some() || (position > 0 && base.is_some_and(|(tag, _)| tag.hotfix));
    Marked {
        recognised,
        made_here,
    }
}

/// Sets the marks of one row that may still go back: the tag that it comes from stays.
fn mark_in_hand(row: &mut running::Model, parts: &[Part<'_>], tags: &[(version::Model, Content)]) {
    if !parts.is_empty() {
        compare_with_base(row, parts, tags);
    }
}

/// Sets what an application is next to the tag that it comes from.
fn compare_with_base(
    row: &mut running::Model,
    parts: &[Part<'_>],
    tags: &[(version::Model, Content)],
) {
    let base = base_of(row, tags);
    let of_base = base.map(|(_, of_base)| of_base);
    row.modified = of_base.is_some_and(|of_base| *of_base != content_of(parts));
    row.changed_outside = parts
        .iter()
        .filter(|part| part.differs_from(of_base))
        .any(|part| !part.is_ours);
    row.base_sort_key = base.map(|(tag, _)| tag.sort_key.clone());
}

/// The tag that an application comes from, with what that is made of.
fn base_of<'a>(
    row: &running::Model,
    tags: &'a [(version::Model, Content)],
) -> Option<&'a (version::Model, Content)> {
    tags.iter().find(|(tag, _)| Some(tag.id) == row.base_id)
}

fn content_of(parts: &[Part<'_>]) -> Content {
    let parts = parts.iter();
    parts
        .map(|part| (part.state.module, part.state.digest.clone()))
        .collect()
}
