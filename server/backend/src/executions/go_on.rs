//! *Continue deployment*: what was prepared, days ago perhaps, meets its target as it is now.

use super::as_stored;
use crate::Backend;
use crate::actor::Actor;
use crate::audit::Entry;
use crate::engine::{accepted_in_words, state_of};
use crate::plans::{Plan, fault, find_plan, note_what_runs, object, pass_on, reason_from};
use crate::stop::has_begun_to_switch;
use crate::supplied::WAITS;
use domain::AppError;
use domain::access::Action;
use domain::execution::LogKind;
use domain::impact::{Finding, FindingCode, Report, Severity};
use domain::plan::PlanState;
use domain::view::ContinueOutcome;
use std::collections::{BTreeMap, BTreeSet};
use store::entity::plans::{plan, run};
use store::executions::{self, NewLine};
use store::{ConnectionTrait, DatabaseTransaction, Set, counters};
use uuid::Uuid;

/// How often it is tried again when the landscape changed under it.
const TRIES: u32 = 8;

/// What was found about a switch that is still to come, and on which landscape.
struct Seen {
    landscape: i64,
    report: Report,
}

impl Backend {
    /// Goes on after a pause. As long as nothing is switched, what the plan brings is checked once
    /// more against the target as it is now: what was not known at the start refuses it, or is gone
    /// on with for a reason, as at a start. Of two who press it, one lets it go on and both are told
    /// so.
    pub async fn continue_plan(
        &self,
        actor: &Actor,
        number: u64,
        override_reason: Option<String>,
    ) -> Result<ContinueOutcome, AppError> {
        actor.require(Action::DeployApplications)?;
        let reason = reason_from(override_reason.as_deref())?;
        for _ in 0..TRIES {
            let seen = Box::pin(self.look_at_target(actor, number)).await?;
            let found = seen.as_ref().map(|seen| &seen.report);
            if found.is_some_and(|report| !report.may_run(reason.is_some())) {
                let report = found.cloned().unwrap_or_default();
                return Ok(ContinueOutcome::Refused(report));
            }
            if self
                .try_continue(actor, number, seen.as_ref(), reason.as_deref())
                .await?
            {
                self.after_request(number);
                return Ok(ContinueOutcome::Continued);
            }
        }
        Err(AppError::Unavailable {
            message: format!(
                "Applications or environments changed while plan #{number} was being checked. It waits as before; press Continue deployment again."
            ),
            retry_seconds: 2,
        })
    }

    /// Checks a paused plan whose switch is still to come; none for any other.
    async fn look_at_target(&self, actor: &Actor, number: u64) -> Result<Option<Seen>, AppError> {
        let connection = self.store.read();
        let plan = find_plan(connection, actor, number, self.now()).await?;
        // What keeps it in a maintenance is another matter.
        if !matches!(state_of(&plan.row), PlanState::Paused(_)) || plan.maintenance.is_some() {
            return Ok(None);
        }
        let Some(run) = executions::find_plan_run(connection, plan.row.id).await? else {
            return Ok(None);
        };
        if has_begun_to_switch(&executions::list_steps(connection, run.id).await?) {
            return Ok(None);
        }
        let checked = self.check(actor, &plan).await?;
        let known = match store::plans::find_report(connection, plan.row.id, "start").await? {
            Some(kept) => {
                serde_json::from_str(&kept.report).map_err(|error| fault("report", &error))?
            }
            None => Report::default(),
        };
        let as_staged = is_as_staged(connection, &plan).await?;
        let concerns = |finding: &Finding| {
            let is_wrong =
                finding.severity == Severity::Error || finding.code == FindingCode::ChangedOutside;
            is_wrong
                && finding.code.is_about_switch()
                && (as_staged || !finding.code.is_about_content())
                && !known.findings.iter().any(|one| one.is_about_same(finding))
        };
        let findings = checked.report.findings.iter().filter(|one| concerns(one));
        let report = Report {
            // Nobody has seen it yet, so it is more than a warning.
            findings: findings
                .cloned()
                .map(|finding| Finding {
                    severity: Severity::Error,
                    ..finding
                })
                .collect(),
            ..Report::default()
        };
        let landscape = checked.index.landscape().revision;
        Ok(Some(Seen {
            landscape: i64::try_from(landscape).unwrap_or(i64::MAX),
            report,
        }))
    }

    /// Lets it go on; false if the landscape is not the one that was looked at any more.
    async fn try_continue(
        &self,
        actor: &Actor,
        number: u64,
        seen: Option<&Seen>,
        reason: Option<&str>,
    ) -> Result<bool, AppError> {
        let now = self.now();
        self.store
            .write(async |tx| {
                // Not while the engine writes a round, which would not know of this.
                executions::lock_plan_numbered(tx, as_stored(number)).await?;
                let plan = find_plan(tx, actor, number, self.now()).await?;
                let run = executions::find_plan_run(tx, plan.row.id).await?;
                let run = store::or_missing(run, format!("The run of plan #{number}"))?;
                let state = state_of(&plan.row);
                if state == PlanState::Running && run.continue_requested.is_some() {
                    return Ok(true);
                }
                let no_agent = self.no_agent_of(tx, &plan).await?;
                let next = pass_on(actor, &plan, no_agent.as_ref())?;
                if let Some(seen) = seen
                    && counters::value(tx, counters::LANDSCAPE).await? != seen.landscape
                {
                    return Ok(false);
                }
                self.take_prepared(tx, &plan).await?;
                if state == WAITS {
                    self.take_values(tx, &plan).await?;
                }
                if seen.is_some() {
                    note_what_runs(tx, &plan.row).await?;
                }
                let mut stamps = plan::ActiveModel {
                    continued: Set(Some(now)),
                    continued_by: Set(self.stored_person(tx, actor).await?),
                    ..Default::default()
                };
                crate::pause::end(&plan.row, &mut stamps, now);
                self.set_status(tx, &plan, next, stamps).await?;
                executions::update_run(
                    tx,
                    run.id,
                    run::ActiveModel {
                        continue_requested: Set(Some(now)),
                        ..Default::default()
                    },
                )
                .await?;
                let mut entry = Entry::new().at(plan.content.target);
                let accepted = seen.map_or(&[][..], |seen| &seen.report.findings);
                if let Some(reason) = reason.filter(|_| !accepted.is_empty()) {
                    self.log_accepted(tx, run.id, accepted).await?;
                    let said = format!("{} lets it go on all the same: {reason}", actor.name);
                    self.log(tx, run.id, LogKind::AcceptableError, said).await?;
                    entry = entry.because(reason);
                }
                self.record(tx, Some(actor), "plan_continued", object(&plan), entry)
                    .await?;
                Ok(true)
            })
            .await
    }

    async fn log_accepted(
        &self,
        tx: &DatabaseTransaction,
        run: Uuid,
        accepted: &[Finding],
    ) -> Result<(), AppError> {
        let lines = accepted.iter().map(|finding| NewLine {
            at: self.now(),
            kind: LogKind::AcceptableError.as_str(),
            module: finding.consumer.as_ref().map(|one| one.name.to_string()),
            text: accepted_in_words(finding),
        });
        executions::append_log(tx, run, lines.collect()).await?;
        Ok(())
    }
}

/// Whether the source still runs what is staged of the single modules that a plan brings: the check
/// takes them as they are there now. Of tags it takes what is in them.
async fn is_as_staged(connection: &impl ConnectionTrait, plan: &Plan) -> Result<bool, AppError> {
    let custom = plan.operations.iter();
    let custom = custom.filter(|row| row.choice == "deploy_custom");
    let custom: BTreeSet<Uuid> = custom.map(|row| row.application_id).collect();
    if custom.is_empty() {
        return Ok(true);
    }
    let ids: Vec<Uuid> = custom.iter().copied().collect();
    let source = plan.content.source.0;
    let there = store::plans::list_running_modules(connection, source, &ids).await?;
    let there: BTreeMap<Uuid, Uuid> = there
        .into_iter()
        .map(|row| (row.module, row.version))
        .collect();
    // A plan's run has the plan's id.
    let staged = executions::list_run_modules(connection, plan.row.id).await?;
    let mut staged = staged
        .iter()
        .filter(|row| custom.contains(&row.application_id));
    Ok(staged.all(|row| there.get(&row.module_id).copied() == row.module_version_id))
}
