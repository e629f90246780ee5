//! Writes what a round changed, in one transaction in which the lease is checked.

use super::load::Loaded;
use super::walk::Effects;
use super::{narrate, stage_name};
use crate::Backend;
use crate::audit::{Entry, Object};
use domain::execution::Outcome;
use domain::plan::{
    Ending, Guards, Intervention, PlanEvent, PlanState, PlanStatus, follow, transition,
};
use domain::{AppError, EnvironmentId, ModuleId};
use store::entity::plans::{plan, run};
use store::{DatabaseTransaction, Set, executions};
use uuid::Uuid;

/// What became of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persisted {
    /// It is stored.
    Stored,
    /// The lease is lost; nothing was stored.
    Lost,
    /// A person asked for something since the round began; nothing was stored.
    Overtaken,
}

impl Backend {
    /// Stores the effects of a round, if the lease is still ours and nobody has asked for anything
    /// that the round did not see.
    pub(super) async fn persist(
        &self,
        loaded: &mut Loaded,
        mut effects: Effects,
        agent: Option<Uuid>,
    ) -> Result<Persisted, AppError> {
        let lease = self.engine.options.lease_ms;
        let persisted = self
            .store
            .write(async |tx| {
                if !executions::hold(&self.store, tx, loaded.claim, lease).await? {
                    return Ok::<_, AppError>(Persisted::Lost);
                }
                // All rows that others write too, in the one order (see `lock_plan`).
                let plan = match loaded.run.plan_id {
                    Some(plan) => executions::lock_plan(tx, plan).await?,
                    None => None,
                };
                if let Some(agent) = agent {
                    executions::lock_agent(tx, agent).await?;
                }
                if !self.has_seen_requests(tx, &loaded.run).await? {
                    return Ok(Persisted::Overtaken);
                }
                // Steps first: attempts name them, also those that were just added.
                let steps: Vec<_> = effects.steps.values().cloned().collect();
                executions::save_steps(tx, &steps).await?;
                self.persist_attempts(tx, loaded, &effects, agent).await?;
                self.persist_lines(tx, loaded, &mut effects).await?;
                if effects.record {
                    self.record_versions(tx, loaded, &effects.differing).await?;
                }
                if let Some(why) = &effects.unsynchronized {
                    self.note_unsynchronized(tx, loaded, why).await?;
                }
                self.persist_run(tx, loaded, &effects).await?;
                if let Some(plan) = plan {
                    self.persist_plan(tx, plan, loaded, &effects).await?;
                } else if let Some((outcome, text)) = &effects.ended {
                    self.end_publication(tx, &loaded.run, *outcome, text)
                        .await?;
                }
                Ok(Persisted::Stored)
            })
            .await?;
        for row in &mut loaded.rows {
            if let Some(stored) = effects.steps.get(&row.id) {
                row.log_line = stored.log_line;
            }
        }
        loaded.run.last_log += 1;
        Ok(persisted)
    }

    /// Whether the round knew everything that people asked of the run. While the plan is locked
    /// nobody asks.
    async fn has_seen_requests(
        &self,
        tx: &DatabaseTransaction,
        seen: &run::Model,
    ) -> Result<bool, AppError> {
        let now = executions::find_run(tx, seen.id).await?;
        Ok(now.is_some_and(|now| {
            now.stop_requested == seen.stop_requested
                && now.continue_requested == seen.continue_requested
        }))
    }

    /// Appends the lines, and tells failed steps which one says more.
    async fn persist_lines(
        &self,
        tx: &DatabaseTransaction,
        loaded: &Loaded,
        effects: &mut Effects,
    ) -> Result<(), AppError> {
        let lines = std::mem::take(&mut effects.lines);
        if lines.is_empty() {
            return Ok(());
        }
        let first = executions::append_log(tx, loaded.run.id, lines).await?;
        let mut explained = Vec::new();
        for (step, line) in &effects.error_lines {
            if let Some(row) = effects.steps.get_mut(step) {
                row.log_line = Some(first + i64::try_from(*line).unwrap_or(0));
                explained.push(row.clone());
            }
        }
        executions::save_steps(tx, &explained).await?;
        Ok(())
    }

    async fn persist_attempts(
        &self,
        tx: &DatabaseTransaction,
        loaded: &Loaded,
        effects: &Effects,
        agent: Option<Uuid>,
    ) -> Result<(), AppError> {
        let epoch = loaded.claim.epoch;
        executions::insert_attempts(tx, &effects.attempts).await?;
        executions::mark_applied(tx, &effects.applied, false).await?;
        executions::mark_applied(tx, &effects.given_up, true).await?;
        executions::withdraw_commands(tx, &effects.withdrawn, self.now()).await?;
        executions::mark_asked(tx, &effects.taken_over, None, epoch).await?;
        executions::mark_asked(tx, &effects.asked, Some(effects.asked_until), epoch).await?;
        // Without an agent the attempts stay unanswered and are given up in time.
        if let Some(agent) = agent {
            executions::queue_commands(tx, agent, &effects.commands, self.now()).await?;
        }
        Ok(())
    }

    async fn persist_run(
        &self,
        tx: &DatabaseTransaction,
        loaded: &mut Loaded,
        effects: &Effects,
    ) -> Result<(), AppError> {
        if !effects.run_changed {
            return Ok(());
        }
        let mut change = run::ActiveModel {
            stage: Set(stage_name(loaded.state.stage).to_owned()),
            continued: Set(loaded.state.continued),
            ..Default::default()
        };
        if effects.paused.is_some() {
            // What was continued was the pause before this one.
            change.continue_requested = Set(None);
            loaded.run.continue_requested = None;
        }
        if effects.went_on {
            // Who presses Continue in the same moment wants just that.
            change.continue_requested = Set(Some(self.now()));
            loaded.run.continue_requested = Some(self.now());
        }
        if let Some(cause) = &effects.stopped {
            change.outcome = Set(Some(cause.clone()));
        }
        if let Some((_, text)) = &effects.ended {
            change.outcome = Set(Some(text.clone()));
            change.ended = Set(Some(self.now()));
        }
        executions::update_run(tx, loaded.run.id, change).await?;
        if effects.ended.is_some() {
            executions::withdraw_run(tx, loaded.run.id, self.now()).await?;
        }
        Ok(())
    }

    /// The plan's status, stamps and progress follow the run.
    async fn persist_plan(
        &self,
        tx: &DatabaseTransaction,
        row: plan::Model,
        loaded: &Loaded,
        effects: &Effects,
    ) -> Result<(), AppError> {
        let id = row.id;
        let now = self.now();
        let (done, total) = loaded.progress();
        let mut change = plan::ActiveModel {
            steps_done: Set(done),
            steps_total: Set(total),
            phase: Set(Some(loaded.state.phase().as_str().to_owned())),
            ..Default::default()
        };
        if effects.record {
            change.finished = Set(Some(now));
        }
        if effects.synchronized {
            change.synchronized = Set(Some(now));
        }
        let mut state = state_of(&row);
        let mut events = Vec::new();
        if let Some(why) = effects.paused {
            events.push(PlanEvent::Pause(why));
            crate::pause::begin(&mut change, now);
        }
        if let Some(cause) = &effects.stopped {
            events.push(PlanEvent::Fatal);
            change.outcome = Set(Some(cause.clone()));
            if row.aborted.is_none() {
                change.aborted = Set(Some(now));
                change.abort_reason = Set(Some(cause.clone()));
            }
        }
        if effects.went_on {
            // It asks nobody, nor for anything that a person could be refused.
            if let Ok(next) = follow(state, PlanEvent::Continue) {
                state = next;
            }
            crate::pause::end(&row, &mut change, now);
        }
        for event in events {
            // A person may have asked for the same first; then the status is right already.
            if let Ok(next) = transition(state, event, Guards::CLOSED) {
                state = next;
            }
        }
        if let Some((outcome, text)) = &effects.ended {
            // Whatever the plan says: the run is over, and nobody waits for it any more.
            state = match outcome {
                Outcome::Successful => PlanState::Finished(Ending::Successful),
                Outcome::WithWarnings => PlanState::Finished(Ending::WithWarnings),
                Outcome::WithErrors => PlanState::Finished(Ending::WithErrors),
                Outcome::Aborted => PlanState::Aborted,
            };
            change.outcome = Set(Some(text.clone()));
            if row.finished.is_none() && !effects.record {
                change.finished = Set(Some(now));
            }
        }
        // What waits only until its agent says what is true is not ended by the time: that would
        // put back what somebody has brought and perhaps uses, and nobody has asked for it.
        let waits_for_report = loaded.state.is_finishing();
        let for_a_time = effects
            .paused
            .filter(|why| why.is_for_a_time() && !waits_for_report);
        if let Some(why) = for_a_time {
            let target = EnvironmentId(row.target_id);
            self.keep_prepared(tx, loaded.run.id, target, why).await?;
        } else if effects.stopped.is_some() || effects.ended.is_some() {
            store::prepared::forget(tx, loaded.run.id).await?;
        }
        let before = row.status.clone();
        if let Some(status) = state.status() {
            change.status = Set(status.as_str().to_owned());
            change.intervention = Set(state
                .intervention()
                .map(|reason| reason.as_str().to_owned()));
            if before != status.as_str() {
                let action = match state {
                    PlanState::Paused(_) => "plan_paused",
                    PlanState::Running => "plan_continued",
                    PlanState::Aborting => "plan_stopped",
                    PlanState::Aborted => "plan_aborted",
                    _ => "plan_finished",
                };
                self.record(
                    tx,
                    None,
                    action,
                    Object {
                        kind: "plan",
                        id: Some(id),
                        name: &row.name,
                    },
                    Entry::new()
                        .at(EnvironmentId(row.target_id))
                        .before(&before)
                        .after(&status.as_str()),
                )
                .await?;
            }
        }
        if effects.ended.is_some() {
            self.mark_what_it_had(tx, &row, loaded).await?;
        }
        if matches!(state, PlanState::Finished(_)) && effects.ended.is_some() {
            self.hold_what_was_taken_out(tx, &row).await?;
        }
        store::plans::update(tx, id, change).await?;
        if effects.paused.is_some() || effects.stopped.is_some() || effects.ended.is_some() {
            // What other plans may start depends on this one.
            store::counters::raise(tx, store::counters::LANDSCAPE).await?;
        }
        Ok(())
    }

    /// What the run had in its hands is what its target said last that it runs, and can move on.
    async fn mark_what_it_had(
        &self,
        tx: &DatabaseTransaction,
        plan: &plan::Model,
        loaded: &Loaded,
    ) -> Result<(), AppError> {
        store::counters::raise(tx, store::counters::LANDSCAPE).await?;
        let mut applications = loaded.applications();
        if !loaded.has_reported() {
            let all: Vec<Uuid> = applications.into_iter().collect();
            return Ok(store::running::refresh_can_move(tx, Some(&all)).await?);
        }
        // What another run has in its hands as well is marked when that is over.
        let others = executions::list_in_hand(tx).await?;
        applications.retain(|id| !others.contains(&(plan.target_id, *id)));
        let operations = store::plans::list_operations(tx, plan.id).await?;
        let brought = operations.iter().filter_map(|row| row.version_id).collect();
        let target = EnvironmentId(plan.target_id);
        // On the heap: it is large, and few rounds come here.
        Box::pin(self.mark_again(tx, target, &applications, &brought)).await
    }

    /// What the target hosts now is not known for sure: that stands on the Environments page, and
    /// its agent is asked when it says hello next, whatever it counts.
    async fn note_unsynchronized(
        &self,
        tx: &DatabaseTransaction,
        loaded: &Loaded,
        why: &str,
    ) -> Result<(), AppError> {
        let environment = loaded.run.environment_id;
        store::maintenance::want_inventory(tx, environment).await?;
        let why = narrate::unsynchronized(why);
        store::environments::end_synchronization(tx, environment, self.now(), Some(why)).await?;
        Ok(())
    }

    /// The target's versions are now those of the plan (decisions: a version is eligible from an
    /// environment when deployed there), but for applications with a module that differs.
    async fn record_versions(
        &self,
        tx: &DatabaseTransaction,
        loaded: &Loaded,
        differing: &[ModuleId],
    ) -> Result<(), AppError> {
        if let Some(plan) = loaded.run.plan_id {
            // Before anything is written, as inventories do.
            store::counters::raise(tx, store::counters::LANDSCAPE).await?;
            executions::record_versions(
                tx,
                plan,
                loaded.run.environment_id,
                loaded.run.actor_id,
                &differing
                    .iter()
                    .filter_map(|id| loaded.modules.get(id))
                    .map(|row| row.application_id)
                    .collect(),
                self.now(),
            )
            .await?;
            let environment = EnvironmentId(loaded.run.environment_id);
            self.apply_plan_settings(tx, plan, environment).await?;
        }
        Ok(())
    }
}

/// Where a stored plan stands.
pub(crate) fn state_of(row: &plan::Model) -> PlanState {
    PlanState::from_status(
        PlanStatus::parse(&row.status).unwrap_or(PlanStatus::FinishedWithErrors),
        row.intervention.as_deref().and_then(Intervention::parse),
    )
}
