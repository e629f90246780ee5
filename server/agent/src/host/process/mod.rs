//! Services: processes that are started on a port of their own, asked for their health, started
//! again when they end or do not answer any more, and stopped with their whole process group.

mod command;
mod leftovers;
mod supervisor;

pub(crate) use command::resolve;
pub(crate) use leftovers::end_leftovers;

use super::log::ServiceLog;
use super::proxy::Upstream;
use crate::config::ServiceLimits;
use crate::error::Failure;
use crate::secrets::Secrets;
use seal::Sealed;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use supervisor::Supervisor;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// How much of the output a failure quotes.
const QUOTED_LINES: usize = 8;

/// What to run.
#[derive(Clone)]
pub(crate) struct Program {
    /// The module's name, for messages.
    pub(crate) name: String,
    /// Program and arguments, resolved.
    pub(crate) command: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) module: Uuid,
    /// Its secret site properties; opened for each start, and only for that.
    pub(crate) sealed: BTreeMap<String, Sealed>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) health: String,
    pub(crate) start_limit: Duration,
    pub(crate) log_folder: PathBuf,
    /// Where a file marks each process that runs.
    pub(crate) marks: PathBuf,
    /// What is taken off requests' paths.
    pub(crate) url_path: String,
    pub(crate) limits: ServiceLimits,
}

/// How a service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// Started, not yet healthy.
    Starting,
    /// Answers.
    Up,
    /// Ended or not answering.
    Down,
    /// It cannot be started, because its secret values cannot be opened.
    Locked,
}

/// A supervised service. Dropping it stops it.
pub(crate) struct Service {
    program: Program,
    health: watch::Receiver<Health>,
    upstream: Arc<RwLock<Option<Arc<Upstream>>>>,
    /// Why the last start failed.
    trouble: Arc<RwLock<Option<String>>>,
    log: ServiceLog,
    stop: CancellationToken,
    ended: watch::Receiver<bool>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Service {
    /// Starts it and keeps it running. Its supervision is a task of `tracker`.
    pub(crate) fn start(
        program: Program,
        client: reqwest::Client,
        tracker: &TaskTracker,
    ) -> Result<Self, Failure> {
        let log = ServiceLog::open(&program.log_folder)
            .map_err(|e| Failure::disk("opening a service's log", &e))?;
        let (health_sender, health) = watch::channel(Health::Starting);
        let (ended_sender, ended) = watch::channel(false);
        let stop = CancellationToken::new();
        let supervisor = Supervisor {
            program: program.clone(),
            client,
            health: health_sender,
            upstream: Arc::default(),
            trouble: Arc::default(),
            log: log.clone(),
            stop: stop.clone(),
        };
        let service = Self {
            program,
            health,
            upstream: Arc::clone(&supervisor.upstream),
            trouble: Arc::clone(&supervisor.trouble),
            log,
            stop,
            ended,
        };
        tracker.spawn(async move {
            supervisor.supervise().await;
            let _ = ended_sender.send(true);
        });
        Ok(service)
    }

    pub(crate) fn health(&self) -> Health {
        *self.health.borrow()
    }

    /// For whoever wants to know of changes.
    pub(crate) fn watch(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Where requests go while it is up.
    pub(crate) fn upstream(&self) -> Option<Arc<Upstream>> {
        self.upstream
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until it is up for the first time. A process that ends or is not healthy within its
    /// time is a failure that quotes its last lines; the caller drops the service then.
    pub(crate) async fn first_up(&self) -> Result<(), Failure> {
        let mut health = self.health.clone();
        let limit = self.program.start_limit + Duration::from_secs(1);
        let reached = timeout(limit, health.wait_for(|h| *h != Health::Starting)).await;
        if let Ok(Ok(health)) = &reached
            && **health == Health::Up
        {
            return Ok(());
        }
        drop(reached);
        let trouble = self
            .trouble
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .unwrap_or_else(|| {
                format!(
                    "it was not healthy after {} s",
                    self.program.start_limit.as_secs()
                )
            });
        let lines = self.log.last_lines(QUOTED_LINES);
        let said = if lines.is_empty() {
            "It printed nothing.".to_owned()
        } else {
            format!("Its last lines: {}", lines.join(" | "))
        };
        Err(Failure::lasting(
            "unhealthy",
            format!(
                "\"{}\" did not come up: {trouble}. {said} What ran before still runs. Correct \
                 the module and publish it again; the whole log is in {}.",
                self.program.name,
                self.program.log_folder.display()
            ),
        ))
    }

    /// Lets requests in flight finish for a while, then stops it. Returns when it has ended.
    pub(crate) async fn retire(&self, drain: Duration) {
        if let Some(upstream) = self.upstream() {
            upstream.drained(drain).await;
        }
        self.stop.cancel();
        let mut ended = self.ended.clone();
        let _ = ended.wait_for(|ended| *ended).await;
    }
}
