//! The append-only log of who did what, each entry chained to the one before it. There is no
//! function that changes or removes an entry.

use crate::counters;
use crate::entity::audit::audit_entry;
use crate::error::StoreResult;
use domain::audit::{Said, chain};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, NotSet,
    QueryFilter, QueryOrder, QuerySelect,
};
use std::cell::RefCell;
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

tokio::task_local! {
    /// Entries of the transaction that this task is in.
    static WAITING: RefCell<Vec<audit_entry::Model>>;
}

/// Appends an entry. Inside [`crate::Store::write`] it is written right before the commit, in the
/// order of the calls: the chain has one end, and whoever holds it would make every other
/// transaction wait.
pub async fn append(connection: &impl ConnectionTrait, entry: NewEntry<'_>) -> StoreResult<()> {
    let row = audit_entry::Model {
        sequence: 0,
        at: entry.at,
        actor_id: entry.actor,
        actor_name: entry.actor_name.to_owned(),
        action: entry.action.to_owned(),
        object_kind: entry.object_kind.to_owned(),
        object_id: entry.object,
        object_name: entry.object_name.to_owned(),
        environment_id: entry.environment,
        reason: entry.reason,
        before: entry.before,
        after: entry.after,
        previous_hash: None,
        hash: None,
    };
    let mut row = Some(row);
    let waits = WAITING.try_with(|waiting| waiting.borrow_mut().extend(row.take()));
    match (waits, row) {
        (Err(_), Some(row)) => seal(connection, vec![row]).await,
        _ => Ok(()),
    }
}

/// Runs `work`, and keeps the entries that it appends until they are [`seal`]ed.
pub(crate) async fn collected<T>(work: impl Future<Output = T>) -> (T, Vec<audit_entry::Model>) {
    WAITING
        .scope(RefCell::default(), async {
            let answer = work.await;
            (answer, WAITING.with(RefCell::take))
        })
        .await
}

/// Writes entries at the end of the chain.
pub(crate) async fn seal(
    connection: &impl ConnectionTrait,
    entries: Vec<audit_entry::Model>,
) -> StoreResult<()> {
    if entries.is_empty() {
        return Ok(());
    }
    // Whoever raised it has the end of the chain until the commit.
    counters::raise(connection, counters::AUDIT).await?;
    let mut previous: Option<String> = audit_entry::Entity::find()
        .select_only()
        .column(audit_entry::Column::Hash)
        .order_by_desc(audit_entry::Column::Sequence)
        .into_tuple::<Option<String>>()
        .one(connection)
        .await?
        .flatten();
    for mut row in entries {
        let hash = chain(previous.as_deref(), &said(&row));
        row.previous_hash = previous;
        row.hash = Some(hash.clone());
        let mut row = row.into_active_model().reset_all();
        row.sequence = NotSet;
        row.insert(connection).await?;
        previous = Some(hash);
    }
    Ok(())
}

/// The latest entry about an object that is one of these actions.
pub async fn latest(
    connection: &impl ConnectionTrait,
    object_kind: &str,
    object: Uuid,
    actions: &[&str],
) -> StoreResult<Option<audit_entry::Model>> {
    Ok(audit_entry::Entity::find()
        .filter(audit_entry::Column::ObjectKind.eq(object_kind))
        .filter(audit_entry::Column::ObjectId.eq(object))
        .filter(audit_entry::Column::Action.is_in(actions.iter().copied()))
        .order_by_desc(audit_entry::Column::Sequence)
        .one(connection)
        .await?)
}

fn said(row: &audit_entry::Model) -> Said<'_> {
    Said {
        at: row.at,
        actor: row.actor_id,
        actor_name: &row.actor_name,
        action: &row.action,
        object_kind: &row.object_kind,
        object: row.object_id,
        object_name: &row.object_name,
        environment: row.environment_id,
        reason: row.reason.as_deref(),
        before: row.before.as_deref(),
        after: row.after.as_deref(),
    }
}

/// Reads the whole log and gives the number of the first entry that does not follow from those
/// before it: it was changed, or entries before it were changed or removed.
pub async fn find_break(connection: &impl ConnectionTrait) -> StoreResult<Option<i64>> {
    const PAGE: u64 = 1_000;
    let mut after = 0;
    let mut previous: Option<String> = None;
    loop {
        let rows = audit_entry::Entity::find()
            .filter(audit_entry::Column::Sequence.gt(after))
            .order_by_asc(audit_entry::Column::Sequence)
            .limit(PAGE)
            .all(connection)
            .await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        after = last.sequence;
        for row in rows {
            let follows = row.previous_hash == previous
                && row.hash.as_deref() == Some(&chain(previous.as_deref(), &said(&row)));
            // Entries of versions before the chain have no hash and are followed by its first.
            if !follows && (row.hash.is_some() || previous.is_some()) {
                return Ok(Some(row.sequence));
            }
            previous = row.hash;
        }
    }
}
