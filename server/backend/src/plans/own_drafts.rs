//! One's own drafts, which are in no list of plans.

use super::DRAFT_LIFE;
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::view::{Counted, DRAFT_COUNT_CAP, DraftRow, Drafts, MAX_DRAFTS_NAMED};
use domain::{AppError, Timestamp};

impl Backend {
    /// The drafts that the actor made and did not save, as far as they hold anything and are not
    /// over yet.
    pub async fn list_drafts(&self, actor: &Actor) -> Result<Drafts, AppError> {
        actor.require(Action::EditPlan)?;
        let (rows, found) = store::plans::list_own_drafts(
            self.store.read(),
            actor.user.0,
            self.now() - DRAFT_LIFE,
            MAX_DRAFTS_NAMED,
            DRAFT_COUNT_CAP + 1,
        )
        .await?;
        Ok(Drafts {
            newest: rows
                .into_iter()
                .map(|row| DraftRow {
                    number: u64::try_from(row.number).unwrap_or(0),
                    name: row.name,
                    created: Timestamp(row.created),
                })
                .collect(),
            total: Counted::up_to(found, DRAFT_COUNT_CAP),
        })
    }
}
