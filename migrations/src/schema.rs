//! One short way to write a table down, with the column types of both databases: ids are
//! `blob(16)` in SQLite and `uuid` in PostgreSQL, times and counts `bigint`, documents `text`.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// A table that is being described.
pub(crate) struct NewTable<'m, 'c> {
    manager: &'m SchemaManager<'c>,
    name: &'static str,
    statement: TableCreateStatement,
    indexes: Vec<IndexCreateStatement>,
    /// Statements for what has no builder, after the indexes.
    further: Vec<String>,
}

/// A column for ids.
pub(crate) fn id_column(manager: &SchemaManager, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    if manager.get_database_backend() == DbBackend::Sqlite {
        column.binary_len(16);
    } else {
        column.uuid();
    }
    column
}

impl<'m, 'c> NewTable<'m, 'c> {
    /// Begins a table without columns.
    pub(crate) fn new(manager: &'m SchemaManager<'c>, name: &'static str) -> Self {
        let mut statement = Table::create();
        statement.table(name).if_not_exists();
        Self {
            manager,
            name,
            statement,
            indexes: Vec::new(),
            further: Vec::new(),
        }
    }

    fn with(mut self, column: &mut ColumnDef) -> Self {
        self.statement.col(column.take());
        self
    }

    /// The id that is the primary key.
    pub(crate) fn key(self, name: &'static str) -> Self {
        let mut column = id_column(self.manager, name);
        self.with(column.not_null().primary_key())
    }

    /// A number that the database counts up and that is the primary key.
    pub(crate) fn counted_key(self, name: &'static str) -> Self {
        self.with(
            ColumnDef::new(name)
                .big_integer()
                .not_null()
                .auto_increment()
                .primary_key(),
        )
    }

    /// A text that is the primary key.
    pub(crate) fn text_key(self, name: &'static str) -> Self {
        self.with(ColumnDef::new(name).text().not_null().primary_key())
    }

    /// An id.
    pub(crate) fn id(self, name: &'static str) -> Self {
        let mut column = id_column(self.manager, name);
        self.with(column.not_null())
    }

    /// An id that may be missing.
    pub(crate) fn id_null(self, name: &'static str) -> Self {
        let mut column = id_column(self.manager, name);
        self.with(column.null())
    }

    /// A text.
    pub(crate) fn text(self, name: &'static str) -> Self {
        self.with(ColumnDef::new(name).text().not_null())
    }

    /// A text that may be missing.
    pub(crate) fn text_null(self, name: &'static str) -> Self {
        self.with(ColumnDef::new(name).text().null())
    }

    /// A count, a time (milliseconds since the epoch) or a revision.
    pub(crate) fn number(self, name: &'static str) -> Self {
        self.with(ColumnDef::new(name).big_integer().not_null())
    }

    /// A number that may be missing.
    pub(crate) fn number_null(self, name: &'static str) -> Self {
        self.with(ColumnDef::new(name).big_integer().null())
    }

    /// Yes or no.
    pub(crate) fn flag(self, name: &'static str) -> Self {
        self.with(ColumnDef::new(name).boolean().not_null())
    }

    /// A primary key of several columns.
    pub(crate) fn primary(mut self, columns: &[&'static str]) -> Self {
        let mut index = Index::create();
        for column in columns {
            index.col(*column);
        }
        self.statement.primary_key(&mut index);
        self
    }

    /// `column` names a row of `table` by its `key`; that row cannot go while it is named.
    pub(crate) fn refers_by(
        mut self,
        column: &'static str,
        table: &'static str,
        key: &'static str,
    ) -> Self {
        self.statement.foreign_key(
            ForeignKey::create()
                .name(format!("{}_{column}_fkey", self.name))
                .from(self.name, column)
                .to(table, key),
        );
        self
    }

    /// `column` names a row of `table` by its `id`.
    pub(crate) fn refers(self, column: &'static str, table: &'static str) -> Self {
        self.refers_by(column, table, "id")
    }

    fn add_index(mut self, columns: &[&'static str], unique: bool) -> Self {
        let mut index = Index::create();
        let kind = if unique { "key" } else { "index" };
        index
            .name(format!("{}_{}_{kind}", self.name, columns.join("_")))
            .table(self.name)
            .if_not_exists();
        for column in columns {
            index.col(*column);
        }
        if unique {
            index.unique();
        }
        self.indexes.push(index);
        self
    }

    /// No two rows agree in all these columns. The index is named `{table}_{columns}_key`.
    pub(crate) fn unique(self, columns: &[&'static str]) -> Self {
        self.add_index(columns, true)
    }

    /// Found and sorted by these columns.
    pub(crate) fn index(self, columns: &[&'static str]) -> Self {
        self.add_index(columns, false)
    }

    /// Found and sorted by these columns among the rows that fulfil `condition`, which queries have
    /// to repeat word for word. The index is named `{table}_{name}_index`.
    pub(crate) fn index_where(mut self, name: &str, columns: &[&str], condition: &str) -> Self {
        self.further.push(format!(
            "CREATE INDEX IF NOT EXISTS {table}_{name}_index ON {table} ({columns}) WHERE {condition}",
            table = self.name,
            columns = columns.join(", "),
        ));
        self
    }

    /// Makes the table and its indexes.
    pub(crate) async fn create(self) -> Result<(), DbErr> {
        self.manager.create_table(self.statement).await?;
        for index in self.indexes {
            self.manager.create_index(index).await?;
        }
        for statement in self.further {
            self.manager
                .get_connection()
                .execute_unprepared(&statement)
                .await?;
        }
        Ok(())
    }
}

/// Adds a column to a table that is there.
pub(crate) async fn add_column(
    manager: &SchemaManager<'_>,
    table: &'static str,
    column: &mut ColumnDef,
) -> Result<(), DbErr> {
    manager
        .alter_table(
            Table::alter()
                .table(table)
                .add_column_if_not_exists(column.take())
                .take(),
        )
        .await
}
