//! Plans that wait in line although errors were found, because somebody said why.

use crate::schema::add_column;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut reason = ColumnDef::new("override_reason");
        add_column(manager, "plan_queue", reason.text().null()).await?;
        Ok(())
    }
}
