//! Environments that are out of service for a while, what holds for the whole installation, and
//! orders of the list of plans.

use crate::schema::{NewTable, id_column};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            // In maintenance while there is a time.
            ColumnDef::new("maintenance_since")
                .big_integer()
                .null()
                .take(),
            id_column(manager, "maintenance_by").null().take(),
            ColumnDef::new("maintenance_reason").text().null().take(),
        ];
        for column in columns {
            // A step that was cut off in the middle is repeated on SQLite.
            let name = column.get_column_name();
            if !manager.has_column("environments", &name).await? {
                let mut table = Table::alter();
                table.table("environments").add_column(column);
                manager.alter_table(table).await?;
            }
        }
        // What was never changed has no row.
        NewTable::new(manager, "console_settings")
            .text_key("name")
            .text("value")
            .text("reason")
            .number("revision")
            .number("changed")
            .id_null("changed_by")
            .refers("changed_by", "users")
            .create()
            .await?;
        // The orders of the list of plans.
        let name = match manager.get_database_backend() {
            DbBackend::Sqlite => "lower(name)",
            _ => "lower(name COLLATE \"C\")",
        };
        for (index, key) in [
            ("plans_order_name_index", name),
            ("plans_order_started_index", "started"),
            ("plans_order_finished_index", "finished"),
            ("plans_order_took_index", "(finished - started)"),
        ] {
            let statement = format!(
                "CREATE INDEX IF NOT EXISTS {index} ON plans ({key}, number) WHERE status <> 'draft'"
            );
            let connection = manager.get_connection();
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }
}
