//! Drafts that their maker shares.

use crate::schema::add_column;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut shared = ColumnDef::new("shared");
        let shared = shared.boolean().not_null().default(false);
        add_column(manager, "plans", shared).await?;
        Ok(())
    }
}
