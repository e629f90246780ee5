//! Values of site properties: which key a secret is sealed with, which types a value has, and what
//! plans set.

use crate::schema::{NewTable, add_column};
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // With a key, `value` is sealed with it; without, it is plain.
        let mut key = ColumnDef::new("key_id");
        add_column(manager, "settings", key.text().null()).await?;
        let mut fits = ColumnDef::new("fits");
        // What is known of values from before: that they are texts.
        add_column(
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
