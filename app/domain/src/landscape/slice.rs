//! The part of a landscape that one plan is checked against.

use super::sliced::STATES;
use super::{
    ActivePlan, ElementFacts, HoldFacts, HotfixFacts, Ix, Landscape, ModuleVersionFacts,
    PropertyFacts, RunningFacts, Slice, SliceSize, ValueFacts, VersionFacts,
};
use crate::id::{ApplicationId, EnvironmentId};
use crate::queue::Waiting;
use std::collections::{BTreeSet, VecDeque};

/// Old positions that stay, and where they go.
struct Kept {
    order: Vec<Ix>,
    place: Vec<Option<Ix>>,
}

impl Kept {
    fn new(size: usize, chosen: impl Fn(Ix) -> bool) -> Self {
        let mut order = Vec::new();
        let mut place = vec![None; size];
        for (i, slot) in (0..).zip(&mut place) {
            if chosen(i) {
                *slot = Ix::try_from(order.len()).ok();
                order.push(i);
            }
        }
        Self { order, place }
    }

    fn get(&self, old: Ix) -> Option<Ix> {
        self.place.get(old as usize).copied().flatten()
    }

    fn all(&self, old: &[Ix]) -> Vec<Ix> {
        old.iter().filter_map(|ix| self.get(*ix)).collect()
    }

    fn rows<'a, T>(&'a self, table: &'a [T]) -> impl Iterator<Item = &'a T> {
        self.order.iter().map(|ix| &table[*ix as usize])
    }
}

impl Landscape {
    /// What the target runs now, and of the applications in the plan and of every application that
    /// they use (directly or not): what the source runs and the versions that can be deployed from
    /// it. Rows that are left out are not referred to; the order of what stays is the same.
    ///
    /// The landscape must be valid ([`Landscape::validate`]). Unknown applications are passed over.
    #[must_use]
    pub fn slice(
        &self,
        source: EnvironmentId,
        target: EnvironmentId,
        applications: &[ApplicationId],
    ) -> Self {
        let slice = self.slice_if(source, target, applications, &[], |_| true);
        slice.unwrap_or_default().landscape
    }

    /// The same with what waits in `line` for the target, unless it would be larger than `limit`:
    /// it is counted before anything is copied.
    ///
    /// # Errors
    /// How large it would be.
    pub fn slice_within(
        &self,
        source: EnvironmentId,
        target: EnvironmentId,
        applications: &[ApplicationId],
        line: &[Waiting],
        limit: SliceSize,
    ) -> Result<Slice, SliceSize> {
        let mut size = SliceSize {
            modules: 0,
            references: 0,
        };
        self.slice_if(source, target, applications, line, |states| {
            size = self.size_of(target, states);
            size.is_within(limit)
        })
        .ok_or(size)
    }

    fn size_of(&self, target: EnvironmentId, keep_state: &[bool]) -> SliceSize {
        let target = self.environments.iter().position(|e| e.id == target);
        let runs = self.running.iter();
        let runs = runs.filter(|row| Some(row.environment as usize) == target);
        let runs = runs
            .flat_map(|row| &row.modules)
            .map(|state| self.module_versions[*state as usize].uses.len());
        let mut counted = vec![false; self.modules.len()];
        let mut of_all = 0;
        let states = keep_state.iter().zip(&self.module_versions);
        for (_, state) in states.filter(|(keep, _)| **keep) {
            of_all += state.uses.len();
            counted[state.module as usize] = true;
        }
        SliceSize {
            modules: counted.iter().filter(|counted| **counted).count(),
            references: runs.sum::<usize>().max(of_all / STATES),
        }
    }

    /// The slice, if `wanted` agrees to the states that it would keep.
    fn slice_if(
        &self,
        source: EnvironmentId,
        target: EnvironmentId,
        applications: &[ApplicationId],
        line: &[Waiting],
        wanted: impl FnOnce(&[bool]) -> bool,
    ) -> Option<Slice> {
        let at = |id| self.environments.iter().position(|e| e.id == id);
        let (source, target) = (at(source), at(target));
        let is = |place: Option<usize>, ix: Ix| place == Some(ix as usize);
        let chosen = self.with_producers(
            applications
                .iter()
                .filter_map(|id| self.applications.binary_search_by_key(id, |a| a.id).ok())
                .filter_map(|place| Ix::try_from(place).ok()),
            |version| version.eligible.iter().any(|e| is(source, *e)),
            |running| is(source, running.environment),
        );

        let mut keep_version = vec![false; self.versions.len()];
        let mut keep_states_of = vec![false; self.versions.len()];
        let mut keep_state = vec![false; self.module_versions.len()];
        let eligible = |v: &VersionFacts| v.eligible.iter().any(|e| is(source, *e));
        for (i, version) in self.versions.iter().enumerate() {
            // The numbers of all versions count where a new tag's is checked; the content only of
            // those that can be deployed.
            keep_version[i] = chosen.contains(&version.application);
            keep_states_of[i] = keep_version[i] && eligible(version);
        }
        let keep_running = |running: &RunningFacts| {
            is(target, running.environment)
                || (is(source, running.environment) && chosen.contains(&running.application))
        };
        for running in self.running.iter().filter(|r| keep_running(r)) {
            if let Some(base) = running.base {
                keep_version[base as usize] = true;
            }
            for state in &running.modules {
                keep_state[*state as usize] = true;
            }
        }
        for (_, version) in keep_states_of
            .iter()
            .zip(&self.versions)
            .filter(|(keep, _)| **keep)
        {
            for state in &version.modules {
                keep_state[*state as usize] = true;
            }
        }
        for plan in self.movers(line) {
            for state in &plan.brings {
                keep_state[*state as usize] = true;
            }
        }
        self.keep_moved(line, eligible, &mut keep_version, &mut keep_state);
        self.keep_homes(&mut keep_state);
        wanted(&keep_state).then(|| {
            let keep_value = |value: &ValueFacts| is(target, value.environment);
            self.cut(&keep_version, &keep_state, line, keep_running, keep_value)
        })
    }

    /// The plans that hold modules, and those that wait to.
    pub(super) fn movers<'a>(
        &'a self,
        line: &'a [Waiting],
    ) -> impl Iterator<Item = &'a ActivePlan> {
        let line = line.iter().map(|one| &one.holds);
        self.active_plans.iter().chain(line)
    }

    /// The applications and all that they use, by the versions and states that `versions` and
    /// `running` admit.
    fn with_producers(
        &self,
        from: impl Iterator<Item = Ix>,
        versions: impl Fn(&VersionFacts) -> bool,
        running: impl Fn(&RunningFacts) -> bool,
    ) -> BTreeSet<Ix> {
        let mut states_of: Vec<Vec<Ix>> = vec![Vec::new(); self.applications.len()];
        let mut owners: Vec<BTreeSet<Ix>> = vec![BTreeSet::new(); self.modules.len()];
        let admitted = self
            .versions
            .iter()
            .filter(|v| versions(v))
            .map(|v| (v.application, &v.modules))
            .chain(
                self.running
                    .iter()
                    .filter(|r| running(r))
                    .map(|r| (r.application, &r.modules)),
            );
        for (application, states) in admitted {
            for state in states {
                states_of[application as usize].push(*state);
                let module = self.module_versions[*state as usize].module;
                owners[module as usize].insert(application);
            }
        }
        let mut found: BTreeSet<Ix> = from.collect();
        let mut queue: VecDeque<Ix> = found.iter().copied().collect();
        while let Some(application) = queue.pop_front() {
            for state in &states_of[application as usize] {
                for used in &self.module_versions[*state as usize].uses {
                    let producer = self.elements[used.element as usize].module;
                    for owner in &owners[producer as usize] {
                        if found.insert(*owner) {
                            queue.push_back(*owner);
                        }
                    }
                }
            }
        }
        found
    }

    fn cut(
        &self,
        keep_version: &[bool],
        keep_state: &[bool],
        line: &[Waiting],
        keep_running: impl Fn(&RunningFacts) -> bool,
        keep_value: impl Fn(&ValueFacts) -> bool,
    ) -> Slice {
        let states = Kept::new(self.module_versions.len(), |ix| keep_state[ix as usize]);
        let versions = Kept::new(self.versions.len(), |ix| keep_version[ix as usize]);
        let mut element = vec![false; self.elements.len()];
        let mut interface = vec![false; self.interfaces.len()];
        let mut module = vec![false; self.modules.len()];
        let mut application = vec![false; self.applications.len()];
        for state in states.rows(&self.module_versions) {
            module[state.module as usize] = true;
            application[state.application as usize] = true;
            for provided in &state.provides {
                element[provided.element as usize] = true;
                interface[provided.interface as usize] = true;
            }
            for used in &state.uses {
                element[used.element as usize] = true;
                interface[used.interface as usize] = true;
                module[self.elements[used.element as usize].module as usize] = true;
            }
        }
        for version in versions.rows(&self.versions) {
            application[version.application as usize] = true;
        }
        for running in self.running.iter().filter(|r| keep_running(r)) {
            application[running.application as usize] = true;
        }
        for plan in self.movers(line) {
            for ix in &plan.modules {
                module[*ix as usize] = true;
            }
        }
        let elements = Kept::new(self.elements.len(), |ix| element[ix as usize]);
        let interfaces = Kept::new(self.interfaces.len(), |ix| interface[ix as usize]);
        let modules = Kept::new(self.modules.len(), |ix| module[ix as usize]);
        let applications = Kept::new(self.applications.len(), |ix| application[ix as usize]);

        let cut_plan = |plan: &ActivePlan| ActivePlan {
            modules: modules.all(&plan.modules),
            brings: states.all(&plan.brings),
            ..plan.clone()
        };
        let line = line.iter().map(|one| Waiting {
            holds: cut_plan(&one.holds),
            in_line: one.in_line.clone(),
        });
        let line = line.collect();
        let landscape = Self {
            revision: self.revision,
            prepares: self.prepares,
            environments: self.environments.clone(),
            applications: applications.rows(&self.applications).cloned().collect(),
            modules: modules.rows(&self.modules).cloned().collect(),
            elements: elements
                .rows(&self.elements)
                .filter_map(|row| {
                    Some(ElementFacts {
                        module: modules.get(row.module)?,
                        ..row.clone()
                    })
                })
                .collect(),
            interfaces: interfaces.rows(&self.interfaces).cloned().collect(),
            module_versions: states
                .rows(&self.module_versions)
                .filter_map(|row| cut_state(row, &modules, &applications, &elements, &interfaces))
                .collect(),
            versions: versions
                .rows(&self.versions)
                .filter_map(|row| {
                    Some(VersionFacts {
                        application: applications.get(row.application)?,
                        modules: states.all(&row.modules),
                        ..row.clone()
                    })
                })
                .collect(),
            running: self
                .running
                .iter()
                .filter(|row| keep_running(row))
                .filter_map(|row| {
                    Some(RunningFacts {
                        application: applications.get(row.application)?,
                        base: row.base.and_then(|base| versions.get(base)),
                        modules: states.all(&row.modules),
                        ..row.clone()
                    })
                })
                .collect(),
            active_plans: self.active_plans.iter().map(cut_plan).collect(),
            hotfixes: self
                .hotfixes
                .iter()
                .filter_map(|hotfix| {
                    Some(HotfixFacts {
                        application: applications.get(hotfix.application)?,
                        descendants: versions.all(&hotfix.descendants),
                        ..hotfix.clone()
                    })
                })
                .collect(),
            holds: self
                .holds
                .iter()
                .filter_map(|hold| {
                    Some(HoldFacts {
                        application: applications.get(hold.application)?,
                        version: versions.get(hold.version)?,
                        ..hold.clone()
                    })
                })
                .collect(),
            properties: self
                .properties
                .iter()
                .filter_map(|row| {
                    Some(PropertyFacts {
                        version: states.get(row.version)?,
                        ..row.clone()
                    })
                })
                .collect(),
            values: self
                .values
                .iter()
                .filter(|row| keep_value(row))
                .filter_map(|row| {
                    Some(ValueFacts {
                        module: modules.get(row.module)?,
                        ..row.clone()
                    })
                })
                .collect(),
        };
        Slice { landscape, line }
    }
}

fn cut_state(
    row: &ModuleVersionFacts,
    modules: &Kept,
    applications: &Kept,
    elements: &Kept,
    interfaces: &Kept,
) -> Option<ModuleVersionFacts> {
    let mut row = row.clone();
    row.module = modules.get(row.module)?;
    row.application = applications.get(row.application)?;
    for provided in &mut row.provides {
        provided.element = elements.get(provided.element)?;
        provided.interface = interfaces.get(provided.interface)?;
    }
    for used in &mut row.uses {
        used.element = elements.get(used.element)?;
        used.interface = interfaces.get(used.interface)?;
    }
    Some(row)
}
