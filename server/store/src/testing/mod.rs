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
mod facts;
pub mod log;
pub mod plans;
pub mod rows;
mod trouble;

pub use facts::Facts;
pub use trouble::{
    LeaseLock, WriteLock, expire_leases, give_back, spoil_commands, stored_bytes, stored_texts,
    take_away,
};

use crate::{Blobs, Store};
use sea_orm::{ConnectionTrait, Database};
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// The address of a new, empty database in this process's PostgreSQL cluster.
pub async fn postgres_url() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let cluster = tokio::task::spawn_blocking(cluster)
        .await
        .expect("the cluster starts");
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut options = sea_orm::ConnectOptions::new(cluster.url("postgres"));
    options.max_connections(1).sqlx_logging(false);
    let admin = Database::connect(options)
        .await
        .expect("a connection to the cluster");
    admin
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .expect("a database of its own");
    admin.close().await.expect("the connection closes");
    cluster.url(&name)
}

struct Cluster {
    folder: PathBuf,
    /// Ends the server and removes the folder when its standard input closes, however this
    /// process ends.
    _keeper: Child,
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        format!(
            "postgres://slipway@localhost/{database}?host={}",
            self.folder.display()
        )
    }
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start_cluster)
}

/// PostgreSQL's programs: on the path, or where Debian puts them.
fn programs() -> PathBuf {
    let on_path = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
    });
    on_path
        .or_else(|| {
            let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
                .ok()?
                .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
                .filter(|folder| folder.join("initdb").is_file())
                .collect();
            versions.sort();
            versions.pop()
        })
        .expect("PostgreSQL is needed for these tests: apt-get install postgresql")
}

fn start_cluster() -> Cluster {
    let programs = programs();
    // PostgreSQL refuses to run as root, so root hands it to the account that its package made.
    let root = Path::new("/proc/self").metadata().is_ok_and(|meta| {
        use std::os::unix::fs::MetadataExt;
        meta.uid() == 0
    });
    let folder = TempDir::with_prefix("slipway-pg-")
        .expect("a temporary folder")
        .keep();
    if root {
        let given = Command::new("chown")
            .arg("postgres:postgres")
            .arg(&folder)
            .status()
            .expect("chown runs");
        assert!(given.success(), "the account postgres is there");
    }
    let as_owner = if root {
        "setpriv --reuid=postgres --regid=postgres --init-groups"
    } else {
        ""
    };
    // `pg_ctl start` returns when the server takes connections, and the word is read from a pipe.
    let script = format!(
        r#"cd "$1"; bin="$2"
{as_owner} "$bin/initdb" -D "$1/data" -U slipway -A trust -N -E UTF8 --locale=C >"$1/initdb.log" 2>&1 || exit 1
{as_owner} "$bin/pg_ctl" -D "$1/data" -l "$1/server.log" -w -t 120 start -o "-k $1 -c listen_addresses= -c fsync=off \
  -c full_page_writes=off -c synchronous_commit=off -c max_connections=400 -c shared_buffers=64MB" >"$1/start.log" 2>&1 </dev/null || exit 1
echo ready
cat >/dev/null
{as_owner} "$bin/pg_ctl" -D "$1/data" -m immediate -w stop >/dev/null 2>&1; cd /; rm -rf "$1""#
    );
    let mut keeper = Command::new("sh")
        .args(["-c", &script, "keeper"])
        .arg(&folder)
        .arg(&programs)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Ctrl-C in a terminal reaches the whole group; the cluster ends with this process.
        .process_group(0)
        .spawn()
        .expect("sh runs");
    let mut word = String::new();
    let output = keeper.stdout.take().expect("the output is piped");
    BufReader::new(output)
        .read_line(&mut word)
        .expect("the output is readable");
    assert_eq!(
        word.trim(),
        "ready",
        "PostgreSQL did not start; see the logs in {}",
        folder.display()
    );
    Cluster {
        folder,
        _keeper: keeper,
    }
}

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
