//! Checks a landscape that came from outside once, so that everything after may index freely.

use super::mistake::{LandscapeError, Table};
use super::{Ix, Landscape};
use std::fmt;

impl Landscape {
    /// Checks every position, order and identity. A landscape that passes can be analysed without
    /// further checks; one that does not is described by its first mistake. Never panics.
    pub fn validate(&self) -> Result<(), LandscapeError> {
        self.check_sizes()?;
        self.check_names()?;
        self.check_interfaces()?;
        self.check_module_versions()?;
        self.check_versions()?;
        self.check_running()?;
        self.check_active_plans()?;
        self.check_hotfixes()?;
        self.check_holds()?;
        self.check_properties()
    }

    fn check_sizes(&self) -> Result<(), LandscapeError> {
        let sizes = [
            (Table::Environments, self.environments.len()),
            (Table::Applications, self.applications.len()),
            (Table::Modules, self.modules.len()),
            (Table::Elements, self.elements.len()),
            (Table::Interfaces, self.interfaces.len()),
            (Table::ModuleVersions, self.module_versions.len()),
            (Table::Versions, self.versions.len()),
            (Table::Running, self.running.len()),
            (Table::ActivePlans, self.active_plans.len()),
            (Table::Hotfixes, self.hotfixes.len()),
            (Table::Holds, self.holds.len()),
            (Table::Properties, self.properties.len()),
            (Table::Values, self.values.len()),
        ];
        for (table, length) in sizes {
            // The highest number is kept free: the analysis uses it for "none".
            if u32::try_from(length).map_or(true, |n| n == u32::MAX) {
                return Err(LandscapeError::TooMany { table });
            }
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), LandscapeError> {
        unique(Table::Environments, self.environments.iter().map(|e| e.id))?;
        ordered(Table::Applications, "id", &self.applications, |a| a.id)?;
        for (row, application) in self.applications.iter().enumerate() {
            let table = Table::Applications;
            for (environment, _) in &application.blocked {
                self.reach(table, row, "blocked", Table::Environments, *environment)?;
            }
            sorted(table, row, "blocked", &application.blocked, |b| b.0)?;
        }
        ordered(Table::Modules, "id", &self.modules, |m| m.id)?;
        for (row, element) in self.elements.iter().enumerate() {
            self.reach(
                Table::Elements,
                row,
                "module",
                Table::Modules,
                element.module,
            )?;
        }
        for (row, pair) in self.elements.windows(2).enumerate() {
            let [a, b] = pair else { continue };
            let before = (a.module, a.kind)
                .cmp(&(b.module, b.kind))
                .then_with(|| crate::name::compare(&a.name, &b.name))
                .is_lt();
            if !before {
                return Err(LandscapeError::Order {
                    table: Table::Elements,
                    row: row + 1,
                    order: "module, kind and name (upper and lower case are the same)",
                });
            }
        }
        Ok(())
    }

    fn check_interfaces(&self) -> Result<(), LandscapeError> {
        let table = Table::Interfaces;
        for (row, pair) in self.interfaces.windows(2).enumerate() {
            let [a, b] = pair else { continue };
            if a.members >= b.members {
                return Err(LandscapeError::Order {
                    table,
                    row: row + 1,
                    order: "members",
                });
            }
        }
        for (row, interface) in self.interfaces.iter().enumerate() {
            if !interface.is_normal() {
                return Err(LandscapeError::List {
                    table,
                    row,
                    field: "members",
                });
            }
        }
        Ok(())
    }

    fn check_module_versions(&self) -> Result<(), LandscapeError> {
        let table = Table::ModuleVersions;
        ordered(table, "module and id", &self.module_versions, |v| {
            (v.module, v.id)
        })?;
        unique(table, self.module_versions.iter().map(|v| v.id))?;
        for (row, version) in self.module_versions.iter().enumerate() {
            self.reach(table, row, "module", Table::Modules, version.module)?;
            self.reach(
                table,
                row,
                "application",
                Table::Applications,
                version.application,
            )?;
            for provided in &version.provides {
                let field = "provides";
                self.reach(table, row, field, Table::Elements, provided.element)?;
                self.reach(table, row, field, Table::Interfaces, provided.interface)?;
                if self.elements[provided.element as usize].module != version.module {
                    return Err(LandscapeError::Foreign {
                        table,
                        row,
                        field,
                        owner: "module",
                    });
                }
            }
            sorted(table, row, "provides", &version.provides, |p| p.element)?;
            for used in &version.uses {
                let field = "uses";
                self.reach(table, row, field, Table::Elements, used.element)?;
                self.reach(table, row, field, Table::Interfaces, used.interface)?;
                sorted(table, row, "uses.members", &used.members, |m| *m)?;
                let members = self.interfaces[used.interface as usize].members.len();
                if used
                    .members
                    .last()
                    .is_some_and(|m| usize::from(*m) >= members)
                {
                    return Err(LandscapeError::NoSuchMember {
                        table,
                        row,
                        field: "uses.members",
                    });
                }
            }
            sorted(table, row, "uses", &version.uses, |u| u.element)?;
        }
        Ok(())
    }

    fn check_versions(&self) -> Result<(), LandscapeError> {
        let table = Table::Versions;
        ordered(table, "application and number", &self.versions, |v| {
            (v.application, v.number)
        })?;
        unique(table, self.versions.iter().map(|v| v.id))?;
        for (row, version) in self.versions.iter().enumerate() {
            self.reach(
                table,
                row,
                "application",
                Table::Applications,
                version.application,
            )?;
            for environment in &version.eligible {
                self.reach(table, row, "eligible", Table::Environments, *environment)?;
            }
            sorted(table, row, "eligible", &version.eligible, |e| *e)?;
            self.check_parts(table, row, &version.modules)?;
        }
        Ok(())
    }

    fn check_running(&self) -> Result<(), LandscapeError> {
        let table = Table::Running;
        ordered(table, "environment and application", &self.running, |r| {
            (r.environment, r.application)
        })?;
        for (row, running) in self.running.iter().enumerate() {
            self.reach(
                table,
                row,
                "environment",
                Table::Environments,
                running.environment,
            )?;
            self.reach(
                table,
                row,
                "application",
                Table::Applications,
                running.application,
            )?;
            if let Some(base) = running.base {
                self.reach(table, row, "base", Table::Versions, base)?;
                if self.versions[base as usize].application != running.application {
                    return Err(LandscapeError::Foreign {
                        table,
                        row,
                        field: "base",
                        owner: "application",
                    });
                }
            }
            self.check_parts(table, row, &running.modules)?;
        }
        Ok(())
    }

    fn check_active_plans(&self) -> Result<(), LandscapeError> {
        let table = Table::ActivePlans;
        let publication = |p: &super::ActivePlan| p.is_publication().then_some(p.id);
        ordered(table, "number", &self.active_plans, |p| {
            (p.number, publication(p))
        })?;
        unique(table, self.active_plans.iter().map(|p| p.id))?;
        for (row, plan) in self.active_plans.iter().enumerate() {
            self.reach(table, row, "target", Table::Environments, plan.target)?;
            for module in &plan.modules {
                self.reach(table, row, "modules", Table::Modules, *module)?;
            }
            sorted(table, row, "modules", &plan.modules, |m| *m)?;
            for version in &plan.brings {
                self.reach(table, row, "brings", Table::ModuleVersions, *version)?;
            }
            sorted(table, row, "brings", &plan.brings, |v| *v)?;
        }
        Ok(())
    }

    fn check_properties(&self) -> Result<(), LandscapeError> {
        let table = Table::Properties;
        for (row, property) in self.properties.iter().enumerate() {
            let into = Table::ModuleVersions;
            self.reach(table, row, "version", into, property.version)?;
        }
        let order = "module version and name (upper and lower case are the same)";
        ordered(table, order, &self.properties, |row| {
            (row.version, crate::name::fold(&row.name))
        })?;
        let table = Table::Values;
        for (row, value) in self.values.iter().enumerate() {
            let into = Table::Environments;
            self.reach(table, row, "environment", into, value.environment)?;
            self.reach(table, row, "module", Table::Modules, value.module)?;
        }
        ordered(table, "environment, module and name", &self.values, |row| {
            (row.environment, row.module, row.name.clone())
        })
    }

    /// The module versions of a tag or of a running application.
    fn check_parts(&self, table: Table, row: usize, modules: &[Ix]) -> Result<(), LandscapeError> {
        for version in modules {
            self.reach(table, row, "modules", Table::ModuleVersions, *version)?;
        }
        sorted(table, row, "modules", modules, |v| *v)?;
        // Module versions are ordered by module, so states of one module are neighbours.
        let module = |v: &Ix| self.module_versions[*v as usize].module;
        if modules.windows(2).any(|w| module(&w[0]) == module(&w[1])) {
            return Err(LandscapeError::SameModuleTwice { table, row });
        }
        Ok(())
    }

    pub(super) fn reach(
        &self,
        table: Table,
        row: usize,
        field: &'static str,
        into: Table,
        position: Ix,
    ) -> Result<(), LandscapeError> {
        let length = match into {
            Table::Environments => self.environments.len(),
            Table::Applications => self.applications.len(),
            Table::Modules => self.modules.len(),
            Table::Elements => self.elements.len(),
            Table::Interfaces => self.interfaces.len(),
            Table::ModuleVersions => self.module_versions.len(),
            Table::Versions => self.versions.len(),
            Table::Running => self.running.len(),
            Table::ActivePlans => self.active_plans.len(),
            Table::Hotfixes => self.hotfixes.len(),
            Table::Holds => self.holds.len(),
            Table::Properties => self.properties.len(),
            Table::Values => self.values.len(),
        };
        if (position as usize) < length {
            return Ok(());
        }
        Err(LandscapeError::OutOfRange {
            table,
            row,
            field,
            into,
            position,
            length,
        })
    }
}

pub(super) fn ordered<T, K: Ord>(
    table: Table,
    order: &'static str,
    rows: &[T],
    key: impl Fn(&T) -> K,
) -> Result<(), LandscapeError> {
    match rows.windows(2).position(|w| key(&w[0]) >= key(&w[1])) {
        None => Ok(()),
        Some(row) => Err(LandscapeError::Order {
            table,
            row: row + 1,
            order,
        }),
    }
}

pub(super) fn sorted<T, K: Ord>(
    table: Table,
    row: usize,
    field: &'static str,
    list: &[T],
    key: impl Fn(&T) -> K,
) -> Result<(), LandscapeError> {
    if list.windows(2).all(|w| key(&w[0]) < key(&w[1])) {
        return Ok(());
    }
    Err(LandscapeError::List { table, row, field })
}

fn unique<K: Ord + Copy + fmt::Display>(
    table: Table,
    ids: impl Iterator<Item = K>,
) -> Result<(), LandscapeError> {
    let mut ids: Vec<(K, usize)> = ids.enumerate().map(|(row, id)| (id, row)).collect();
    ids.sort_unstable();
    match ids.windows(2).find(|w| w[0].0 == w[1].0) {
        None => Ok(()),
        Some(pair) => Err(LandscapeError::DuplicateId {
            table,
            row: pair[1].1,
            id: pair[1].0.to_string(),
        }),
    }
}
