//! Hotfixes and holds, from ids to positions.

use super::super::{HoldFacts, HotfixFacts, LandscapeError, Table};
use super::LandscapeBuilder;
use super::positions::{Positions, find, find_all};
use crate::id::{ApplicationId, EnvironmentId, VersionId};
use crate::time::Timestamp;
use crate::version::VersionNumber;

/// A hotfix that plans must not overwrite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHotfix {
    /// Whose.
    pub application: ApplicationId,
    /// Where it was made.
    pub environment: EnvironmentId,
    /// When.
    pub since: Timestamp,
    /// The number it was tagged with.
    pub number: Option<VersionNumber>,
    /// The tags that descend from it, with its own.
    pub descendants: Vec<VersionId>,
    /// The version that was named as containing it.
    pub solved_by: Option<VersionNumber>,
}

/// A version that was taken out of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// Whose.
    pub application: ApplicationId,
    /// From where.
    pub environment: EnvironmentId,
    /// What.
    pub version: VersionId,
    /// The number of the plan that took it out.
    pub plan: u64,
    /// When.
    pub since: Timestamp,
}

impl LandscapeBuilder {
    pub(super) fn hotfix_facts(
        &self,
        environments: &Positions<EnvironmentId>,
        applications: &Positions<ApplicationId>,
        tag_of: &Positions<VersionId>,
    ) -> Result<Vec<HotfixFacts>, LandscapeError> {
        let table = Table::Hotfixes;
        let mut rows = Vec::with_capacity(self.hotfixes.len());
        for new in &self.hotfixes {
            rows.push(HotfixFacts {
                application: find(applications, new.application, table, "application")?,
                environment: find(environments, new.environment, table, "environment")?,
                since: new.since,
                number: new.number,
                descendants: find_all(tag_of, &new.descendants, table, "version")?,
                solved_by: new.solved_by,
            });
        }
        let key = |h: &HotfixFacts| (h.application, h.environment, h.since, h.number);
        rows.sort_by_key(key);
        rows.dedup_by_key(|row| key(row));
        Ok(rows)
    }

    pub(super) fn hold_facts(
        &self,
        environments: &Positions<EnvironmentId>,
        applications: &Positions<ApplicationId>,
        tag_of: &Positions<VersionId>,
    ) -> Result<Vec<HoldFacts>, LandscapeError> {
        let table = Table::Holds;
        let mut rows = Vec::with_capacity(self.holds.len());
        for new in &self.holds {
            rows.push(HoldFacts {
                application: find(applications, new.application, table, "application")?,
                environment: find(environments, new.environment, table, "environment")?,
                version: find(tag_of, new.version, table, "version")?,
                plan: new.plan,
                since: new.since,
            });
        }
        let key = |h: &HoldFacts| (h.application, h.environment, h.version);
        rows.sort_by_key(|row| (key(row), row.plan));
        rows.dedup_by_key(|row| key(row));
        Ok(rows)
    }
}
