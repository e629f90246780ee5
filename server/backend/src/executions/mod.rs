//! Runs of plans: read, continued, aborted.

mod go_on;
mod rows;

use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::engine::state_of;
use crate::events::Topic;
use crate::paces::paces;
use crate::plans::{
    People, Plan, find_plan, may, object, pass, plan_rows, replaces_since, rolled_back_by,
    rolls_back,
};
use crate::stop::{StopRequest, Until, has_begun_to_switch};
use crate::supplied::WAITS;
use crate::suspended::SUSPENDED;
use domain::access::Action;
use domain::execution::{StepKind, StepState};
use domain::name::parse_reason;
use domain::plan::{PlanEvent, PlanState};
use domain::view::{LogFilter, LogLine, LogPage, RunApplication, RunDetail};
use domain::{AppError, ApplicationId, Timestamp};
use rows::{phase_rows, step_views, summary, values_open};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::plans::{plan, run_module, step};
use store::executions::{self, LogQuery};
use store::{ConnectionTrait, Set};
use uuid::Uuid;

/// The most lines of one part of a log.
const MAX_LINES: u32 = 500;

impl Backend {
    /// A run without its log.
    pub async fn read_run(&self, actor: &Actor, number: u64) -> Result<RunDetail, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let plan = find_plan(connection, actor, number, self.now()).await?;
        let run = executions::find_plan_run(connection, plan.row.id).await?;
        let run = store::or_missing(run, format!("The run of plan #{number}"))?;
        let steps = executions::list_steps(connection, run.id).await?;
        let modules = executions::list_run_modules(connection, run.id).await?;
        let past_durations =
            executions::past_durations(connection, run.environment_id, run.id).await?;
        let past_paces = if run.ended.is_none() {
            paces(&executions::past_steps(connection, run.environment_id, run.id).await?)
        } else {
            Vec::new()
        };
        let applications = self.run_applications(&plan, &modules, &steps).await?;
        let people = People::of(connection, [run.stop_by, plan.row.aborted_by]).await?;
        let abort = plan
            .row
            .aborted
            .and_then(|at| people.stamp(plan.row.aborted_by, Some(at)))
            .map(|stamp| (stamp, plan.row.abort_reason.clone().unwrap_or_default()));
        let refusal = actor.access.refusal(Action::DeployApplications);
        let abort_refusal = refusal.clone().or_else(|| refused(&plan, PlanEvent::Abort));
        // What waits can be kept while there is a maintenance, or its agent is away.
        let keep_refusal = refusal.or_else(|| refused(&plan, PlanEvent::Continue));
        let suspended = self.suspended_words(connection, &plan).await?;
        let continue_refusal = keep_refusal
            .clone()
            .or_else(|| plan.maintenance_words())
            .or(suspended);
        let values = if state_of(&plan.row) == WAITS {
            self.run_values(connection, &run, &modules).await?
        } else {
            Vec::new()
        };
        let values_refusal = continue_refusal.clone();
        let continue_refusal = continue_refusal.or_else(|| values_open(&values));
        let names: BTreeMap<Uuid, &run_module::Model> =
            modules.iter().map(|row| (row.module_id, row)).collect();
        let detail = RunDetail {
            rolls_back: rolls_back(&plan.row),
            rolled_back_by: rolled_back_by(connection, plan.row.number).await?,
            notes: plan.row.notes.clone(),
            in_spite_because: plan.row.override_reason.clone(),
            phases: phase_rows(&steps, state_of(&plan.row) == SUSPENDED),
            edges: serde_json::from_str(&run.edges).unwrap_or_default(),
            applications,
            abort,
            past_durations,
            past_paces,
            last_log: u64::try_from(run.last_log).unwrap_or(0),
            abort_refusal,
            continue_refusal,
            keep_refusal,
            values,
            values_refusal,
            steps: step_views(&steps, &names),
            plan: store::or_missing(
                plan_rows(connection, vec![plan.row]).await?.pop(),
                format!("Plan #{number}"),
            )?,
        };
        Ok(detail)
    }

    async fn run_applications(
        &self,
        plan: &Plan,
        modules: &[run_module::Model],
        steps: &[step::Model],
    ) -> Result<Vec<RunApplication>, AppError> {
        let connection = self.store.read();
        let mut order: Vec<Uuid> = Vec::new();
        let mut numbers: BTreeMap<Uuid, (Option<String>, Option<String>)> = BTreeMap::new();
        for operation in plan.operations.iter().filter(|row| row.choice != "nothing") {
            order.push(operation.application_id);
            numbers.insert(
                operation.application_id,
                (operation.from_number.clone(), operation.number.clone()),
            );
        }
        for module in modules {
            if !order.contains(&module.application_id) {
                order.push(module.application_id);
            }
        }
        let relinked: Vec<Uuid> = order
            .iter()
            .copied()
            .filter(|id| !numbers.contains_key(id))
            .collect();
        for (id, number) in numbers_before(connection, plan, &relinked).await? {
            numbers.insert(id, (Some(number), None));
        }
        let names = store::plans::list_application_names(connection, &order).await?;
        let custom = plan
            .operations
            .iter()
            .filter(|row| row.choice == "deploy_custom");
        let custom: BTreeSet<Uuid> = custom.map(|row| row.application_id).collect();
        Ok(order
            .into_iter()
            .map(|id| {
                let own: Vec<Uuid> = modules
                    .iter()
                    .filter(|module| module.application_id == id)
                    .map(|module| module.module_id)
                    .collect();
                let of = |kinds: &[StepKind]| {
                    steps
                        .iter()
                        .filter(|step| {
                            StepKind::parse(&step.kind).is_some_and(|kind| kinds.contains(&kind))
                        })
                        .filter_map(|step| Some((step.module_id?, StepState::parse(&step.state)?)))
                        .filter(|(module, _)| own.contains(module))
                        .collect::<Vec<_>>()
                };
                let there = of(&[StepKind::Activate, StepKind::Remove]);
                let back = of(&[StepKind::SwitchBack]);
                let is_back = |module| back.contains(&(module, StepState::Succeeded));
                let done = there
                    .iter()
                    .filter(|(module, state)| *state == StepState::Succeeded && !is_back(*module))
                    .count();
                let states: Vec<StepState> = there.into_iter().map(|(_, state)| state).collect();
                let (from, to) = numbers.get(&id).cloned().unwrap_or_default();
                let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
                RunApplication {
                    application: ApplicationId(id),
                    name: names.get(&id).cloned().unwrap_or_default(),
                    from: number(from),
                    to: number(to),
                    custom: custom.contains(&id),
                    modules: (
                        u32::try_from(done).unwrap_or(0),
                        u32::try_from(states.len()).unwrap_or(0),
                    ),
                    state: summary(&states),
                }
            })
            .collect())
    }

    /// A part of a run's log.
    pub async fn read_log(
        &self,
        actor: &Actor,
        number: u64,
        filter: LogFilter,
    ) -> Result<LogPage, AppError> {
        actor.require(Action::SeeLandscape)?;
        let connection = self.store.read();
        let plan = find_plan(connection, actor, number, self.now()).await?;
        let Some(run) = executions::find_plan_run(connection, plan.row.id).await? else {
            return Ok(LogPage::default());
        };
        let limit = if filter.limit == 0 {
            MAX_LINES
        } else {
            filter.limit.min(MAX_LINES)
        };
        let query = LogQuery {
            after: i64::try_from(filter.after).unwrap_or(i64::MAX),
            before: filter
                .before
                .map(|before| i64::try_from(before).unwrap_or(i64::MAX)),
            text: filter.text.trim().to_lowercase(),
            kinds: filter.kinds.iter().map(|kind| kind.as_str()).collect(),
            // One more tells whether more follow.
            limit: u64::from(limit) + 1,
        };
        let mut rows = executions::list_log(connection, run.id, &query).await?;
        let more = rows.len() > limit as usize;
        if more && filter.before.is_some() {
            rows.remove(0);
        }
        rows.truncate(limit as usize);
        Ok(LogPage {
            lines: rows
                .into_iter()
                .map(|row| LogLine {
                    number: u64::try_from(row.number).unwrap_or(0),
                    at: Timestamp(row.at),
                    kind: domain::execution::LogKind::parse(&row.kind)
                        .unwrap_or(domain::execution::LogKind::Unknown),
                    module: row.module,
                    text: row.text,
                })
                .collect(),
            last: u64::try_from(run.last_log).unwrap_or(0),
            more,
            complete: run.ended.is_some(),
        })
    }

    /// Asks a run to stop and go back. Asking again while it stops is no error and changes
    /// nothing; the first reason counts.
    pub async fn abort_plan(
        &self,
        actor: &Actor,
        number: u64,
        reason: String,
    ) -> Result<(), AppError> {
        self.ask_to_stop(actor, number, &reason, Until::Over).await
    }

    /// Asks a run to stop, as long as it is not further than `until`.
    pub(crate) async fn ask_to_stop(
        &self,
        actor: &Actor,
        number: u64,
        reason: &str,
        until: Until,
    ) -> Result<(), AppError> {
        actor.require(Action::DeployApplications)?;
        let reason =
            parse_reason(reason).map_err(|error| AppError::invalid("reason", error.to_string()))?;
        let now = self.now();
        self.store
            .write(async |tx| {
                // Not while the engine writes a round, which would not know of this.
                executions::lock_plan_numbered(tx, as_stored(number)).await?;
                let plan = find_plan(tx, actor, number, self.now()).await?;
                let state = state_of(&plan.row);
                if matches!(state, PlanState::Aborting | PlanState::Aborted) {
                    return Ok(());
                }
                let next = pass(actor, &plan, PlanEvent::Abort)?;
                let run = executions::find_plan_run(tx, plan.row.id).await?;
                let run = store::or_missing(run, format!("The run of plan #{number}"))?;
                if until == Until::Switching {
                    let steps = executions::list_steps(tx, run.id).await?;
                    if has_begun_to_switch(&steps) {
                        return Err(AppError::conflict("switching", switching(&plan.title())));
                    }
                }
                let request = StopRequest {
                    at: now,
                    by: self.stored_person(tx, actor).await?,
                    reason: reason.clone(),
                };
                self.stop_run(tx, &plan, next, &request).await?;
                self.record(
                    tx,
                    Some(actor),
                    "plan_abort_requested",
                    object(&plan),
                    Entry::new().at(plan.content.target).because(reason),
                )
                .await
            })
            .await?;
        self.after_request(number);
        Ok(())
    }

    /// Stores where a plan stands that was seen like this.
    pub(crate) async fn set_status(
        &self,
        tx: &store::DatabaseTransaction,
        plan: &Plan,
        next: PlanState,
        mut change: plan::ActiveModel,
    ) -> Result<(), AppError> {
        if let Some(status) = next.status() {
            change.status = Set(status.as_str().to_owned());
        }
        change.intervention = Set(next.intervention().map(|reason| reason.as_str().to_owned()));
        store::plans::update_seen(tx, &plan.row, change)
            .await
            .map_err(|error| error.about(plan.title()))?;
        store::plans::refresh_search(tx, plan.row.id).await?;
        store::counters::raise(tx, store::counters::LANDSCAPE).await?;
        Ok(())
    }

    fn after_request(&self, number: u64) {
        self.wake_engine();
        self.topics()
            .bump([Topic::Run(number), Topic::Plan(number), Topic::Plans]);
    }
}

/// What a plan's target ran of these applications right before the plan switched anything, by number.
async fn numbers_before(
    connection: &impl ConnectionTrait,
    plan: &Plan,
    applications: &[Uuid],
) -> Result<Vec<(Uuid, String)>, AppError> {
    if plan.row.started.is_none() || applications.is_empty() {
        return Ok(Vec::new());
    }
    let replaced = replaces_since(connection, &plan.row).await?;
    let at = replaced.map_or(i64::MAX, |at| at - 1);
    let target = plan.row.target_id;
    let bases = store::history::bases_at(connection, target, applications, at).await?;
    let tags: Vec<Uuid> = bases.iter().map(|(_, tag)| *tag).collect();
    let tags = store::catalog::versions(connection, &tags).await?;
    let number = |id: Uuid| {
        let tag = tags.iter().find(|tag| tag.id == id)?;
        Some(tag.number.clone())
    };
    Ok(bases
        .into_iter()
        .filter_map(|(application, tag)| Some((application, number(tag)?)))
        .collect())
}

fn as_stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Why the plan's status does not know this event.
fn refused(plan: &Plan, event: PlanEvent) -> Option<String> {
    may(plan, event).err().map(|error| error.to_string())
}

/// Why a program cannot stop a run that a person still can.
fn switching(title: &str) -> String {
    format!(
        "{title} has begun to switch what its target runs, and programs abort only before that. Open it in the console: there it can be aborted still, and goes back step by step."
    )
}
