//! What can go wrong in the database, sorted into the few cases that callers tell apart. The only
//! code that looks into driver errors.

use domain::AppError;
use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};
use std::sync::atomic::{AtomicU64, Ordering};

/// What the repositories answer with.
pub type StoreResult<T> = Result<T, StoreError>;

/// A failed read or write. Nothing of a failed transaction stays.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A row that must be there is not.
    #[error("the row is not there")]
    Missing,
    /// A row with these values is there already.
    #[error("a unique constraint was broken: {0}")]
    Duplicate(String),
    /// The row was changed since it was read.
    #[error("the row was changed since it was read")]
    Stale,
    /// The database is locked, or all connections are taken; another try may succeed.
    #[error("the database is busy")]
    Busy,
    /// No space is left for the database or the blobs.
    #[error("no space left")]
    Full,
    /// The database cannot be reached.
    #[error("the database cannot be reached: {0}")]
    Gone(String),
    /// Anything else: a fault of ours or a damaged database.
    #[error("{0}")]
    Broken(String),
}

/// Of a change that was to meet one row as it was seen, by how many rows it met.
///
/// # Errors
/// [`StoreError::Stale`] if the row was changed or removed since.
pub(crate) const fn changed_one(rows: u64) -> StoreResult<()> {
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Stale)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(text)) => {
                return Self::Duplicate(constraint_in(&error).unwrap_or(text));
            }
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => return Self::Missing,
            _ => {}
        }
        match &error {
            DbErr::ConnectionAcquire(_) => Self::Busy,
            DbErr::RecordNotFound(_) | DbErr::RecordNotUpdated => Self::Missing,
            DbErr::Conn(RuntimeErr::SqlxError(inner))
            | DbErr::Exec(RuntimeErr::SqlxError(inner))
            | DbErr::Query(RuntimeErr::SqlxError(inner)) => classify(inner, &error),
            _ => Self::Broken(error.to_string()),
        }
    }
}

/// The name of the broken constraint as both databases can be made to say it: PostgreSQL names
/// the index, SQLite its columns (`users.login_folded`), which are written as the index's name.
fn constraint_in(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) =
        error
    else {
        return None;
    };
    let database = inner.as_database_error()?;
    if let Some(name) = database.constraint() {
        return Some(name.to_owned());
    }
    let columns = database.message().rsplit(": ").next()?;
    let mut table = "";
    let mut name = String::new();
    for part in columns.split(", ") {
        let (at, column) = part.split_once('.')?;
        table = at;
        name.push('_');
        name.push_str(column);
    }
    Some(format!("{table}{name}_key"))
}

fn classify(inner: &sqlx::Error, whole: &DbErr) -> StoreError {
    match inner {
        sqlx::Error::PoolTimedOut => StoreError::Busy,
        sqlx::Error::RowNotFound => StoreError::Missing,
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) => {
            StoreError::Gone(whole.to_string())
        }
        sqlx::Error::Database(database) => {
            let code = database.code().unwrap_or_default();
            let code = code.as_ref();
            // PostgreSQL's codes have five characters; SQLite's are (extended) numbers.
            if code.len() == 5 {
                return match &code[..2] {
                    _ if code == "53100" => StoreError::Full,
                    // Cut off because it took too long (or held others up by doing nothing).
                    _ if matches!(code, "57014" | "25P03") => StoreError::Busy,
                    "40" | "53" | "55" => StoreError::Busy,
                    "57" | "08" => StoreError::Gone(whole.to_string()),
                    _ => StoreError::Broken(whole.to_string()),
                };
            }
            match code.parse::<i64>().map(|extended| extended & 0xff) {
                Ok(5 | 6) => StoreError::Busy,
                Ok(13) => StoreError::Full,
                Ok(14 | 10) => StoreError::Gone(whole.to_string()),
                _ => StoreError::Broken(whole.to_string()),
            }
        }
        _ => StoreError::Broken(whole.to_string()),
    }
}

static FAULTS: AtomicU64 = AtomicU64::new(0);

impl From<StoreError> for AppError {
    /// The general sentence; use cases that know better (`Missing` of what, `Duplicate` of which
    /// field) match before. A fault is logged here, once, under the reference that the person gets.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing => Self::not_found("What you asked for"),
            StoreError::Duplicate(constraint) => {
                tracing::debug!(constraint, "duplicate");
                Self::conflict(
                    "duplicate",
                    "Something with the same name or number is there already. Load the page again, then choose another.",
                )
            }
            StoreError::Stale => Self::Stale {
                what: "What you changed".to_owned(),
            },
            StoreError::Busy => Self::Unavailable {
                message: "The database is busy. Nothing was changed; try again in a moment."
                    .to_owned(),
                retry_seconds: 2,
            },
            StoreError::Full => {
                tracing::error!("no space left for the database or the bundles");
                Self::Unavailable {
                    message: "Slipway's disk is full. Nothing was changed; an administrator must make space, then try again."
                        .to_owned(),
                    retry_seconds: 60,
                }
            }
            StoreError::Gone(detail) => {
                tracing::error!(detail, "the database cannot be reached");
                Self::Unavailable {
                    message: "Slipway cannot reach its database. Nothing was changed; try again in a minute, and tell an administrator if it stays so."
                        .to_owned(),
                    retry_seconds: 10,
                }
            }
            StoreError::Broken(detail) => {
                let number = FAULTS.fetch_add(1, Ordering::Relaxed) + 1;
                let reference = format!("db-{}-{number}", std::process::id());
                tracing::error!(reference, detail, "database fault");
                Self::Internal { reference }
            }
        }
    }
}

impl StoreError {
    /// As an [`AppError`], saying what was looked for or changed ("Plan #12").
    pub fn about(self, what: impl Into<String>) -> AppError {
        match self {
            Self::Missing => AppError::not_found(what),
            Self::Stale => AppError::Stale { what: what.into() },
            other => other.into(),
        }
    }
}

/// The row, or [`AppError::NotFound`] with these words.
pub fn or_missing<T>(row: Option<T>, what: impl Into<String>) -> Result<T, AppError> {
    row.ok_or_else(|| AppError::not_found(what))
}
