//! The console's orders: taken at least once, done at most once, for each module in the order of
//! their numbers. Each attempt's outcome is kept; whoever asks again is told it. An epoch below the
//! highest seen for a run is refused, because it comes from a console process that has lost the run;
//! and so is what would go forward in a run that goes back or is over, however late it comes.

mod prepare;
mod refuse;
mod settings;
mod slots;
mod sweep;
mod switch;
mod turns;

use crate::clock::now_ms;
use crate::error::{DISK_FULL, Failure};
use crate::host::Host;
use crate::journal::Journal;
use crate::link::console::Console;
use crate::secrets::Secrets;
use crate::state::{Outcome, Record};
use crate::store::{Store, Syncer};
use protocol::{Command, Event, EventKind, Order};
use slots::Slots;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
pub(crate) use sweep::Kept;
use sweep::Making;
use tokio::sync::{Mutex as AsyncMutex, Notify, RwLock as AsyncRwLock};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use turns::Turns;
use uuid::Uuid;

/// Bundles fetched, and modules staged, at the same time.
const DISK_WORK: usize = 8;
/// Services started at the same time.
const STARTS: usize = 8;

/// Takes commands and carries them out.
pub(crate) struct Orders {
    pub(crate) journal: Journal,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) host: Arc<Host>,
    pub(crate) store: Store,
    pub(crate) releases: PathBuf,
    pub(crate) bundles: PathBuf,
    pub(crate) current: PathBuf,
    pub(crate) console: Option<Console>,
    pub(crate) sync: Syncer,
    /// Commands under way; they end where they are when `stop` is cancelled, as in a crash.
    tasks: TaskTracker,
    stop: CancellationToken,
    commands: Mutex<Commands>,
    turns: Turns,
    /// One order at a time per module.
    modules: Mutex<BTreeMap<Uuid, Arc<AsyncMutex<()>>>>,
    disk_work: Slots,
    starts: Slots,
    /// Read by whoever makes or uses folders that no record names yet; written by clean-up.
    folders: AsyncRwLock<()>,
    /// What is made already and named by no record yet.
    making: Making,
    /// A run is over: there may be something to sweep away, once it is quiet for `tidy_after`.
    untidy: Notify,
    tidy_after: Duration,
}

/// Commands that were received.
#[derive(Default)]
struct Commands {
    /// Attempts under way.
    attempts: BTreeSet<Uuid>,
    /// Numbers that are not finished with.
    open: BTreeSet<u64>,
    highest: u64,
}

impl Commands {
    /// The number up to which everything is finished with.
    fn done(&self) -> u64 {
        self.open.first().map_or(self.highest, |first| first - 1)
    }
}

/// What an [`Orders`] is made of.
pub(crate) struct OrdersParts {
    pub(crate) folder: crate::config::Folder,
    pub(crate) journal: Journal,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) host: Arc<Host>,
    pub(crate) store: Store,
    pub(crate) console: Option<Console>,
    pub(crate) sync: Syncer,
    pub(crate) tidy_after: Duration,
}

impl Orders {
    pub(crate) fn new(parts: OrdersParts) -> Self {
        let highest = parts.journal.state().last_command;
        Self {
            releases: parts.folder.releases(),
            bundles: parts.folder.bundles(),
            current: parts.folder.current(),
            journal: parts.journal,
            secrets: parts.secrets,
            host: parts.host,
            store: parts.store,
            console: parts.console,
            sync: parts.sync,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            commands: Mutex::new(Commands {
                highest,
                ..Commands::default()
            }),
            turns: Turns::default(),
            modules: Mutex::default(),
            disk_work: Slots::new(DISK_WORK),
            starts: Slots::new(STARTS),
            folders: AsyncRwLock::default(),
            making: Making::default(),
            untidy: Notify::new(),
            tidy_after: parts.tidy_after,
        }
    }

    /// Takes a command and returns at once; to be called in the order of their numbers. One that is
    /// under way is not begun again.
    pub(crate) fn take(this: &Arc<Self>, command: Command) {
        {
            let mut commands = this.commands();
            if !commands.attempts.insert(command.attempt) {
                // Whoever asks is told that it is under way, so that they need not give it up.
                let begun = event(command.attempt, command.epoch, EventKind::Begun);
                this.journal.note(vec![begun]);
                return;
            }
            commands.highest = commands.highest.max(command.number);
            commands.open.insert(command.number);
        }
        let turn = this.turns.queue(command.run, &command.order);
        let orders = Arc::clone(this);
        this.tasks.spawn(async move {
            let done = async {
                turn.come().await;
                orders.carry_out(&command).await;
            };
            tokio::select! {
                () = orders.stop.cancelled() => {}
                () = done => {}
            }
            // Only now may the next ones go on.
            drop(turn);
        });
    }

    /// Drops what is under way and waits until nothing of it writes any more.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        // The journal keeps its order: what was noted before is on the disk after this.
        if let Err(error) = self.journal.write(Vec::new()).await {
            tracing::warn!(%error, "the journal could not be finished");
        }
    }

    /// A command that this version cannot read: refused once and for good, so that the step fails
    /// with words that help. `number` is the one that the stream gave it.
    pub(crate) fn not_understood(this: &Arc<Self>, number: Option<u64>, data: &str) {
        let said = serde_json::from_str::<serde_json::Value>(data).unwrap_or_default();
        let attempt = said["attempt"]
            .as_str()
            .and_then(|a| Uuid::try_parse(a).ok());
        let number = number.or_else(|| said["number"].as_u64());
        let epoch = said["epoch"].as_u64().unwrap_or(0);
        {
            let mut commands = this.commands();
            if attempt.is_some_and(|attempt| !commands.attempts.insert(attempt)) {
                return;
            }
            if let Some(number) = number {
                commands.highest = commands.highest.max(number);
                commands.open.insert(number);
            }
        }
        let orders = Arc::clone(this);
        this.tasks.spawn(async move {
            let refusal = EventKind::Failed {
                code: "not_understood".to_owned(),
                message: "This agent does not understand what the console asks of it: the two \
                          versions do not go together. Upgrade the agent, then deploy again."
                    .to_owned(),
                retry: false,
            };
            let records = match attempt {
                Some(attempt) => {
                    let known = orders.journal.state().attempts.get(&attempt).cloned();
                    let what = known.map_or(refusal, |outcome| outcome.what);
                    outcome_of(attempt, epoch, what)
                }
                // It does not even say what it is an attempt of: nobody can be told, and the
                // console gives it up in time. It is not asked for again.
                None => Vec::new(),
            };
            tokio::select! {
                () = orders.stop.cancelled() => {}
                () = orders.conclude(number, attempt, records) => {}
            }
        });
    }

    fn commands(&self) -> std::sync::MutexGuard<'_, Commands> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn carry_out(&self, command: &Command) {
        let known = self.journal.state().attempts.get(&command.attempt).cloned();
        if let Some(outcome) = known {
            self.finish(command, Vec::new(), outcome.what).await;
            return;
        }
        let allowed = self.still_current(command);
        if let Err(failure) = allowed.and_then(|()| self.still_wanted(command)) {
            self.finish(command, Vec::new(), failed(failure)).await;
            return;
        }
        // That it was begun is said when somebody asks: a run of many modules would post a second
        // word about each, and wait for it.
        self.journal.note(vec![Record::Heard {
            run: command.run,
            epoch: command.epoch,
            at_ms: now_ms(),
        }]);
        let outcome: Result<Done, Failure> = match &command.order {
            Order::Fetch { digest, size } => self.fetch(command, digest, *size).await,
            Order::Stage(placement) => self.stage(command, placement).await,
            Order::Activate { module, leaving } => self
                .activate(command, *module, leaving)
                .await
                .map(Done::from),
            Order::Remove { module } => self.remove(command, *module).await.map(Done::from),
            Order::SwitchBack { module } => {
                self.switch_back(command, *module).await.map(Done::from)
            }
            Order::Settings {
                module,
                module_version,
                settings,
                secret_settings,
            } => self
                .set(
                    command,
                    (*module, *module_version),
                    settings,
                    secret_settings,
                )
                .await
                .map(Done::from),
            Order::CleanUp => self.clean_up(command).map(Done::from),
            Order::Report => self.report(command).await.map(Done::from),
        };
        match outcome {
            Ok(done) => {
                self.finish(command, done.records, EventKind::Succeeded)
                    .await;
                // From here on the records name it.
                drop(done.kept);
                if command.order == Order::CleanUp {
                    self.note_untidy();
                }
            }
            Err(failure) => {
                tracing::warn!(code = failure.code, message = %failure.message, "an order failed");
                if failure.code == DISK_FULL {
                    // What nobody needs any more may be all the room that the next try needs.
                    self.sweep().await;
                }
                self.finish(command, Vec::new(), failed(failure)).await;
            }
        }
    }

    /// Records what became of an attempt, with what it changed, in one entry.
    async fn finish(&self, command: &Command, mut records: Vec<Record>, what: EventKind) {
        records.extend(outcome_of(command.attempt, command.epoch, what));
        self.conclude(Some(command.number), Some(command.attempt), records)
            .await;
    }

    /// Writes what is left to be said about a command, and that its number is finished with.
    async fn conclude(&self, number: Option<u64>, attempt: Option<Uuid>, mut records: Vec<Record>) {
        let done = {
            let mut commands = self.commands();
            if let Some(number) = number {
                commands.open.remove(&number);
            }
            commands.done()
        };
        records.push(Record::Done { number: done });
        // A full disk must not lose what became of an attempt: the console would wait in vain.
        while let Err(error) = self.journal.write(records.clone()).await {
            tracing::error!(%error, "the agent's journal cannot be written; it is tried again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        if let Some(attempt) = attempt {
            self.commands().attempts.remove(&attempt);
        }
    }

    fn log(&self, command: &Command, level: &str, text: String) {
        self.journal.note(vec![event(
            command.attempt,
            command.epoch,
            EventKind::Log {
                level: level.to_owned(),
                text,
            },
        )]);
    }

    /// Ends work that takes longer than the console allows. Only for work that may be dropped. The
    /// clock begins here: waiting for room is not the work's fault.
    async fn limited<T>(
        command: &Command,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        Self::within(Duration::from_millis(command.time_limit_ms), work).await
    }

    async fn within<T>(
        limit: Duration,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(limit, work).await {
            Ok(result) => result,
            Err(_) => Err(Failure::passing(
                "time_limit",
                format!(
                    "The step took longer than its {} s and was given up; nothing of it was kept. \
                     Try again, or see what keeps the agent's machine busy.",
                    limit.as_secs()
                ),
            )),
        }
    }

    pub(crate) async fn module_turn(&self, module: Uuid) -> tokio::sync::OwnedMutexGuard<()> {
        let lock = {
            let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
            modules.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(modules.entry(module).or_default())
        };
        lock.lock_owned().await
    }
}

/// What an order that went well leaves.
struct Done {
    records: Vec<Record>,
    /// Held until the records are written.
    kept: Option<Kept>,
}

impl From<Vec<Record>> for Done {
    fn from(records: Vec<Record>) -> Self {
        Self {
            records,
            kept: None,
        }
    }
}

/// An attempt is over: for the journal, and for the console.
fn outcome_of(attempt: Uuid, epoch: u64, what: EventKind) -> Vec<Record> {
    vec![
        Record::Finished {
            attempt,
            outcome: Outcome {
                at_ms: now_ms(),
                what: what.clone(),
            },
        },
        event(attempt, epoch, what),
    ]
}

fn event(attempt: Uuid, epoch: u64, what: EventKind) -> Record {
    Record::Event {
        event: Event {
            number: 0, // given by the journal
            attempt,
            epoch,
            at_ms: now_ms(),
            what,
        },
    }
}

fn failed(failure: Failure) -> EventKind {
    EventKind::Failed {
        code: failure.code.to_owned(),
        message: failure.message,
        retry: failure.retry,
    }
}
