//! What environments ran at former times: every change of what runs, kept beside it.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A row says what holds from `at` on, until the next row of the same application.
        NewTable::new(manager, "running_history")
            .counted_key("sequence")
            .id("environment_id")
            .id("application_id")
            .number("at")
            .flag("present")
            .id_null("base_id")
            .flag("modified")
            .refers("environment_id", "environments")
            .refers("application_id", "applications")
            .refers("base_id", "versions")
            .index(&["environment_id", "application_id", "sequence"])
            .create()
            .await?;
        // The same of a module; without a state it is gone.
        NewTable::new(manager, "running_module_history")
            .counted_key("sequence")
            .id("environment_id")
            .id("module_id")
            .number("at")
            .id_null("application_id")
            .id_null("module_version_id")
            .refers("environment_id", "environments")
            .refers("module_id", "modules")
            .refers("application_id", "applications")
            .refers("module_version_id", "module_versions")
            .index(&["environment_id", "module_id", "sequence"])
            .create()
            .await
    }
}
