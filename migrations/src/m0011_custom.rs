//! Single modules of an application in a plan, and values that take effect after the switch.

use crate::schema::add_column;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The ids of the modules that are deployed, as JSON; null where a whole version is.
        let mut modules = ColumnDef::new("modules");
        add_column(manager, "plan_operations", modules.text().null()).await?;
        let mut after = ColumnDef::new("settings_after");
        let after = after.boolean().not_null().default(false);
        add_column(manager, "plans", after).await?;
        // What the module finds as its site properties then, as JSON; null where nothing changes.
        let mut after = ColumnDef::new("settings_after");
        add_column(manager, "run_modules", after.text().null()).await
    }
}
