//! From facts that name each other by id to sorted tables that name each other by position.

use super::super::{
    ActivePlan, ApplicationFacts, ElementFacts, Ix, Landscape, LandscapeError, ModuleVersionFacts,
    PropertyFacts, Provided, Reference, RunningFacts, Table, ValueFacts, VersionFacts,
};
use super::positions::{Positions, find, find_all, position, positions, unknown};
use super::{LandscapeBuilder, Numbers, UNRESOLVED, count};
use crate::id::{ApplicationId, EnvironmentId, ModuleId, ModuleVersionId, VersionId};
use crate::name::fold;
use crate::reference::{ElementKind, Interface};
use std::collections::{BTreeMap, BTreeSet};

impl LandscapeBuilder {
    /// The landscape, sorted and checked. Fails if a fact names something that was not given, or
    /// if the facts contradict each other.
    pub fn build(self) -> Result<Landscape, LandscapeError> {
        let applications = positions(self.applications.keys().copied())?;
        let modules = positions(self.modules.keys().copied())?;
        let (module_versions, version_of) = self.module_versions(&modules, &applications)?;
        let mut landscape = Landscape {
            module_versions,
            ..Landscape::default()
        };
        self.link(&modules, &version_of, &mut landscape)?;
        self.build_around(landscape, &version_of)
    }

    /// The same with the published states of a former landscape, of which none is given: they never
    /// change, and to put them in order is nine tenths of the work. Only where
    /// [`Landscape::is_about`] the same.
    pub fn build_on(self, former: &Landscape) -> Result<Landscape, LandscapeError> {
        let same = former.is_about(
            self.applications.keys().copied(),
            self.modules.keys().copied(),
            former.module_versions.iter().map(|version| version.id),
        );
        if !same || !self.module_versions.is_empty() {
            return Err(LandscapeError::OtherStates);
        }
        let landscape = Landscape {
            elements: former.elements.clone(),
            interfaces: former.interfaces.clone(),
            module_versions: former.module_versions.clone(),
            ..Landscape::default()
        };
        let version_of = positions(landscape.module_versions.iter().map(|row| row.id))?;
        self.build_around(landscape, &version_of)
    }

    /// Everything else, around published states that are in order.
    fn build_around(
        self,
        mut landscape: Landscape,
        version_of: &Positions<ModuleVersionId>,
    ) -> Result<Landscape, LandscapeError> {
        let environments = positions(self.environments.iter().map(|e| e.id))?;
        let applications = positions(self.applications.keys().copied())?;
        let modules = positions(self.modules.keys().copied())?;
        let (versions, tag_of) = self.tags(&applications, &environments, version_of)?;
        landscape.revision = self.revision;
        landscape.applications = self.application_facts(&environments)?;
        landscape.running =
            self.running_facts(&environments, &applications, version_of, &tag_of)?;
        landscape.active_plans = self.plan_facts(&environments, &modules, version_of)?;
        landscape.hotfixes = self.hotfix_facts(&environments, &applications, &tag_of)?;
        landscape.holds = self.hold_facts(&environments, &applications, &tag_of)?;
        landscape.versions = versions;
        self.property_facts(&environments, &modules, version_of, &mut landscape)?;
        landscape.environments = self.environments;
        landscape.modules = self.modules.into_values().collect();
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
        let mut contents = Numbers::default();
        for (row, content) in &mut rows {
            row.content = count(&mut contents, *content);
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
        // Each element is named by its producer's states and by all who use it: what is told apart
        // first is put in order once.
        let mut numbers: Numbers<(Ix, ElementKind, &str)> = Numbers::default();
        let count_all = self.provides.len() + self.uses.len();
        let mut named = Vec::with_capacity(count_all);
        let mut consumers = Vec::with_capacity(count_all);
        for offer in &self.provides {
            let version = find(version_of, offer.version, table, "module version")?;
            let module = landscape.module_versions[version as usize].module;
            named.push(count(
                &mut numbers,
                (module, offer.kind, offer.name.as_str()),
            ));
            consumers.push(version);
        }
        for used in &self.uses {
            let version = find(version_of, used.consumer, table, "module version")?;
            let module = find(modules, used.producer, table, "module")?;
            named.push(count(&mut numbers, (module, used.kind, used.name.as_str())));
            consumers.push(version);
        }
        let place_of = add_elements(numbers, &mut landscape.elements)?;
        let element_of = |i: usize| place_of[named[i] as usize - 1];

        let mut interfaces: Vec<(&Interface, u32)> = self
            .interfaces
            .iter()
            .map(|(key, number)| (key, *number))
            .collect();
        interfaces.sort_unstable();
        let mut interface_of: Vec<Ix> = vec![0; interfaces.len()];
        for (place, (interface, number)) in interfaces.into_iter().enumerate() {
            interface_of[number as usize - 1] = position(place, Table::Interfaces)?;
            landscape.interfaces.push(interface.clone());
        }
        let interface = |number: u32| interface_of[number as usize - 1];

        for (i, offer) in self.provides.iter().enumerate() {
            let provided = Provided {
                element: element_of(i),
                interface: interface(offer.interface),
                full: offer.full,
            };
            landscape.module_versions[consumers[i] as usize]
                .provides
                .push(provided);
        }
        for (i, used) in (self.provides.len()..).zip(&self.uses) {
            let reference = Reference {
                element: element_of(i),
                interface: interface(used.interface),
                full: used.full,
                members: used.members.clone(),
            };
            landscape.module_versions[consumers[i] as usize]
                .uses
                .push(reference);
        }
        let mut hashes = Renumbered::of(self.hashes.len());
        for version in &mut landscape.module_versions {
            version.provides.sort_by_key(|p| p.element);
            version.provides.dedup_by_key(|p| p.element);
            version.uses.sort_by_key(|u| u.element);
            version.uses.dedup_by_key(|u| u.element);
            for provided in &mut version.provides {
                provided.full = hashes.number(provided.full);
            }
            for used in &mut version.uses {
                if used.full != UNRESOLVED {
                    used.full = hashes.number(used.full);
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
                started: new.started.clone(),
            });
        }
        rows.sort_by_key(|row| (row.number, row.id));
        Ok(rows)
    }

    /// Properties that may need a value, and what is set for them.
    fn property_facts(
        &self,
        environments: &Positions<EnvironmentId>,
        modules: &Positions<ModuleId>,
        version_of: &Positions<ModuleVersionId>,
        landscape: &mut Landscape,
    ) -> Result<(), LandscapeError> {
        let mut wanted: BTreeSet<(Ix, &str)> = BTreeSet::new();
        // Under which secret flags a value is set somewhere, for those with a default.
        let mut flags: BTreeMap<(Ix, &str), [bool; 2]> = BTreeMap::new();
        for ((_, module, name), held) in &self.values {
            if let Ok(module) = find(modules, *module, Table::Values, "module") {
                let flags = flags.entry((module, name)).or_default();
                flags[usize::from(held.secret)] = true;
            }
        }
        for ((version, folded), (name, property)) in &self.properties {
            let table = Table::Properties;
            let version = find(version_of, *version, table, "module version")?;
            let module = landscape.module_versions[version as usize].module;
            let changed = flags
                .get(&(module, folded.as_str()))
                .is_some_and(|flags| flags[usize::from(!property.secret)]);
            if property.default && !changed {
                continue;
            }
            wanted.insert((module, folded));
            landscape.properties.push(PropertyFacts {
                version,
                name: name.clone(),
                property: *property,
            });
        }
        landscape
            .properties
            .sort_by_cached_key(|row| (row.version, fold(&row.name)));
        for ((environment, module, name), held) in &self.values {
            let table = Table::Values;
            let environment = find(environments, *environment, table, "environment")?;
            // A module that is gone from everywhere may still have values.
            let Ok(module) = find(modules, *module, table, "module") else {
                continue;
            };
            if wanted.contains(&(module, name.as_str())) {
                landscape.values.push(ValueFacts {
                    environment,
                    module,
                    name: name.clone(),
                    held: *held,
                });
            }
        }
        landscape.values.sort_by(|a, b| {
            (a.environment, a.module, &a.name).cmp(&(b.environment, b.module, &b.name))
        });
        Ok(())
    }
}

/// Numbers in place of numbers, again from 1 in the order of first appearance.
struct Renumbered {
    known: Vec<u32>,
    last: u32,
}

impl Renumbered {
    fn of(count: usize) -> Self {
        Self {
            known: vec![0; count],
            last: 0,
        }
    }

    fn number(&mut self, number: u32) -> u32 {
        let known = &mut self.known[number as usize - 1];
        if *known == 0 {
            self.last += 1;
            *known = self.last;
        }
        *known
    }
}

/// Puts elements in order; of those that differ only in the case of their names the first is kept.
/// Answers the place of each by its number.
fn add_elements(
    numbers: Numbers<(Ix, ElementKind, &str)>,
    elements: &mut Vec<ElementFacts>,
) -> Result<Vec<Ix>, LandscapeError> {
    let mut place_of: Vec<Ix> = vec![0; numbers.len()];
    let mut keys: Vec<_> = numbers
        .into_iter()
        .map(|((module, kind, name), number)| ((module, kind, fold(name)), name, number))
        .collect();
    keys.sort_unstable();
    for alike in keys.chunk_by(|a, b| a.0 == b.0) {
        let place = position(elements.len(), Table::Elements)?;
        for ((module, kind, _), name, number) in alike {
            if elements.len() == place as usize {
                elements.push(ElementFacts {
                    module: *module,
                    kind: *kind,
                    name: (*name).to_owned(),
                });
            }
            place_of[*number as usize - 1] = place;
        }
    }
    Ok(place_of)
}
