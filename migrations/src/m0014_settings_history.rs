//! Values of site properties at former times: every change, kept beside what holds.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What was set before this was kept.
const SET_BEFORE: &str = "INSERT INTO settings_history \
    (environment_id, module_id, name_folded, at, value, secret, fits) \
    SELECT environment_id, module_id, name_folded, changed, \
        CASE WHEN key_id IS NULL THEN value END, \
        CASE WHEN key_id IS NULL THEN 0 ELSE 1 END, fits \
    FROM settings WHERE NOT EXISTS (SELECT 1 FROM settings_history)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // A row says what holds from `at` on, until the next row of the same property: a value, a
        // secret (which is never kept here), or, without either, the default.
        NewTable::new(manager, "settings_history")
            .counted_key("sequence")
            .id("environment_id")
            .id("module_id")
            .text("name_folded")
            .number("at")
            .text_null("value")
            .number("secret")
            .number("fits")
            .refers("environment_id", "environments")
            .refers("module_id", "modules")
            .index(&["environment_id", "module_id", "name_folded", "sequence"])
            .create()
            .await?;
        let connection = manager.get_connection();
        connection.execute_unprepared(SET_BEFORE).await?;
        Ok(())
    }
}
