//! Values of site properties: which key a secret is sealed with, which types a value has, and what
//! plans set.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // With a key, `value` is sealed with it; without, it is plain.
        add(manager, "settings", ColumnDef::new("key_id").text().null()).await?;
        let mut fits = ColumnDef::new("fits");
        // What is known of values from before: that they are texts.
        add(
            manager,
            "settings",
            fits.big_integer().not_null().default(1),
        )
        .await?;
        NewTable::new(manager, "plan_settings")
            .id("plan_id")
            .id("module_id")
            .text("name_folded")
            .text("name")
            .text("value")
            .text_null("key_id")
            .number("fits")
            .number("changed")
            .id_null("changed_by")
            .primary(&["plan_id", "module_id", "name_folded"])
            .refers("plan_id", "plans")
            .refers("module_id", "modules")
            .create()
            .await
    }
}

async fn add(
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
