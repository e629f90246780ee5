//! What plans are kept from: overwriting a hotfix, and bringing back what was taken out.

use super::{Ix, Landscape, LandscapeError, Table};
use crate::time::Timestamp;
use crate::version::VersionNumber;
use serde::{Deserialize, Serialize};

/// A hotfix that is open, or whose solution is known (domain.md 3.12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotfixFacts {
    /// Whose, in `applications`.
    pub application: Ix,
    /// Where it was made, in `environments`.
    pub environment: Ix,
    /// When.
    pub since: Timestamp,
    /// The number it was tagged with; none while it is not tagged.
    pub number: Option<VersionNumber>,
    /// The tags that descend from it, with its own, in `versions`, sorted; none while it is not
    /// tagged.
    pub descendants: Vec<Ix>,
    /// The version that was named as containing it, if one was: it and all above it do.
    pub solved_by: Option<VersionNumber>,
}

/// A version that a rollback took out of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldFacts {
    /// Whose, in `applications`.
    pub application: Ix,
    /// From where, in `environments`.
    pub environment: Ix,
    /// What, in `versions`.
    pub version: Ix,
    /// The number of the plan that took it out.
    pub plan: u64,
    /// When.
    pub since: Timestamp,
}

impl Landscape {
    pub(super) fn check_hotfixes(&self) -> Result<(), LandscapeError> {
        let table = Table::Hotfixes;
        let order = "application, environment, time and number";
        super::validate::ordered(table, order, &self.hotfixes, |h| {
            (h.application, h.environment, h.since, h.number)
        })?;
        for (row, hotfix) in self.hotfixes.iter().enumerate() {
            let reach = |field, into, at| self.reach(table, row, field, into, at);
            reach("application", Table::Applications, hotfix.application)?;
            reach("environment", Table::Environments, hotfix.environment)?;
            for version in &hotfix.descendants {
                reach("descendants", Table::Versions, *version)?;
                self.check_owner(table, row, "descendants", *version, hotfix.application)?;
            }
            super::validate::sorted(table, row, "descendants", &hotfix.descendants, |v| *v)?;
        }
        Ok(())
    }

    pub(super) fn check_holds(&self) -> Result<(), LandscapeError> {
        let table = Table::Holds;
        let order = "application, environment and version";
        super::validate::ordered(table, order, &self.holds, |h| {
            (h.application, h.environment, h.version)
        })?;
        for (row, hold) in self.holds.iter().enumerate() {
            let reach = |field, into, at| self.reach(table, row, field, into, at);
            reach("application", Table::Applications, hold.application)?;
            reach("environment", Table::Environments, hold.environment)?;
            reach("version", Table::Versions, hold.version)?;
            self.check_owner(table, row, "version", hold.version, hold.application)?;
        }
        Ok(())
    }

    /// Whether a version is one of the application's.
    fn check_owner(
        &self,
        table: Table,
        row: usize,
        field: &'static str,
        version: Ix,
        application: Ix,
    ) -> Result<(), LandscapeError> {
        if self.versions[version as usize].application == application {
            return Ok(());
        }
        Err(LandscapeError::Foreign {
            table,
            row,
            field,
            owner: "application",
        })
    }
}
