//! How a publication goes, for who waits for it.

use crate::Backend;
use crate::actor::Actor;
use domain::AppError;
use domain::access::Action;
use domain::execution::{LogKind, Outcome, Stage};
use std::time::Duration;
use store::executions;
use store::executions::LogQuery;
use uuid::Uuid;

/// How long a reader of a publication's log waits for something new.
const LONG_POLL: Duration = Duration::from_secs(15);
/// How often such a reader looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// The most lines of one answer.
const MAX_LINES: u64 = 500;

/// How a publication goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationState {
    /// None while it runs; then whether it succeeded.
    pub succeeded: Option<bool>,
    /// Lines after the number asked for.
    pub lines: Vec<PublicationLine>,
    /// What went wrong, if it did.
    pub error: Option<String>,
}

/// A line of a publication's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationLine {
    /// From 1, without gaps.
    pub number: u64,
    /// `info`, `warning` or `error`.
    pub level: &'static str,
    /// What happened.
    pub text: String,
}

impl Backend {
    /// How a publication goes: answers as soon as there is something after line `after`, or after
    /// some seconds.
    pub async fn read_publication(
        &self,
        actor: &Actor,
        id: Uuid,
        after: u64,
    ) -> Result<PublicationState, AppError> {
        actor.require(Action::SeeLandscape)?;
        let query = LogQuery {
            after: i64::try_from(after).unwrap_or(i64::MAX),
            before: None,
            text: String::new(),
            kinds: Vec::new(),
            limit: MAX_LINES,
        };
        let end = tokio::time::Instant::now() + LONG_POLL;
        loop {
            let run = executions::find_run(self.store.read(), id)
                .await?
                .filter(|run| run.kind == "publication")
                .ok_or_else(|| AppError::not_found("This publication"))?;
            let over = run.ended.is_some();
            let lines: Vec<PublicationLine> = executions::list_log(self.store.read(), id, &query)
                .await?
                .into_iter()
                .map(|line| PublicationLine {
                    number: u64::try_from(line.number).unwrap_or(0),
                    level: level(&line.kind),
                    text: match line.module {
                        Some(module) => format!("{module}: {}", line.text),
                        None => line.text,
                    },
                })
                .collect();
            let more = lines.len() as u64 >= MAX_LINES;
            if over || !lines.is_empty() || tokio::time::Instant::now() >= end {
                let succeeded = (over && !more).then(|| {
                    matches!(
                        crate::engine::stage_from(&run.stage),
                        Stage::Ended(Outcome::Successful | Outcome::WithWarnings)
                    )
                });
                return Ok(PublicationState {
                    succeeded,
                    error: (succeeded == Some(false))
                        .then(|| run.outcome.unwrap_or_else(|| "It was stopped.".to_owned())),
                    lines,
                });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// A kind of log line as callers of the API know it.
fn level(kind: &str) -> &'static str {
    if kind == LogKind::Warning.as_str() || kind == LogKind::AcceptableError.as_str() {
        "warning"
    } else if [LogKind::Error, LogKind::PublishStop, LogKind::StageAborted]
        .iter()
        .any(|error| error.as_str() == kind)
    {
        "error"
    } else {
        "info"
    }
}
