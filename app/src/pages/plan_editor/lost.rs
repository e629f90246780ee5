//! A plan that goes while it is open here: its maker shares it no more, or somebody removed it. What
//! is remembered of it is what the way on needs.

use super::state::Editor;
use domain::{ApplicationId, PlanId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The plan as it was last seen here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostPlan {
    /// Its id.
    pub id: PlanId,
    /// Its number.
    pub number: u64,
    /// Whether nobody had saved it.
    pub draft: bool,
    /// From where, by name.
    pub source: String,
    /// To where, by name.
    pub target: String,
    /// What was in it.
    pub applications: Vec<ApplicationId>,
    /// Whether something was changed or typed here that did not get there.
    pub unsent: bool,
}

impl Editor {
    /// The plan is not there any more for this person: says so to who shows the editor. What did
    /// not get there is not sent after it.
    pub(super) fn lost(self) {
        self.settle();
        if self.is_discarding() {
            return;
        }
        let (unsent, draft) = untrack(|| (self.has_unsent(), self.is_draft()));
        let applications = self.content.with_untracked(|content| {
            let all = content.operations.iter();
            all.map(|operation| operation.application).collect()
        });
        let lost = self.detail.with_untracked(|detail| LostPlan {
            id: detail.row.id,
            number: self.number,
            draft,
            source: detail.row.source.clone(),
            target: detail.row.target.clone(),
            applications,
            unsent,
        });
        self.conflict.set(None);
        self.abandon();
        self.on_lost.try_run(lost);
    }
}
