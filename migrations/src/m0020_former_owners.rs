//! Which application a module belonged to in its target when the run that moves it was made.

use crate::schema::{add_column, id_column};
use sea_orm_migration::prelude::*;

/// The step.
#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const FORMER: &str = "former_application_id";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // Null where it stays with its application, or is new there.
        if manager.has_column("run_modules", FORMER).await? {
            return Ok(());
        }
        let mut former = id_column(manager, FORMER);
        add_column(manager, "run_modules", former.null()).await
    }
}
