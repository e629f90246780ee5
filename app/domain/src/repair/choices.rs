//! The versions that applications may get, and what a choice of them costs.

use super::errors::is_need;
use super::search::{Assignment, Key, Search};
use crate::impact::describe::Describe;
use crate::impact::evaluate::Raw;
use crate::impact::index::{Content, Row};
use crate::impact::producers::Need;

impl Search<'_> {
    /// The versions to try for an error, the most promising first: those of the producer that
    /// meet the need, lowest first; then all others.
    pub(super) fn moves(&mut self, culprits: &[u32], raw: &Raw) -> Vec<(u32, u32)> {
        let need = is_need(raw).then(|| self.need(raw));
        let mut moves = Vec::new();
        for application in culprits {
            let versions = self.candidates(*application);
            let now = self.slot(*application).flatten().map(|row| row.content);
            for (rank, version) in versions.iter().enumerate() {
                if now == Some(Content::version(*version)) {
                    continue;
                }
                let meets = need.is_some_and(|need| self.index.meets(*version, &need));
                let is_row = self.slot(*application).is_some();
                moves.push((!meets, !is_row, rank, *application, *version));
            }
        }
        moves.sort_unstable();
        moves.into_iter().map(|(.., a, v)| (a, v)).collect()
    }

    /// The versions an application may get, lowest first.
    pub(super) fn candidates(&mut self, application: u32) -> Vec<u32> {
        if let Some(known) = self.candidates.get(&application) {
            return known.clone();
        }
        let index = self.index;
        let keys = &index.applications[application as usize];
        let running = index.running_in_target(application);
        // What the target runs already, unchanged, is no change: that is leaving out.
        let there = running.filter(|r| !r.modified && !r.changed_outside);
        let there = there.and_then(|r| r.base);
        let chosen = self.slot(application).flatten().and_then(|row| row.number);
        let adds = self.slot(application).is_none();
        let mut versions: Vec<u32> = index.versions_of(application).collect();
        versions.retain(|version| {
            let row = index.row_of_version(*version);
            (self.lower || row.number > chosen)
                && there != Some(*version)
                && keys.may_deploy
                && index.blocked(application).is_none()
                && index.eligible(*version)
                && !index.is_downgrade(self.kind, &row)
                && !index.overwrites(application, *version)
                // What another plan is bringing there now cannot be taken along as well.
                && !(adds && self.is_moving(*version))
        });
        self.candidates.insert(application, versions.clone());
        versions
    }

    /// Whether a version brings a module that is being changed on the target.
    fn is_moving(&self, version: u32) -> bool {
        let states = &self.index.landscape.versions[version as usize].modules;
        let mut modules = states.iter().map(|s| self.index.facts[*s as usize].module);
        !self.moving.is_empty() && modules.any(|module| self.moving.contains(&module))
    }

    pub(super) fn can_change(&mut self, application: u32) -> bool {
        let now = self.slot(application).flatten().map(|row| row.content);
        let versions = self.candidates(application);
        versions.iter().any(|v| now != Some(Content::version(*v)))
    }

    /// An application's row: none if the plan has none; empty if it deploys nothing.
    #[allow(clippy::option_option)] // no row, and a row that does nothing, are two things
    pub fn slot(&self, application: u32) -> Option<Option<Row>> {
        let place = self.slot_of[application as usize];
        self.slots.get(place as usize).map(|(_, row)| *row)
    }

    pub(super) fn need(&self, raw: &Raw) -> Need {
        Describe::new(self.index, &self.scratch).need(raw)
    }

    /// The changed applications: the plan's rows in their order, then those added, by name.
    pub fn in_order(&self, assignment: &Assignment) -> Vec<u32> {
        let rows = self.slots.iter().map(|(a, _)| *a);
        let mut order: Vec<u32> = rows.filter(|a| assignment.contains_key(a)).collect();
        let added = assignment.keys().copied();
        let mut added: Vec<u32> = added.filter(|a| self.slot(*a).is_none()).collect();
        added.sort_by_key(|a| (self.index.application_key[*a as usize], *a));
        order.extend(added);
        order
    }

    pub(super) fn key(&mut self, assignment: &Assignment) -> Key {
        let mut names: Vec<(u32, u32)> = assignment
            .keys()
            .map(|a| (self.index.application_key[*a as usize], *a))
            .collect();
        names.sort_unstable();
        let (mut added, mut changed) = (0, 0);
        let mut ranks = Vec::with_capacity(names.len());
        for (_, application) in &names {
            if self.slot(*application).is_some() {
                changed += 1;
            } else {
                added += 1;
            }
            let chosen = assignment.get(application).copied().flatten();
            let versions = self.candidates(*application);
            let rank = versions.iter().position(|v| Some(*v) == chosen);
            ranks.push(rank.unwrap_or(0) as u32);
        }
        (added, changed, ranks.iter().sum(), names, ranks)
    }
}
