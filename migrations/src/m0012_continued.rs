//! Who let a plan go on that was prepared, and when.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut person = ColumnDef::new("continued_by");
        if manager.get_database_backend() == DbBackend::Sqlite {
            person.binary_len(16);
        } else {
            person.uuid();
        }
        let mut time = ColumnDef::new("continued");
        for column in [time.big_integer().null().take(), person.null().take()] {
            // A step that was cut off in the middle is repeated on SQLite.
            let name = column.get_column_name();
            if !manager.has_column("plans", &name).await? {
                let mut table = Table::alter();
                table.table("plans").add_column(column);
                manager.alter_table(table).await?;
            }
        }
        Ok(())
    }
}
