//! What agents report about attempts, and who waits for a run to end.

use super::{stage_from, walk::GRACE};
use crate::Backend;
use domain::execution::{LogKind, Outcome, Stage};
use domain::{AppError, EnvironmentId};
use protocol::{Event, EventKind};
use std::collections::BTreeMap;
use std::time::Duration;
use store::DatabaseTransaction;
use store::executions::{self, AgentResult, NewLine, Patience};
use uuid::Uuid;

/// An agent that says it works on an attempt is waited for, but not for ever.
const PATIENCE: Patience = Patience {
    grace: GRACE,
    longest: 6 * 3_600_000,
};

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// In which way.
    pub outcome: Outcome,
    /// In words.
    pub text: String,
}

impl Backend {
    /// Takes events of the agent of `environment` about attempts. Unknown attempts and attempts of
    /// other environments are passed over; a result counts once. After the commit
    /// [`Backend::wake_walk`] is to be called.
    pub(crate) async fn record_attempt_events(
        &self,
        tx: &DatabaseTransaction,
        environment: EnvironmentId,
        events: &[Event],
    ) -> Result<(), AppError> {
        let ids: Vec<Uuid> = events.iter().map(|event| event.attempt).collect();
        let known = executions::list_reported(tx, environment.0, &ids).await?;
        let now = self.now();
        let mut lines: BTreeMap<Uuid, Vec<NewLine>> = BTreeMap::new();
        let mut succeeded = Vec::new();
        let mut under_way = Vec::new();
        for event in events {
            let Some(about) = known.get(&event.attempt) else {
                continue;
            };
            match &event.what {
                EventKind::Begun => under_way.push(event.attempt),
                EventKind::Log { level, text } => {
                    lines.entry(about.run).or_default().push(NewLine {
                        at: now,
                        kind: match level.as_str() {
                            "warning" => LogKind::Warning,
                            "error" => LogKind::Error,
                            _ => LogKind::Info,
                        }
                        .as_str(),
                        module: about.module.clone(),
                        text: text.clone(),
                    });
                }
                EventKind::Succeeded => succeeded.push(event.attempt),
                EventKind::Failed {
                    code,
                    message,
                    retry,
                } => {
                    let result = AgentResult::Failed {
                        code: code.clone(),
                        message: message.clone(),
                        retry: *retry,
                    };
                    executions::record_result(tx, event.attempt, &result, now).await?;
                }
            }
        }
        executions::mark_under_way(tx, &under_way, now, PATIENCE).await?;
        executions::record_successes(tx, &succeeded, now).await?;
        for (run, lines) in lines {
            executions::append_log(tx, run, lines).await?;
        }
        Ok(())
    }

    /// An inventory answered this `Report` attempt: the run that asked may go on.
    pub(crate) async fn record_report_answer(
        &self,
        tx: &DatabaseTransaction,
        environment: EnvironmentId,
        attempt: Uuid,
    ) -> Result<(), AppError> {
        let known = executions::list_reported(tx, environment.0, &[attempt]).await?;
        if known.contains_key(&attempt) {
            executions::record_result(tx, attempt, &AgentResult::Succeeded, self.now()).await?;
        }
        Ok(())
    }

    /// Waits until a run is over.
    pub async fn wait_run(&self, run: Uuid) -> Result<RunEnd, AppError> {
        let mut changed = self.engine.changed.subscribe();
        loop {
            let row = executions::find_run(self.store.read(), run)
                .await?
                .ok_or_else(|| AppError::not_found("The run"))?;
            if let Stage::Ended(outcome) = stage_from(&row.stage) {
                return Ok(RunEnd {
                    outcome,
                    text: row.outcome.unwrap_or_default(),
                });
            }
            // Another process may walk the run: then the timer finds its end.
            let _ = tokio::time::timeout(Duration::from_secs(1), changed.changed()).await;
        }
    }
}
