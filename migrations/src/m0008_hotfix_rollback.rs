//! Hotfixes as objects of their own, and versions that a rollback took out of an environment.

use crate::schema::NewTable;
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        NewTable::new(manager, "hotfixes")
            .key("id")
            .id("application_id")
            // Where it was made.
            .id("environment_id")
            // Its tag, and the one it was made from.
            .id_null("version_id")
            .id_null("base_id")
            // What it is made of while it has no tag: a digest over the modules' bundles.
            .text("content")
            .number("since")
            .id_null("made_by")
            // `open`, `solved`, `waived` or `withdrawn`.
            .text("state")
            // The version that contains it.
            .id_null("solved_by_id")
            .text_null("reason")
            .number_null("ended")
            .id_null("ended_by")
            .refers("application_id", "applications")
            .refers("environment_id", "environments")
            .refers("version_id", "versions")
            .refers("base_id", "versions")
            .refers("made_by", "users")
            .refers("solved_by_id", "versions")
            .refers("ended_by", "users")
            .index(&["application_id", "since"])
            .index(&["environment_id"])
            .index(&["state"])
            .create()
            .await?;
        NewTable::new(manager, "holds")
            .key("id")
            .id("application_id")
            .id("environment_id")
            .id("version_id")
            // The plan that took it out; plans that ran are never removed.
            .number("plan_number")
            .number("since")
            .number_null("released")
            .id_null("released_by")
            .text_null("reason")
            .refers("application_id", "applications")
            .refers("environment_id", "environments")
            .refers("version_id", "versions")
            .refers("released_by", "users")
            .index(&["application_id", "since"])
            .index(&["released"])
            .create()
            .await?;
        // Which plans roll a plan back.
        manager
            .create_index(
                Index::create()
                    .name("plans_origin_number_index")
                    .table("plans")
                    .col("origin_number")
                    .if_not_exists()
                    .to_owned(),
            )
            .await
    }
}
