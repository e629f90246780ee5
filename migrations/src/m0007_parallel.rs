//! How environments take plans, plans that wait in line for their target, and until when prepared
//! packages are kept.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ColumnDef::new("infrastructure")
                .text()
                .not_null()
                .default("self_managed")
                .take(),
            // For how long prepared packages are kept.
            ColumnDef::new("keep_hours")
                .big_integer()
                .not_null()
                .default(96)
                .take(),
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
        // A plan stands in line while `sent_back` is empty; then the row says why it does no more.
        NewTable::new(manager, "plan_queue")
            .counted_key("sequence")
            .id("plan_id")
            .id("target_id")
            .number("queued")
            .id_null("queued_by")
            // What it waits for, as it was when the line was last looked at; JSON.
            .text("waits_for")
            .number_null("sent_back")
            .text_null("reason")
            .refers("plan_id", "plans")
            .refers("target_id", "environments")
            .refers("queued_by", "users")
            .unique(&["plan_id"])
            .index(&["target_id", "sequence"])
            .create()
            .await?;
        // There while the run is prepared and waits for somebody to continue it.
        NewTable::new(manager, "prepared_runs")
            .key("run_id")
            .number("since")
            .number("until")
            .number("hours")
            .flag("warned")
            .refers("run_id", "runs")
            .index(&["until"])
            .create()
            .await
    }
}
