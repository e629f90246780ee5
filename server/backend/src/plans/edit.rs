//! Plans before they run: edited, saved.

use super::allowed::{require_rights, require_unblocked};
use super::changes::changes;
use super::draft::{ends, invalid, object, preselect};
use super::settings::audited;
use super::together::once_more;
use super::{Names, Plan, find_plan, pass};
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::environments::require_in_service;
use crate::events::Topic;
use domain::access::Action;
use domain::name::fold;
use domain::plan::{self, Choice, PlanContent, PlanEvent};
use domain::settings::EnteredSetting;
use domain::view::PlanEdit;
use domain::{AppError, ApplicationId};
use std::collections::BTreeMap;
use store::entity::plans::plan as plan_row;
use store::{ConnectionTrait, DatabaseTransaction, Set};

impl Backend {
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
                plan.require_revision(revision)?;
                require_whole(tx, &plan).await?;
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
                        return Ok::<_, AppError>(revision);
                    }
                    entry = Some(audited(edit, before));
                } else if content == plan.content {
                    return Ok(revision);
                }
                require_rights(actor, &plan.content, &content)?;
                require_unblocked(tx, &plan.content, &content).await?;
                if plan.row.status != "draft" && content.target != plan.content.target {
                    self.require_alone(tx, &plan, content.target).await?;
                }
                // The revision first: who comes second waits here, and then writes nothing else.
                self.store_content(tx, actor, &plan, &content).await?;
                if let PlanEdit::SetSetting(edit) = &edit {
                    self.store_setting(tx, actor, &plan, edit).await?;
                } else if content.settings.is_empty() && !plan.content.settings.is_empty() {
                    store::plans::settings::delete_all(tx, &[plan.row.id]).await?;
                }
                // A draft is its creator's own unless it is shared; a saved plan is everybody's.
                if plan.row.status != "draft" || plan.row.shared {
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
    pub(super) async fn store_content(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        content: &PlanContent,
    ) -> Result<(), AppError> {
        let (from, to) = ends(tx, content.source, content.target).await?;
        for end in [&from, &to] {
            // Where it goes now; where it went before was asked already.
            require_in_service(end, "The plan stays as it is; choose another environment.")?;
        }
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
                settings_after: Set(content.settings_after),
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
        // Who adds an application, or changes the environments, looks at what there is now.
        let looked = super::news::subjects(content, Some(&plan.content));
        super::news::look(tx, plan.row.id, &looked, self.now()).await?;
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
        let plan = once_more(|| self.store_saved(actor, number, revision)).await?;
        self.after_saved(actor, &plan).await;
        Ok(revision)
    }

    /// After the commit of a plan that was saved.
    pub(super) async fn after_saved(&self, actor: &Actor, plan: &Plan) {
        let number = u64::try_from(plan.row.number).unwrap_or(0);
        self.topics()
            .bump([Topic::Plan(number), Topic::Plans, Topic::Environments]);
        // The list says what stands in the way of a saved plan. That the plan is saved does not
        // hang on it: whoever starts it checks again.
        let checked = self.check(actor, plan).await;
        let kept = match &checked {
            Ok(checked) => self.keep_report(plan, checked).await,
            Err(error) => Err(error.clone()),
        };
        if let Err(error) = kept {
            tracing::warn!(
                number,
                code = error.code(),
                "a saved plan could not be checked"
            );
        }
    }

    /// Stores that a plan is saved; gives the plan.
    async fn store_saved(
        &self,
        actor: &Actor,
        number: u64,
        revision: i64,
    ) -> Result<Plan, AppError> {
        let now = self.now();
        self.store
            .write(async |tx| {
                let mut plan = find_plan(tx, actor, number, self.now()).await?;
                if plan.row.status == "saved" {
                    // To save it again changes neither status nor revision: who comes second waits.
                    store::executions::lock_plan(tx, plan.row.id).await?;
                    plan = find_plan(tx, actor, number, self.now()).await?;
                }
                pass(actor, &plan, PlanEvent::Save)?;
                plan.require_revision(revision)?;
                if plan.row.status == "saved" && plan.row.saved_revision == Some(revision) {
                    return Ok::<_, AppError>(plan);
                }
                self.mark_saved(tx, actor, &plan, now).await?;
                find_plan(tx, actor, number, now).await
            })
            .await
    }

    /// Adds to `change` that a plan is saved by what is done with it (started, put in line), if what
    /// it does now was not saved before. Of a saved plan that says who stands for what others may
    /// have written, so the audit has it.
    pub(super) async fn save_along(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        change: &mut plan_row::ActiveModel,
        now: i64,
    ) -> Result<(), AppError> {
        if plan.row.saved_revision == Some(plan.row.revision) {
            return Ok(());
        }
        change.saved = Set(Some(now));
        change.saved_by = Set(self.stored_person(tx, actor).await?);
        change.saved_revision = Set(Some(plan.row.revision));
        if plan.row.status == "draft" {
            return Ok(());
        }
        let entry = Entry::new().at(plan.content.target).after(&plan.content);
        self.record(tx, Some(actor), "plan_saved", object(plan), entry)
            .await
    }

    /// Writes that a plan is saved as it is, and that into the audit.
    pub(super) async fn mark_saved(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        now: i64,
    ) -> Result<(), AppError> {
        if plan.row.status == "draft" {
            self.require_alone(tx, plan, plan.content.target).await?;
        }
        // Why it was sent back from the line was read by who saves it again.
        store::line::leave(tx, plan.row.id).await?;
        store::plans::update_seen(
            tx,
            &plan.row,
            plan_row::ActiveModel {
                status: Set("saved".to_owned()),
                saved: Set(Some(now)),
                saved_by: Set(self.stored_person(tx, actor).await?),
                saved_revision: Set(Some(plan.row.revision)),
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
            object(plan),
            Entry::new().at(plan.content.target).after(&plan.content),
        )
        .await
    }
}

/// The choices that an edit may need.
async fn choices_for(
    connection: &impl ConnectionTrait,
    content: &PlanContent,
    edit: &PlanEdit,
) -> Result<BTreeMap<ApplicationId, Choice>, AppError> {
    match edit {
        PlanEdit::AddApplications(applications) => {
            let ends = (content.source, content.target);
            preselect(connection, content.kind, ends, applications).await
        }
        PlanEdit::SetEnvironments(source, target) => {
            let applications: Vec<_> = content
                .operations
                .iter()
                .map(|operation| operation.application)
                .collect();
            preselect(connection, content.kind, (*source, *target), &applications).await
        }
        _ => Ok(BTreeMap::new()),
    }
}

/// A plan is read in parts, its row first. On PostgreSQL somebody's change may come between them:
/// what is read then is of two revisions, and no basis for a third.
async fn require_whole(tx: &DatabaseTransaction, plan: &Plan) -> Result<(), AppError> {
    let now = store::plans::find(tx, plan.row.id).await?;
    if now.is_some_and(|row| row.revision == plan.row.revision) {
        Ok(())
    } else {
        Err(AppError::Stale { what: plan.title() })
    }
}
