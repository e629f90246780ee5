//! The time for which a run waits for people is counted apart: it is none that the run took.

use store::Set;
use store::entity::plans::plan;

/// The run waits for somebody from now on.
pub(crate) fn begin(change: &mut plan::ActiveModel, now: i64) {
    change.paused = Set(Some(now));
}

/// The plan, seen like this, waits no longer: because somebody let it go on, or because it ends.
pub(crate) fn end(row: &plan::Model, change: &mut plan::ActiveModel, now: i64) {
    if let Some(since) = row.paused {
        change.paused = Set(None);
        change.waited = Set(row.waited + (now - since).max(0));
    }
}
