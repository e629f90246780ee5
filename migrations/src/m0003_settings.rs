//! Values of site properties, per environment; since when a bundle is needed by nothing.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A row is a value that differs from the manifest's default, or a secret's value.
        NewTable::new(manager, "settings")
            .id("environment_id")
            .id("module_id")
            .text("name_folded")
            .text("name")
            .text("value")
            .number("changed")
            .id_null("changed_by")
            .primary(&["environment_id", "module_id", "name_folded"])
            .refers("environment_id", "environments")
            .refers("module_id", "modules")
            .create()
            .await?;
        // None while something needs it, and before anybody has looked.
        let mut column = ColumnDef::new("unneeded_since");
        manager
            .alter_table(
                Table::alter()
                    .table("bundles")
                    .add_column_if_not_exists(column.big_integer().null())
                    .take(),
            )
            .await
    }
}
