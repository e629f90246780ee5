//! Makes a landscape from plain facts that name each other by id, in any order.

use super::{
    ActivePlan, ApplicationFacts, ElementFacts, EnvironmentFacts, Ix, Landscape, LandscapeError,
    ModuleFacts, ModuleVersionFacts, Provided, Reference, RunningFacts, Table, VersionFacts,
};
use crate::id::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, PlanId, VersionId};
use crate::name::fold;
use crate::reference::{ElementKind, Interface};
use crate::time::Timestamp;
use crate::version::VersionNumber;
use std::collections::BTreeMap;
use std::fmt::Display;

/// Collects facts, then sorts them, puts positions in place of ids and interns interfaces and
/// hashes. Facts may come in any order; the same facts give the same landscape. The work is
/// O(n log n) in the number of facts.
///
/// A fact given twice under the same id replaces the former one, so that a loader may push what
/// several queries share.
///
/// ```
/// use domain::landscape::{LandscapeBuilder, NewModuleVersion, NewRunning};
/// # use domain::landscape::{EnvironmentFacts, ModuleFacts};
/// # use domain::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, application::ModuleKind,
/// #     environment::Purpose, reference::{ElementKind, Interface}};
/// # let id = uuid::Uuid::from_u128;
/// # let (development, orders, module, state) = (EnvironmentId(id(1)), ApplicationId(id(2)),
/// #     ModuleId(id(3)), ModuleVersionId(id(4)));
/// let mut facts = LandscapeBuilder::new(7);
/// facts.environment(EnvironmentFacts {
///     id: development,
///     name: "Development".to_owned(),
///     purpose: Purpose::Development,
///     reachable: true,
///     platform: 1,
/// });
/// facts.application(orders, "Orders", true, true);
/// facts.module(ModuleFacts { id: module, name: "Orders".to_owned(), kind: ModuleKind::Service });
/// facts.module_version(NewModuleVersion {
///     id: state,
///     module,
///     application: orders,
///     name: "Orders".to_owned(),
///     url_path: "orders".to_owned(),
///     content: b"digest of the content".to_vec(),
///     needs_platform: 0,
/// });
/// facts.provides(state, ElementKind::Screen, "Home", Interface::default(), b"full hash");
/// facts.running(NewRunning {
///     modules: vec![state],
///     ..NewRunning::new(development, orders)
/// });
/// let landscape = facts.build()?;
/// assert_eq!(landscape.running.len(), 1);
/// # Ok::<(), domain::landscape::LandscapeError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct LandscapeBuilder {
    revision: u64,
    environments: Vec<EnvironmentFacts>,
    applications: BTreeMap<ApplicationId, ApplicationFacts>,
    blocks: BTreeMap<(ApplicationId, EnvironmentId), String>,
    modules: BTreeMap<ModuleId, ModuleFacts>,
    interfaces: BTreeMap<Interface, u32>,
    hashes: BTreeMap<Vec<u8>, u32>,
    module_versions: BTreeMap<ModuleVersionId, NewModuleVersion>,
    provides: Vec<Offer>,
    uses: Vec<Use>,
    versions: BTreeMap<VersionId, NewVersion>,
    running: BTreeMap<(EnvironmentId, ApplicationId), NewRunning>,
    active_plans: BTreeMap<PlanId, NewActivePlan>,
}

/// Interface and hash are numbers in the builder's own tables until everything is known.
#[derive(Debug, Clone)]
struct Offer {
    version: ModuleVersionId,
    kind: ElementKind,
    name: String,
    interface: u32,
    full: u32,
}

#[derive(Debug, Clone)]
struct Use {
    consumer: ModuleVersionId,
    producer: ModuleId,
    kind: ElementKind,
    name: String,
    interface: u32,
    full: u32,
    members: Vec<u16>,
}

/// A published state of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewModuleVersion {
    /// Its id.
    pub id: ModuleVersionId,
    /// Whose state.
    pub module: ModuleId,
    /// The application it belonged to when published.
    pub application: ApplicationId,
    /// The module's name when published.
    pub name: String,
    /// The module's URL path when published; empty if it has none.
    pub url_path: String,
    /// The digest of its own content (linked producers left out).
    pub content: Vec<u8>,
    /// The lowest platform it needs; 0 if any will do.
    pub needs_platform: u32,
}

/// What a consumer saw of an element when it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The interface it saw.
    pub interface: Interface,
    /// The full hash it saw.
    pub full: &'a [u8],
    /// Positions of the members it uses, in the interface as [`Interface::new`] sorts it
    /// ([`Interface::positions`] finds them by name); empty means all of them.
    pub members: Vec<u16>,
}

/// A tagged version of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVersion {
    /// Its id.
    pub id: VersionId,
    /// Whose.
    pub application: ApplicationId,
    /// Its number.
    pub number: VersionNumber,
    /// The application's name in this version.
    pub name: String,
    /// When it was tagged.
    pub created: Timestamp,
    /// The module versions it is made of.
    pub modules: Vec<ModuleVersionId>,
    /// Environments it can be deployed from.
    pub eligible: Vec<EnvironmentId>,
}

/// What an environment runs of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRunning {
    /// Where.
    pub environment: EnvironmentId,
    /// What.
    pub application: ApplicationId,
    /// The tag it is derived from.
    pub base: Option<VersionId>,
    /// Something differs from the base.
    pub modified: bool,
    /// Changed downstream of Development and not merged back.
    pub hotfix: bool,
    /// Found without an attempt of ours.
    pub changed_outside: bool,
    /// The module versions that run.
    pub modules: Vec<ModuleVersionId>,
}

impl NewRunning {
    /// An application that runs without a base, without marks and (so far) without modules.
    pub const fn new(environment: EnvironmentId, application: ApplicationId) -> Self {
        Self {
            environment,
            application,
            base: None,
            modified: false,
            hotfix: false,
            changed_outside: false,
            modules: Vec::new(),
        }
    }
}

/// Another plan that holds modules of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivePlan {
    /// Its id; that of the run for a publication.
    pub id: PlanId,
    /// The number people know it by; 0 for a publication.
    pub number: u64,
    /// Its name.
    pub name: String,
    /// Its target.
    pub target: EnvironmentId,
    /// The modules that it deploys, republishes or removes.
    pub modules: Vec<ModuleId>,
    /// The module versions that it brings.
    pub brings: Vec<ModuleVersionId>,
}

impl LandscapeBuilder {
    /// No facts yet, as of this revision.
    pub fn new(revision: u64) -> Self {
        Self {
            revision,
            ..Self::default()
        }
    }

    /// The next environment in promotion order.
    pub fn environment(&mut self, environment: EnvironmentFacts) {
        self.environments.push(environment);
    }

    /// An application, and what the person who asks may do with it.
    pub fn application(
        &mut self,
        id: ApplicationId,
        name: impl Into<String>,
        may_tag: bool,
        may_deploy: bool,
    ) {
        let facts = ApplicationFacts {
            id,
            name: name.into(),
            may_tag,
            may_deploy,
            blocked: Vec::new(),
        };
        self.applications.insert(id, facts);
    }

    /// An application may not be deployed to an environment, with the reason given.
    pub fn block(
        &mut self,
        application: ApplicationId,
        environment: EnvironmentId,
        reason: impl Into<String>,
    ) {
        self.blocks
            .insert((application, environment), reason.into());
    }

    /// A module.
    pub fn module(&mut self, module: ModuleFacts) {
        self.modules.insert(module.id, module);
    }

    /// A published state of a module; what it provides and uses is added by [`Self::provides`]
    /// and [`Self::uses`].
    pub fn module_version(&mut self, version: NewModuleVersion) {
        self.module_versions.insert(version.id, version);
    }

    /// An element that a module version offers. Given twice, the first is kept.
    pub fn provides(
        &mut self,
        version: ModuleVersionId,
        kind: ElementKind,
        name: &str,
        interface: Interface,
        full: &[u8],
    ) {
        let interface = self.interface(interface);
        let full = number(&mut self.hashes, full.to_vec());
        self.provides.push(Offer {
            version,
            kind,
            name: name.to_owned(),
            interface,
            full,
        });
    }

    /// An element that a module version uses. `seen` is what the producer offered when the
    /// consumer was published; none if the reference was recorded without being resolved.
    pub fn uses(
        &mut self,
        consumer: ModuleVersionId,
        producer: ModuleId,
        kind: ElementKind,
        name: &str,
        seen: Option<Seen<'_>>,
    ) {
        let (interface, full, members) = match seen {
            None => (Interface::default(), UNRESOLVED, Vec::new()),
            Some(seen) => {
                let full = number(&mut self.hashes, seen.full.to_vec());
                (seen.interface, full, seen.members)
            }
        };
        let interface = self.interface(interface);
        self.uses.push(Use {
            consumer,
            producer,
            kind,
            name: name.to_owned(),
            interface,
            full,
            members,
        });
    }

    /// A tagged version of an application.
    pub fn version(&mut self, version: NewVersion) {
        self.versions.insert(version.id, version);
    }

    /// What an environment runs of an application.
    pub fn running(&mut self, running: NewRunning) {
        let key = (running.environment, running.application);
        self.running.insert(key, running);
    }

    /// Another plan that holds modules of a target.
    pub fn active_plan(&mut self, plan: NewActivePlan) {
        self.active_plans.insert(plan.id, plan);
    }

    fn interface(&mut self, interface: Interface) -> u32 {
        let interface = if interface.is_normal() {
            interface
        } else {
            Interface::new(interface.members)
        };
        number(&mut self.interfaces, interface)
    }

    /// The landscape, sorted and checked. Fails if a fact names something that was not given, or
    /// if the facts contradict each other.
    pub fn build(self) -> Result<Landscape, LandscapeError> {
        let environments = positions(self.environments.iter().map(|e| e.id))?;
        let applications = positions(self.applications.keys().copied())?;
        let modules = positions(self.modules.keys().copied())?;
        let (module_versions, version_of) = self.module_versions(&modules, &applications)?;
        let (versions, tag_of) = self.tags(&applications, &environments, &version_of)?;

        let mut landscape = Landscape {
            revision: self.revision,
            applications: self.application_facts(&environments)?,
            running: self.running_facts(&environments, &applications, &version_of, &tag_of)?,
            active_plans: self.plan_facts(&environments, &modules, &version_of)?,
            module_versions,
            versions,
            ..Landscape::default()
        };
        self.link(&modules, &version_of, &mut landscape)?;
        landscape.environments = self.environments;
        landscape.modules = self.modules.into_values().collect();
        landscape.interfaces = self.interfaces.into_keys().collect();
        landscape.validate()?;
        Ok(landscape)
    }

    fn application_facts(
        &self,
        environments: &Positions<EnvironmentId>,
    ) -> Result<Vec<ApplicationFacts>, LandscapeError> {
        let mut facts = self.applications.clone();
        for ((application, environment), reason) in &self.blocks {
            let table = Table::Applications;
            let environment = find(environments, *environment, table, "environment")?;
            let Some(facts) = facts.get_mut(application) else {
                return Err(unknown(table, "application", application));
            };
            facts.blocked.push((environment, reason.clone()));
        }
        let mut facts: Vec<_> = facts.into_values().collect();
        for application in &mut facts {
            application.blocked.sort_unstable();
        }
        Ok(facts)
    }

    fn module_versions(
        &self,
        modules: &Positions<ModuleId>,
        applications: &Positions<ApplicationId>,
    ) -> Result<(Vec<ModuleVersionFacts>, Positions<ModuleVersionId>), LandscapeError> {
        let table = Table::ModuleVersions;
        let mut rows = Vec::with_capacity(self.module_versions.len());
        for new in self.module_versions.values() {
            let row = ModuleVersionFacts {
                id: new.id,
                module: find(modules, new.module, table, "module")?,
                application: find(applications, new.application, table, "application")?,
                name: new.name.clone(),
                url_path: new.url_path.clone(),
                content: 0,
                needs_platform: new.needs_platform,
                provides: Vec::new(),
                uses: Vec::new(),
            };
            rows.push((row, new.content.as_slice()));
        }
        rows.sort_by_key(|(row, _)| (row.module, row.id));
        let mut contents = BTreeMap::new();
        for (row, content) in &mut rows {
            row.content = number(&mut contents, *content);
        }
        let rows: Vec<_> = rows.into_iter().map(|(row, _)| row).collect();
        let positions = positions(rows.iter().map(|row| row.id))?;
        Ok((rows, positions))
    }

    /// Puts elements, interfaces and hashes in order and hangs them on the module versions.
    fn link(
        &self,
        modules: &Positions<ModuleId>,
        version_of: &Positions<ModuleVersionId>,
        landscape: &mut Landscape,
    ) -> Result<(), LandscapeError> {
        let table = Table::ModuleVersions;
        let mut keys = Vec::with_capacity(self.provides.len() + self.uses.len());
        let mut consumers = Vec::with_capacity(keys.capacity());
        for offer in &self.provides {
            let version = find(version_of, offer.version, table, "module version")?;
            let module = landscape.module_versions[version as usize].module;
            keys.push((module, offer.kind, fold(&offer.name), offer.name.as_str()));
            consumers.push(version);
        }
        for used in &self.uses {
            let version = find(version_of, used.consumer, table, "module version")?;
            let module = find(modules, used.producer, table, "module")?;
            keys.push((module, used.kind, fold(&used.name), used.name.as_str()));
            consumers.push(version);
        }
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by(|a, b| keys[*a].cmp(&keys[*b]));
        let mut element_of: Vec<Ix> = vec![0; keys.len()];
        let mut last: Option<usize> = None;
        for key in order {
            let (module, kind, folded, name) = &keys[key];
            let known = last.is_some_and(|last| {
                let (m, k, f, _) = &keys[last];
                (m, k, f) == (module, kind, folded)
            });
            if !known {
                landscape.elements.push(ElementFacts {
                    module: *module,
                    kind: *kind,
                    name: (*name).to_owned(),
                });
            }
            element_of[key] = position(landscape.elements.len() - 1, Table::Elements)?;
            last = Some(key);
        }

        let mut interface_of: Vec<Ix> = vec![0; self.interfaces.len()];
        for (place, number) in self.interfaces.values().enumerate() {
            interface_of[*number as usize - 1] = position(place, Table::Interfaces)?;
        }
        let interface = |number: u32| interface_of[number as usize - 1];

        for (i, offer) in self.provides.iter().enumerate() {
            let provided = Provided {
                element: element_of[i],
                interface: interface(offer.interface),
                full: offer.full,
            };
            landscape.module_versions[consumers[i] as usize]
                .provides
                .push(provided);
        }
        for (i, used) in (self.provides.len()..).zip(&self.uses) {
            let reference = Reference {
                element: element_of[i],
                interface: interface(used.interface),
                full: used.full,
                members: used.members.clone(),
            };
            landscape.module_versions[consumers[i] as usize]
                .uses
                .push(reference);
        }
        let mut hashes = BTreeMap::new();
        for version in &mut landscape.module_versions {
            version.provides.sort_by_key(|p| p.element);
            version.provides.dedup_by_key(|p| p.element);
            version.uses.sort_by_key(|u| u.element);
            version.uses.dedup_by_key(|u| u.element);
            for provided in &mut version.provides {
                provided.full = number(&mut hashes, provided.full);
            }
            for used in &mut version.uses {
                if used.full != UNRESOLVED {
                    used.full = number(&mut hashes, used.full);
                }
                used.members.sort_unstable();
                used.members.dedup();
            }
        }
        Ok(())
    }

    fn tags(
        &self,
        applications: &Positions<ApplicationId>,
        environments: &Positions<EnvironmentId>,
        version_of: &Positions<ModuleVersionId>,
    ) -> Result<(Vec<VersionFacts>, Positions<VersionId>), LandscapeError> {
        let table = Table::Versions;
        let mut rows = Vec::with_capacity(self.versions.len());
        for new in self.versions.values() {
            rows.push(VersionFacts {
                id: new.id,
                application: find(applications, new.application, table, "application")?,
                number: new.number,
                name: new.name.clone(),
                modules: find_all(version_of, &new.modules, table, "module version")?,
                eligible: find_all(environments, &new.eligible, table, "environment")?,
                created: new.created,
            });
        }
        rows.sort_by_key(|row| (row.application, row.number));
        let positions = positions(rows.iter().map(|row| row.id))?;
        Ok((rows, positions))
    }

    fn running_facts(
        &self,
        environments: &Positions<EnvironmentId>,
        applications: &Positions<ApplicationId>,
        version_of: &Positions<ModuleVersionId>,
        tag_of: &Positions<VersionId>,
    ) -> Result<Vec<RunningFacts>, LandscapeError> {
        let table = Table::Running;
        let mut rows = Vec::with_capacity(self.running.len());
        for new in self.running.values() {
            let base = match new.base {
                None => None,
                Some(base) => Some(find(tag_of, base, table, "version")?),
            };
            rows.push(RunningFacts {
                environment: find(environments, new.environment, table, "environment")?,
                application: find(applications, new.application, table, "application")?,
                base,
                modified: new.modified,
                hotfix: new.hotfix,
                changed_outside: new.changed_outside,
                modules: find_all(version_of, &new.modules, table, "module version")?,
            });
        }
        rows.sort_by_key(|row| (row.environment, row.application));
        Ok(rows)
    }

    fn plan_facts(
        &self,
        environments: &Positions<EnvironmentId>,
        modules: &Positions<ModuleId>,
        version_of: &Positions<ModuleVersionId>,
    ) -> Result<Vec<ActivePlan>, LandscapeError> {
        let table = Table::ActivePlans;
        let mut rows = Vec::with_capacity(self.active_plans.len());
        for new in self.active_plans.values() {
            rows.push(ActivePlan {
                id: new.id,
                number: new.number,
                name: new.name.clone(),
                target: find(environments, new.target, table, "environment")?,
                modules: find_all(modules, &new.modules, table, "module")?,
                brings: find_all(version_of, &new.brings, table, "module version")?,
            });
        }
        rows.sort_by_key(|row| (row.number, row.id));
        Ok(rows)
    }
}

/// The number of a reference that was never resolved; interned hashes begin at 1.
const UNRESOLVED: u32 = 0;

type Positions<K> = BTreeMap<K, Ix>;

/// The number of a key, counted from 1 in the order of first appearance.
fn number<K: Ord>(numbers: &mut BTreeMap<K, u32>, key: K) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX - 1) + 1;
    *numbers.entry(key).or_insert(next)
}

fn position(place: usize, table: Table) -> Result<Ix, LandscapeError> {
    u32::try_from(place).map_err(|_| LandscapeError::TooMany { table })
}

fn positions<K: Ord>(ids: impl Iterator<Item = K>) -> Result<Positions<K>, LandscapeError> {
    ids.enumerate()
        .map(|(place, id)| Ok((id, position(place, Table::ModuleVersions)?)))
        .collect()
}

fn unknown(table: Table, what: &'static str, id: &impl Display) -> LandscapeError {
    LandscapeError::Unknown {
        table,
        what,
        id: id.to_string(),
    }
}

fn find<K: Ord + Display>(
    positions: &Positions<K>,
    id: K,
    table: Table,
    what: &'static str,
) -> Result<Ix, LandscapeError> {
    positions
        .get(&id)
        .copied()
        .ok_or_else(|| unknown(table, what, &id))
}

/// The sorted positions of these ids, each once.
fn find_all<K: Ord + Copy + Display>(
    positions: &Positions<K>,
    ids: &[K],
    table: Table,
    what: &'static str,
) -> Result<Vec<Ix>, LandscapeError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(find(positions, *id, table, what)?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
