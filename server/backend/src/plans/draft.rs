//! Drafts: made, and tidied away when nobody saves them.

use super::discard::UNDONE_FOR;
use super::{DRAFT_LIFE, Names, Plan};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::environments::require_in_service;
use crate::events::Topic;
use domain::access::Action;
use domain::plan::{self, Choice, Operation, PlanContent, PlanKind};
use domain::{AppError, ApplicationId, EnvironmentId};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::environments::environment;
use store::entity::plans::plan as plan_row;
use store::{ConnectionTrait, DatabaseTransaction};

impl Backend {
    /// Makes a draft and gives its number.
    pub async fn create_plan(
        &self,
        actor: &Actor,
        source: EnvironmentId,
        target: EnvironmentId,
        applications: Vec<ApplicationId>,
    ) -> Result<u64, AppError> {
        actor.require(Action::EditPlan)?;
        if source == target {
            return Err(AppError::invalid(
                "target",
                "Source and target are the same environment. Choose two different ones.",
            ));
        }
        let mut seen = BTreeSet::new();
        let applications: Vec<ApplicationId> = applications
            .into_iter()
            .filter(|application| seen.insert(*application))
            .collect();
        self.store
            .write(async |tx| {
                let ends = (source, target);
                let content = preselected(tx, PlanKind::Ordinary, ends, &applications).await?;
                self.insert_draft(tx, actor, &content, None).await
            })
            .await
    }

    /// Stores a draft with this content and gives its number. `origin` is the plan it was made
    /// from, and how.
    pub(super) async fn insert_draft(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        content: &PlanContent,
        origin: Option<(i64, &str)>,
    ) -> Result<u64, AppError> {
        let id = self.new_id();
        let (from, to) = ends(tx, content.source, content.target).await?;
        for end in [&from, &to] {
            require_in_service(
                end,
                "No plan was made; make it when that is over, or between other environments.",
            )?;
        }
        plan::check_form(content).map_err(invalid)?;
        let names = Names::of(tx, content).await?;
        names.check(content)?;
        let number = store::counters::raise(tx, store::counters::PLAN_NUMBER).await?;
        let name = names.plan_name(content, &to.name);
        // Nobody searches drafts, so what the search looks at stays empty.
        let row = plan_row::Model {
            kind: content.kind.as_str().to_owned(),
            name: name.clone(),
            notes: content.notes.clone(),
            settings_after: content.settings_after,
            created_by: self.stored_person(tx, actor).await?,
            origin_number: origin.map(|(number, _)| number),
            origin: origin.map(|(_, how)| how.to_owned()),
            ..store::plans::fresh(id, number, (content.source.0, content.target.0), self.now())
        };
        store::plans::insert(tx, row).await?;
        let republish: Vec<_> = content.republish.iter().map(|module| module.0).collect();
        store::plans::replace_content(
            tx,
            id,
            &names.operation_rows((id, number), content),
            &republish,
        )
        .await?;
        let looked = super::news::subjects(content, None);
        super::news::look(tx, id, &looked, self.now()).await?;
        let object = Object {
            kind: "plan",
            id: Some(id),
            name: &name,
        };
        let mut entry = Entry::new().at(content.target);
        let from = origin.map(|(number, how)| match how {
            "retry" => format!("Retry of plan #{number}."),
            "rollback" => format!("Rollback of plan #{number}."),
            _ => format!("Reuse of plan #{number}."),
        });
        if let Some(from) = &from {
            entry = entry.because(from);
        }
        self.record(tx, Some(actor), "plan_created", object, entry)
            .await?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    /// Removes drafts that are older than [`DRAFT_LIFE`], and plans that were discarded and are not
    /// brought back any more.
    pub(crate) async fn remove_old_drafts(&self) -> Result<(), AppError> {
        let made = self.now() - DRAFT_LIFE;
        let discarded = self.now() - UNDONE_FOR;
        loop {
            let removed: Vec<u64> = self
                .store
                .write(async |tx| -> Result<_, AppError> {
                    let mut removed = Vec::new();
                    for draft in store::plans::delete_drafts(tx, made, discarded).await? {
                        removed.push(u64::try_from(draft.number).unwrap_or(0));
                        // Who discarded it is in the audit.
                        if draft.discarded.is_some() {
                            continue;
                        }
                        let object = Object {
                            kind: "plan",
                            id: Some(draft.id),
                            name: &draft.name,
                        };
                        let entry = Entry::new()
                            .at(EnvironmentId(draft.target_id))
                            .because("It was never saved, for 24 hours.");
                        self.record(tx, None, "plan_expired", object, entry).await?;
                    }
                    Ok(removed)
                })
                .await?;
            if removed.is_empty() {
                return Ok(());
            }
            self.topics().bump(removed.into_iter().map(Topic::Plan));
        }
    }
}

/// The plan as the audit names it.
pub(crate) fn object(plan: &Plan) -> Object<'_> {
    Object {
        kind: "plan",
        id: Some(plan.row.id),
        name: &plan.row.name,
    }
}

/// A refused edit as the form shows it.
pub(super) fn invalid(error: plan::EditError) -> AppError {
    AppError::invalid(error.field(), error.to_string())
}

/// The two environments of a plan.
pub(super) async fn ends(
    connection: &impl ConnectionTrait,
    source: EnvironmentId,
    target: EnvironmentId,
) -> Result<(environment::Model, environment::Model), AppError> {
    let from = store::environments::find(connection, source.0).await?;
    let to = store::environments::find(connection, target.0).await?;
    Ok((
        store::or_missing(from, "The source environment")?,
        store::or_missing(to, "The target environment")?,
    ))
}

/// A plan with a sensible choice for each of the applications.
pub(super) async fn preselected(
    connection: &impl ConnectionTrait,
    kind: PlanKind,
    ends: (EnvironmentId, EnvironmentId),
    applications: &[ApplicationId],
) -> Result<PlanContent, AppError> {
    let choices = preselect(connection, kind, ends, applications).await?;
    let (source, target) = ends;
    Ok(PlanContent {
        kind,
        source,
        target,
        operations: applications
            .iter()
            .map(|application| Operation {
                application: *application,
                choice: choices
                    .get(application)
                    .cloned()
                    .unwrap_or(Choice::DoNothing),
            })
            .collect(),
        republish: Vec::new(),
        notes: String::new(),
        settings: Vec::new(),
        settings_after: false,
    })
}

/// A sensible choice for each of the applications.
pub(super) async fn preselect(
    connection: &impl ConnectionTrait,
    kind: PlanKind,
    (source, target): (EnvironmentId, EnvironmentId),
    applications: &[ApplicationId],
) -> Result<BTreeMap<ApplicationId, Choice>, AppError> {
    let none = BTreeSet::new();
    let rows =
        super::rows::editor_rows(connection, kind, source, target, applications, &none).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.application, row.preselected))
        .collect())
}
