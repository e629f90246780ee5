//! Who put a plan in line, and how long its run waited for people: both stay with the plan when it
//! has moved on.

use crate::schema::id_column;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ColumnDef::new("queued").big_integer().null().take(),
            id_column(manager, "queued_by").null().take(),
            // Since when it waits for somebody, while it does.
            ColumnDef::new("paused").big_integer().null().take(),
            // How long it has waited for people, in milliseconds, without the wait that goes on.
            ColumnDef::new("waited")
                .big_integer()
                .not_null()
                .default(0)
                .take(),
        ];
        for column in columns {
            // A step that was cut off in the middle is repeated on SQLite.
            let name = column.get_column_name();
            if !manager.has_column("plans", &name).await? {
                let mut table = Table::alter();
                table.table("plans").add_column(column);
                manager.alter_table(table).await?;
            }
        }
        let connection = manager.get_connection();
        for statement in [
            // What stands in line now.
            "UPDATE plans SET \
               queued = (SELECT p.queued FROM plan_queue p WHERE p.plan_id = plans.id), \
               queued_by = (SELECT p.queued_by FROM plan_queue p WHERE p.plan_id = plans.id) \
             WHERE status = 'queued'",
            // What is prepared now.
            "UPDATE plans SET paused = (SELECT p.since FROM prepared_runs p WHERE p.run_id = plans.id) \
             WHERE status = 'needs_intervention'",
            // What was prepared and continued waited from the last step before the switch on. A
            // plan's run has the plan's id.
            "UPDATE plans SET waited = continued - (SELECT MAX(s.finished) FROM steps s \
               WHERE s.run_id = plans.id AND s.phase IN ('transfer', 'prepare')) \
             WHERE continued > (SELECT MAX(s.finished) FROM steps s \
               WHERE s.run_id = plans.id AND s.phase IN ('transfer', 'prepare'))",
            "DROP INDEX IF EXISTS plans_order_took_index",
            "CREATE INDEX IF NOT EXISTS plans_order_took_index \
             ON plans ((finished - started - waited), number) WHERE status <> 'draft'",
            // The filter by person looks at these people too.
            "CREATE INDEX IF NOT EXISTS plans_queued_by_listed_index \
             ON plans (queued_by, number, status) WHERE status <> 'draft'",
            "CREATE INDEX IF NOT EXISTS plans_continued_by_listed_index \
             ON plans (continued_by, number, status) WHERE status <> 'draft'",
        ] {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
