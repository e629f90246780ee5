//! Opening the database, its connections, reading and writing.

use crate::error::{StoreError, StoreResult};
use migrations::{Migrator, MigratorTrait};
use sea_orm::sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous,
};
use sea_orm::sqlx::{self, Connection};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Which database is behind a [`Store`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseKind {
    /// One file, one console process.
    Sqlite,
    /// A server; several console processes may share it.
    Postgres,
}

/// Rows that a connection reads ahead of who takes them. With few, the two wait for each other all the
/// time where many are read, as the whole landscape is.
const SQLITE_ROWS_AHEAD: usize = 500;
/// Connections that read at the same time on SQLite.
const SQLITE_READERS: u32 = 4;
/// How long a connection that reads is kept without use: each has a cache of its own.
const SQLITE_READER_KEPT: Duration = Duration::from_secs(20);
/// Connections to PostgreSQL of one console process.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a statement waits for SQLite's lock, and a request for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// What PostgreSQL ends by itself, in milliseconds, so that no statement, no lock and no console
/// that hangs holds up the others for ever. The migrations alone may take longer.
const POSTGRES_LIMITS: [(&str, u32); 3] = [
    ("statement_timeout", 30_000),
    ("lock_timeout", 5_000),
    ("idle_in_transaction_session_timeout", 60_000),
];
/// Held while a console brings the schema of a PostgreSQL database up to date.
const MIGRATION_LOCK: i64 = 0x51_1b_77_a1;

/// The database. One per process, shared.
#[derive(Debug)]
pub struct Store {
    kind: DatabaseKind,
    url: String,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    /// Ends the process after a number of writes, in tests.
    #[cfg(feature = "testing")]
    pub(crate) fuse: crate::testing::Fuse,
    /// Held for as long as this process may write (SQLite only).
    _lock: Option<File>,
}

impl Store {
    /// Opens `sqlite:PATH` or `postgres://…`, and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if another console process has the SQLite file;
    /// [`StoreError::Gone`] if the database cannot be reached or the folder is not writable.
    pub async fn open(url: &str) -> StoreResult<Self> {
        // What is committed survives a loss of power: agents have acted on it.
        Self::open_with(url, SqliteSynchronous::Full).await
    }

    /// As [`Store::open`], without waiting for the disk: tests kill processes, not machines.
    #[cfg(feature = "testing")]
    pub async fn open_unsynced(url: &str) -> StoreResult<Self> {
        Self::open_with(url, SqliteSynchronous::Off).await
    }

    async fn open_with(url: &str, synchronous: SqliteSynchronous) -> StoreResult<Self> {
        let store = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = Path::new(path.trim_start_matches("//"));
            let lock = lock_beside(path)?;
            Self::connect_sqlite(path, Some(lock), synchronous).await?
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self::open_postgres(url).await?
        } else {
            return Err(StoreError::Gone(
                "a database address begins with sqlite: or postgres:".to_owned(),
            ));
        };
        store.migrate().await?;
        if store.kind == DatabaseKind::Postgres {
            crate::plans::index_texts(&store.writer).await?;
        }
        Ok(store)
    }

    /// Opens a database beside the console that may be using it, for a few short transactions. The
    /// schema is left as it is, and on SQLite the console's lock is left to the console.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no database yet; [`StoreError::Stale`] if its schema is
    /// not the one that this program knows; [`StoreError::Gone`] as in [`Store::open`].
    pub async fn open_beside(url: &str) -> StoreResult<Self> {
        let store = if let Some(path) = url.strip_prefix("sqlite:") {
            let path = Path::new(path.trim_start_matches("//"));
            if !path.is_file() {
                return Err(StoreError::Missing);
            }
            Self::connect_sqlite(path, None, SqliteSynchronous::Full).await?
        } else {
            Self::open_postgres(url).await?
        };
        match Migrator::get_pending_migrations_read_only(&store.reader).await {
            Ok(pending) if pending.is_empty() => Ok(store),
            Ok(pending) if pending.len() == Migrator::migrations().len() => {
                Err(StoreError::Missing)
            }
            // Steps that this program does not know are an error without a kind of its own.
            Ok(_) | Err(DbErr::Custom(_)) => Err(StoreError::Stale),
            Err(error) => Err(error.into()),
        }
    }

    async fn connect_sqlite(
        path: &Path,
        lock: Option<File>,
        synchronous: SqliteSynchronous,
    ) -> StoreResult<Self> {
        let file: PathBuf = path.to_owned();
        let connect = |connections: u32, read_only: bool| {
            let file = file.clone();
            let mut options = ConnectOptions::new("sqlite::memory:");
            options
                .max_connections(connections)
                .min_connections(1)
                .acquire_timeout(PATIENCE)
                .idle_timeout(SQLITE_READER_KEPT)
                .sqlx_logging(false)
                .map_sqlx_sqlite_pool_opts(|pool| {
                    pool.after_release(|connection, _| Box::pin(is_sound(connection)))
                })
                .map_sqlx_sqlite_opts(move |options: SqliteConnectOptions| {
                    options
                        .filename(&file)
                        .in_memory(false)
                        .shared_cache(false)
                        .create_if_missing(!read_only)
                        .read_only(read_only)
                        .journal_mode(SqliteJournalMode::Wal)
                        .synchronous(synchronous)
                        .foreign_keys(true)
                        .busy_timeout(PATIENCE)
                        .row_buffer_size(SQLITE_ROWS_AHEAD)
                });
            Database::connect(options)
        };
        // The writer first: it makes the file and turns on the write-ahead log.
        let writer = connect(1, false).await?;
        let reader = connect(SQLITE_READERS, true).await?;
        Ok(Self {
            kind: DatabaseKind::Sqlite,
            url: format!("sqlite:{}", path.display()),
            reader,
            writer,
            #[cfg(feature = "testing")]
            fuse: crate::testing::Fuse::default(),
            _lock: lock,
        })
    }

    async fn open_postgres(url: &str) -> StoreResult<Self> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .sqlx_logging(false)
            .map_sqlx_postgres_opts(|options| options.options(POSTGRES_LIMITS));
        // Whatever hinders the very first connection, for the caller the server is not there.
        let pool = Database::connect(options)
            .await
            .map_err(|error| StoreError::Gone(error.to_string()))?;
        Ok(Self {
            kind: DatabaseKind::Postgres,
            url: url.to_owned(),
            reader: pool.clone(),
            writer: pool,
            #[cfg(feature = "testing")]
            fuse: crate::testing::Fuse::default(),
            _lock: None,
        })
    }

    /// Brings the schema up to date, all of it or nothing. Consoles that are started together on
    /// PostgreSQL do it one after the other.
    async fn migrate(&self) -> StoreResult<()> {
        let transaction = self.begin().await?;
        if self.kind == DatabaseKind::Postgres {
            let wait = format!(
                "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                 SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"
            );
            transaction.execute_unprepared(&wait).await?;
        }
        Migrator::up(&transaction, None).await?;
        Ok(transaction.commit().await?)
    }

    /// Which database this is.
    pub fn kind(&self) -> DatabaseKind {
        self.kind
    }

    /// The address it was opened with; holds the password on PostgreSQL, so it is never shown.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection for reading. Not to be used while a transaction of the same task is open.
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// The connection that writes, for tests of repositories outside transactions.
    #[cfg(feature = "testing")]
    pub fn testing_writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Runs `work` in a transaction: committed if it answers `Ok`, else rolled back, also when the
    /// future is dropped. On SQLite it begins immediately as the only writer. Inside, only the
    /// transaction may be used, and nothing but the database may be waited for.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: AsyncFnOnce(&DatabaseTransaction) -> Result<T, E>,
    {
        let transaction = self.begin().await?;
        let (answer, entries) = crate::audit::collected(work(&transaction)).await;
        let sealed = match answer {
            Ok(answer) => crate::audit::seal(&transaction, entries)
                .await
                .map(|()| answer)
                .map_err(E::from),
            Err(error) => Err(error),
        };
        let answer = match sealed {
            Ok(answer) => answer,
            Err(error) => {
                // Said aloud, so that the writer is free before the caller goes on.
                let _ = transaction.rollback().await;
                return Err(error);
            }
        };
        #[cfg(feature = "testing")]
        if let Err(error) = self.fuse.burn(crate::testing::Kill::BeforeCommit) {
            let _ = transaction.rollback().await;
            return Err(E::from(error));
        }
        transaction
            .commit()
            .await
            .map_err(|error| E::from(StoreError::from(error)))?;
        #[cfg(feature = "testing")]
        self.fuse.burn(crate::testing::Kill::AfterCommit)?;
        Ok(answer)
    }

    /// Begins a transaction for writing, for use cases whose shape does not fit
    /// [`Store::write`]. Dropped without `commit`, it is rolled back.
    pub async fn begin(&self) -> StoreResult<DatabaseTransaction> {
        #[cfg(feature = "testing")]
        self.fuse.check()?;
        let options = TransactionOptions {
            sqlite_transaction_mode: (self.kind == DatabaseKind::Sqlite)
                .then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }

    /// Begins a transaction for reading, in which several queries see the same state. Dropped when
    /// done.
    pub async fn snapshot(&self) -> StoreResult<DatabaseTransaction> {
        let options = TransactionOptions {
            isolation_level: (self.kind == DatabaseKind::Postgres)
                .then_some(sea_orm::IsolationLevel::RepeatableRead),
            ..TransactionOptions::default()
        };
        Ok(self.reader.begin_with_options(options).await?)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> StoreResult<()> {
        Ok(self.reader.ping().await?)
    }

    /// `SQLite 3.x` or `PostgreSQL 15.x`, for the About page.
    pub async fn describe(&self) -> StoreResult<String> {
        let (name, function) = match self.kind {
            DatabaseKind::Sqlite => ("SQLite", "sqlite_version()"),
            DatabaseKind::Postgres => ("PostgreSQL", "current_setting('server_version')"),
        };
        let mut query = sea_orm::sea_query::Query::select();
        query.expr_as(sea_orm::sea_query::Expr::cust(function), "version");
        let version: String = match self.reader.query_one(&query).await? {
            Some(row) => row.try_get("", "version")?,
            None => String::new(),
        };
        let short = version.split(' ').next().unwrap_or_default();
        Ok(format!("{name} {short}"))
    }

    /// The database's own clock, in milliseconds since the epoch: what leases are measured with.
    pub async fn now(&self, connection: &impl ConnectionTrait) -> StoreResult<i64> {
        let function = match self.kind {
            DatabaseKind::Sqlite => "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            DatabaseKind::Postgres => {
                "CAST(extract(epoch from clock_timestamp()) * 1000 AS BIGINT)"
            }
        };
        let mut query = sea_orm::sea_query::Query::select();
        query.expr_as(sea_orm::sea_query::Expr::cust(function), "now");
        match connection.query_one(&query).await? {
            Some(row) => Ok(row.try_get("", "now")?),
            None => Err(StoreError::Missing),
        }
    }

    /// Closes all connections; on SQLite this also writes the log back into the file.
    pub async fn close(self) -> StoreResult<()> {
        self.reader.close().await?;
        if self.kind == DatabaseKind::Sqlite {
            self.writer.close().await?;
        }
        Ok(())
    }
}

/// Whether a connection to a SQLite file may be used again. SQLite ends a transaction by itself when
/// the disk is full or fails, even at its commit. The driver's own rollback then finds none and
/// fails, and it counts one for ever: each later transaction would be a part of that one, answered
/// as committed, and gone with the process.
async fn is_sound(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // Its end may be under way; the answer comes after it.
        connection.ping().await?;
    }
    let sound = !connection.is_in_transaction();
    if !sound {
        tracing::warn!("a transaction was ended by the database; its connection is replaced");
    }
    Ok(sound)
}

/// Which database a connection or transaction belongs to.
pub(crate) fn kind_of(connection: &impl ConnectionTrait) -> DatabaseKind {
    match connection.get_database_backend() {
        sea_orm::DbBackend::Sqlite => DatabaseKind::Sqlite,
        _ => DatabaseKind::Postgres,
    }
}

/// Takes the lock file beside a SQLite database, so that only one console process uses it.
fn lock_beside(path: &Path) -> StoreResult<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Gone(format!("{}: {error}", folder.display())))?;
    }
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(|error| StoreError::Gone(format!("{}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StoreError::Busy),
        Err(std::fs::TryLockError::Error(error)) => {
            Err(StoreError::Gone(format!("{}: {error}", path.display())))
        }
    }
}
