//! What a plan makes of its target.

use super::sides::{made_of, placed, running_now};
use crate::plans::Plan;
use domain::difference::{Release, Side};
use domain::plan::Choice;
use domain::{AppError, ModuleId};
use std::collections::{BTreeMap, BTreeSet};
use store::{DatabaseTransaction, catalog, executions};
use uuid::Uuid;

/// Adds what a plan brings to what its target has; the modules that it publishes again.
pub(super) async fn add_plan(
    snapshot: &DatabaseTransaction,
    plan: &Plan,
    side: &mut Side,
) -> Result<BTreeSet<ModuleId>, AppError> {
    bring_operations(snapshot, plan, side).await?;
    let mut republished: BTreeSet<ModuleId> = plan.content.republish.iter().copied().collect();
    // Once it was started, its run says in which states modules come.
    let Some(run) = executions::find_plan_run(snapshot, plan.row.id).await? else {
        return Ok(republished);
    };
    for row in executions::list_run_modules(snapshot, run.id).await? {
        let module = ModuleId(row.module_id);
        match row.module_version_id {
            Some(version) => {
                let (module, placed) = placed(row.module_id, row.application_id, version);
                side.modules.insert(module, placed);
                if row.republish {
                    republished.insert(module);
                }
            }
            None => {
                side.modules.remove(&module);
            }
        }
    }
    Ok(republished)
}

async fn bring_operations(
    snapshot: &DatabaseTransaction,
    plan: &Plan,
    side: &mut Side,
) -> Result<(), AppError> {
    let tags: Vec<Uuid> = plan
        .operations
        .iter()
        .filter_map(|operation| operation.version_id)
        .collect();
    let numbers: BTreeMap<Uuid, _> = catalog::versions(snapshot, &tags)
        .await?
        .into_iter()
        .filter_map(|row| Some((row.id, row.number.parse().ok()?)))
        .collect();
    let mut made_of = made_of(snapshot, &tags).await?;
    let from_source = |choice: &Choice| {
        matches!(
            choice,
            Choice::TagAndDeploy { .. } | Choice::DeployCustom { .. }
        )
    };
    let source = if plan
        .content
        .operations
        .iter()
        .any(|o| from_source(&o.choice))
    {
        running_now(snapshot, plan.row.source_id).await?
    } else {
        Side::default()
    };
    for operation in &plan.content.operations {
        let application = operation.application;
        let tagged = plan
            .operations
            .iter()
            .find(|row| row.application_id == application.0)
            .and_then(|row| row.version_id);
        let in_source = || {
            source
                .modules
                .iter()
                .filter(|(_, placed)| placed.application == application)
                .map(|(module, placed)| (*module, placed.version))
        };
        let (number, modules) = match (&operation.choice, tagged) {
            (Choice::DoNothing, _) => continue,
            (Choice::DeployCustom { modules }, _) => {
                let base = source.releases.get(&application);
                let picked = in_source().filter(|(module, _)| modules.contains(module));
                side.bring_some(application, base.and_then(|base| base.number), picked);
                continue;
            }
            (Choice::Deploy { .. } | Choice::TagAndDeploy { .. }, Some(tag)) => (
                numbers.get(&tag).copied(),
                made_of.remove(&tag).unwrap_or_default(),
            ),
            (Choice::TagAndDeploy { number, .. }, None) => (Some(*number), in_source().collect()),
            (Choice::Deploy { .. }, None) => continue,
        };
        let release = Release {
            number,
            modified: false,
        };
        side.bring(application, release, modules);
    }
    Ok(())
}
