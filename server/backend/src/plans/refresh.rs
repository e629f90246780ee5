//! *Refresh applications*: the plan is looked at as things are now, and keeps what it can
//! (domain.md 3.6).

use super::changes::changes;
use super::rows::editor_rows;
use super::{find_plan, news, object, pass};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::events::Topic;
use domain::access::Action;
use domain::plan::{Choice, PlanContent, PlanEvent, PlanKind, refreshed};
use domain::view::{Adjusted, Refreshed};
use domain::{AppError, ApplicationId, VersionNumber};
use std::collections::{BTreeMap, BTreeSet};
use store::DatabaseTransaction;
use uuid::Uuid;

impl Backend {
    /// Takes a plan's applications as they are now: *Tag & Deploy* takes the newest code, other
    /// choices stay unless they are not possible any more.
    pub async fn refresh_plan(
        &self,
        actor: &Actor,
        number: u64,
        revision: i64,
    ) -> Result<Refreshed, AppError> {
        actor.require(Action::EditPlan)?;
        let outcome = self
            .store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                pass(actor, &plan, PlanEvent::Edit)?;
                plan.require_revision(revision)?;
                let (content, adjusted) = adjust(tx, &plan.content).await?;
                // Also where no choice changes, so that of two people one learns of the other.
                self.store_content(tx, actor, &plan, &content).await?;
                let looked = news::subjects(&content, None);
                store::plans::drop_looks(tx, plan.row.id).await?;
                news::look(tx, plan.row.id, &looked, self.now()).await?;
                if plan.row.status != "draft" || plan.row.shared {
                    let (before, after) = changes(&plan.content, &content);
                    let entry = Entry::new()
                        .at(content.target)
                        .before(&before)
                        .after(&after);
                    self.record(tx, Some(actor), "plan_refreshed", object(&plan), entry)
                        .await?;
                }
                Ok::<_, AppError>(Refreshed {
                    revision: revision + 1,
                    adjusted,
                })
            })
            .await?;
        self.topics().bump([Topic::Plan(number), Topic::Plans]);
        Ok(outcome)
    }
}

/// The content with every choice that is not possible any more put right, and what became of those.
async fn adjust(
    tx: &DatabaseTransaction,
    content: &PlanContent,
) -> Result<(PlanContent, Vec<(String, Adjusted)>), AppError> {
    // What a plan brings back was fixed when it was made.
    if content.kind != PlanKind::Ordinary {
        return Ok((content.clone(), Vec::new()));
    }
    let ids: Vec<ApplicationId> = content.operations.iter().map(|o| o.application).collect();
    let chosen = content
        .operations
        .iter()
        .filter_map(|operation| match operation.choice {
            Choice::Deploy { version } => Some(version),
            Choice::DoNothing | Choice::TagAndDeploy { .. } | Choice::DeployCustom { .. } => None,
        })
        .collect();
    let rows = editor_rows(
        tx,
        content.kind,
        content.source,
        content.target,
        &ids,
        &chosen,
    )
    .await?;
    let rows: BTreeMap<ApplicationId, _> =
        rows.into_iter().map(|row| (row.application, row)).collect();
    let plain: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let mut taken: BTreeMap<Uuid, BTreeSet<VersionNumber>> = BTreeMap::new();
    for (application, number) in store::plans::list_numbers(tx, &plain).await? {
        if let Ok(number) = number.parse() {
            taken.entry(application).or_default().insert(number);
        }
    }
    let in_source = super::custom::in_source(tx, content).await?;
    let (none, no_modules) = (BTreeSet::new(), BTreeSet::new());
    let mut after = content.clone();
    let mut adjusted = Vec::new();
    for operation in &mut after.operations {
        let row = rows.get(&operation.application);
        let taken = taken.get(&operation.application.0).unwrap_or(&none);
        let modules = in_source.get(&operation.application).unwrap_or(&no_modules);
        let (choice, what) = refreshed(&operation.choice, row, taken, modules);
        operation.choice = choice;
        if let (Some(what), Some(row)) = (what, row) {
            adjusted.push((row.name.clone(), what));
        }
    }
    Ok((after, adjusted))
}
