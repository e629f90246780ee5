//! What somebody who edits a plan has looked at, so that what changed since can be named.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::new(manager, "plan_looks")
            .id("plan_id")
            // An application of the plan, as its source ran it; or the target environment.
            .id("subject_id")
            // The last row of `running_module_history` by then.
            .number("sequence")
            .number("at")
            .primary(&["plan_id", "subject_id"])
            .refers("plan_id", "plans")
            .create()
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("running_module_history_environment_sequence")
                    .table("running_module_history")
                    .col("environment_id")
                    .col("sequence")
                    .if_not_exists()
                    .take(),
            )
            .await
    }
}
