//! Plans that wait: in line for their target, and prepared.

entity! {
    /// A plan's place in the line of its target, or why it was sent back.
    place in "plan_queue" {
        #[sea_orm(primary_key)]
        sequence: i64,
        plan_id: Uuid,
        target_id: Uuid,
        queued: i64,
        queued_by: Option<Uuid>,
        waits_for: String,
        sent_back: Option<i64>,
        reason: Option<String>,
        override_reason: Option<String>,
    }
}

entity! {
    /// Until when what a run has prepared is kept.
    prepared in "prepared_runs" {
        #[sea_orm(primary_key, auto_increment = false)]
        run_id: Uuid,
        since: i64,
        until: i64,
        hours: i64,
        warned: bool,
    }
}
