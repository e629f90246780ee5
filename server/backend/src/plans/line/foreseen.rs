//! A line as somebody sees who waits in it: who is ahead, and when it will begin.

use super::super::list::plan_rows;
use super::super::{People, find_plan};
use super::leave_refusal;
use crate::Backend;
use crate::active::active_ref;
use crate::actor::Actor;
use crate::environments::rules_from;
use crate::paces::paces;
use domain::access::Action;
use domain::plan::PlanStatus;
use domain::queue::{Active, InLine, foresee};
use domain::view::{Ends, Hindrance, HoldsSlot, LineDetail, LineRow, Outlook, Stamp};
use domain::{AppError, EnvironmentId, Timestamp};
use std::collections::BTreeMap;
use store::ConnectionTrait;
use store::entity::plans::plan;
use store::entity::waiting::place;
use uuid::Uuid;

impl Backend {
    /// A plan in line.
    pub async fn read_line(&self, actor: &Actor, number: u64) -> Result<LineDetail, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let plan = find_plan(connection, actor, number, self.now()).await?;
        let line = store::line::list(connection, plan.content.target.0).await?;
        let mut plans = BTreeMap::new();
        for place in &line {
            if let Some(row) = store::plans::find(connection, place.plan_id).await? {
                plans.insert(row.id, (u64::try_from(row.number).unwrap_or(0), row.name));
            }
        }
        let people = People::of(connection, line.iter().map(|place| place.queued_by)).await?;
        let at = line.iter().position(|place| place.plan_id == plan.row.id);
        let estimate = match at {
            Some(at) => {
                let begins = self
                    .foresee_line(&line, &plans, plan.content.target.0)
                    .await?;
                begins.and_then(|(least, most)| {
                    let now = self.now();
                    let time = |begin: Option<i64>| Some(Timestamp(now + begin?));
                    Some((time(*least.get(at)?)?, time(*most.get(at)?)?))
                })
            }
            None => None,
        };
        let rows = line.iter().filter_map(|place| {
            let (number, name) = plans.get(&place.plan_id)?.clone();
            let queued = Stamp {
                by: people.person(place.queued_by),
                at: Timestamp(place.queued),
            };
            Some(LineRow {
                number,
                name,
                queued,
            })
        });
        let mut there = store::plans_active::list(connection).await?;
        there.retain(|row| row.target_id == plan.content.target.0);
        let starters = People::of(connection, there.iter().map(|row| row.started_by)).await?;
        let usual = usual(connection, plan.content.target.0).await?;
        let there = there.into_iter().filter_map(|row| {
            Some(HoldsSlot {
                started: starters.stamp(row.started_by, row.started),
                ends: usual.and_then(|usual| ends_of(&row, usual)),
                plan: active_ref(row)?,
            })
        });
        Ok(LineDetail {
            notes: plan.row.notes.clone(),
            brings: super::content::brings(connection, &plan).await?,
            settings: super::content::settings(connection, &plan).await?,
            settings_after: plan.content.settings_after,
            line: rows.collect(),
            there: there.collect(),
            usual,
            estimate,
            leave_refusal: leave_refusal(actor, &plan),
            plan: store::or_missing(
                plan_rows(connection, vec![plan.row]).await?.pop(),
                format!("Plan #{number}"),
            )?,
        })
    }

    /// What earlier runs to an environment let expect of the next one and of those under way.
    pub async fn foresee_target(
        &self,
        actor: &Actor,
        target: EnvironmentId,
    ) -> Result<Outlook, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let steps = store::executions::past_steps(connection, target.0, Uuid::nil()).await?;
        let usual = usual(connection, target.0).await?;
        let under_way = store::plans_active::list(connection).await?;
        let ends = under_way.iter().filter(|row| row.target_id == target.0);
        let ends = ends.filter_map(|row| {
            let number = u64::try_from(row.number).ok()?;
            Some((number, ends_of(row, usual?)?))
        });
        Ok(Outlook {
            paces: paces(&steps),
            usual,
            ends: ends.collect(),
        })
    }

    /// When each in line begins at the earliest and at the latest, told from the last runs to the
    /// target; none if there were none.
    async fn foresee_line(
        &self,
        line: &[place::Model],
        plans: &BTreeMap<Uuid, (u64, String)>,
        target: Uuid,
    ) -> Result<Option<(Vec<Option<i64>>, Vec<Option<i64>>)>, AppError> {
        let connection = self.store.read();
        let Some((least, most)) = usual(connection, target).await? else {
            return Ok(None);
        };
        let environment = store::environments::find(connection, target).await?;
        let environment = store::or_missing(environment, "The target environment")?;
        let limit = rules_from(&environment).limit();
        let active: Vec<_> = store::plans_active::list(connection)
            .await?
            .into_iter()
            .filter(|plan| plan.target_id == target)
            .collect();
        let place_of = |number: u64| {
            line.iter()
                .position(|place| plans.get(&place.plan_id).is_some_and(|one| one.0 == number))
        };
        let in_line: Vec<InLine> = line
            .iter()
            .map(|place| {
                let mut one = InLine::default();
                for hindrance in waits_for(place) {
                    match hindrance {
                        Hindrance::Plan(by) => {
                            let at = active
                                .iter()
                                .position(|plan| u64::try_from(plan.number) == Ok(by.number));
                            one.beside.extend(at);
                        }
                        Hindrance::Ahead(by) => one.behind.extend(place_of(by.number)),
                        // Publications take seconds.
                        Hindrance::Publication(_)
                        | Hindrance::Slot(_)
                        | Hindrance::NoAgent(..)
                        | Hindrance::Maintenance(_)
                        | Hindrance::InHand(..) => {}
                    }
                }
                one
            })
            .collect();
        let now = self.now();
        let begins = |takes: i64| {
            let active: Vec<(Active, Option<i64>)> = active
                .iter()
                .map(|plan| {
                    // Nobody knows when somebody continues what is prepared.
                    let runs = plan.status != PlanStatus::NeedsIntervention.as_str();
                    let end = end_of(plan, takes).filter(|_| runs);
                    let left = end.map(|end| (end - now).max(0));
                    (Active { has_slot: true }, left)
                })
                .collect();
            foresee(&active, limit, &in_line, takes)
        };
        Ok(Some((begins(least), begins(most))))
    }
}

/// How long the last runs to an environment took, in milliseconds: the shortest and the longest.
pub(in crate::plans) async fn usual(
    connection: &impl ConnectionTrait,
    target: Uuid,
) -> Result<Option<(i64, i64)>, AppError> {
    let took = store::executions::past_durations(connection, target, Uuid::nil()).await?;
    Ok(took.iter().copied().min().zip(took.iter().copied().max()))
}

/// When a plan that was started ends if it takes so long, the time aside for which it waited for
/// people.
fn end_of(plan: &plan::Model, takes: i64) -> Option<i64> {
    Some(plan.started? + plan.waited + takes)
}

/// When a plan that runs should end, at the earliest and at the latest. Nobody knows when somebody
/// continues what waits, nor how long it takes to go back.
pub(in crate::plans) fn ends_of(plan: &plan::Model, (least, most): (i64, i64)) -> Option<Ends> {
    if plan.status != PlanStatus::Running.as_str() {
        return None;
    }
    let at = |takes| end_of(plan, takes).map(Timestamp);
    Some((at(least)?, at(most)?))
}

/// What a plan in line waits for, as it was noted.
pub(in crate::plans) fn waits_for(place: &place::Model) -> Vec<Hindrance> {
    serde_json::from_str(&place.waits_for).unwrap_or_default()
}
