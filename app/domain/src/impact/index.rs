//! What a check needs to know about a landscape and a pair of environments, laid out flat, so
//! that a check touches nothing but what its plan changes. Built once per snapshot and shared.

use super::csr::Csr;
use super::evaluate::Scratch;
use super::lookup::{Lookup, NONE};
use crate::id::{ApplicationId, EnvironmentId, ModuleId, VersionId};
use crate::landscape::{Landscape, LandscapeError, ModuleVersionFacts, RunningFacts};
use crate::name::fold;
use crate::reference::{Compatibility, Strength, compatible};
use crate::version::VersionNumber;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A landscape prepared for checking plans between two of its environments.
#[derive(Debug)]
pub struct Index {
    pub(crate) landscape: Arc<Landscape>,
    pub(crate) source_id: EnvironmentId,
    pub(crate) target_id: EnvironmentId,
    /// Positions; [`NONE`] if the landscape does not know the environment.
    pub(crate) source: u32,
    pub(crate) target: u32,
    application_at: Lookup,
    version_at: Lookup,
    module_at: Lookup,
    /// Per application: its row in `running` of the source and of the target, or [`NONE`].
    pub(crate) source_row: Vec<u32>,
    pub(crate) target_row: Vec<u32>,
    /// Per application and per version: what a row's check asks, side by side.
    pub(crate) applications: Vec<ApplicationKeys>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) tag_modules: Csr<u32>,
    /// Per module version: its place among all, by name, and back.
    pub(crate) rank: Vec<u32>,
    pub(crate) by_rank: Vec<u32>,
    /// Per application: its versions, lowest first.
    pub(crate) versions_of: Csr<u32>,
    /// Per module: the state that the target runs and the application it belongs to there.
    pub(crate) running: Vec<u32>,
    pub(crate) owner: Vec<u32>,
    /// Per module: the versions eligible from the source that contain it, lowest first.
    pub(crate) carriers: Csr<Carrier>,
    /// Per element.
    pub(crate) element_module: Vec<u32>,
    pub(crate) element_strong: Vec<bool>,
    pub(crate) offered: Vec<Offered>,
    /// Per element: who uses it in the target.
    pub(crate) users: Csr<User>,
    /// Per module version that matters: what it uses of other modules.
    pub(crate) refs: Csr<Ref>,
    /// ... those of `refs` that do not fit what the target offers now.
    pub(crate) unmet: Csr<Ref>,
    /// ... those of `refs` that saw something newer than the target has, if the source has it
    /// still: candidates for *newer producer available*.
    pub(crate) behind: Csr<Ref>,
    /// ... how the target's offer changes if this replaces the module's running state.
    pub(crate) delta: Csr<(u32, Offered)>,
    /// ... the modules behind `refs`, sorted.
    pub(crate) producers: Csr<u32>,
    /// Per module: the modules that use it in the target, sorted.
    pub(crate) consumers: Csr<u32>,
    pub(crate) facts: Vec<VersionKeys>,
    /// Modules in the target with references that do not fit there, by position.
    pub(crate) broken: Vec<u32>,
    /// Per module: whether it is, or leads through references in the target to, a broken one.
    pub(crate) leads_to_broken: Vec<bool>,
    /// Per module: whether the source has a newer state in a higher version than the target.
    pub(crate) newer: Vec<bool>,
    /// Per name key: what has that name, or URL path, in the target.
    pub(crate) named: Csr<u32>,
    pub(crate) at_path: Csr<u32>,
    pub(crate) applications_named: Csr<u32>,
    /// Name keys of applications: as now, and per version.
    pub(crate) application_key: Vec<u32>,
    pub(crate) version_key: Vec<u32>,
    pub(crate) key_count: usize,
    scratch: Mutex<Vec<Scratch>>,
}

/// What is offered of an element: interned interface and full hash. Absent: [`NONE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offered {
    pub interface: u32,
    pub full: u32,
}

impl Offered {
    pub const NOTHING: Self = Self {
        interface: NONE,
        full: NONE,
    };
}

impl Default for Offered {
    fn default() -> Self {
        Self::NOTHING
    }
}

/// A reference, flat.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ref {
    pub element: u32,
    pub interface: u32,
    pub full: u32,
    /// Position in the module version's `uses`.
    pub at: u32,
}

/// A reference seen from the element.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct User {
    pub version: u32,
    pub reference: Ref,
}

/// A tagged version that contains a module.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Carrier {
    pub version: u32,
    pub module_version: u32,
}

/// What a check compares of a module version, besides references.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct VersionKeys {
    pub module: u32,
    /// Names with equal folding have equal keys, and keys sort as the names do.
    pub name: u32,
    /// 0 if it has no URL path.
    pub path: u32,
    /// Needs a newer platform than the target's.
    pub platform: bool,
    /// The target runs the same content under the same name and path.
    pub same: bool,
}

/// A row that deploys something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub application: u32,
    pub content: Content,
    pub number: Option<VersionNumber>,
    /// The key of the application's name in that version.
    pub name: u32,
}

/// What a row deploys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A tagged version.
    Version(u32),
    /// What the source runs now: a row of `running`.
    Source(u32),
}

/// What a check asks about an application.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // facts of their own, side by side
pub(crate) struct ApplicationKeys {
    pub may_tag: bool,
    pub may_deploy: bool,
    pub blocked: bool,
    pub changed_outside: bool,
    pub in_source: bool,
    pub target_number: Option<VersionNumber>,
    pub source_number: Option<VersionNumber>,
}

/// What a check asks about a tagged version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tag {
    pub application: u32,
    pub eligible: bool,
    pub number: VersionNumber,
}

/// How a reference fits an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Fits,
    Missing,
    Incompatible,
}

impl Index {
    /// Checks the landscape and lays it out. The work is linear in the landscape, apart from
    /// sorting names.
    pub fn new(
        landscape: Arc<Landscape>,
        source: EnvironmentId,
        target: EnvironmentId,
    ) -> Result<Self, LandscapeError> {
        landscape.validate()?;
        Ok(Self::lay_out(landscape, source, target))
    }

    /// The landscape it was made of.
    pub fn landscape(&self) -> &Landscape {
        &self.landscape
    }

    /// Where versions come from.
    pub const fn source(&self) -> EnvironmentId {
        self.source_id
    }

    /// Where they go.
    pub const fn target(&self) -> EnvironmentId {
        self.target_id
    }

    pub(crate) fn lay_out(
        landscape: Arc<Landscape>,
        source_id: EnvironmentId,
        target_id: EnvironmentId,
    ) -> Self {
        let facts = &*landscape;
        let position = |id| {
            facts
                .environments
                .iter()
                .position(|e| e.id == id)
                .map_or(NONE, |p| p as u32)
        };
        let (source, target) = (position(source_id), position(target_id));
        let source_row = rows_of(facts, source);
        let target_row = rows_of(facts, target);

        let mut running = vec![NONE; facts.modules.len()];
        let mut owner = vec![NONE; facts.modules.len()];
        let mut matters = vec![false; facts.module_versions.len()];
        for row in facts.running.iter().filter(|r| r.environment == target) {
            for version in &row.modules {
                let module = facts.module_versions[*version as usize].module as usize;
                // Should two applications run the same module, the first counts.
                if running[module] == NONE {
                    running[module] = *version;
                    owner[module] = row.application;
                }
            }
        }
        let carriers = carriers(facts, source, &mut matters);
        for row in facts.running.iter().filter(|r| r.environment == source) {
            row.modules.iter().for_each(|v| matters[*v as usize] = true);
        }
        for version in running.iter().filter(|v| **v != NONE) {
            matters[*version as usize] = true;
        }
        for plan in facts.active_plans.iter().filter(|p| p.target == target) {
            plan.brings.iter().for_each(|v| matters[*v as usize] = true);
        }

        let mut offered = vec![Offered::NOTHING; facts.elements.len()];
        for version in running.iter().filter(|v| **v != NONE) {
            for p in &facts.module_versions[*version as usize].provides {
                offered[p.element as usize] = Offered {
                    interface: p.interface,
                    full: p.full,
                };
            }
        }
        let versions_of: Vec<(u32, u32)> = (0_u32..)
            .zip(&facts.versions)
            .map(|(i, v)| (v.application, i))
            .collect();

        let keys = Keys::new(facts);
        let mut index = Self {
            source_id,
            target_id,
            source,
            target,
            application_at: Lookup::new(facts.applications.iter().map(|a| a.id.0)),
            version_at: Lookup::new(facts.versions.iter().map(|v| v.id.0)),
            module_at: Lookup::new(facts.modules.iter().map(|m| m.id.0)),
            source_row,
            target_row,
            applications: Vec::new(),
            tags: Vec::new(),
            tag_modules: Csr::with_capacity(0, 0),
            rank: Vec::new(),
            by_rank: Vec::new(),
            versions_of: Csr::from_pairs(facts.applications.len(), &versions_of),
            carriers,
            element_module: facts.elements.iter().map(|e| e.module).collect(),
            element_strong: facts
                .elements
                .iter()
                .map(|e| e.kind.strength() == Strength::Strong)
                .collect(),
            offered,
            running,
            owner,
            users: Csr::with_capacity(0, 0),
            refs: Csr::with_capacity(0, 0),
            unmet: Csr::with_capacity(0, 0),
            behind: Csr::with_capacity(0, 0),
            delta: Csr::with_capacity(0, 0),
            producers: Csr::with_capacity(0, 0),
            consumers: Csr::with_capacity(0, 0),
            facts: Vec::new(),
            broken: Vec::new(),
            leads_to_broken: Vec::new(),
            newer: Vec::new(),
            named: Csr::with_capacity(0, 0),
            at_path: Csr::with_capacity(0, 0),
            applications_named: Csr::with_capacity(0, 0),
            application_key: keys.applications,
            version_key: keys.versions,
            key_count: keys.count,
            scratch: Mutex::new(Vec::new()),
            landscape: Arc::clone(&landscape),
        };
        index.add_rows();
        index.add_references(&matters);
        index.add_users();
        index.add_keys(&keys.module_versions);
        index.add_broken();
        index.newer = index.newer_in_source();
        index.add_behind(&matters);
        index
    }

    fn add_rows(&mut self) {
        let landscape = Arc::clone(&self.landscape);
        let number = |row: Option<&RunningFacts>| {
            let base = row?.base?;
            Some(landscape.versions.get(base as usize)?.number)
        };
        for (i, facts) in (0_u32..).zip(&landscape.applications) {
            let there = self.running_in_target(i);
            let here = self.running_in_source(i);
            self.applications.push(ApplicationKeys {
                may_tag: facts.may_tag,
                may_deploy: facts.may_deploy,
                blocked: self.blocked(i).is_some(),
                changed_outside: there.is_some_and(|r| r.changed_outside),
                in_source: here.is_some(),
                target_number: number(there),
                source_number: number(here),
            });
        }
        let source = self.source;
        self.tags.extend(landscape.versions.iter().map(|v| Tag {
            application: v.application,
            eligible: v.eligible.binary_search(&source).is_ok(),
            number: v.number,
        }));
        let total = landscape.versions.iter().map(|v| v.modules.len()).sum();
        self.tag_modules = Csr::with_capacity(landscape.versions.len(), total);
        for version in &landscape.versions {
            self.tag_modules.push_row(version.modules.iter().copied());
        }
    }

    fn add_references(&mut self, matters: &[bool]) {
        let landscape = Arc::clone(&self.landscape);
        let versions = &landscape.module_versions;
        let total = versions.iter().map(|v| v.uses.len()).sum();
        self.refs = Csr::with_capacity(versions.len(), total);
        self.producers = Csr::with_capacity(versions.len(), total);
        self.unmet = Csr::with_capacity(versions.len(), 0);
        self.delta = Csr::with_capacity(versions.len(), 0);
        let mut producers = Vec::new();
        for (i, version) in (0_u32..).zip(versions) {
            if !matters[i as usize] {
                self.refs.push_row([]);
                self.producers.push_row([]);
                self.unmet.push_row([]);
                self.delta.push_row([]);
                continue;
            }
            let refs = (0_u32..).zip(&version.uses).map(|(at, used)| Ref {
                element: used.element,
                interface: used.interface,
                full: used.full,
                at,
            });
            let module_of = &self.element_module;
            let refs = refs.filter(|r| module_of[r.element as usize] != version.module);
            self.refs.push_row(refs);

            producers.clear();
            let row = self.refs.row(i);
            producers.extend(row.iter().map(|r| self.element_module[r.element as usize]));
            // Elements are ordered by module, so equal producers are neighbours.
            producers.dedup();
            self.producers.push_row(producers.iter().copied());

            let unmet: Vec<Ref> = row
                .iter()
                .filter(|r| self.fit(i, **r, self.offered[r.element as usize]) != Fit::Fits)
                .copied()
                .collect();
            self.unmet.push_row(unmet);
            let delta = delta(version, self.running_facts(version.module));
            self.delta.push_row(delta);
        }
    }

    fn running_facts(&self, module: u32) -> Option<&ModuleVersionFacts> {
        let version = self.running[module as usize];
        self.landscape.module_versions.get(version as usize)
    }

    fn add_users(&mut self) {
        let mut users = Vec::new();
        let mut consumers = Vec::new();
        for (module, version) in (0_u32..).zip(&self.running) {
            if *version == NONE {
                continue;
            }
            for reference in self.refs.row(*version) {
                let user = User {
                    version: *version,
                    reference: *reference,
                };
                users.push((reference.element, user));
            }
            for producer in self.producers.row(*version) {
                consumers.push((*producer, module));
            }
        }
        self.users = Csr::from_pairs(self.offered.len(), &users);
        self.consumers = Csr::from_pairs(self.running.len(), &consumers);
    }

    fn add_keys(&mut self, keys: &[(u32, u32)]) {
        let landscape = Arc::clone(&self.landscape);
        let platform = landscape
            .environments
            .get(self.target as usize)
            .map_or(0, |e| e.platform);
        let mut named = Vec::new();
        let mut at_path = Vec::new();
        for ((i, version), (name, path)) in (0_u32..).zip(&landscape.module_versions).zip(keys) {
            let same = self.running_facts(version.module).is_some_and(|now| {
                now.content == version.content
                    && now.name == version.name
                    && now.url_path == version.url_path
            });
            self.facts.push(VersionKeys {
                module: version.module,
                name: *name,
                path: *path,
                platform: platform != 0 && version.needs_platform > platform,
                same,
            });
            if self.running[version.module as usize] == i {
                named.push((*name, version.module));
                if *path != 0 {
                    at_path.push((*path, version.module));
                }
            }
        }
        // By name, then by position: the keys sort as the names do.
        let mut by_name: Vec<(u32, u32)> = (0_u32..)
            .zip(&self.facts)
            .map(|(i, facts)| (facts.name, i))
            .collect();
        by_name.sort_unstable();
        self.by_rank = by_name.iter().map(|(_, i)| *i).collect();
        self.rank = vec![0; by_name.len()];
        for (rank, (_, i)) in (0_u32..).zip(&by_name) {
            self.rank[*i as usize] = rank;
        }
        self.named = Csr::from_pairs(self.key_count, &named);
        self.at_path = Csr::from_pairs(self.key_count, &at_path);
        let mut applications = Vec::new();
        for (application, row) in (0_u32..).zip(&self.target_row) {
            if let Some(running) = landscape.running.get(*row as usize) {
                let key = running
                    .base
                    .map_or(self.application_key[application as usize], |b| {
                        self.version_key[b as usize]
                    });
                applications.push((key, application));
            }
        }
        self.applications_named = Csr::from_pairs(self.key_count, &applications);
    }

    fn add_broken(&mut self) {
        self.leads_to_broken = vec![false; self.running.len()];
        for (module, version) in (0_u32..).zip(&self.running) {
            if *version != NONE && !self.unmet.row(*version).is_empty() {
                self.broken.push(module);
                self.leads_to_broken[module as usize] = true;
            }
        }
        let mut queue = self.broken.clone();
        while let Some(module) = queue.pop() {
            for consumer in self.consumers.row(module) {
                if !self.leads_to_broken[*consumer as usize] {
                    self.leads_to_broken[*consumer as usize] = true;
                    queue.push(*consumer);
                }
            }
        }
    }

    fn newer_in_source(&self) -> Vec<bool> {
        let mut newer = vec![false; self.running.len()];
        for (application, row) in (0_u32..).zip(&self.source_row) {
            let Some(there) = self.landscape.running.get(*row as usize) else {
                continue;
            };
            let number = self.target_number(application);
            if number.is_none() || number >= self.source_number(application) {
                continue;
            }
            for version in &there.modules {
                let keys = self.facts[*version as usize];
                newer[keys.module as usize] =
                    self.owner[keys.module as usize] == application && !keys.same;
            }
        }
        newer
    }

    fn add_behind(&mut self, matters: &[bool]) {
        let mut behind = Csr::with_capacity(matters.len(), 0);
        for (i, matters) in (0_u32..).zip(matters) {
            let refs = self.refs.row(i).iter().filter(|_| *matters);
            behind.push_row(refs.copied().filter(|r| {
                let offer = self.offered[r.element as usize];
                self.newer[self.element_module[r.element as usize] as usize]
                    && offer.interface != NONE
                    && (offer.interface, offer.full) != (r.interface, r.full)
            }));
        }
        self.behind = behind;
    }

    /// How a reference of a module version fits an offer.
    #[inline]
    pub(crate) fn fit(&self, version: u32, reference: Ref, offered: Offered) -> Fit {
        if offered.interface == reference.interface {
            return Fit::Fits;
        }
        if offered.interface == NONE {
            return Fit::Missing;
        }
        self.fit_slowly(version, reference, offered)
    }

    #[cold]
    fn fit_slowly(&self, version: u32, reference: Ref, offered: Offered) -> Fit {
        let facts = &*self.landscape;
        let used = &facts.module_versions[version as usize].uses[reference.at as usize];
        let seen = &facts.interfaces[reference.interface as usize];
        let now = &facts.interfaces[offered.interface as usize];
        match compatible(seen, now, &used.members) {
            Compatibility::Incompatible => Fit::Incompatible,
            Compatibility::Same | Compatibility::Compatible => Fit::Fits,
        }
    }

    pub(crate) fn application(&self, id: ApplicationId) -> Option<u32> {
        self.application_at.find(id.0)
    }

    pub(crate) fn version(&self, id: VersionId) -> Option<u32> {
        self.version_at.find(id.0)
    }

    pub(crate) fn module(&self, id: ModuleId) -> Option<u32> {
        self.module_at.find(id.0)
    }

    pub(crate) fn running_in_target(&self, application: u32) -> Option<&RunningFacts> {
        let row = self.target_row.get(application as usize)?;
        self.landscape.running.get(*row as usize)
    }

    pub(crate) fn running_in_source(&self, application: u32) -> Option<&RunningFacts> {
        let row = self.source_row.get(application as usize)?;
        self.landscape.running.get(*row as usize)
    }

    pub(crate) fn target_number(&self, application: u32) -> Option<VersionNumber> {
        self.applications.get(application as usize)?.target_number
    }

    pub(crate) fn source_number(&self, application: u32) -> Option<VersionNumber> {
        self.applications.get(application as usize)?.source_number
    }

    pub(crate) fn number_of(&self, version: u32) -> Option<VersionNumber> {
        Some(self.tags.get(version as usize)?.number)
    }

    /// Whether a version may be deployed from the source.
    pub(crate) fn eligible(&self, version: u32) -> bool {
        self.tags[version as usize].eligible
    }

    /// The reason why an application may not be deployed to the target, if there is one.
    pub(crate) fn blocked(&self, application: u32) -> Option<&str> {
        let blocked = &self.landscape.applications[application as usize].blocked;
        let at = blocked.iter().find(|(e, _)| *e == self.target)?;
        Some(&at.1)
    }

    /// Working memory from an earlier check, or new.
    pub(crate) fn take_scratch(&self) -> Scratch {
        let mut pool = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        pool.pop().unwrap_or_else(|| Scratch::new(self))
    }

    /// Keeps working memory for the next check.
    pub(crate) fn keep_scratch(&self, scratch: Scratch) {
        let mut pool = self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() < 4 {
            pool.push(scratch);
        }
    }
}

/// Per application its row in `running` of an environment.
fn rows_of(facts: &Landscape, environment: u32) -> Vec<u32> {
    let mut rows = vec![NONE; facts.applications.len()];
    for (i, row) in (0_u32..).zip(&facts.running) {
        if row.environment == environment {
            rows[row.application as usize] = i;
        }
    }
    rows
}

fn carriers(facts: &Landscape, source: u32, matters: &mut [bool]) -> Csr<Carrier> {
    let mut pairs = Vec::new();
    for (i, version) in (0_u32..).zip(&facts.versions) {
        if version.eligible.binary_search(&source).is_err() {
            continue;
        }
        for module_version in &version.modules {
            matters[*module_version as usize] = true;
            let carrier = Carrier {
                version: i,
                module_version: *module_version,
            };
            let module = facts.module_versions[*module_version as usize].module;
            pairs.push((module, carrier));
        }
    }
    Csr::from_pairs(facts.modules.len(), &pairs)
}

/// How the offer of a module changes from what runs to `version`: both lists are sorted.
fn delta(
    version: &ModuleVersionFacts,
    running: Option<&ModuleVersionFacts>,
) -> Vec<(u32, Offered)> {
    let before = running.map_or(&[][..], |r| &r.provides);
    let after = &version.provides;
    let mut changes = Vec::new();
    let (mut b, mut a) = (0, 0);
    loop {
        let old = before.get(b).map_or(NONE, |p| p.element);
        let new = after.get(a).map_or(NONE, |p| p.element);
        if old == NONE && new == NONE {
            return changes;
        }
        if old < new {
            changes.push((old, Offered::NOTHING));
            b += 1;
            continue;
        }
        let offer = Offered {
            interface: after[a].interface,
            full: after[a].full,
        };
        let same =
            old == new && before[b].interface == offer.interface && before[b].full == offer.full;
        if !same {
            changes.push((new, offer));
        }
        a += 1;
        b += usize::from(old == new);
    }
}

/// Numbers for folded names and paths, in the order of the names.
struct Keys {
    /// (name, path) per module version.
    module_versions: Vec<(u32, u32)>,
    applications: Vec<u32>,
    versions: Vec<u32>,
    count: usize,
}

impl Keys {
    fn new(facts: &Landscape) -> Self {
        let path = |text: &str| fold(text.trim_matches('/'));
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        numbers.insert(String::new(), 0);
        for version in &facts.module_versions {
            numbers.insert(fold(&version.name), 0);
            numbers.insert(path(&version.url_path), 0);
        }
        for name in facts.applications.iter().map(|a| &a.name) {
            numbers.insert(fold(name), 0);
        }
        for name in facts.versions.iter().map(|v| &v.name) {
            numbers.insert(fold(name), 0);
        }
        for (number, place) in (0_u32..).zip(numbers.values_mut()) {
            *place = number;
        }
        let key = |text: String| numbers.get(&text).copied().unwrap_or(0);
        Self {
            module_versions: facts
                .module_versions
                .iter()
                .map(|v| (key(fold(&v.name)), key(path(&v.url_path))))
                .collect(),
            applications: facts
                .applications
                .iter()
                .map(|a| key(fold(&a.name)))
                .collect(),
            versions: facts.versions.iter().map(|v| key(fold(&v.name))).collect(),
            count: numbers.len(),
        }
    }
}
