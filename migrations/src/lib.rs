//! The schema of Slipway's database, one step a file, the same for SQLite and PostgreSQL.
//! A step that was released is never edited; what is wrong in it is put right by the next one.

mod m0001_base;
mod m0002_plans;
mod m0003_settings;
mod m0004_accounts;
mod m0006_history;
mod m0007_parallel;
mod m0008_hotfix_rollback;
mod m0009_plan_settings;
mod m0010_looks;
mod m0011_custom;
mod m0012_continued;
mod m0013_maintenance;
mod m0014_settings_history;
mod m0015_waits;
mod m0016_shared_drafts;
mod m0017_discarded;
mod m0018_reasons_in_line;
mod m0019_list_indexes;
mod m0020_former_owners;
mod schema;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

/// All steps, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_base::Migration),
            Box::new(m0002_plans::Migration),
            Box::new(m0003_settings::Migration),
            Box::new(m0004_accounts::Migration),
            Box::new(m0006_history::Migration),
            Box::new(m0007_parallel::Migration),
            Box::new(m0008_hotfix_rollback::Migration),
            Box::new(m0009_plan_settings::Migration),
            Box::new(m0010_looks::Migration),
            Box::new(m0011_custom::Migration),
            Box::new(m0012_continued::Migration),
            Box::new(m0013_maintenance::Migration),
            Box::new(m0014_settings_history::Migration),
            Box::new(m0015_waits::Migration),
            Box::new(m0016_shared_drafts::Migration),
            Box::new(m0017_discarded::Migration),
            Box::new(m0018_reasons_in_line::Migration),
            Box::new(m0019_list_indexes::Migration),
            Box::new(m0020_former_owners::Migration),
        ]
    }
}
