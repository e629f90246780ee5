//! The list of plans, several filters at once: what is filtered most stands in the indexes that lead
//! there, so that the others are asked without reading a row.

use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The indexes that get further columns, and which.
const WIDER: [(&str, &str); 12] = [
    ("status", "status, number, source_id, target_id"),
    ("source", "source_id, number, status, target_id"),
    ("target", "target_id, number, status, source_id"),
    (
        "created_by",
        "created_by, number, status, source_id, target_id",
    ),
    ("saved_by", "saved_by, number, status, source_id, target_id"),
    (
        "queued_by",
        "queued_by, number, status, source_id, target_id",
    ),
    (
        "started_by",
        "started_by, number, status, source_id, target_id",
    ),
    (
        "continued_by",
        "continued_by, number, status, source_id, target_id",
    ),
    (
        "aborted_by",
        "aborted_by, number, status, source_id, target_id",
    ),
    ("created", "created, number, status, started, finished"),
    ("started", "started, number, status, created, finished"),
    ("finished", "finished, number, status, created, started"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for (name, columns) in WIDER {
            for statement in [
                format!("DROP INDEX IF EXISTS plans_{name}_listed_index"),
                format!(
                    "CREATE INDEX IF NOT EXISTS plans_{name}_listed_index \
                     ON plans ({columns}) WHERE status <> 'draft'"
                ),
            ] {
                connection.execute_unprepared(&statement).await?;
            }
        }
        for statement in [
            // The indexes of the spans of time begin with the same columns.
            "DROP INDEX IF EXISTS plans_order_started_index",
            "DROP INDEX IF EXISTS plans_order_finished_index",
            // What is not in the list; few at any time.
            "CREATE INDEX IF NOT EXISTS plans_drafts_index ON plans (number) WHERE status = 'draft'",
        ] {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
