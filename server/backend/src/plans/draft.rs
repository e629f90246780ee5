//! Plans before they run: made, edited, saved, discarded.

use super::changes::changes;
use super::settings::audited;
use super::{DRAFT_LIFE, Names, Plan, find_plan, pass};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::{Entry, Object};
use crate::events::Topic;
use domain::access::Action;
use domain::name::fold;
use domain::plan::{self, Choice, Operation, PlanContent, PlanEvent, PlanKind};
use domain::settings::EnteredSetting;
use domain::view::PlanEdit;
use domain::{AppError, ApplicationId, EnvironmentId};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::environments::environment;
use store::entity::plans::plan as plan_row;
use store::{ConnectionTrait, DatabaseTransaction, Set};

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
                let choices = preselect(tx, source, target, &applications).await?;
                let content = PlanContent {
                    kind: PlanKind::Ordinary,
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
                };
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
        let (_, to) = ends(tx, content.source, content.target).await?;
        plan::check_form(content).map_err(invalid)?;
        let names = Names::of(tx, content).await?;
        names.check(content)?;
        let number = store::counters::raise(tx, store::counters::PLAN_NUMBER).await?;
        let name = names.plan_name(content, &to.name);
        let row = plan_row::Model {
            id,
            number,
            status: "draft".to_owned(),
            intervention: None,
            kind: content.kind.as_str().to_owned(),
            source_id: content.source.0,
            target_id: content.target.0,
            name: name.clone(),
            notes: content.notes.clone(),
            // Nobody searches drafts.
            search: String::new(),
            revision: 1,
            saved_revision: None,
            created: self.now(),
            created_by: self.stored_person(tx, actor).await?,
            edited: None,
            edited_by: None,
            saved: None,
            saved_by: None,
            started: None,
            started_by: None,
            aborted: None,
            aborted_by: None,
            abort_reason: None,
            finished: None,
            synchronized: None,
            outcome: None,
            override_reason: None,
            errors: 0,
            warnings: 0,
            steps_done: 0,
            steps_total: 0,
            phase: None,
            origin_number: origin.map(|(number, _)| number),
            origin: origin.map(|(_, how)| how.to_owned()),
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
        let object = Object {
            kind: "plan",
            id: Some(id),
            name: &name,
        };
        let mut entry = Entry::new().at(content.target);
        let from = origin.map(|(number, how)| match how {
            "retry" => format!("Retry of plan #{number}."),
            _ => format!("Reuse of plan #{number}."),
        });
        if let Some(from) = &from {
            entry = entry.because(from);
        }
        self.record(tx, Some(actor), "plan_created", object, entry)
            .await?;
        Ok(u64::try_from(number).unwrap_or(0))
    }

    /// Changes a plan's content; answers with the new revision.
    pub async fn edit_plan(
        &self,
        actor: &Actor,
        number: u64,
        revision: i64,
        edit: PlanEdit,
    ) -> Result<i64, AppError> {
        actor.require(Action::EditPlan)?;
        let revision = self
            .store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                pass(actor, &plan, PlanEvent::Edit)?;
                if plan.row.revision != revision {
                    return Err(AppError::Stale { what: plan.title() });
                }
                let edit = match edit {
                    PlanEdit::SetSetting(edit) => {
                        PlanEdit::SetSetting(self.checked_setting(tx, actor, &plan, edit).await?)
                    }
                    other => other,
                };
                let choices = choices_for(tx, &plan.content, &edit).await?;
                let content = plan::edit(&plan.content, edit.clone(), |application| {
                    choices
                        .get(&application)
                        .cloned()
                        .unwrap_or(Choice::DoNothing)
                })
                .map_err(invalid)?;
                let mut entry = None;
                if let PlanEdit::SetSetting(edit) = &edit {
                    let known = |entered: &&EnteredSetting| {
                        entered.key() == (edit.module, fold(&edit.name))
                    };
                    let before = plan.content.settings.iter().find(known);
                    // One secret looks like the other: to enter one is always a change.
                    let secret = edit.value.is_some() && edit.property.secret;
                    if content == plan.content && !secret {
                        return Ok(revision);
                    }
                    self.store_setting(tx, actor, &plan, edit).await?;
                    entry = Some(audited(edit, before));
                } else if content == plan.content {
                    return Ok(revision);
                } else if content.settings.is_empty() && !plan.content.settings.is_empty() {
                    store::plans::settings::delete_all(tx, &[plan.row.id]).await?;
                }
                self.store_content(tx, actor, &plan, &content).await?;
                // A draft is its creator's own; a saved plan is everybody's.
                if plan.row.status != "draft" {
                    let entry = entry.unwrap_or_else(|| {
                        let (before, after) = changes(&plan.content, &content);
                        Entry::new().before(&before).after(&after)
                    });
                    let entry = entry.at(content.target);
                    self.record(tx, Some(actor), "plan_edited", object(&plan), entry)
                        .await?;
                }
                Ok(revision + 1)
            })
            .await?;
        self.topics().bump([Topic::Plan(number), Topic::Plans]);
        Ok(revision)
    }

    /// Stores new content of a plan under the next revision.
    async fn store_content(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        content: &PlanContent,
    ) -> Result<(), AppError> {
        let (_, to) = ends(tx, content.source, content.target).await?;
        let names = Names::of(tx, content).await?;
        names.check(content)?;
        let name = names.plan_name(content, &to.name);
        store::plans::update_seen(
            tx,
            &plan.row,
            plan_row::ActiveModel {
                kind: Set(content.kind.as_str().to_owned()),
                source_id: Set(content.source.0),
                target_id: Set(content.target.0),
                name: Set(name),
                notes: Set(content.notes.clone()),
                revision: Set(plan.row.revision + 1),
                edited: Set(Some(self.now())),
                edited_by: Set(self.stored_person(tx, actor).await?),
                // What was found is about the content before.
                errors: Set(0),
                warnings: Set(0),
                ..Default::default()
            },
        )
        .await
        .map_err(|error| error.about(plan.title()))?;
        let republish: Vec<_> = content.republish.iter().map(|module| module.0).collect();
        store::plans::replace_content(
            tx,
            plan.row.id,
            &names.operation_rows((plan.row.id, plan.row.number), content),
            &republish,
        )
        .await?;
        store::plans::refresh_search(tx, plan.row.id).await?;
        Ok(())
    }

    /// Turns a draft into a saved plan, or publishes the shared revision of a saved one.
    pub async fn save_plan(
        &self,
        actor: &Actor,
        number: u64,
        revision: i64,
    ) -> Result<i64, AppError> {
        actor.require(Action::EditPlan)?;
        let now = self.now();
        let plan = self
            .store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                pass(actor, &plan, PlanEvent::Save)?;
                if plan.row.revision != revision {
                    return Err(AppError::Stale { what: plan.title() });
                }
                if plan.row.status == "saved" && plan.row.saved_revision == Some(revision) {
                    return Ok(plan);
                }
                store::plans::update_seen(
                    tx,
                    &plan.row,
                    plan_row::ActiveModel {
                        status: Set("saved".to_owned()),
                        saved: Set(Some(now)),
                        saved_by: Set(self.stored_person(tx, actor).await?),
                        saved_revision: Set(Some(revision)),
                        ..Default::default()
                    },
                )
                .await
                .map_err(|error| error.about(plan.title()))?;
                store::plans::refresh_search(tx, plan.row.id).await?;
                self.record(
                    tx,
                    Some(actor),
                    "plan_saved",
                    object(&plan),
                    Entry::new().at(plan.content.target).after(&plan.content),
                )
                .await?;
                find_plan(tx, actor, number, now).await
            })
            .await?;
        self.topics().bump([Topic::Plan(number), Topic::Plans]);
        // The list says what stands in the way of a saved plan. That the plan is saved does not
        // hang on it: whoever starts it checks again.
        let checked = self.check(actor, &plan).await;
        let kept = match &checked {
            Ok(checked) => self.keep_report(&plan, checked).await,
            Err(error) => Err(error.clone()),
        };
        if let Err(error) = kept {
            tracing::warn!(
                number,
                code = error.code(),
                "a saved plan could not be checked"
            );
        }
        Ok(revision)
    }

    /// Removes a draft or a saved plan.
    pub async fn discard_plan(&self, actor: &Actor, number: u64) -> Result<(), AppError> {
        actor.require(Action::EditPlan)?;
        self.store
            .write(async |tx| {
                let plan = find_plan(tx, actor, number, self.now()).await?;
                pass(actor, &plan, PlanEvent::Discard)?;
                store::plans::delete_seen(tx, &plan.row)
                    .await
                    .map_err(|error| error.about(plan.title()))?;
                self.record(
                    tx,
                    Some(actor),
                    "plan_discarded",
                    object(&plan),
                    Entry::new().at(plan.content.target).before(&plan.content),
                )
                .await
            })
            .await?;
        self.topics().bump([Topic::Plan(number), Topic::Plans]);
        Ok(())
    }
}

impl Backend {
    /// Removes drafts that are older than [`DRAFT_LIFE`].
    pub(crate) async fn remove_old_drafts(&self) -> Result<(), AppError> {
        let before = self.now() - DRAFT_LIFE;
        loop {
            let removed: Vec<u64> = self
                .store
                .write(async |tx| -> Result<_, AppError> {
                    let mut removed = Vec::new();
                    for draft in store::plans::delete_drafts(tx, before).await? {
                        let object = Object {
                            kind: "plan",
                            id: Some(draft.id),
                            name: &draft.name,
                        };
                        let entry = Entry::new()
                            .at(EnvironmentId(draft.target_id))
                            .because("It was never saved, for 24 hours.");
                        self.record(tx, None, "plan_expired", object, entry).await?;
                        removed.push(u64::try_from(draft.number).unwrap_or(0));
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
fn invalid(error: plan::EditError) -> AppError {
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

/// A sensible choice for each of the applications.
async fn preselect(
    connection: &impl ConnectionTrait,
    source: EnvironmentId,
    target: EnvironmentId,
    applications: &[ApplicationId],
) -> Result<BTreeMap<ApplicationId, Choice>, AppError> {
    let rows = super::rows::editor_rows(connection, source, target, applications, &BTreeSet::new())
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.application, row.preselected))
        .collect())
}

/// The choices that an edit may need.
async fn choices_for(
    connection: &impl ConnectionTrait,
    content: &PlanContent,
    edit: &PlanEdit,
) -> Result<BTreeMap<ApplicationId, Choice>, AppError> {
    match edit {
        PlanEdit::AddApplications(applications) => {
            preselect(connection, content.source, content.target, applications).await
        }
        PlanEdit::SetEnvironments(source, target) => {
            let applications: Vec<_> = content
                .operations
                .iter()
                .map(|operation| operation.application)
                .collect();
            preselect(connection, *source, *target, &applications).await
        }
        _ => Ok(BTreeMap::new()),
    }
}
