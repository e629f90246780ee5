//! Makes a landscape from plain facts that name each other by id, in any order.

mod build;
mod facts;
mod guarded;
mod positions;

pub use facts::{NewActivePlan, NewModuleVersion, NewRunning, NewValue, NewVersion, Seen};
pub use guarded::{NewHold, NewHotfix};

use super::{ApplicationFacts, EnvironmentFacts, ModuleFacts};
use crate::id::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, PlanId, VersionId};
use crate::name::fold;
use crate::reference::{ElementKind, Interface};
use crate::settings::{Held, Property};
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};

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
/// #     environment::{LinkState, Purpose}, reference::{ElementKind, Interface}};
/// # let id = uuid::Uuid::from_u128;
/// # let (development, orders, module, state) = (EnvironmentId(id(1)), ApplicationId(id(2)),
/// #     ModuleId(id(3)), ModuleVersionId(id(4)));
/// let mut facts = LandscapeBuilder::new(7);
/// facts.environment(EnvironmentFacts {
///     id: development,
///     name: "Development".to_owned(),
///     purpose: Purpose::Development,
///     reachable: true,
///     link: LinkState::Online,
///     platform: 1,
///     maintenance: None,
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
    interfaces: Numbers<Interface>,
    hashes: Numbers<Vec<u8>>,
    module_versions: BTreeMap<ModuleVersionId, NewModuleVersion>,
    provides: Vec<Offer>,
    uses: Vec<Use>,
    versions: BTreeMap<VersionId, NewVersion>,
    running: BTreeMap<(EnvironmentId, ApplicationId), NewRunning>,
    active_plans: BTreeMap<PlanId, NewActivePlan>,
    hotfixes: Vec<NewHotfix>,
    holds: Vec<NewHold>,
    /// The property, by module version and folded name, with its name as written.
    properties: BTreeMap<(ModuleVersionId, String), (String, Property)>,
    values: BTreeMap<(EnvironmentId, ModuleId, String), Held>,
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
        let full = self.full(full);
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
                let full = self.full(seen.full);
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

    /// A hotfix that plans must not overwrite.
    pub fn hotfix(&mut self, hotfix: NewHotfix) {
        self.hotfixes.push(hotfix);
    }

    /// A version that was taken out of an environment.
    pub fn hold(&mut self, hold: NewHold) {
        self.holds.push(hold);
    }

    /// A site property of a module version. Only those that may need a value are kept.
    pub fn property(&mut self, version: ModuleVersionId, name: &str, property: Property) {
        self.properties
            .insert((version, fold(name)), (name.to_owned(), property));
    }

    /// An environment sets a site property.
    pub fn value(&mut self, value: NewValue) {
        let key = (value.environment, value.module, fold(&value.name));
        self.values.insert(key, value.held);
    }

    fn interface(&mut self, interface: Interface) -> u32 {
        let interface = if interface.is_normal() {
            interface
        } else {
            Interface::new(interface.members)
        };
        count(&mut self.interfaces, interface)
    }

    fn full(&mut self, hash: &[u8]) -> u32 {
        // Most are known: a consumer saw what somebody offers.
        match self.hashes.get(hash) {
            Some(number) => *number,
            None => count(&mut self.hashes, hash.to_vec()),
        }
    }
}

/// The number of a reference that was never resolved; interned hashes begin at 1.
const UNRESOLVED: u32 = 0;

/// Numbers of keys. The hash has no seed: nothing hangs on chance.
pub(super) type Numbers<K> = HashMap<K, u32, BuildHasherDefault<DefaultHasher>>;

/// The number of a key, counted from 1 in the order of first appearance.
pub(super) fn count<K: Eq + Hash>(numbers: &mut Numbers<K>, key: K) -> u32 {
    let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX - 1) + 1;
    *numbers.entry(key).or_insert(next)
}
