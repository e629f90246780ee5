//! The list of plans as a table for other programs: every plan that the filter matches, part by
//! part, so that a hundred thousand of them need no more memory than some hundred.

use super::asked::resolve;
use super::csv::Table;
use super::{People, people_of};
use crate::Backend;
use crate::actor::Actor;
use domain::access::Action;
use domain::view::PlanFilter;
use domain::{AppError, Day, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::ConnectionTrait;
use store::entity::plans::plan;
use store::plans::Cut;
use uuid::Uuid;

/// Plans of one part.
const AT_ONCE: usize = 500;

const HEAD: [&str; 30] = [
    "Number",
    "Name",
    "Kind",
    "Status",
    "Waits for",
    "Waits since",
    "Source",
    "Target",
    "Applications",
    "Created",
    "Created by",
    "Saved",
    "Saved by",
    "Queued",
    "Queued by",
    "Started",
    "Started by",
    "Started in spite of errors because",
    "Continued",
    "Continued by",
    "Aborted",
    "Aborted by",
    "Reason of the abort",
    "Finished",
    "Took seconds",
    "Outcome",
    "Errors",
    "Warnings",
    "Checked",
    "Notes",
];

/// A part of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanExport {
    /// Its lines; those of the first part begin with the head.
    pub lines: String,
    /// What the next part follows on; none if this was the last one.
    pub next: Option<u64>,
}

impl Backend {
    /// The list as comma-separated values: the part that follows the plan with this number in the
    /// list's order, or the first one.
    pub async fn export_plans(
        &self,
        actor: &Actor,
        filter: &PlanFilter,
        after: Option<u64>,
    ) -> Result<PlanExport, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let mut table = Table::default();
        if after.is_none() {
            table.line(HEAD);
        }
        let cut = after.map_or(Cut::Start, |number| {
            Cut::After(i64::try_from(number).unwrap_or(i64::MAX))
        });
        let rows = match resolve(connection, filter).await? {
            Some(query) => {
                store::plans::list_plans(connection, &query, cut, AT_ONCE as u64).await?
            }
            None => Vec::new(),
        };
        let next = rows
            .last()
            .filter(|_| rows.len() == AT_ONCE)
            .and_then(|row| u64::try_from(row.number).ok());
        write(connection, &mut table, &rows).await?;
        Ok(PlanExport {
            lines: table.finish(),
            next,
        })
    }
}

async fn write(
    connection: &impl ConnectionTrait,
    table: &mut Table,
    rows: &[plan::Model],
) -> Result<(), AppError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut applications: BTreeMap<Uuid, Vec<String>> = BTreeMap::new();
    let operations = store::plans::list_operation_rows(connection, &ids).await?;
    let bringing: BTreeSet<Uuid> = operations
        .iter()
        .filter(|operation| operation.choice != "nothing")
        .map(|operation| operation.plan)
        .collect();
    for operation in operations {
        // As in the list: what a plan brings, or what it is about while it brings nothing yet.
        if operation.choice == "nothing" && bringing.contains(&operation.plan) {
            continue;
        }
        let named = match operation.number {
            Some(number) => format!("{} {number}", operation.application),
            None => operation.application,
        };
        applications.entry(operation.plan).or_default().push(named);
    }
    let checked: BTreeMap<(Uuid, i64), i64> = store::plans::list_checked(connection, &ids)
        .await?
        .into_iter()
        .map(|row| ((row.plan_id, row.revision), row.at))
        .collect();
    let people = People::of(connection, rows.iter().flat_map(people_of)).await?;
    let environments: BTreeMap<Uuid, String> = store::environments::all(connection)
        .await?
        .into_iter()
        .map(|row| (row.id, row.name))
        .collect();
    let place = |id: &Uuid| environments.get(id).cloned().unwrap_or_default();
    for row in rows {
        // Who did what never happened did nothing.
        let who = |by: Option<Uuid>, at: Option<i64>| {
            at.map(|_| people.person(by).name).unwrap_or_default()
        };
        let took = row.started.zip(row.finished);
        let cells = [
            row.number.to_string(),
            row.name.clone(),
            row.kind.clone(),
            row.status.clone(),
            row.intervention.clone().unwrap_or_default(),
            moment(row.paused),
            place(&row.source_id),
            place(&row.target_id),
            applications
                .get(&row.id)
                .map(|names| names.join("; "))
                .unwrap_or_default(),
            moment(Some(row.created)),
            people.person(row.created_by).name,
            moment(row.saved),
            who(row.saved_by, row.saved),
            moment(row.queued),
            who(row.queued_by, row.queued),
            moment(row.started),
            who(row.started_by, row.started),
            row.override_reason.clone().unwrap_or_default(),
            moment(row.continued),
            who(row.continued_by, row.continued),
            moment(row.aborted),
            who(row.aborted_by, row.aborted),
            row.abort_reason.clone().unwrap_or_default(),
            moment(row.finished),
            took.map(|(started, finished)| seconds(finished - started - row.waited))
                .unwrap_or_default(),
            row.outcome.clone().unwrap_or_default(),
            row.errors.to_string(),
            row.warnings.to_string(),
            moment(checked.get(&(row.id, row.revision)).copied()),
            row.notes.clone(),
        ];
        table.line(cells.iter().map(String::as_str));
    }
    Ok(())
}

/// Milliseconds as seconds with one decimal: many plans take less than a second.
fn seconds(span: i64) -> String {
    let tenths = (span.max(0) + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A moment as programs read it, in UTC.
fn moment(at: Option<i64>) -> String {
    at.map(|at| {
        let day = Day::of(Timestamp(at));
        let seconds = Timestamp(at).since(day.begin()) / 1_000;
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        format!("{day}T{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
    })
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{moment, seconds};

    #[test]
    fn short_runs_take_some_time_too() {
        let spans = [-5, 0, 240, 1_960, 61_000];
        assert_eq!(spans.map(seconds), ["0.0", "0.0", "0.2", "2.0", "61.0"]);
    }

    #[test]
    fn moments_are_written_in_utc() {
        assert_eq!(moment(Some(1_795_887_783_999)), "2026-11-28T17:43:03Z");
        assert_eq!(moment(Some(0)), "1970-01-01T00:00:00Z");
        assert_eq!(moment(None), "");
    }
}
