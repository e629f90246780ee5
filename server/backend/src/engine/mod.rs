//! The reconciler that walks runs. Woken by signal and by timer; holds a lease on each run it
//! walks; writes what it is about to do before an agent can see it, and every fact after; so it
//! may die between any two lines, and whoever goes on asks the agents instead of repeating.
//!
//! One round of a run: read what is new → [`walk`](walk::walk) decides in memory → one transaction
//! writes everything (lease checked in it) → topics are bumped.

mod create;
mod leases;
mod linked;
mod load;
mod narrate;
mod persist;
mod report;
mod rest;
mod round;
mod walk;

pub use create::{NewPlacement, NewRun, Removal, RunKind};
pub(crate) use linked::{Linked, linked};
pub(crate) use narrate::accepted as accepted_in_words;
pub(crate) use persist::state_of;
pub use report::RunEnd;

use crate::Backend;
use crate::events::{ENGINE, Topic};
use crate::kept;
use domain::AppError;
use domain::execution::{Outcome, Stage};
use futures::FutureExt;
use load::Loaded;
use rest::Rest;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::executions::Claim;
use tokio::sync::{Mutex, Notify, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Live topics of a run are bumped at most this often.
const BUMP_EVERY: Duration = Duration::from_millis(100);
/// How much later than it should an engine may come round before it counts as stuck.
const LATE: Duration = Duration::from_mins(1);

/// What can be chosen about the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineOptions {
    /// How long a lease lasts, in milliseconds of the database's clock.
    pub lease_ms: i64,
    /// After how many milliseconds it is renewed.
    pub renew_ms: u64,
    /// The longest pause between two rounds, in milliseconds: when nobody says that there is
    /// something new, it is looked for this often.
    pub idle_ms: u64,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            lease_ms: 15_000,
            renew_ms: 5_000,
            idle_ms: 5_000,
        }
    }
}

/// The engine's part of a [`Backend`].
#[derive(Debug)]
pub(crate) struct Engine {
    owner: String,
    options: EngineOptions,
    wake: Notify,
    /// Something may have become free that a plan in line waits for.
    free: Notify,
    /// Counts rounds that changed something, for who waits for a run's end.
    changed: watch::Sender<u64>,
    /// When it last came round, once it was started.
    last_round: std::sync::Mutex<Option<Instant>>,
    runs: Mutex<Runs>,
    /// Runs whose every round panics, in tests.
    #[cfg(feature = "testing")]
    trapped: std::sync::Mutex<BTreeSet<Uuid>>,
}

#[derive(Debug, Default)]
struct Runs {
    held: BTreeMap<Uuid, Held>,
    renewed: Option<Instant>,
    dirty: BTreeSet<Topic>,
    bumped: Option<Instant>,
}

/// A run whose lease is ours; not loaded after a failed round.
#[derive(Debug)]
struct Held {
    claim: Claim,
    loaded: Option<Loaded>,
    rest: Rest,
}

impl Engine {
    /// An engine that does nothing until [`Backend::run_engine`] is called.
    pub(crate) fn new(owner: Uuid, options: EngineOptions) -> Self {
        Self {
            owner: owner.to_string(),
            options,
            wake: Notify::new(),
            free: Notify::new(),
            changed: watch::Sender::new(0),
            last_round: std::sync::Mutex::default(),
            runs: Mutex::default(),
            #[cfg(feature = "testing")]
            trapped: std::sync::Mutex::default(),
        }
    }

    /// The longest pause between two rounds.
    const fn idle(&self) -> Duration {
        Duration::from_millis(self.options.idle_ms)
    }

    /// It came round.
    fn note_round(&self) {
        *self
            .last_round
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether it was started and has not come round for longer than it may.
    fn is_late(&self) -> bool {
        self.last_round
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .is_some_and(|last| last.elapsed() > self.idle() + LATE)
    }

    /// There may be something to walk.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
        self.free.notify_one();
    }

    /// An agent has said something: runs may go on, and nothing becomes free by that alone.
    fn wake_walk(&self) {
        self.wake.notify_one();
    }

    /// Plans that stand in line may go on.
    pub(crate) fn note_free(&self) {
        self.free.notify_one();
    }

    /// Something about a run has changed.
    pub(crate) fn note_change(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

#[cfg(feature = "testing")]
impl Engine {
    /// How many runs are ours.
    pub(crate) async fn held(&self) -> usize {
        self.runs.lock().await.held.len()
    }

    /// How it was made.
    pub(crate) const fn options(&self) -> EngineOptions {
        self.options
    }

    /// From now on every round of this run panics, or none does.
    pub(crate) fn trap(&self, run: Uuid, trapped: bool) {
        let mut runs = self
            .trapped
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if trapped {
            runs.insert(run);
        } else {
            runs.remove(&run);
        }
    }

    fn spring(&self, run: Uuid) {
        let trapped = self
            .trapped
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains(&run);
        assert!(!trapped, "the test made it panic");
    }
}

impl Backend {
    /// Tells the engine that there is something new: a run, a request, an agent that is back. To be
    /// called after the commit. The run may be held by another console process, so all of them are
    /// told.
    pub fn wake_engine(&self) {
        self.engine.wake();
        self.topics.tell(|| ENGINE.to_owned());
    }

    /// Tells the engine that an agent has reported about runs. To be called after the commit.
    pub(crate) fn wake_walk(&self) {
        self.engine.wake_walk();
        self.topics.tell(|| ENGINE.to_owned());
    }

    /// Whether plans make progress: false if the engine was started and does not come round.
    pub fn is_walking(&self) -> bool {
        !self.engine.is_late()
    }

    /// Walks runs until `stop`; then gives the leases back. One per process.
    pub async fn run_engine(self: Arc<Self>, stop: CancellationToken) {
        tracing::info!(owner = %self.engine.owner, "runs are walked by this process");
        let this = Arc::clone(&self);
        let relay = move |stop| Arc::clone(&this).relay_topics(stop);
        let relay = tokio::spawn(kept("the relay between consoles", stop.clone(), relay));
        let this = Arc::clone(&self);
        let tidy = move |stop| Arc::clone(&this).keep_tidy(stop);
        let tidy = tokio::spawn(kept("tidying up", stop.clone(), tidy));
        let this = Arc::clone(&self);
        let waiting = move |stop| Arc::clone(&this).serve_waiting(stop);
        let waiting = tokio::spawn(kept("plans that wait", stop.clone(), waiting));
        self.engine.note_round();
        while !stop.is_cancelled() {
            let pause = match self.walk_runs().await {
                Ok(pause) => {
                    self.engine.note_round();
                    pause
                }
                Err(error) => {
                    tracing::warn!(code = error.code(), "the engine could not read its runs");
                    Duration::from_secs(1)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.engine.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.release_runs().await;
        relay.abort();
        tidy.abort();
        waiting.abort();
    }

    /// Starts plans from their lines, and ends those whose prepared packages are over, until `stop`.
    async fn serve_waiting(self: Arc<Self>, stop: CancellationToken) {
        loop {
            for done in [self.serve_lines().await, self.sweep_prepared().await] {
                if let Err(error) = done {
                    tracing::warn!(code = error.code(), "plans that wait could not be read");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.engine.free.notified() => {}
                () = tokio::time::sleep(self.engine.idle()) => {}
            }
        }
    }

    /// One round of every run that is ours; answers how long nothing will happen by itself.
    pub async fn walk_runs(&self) -> Result<Duration, AppError> {
        let mut runs = self.engine.runs.lock().await;
        self.claim_runs(&mut runs).await?;
        self.renew_leases(&mut runs).await;
        let mut pause = self.engine.idle();
        for id in runs.held.keys().copied().collect::<Vec<_>>() {
            let resting = runs.held.get(&id);
            if let Some(left) = resting.and_then(|held| held.rest.left(self.now())) {
                pause = pause.min(left);
                continue;
            }
            // A fault of ours with one run must not cost the others theirs. What its round had in
            // memory is dropped with it, and its transaction is rolled back.
            let round = AssertUnwindSafe(self.walk_run(&mut runs, id)).catch_unwind();
            match round.await {
                Ok(Ok(Some(next))) => {
                    if let Some(held) = runs.held.get_mut(&id) {
                        held.rest.end();
                    }
                    pause = pause.min(next);
                }
                Ok(Ok(None)) => {
                    runs.held.remove(&id);
                }
                Ok(Err(error)) => {
                    tracing::warn!(run = %id, code = error.code(), "a round of a run failed; it is repeated");
                    pause = pause.min(self.let_rest(&mut runs, id));
                }
                Err(_) => {
                    tracing::error!(run = %id, "a round of a run was ended by a fault of ours; it is repeated");
                    pause = pause.min(self.let_rest(&mut runs, id));
                }
            }
        }
        Ok(pause.min(self.bump_dirty(&mut runs)))
    }

    /// Leaves a run alone for a while. Nothing of its round was stored: the next one begins from
    /// the database.
    fn let_rest(&self, runs: &mut Runs, id: Uuid) -> Duration {
        match runs.held.get_mut(&id) {
            Some(held) => {
                held.loaded = None;
                held.rest.begin(self.now())
            }
            None => self.engine.idle(),
        }
    }

    /// Bumps what changed, not more often than people can see; answers when to look again.
    fn bump_dirty(&self, runs: &mut Runs) -> Duration {
        let idle = self.engine.idle();
        if runs.dirty.is_empty() {
            return idle;
        }
        match runs.bumped.map(|at| at.elapsed()) {
            Some(since) if since < BUMP_EVERY => BUMP_EVERY.saturating_sub(since),
            _ => {
                runs.bumped = Some(Instant::now());
                self.topics().bump(std::mem::take(&mut runs.dirty));
                idle
            }
        }
    }
}

/// The stored name of where a run stands.
pub(crate) const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Forward => "forward",
        Stage::Prepared => "prepared",
        Stage::Suspended => "suspended",
        Stage::Back => "back",
        Stage::Ended(Outcome::Successful) => "successful",
        Stage::Ended(Outcome::WithWarnings) => "with_warnings",
        Stage::Ended(Outcome::WithErrors) => "with_errors",
        Stage::Ended(Outcome::Aborted) => "aborted",
    }
}

/// The stage with this stored name; an unknown one goes back, which harms nothing.
pub(crate) fn stage_from(name: &str) -> Stage {
    match name {
        "forward" => Stage::Forward,
        "prepared" => Stage::Prepared,
        "suspended" => Stage::Suspended,
        "successful" => Stage::Ended(Outcome::Successful),
        "with_warnings" => Stage::Ended(Outcome::WithWarnings),
        "with_errors" => Stage::Ended(Outcome::WithErrors),
        "aborted" => Stage::Ended(Outcome::Aborted),
        _ => Stage::Back,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_does_not_come_round_is_late() {
        let engine = Engine::new(Uuid::nil(), EngineOptions::default());
        // Not started: nobody waits for it.
        assert!(!engine.is_late());
        engine.note_round();
        assert!(!engine.is_late());
        let long_ago = engine.idle() + LATE + Duration::from_secs(1);
        if let Ok(mut last) = engine.last_round.lock() {
            *last = Instant::now().checked_sub(long_ago);
        }
        assert!(engine.is_late());
    }
}
