//! What can be wrong with a landscape that came from outside.

use std::fmt;

/// A table of a [`super::Landscape`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// [`super::Landscape::environments`].
    Environments,
    /// [`super::Landscape::applications`].
    Applications,
    /// [`super::Landscape::modules`].
    Modules,
    /// [`super::Landscape::elements`].
    Elements,
    /// [`super::Landscape::interfaces`].
    Interfaces,
    /// [`super::Landscape::module_versions`].
    ModuleVersions,
    /// [`super::Landscape::versions`].
    Versions,
    /// [`super::Landscape::running`].
    Running,
    /// [`super::Landscape::active_plans`].
    ActivePlans,
    /// [`super::Landscape::hotfixes`].
    Hotfixes,
    /// [`super::Landscape::holds`].
    Holds,
    /// [`super::Landscape::properties`].
    Properties,
    /// [`super::Landscape::values`].
    Values,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environments => "environments",
            Self::Applications => "applications",
            Self::Modules => "modules",
            Self::Elements => "elements",
            Self::Interfaces => "interfaces",
            Self::ModuleVersions => "module_versions",
            Self::Versions => "versions",
            Self::Running => "running",
            Self::ActivePlans => "active_plans",
            Self::Hotfixes => "hotfixes",
            Self::Holds => "holds",
            Self::Properties => "properties",
            Self::Values => "values",
        })
    }
}

/// The first mistake found in a landscape. Rows count from 0, as in the JSON export.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LandscapeError {
    /// A position beyond the end of the table it points into.
    #[error("{table}[{row}].{field}: there is no {into}[{position}]; the table has {length} rows")]
    OutOfRange {
        /// Where the mistake is.
        table: Table,
        /// In which row.
        row: usize,
        /// In which field.
        field: &'static str,
        /// The table it points into.
        into: Table,
        /// Where it points.
        position: u32,
        /// How many rows that table has.
        length: usize,
    },
    /// A landscape was to be built on a former one that is about other things.
    #[error("the former landscape has other applications, modules or published states")]
    OtherStates,
    /// Rows are not in the table's order, or two rows have the same key.
    #[error(
        "{table}[{row}]: not after the row before it; rows are ordered by {order} and none appears twice"
    )]
    Order {
        /// Where the mistake is.
        table: Table,
        /// In which row.
        row: usize,
        /// The table's order.
        order: &'static str,
    },
    /// A list inside a row is not sorted, or has an entry twice.
    #[error("{table}[{row}].{field}: not sorted, or an entry appears twice")]
    List {
        /// Where the mistake is.
        table: Table,
        /// In which row.
        row: usize,
        /// In which field.
        field: &'static str,
    },
    /// Two rows have the same id.
    #[error("{table}[{row}]: the id {id} appears twice")]
    DuplicateId {
        /// Where the mistake is.
        table: Table,
        /// In which row (the later of the two).
        row: usize,
        /// The id.
        id: String,
    },
    /// A row belongs to another thing than the row that names it.
    #[error("{table}[{row}].{field}: belongs to another {owner}")]
    Foreign {
        /// Where the mistake is.
        table: Table,
        /// In which row.
        row: usize,
        /// In which field.
        field: &'static str,
        /// What it should have in common with the row.
        owner: &'static str,
    },
    /// A used member that the interface does not have.
    #[error("{table}[{row}].{field}: the interface that was seen has no such member")]
    NoSuchMember {
        /// Where the mistake is.
        table: Table,
        /// In which row.
        row: usize,
        /// In which field.
        field: &'static str,
    },
    /// A module appears twice in one version, or in one application of an environment.
    #[error("{table}[{row}].modules: two of them are states of the same module")]
    SameModuleTwice {
        /// Where the mistake is.
        table: Table,
        /// In which row.
        row: usize,
    },
    /// A fact names something that was never given to the builder.
    #[error("{table}: {what} {id} is named but not known")]
    Unknown {
        /// Whose fact.
        table: Table,
        /// What is named.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// More rows than positions can name.
    #[error("{table}: more rows than a landscape can hold")]
    TooMany {
        /// Which table.
        table: Table,
    },
}
