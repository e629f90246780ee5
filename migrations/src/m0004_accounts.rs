//! When an account last signed in, and the one-time links that set a password.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A step that was cut off in the middle is repeated on SQLite.
        if !manager.has_column("users", "last_sign_in").await? {
            let mut table = Table::alter();
            table
                .table("users")
                .add_column(ColumnDef::new("last_sign_in").big_integer().null());
            manager.alter_table(table).await?;
        }
        NewTable::new(manager, "password_links")
            .text_key("code_hash")
            .id("user_id")
            .number("created")
            .number("expires")
            .refers("user_id", "users")
            .index(&["user_id"])
            .create()
            .await
    }
}
