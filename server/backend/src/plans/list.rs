//! The list of plans, and the row that stands for a plan everywhere.

use super::asked::{find_query, resolve};
use super::glimpse::glimpse;
use super::{People, people_of};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::execution::Phase;
use domain::name::fold;
use domain::plan::{Intervention, PlanKind, PlanStatus};
use domain::view::{
    Counted, MAX_PAGE, PLAN_COUNT_CAP, PLAN_MATCH_CAP, PersonRef, PlanCut, PlanFilter, PlanOrder,
    PlanPage, PlanRequest, PlanRow, PlanShelf, PlanStamps, PlanStay, STATUS_GROUPS,
};
use domain::{AppError, PlanId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::plans::plan;
use store::plans::{CheckedRow, Cut, OperationRow, PlanQuery, Shelves};
use store::{ConnectionTrait, counters};
use uuid::Uuid;

/// Applications named in a row.
const NAMED: usize = 12;

impl Backend {
    /// A page of the list; drafts are not in it. What a filter names and nobody knows, or the
    /// reader may not see, matches nothing.
    pub async fn list_plans(
        &self,
        actor: &Actor,
        request: PlanRequest,
    ) -> Result<PlanPage, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let all = PlanQuery::default();
        // Neither needs the other.
        let (found, query) = tokio::try_join!(
            async { Ok(store::plans::count_plans(connection, &all, PLAN_COUNT_CAP + 1).await?) },
            find_query(connection, &request.filter),
        )?;
        let unfiltered = Counted::up_to(found, PLAN_COUNT_CAP);
        let Some(mut query) = query else {
            return Ok(PlanPage {
                unfiltered,
                ..PlanPage::default()
            });
        };
        if request.filter.answered_order() == PlanOrder::ByState {
            query.shelves = Some(Shelves {
                now: PlanShelf::NOW
                    .iter()
                    .map(|status| status.as_str())
                    .collect(),
                saved: PlanStatus::Saved.as_str(),
            });
        }
        let limit = request.limit.clamp(1, MAX_PAGE) as usize;
        let read =
            async |cut| store::plans::list_plans(connection, &query, cut, limit as u64 + 1).await;
        let number = |number| i64::try_from(number).unwrap_or(i64::MAX);
        let mut cut = match request.cut {
            PlanCut::Start => Cut::Start,
            PlanCut::After(after) => Cut::After(number(after)),
            PlanCut::Before(before) => Cut::Before(number(before)),
        };
        let mut found = None;
        let mut rows = if cut == Cut::Start && request.filter.narrows() {
            let (rows, matching) = store::plans::list_first_plans(
                connection,
                &query,
                limit as u64 + 1,
                PLAN_MATCH_CAP + 1,
            )
            .await?;
            found = Some(matching);
            rows
        } else {
            read(cut).await?
        };
        if matches!(cut, Cut::Before(_)) && rows.len() <= limit {
            // Too few for a page: the first page has them, and what follows.
            cut = Cut::Start;
            rows = read(cut).await?;
        }
        let more = rows.len() > limit;
        if matches!(cut, Cut::Before(_)) {
            rows.drain(..rows.len() - limit);
        } else {
            rows.truncate(limit);
        }
        let (has_before, has_after) = match cut {
            Cut::Start => (false, more),
            Cut::After(_) => (true, more),
            Cut::Before(_) => (true, true),
        };
        let total = if !request.filter.narrows() {
            unfiltered
        } else if has_before || has_after {
            let found = match found {
                Some(found) => found,
                None => store::plans::count_plans(connection, &query, PLAN_MATCH_CAP + 1).await?,
            };
            Counted::up_to(found, PLAN_MATCH_CAP)
        } else {
            Counted::up_to(rows.len() as u64, PLAN_MATCH_CAP)
        };
        Ok(PlanPage {
            rows: rows_about(connection, rows, &request.filter.application).await?,
            has_before,
            has_after,
            total,
            unfiltered,
        })
    }

    /// How many plans each tab holds under the rest of a filter: all, then
    /// [`STATUS_GROUPS`] in their order.
    pub async fn count_plans(
        &self,
        actor: &Actor,
        filter: PlanFilter,
    ) -> Result<Vec<Counted>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let all = PlanFilter {
            statuses: BTreeSet::new(),
            waits: BTreeSet::new(),
            ..filter
        };
        let cap = if all.narrows() {
            PLAN_MATCH_CAP
        } else {
            PLAN_COUNT_CAP
        };
        let groups = STATUS_GROUPS.iter().map(|group| group.statuses);
        let mut counts = Vec::new();
        for statuses in std::iter::once([].as_slice()).chain(groups) {
            let filter = PlanFilter {
                statuses: statuses.iter().copied().collect(),
                ..all.clone()
            };
            let found = match resolve(connection, &filter).await? {
                Some(query) => store::plans::count_plans(connection, &query, cap + 1).await?,
                None => 0,
            };
            counts.push(Counted::up_to(found, cap));
        }
        Ok(counts)
    }

    /// Everybody who created, saved, started or aborted a plan, by name: whom the list can be
    /// asked for.
    pub async fn list_plan_people(&self, actor: &Actor) -> Result<Vec<PersonRef>, AppError> {
        actor.require(Action::SeeLandscape)?;
        let people = store::plans::list_plan_people(self.store.read()).await?;
        Ok(people
            .into_iter()
            .map(|(name, login)| PersonRef { name, login })
            .collect())
    }
}

/// Plans as rows, in the order given.
pub(crate) async fn plan_rows(
    connection: &impl ConnectionTrait,
    plans: Vec<plan::Model>,
) -> Result<Vec<PlanRow>, AppError> {
    rows_about(connection, plans, "").await
}

/// The same, where this application is asked for: each plan that brings it names it, also a long one.
async fn rows_about(
    connection: &impl ConnectionTrait,
    plans: Vec<plan::Model>,
    application: &str,
) -> Result<Vec<PlanRow>, AppError> {
    let asked_for = fold(application);
    let ids: Vec<Uuid> = plans.iter().map(|row| row.id).collect();
    let mut operations: BTreeMap<Uuid, Vec<OperationRow>> = BTreeMap::new();
    for row in store::plans::list_operation_rows(connection, &ids).await? {
        operations.entry(row.plan).or_default().push(row);
    }
    let checked: BTreeMap<(Uuid, i64), CheckedRow> = store::plans::list_checked(connection, &ids)
        .await?
        .into_iter()
        .map(|row| ((row.plan_id, row.revision), row))
        .collect();
    let landscape = counters::value(connection, counters::LANDSCAPE).await?;
    let people = People::of(connection, plans.iter().flat_map(people_of)).await?;
    let environments = store::environments::all(connection).await?;
    let mut stays = super::stay::stays(connection, &plans, &environments).await?;
    let environments: BTreeMap<Uuid, (u32, String)> = (0_u32..)
        .zip(environments)
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
            let mut shown: Vec<&OperationRow> = if brings.is_empty() {
                operations.iter().collect()
            } else {
                brings
            };
            let asked = shown
                .iter()
                .position(|operation| fold(&operation.application) == asked_for);
            if let Some(at) = asked.filter(|at| *at >= NAMED) {
                shown.swap(NAMED - 1, at);
            }
            let (from, source) = environment(row.source_id);
            let (to, target) = environment(row.target_id);
            let checked = checked.get(&(row.id, row.revision));
            let outdated = checked
                .filter(|checked| checked.landscape < landscape)
                .filter(|_| PlanStatus::parse(&row.status).is_some_and(PlanStatus::is_editable));
            let stay = stays.remove(&row.id).unwrap_or_default();
            let ends = (source, target);
            PlanRow {
                stay,
                outdated_check: outdated.map(|checked| Timestamp(checked.at)),
                ..plan_row(&row, &shown, ends, (from, to), &people, checked.is_some())
            }
        })
        .collect())
}

/// A plan as a row of the list.
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
        outdated_check: None,
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
            queued: people.stamp(row.queued_by, row.queued),
            started: people.stamp(row.started_by, row.started),
            continued: people.stamp(row.continued_by, row.continued),
            paused: row.paused.map(Timestamp),
            waited: row.waited,
            aborted: people.stamp(row.aborted_by, row.aborted),
            finished: row.finished.map(Timestamp),
            synchronized: row.synchronized.map(Timestamp),
        },
        outcome: row.outcome.clone(),
        stay: PlanStay::default(),
        notes: glimpse(&row.notes),
    }
}
