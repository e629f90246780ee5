//! The list of plans, and the row that stands for a plan everywhere.

use super::{People, people_of};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::execution::Phase;
use domain::plan::{Intervention, PlanKind, PlanStatus};
use domain::view::{COUNT_CAP, MAX_PAGE, Page, PlanFilter, PlanRow, PlanStamps};
use domain::{AppError, PlanId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::ConnectionTrait;
use store::entity::plans::plan;
use store::plans::{OperationRow, PlanQuery};
use uuid::Uuid;

/// Applications named in a row.
const NAMED: usize = 12;

impl Backend {
    /// A page of the list; drafts are not in it.
    pub async fn list_plans(
        &self,
        actor: &Actor,
        filter: PlanFilter,
    ) -> Result<Page<PlanRow>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let query = PlanQuery {
            text: domain::name::fold(&filter.text),
            statuses: filter
                .statuses
                .iter()
                .map(|status| status.as_str())
                .collect(),
            source: filter.source.map(|id| id.0),
            target: filter.target.map(|id| id.0),
            application: filter.application.map(|id| id.0),
        };
        let limit = filter.limit.clamp(1, MAX_PAGE);
        let rows =
            store::plans::list_plans(connection, &query, filter.offset, u64::from(limit)).await?;
        let total = store::plans::count_plans(connection, &query, COUNT_CAP).await?;
        let unfiltered = if query == PlanQuery::default() {
            total
        } else {
            store::plans::count_plans(connection, &PlanQuery::default(), COUNT_CAP).await?
        };
        Ok(Page {
            rows: plan_rows(connection, rows).await?,
            offset: filter.offset,
            total,
            unfiltered,
        })
    }
}

/// Plans as rows, in the order given.
pub(crate) async fn plan_rows(
    connection: &impl ConnectionTrait,
    plans: Vec<plan::Model>,
) -> Result<Vec<PlanRow>, AppError> {
    let ids: Vec<Uuid> = plans.iter().map(|row| row.id).collect();
    let mut operations: BTreeMap<Uuid, Vec<OperationRow>> = BTreeMap::new();
    for row in store::plans::list_operation_rows(connection, &ids).await? {
        operations.entry(row.plan).or_default().push(row);
    }
    let checked: BTreeSet<(Uuid, i64)> = store::plans::list_checked(connection, &ids)
        .await?
        .into_iter()
        .collect();
    let people = People::of(connection, plans.iter().flat_map(people_of)).await?;
    let environments: BTreeMap<Uuid, (u32, String)> = (0_u32..)
        .zip(store::environments::all(connection).await?)
        .map(|(lane, row)| (row.id, (lane, row.name)))
        .collect();
    let environment = |id: Uuid| environments.get(&id).cloned().unwrap_or_default();
    Ok(plans
        .into_iter()
        .map(|row| {
            let operations = operations.remove(&row.id).unwrap_or_default();
            let brings: Vec<&OperationRow> = operations
                .iter()
                .filter(|operation| operation.choice != "nothing")
                .collect();
            // A plan that brings nothing yet shows what it is about.
            let shown = if brings.is_empty() {
                operations.iter().collect()
            } else {
                brings
            };
            let (from, source) = environment(row.source_id);
            let (to, target) = environment(row.target_id);
            let checked = checked.contains(&(row.id, row.revision));
            plan_row(&row, &shown, (source, target), (from, to), &people, checked)
        })
        .collect())
}

fn plan_row(
    row: &plan::Model,
    operations: &[&OperationRow],
    (source, target): (String, String),
    lanes: (u32, u32),
    people: &People,
    checked: bool,
) -> PlanRow {
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let status = PlanStatus::parse(&row.status).unwrap_or(PlanStatus::FinishedWithErrors);
    PlanRow {
        id: PlanId(row.id),
        number: u64::try_from(row.number).unwrap_or(0),
        name: row.name.clone(),
        kind: PlanKind::parse(&row.kind).unwrap_or_default(),
        status,
        intervention: row.intervention.as_deref().and_then(Intervention::parse),
        source,
        target,
        lanes,
        applications: operations
            .iter()
            .take(NAMED)
            .map(|operation| {
                let number = operation.number.as_deref();
                (
                    operation.application.clone(),
                    number.and_then(|number| number.parse().ok()),
                )
            })
            .collect(),
        application_total: u32::try_from(operations.len()).unwrap_or(u32::MAX),
        unsaved: status.is_editable() && row.saved_revision != Some(row.revision),
        findings: checked.then(|| (count(row.errors), count(row.warnings))),
        progress: (count(row.steps_done), count(row.steps_total)),
        phase: row
            .phase
            .as_deref()
            .and_then(Phase::parse)
            .filter(|_| status.is_active()),
        stamps: PlanStamps {
            created: domain::view::Stamp {
                by: people.person(row.created_by),
                at: Timestamp(row.created),
            },
            saved: people.stamp(row.saved_by, row.saved),
            started: people.stamp(row.started_by, row.started),
            aborted: people.stamp(row.aborted_by, row.aborted),
            finished: row.finished.map(Timestamp),
            synchronized: row.synchronized.map(Timestamp),
        },
        outcome: row.outcome.clone(),
    }
}
