//! The server's own check of a plan, and what would repair it.

use super::{Plan, find_plan};
use crate::Backend;
use crate::actor::Actor;
use crate::environments::rules_from;
use crate::events::Topic;
use domain::access::Action;
use domain::impact::{CheckOptions, Index, Repair, Report, Severity, check_behind};
use domain::landscape::Slice;
use domain::plan::PlanStatus;
use domain::repair::{ORDINARY_BUDGET, repair};
use domain::{AppError, ApplicationId, EnvironmentId};
use std::sync::Arc;
use store::entity::plans::{plan as plan_row, plan_report};
use store::{DatabaseTransaction, Set};

/// How often a check is tried again when the landscape or the line changed under it.
const TRIES: u32 = 8;

/// A report with the landscape it was made on.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) report: Report,
    pub(crate) index: Arc<Index>,
}

impl Backend {
    /// The part of the landscape that the browser checks a plan against, with who waits in line for
    /// the target; `slice_too_large` if that is the server's to check ([`Self::check_plan`]).
    pub async fn read_slice(
        &self,
        actor: &Actor,
        source: EnvironmentId,
        target: EnvironmentId,
        applications: Vec<ApplicationId>,
    ) -> Result<Slice, AppError> {
        actor.require(Action::SeeLandscape)?;
        for _ in 0..TRIES {
            let landscape = self.landscape_between(actor, source, target).await?;
            // A plan that is being edited stands in no line.
            let line = self.line_ahead(target.0, None, landscape.revision).await?;
            if let Some(line) = line {
                return self.slice_for_browser(&landscape, (source, target), &applications, &line);
            }
        }
        Err(moving())
    }

    /// The server's own check of a plan. Looking at a plan changes nothing: the report is not kept.
    pub async fn check_plan(&self, actor: &Actor, number: u64) -> Result<Report, AppError> {
        actor.require(Action::SeeLandscape)?;
        let plan = find_plan(self.store.read(), actor, number, self.now()).await?;
        Ok(self.check(actor, &plan).await?.report)
    }

    /// The same, asked for by a person: if that is somebody who may edit, the report is kept with
    /// the plan and the list shows what was found.
    pub async fn validate_plan(&self, actor: &Actor, number: u64) -> Result<Report, AppError> {
        actor.require(Action::SeeLandscape)?;
        let plan = find_plan(self.store.read(), actor, number, self.now()).await?;
        let checked = self.check(actor, &plan).await?;
        let editable = PlanStatus::parse(&plan.row.status).is_some_and(PlanStatus::is_editable);
        if editable && actor.access.can(Action::EditPlan) {
            self.keep_report(&plan, &checked).await?;
        }
        Ok(checked.report)
    }

    /// Keeps a report with its plan, and tells those who look at the list.
    pub(super) async fn keep_report(&self, plan: &Plan, checked: &Checked) -> Result<(), AppError> {
        self.store
            .write(async |tx| self.store_report(tx, plan, checked, "check").await)
            .await?;
        self.topics().bump([Topic::Plans]);
        Ok(())
    }

    /// Checks a plan on the landscape and the line as they are now.
    pub(crate) async fn check(&self, actor: &Actor, plan: &Plan) -> Result<Checked, AppError> {
        for _ in 0..TRIES {
            if let Some(checked) = self.try_check(actor, plan).await? {
                return Ok(checked);
            }
        }
        Err(moving())
    }

    /// One try of it; none if the landscape or the line moved under it.
    async fn try_check(&self, actor: &Actor, plan: &Plan) -> Result<Option<Checked>, AppError> {
        let index = self
            .index_for(actor, plan.content.source, plan.content.target)
            .await?;
        let target = plan.content.target.0;
        let revision = index.landscape().revision;
        let line = self.line_ahead(target, Some(plan.row.id), revision).await?;
        let Some(line) = line else {
            return Ok(None);
        };
        let target = store::environments::find(self.store.read(), target).await?;
        let target = store::or_missing(target, "The target environment")?;
        let content = plan.content.clone();
        let options = CheckOptions {
            parallel_limit: Some(rules_from(&target).limit()),
        };
        let shared = Arc::clone(&index);
        // A large plan takes milliseconds of pure work; it must not hold up the other requests.
        let report =
            tokio::task::spawn_blocking(move || check_behind(&shared, &content, options, &line))
                .await
                .map_err(|error| fault("check", &error))?;
        Ok(Some(Checked { report, index }))
    }

    /// Keeps a report with its plan.
    pub(super) async fn store_report(
        &self,
        tx: &DatabaseTransaction,
        plan: &Plan,
        checked: &Checked,
        kind: &str,
    ) -> Result<(), AppError> {
        let report = &checked.report;
        // Other plans come and go, agents do, and who looks is not always who runs it; what the list
        // says is about this plan.
        let count = |severity| {
            let findings = report.findings.iter();
            let findings = findings.filter(|f| f.severity == severity);
            let own = findings.filter(|f| !f.code.passes_by_itself() && !f.code.is_about_person());
            i64::try_from(own.count()).unwrap_or(i64::MAX)
        };
        store::plans::save_report(
            tx,
            plan_report::Model {
                plan_id: plan.row.id,
                kind: kind.to_owned(),
                at: self.now(),
                revision: plan.row.revision,
                landscape: i64::try_from(checked.index.landscape().revision).unwrap_or(i64::MAX),
                report: serde_json::to_string(report).map_err(|error| fault("report", &error))?,
            },
        )
        .await?;
        // A plan that was edited meanwhile keeps no numbers about older content.
        let counted = store::plans::update_seen(
            tx,
            &plan.row,
            plan_row::ActiveModel {
                errors: Set(count(Severity::Error)),
                warnings: Set(count(Severity::Warning)),
                ..Default::default()
            },
        )
        .await;
        match counted {
            Ok(()) | Err(store::StoreError::Stale) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The smallest change that settles a plan's errors, then alternatives.
    pub async fn repair_plan(&self, actor: &Actor, number: u64) -> Result<Vec<Repair>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let plan = find_plan(self.store.read(), actor, number, self.now()).await?;
        // Candidates may come from any application of the source.
        let content = plan.content;
        let index = self
            .index_for(actor, content.source, content.target)
            .await?;
        tokio::task::spawn_blocking(move || repair(&index, &content, ORDINARY_BUDGET))
            .await
            .map_err(|error| fault("repair", &error))
    }
}

/// What changes faster than it can be looked at.
fn moving() -> AppError {
    AppError::Unavailable {
        message:
            "Plans begin and end faster than the check can follow. Nothing was started; try again."
                .to_owned(),
        retry_seconds: 2,
    }
}

/// A fault of ours, logged once.
pub(crate) fn fault(what: &str, error: &dyn std::fmt::Display) -> AppError {
    tracing::error!(what, %error, "a plan could not be checked");
    AppError::Internal {
        reference: format!("plan-{what}"),
    }
}
