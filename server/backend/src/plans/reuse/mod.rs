//! New plans from plans that are over: *Reuse Plan* and *Retry Plan* (domain.md 5). Both make a
//! draft; the original stays as it is.

mod facts;
mod overwritten;

use super::draft::ends;
use super::{Plan, find_plan};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::plan::{CannotReuse, Choice, Origin, Outlook, PlanContent, PlanKind, PlanStatus};
use domain::view::{BetterSources, LeftValues, PlanOrigin, ReuseOutlook};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId, Timestamp};
use facts::Facts;
use std::collections::{BTreeMap, BTreeSet};
use store::ConnectionTrait;
use uuid::Uuid;

impl Backend {
    /// What reusing (or, for an aborted plan, retrying) a plan would give. Without environments
    /// those that make sense are taken: a reuse goes on from where the original went, a retry
    /// stays between its own.
    pub async fn foresee_reuse(
        &self,
        actor: &Actor,
        number: u64,
        ends: Option<(EnvironmentId, EnvironmentId)>,
        keep_tags: bool,
    ) -> Result<ReuseOutlook, AppError> {
        actor.require(Action::EditPlan)?;
        let connection = self.store.read();
        let plan = find_plan(connection, actor, number, self.now()).await?;
        let how = offered(&plan, keep_tags)?;
        let order: Vec<EnvironmentId> = store::environments::all(connection)
            .await?
            .into_iter()
            .map(|environment| EnvironmentId(environment.id))
            .collect();
        let (source, target) = match (how, ends) {
            (Origin::Reuse { .. }, Some(ends)) => ends,
            (Origin::Reuse { .. }, None) => onwards(&plan.content, &order),
            (Origin::Retry | Origin::Rollback, _) => (plan.content.source, plan.content.target),
        };
        let facts = Facts::read(connection, &plan, source, target).await?;
        let facts = facts.of_kind(kind_of(&plan, how));
        let outlook = facts.foresee(how);
        let refusal = refusal(&outlook, kind_of(&plan, how), source, target);
        let mut rows = facts.rows(outlook);
        overwritten::foresee(connection, (source, target), &facts, &mut rows).await?;
        let left = self
            .foresee_left(connection, actor, &plan, how, target)
            .await?;
        // A retry has no other source: nothing is named that nobody can choose.
        let better_sources = match (how, refusal) {
            (Origin::Reuse { .. }, Some(CannotReuse::NoneInSource)) => {
                let others = order.into_iter().filter(|id| *id != target).collect();
                better_sources(connection, &plan, others).await?
            }
            _ => BetterSources::default(),
        };
        Ok(ReuseOutlook {
            number,
            name: plan.row.name.clone(),
            over: plan.row.finished.or(plan.row.aborted).map(Timestamp),
            how,
            source,
            target,
            rows,
            refusal,
            better_sources,
            left,
        })
    }

    /// Makes a draft from a finished plan and gives its number.
    pub async fn reuse_plan(
        &self,
        actor: &Actor,
        number: u64,
        source: EnvironmentId,
        target: EnvironmentId,
        keep_tags: bool,
    ) -> Result<u64, AppError> {
        actor.require(Action::EditPlan)?;
        self.store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                match offered(&plan, keep_tags)? {
                    how @ Origin::Reuse { .. } => {
                        self.draft_from(tx, actor, &plan, how, (source, target))
                            .await
                    }
                    Origin::Retry | Origin::Rollback => Err(AppError::conflict(
                        "plan_aborted",
                        format!("{} was aborted. Retry it instead.", plan.title()),
                    )),
                }
            })
            .await
    }

    /// Makes a draft from an aborted plan, between the same environments with the same tags, and
    /// gives its number.
    pub async fn retry_plan(&self, actor: &Actor, number: u64) -> Result<u64, AppError> {
        actor.require(Action::EditPlan)?;
        self.store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                match offered(&plan, true)? {
                    Origin::Retry => {
                        let ends = (plan.content.source, plan.content.target);
                        self.draft_from(tx, actor, &plan, Origin::Retry, ends).await
                    }
                    Origin::Reuse { .. } | Origin::Rollback => Err(AppError::conflict(
                        "plan_finished",
                        format!("{} was not aborted. Reuse it instead.", plan.title()),
                    )),
                }
            })
            .await
    }

    async fn draft_from(
        &self,
        tx: &store::DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        how: Origin,
        (source, target): (EnvironmentId, EnvironmentId),
    ) -> Result<u64, AppError> {
        let (from, _) = ends(tx, source, target).await?;
        let kind = kind_of(plan, how);
        let facts = Facts::read(tx, plan, source, target).await?.of_kind(kind);
        let outlook = facts.foresee(how);
        match refusal(&outlook, kind, source, target) {
            None => {}
            Some(error @ CannotReuse::SameEnvironment) => {
                return Err(AppError::invalid("target", error.to_string()));
            }
            Some(CannotReuse::NoneInSource) => {
                return Err(AppError::invalid(
                    "source",
                    format!(
                        "{} has none of the applications of plan #{}. Nothing was made.",
                        from.name, plan.row.number
                    ),
                ));
            }
        }
        let content = PlanContent {
            kind,
            source,
            target,
            operations: outlook.operations(),
            republish: republished_again(tx, plan, how).await?,
            notes: plan.content.notes.clone(),
            // Copied below: a draft is made without.
            settings: Vec::new(),
            settings_after: plan.content.settings_after,
        };
        let origin = (plan.row.number, stored(how));
        let number = self.insert_draft(tx, actor, &content, Some(origin)).await?;
        if !plan.content.settings.is_empty() {
            let draft = store::plans::find_by_number(tx, number).await?;
            let draft = store::or_missing(draft, "The new plan")?;
            self.copy_settings(tx, actor, plan, how, (draft.id, target))
                .await?;
        }
        Ok(number)
    }
}

/// The consumers that a new plan links anew. What a retry tries again is what was ticked, of what the
/// target still runs; after a plan that finished it is another question, and the check proposes it.
async fn republished_again(
    connection: &impl ConnectionTrait,
    plan: &Plan,
    how: Origin,
) -> Result<Vec<ModuleId>, AppError> {
    if how != Origin::Retry || plan.content.republish.is_empty() {
        return Ok(Vec::new());
    }
    let ticked: Vec<Uuid> = plan.content.republish.iter().map(|id| id.0).collect();
    let there = store::running::list_there(connection, plan.content.target.0, &ticked).await?;
    Ok(there.into_iter().map(ModuleId).collect())
}

/// The plan that `plan` was made from, and what of it is still open. Nothing is said of an
/// original that is gone or may not be seen.
pub(super) async fn origin_of(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    plan: &Plan,
    now: i64,
) -> Result<Option<PlanOrigin>, AppError> {
    let (Some(number), Some(how)) = (
        plan.row.origin_number.and_then(|n| u64::try_from(n).ok()),
        plan.row.origin.as_deref().and_then(from_stored),
    ) else {
        return Ok(None);
    };
    let editable = PlanStatus::parse(&plan.row.status).is_some_and(PlanStatus::is_editable);
    let original = match find_plan(connection, actor, number, now).await {
        Ok(original) => original,
        Err(AppError::NotFound { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut open = Vec::new();
    let mut left = LeftValues::default();
    // What cannot come back is not in a rollback.
    if editable && how != Origin::Rollback {
        let (source, target) = (plan.content.source, plan.content.target);
        let facts = Facts::read(connection, &original, source, target).await?;
        let facts = facts.of_kind(plan.content.kind);
        let idle: BTreeSet<ApplicationId> = plan
            .content
            .operations
            .iter()
            .filter(|operation| operation.choice == Choice::DoNothing)
            .map(|operation| operation.application)
            .collect();
        open = facts.rows(facts.foresee(how));
        open.retain(|row| row.becomes.needs_a_look() && idle.contains(&row.application));
        left = super::settings::left(connection, &original, &plan.content).await?;
    }
    Ok(Some(PlanOrigin {
        number,
        how,
        open,
        left,
    }))
}

/// How a plan can be taken up again, or why not.
fn offered(plan: &Plan, keep_tags: bool) -> Result<Origin, AppError> {
    let status = PlanStatus::parse(&plan.row.status);
    match status.and_then(Origin::offered) {
        Some(Origin::Reuse { .. }) => Ok(Origin::Reuse { keep_tags }),
        Some(Origin::Retry) => Ok(Origin::Retry),
        Some(Origin::Rollback) | None => Err(AppError::conflict(
            "plan_not_over",
            format!(
                "{} is not over yet. It can be reused when it has finished, and retried when it was aborted.",
                plan.title()
            ),
        )),
    }
}

/// What kind of plan the new one is: what a retry tries again is what it was.
const fn kind_of(plan: &Plan, how: Origin) -> PlanKind {
    match how {
        Origin::Retry => plan.content.kind,
        Origin::Reuse { .. } | Origin::Rollback => PlanKind::Ordinary,
    }
}

/// Why no plan of this kind can be made; a rollback's target is where its versions come from.
fn refusal(
    outlook: &Outlook,
    kind: PlanKind,
    source: EnvironmentId,
    target: EnvironmentId,
) -> Option<CannotReuse> {
    let refusal = outlook.refusal(source, target);
    refusal.filter(|_| kind != PlanKind::Rollback)
}

pub(super) const fn stored(how: Origin) -> &'static str {
    match how {
        Origin::Rollback => "rollback",
        Origin::Retry => "retry",
        Origin::Reuse { keep_tags: true } => "reuse",
        Origin::Reuse { keep_tags: false } => "reuse_latest",
    }
}

fn from_stored(text: &str) -> Option<Origin> {
    match text {
        "retry" => Some(Origin::Retry),
        "rollback" => Some(Origin::Rollback),
        "reuse" => Some(Origin::Reuse { keep_tags: true }),
        "reuse_latest" => Some(Origin::Reuse { keep_tags: false }),
        _ => None,
    }
}

/// From where the plan went to what comes after that; from the last environment back to the one
/// before it.
fn onwards(content: &PlanContent, order: &[EnvironmentId]) -> (EnvironmentId, EnvironmentId) {
    let source = content.target;
    let at = order.iter().position(|id| *id == source);
    let next = at.and_then(|at| order.get(at + 1).or_else(|| order.get(at.checked_sub(1)?)));
    (source, next.copied().unwrap_or(content.source))
}

/// Of `others`, those that have every application of the plan; if none has, those that have some.
async fn better_sources(
    connection: &impl ConnectionTrait,
    plan: &Plan,
    others: Vec<EnvironmentId>,
) -> Result<BetterSources, AppError> {
    let applications = applications_of(plan);
    let everywhere: Vec<Uuid> = others.iter().map(|id| id.0).collect();
    let running = store::plans::list_running(connection, &everywhere, &applications).await?;
    let mut counts: BTreeMap<Uuid, usize> = BTreeMap::new();
    for row in running.iter().filter(|row| row.present) {
        *counts.entry(row.environment_id).or_default() += 1;
    }
    let have_all = counts.values().any(|count| *count == applications.len());
    let least = if have_all { applications.len() } else { 1 };
    let mut environments = others;
    environments.retain(|id| counts.get(&id.0).is_some_and(|count| *count >= least));
    Ok(BetterSources {
        environments,
        have_all,
    })
}

fn applications_of(plan: &Plan) -> Vec<Uuid> {
    plan.operations
        .iter()
        .map(|row| row.application_id)
        .collect()
}
