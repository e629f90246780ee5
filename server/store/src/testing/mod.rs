//! A fresh, migrated database for each test: a SQLite file in a folder of its own, or a database
//! of its own in one throw-away PostgreSQL cluster that the test process starts.
//!
//! ```text
//! store::testing::on_both! {
//!     async fn logins_are_unique(store: Store) { … }
//! }
//! ```
//! makes the tests `logins_are_unique::sqlite` and `logins_are_unique::postgres`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod active;
mod cluster;
mod facts;
pub mod log;
pub mod plans;
pub mod rows;
mod tail;
mod trouble;

pub use cluster::{Cluster, postgres_url};
pub use facts::Facts;
pub use tail::{Tail, last_audited};
pub use trouble::{
    LeaseLock, WriteLock, empty_log, expire_leases, expire_leases_of, give_back, spoil_commands,
    stored_bytes, stored_texts, take_away,
};

use crate::{Blobs, Store};
use sea_orm::ConnectionTrait;
use std::ops::Deref;
use tempfile::TempDir;

/// Where a write is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kill {
    /// Everything of it is lost.
    BeforeCommit,
    /// It is stored, but whoever wrote it never learns that.
    AfterCommit,
}

/// Acts as if the process had died at a chosen write: that write and every later one fails.
#[derive(Debug, Default)]
pub struct Fuse {
    state: std::sync::Mutex<FuseState>,
}

#[derive(Debug, Default)]
struct FuseState {
    writes: u64,
    at: Option<(u64, Kill)>,
    blown: bool,
}

impl Fuse {
    /// Dies at the `write`th write from now, from 1.
    pub fn set(&self, write: u64, kill: Kill) {
        let mut state = self
            .state
            .lock()
            .expect("no test panics while it holds this");
        state.at = Some((state.writes + write, kill));
    }

    /// Does not die after all, unless it has already.
    pub fn spare(&self) {
        self.state
            .lock()
            .expect("no test panics while it holds this")
            .at = None;
    }

    /// How many writes were tried.
    pub fn writes(&self) -> u64 {
        self.state
            .lock()
            .expect("no test panics while it holds this")
            .writes
    }

    /// Whether it has died.
    pub fn is_blown(&self) -> bool {
        self.state
            .lock()
            .expect("no test panics while it holds this")
            .blown
    }

    pub(crate) fn check(&self) -> crate::StoreResult<()> {
        if self.is_blown() {
            return Err(crate::StoreError::Gone("killed by the test".to_owned()));
        }
        Ok(())
    }

    pub(crate) fn burn(&self, point: Kill) -> crate::StoreResult<()> {
        let mut state = self
            .state
            .lock()
            .expect("no test panics while it holds this");
        if point == Kill::BeforeCommit {
            state.writes += 1;
        }
        if state.at == Some((state.writes, point)) {
            state.blown = true;
        }
        let blown = state.blown;
        drop(state);
        if blown {
            return Err(crate::StoreError::Gone("killed by the test".to_owned()));
        }
        Ok(())
    }
}

impl Store {
    /// What ends this store's process in tests.
    pub fn fuse(&self) -> &Fuse {
        &self.fuse
    }
}

/// A store that lives as long as the test.
pub struct TestStore {
    store: Store,
    folder: TempDir,
}

impl Deref for TestStore {
    type Target = Store;
    fn deref(&self) -> &Store {
        &self.store
    }
}

impl TestStore {
    /// On a SQLite file of its own.
    pub async fn sqlite() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = format!("sqlite:{}/slipway.db", folder.path().display());
        let store = Store::open_unsynced(&url)
            .await
            .expect("a new SQLite database");
        Self { store, folder }
    }

    /// In a PostgreSQL database of its own.
    pub async fn postgres() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let store = Store::open(&postgres_url().await)
            .await
            .expect("a new PostgreSQL database");
        Self { store, folder }
    }

    /// The store itself and the folder that must outlive it.
    pub fn into_parts(self) -> (Store, TempDir) {
        (self.store, self.folder)
    }

    /// Blobs beside the database.
    pub fn blobs(&self) -> Blobs {
        Blobs::in_folder(&self.folder.path().join("blobs")).expect("a blob folder")
    }
}

/// Runs each test on both databases; see the module's doc.
#[macro_export]
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($store:ident: Store) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$attribute])*
            async fn behaviour($store: &$crate::Store) $body

            #[tokio::test]
            async fn sqlite() {
                let store = $crate::testing::TestStore::sqlite().await;
                behaviour(&store).await;
            }

            #[tokio::test]
            async fn postgres() {
                let store = $crate::testing::TestStore::postgres().await;
                behaviour(&store).await;
            }
        }
    )*};
}
pub use on_both;

/// Inserts a row as it is.
pub async fn insert<M, A>(connection: &impl ConnectionTrait, row: M) -> crate::StoreResult<()>
where
    M: sea_orm::ModelTrait + sea_orm::IntoActiveModel<A>,
    A: sea_orm::ActiveModelTrait<Entity = M::Entity> + Send,
{
    use sea_orm::EntityTrait;
    M::Entity::insert(row.into_active_model())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Switches two-stage deployment of an environment.
pub async fn set_two_stage(
    connection: &impl ConnectionTrait,
    environment: uuid::Uuid,
    two_stage: bool,
) -> crate::StoreResult<()> {
    use crate::entity::environments::environment;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
    environment::Entity::update_many()
        .col_expr(environment::Column::TwoStage, Expr::value(two_stage))
        .filter(environment::Column::Id.eq(environment))
        .exec(connection)
        .await?;
    Ok(())
}

/// The audit from a sequence number on, in order.
pub async fn list_audit(
    connection: &impl ConnectionTrait,
    from: i64,
) -> crate::StoreResult<Vec<crate::entity::audit::audit_entry::Model>> {
    use crate::entity::audit::audit_entry;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
    Ok(audit_entry::Entity::find()
        .filter(audit_entry::Column::Sequence.gte(from))
        .order_by_asc(audit_entry::Column::Sequence)
        .all(connection)
        .await?)
}
