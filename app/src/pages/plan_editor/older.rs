//! Versions that an application's row does not bring along because there are so many.

use super::state::Editor;
use crate::api::plans::list_eligible;
use crate::error::ApiError;
use domain::view::{EligibleFilter, EligibleVersion, MAX_PAGE, PlanApplicationRow};
use domain::{ApplicationId, EnvironmentId};
use leptos::prelude::*;
use std::collections::BTreeMap;

impl Editor {
    /// Reads all versions of an application that the plan may deploy, and offers them.
    pub async fn read_older(self, application: ApplicationId) -> Result<(), ApiError> {
        let Some((kind, source, target)) = self
            .content
            .try_with_untracked(|content| (content.kind, content.source, content.target))
        else {
            return Ok(());
        };
        let mut versions = Vec::new();
        loop {
            let page = list_eligible(EligibleFilter {
                source,
                target,
                application,
                kind,
                offset: versions.len() as u64,
                limit: MAX_PAGE,
            })
            .await?;
            let read = page.rows.len();
            versions.extend(page.rows);
            if read == 0 || versions.len() as u64 >= page.total {
                break;
            }
        }
        // The screen may be gone by now, or the plan have other ends.
        let there = self
            .older
            .try_update_value(|older| older.insert(application, (source, target, versions)))
            .is_some();
        if there {
            let now = self.content.with_untracked(|c| (c.source, c.target));
            self.show_older(now.0, now.1);
        }
        Ok(())
    }

    /// Offers what was read for these ends.
    pub(super) fn show_older(self, source: EnvironmentId, target: EnvironmentId) {
        self.older.update_value(|older| {
            older.retain(|_, (from, to, _)| (*from, *to) == (source, target));
        });
        if self.older.with_value(BTreeMap::is_empty) {
            return;
        }
        self.older.with_value(|older| {
            self.rows.update(|rows| {
                for (application, (_, _, versions)) in older {
                    if let Some(row) = rows.get_mut(application) {
                        complete(row, versions);
                    }
                }
            });
        });
    }
}

/// Puts the versions that a row left out behind those that it has.
fn complete(row: &mut PlanApplicationRow, versions: &[EligibleVersion]) {
    if row.more_eligible == 0 {
        return;
    }
    let missing: Vec<_> = versions
        .iter()
        .filter(|version| row.eligible.iter().all(|known| known.id != version.id))
        .cloned()
        .collect();
    row.eligible.extend(missing);
    row.eligible
        .sort_by_key(|version| std::cmp::Reverse(version.number));
    row.more_eligible = 0;
}
