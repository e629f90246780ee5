//! Maintenance of an environment (domain.md 7.6): nothing is deployed from it or to it, nothing is
//! published or tagged there, and it is not synchronized, until somebody ends it.

use crate::Backend;
use crate::actor::Actor;
use crate::agents::link_state;
use crate::audit::{Entry, Object};
use crate::engine::state_of;
use crate::events::Topic;
use crate::plans::{Plan, object, pass, plan_of};
use crate::stop::{StopRequest, has_switched_all, may_stop};
use domain::access::Action;
use domain::environment::{LinkState, maintenance_words};
use domain::execution::{Phase, StepState};
use domain::name::parse_reason;
use domain::plan::{PlanEvent, PlanState};
use domain::view::MaintenanceOutlook;
use domain::{AppError, EnvironmentId};
use store::entity::environments::environment;
use store::entity::plans::run;
use store::maintenance::Since;
use store::{
    ConnectionTrait, DatabaseTransaction, StoreError, agents, counters, environments, executions,
    maintenance, publications,
};
use uuid::Uuid;

/// How often it is tried again because plans started or ended under it.
const TRIES: u32 = 8;

/// Refuses what an environment in maintenance does not take; `then` says what did not happen and
/// what to do.
pub(crate) fn require_in_service(
    environment: &environment::Model,
    then: &str,
) -> Result<(), AppError> {
    match &environment.maintenance_reason {
        None => Ok(()),
        Some(reason) => Err(AppError::conflict(
            "in_maintenance",
            format!("{}. {then}", maintenance_words(&environment.name, reason)),
        )),
    }
}

/// The first of these environments, in promotion order, that is in maintenance.
pub(crate) async fn first_in_maintenance(
    connection: &impl ConnectionTrait,
    ids: [Uuid; 2],
) -> Result<Option<environment::Model>, StoreError> {
    let found = maintenance::among(connection, ids).await?;
    Ok(found.into_iter().next())
}

/// Why a try was rolled back.
enum Stop {
    /// Plans or publications started meanwhile.
    Changed,
    Error(AppError),
}

impl From<AppError> for Stop {
    fn from(error: AppError) -> Self {
        Self::Error(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Error(error.into())
    }
}

/// What becomes of the active plans of an environment.
#[derive(Default)]
struct ActivePlans {
    aborted: Vec<Plan>,
    going_on: Vec<Plan>,
}

impl Backend {
    /// What happens to running plans and publications when an environment is taken into
    /// maintenance now.
    pub async fn foresee_maintenance(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
    ) -> Result<MaintenanceOutlook, AppError> {
        actor.require(Action::ManageEnvironments)?;
        let connection = self.store.read();
        let found = environments::find(connection, environment.0).await?;
        store::or_missing(found, "This environment")?;
        let numbers = maintenance::list_active_plans(connection, environment.0).await?;
        let plans = self.sort_out(connection, environment, &numbers).await?;
        let named = |plan: &Plan| (number_of(plan), plan.row.name.clone());
        let stopped = publications::list_open(connection).await?.into_iter();
        let waiting = store::line::list(connection, environment.0).await?.len();
        Ok(MaintenanceOutlook {
            aborted: plans.aborted.iter().map(named).collect(),
            going_on: plans.going_on.iter().map(named).collect(),
            stopped: stopped
                .filter(|run| run.environment_id == environment.0)
                .map(|run| run.name)
                .collect(),
            waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
        })
    }

    /// Takes an environment into maintenance: what is being deployed to it is aborted, and what is
    /// being fetched from it. To ask twice is no error; the first reason counts.
    pub async fn begin_maintenance(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
        revision: i64,
        reason: &str,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageEnvironments)?;
        let reason =
            parse_reason(reason).map_err(|error| AppError::invalid("reason", error.to_string()))?;
        for _ in 0..TRIES {
            let tried = self
                .store
                .write(async |tx| {
                    self.try_begin(tx, actor, environment, revision, &reason)
                        .await
                })
                .await;
            match tried {
                Ok(concerned) => {
                    self.after_maintenance(concerned);
                    return Ok(());
                }
                Err(Stop::Changed) => {}
                Err(Stop::Error(error)) => return Err(error),
            }
        }
        Err(AppError::Unavailable {
            message: "Plans started while the environment was being taken into maintenance. Nothing was changed; try again.".to_owned(),
            retry_seconds: 2,
        })
    }

    /// Answers with the plans whose screens say something else now.
    async fn try_begin(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        environment: EnvironmentId,
        revision: i64,
        reason: &str,
    ) -> Result<Vec<u64>, Stop> {
        let now = self.now();
        // What runs is taken before the landscape's number, as the engine does it.
        let taken = maintenance::list_active_plans(tx, environment.0).await?;
        for number in &taken {
            executions::lock_plan_numbered(tx, *number).await?;
        }
        let found = environments::find(tx, environment.0).await?;
        let found = store::or_missing(found, "This environment")?;
        if found.maintenance_since.is_some() {
            return Ok(Vec::new());
        }
        let request = StopRequest {
            at: now,
            by: self.stored_person(tx, actor).await?,
            reason: format!("{} was taken into maintenance: {reason}", found.name),
        };
        let stopped = maintenance::stop_publications(tx, found.id, request.as_change()).await?;
        // From here on nothing starts. Whatever did since the first look is not taken yet.
        counters::raise(tx, counters::LANDSCAPE).await?;
        let active = maintenance::list_active_plans(tx, found.id).await?;
        let open = publications::list_open(tx).await?;
        let missed =
            |run: &run::Model| run.environment_id == found.id && run.stop_requested.is_none();
        if active.iter().any(|number| !taken.contains(number)) || open.iter().any(missed) {
            return Err(Stop::Changed);
        }
        let plans = self.sort_out(tx, environment, &active).await?;
        let mut aborted = Vec::new();
        let going_on = plans.going_on.iter().map(number_of);
        for plan in &plans.aborted {
            let next = pass(actor, plan, PlanEvent::Abort)?;
            self.stop_run(tx, plan, next, &request).await?;
            let entry = Entry::new()
                .at(plan.content.target)
                .because(request.reason.as_str());
            self.record(tx, Some(actor), "plan_abort_requested", object(plan), entry)
                .await?;
            aborted.push(number_of(plan));
        }
        let since = Since {
            at: now,
            by: request.by,
            reason: reason.to_owned(),
        };
        maintenance::set(tx, found.id, revision, Some(since))
            .await
            .map_err(|error| error.about(format!("Environment {}", found.name)))?;
        let object = Object {
            kind: "environment",
            id: Some(found.id),
            name: &found.name,
        };
        let entry = Entry::new()
            .at(environment)
            .because(reason)
            .after(&serde_json::json!({
                "aborted_plans": aborted, "stopped_publications": stopped,
            }));
        self.record(tx, Some(actor), "maintenance_begun", object, entry)
            .await?;
        aborted.extend(going_on);
        Ok(aborted)
    }

    /// Puts an environment back into service; its agent is asked what it hosts. To ask twice is no
    /// error.
    pub async fn end_maintenance(
        &self,
        actor: &Actor,
        environment: EnvironmentId,
        revision: i64,
    ) -> Result<(), AppError> {
        actor.require(Action::ManageEnvironments)?;
        let now = self.now();
        let concerned = self
            .store
            .write(async |tx| -> Result<Vec<i64>, AppError> {
                let found = environments::find(tx, environment.0).await?;
                let found = store::or_missing(found, "This environment")?;
                let Some(reason) = &found.maintenance_reason else {
                    return Ok(Vec::new());
                };
                counters::raise(tx, counters::LANDSCAPE).await?;
                maintenance::set(tx, found.id, revision, None)
                    .await
                    .map_err(|error| error.about(format!("Environment {}", found.name)))?;
                let agent = agents::find_of_environment(tx, found.id).await?;
                if link_state(agent.as_ref(), now) == LinkState::Online {
                    self.ask_for_inventory(tx, environment).await?;
                }
                // One that is away, or goes now, tells when it is back.
                maintenance::want_inventory(tx, found.id).await?;
                let object = Object {
                    kind: "environment",
                    id: Some(found.id),
                    name: &found.name,
                };
                let before = serde_json::json!({
                    "since": found.maintenance_since, "reason": reason,
                });
                let entry = Entry::new().at(environment).before(&before);
                self.record(tx, Some(actor), "maintenance_ended", object, entry)
                    .await?;
                Ok(maintenance::list_active_plans(tx, found.id).await?)
            })
            .await?;
        self.wake_agent(environment);
        let concerned: Vec<u64> = concerned
            .into_iter()
            .filter_map(|number| u64::try_from(number).ok())
            .collect();
        self.after_maintenance(concerned);
        Ok(())
    }

    /// Which of these active plans are aborted when the environment goes into maintenance: those
    /// that go there and can still be stopped, and those that still fetch something from it.
    async fn sort_out(
        &self,
        connection: &impl ConnectionTrait,
        environment: EnvironmentId,
        numbers: &[i64],
    ) -> Result<ActivePlans, AppError> {
        let mut plans = ActivePlans::default();
        for number in numbers {
            let number = u64::try_from(*number).unwrap_or(0);
            let Some(row) = store::plans::find_by_number(connection, number).await? else {
                continue;
            };
            let plan = plan_of(connection, row).await?;
            let run = executions::find_plan_run(connection, plan.row.id).await?;
            let stops = match run {
                Some(run) if state_of(&plan.row) != PlanState::Aborting => {
                    let steps = executions::list_steps(connection, run.id).await?;
                    let fetches = steps.iter().any(|step| {
                        step.phase == Phase::Transfer.as_str()
                            && step.state != StepState::Succeeded.as_str()
                    });
                    may_stop(&run)
                        && !has_switched_all(&steps)
                        && (plan.content.target == environment || fetches)
                }
                _ => false,
            };
            if stops {
                plans.aborted.push(plan);
            } else {
                plans.going_on.push(plan);
            }
        }
        Ok(plans)
    }

    /// After the commit.
    fn after_maintenance(&self, concerned: Vec<u64>) {
        self.wake_engine();
        let mut topics = vec![Topic::Environments, Topic::Applications, Topic::Plans];
        for number in concerned {
            topics.extend([Topic::Run(number), Topic::Plan(number)]);
        }
        self.topics.bump(topics);
    }
}

fn number_of(plan: &Plan) -> u64 {
    u64::try_from(plan.row.number).unwrap_or(0)
}
