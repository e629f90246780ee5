//! The end of the audit of a PostgreSQL database, as it grows: each change of a plan, a publication
//! or an environment with where it comes in the order of all commits, whichever process made it.

use crate::Store;
use crate::entity::audit::audit_entry;
use sea_orm::sqlx::postgres::PgListener;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::sync::Arc;

const CHANNEL: &str = "audit_grew";

/// Told by the database itself, so that nothing is missed of a process that dies after its commit.
const TELLING: &str = "
CREATE FUNCTION tell_of_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('audit_grew', ''); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT ON audit FOR EACH STATEMENT EXECUTE FUNCTION tell_of_audit();
";

/// Hears of what is added.
pub struct Tail {
    store: Arc<Store>,
    listener: PgListener,
    last: i64,
}

impl Tail {
    /// From now on; once for a database, whose schema is there.
    pub async fn of(store: Arc<Store>) -> Self {
        let mut listener = PgListener::connect(store.url())
            .await
            .expect("PostgreSQL takes connections");
        listener.listen(CHANNEL).await.expect("it is heard");
        let telling = store.read().execute_unprepared(TELLING).await;
        telling.expect("the database tells");
        let last = last_audited(&store).await;
        Self {
            store,
            listener,
            last,
        }
    }

    /// The entry after which it began, or that it gave last.
    pub const fn last(&self) -> i64 {
        self.last
    }

    /// What was added since, as soon as there is something.
    pub async fn next(&mut self) -> Vec<audit_entry::Model> {
        loop {
            let added = audit_entry::Entity::find()
                .filter(audit_entry::Column::Sequence.gt(self.last))
                .order_by_asc(audit_entry::Column::Sequence)
                .all(self.store.read())
                .await
                .expect("the database answers");
            if let Some(last) = added.last() {
                self.last = last.sequence;
                return added;
            }
            self.listener.recv().await.expect("it is heard");
        }
    }
}

/// The last entry of the audit that is committed.
pub async fn last_audited(store: &Store) -> i64 {
    audit_entry::Entity::find()
        .select_only()
        .column(audit_entry::Column::Sequence)
        .order_by_desc(audit_entry::Column::Sequence)
        .into_tuple()
        .one(store.read())
        .await
        .expect("the database answers")
        .unwrap_or(0)
}
