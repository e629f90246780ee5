//! The append-only log of who did what. There is no function that changes or removes an entry.

use crate::entity::audit::audit_entry;
use crate::error::StoreResult;
use sea_orm::{ActiveModelTrait, ConnectionTrait, NotSet, Set};
use uuid::Uuid;

/// An entry to be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry<'a> {
    /// When.
    pub at: i64,
    /// Which account; none for Slipway itself.
    pub actor: Option<Uuid>,
    /// The name at that time.
    pub actor_name: &'a str,
    /// What was done, as a stable code.
    pub action: &'a str,
    /// What kind of thing it was done to.
    pub object_kind: &'a str,
    /// Its id.
    pub object: Option<Uuid>,
    /// Its name at that time.
    pub object_name: &'a str,
    /// Where.
    pub environment: Option<Uuid>,
    /// The reason given.
    pub reason: Option<String>,
    /// How it was, as JSON.
    pub before: Option<String>,
    /// How it is now, as JSON.
    pub after: Option<String>,
}

/// Appends an entry; its sequence number.
pub async fn append(connection: &impl ConnectionTrait, entry: NewEntry<'_>) -> StoreResult<i64> {
    let row = audit_entry::ActiveModel {
        sequence: NotSet,
        at: Set(entry.at),
        actor_id: Set(entry.actor),
        actor_name: Set(entry.actor_name.to_owned()),
        action: Set(entry.action.to_owned()),
        object_kind: Set(entry.object_kind.to_owned()),
        object_id: Set(entry.object),
        object_name: Set(entry.object_name.to_owned()),
        environment_id: Set(entry.environment),
        reason: Set(entry.reason),
        before: Set(entry.before),
        after: Set(entry.after),
        previous_hash: Set(None),
        hash: Set(None),
    };
    Ok(row.insert(connection).await?.sequence)
}
