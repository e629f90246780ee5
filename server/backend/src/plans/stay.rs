//! What a plan's target makes of it, for rows and screens: stages, its place in line, how long
//! what it has prepared is kept.

use super::People;
use super::line::{ends_of, usual, waits_for};
use domain::execution::Phase;
use domain::plan::{Kept, PlanStatus};
use domain::view::{Place, PlanStay, Stamp};
use domain::{AppError, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use store::ConnectionTrait;
use store::entity::environments::environment;
use store::entity::plans::plan;
use store::entity::waiting::prepared;
use uuid::Uuid;

/// What is stored as the domain knows it.
pub(crate) fn kept_from(row: &prepared::Model) -> Kept {
    Kept {
        since: Timestamp(row.since),
        until: Timestamp(row.until),
        hours: u32::try_from(row.hours).unwrap_or(0),
    }
}

/// Why nothing can be done with the plans of an environment, if it is in maintenance.
pub(super) fn maintenance_words(environment: &environment::Model) -> Option<String> {
    let reason = environment.maintenance_reason.as_deref()?;
    let what = domain::environment::maintenance_words(&environment.name, reason);
    Some(format!(
        "{what}: no plan from it or to it is made, changed or run. Try again when that is over"
    ))
}

/// What there is to say of these plans, by id. Plans that are over cost nothing.
pub(super) async fn stays(
    connection: &impl ConnectionTrait,
    plans: &[plan::Model],
    environments: &[environment::Model],
) -> Result<BTreeMap<Uuid, PlanStay>, AppError> {
    let with = |statuses: &[PlanStatus]| -> Vec<Uuid> {
        plans
            .iter()
            .filter(|row| statuses.iter().any(|status| row.status == status.as_str()))
            .map(|row| row.id)
            .collect()
    };
    let mut stays: BTreeMap<Uuid, PlanStay> = BTreeMap::new();
    for row in plans {
        let target = environments.iter().find(|one| one.id == row.target_id);
        let not_over = PlanStatus::parse(&row.status).is_some_and(|status| !status.is_terminal());
        if not_over && target.is_some_and(|target| target.two_stage) {
            stays.entry(row.id).or_default().two_stage = true;
        }
        if let Some(words) = target.and_then(maintenance_words) {
            stays.entry(row.id).or_default().no_way_back = Some(words);
        }
        let mut ends = environments
            .iter()
            .filter(|one| one.id == row.source_id || one.id == row.target_id);
        if let Some(words) = ends.find_map(maintenance_words) {
            stays.entry(row.id).or_default().maintenance = Some(words);
        }
    }
    let places = with(&[PlanStatus::Queued, PlanStatus::Saved]);
    let places = store::line::list_of(connection, &places).await?;
    if !places.is_empty() {
        let all = store::line::list_all(connection).await?;
        let people = People::of(connection, places.iter().map(|place| place.queued_by)).await?;
        for place in places {
            let stay = stays.entry(place.plan_id).or_default();
            if let Some(at) = place.sent_back {
                let reason = place.reason.unwrap_or_default();
                stay.sent_back = Some((Timestamp(at), reason));
                continue;
            }
            let mut line = all.iter().filter(|(target, _)| *target == place.target_id);
            let length = line.clone().count();
            let at = line.position(|(_, plan)| *plan == place.plan_id);
            let waits_for = waits_for(&place);
            stay.place = Some(Place {
                queued: Stamp {
                    by: people.person(place.queued_by),
                    at: Timestamp(place.queued),
                },
                position: u32::try_from(at.map_or(length, |at| at + 1)).unwrap_or(u32::MAX),
                length: u32::try_from(length).unwrap_or(u32::MAX),
                waits_for,
                in_spite_because: place.override_reason,
            });
        }
    }
    let paused = with(&[PlanStatus::NeedsIntervention]);
    if !paused.is_empty() {
        for row in store::prepared::list(connection).await? {
            // A plan's run has the plan's id.
            if paused.contains(&row.run_id) {
                stays.entry(row.run_id).or_default().kept = Some(kept_from(&row));
            }
        }
    }
    under_way(connection, plans, &mut stays).await?;
    Ok(stays)
}

/// How far those that run are, and when they should end.
async fn under_way(
    connection: &impl ConnectionTrait,
    plans: &[plan::Model],
    stays: &mut BTreeMap<Uuid, PlanStay>,
) -> Result<(), AppError> {
    let running = || {
        let status = PlanStatus::Running.as_str();
        plans.iter().filter(move |row| row.status == status)
    };
    let targets: BTreeSet<Uuid> = running().map(|row| row.target_id).collect();
    for target in targets {
        let Some(usual) = usual(connection, target).await? else {
            continue;
        };
        for row in running().filter(|row| row.target_id == target) {
            stays.entry(row.id).or_default().ends = ends_of(row, usual);
        }
    }
    let activating = running().filter(|row| row.phase.as_deref() == Some(Phase::Activate.as_str()));
    let activating: Vec<Uuid> = activating.map(|row| row.id).collect();
    if activating.is_empty() {
        return Ok(());
    }
    // A plan's run has the plan's id.
    let waves = store::executions::list_waves(connection, &activating).await?;
    for waves in waves.chunk_by(|one, next| one.run_id == next.run_id) {
        let at = waves.iter().position(|wave| wave.open > 0);
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        if let (Some(at), Some(wave)) = (at, waves.first()) {
            let wave_of = (number(at + 1), number(waves.len()));
            stays.entry(wave.run_id).or_default().wave = Some(wave_of);
        }
    }
    Ok(())
}
