//! What was done, by whom, to what: written in the transaction that does it.

use crate::Backend;
use crate::actor::Actor;
use domain::{AppError, EnvironmentId};
use serde::Serialize;
use store::DatabaseTransaction;
use store::audit::NewEntry;
use uuid::Uuid;

/// What was acted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Object<'a> {
    /// `application`, `plan`, `environment`, …
    pub(crate) kind: &'static str,
    /// Its id.
    pub(crate) id: Option<Uuid>,
    /// Its name at that time.
    pub(crate) name: &'a str,
}

/// One entry of the audit, as far as it is special.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    environment: Option<Uuid>,
    reason: Option<String>,
    before: Option<String>,
    after: Option<String>,
}

impl Entry {
    /// An entry without details.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Where it was done.
    pub(crate) fn at(mut self, environment: EnvironmentId) -> Self {
        self.environment = Some(environment.0);
        self
    }

    /// The reason that was given.
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// How it was; never secrets.
    pub(crate) fn before(mut self, state: &impl Serialize) -> Self {
        self.before = serde_json::to_string(state).ok();
        self
    }

    /// How it is now; never secrets.
    pub(crate) fn after(mut self, state: &impl Serialize) -> Self {
        self.after = serde_json::to_string(state).ok();
        self
    }
}

impl Backend {
    /// Appends to the audit. `actor` is none for what Slipway does by itself.
    pub(crate) async fn record(
        &self,
        tx: &DatabaseTransaction,
        actor: Option<&Actor>,
        action: &'static str,
        object: Object<'_>,
        entry: Entry,
    ) -> Result<(), AppError> {
        let actor_name = actor.map_or_else(|| "Slipway".to_owned(), Actor::audited_name);
        store::audit::append(
            tx,
            NewEntry {
                at: self.now(),
                actor: actor.map(|actor| actor.user.0),
                actor_name: &actor_name,
                action,
                object_kind: object.kind,
                object: object.id,
                object_name: object.name,
                environment: entry.environment,
                reason: entry.reason,
                before: entry.before,
                after: entry.after,
            },
        )
        .await?;
        Ok(())
    }
}
