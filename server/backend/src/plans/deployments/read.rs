//! Reading deployments: one, a list, and what the check finds.

use super::super::{People, choice_from, people_of};
use super::{Deployment, DeploymentOperation, Plan, find_deployment, number_of};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::impact::Report;
use domain::plan::{Choice, Intervention, PlanStatus};
use domain::view::{Days, MAX_PAGE};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId, PlanId};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::plans::{plan, plan_operation};
use store::plans::{Cut, PlanQuery, Span};
use uuid::Uuid;

/// Which deployments a program asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeploymentFilter {
    /// When they were created.
    pub created: Days,
    /// Only those that go there.
    pub target: Option<EnvironmentId>,
}

/// A part of the list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeploymentPage {
    /// The deployments.
    pub rows: Vec<Deployment>,
    /// The number after which the next part begins, if there is one.
    pub next: Option<u64>,
}

/// A deployment and what the check finds of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentCheck {
    /// The deployment.
    pub deployment: Deployment,
    /// The check's answer; none once it was started, since it is frozen then.
    pub report: Option<Report>,
    /// Modules that leave the target.
    pub removed: Vec<(ModuleId, String)>,
    /// Its environments by name, the source first.
    pub ends: (String, String),
    /// Names of the applications that it and the report are about.
    pub applications: BTreeMap<ApplicationId, String>,
}

impl Backend {
    /// A part of the list of deployments: those after the one with the number `after`.
    pub async fn list_deployments(
        &self,
        actor: &Actor,
        filter: DeploymentFilter,
        after: Option<u64>,
    ) -> Result<DeploymentPage, AppError> {
        actor.require(Action::SeeLandscape)?;
        if let Some(problem) = filter.created.problem() {
            return Err(AppError::invalid("MinDate", problem));
        }
        let connection = self.store.read();
        let query = PlanQuery {
            target: filter.target.map(|target| target.0),
            created: Span {
                from: filter.created.from.map(|day| day.begin().0),
                until: filter.created.to.map(|day| day.end().0),
            },
            ..PlanQuery::default()
        };
        let cut = after.map_or(Cut::Start, |after| {
            Cut::After(i64::try_from(after).unwrap_or(i64::MAX))
        });
        let limit = u64::from(MAX_PAGE);
        let mut rows = store::plans::list_plans(connection, &query, cut, limit + 1).await?;
        let more = rows.len() as u64 > limit;
        rows.truncate(MAX_PAGE as usize);
        let next = rows.last().filter(|_| more);
        let next = next.map(|row| u64::try_from(row.number).unwrap_or(0));
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let mut operations: BTreeMap<Uuid, Vec<plan_operation::Model>> = BTreeMap::new();
        for row in store::plans::list_operations_of(connection, &ids).await? {
            operations.entry(row.plan_id).or_default().push(row);
        }
        let people = People::of(connection, rows.iter().flat_map(people_of)).await?;
        let rows = rows.into_iter().map(|row| {
            let operations = operations.remove(&row.id).unwrap_or_default();
            deployment_from(row, &operations, &people)
        });
        Ok(DeploymentPage {
            rows: rows.collect(),
            next,
        })
    }

    /// A deployment.
    pub async fn read_deployment(&self, actor: &Actor, id: PlanId) -> Result<Deployment, AppError> {
        actor.require(Action::SeeLandscape)?;
        self.deployment_of(find_deployment(self.store.read(), id).await?)
            .await
    }

    /// A deployment, and what the check finds of it as long as it is not started.
    pub async fn check_deployment(
        &self,
        actor: &Actor,
        id: PlanId,
    ) -> Result<DeploymentCheck, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let plan = find_deployment(connection, id).await?;
        let waits = matches!(
            PlanStatus::parse(&plan.row.status),
            Some(PlanStatus::Saved | PlanStatus::Queued)
        );
        let (report, removed) = if waits {
            let report = self.validate_plan(actor, number_of(&plan)).await?;
            (Some(report), self.removed_by(&plan).await?)
        } else {
            (None, Vec::new())
        };
        let (source, target) = (plan.content.source, plan.content.target);
        let ends = (
            self.place_name(source).await?,
            self.place_name(target).await?,
        );
        let mut named: BTreeSet<ApplicationId> = plan
            .content
            .operations
            .iter()
            .map(|o| o.application)
            .collect();
        let findings = report.iter().flat_map(|report| &report.findings);
        named.extend(findings.filter_map(|finding| finding.application));
        let named: Vec<Uuid> = named.into_iter().map(|id| id.0).collect();
        let names = store::plans::list_application_names(connection, &named).await?;
        Ok(DeploymentCheck {
            deployment: self.deployment_of(plan).await?,
            report,
            removed,
            ends,
            applications: names
                .into_iter()
                .map(|(id, name)| (ApplicationId(id), name))
                .collect(),
        })
    }

    /// What an environment is called; nothing if it is gone.
    async fn place_name(&self, id: EnvironmentId) -> Result<String, AppError> {
        let found = store::environments::find(self.store.read(), id.0).await?;
        Ok(found.map(|row| row.name).unwrap_or_default())
    }

    pub(super) async fn deployment_of(&self, plan: Plan) -> Result<Deployment, AppError> {
        let people = People::of(self.store.read(), people_of(&plan.row)).await?;
        Ok(deployment_from(plan.row, &plan.operations, &people))
    }

    /// Modules that the target runs of the plan's applications and that none of its versions has.
    async fn removed_by(&self, plan: &Plan) -> Result<Vec<(ModuleId, String)>, AppError> {
        let connection = self.store.read();
        let mut versions = Vec::new();
        let mut applications = Vec::new();
        for operation in &plan.content.operations {
            if let Choice::Deploy { version } = operation.choice {
                versions.push(version.0);
                applications.push(operation.application.0);
            }
        }
        let made_of = store::catalog::version_modules(connection, &versions).await?;
        let states = made_of.iter().map(|row| row.module_version_id).collect();
        let states = self.states.load(connection, states).await?;
        let brought: BTreeSet<Uuid> = states.values().map(|state| state.module).collect();
        let there = store::running::list_modules_of_applications(connection, &applications).await?;
        let leaving: Vec<Uuid> = there
            .iter()
            .filter(|row| row.environment_id == plan.content.target.0)
            .map(|row| row.module_id)
            .filter(|module| !brought.contains(module))
            .collect();
        let mut removed: Vec<(ModuleId, String)> = store::catalog::modules(connection, &leaving)
            .await?
            .into_iter()
            .map(|row| (ModuleId(row.id), row.name))
            .collect();
        removed.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
        Ok(removed)
    }
}

fn deployment_from(
    row: plan::Model,
    operations: &[plan_operation::Model],
    people: &People,
) -> Deployment {
    let created = domain::view::Stamp {
        by: people.person(row.created_by),
        at: domain::Timestamp(row.created),
    };
    Deployment {
        id: PlanId(row.id),
        number: u64::try_from(row.number).unwrap_or(0),
        source: EnvironmentId(row.source_id),
        target: EnvironmentId(row.target_id),
        status: PlanStatus::parse(&row.status).unwrap_or(PlanStatus::FinishedWithErrors),
        intervention: row.intervention.as_deref().and_then(Intervention::parse),
        created,
        saved: people.stamp(row.saved_by, row.saved),
        started: people.stamp(row.started_by, row.started),
        aborted: people.stamp(row.aborted_by, row.aborted),
        operations: operations
            .iter()
            .map(|operation| DeploymentOperation {
                application: ApplicationId(operation.application_id),
                choice: choice_from(operation),
                number: operation.number.as_deref().and_then(|n| n.parse().ok()),
            })
            .collect(),
        notes: row.notes,
    }
}
