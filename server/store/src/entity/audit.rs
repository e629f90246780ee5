//! The append-only log of who did what.

entity! {
    /// One thing that was done. `before` and `after` are JSON.
    audit_entry in "audit" {
        #[sea_orm(primary_key)]
        sequence: i64,
        at: i64,
        actor_id: Option<Uuid>,
        actor_name: String,
        action: String,
        object_kind: String,
        object_id: Option<Uuid>,
        object_name: String,
        environment_id: Option<Uuid>,
        reason: Option<String>,
        before: Option<String>,
        after: Option<String>,
        previous_hash: Option<String>,
        hash: Option<String>,
    }
}
