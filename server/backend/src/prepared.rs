//! Prepared plans: what they have prepared is kept for a time that everybody sees, which can be
//! made longer, and then it is removed: the plan ends, and its target is as it was. The same holds
//! for those that are suspended or wait for values, and for what they have brought so far.

use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::engine::state_of;
use crate::events::Topic;
use crate::plans::{Plan, find_plan, kept_from, object, pass_on, plan_of};
use crate::supplied::WAITS;
use crate::suspended::SUSPENDED;
use domain::access::Action;
use domain::execution::LogKind;
use domain::plan::{Guards, Intervention, Kept, PlanEvent, PlanState, PlanStatus, transition};
use domain::{AppError, EnvironmentId, Timestamp};
use store::entity::plans::{plan, run};
use store::entity::waiting::prepared;
use store::executions::{self, NewLine};
use store::{DatabaseTransaction, Set};
use uuid::Uuid;

/// The log's word for a time: the day and the minute, in UTC.
fn written(at: Timestamp) -> String {
    let (year, month, day) = domain::Day::of(at).parts();
    let minutes = at.0.div_euclid(60_000).rem_euclid(24 * 60);
    format!(
        "{year}-{month:02}-{day:02} {:02}:{:02} UTC",
        minutes / 60,
        minutes % 60
    )
}

impl Backend {
    /// Notes until when what a run has just prepared, or has brought before it was suspended or
    /// missed a value, is kept.
    pub(crate) async fn keep_prepared(
        &self,
        tx: &DatabaseTransaction,
        run: Uuid,
        target: EnvironmentId,
        why: Intervention,
    ) -> Result<(), AppError> {
        let environment = store::environments::find(tx, target.0).await?;
        let hours = environment.map_or(96, |row| crate::environments::small(row.keep_hours));
        let kept = Kept::from(Timestamp(self.now()), hours);
        store::prepared::keep(tx, row_of(run, kept)).await?;
        let text = format!(
            "{} until {}. Then the plan ends and nothing will have changed.",
            keeps(why),
            written(kept.until)
        );
        self.log(tx, run, LogKind::Info, text).await
    }

    /// Keeps what a plan has prepared for the same time again. `until` is what the person saw: of
    /// two who ask for it at once one makes it longer, and the other is told.
    pub async fn keep_plan_longer(
        &self,
        actor: &Actor,
        number: u64,
        until: Timestamp,
    ) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        self.store
            .write(async |tx| {
                executions::lock_plan_numbered(tx, i64::try_from(number).unwrap_or(i64::MAX))
                    .await?;
                let plan = find_plan(tx, actor, number, self.now()).await?;
                let title = plan.title();
                // Who may continue it may keep it; also for when a maintenance is over, or the
                // agent is back.
                let asked = Plan {
                    maintenance: None,
                    ..plan.clone()
                };
                pass_on(actor, &asked, None)?;
                let row = store::prepared::find(tx, plan.row.id).await?;
                let row = store::or_missing(row, format!("What {title} has prepared"))?;
                let kept = kept_from(&row);
                let now = Timestamp(self.now());
                if kept.is_over(now) {
                    return Err(expired(&plan));
                }
                if kept.until != until {
                    return Err(AppError::conflict(
                        "kept_already",
                        format!("Somebody else just changed how long {title} is kept. Look again before you keep it even longer."),
                    ));
                }
                let longer = kept.longer(now).ok_or_else(|| {
                    AppError::conflict(
                        "kept_long_enough",
                        format!("{title} is kept for almost 30 days already, which is the most. Continue it, or abort it and prepare it anew."),
                    )
                })?;
                store::prepared::keep(tx, row_of(plan.row.id, longer)).await?;
                let text = format!("{} keeps it until {}.", actor.name, written(longer.until));
                self.log(tx, plan.row.id, LogKind::Info, text).await?;
                let entry = Entry::new()
                    .at(plan.content.target)
                    .before(&kept)
                    .after(&longer);
                self.record(tx, Some(actor), "plan_kept_longer", object(&plan), entry)
                    .await
            })
            .await?;
        self.topics()
            .bump([Topic::Run(number), Topic::Plan(number), Topic::Plans]);
        Ok(())
    }

    /// Warns of what ends soon, and ends what is over.
    pub async fn sweep_prepared(&self) -> Result<(), AppError> {
        let now = Timestamp(self.now());
        for row in store::prepared::list(self.store.read()).await? {
            let kept = kept_from(&row);
            if kept.is_over(now) {
                self.end_prepared(row.run_id).await?;
            } else if kept.is_ending(now) && !row.warned {
                self.warn_prepared(row.run_id, kept).await?;
            }
        }
        Ok(())
    }

    /// Says once in the log that the end is near.
    async fn warn_prepared(&self, run: Uuid, kept: Kept) -> Result<(), AppError> {
        let number = self
            .store
            .write(async |tx| -> Result<Option<i64>, AppError> {
                if !store::prepared::note_warning(tx, run).await? {
                    return Ok(None);
                }
                // A plan's run has the plan's id.
                let Some(plan) = store::plans::find(tx, run).await? else {
                    return Ok(None);
                };
                let text = format!(
                    "{} only until {}. Continue it, or keep it longer.",
                    keeps(
                        state_of(&plan)
                            .intervention()
                            .unwrap_or(Intervention::Prepared)
                    ),
                    written(kept.until)
                );
                self.log(tx, run, LogKind::Warning, text).await?;
                Ok(Some(plan.number))
            })
            .await?;
        self.tell_prepared(number);
        Ok(())
    }

    /// What was kept is over: the plan is stopped, as if a person had asked for it.
    async fn end_prepared(&self, id: Uuid) -> Result<(), AppError> {
        let number = self
            .store
            .write(async |tx| -> Result<Option<i64>, AppError> {
                // Not while the engine writes a round, which would not know of this.
                let row = executions::lock_plan(tx, id).await?;
                let Some(row) = row else {
                    return Ok(None);
                };
                let kept = store::prepared::find(tx, id).await?;
                let now = self.now();
                // Continued, aborted, or kept longer meanwhile.
                let Some(kept) = kept.map(|row| kept_from(&row)) else {
                    return Ok(None);
                };
                if !kept.is_over(Timestamp(now)) {
                    return Ok(None);
                }
                let plan = plan_of(tx, row).await?;
                let why = state_of(&plan.row).intervention();
                let Some(why) = why.filter(|why| why.is_for_a_time()) else {
                    store::prepared::forget(tx, id).await?;
                    return Ok(None);
                };
                self.stop_prepared(tx, &plan, why, &kept.reason(why), now)
                    .await?;
                Ok(Some(plan.row.number))
            })
            .await?;
        if number.is_some() {
            self.wake_engine();
        }
        self.tell_prepared(number);
        Ok(())
    }

    async fn stop_prepared(
        &self,
        tx: &DatabaseTransaction,
        plan: &Plan,
        why: Intervention,
        reason: &str,
        now: i64,
    ) -> Result<(), AppError> {
        let next = transition(state_of(&plan.row), PlanEvent::Fatal, Guards::CLOSED)
            .unwrap_or(PlanState::Aborting);
        let status = next.status().unwrap_or(PlanStatus::Aborting);
        let mut change = plan::ActiveModel {
            status: Set(status.as_str().to_owned()),
            intervention: Set(None),
            aborted: Set(Some(now)),
            abort_reason: Set(Some(reason.to_owned())),
            ..Default::default()
        };
        crate::pause::end(&plan.row, &mut change, now);
        store::plans::update_seen(tx, &plan.row, change)
            .await
            .map_err(|error| error.about(plan.title()))?;
        let request = run::ActiveModel {
            stop_requested: Set(Some(now)),
            stop_reason: Set(Some(reason.to_owned())),
            ..Default::default()
        };
        executions::update_run(tx, plan.row.id, request).await?;
        store::prepared::forget(tx, plan.row.id).await?;
        store::plans::refresh_search(tx, plan.row.id).await?;
        store::counters::raise(tx, store::counters::LANDSCAPE).await?;
        let entry = Entry::new().at(plan.content.target).because(reason);
        let action = match why {
            Intervention::DeploymentSuspended => "plan_suspension_expired",
            Intervention::NeedsConfigurationOrConfirmation => "plan_values_expired",
            _ => "plan_packages_expired",
        };
        self.record(tx, None, action, object(plan), entry).await
    }

    /// A line of a run's log.
    pub(crate) async fn log(
        &self,
        tx: &DatabaseTransaction,
        run: Uuid,
        kind: LogKind,
        text: String,
    ) -> Result<(), AppError> {
        let line = NewLine {
            at: self.now(),
            kind: kind.as_str(),
            module: None,
            text,
        };
        executions::append_log(tx, run, vec![line]).await?;
        Ok(())
    }

    fn tell_prepared(&self, number: Option<i64>) {
        if let Some(number) = number.and_then(|number| u64::try_from(number).ok()) {
            self.topics()
                .bump([Topic::Run(number), Topic::Plan(number), Topic::Plans]);
        }
    }

    /// Refuses to continue what is not kept any more, and forgets that it waits.
    pub(crate) async fn take_prepared(
        &self,
        tx: &DatabaseTransaction,
        plan: &Plan,
    ) -> Result<(), AppError> {
        if let Some(row) = store::prepared::find(tx, plan.row.id).await? {
            if kept_from(&row).is_over(Timestamp(self.now())) {
                return Err(expired(plan));
            }
            store::prepared::forget(tx, plan.row.id).await?;
        }
        Ok(())
    }
}

fn row_of(run: Uuid, kept: Kept) -> prepared::Model {
    prepared::Model {
        run_id: run,
        since: kept.since.0,
        until: kept.until.0,
        hours: i64::from(kept.hours),
        warned: false,
    }
}

/// What is kept, in words that go before "until".
const fn keeps(why: Intervention) -> &'static str {
    match why {
        Intervention::DeploymentSuspended | Intervention::NeedsConfigurationOrConfirmation => {
            "What is there already is kept"
        }
        _ => "What is prepared is kept",
    }
}

fn expired(plan: &Plan) -> AppError {
    let title = plan.title();
    let text = match state_of(&plan.row) {
        SUSPENDED => format!(
            "{title} was suspended for too long: it is ending, and nothing has changed. Retry the plan."
        ),
        WAITS => format!(
            "{title} waited for a value for too long: it is ending, and nothing has changed. Retry the plan."
        ),
        _ => format!(
            "What {title} has prepared is not kept any more: it is ending, and nothing has changed. Retry the plan to prepare it anew."
        ),
    };
    AppError::conflict("packages_expired", text)
}
