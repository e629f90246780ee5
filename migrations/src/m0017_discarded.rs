//! Saved plans that somebody discarded a moment ago, and may still bring back.

use crate::schema::add_column;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut person = ColumnDef::new("discarded_by");
        if manager.get_database_backend() == DbBackend::Sqlite {
            person.binary_len(16);
        } else {
            person.uuid();
        }
        let mut time = ColumnDef::new("discarded");
        add_column(manager, "plans", time.big_integer().null()).await?;
        add_column(manager, "plans", person.null()).await?;
        Ok(())
    }
}
