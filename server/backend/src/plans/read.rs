//! A plan in its editor, and the applications that can be added to it.

use super::list::plan_rows;
use super::rows::{all_eligible, editor_rows};
use super::{People, find_plan};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::plan::{Choice, PlanContent, PlanStatus};
use domain::view::{
    COUNT_CAP, CandidateFilter, EligibleFilter, EligibleVersion, MAX_PAGE, Page,
    PlanApplicationRow, PlanDetail,
};
use domain::{AppError, ApplicationId, VersionId};
use std::collections::BTreeSet;
use store::plans::CandidateQuery;

impl Backend {
    /// Whether the actor finds a plan with this number.
    pub async fn has_plan(&self, actor: &Actor, number: u64) -> Result<bool, AppError> {
        actor.require(Action::SeeLandscape)?;
        let row = store::plans::find_by_number(self.store.read(), number).await?;
        let now = self.now();
        Ok(row.is_some_and(|row| super::own_drafts::is_there(actor, &row, now)))
    }

    /// A plan in its editor.
    pub async fn read_plan(&self, actor: &Actor, number: u64) -> Result<PlanDetail, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let plan = find_plan(connection, actor, number, self.now()).await?;
        let applications: Vec<ApplicationId> = plan
            .content
            .operations
            .iter()
            .map(|operation| operation.application)
            .collect();
        let rows = editor_rows(
            connection,
            plan.content.kind,
            plan.content.source,
            plan.content.target,
            &applications,
            &chosen(&plan.content),
        )
        .await?;
        let origin = super::reuse::origin_of(connection, actor, &plan, self.now()).await?;
        let news = super::news::news_of(connection, &plan).await?;
        let rolled_back_by = super::rollback::rolled_back_by(connection, plan.row.number).await?;
        let revision = plan.row.revision;
        let changed = People::of(connection, [plan.row.edited_by])
            .await?
            .stamp(plan.row.edited_by, plan.row.edited);
        let title = plan.title();
        let (shared, own) = (plan.row.shared, super::own_drafts::is_own(actor, &plan.row));
        let row = plan_rows(connection, vec![plan.row]).await?.pop();
        let row = store::or_missing(row, title)?;
        let in_service = row.stay.maintenance.is_none();
        let startable = matches!(
            row.status,
            PlanStatus::Draft | PlanStatus::Saved | PlanStatus::Queued
        );
        let refusal = if startable {
            let maintenance = row.stay.maintenance.clone();
            maintenance
                .or_else(|| actor.access.refusal(Action::EditPlan))
                .or_else(|| actor.access.refusal(Action::DeployApplications))
        } else {
            Some("The plan was started; its content is frozen.".to_owned())
        };
        let who_can = if actor.access.can(Action::DeployApplications) {
            None
        } else {
            self.who_can(Action::DeployApplications).await?
        };
        Ok(PlanDetail {
            who_can,
            may_edit: row.status.is_editable() && in_service && actor.access.can(Action::EditPlan),
            may_start: startable && in_service && actor.access.can(Action::DeployApplications),
            refusal,
            content: plan.content,
            revision,
            changed,
            rows,
            origin,
            news,
            rolled_back_by,
            shared,
            own,
            row,
        })
    }

    /// The versions of an application that a plan may deploy, newest first.
    pub async fn list_eligible(
        &self,
        actor: &Actor,
        filter: EligibleFilter,
    ) -> Result<Page<EligibleVersion>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let EligibleFilter {
            source,
            target,
            application,
            kind,
            offset,
            limit,
        } = filter;
        let all = all_eligible(self.store.read(), kind, source, target, application).await?;
        let total = all.len() as u64;
        Ok(Page {
            rows: all
                .into_iter()
                .skip(usize::try_from(offset).unwrap_or(usize::MAX))
                .take(limit.clamp(1, MAX_PAGE) as usize)
                .collect(),
            offset,
            total,
            unfiltered: total,
        })
    }

    /// Applications that can be added to a plan.
    pub async fn list_candidates(
        &self,
        actor: &Actor,
        filter: CandidateFilter,
    ) -> Result<Page<PlanApplicationRow>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let limit = filter.limit.clamp(1, MAX_PAGE);
        let query = CandidateQuery {
            source: filter.source.0,
            target: filter.target.0,
            text: domain::name::fold(filter.text.trim()),
            with_differences: filter.with_differences,
            except: filter.except.iter().map(|id| id.0).collect(),
            offset: filter.offset,
            limit: u64::from(limit),
            cap: COUNT_CAP,
        };
        let (ids, total) = store::plans::list_candidates(connection, &query).await?;
        let all = CandidateQuery {
            text: String::new(),
            with_differences: false,
            limit: 1,
            ..query
        };
        let (_, unfiltered) = store::plans::list_candidates(connection, &all).await?;
        let ids: Vec<ApplicationId> = ids.into_iter().map(ApplicationId).collect();
        Ok(Page {
            rows: editor_rows(
                connection,
                filter.kind,
                filter.source,
                filter.target,
                &ids,
                &BTreeSet::new(),
            )
            .await?,
            offset: filter.offset,
            total,
            unfiltered,
        })
    }
}

/// The versions that a plan deploys.
fn chosen(content: &PlanContent) -> BTreeSet<VersionId> {
    content
        .operations
        .iter()
        .filter_map(|operation| match operation.choice {
            Choice::Deploy { version } => Some(version),
            Choice::DoNothing | Choice::TagAndDeploy { .. } | Choice::DeployCustom { .. } => None,
        })
        .collect()
}
