//! Starting a plan: checked on a snapshot outside any transaction; then one short transaction
//! verifies that nothing has changed since, makes the tags, freezes the content and makes the run.

use super::check::Checked;
use super::draft::object;
use super::{Plan, find_plan, guards, may, news};
use crate::Backend;
use crate::actor::Actor;
use crate::agents::link_state;
use crate::audit::Entry;
use crate::engine::{NewRun, RunKind};
use crate::events::Topic;
use domain::AppError;
use domain::access::Action;
use domain::impact::Severity;
use domain::name::{ParseReasonError, parse_reason};
use domain::plan::PlanEvent;
use domain::view::StartOutcome;
use store::entity::plans::plan as plan_row;
use store::{DatabaseTransaction, Set};
use uuid::Uuid;

/// How often a start is tried again when the landscape changed under it.
const TRIES: u32 = 8;

/// How one try ended.
pub(super) enum Try {
    Started,
    /// Something changed since the snapshot.
    Changed,
}

impl Backend {
    /// Starts a plan. A reason given continues with errors and is audited.
    pub async fn start_plan(
        &self,
        actor: &Actor,
        number: u64,
        revision: i64,
        override_reason: Option<String>,
    ) -> Result<StartOutcome, AppError> {
        actor.require(Action::DeployApplications)?;
        let reason = reason_from(override_reason.as_deref())?;
        let _turn = self.start_turn.lock().await;
        for _ in 0..TRIES {
            let plan = find_plan(self.store.read(), actor, number, self.now()).await?;
            may(&plan, PlanEvent::Start)?;
            plan.require_revision(revision)?;
            let checked = self.check(actor, &plan).await?;
            if !checked.report.may_run(reason.is_some()) {
                self.keep_report(&plan, &checked).await?;
                self.topics().bump([Topic::Plan(number)]);
                return Ok(StartOutcome::Refused(checked.report));
            }
            match self
                .try_start(actor, &plan, &checked, reason.as_deref(), false)
                .await?
            {
                Try::Changed => {}
                Try::Started => {
                    self.after_start(number);
                    return Ok(StartOutcome::Started);
                }
            }
        }
        Err(AppError::Unavailable {
            message: format!(
                "Applications or environments changed while plan #{number} was being checked. Nothing was started; press Deploy now again."
            ),
            retry_seconds: 2,
        })
    }

    /// After the commit of a start.
    pub(super) fn after_start(&self, number: u64) {
        self.wake_engine();
        self.topics().bump([
            Topic::Run(number),
            Topic::Plan(number),
            Topic::Plans,
            Topic::Environments,
            Topic::Applications,
        ]);
    }

    /// Starts a plan if nothing has changed since it was checked. `its_turn` tells that it is
    /// started from the line that it stood in.
    pub(super) async fn try_start(
        &self,
        actor: &Actor,
        plan: &Plan,
        checked: &Checked,
        reason: Option<&str>,
        its_turn: bool,
    ) -> Result<Try, AppError> {
        let now = self.now();
        let landscape = i64::try_from(checked.index.landscape().revision).unwrap_or(i64::MAX);
        let overridden = checked.report.count(Severity::Error) > 0;
        self.store
            .write(async |tx| {
                // Raised first: of two starts (and of anything else that changes what a check
                // sees) only one can have seen the number before.
                let raised = store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                if raised != landscape + 1 {
                    return Err(Stop::Changed);
                }
                let fresh = find_plan(tx, actor, u64::try_from(plan.row.number).unwrap_or(0), now)
                    .await
                    .map_err(Stop::Error)?;
                if fresh.row.revision != plan.row.revision || fresh.row.status != plan.row.status {
                    return Err(Stop::Error(AppError::Stale { what: plan.title() }));
                }
                // What is tagged is what somebody has seen, not what was published a moment ago.
                news::refuse_unseen(tx, &fresh, news::Refused::Started)
                    .await
                    .map_err(Stop::Error)?;
                self.freeze(tx, actor, &fresh, checked, reason, overridden, now)
                    .await
                    .map_err(Stop::Error)?;
                self.audit_start(tx, actor, &fresh, reason.filter(|_| overridden), its_turn)
                    .await
                    .map_err(Stop::Error)?;
                Ok(Try::Started)
            })
            .await
            .or_else(|stop| match stop {
                Stop::Changed => Ok(Try::Changed),
                Stop::Error(error) => Err(error),
            })
    }

    /// Everything that a start writes.
    #[allow(clippy::too_many_arguments)] // all of it is one fact: who starts what, checked how
    async fn freeze(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        checked: &Checked,
        reason: Option<&str>,
        overridden: bool,
        now: i64,
    ) -> Result<(), AppError> {
        let target = store::environments::find(tx, plan.content.target.0).await?;
        let target = store::or_missing(target, "The target environment")?;
        // An agent that falls silent changes no row, so it is looked for once more.
        let agent = store::executions::find_agent(tx, target.id).await?;
        let link = link_state(agent.as_ref(), now);
        let facts = guards::of_start(actor, &checked.report, reason.is_some(), link);
        let no_agent = link.no_agent(&target.name);
        let next = guards::pass_with(actor, plan, PlanEvent::Start, facts, no_agent.as_ref())?;
        if plan.row.status == "draft" {
            // A draft that is deployed at once is saved by that.
            self.require_alone(tx, plan, plan.content.target).await?;
        }
        self.require_settled(tx, plan).await?;
        let (operations, tags) = self.make_tags(tx, actor, plan).await?;
        // A tag may be above what the environments after the source run.
        let tagged: Vec<Uuid> = tags.keys().map(|application| application.0).collect();
        store::running::refresh_can_move(tx, Some(&tagged)).await?;
        let republish: Vec<Uuid> = plan.content.republish.iter().map(|id| id.0).collect();
        store::plans::replace_content(tx, plan.row.id, &operations, &republish).await?;
        self.store_report(tx, plan, checked, "start").await?;
        let brings = self.brings(tx, actor, plan, checked, &tags).await?;
        self.create_run(
            tx,
            NewRun {
                kind: RunKind::Plan(plan.row.id),
                environment: plan.content.target,
                name: plan.row.name.clone(),
                placements: brings.placements,
                removals: brings.removals,
                waves: brings.waves,
                edges: brings.edges,
                two_stage: target.two_stage,
                overridden,
                findings: &checked.report.findings,
                warnings: Vec::new(),
                actor: Some(actor),
            },
        )
        .await?;
        let person = self.stored_person(tx, actor).await?;
        let mut change = plan_row::ActiveModel {
            status: Set(next.status().map_or_else(
                || plan.row.status.clone(),
                |status| status.as_str().to_owned(),
            )),
            started: Set(Some(now)),
            started_by: Set(person),
            override_reason: Set(reason.filter(|_| overridden).map(str::to_owned)),
            ..Default::default()
        };
        self.save_along(tx, actor, plan, &mut change, now).await?;
        store::plans::update_seen(tx, &plan.row, change)
            .await
            .map_err(|error| error.about(plan.title()))?;
        store::line::leave(tx, plan.row.id).await?;
        store::plans::refresh_search(tx, plan.row.id).await?;
        Ok(())
    }

    async fn audit_start(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        reason: Option<&str>,
        its_turn: bool,
    ) -> Result<(), AppError> {
        let mut entry = Entry::new().at(plan.content.target).after(&plan.content);
        if let Some(reason) = reason {
            entry = entry.because(reason);
        }
        let action = if its_turn {
            "plan_started_from_line"
        } else {
            "plan_started"
        };
        self.record(tx, Some(actor), action, object(plan), entry)
            .await
    }
}

/// The reason to go on with errors, as it is kept; nothing typed is no reason given.
pub(crate) fn reason_from(typed: Option<&str>) -> Result<Option<String>, AppError> {
    match typed.map(parse_reason).transpose() {
        Err(ParseReasonError::Empty) => Ok(None),
        Err(error) => Err(AppError::invalid("reason", error.to_string())),
        Ok(reason) => Ok(reason),
    }
}

/// Why the transaction of a start is rolled back.
enum Stop {
    Changed,
    Error(AppError),
}

impl From<store::StoreError> for Stop {
    fn from(error: store::StoreError) -> Self {
        Self::Error(error.into())
    }
}
