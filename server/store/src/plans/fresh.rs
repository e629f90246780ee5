//! A plan before anything was done with it.

use crate::entity::plans::plan;
use uuid::Uuid;

/// A draft of kind *ordinary* that somebody has just made, without a name.
pub fn fresh(id: Uuid, number: i64, (source, target): (Uuid, Uuid), created: i64) -> plan::Model {
    plan::Model {
        id,
        number,
        status: "draft".to_owned(),
        intervention: None,
        kind: "ordinary".to_owned(),
        source_id: source,
        target_id: target,
        name: String::new(),
        revision: 1,
        saved_revision: None,
        created,
        created_by: None,
        edited: None,
        edited_by: None,
        saved: None,
        saved_by: None,
        queued: None,
        queued_by: None,
        started: None,
        started_by: None,
        continued: None,
        continued_by: None,
        paused: None,
        waited: 0,
        aborted: None,
        aborted_by: None,
        abort_reason: None,
        finished: None,
        synchronized: None,
        outcome: None,
        override_reason: None,
        errors: 0,
        warnings: 0,
        steps_done: 0,
        steps_total: 0,
        phase: None,
        origin_number: None,
        origin: None,
        notes: String::new(),
        search: String::new(),
        settings_after: false,
        shared: false,
        discarded: None,
        discarded_by: None,
    }
}
