//! Where time and new ids come from, so that tests can say both.

use domain::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// How far the database's clock is ahead of this one, in milliseconds; `database` is what that
    /// shows now.
    fn behind(&self, database: Timestamp) -> i64 {
        database.0 - self.now().0
    }
}

/// Makes ids.
pub trait Ids: Send + Sync + 'static {
    /// An id that no other call gave.
    fn new_id(&self) -> Uuid;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Ids that grow with time (UUIDv7).
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
