//! What a check needs to know about a landscape and a pair of environments, laid out flat, so
//! that a check touches nothing but what its plan changes. Built once per snapshot and shared.

use super::csr::Csr;
use super::evaluate::Scratch;
use super::lookup::{Lookup, NONE};
use crate::id::{ApplicationId, EnvironmentId, ModuleId, VersionId};
use crate::landscape::{Landscape, LandscapeError};
use crate::reference::Strength;
use names::Keys;
use std::sync::{Arc, Mutex, PoisonError};
use topology::{Reach, Topology};

mod contents;
mod names;
mod references;
mod topology;

pub(crate) use contents::{
    ApplicationKeys, Brought, Content, Marks, OrderKeys, Published, Row, Tag,
};
pub(crate) use references::{Carrier, Fit, Offered, Ref, User};
pub(crate) use topology::{Bits, TELLABLE, meet};

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
    source_row: Vec<u32>,
    target_row: Vec<u32>,
    /// Per application and per version: what a row's check asks, side by side.
    pub(crate) applications: Vec<ApplicationKeys>,
    pub(crate) application_id: Vec<ApplicationId>,
    pub(crate) tags: Vec<Tag>,
    /// Per application: the marks of what the source runs.
    source_marks: Vec<Marks>,
    /// Per [`Content`]: what it brings, sorted; and per item of that, what a wave says of it.
    contents: Csr<Brought>,
    pub(crate) published: Vec<Published>,
    /// Per module version: its place among all, by name.
    pub(crate) rank: Vec<u32>,
    pub(crate) topology: Topology,
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
    /// ... those of strong elements that fit and whose content the target has otherwise.
    pub(crate) other_links: Csr<Ref>,
    /// ... how the target's offer changes if this replaces the module's running state.
    pub(crate) delta: Csr<(u32, Offered)>,
    /// ... the modules behind `refs`, sorted.
    pub(crate) producers: Csr<u32>,
    /// Per module: the modules that use it in the target, sorted.
    pub(crate) consumers: Csr<u32>,
    /// Per module version.
    pub(crate) facts: Vec<VersionKeys>,
    /// Modules in the target with references that do not fit there, by position.
    pub(crate) broken: Vec<u32>,
    pub(crate) reach: Reach,
    /// Per name key: what has that name, or URL path, in the target.
    pub(crate) named: Csr<u32>,
    pub(crate) at_path: Csr<u32>,
    pub(crate) applications_named: Csr<u32>,
    /// Name keys of applications as they are now.
    pub(crate) application_key: Vec<u32>,
    pub(crate) key_count: usize,
    scratch: Mutex<Vec<Scratch>>,
}

/// What a check compares of a module version, besides references.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct VersionKeys {
    pub module: u32,
    /// Names with equal folding have equal keys, and keys sort as the names do.
    pub name: u32,
    /// 0 if it has no URL path.
    pub path: u32,
    pub marks: Marks,
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
        let (running, owner) = running_in(facts, target);
        let mut matters = vec![false; facts.module_versions.len()];
        let carriers = references::carriers(facts, source, &mut matters);
        for row in facts.running.iter().filter(|r| r.environment == source) {
            row.modules.iter().for_each(|v| matters[*v as usize] = true);
        }
        for version in running.iter().filter(|v| **v != NONE) {
            matters[*version as usize] = true;
        }
        for plan in facts.active_plans.iter().filter(|p| p.target == target) {
            plan.brings.iter().for_each(|v| matters[*v as usize] = true);
        }
        let states = facts.module_versions.iter();
        let versions = states.map(|v| VersionKeys {
            module: v.module,
            ..VersionKeys::default()
        });
        let kinds = facts.elements.iter().map(|e| e.kind.strength());

        let keys = Keys::new(facts);
        let mut index = Self {
            source_id,
            target_id,
            source,
            target,
            application_at: Lookup::new(facts.applications.iter().map(|a| a.id.0)),
            version_at: Lookup::new(facts.versions.iter().map(|v| v.id.0)),
            module_at: Lookup::new(facts.modules.iter().map(|m| m.id.0)),
            source_row: rows_of(facts, source),
            target_row: rows_of(facts, target),
            applications: Vec::with_capacity(facts.applications.len()),
            application_id: facts.applications.iter().map(|a| a.id).collect(),
            tags: Vec::with_capacity(facts.versions.len()),
            source_marks: Vec::with_capacity(facts.applications.len()),
            contents: Csr::default(),
            published: Vec::new(),
            rank: Vec::new(),
            topology: Topology::default(),
            carriers,
            element_module: facts.elements.iter().map(|e| e.module).collect(),
            element_strong: kinds.map(|k| k == Strength::Strong).collect(),
            offered: offered(facts, &running),
            running,
            owner,
            users: Csr::default(),
            refs: Csr::default(),
            unmet: Csr::default(),
            behind: Csr::default(),
            other_links: Csr::default(),
            delta: Csr::default(),
            producers: Csr::default(),
            consumers: Csr::default(),
            facts: versions.collect(),
            broken: Vec::new(),
            reach: Reach::default(),
            named: Csr::default(),
            at_path: Csr::default(),
            applications_named: Csr::default(),
            application_key: keys.applications.clone(),
            key_count: keys.count,
            scratch: Mutex::new(Vec::new()),
            landscape: Arc::clone(&landscape),
        };
        index.add_applications();
        let shared = index.add_names(&keys);
        index.add_references(&matters);
        index.add_users();
        index.add_behind(&matters);
        index.add_other_links(&matters);
        index.add_topology();
        index.add_broken();
        index.add_ranks();
        index.add_contents(&keys.versions, &shared);
        index
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

/// Per module what an environment runs of it, and as part of which application.
fn running_in(facts: &Landscape, environment: u32) -> (Vec<u32>, Vec<u32>) {
    let mut running = vec![NONE; facts.modules.len()];
    let mut owner = vec![NONE; facts.modules.len()];
    let rows = facts.running.iter();
    for row in rows.filter(|r| r.environment == environment) {
        for version in &row.modules {
            let module = facts.module_versions[*version as usize].module as usize;
            // Should two applications run the same module, the first counts.
            if running[module] == NONE {
                running[module] = *version;
                owner[module] = row.application;
            }
        }
    }
    (running, owner)
}

/// Per element what these module versions offer of it.
fn offered(facts: &Landscape, running: &[u32]) -> Vec<Offered> {
    let mut offered = vec![Offered::NOTHING; facts.elements.len()];
    for version in running.iter().filter(|v| **v != NONE) {
        for p in &facts.module_versions[*version as usize].provides {
            offered[p.element as usize] = Offered {
                interface: p.interface,
                full: p.full,
            };
        }
    }
    offered
}
