//! The console's orders: taken at least once, done at most once. Each attempt's outcome is kept;
//! whoever asks again is told it. An epoch below the highest seen for a run is refused, because it
//! comes from a console process that has lost the run.

use crate::clock::now_ms;
use crate::error::Failure;
use crate::host::{Host, Mounted};
use crate::inventory;
use crate::journal::Journal;
use crate::link::console::Console;
use crate::publish::{StageWork, stage};
use crate::state::{Outcome, Record, Release};
use crate::store::{Store, Syncer};
use protocol::{Command, Event, EventKind, Order, Placement};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, RwLock as AsyncRwLock, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// Bundles fetched, and modules staged, at the same time.
const DISK_WORK: usize = 8;
/// Services started at the same time.
const STARTS: usize = 8;
/// A bundle is asked for this often within one attempt.
const FETCH_TRIES: u32 = 3;

/// Takes commands and carries them out.
pub(crate) struct Orders {
    pub(crate) journal: Journal,
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
    /// One order at a time per module.
    modules: Mutex<BTreeMap<Uuid, Arc<AsyncMutex<()>>>>,
    disk_work: Semaphore,
    starts: Semaphore,
    /// Read by whoever makes or uses folders that no record names yet; written by clean-up.
    folders: AsyncRwLock<()>,
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
    pub(crate) host: Arc<Host>,
    pub(crate) store: Store,
    pub(crate) console: Option<Console>,
    pub(crate) sync: Syncer,
}

impl Orders {
    pub(crate) fn new(parts: OrdersParts) -> Self {
        let highest = parts.journal.state().last_command;
        Self {
            releases: parts.folder.releases(),
            bundles: parts.folder.bundles(),
            current: parts.folder.current(),
            journal: parts.journal,
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
            modules: Mutex::default(),
            disk_work: Semaphore::new(DISK_WORK),
            starts: Semaphore::new(STARTS),
            folders: AsyncRwLock::default(),
        }
    }

    /// Takes a command and returns at once. One that is under way is not begun again.
    pub(crate) fn take(this: &Arc<Self>, command: Command) {
        {
            let mut commands = this.commands();
            if !commands.attempts.insert(command.attempt) {
                return;
            }
            commands.highest = commands.highest.max(command.number);
            commands.open.insert(command.number);
        }
        let orders = Arc::clone(this);
        this.tasks.spawn(async move {
            tokio::select! {
                () = orders.stop.cancelled() => {}
                () = orders.carry_out(&command) => {}
            }
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

    /// A command that this version cannot read: whoever sent it is told, if it says enough.
    pub(crate) fn not_understood(&self, data: &str) {
        let Ok(command) = serde_json::from_str::<serde_json::Value>(data) else {
            return;
        };
        let attempt = command["attempt"]
            .as_str()
            .and_then(|a| Uuid::try_parse(a).ok());
        let (Some(attempt), Some(epoch)) = (attempt, command["epoch"].as_u64()) else {
            return;
        };
        self.journal.note(vec![event(
            attempt,
            epoch,
            EventKind::Failed {
                code: "not_understood".to_owned(),
                message: "This agent is too old for what the console asks. Upgrade the agent, then try again."
                    .to_owned(),
                retry: false,
            },
        )]);
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
        let highest = self
            .journal
            .state()
            .runs
            .get(&command.run)
            .map_or(0, |r| r.epoch);
        if command.epoch < highest {
            let failure = stale(command.epoch, highest);
            self.finish(command, Vec::new(), failed(failure)).await;
            return;
        }
        self.journal.note(vec![
            Record::Heard {
                run: command.run,
                epoch: command.epoch,
                at_ms: now_ms(),
            },
            event(command.attempt, command.epoch, EventKind::Begun),
        ]);
        let outcome = match &command.order {
            Order::Fetch { digest, size } => self.fetch(command, digest, *size).await,
            Order::Stage(placement) => self.stage(command, placement).await,
            Order::Activate { module } => self.activate(command, *module).await,
            Order::Remove { module } => self.remove(command, *module).await,
            Order::SwitchBack { module } => self.switch_back(command, *module).await,
            Order::CleanUp => self.clean_up(command).await,
            Order::Report => self.report(command).await,
        };
        match outcome {
            Ok(records) => self.finish(command, records, EventKind::Succeeded).await,
            Err(failure) => {
                tracing::warn!(code = failure.code, message = %failure.message, "an order failed");
                self.finish(command, Vec::new(), failed(failure)).await;
            }
        }
    }

    /// Records what became of an attempt, with what it changed, in one entry.
    async fn finish(&self, command: &Command, mut records: Vec<Record>, what: EventKind) {
        records.push(Record::Finished {
            attempt: command.attempt,
            outcome: Outcome {
                at_ms: now_ms(),
                what: what.clone(),
            },
        });
        records.push(event(command.attempt, command.epoch, what));
        let done = {
            let mut commands = self.commands();
            commands.open.remove(&command.number);
            commands.done()
        };
        records.push(Record::Done { number: done });
        // A full disk must not lose what became of an attempt: the console would wait in vain.
        while let Err(error) = self.journal.write(records.clone()).await {
            tracing::error!(%error, "the agent's journal cannot be written; it is tried again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.commands().attempts.remove(&command.attempt);
    }

    /// Whether the run still belongs to the console process that gave this command.
    fn still_current(&self, command: &Command) -> Result<(), Failure> {
        let highest = self
            .journal
            .state()
            .runs
            .get(&command.run)
            .map_or(0, |r| r.epoch);
        if command.epoch < highest {
            return Err(stale(command.epoch, highest));
        }
        Ok(())
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

    /// Ends work that takes longer than the console allows. Only for work that may be dropped.
    async fn limited<T>(
        command: &Command,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let limit = Duration::from_millis(command.time_limit_ms);
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

    async fn fetch(
        &self,
        command: &Command,
        digest: &str,
        size: u64,
    ) -> Result<Vec<Record>, Failure> {
        if digest.parse::<bundle::Digest>().is_err() || size > bundle::Limits::STANDARD.packed {
            return Err(Failure::lasting(
                "bad_command",
                format!("The console asks for {digest:.80} with {size} bytes, which is no bundle."),
            ));
        }
        Self::limited(command, async {
            let _turn = self.store.turn(digest).await;
            let _slot = self.disk_work.acquire().await;
            let mut tries = 0;
            while !self.store.has(digest) {
                tries += 1;
                match self.fetch_once(digest, size).await {
                    Err(failure)
                        if tries < FETCH_TRIES
                            && matches!(failure.code, "download_cut" | "console_away") =>
                    {
                        self.log(command, "warning", failure.message);
                        tokio::time::sleep(Duration::from_millis(200 * u64::from(tries))).await;
                    }
                    other => other?,
                }
            }
            Ok(vec![Record::Fetched {
                run: command.run,
                digest: digest.to_owned(),
            }])
        })
        .await
    }

    async fn fetch_once(&self, digest: &str, size: u64) -> Result<(), Failure> {
        let Some(console) = &self.console else {
            return Err(Failure::passing(
                "console_away",
                "There is no console to fetch from.",
            ));
        };
        let answer = console.bundle(digest).await?;
        let stream = answer.bytes_stream();
        futures::pin_mut!(stream);
        self.store.put(digest, size, stream).await
    }

    async fn stage(
        &self,
        command: &Command,
        placement: &Placement,
    ) -> Result<Vec<Record>, Failure> {
        let _turn = self.module_turn(placement.module).await;
        self.still_current(command)?;
        let release = Self::limited(command, self.stage_release(placement.clone())).await?;
        Ok(vec![Record::Staged {
            run: command.run,
            release: Box::new(release),
        }])
    }

    /// Stages a module and makes it durable. Also for what is published on this machine.
    pub(crate) async fn stage_release(&self, placement: Placement) -> Result<Release, Failure> {
        let _slot = self.disk_work.acquire().await;
        let _folders = self.folders.read().await;
        let sources = {
            let state = self.journal.state();
            let wanted: BTreeSet<&str> =
                placement.links.iter().map(|l| l.digest.as_str()).collect();
            let mut sources: BTreeMap<String, PathBuf> = BTreeMap::new();
            if !wanted.is_empty() {
                for release in state.releases() {
                    if wanted.contains(release.digest.as_str()) {
                        let folder = self.releases.join(release.id.to_string());
                        sources.insert(release.digest.clone(), folder);
                    }
                }
            }
            sources
        };
        let work = StageWork {
            placement,
            releases: self.releases.clone(),
            bundles: self.bundles.clone(),
            release_id: Uuid::now_v7(),
            sources,
        };
        let host = Arc::clone(&self.host);
        let release = tokio::task::spawn_blocking(move || {
            let release = stage(&work)?;
            let folder = work.releases.join(release.id.to_string());
            let checked = host.check_command(&release, &folder);
            if checked.is_err() {
                let _ = std::fs::remove_dir_all(&folder);
            }
            checked.map(|()| release)
        })
        .await
        .map_err(|_| Failure::passing("interrupted", "Staging was interrupted. Try again."))??;
        self.sync
            .sync()
            .await
            .map_err(|e| Failure::disk("staging a module", &e))?;
        Ok(release)
    }

    async fn activate(&self, command: &Command, module: Uuid) -> Result<Vec<Record>, Failure> {
        let _turn = self.module_turn(module).await;
        self.still_current(command)?;
        let (staged, touched) = {
            let state = self.journal.state();
            let run = state.runs.get(&command.run);
            (
                run.and_then(|r| r.staged.get(&module)).cloned(),
                run.is_some_and(|r| r.before.contains_key(&module)),
            )
        };
        let Some(mut release) = staged else {
            if touched && self.journal.state().current.contains_key(&module) {
                return Ok(Vec::new()); // this run has activated it already
            }
            return Err(Failure::lasting(
                "not_staged",
                "This run has staged nothing for the module, or it was cleaned up. Start the \
                 deployment again.",
            ));
        };
        self.check_address(command.run, &release)?;
        release.attempt = Some(command.attempt);
        release.activated_ms = now_ms();
        let mounted = Self::limited(command, self.start(release.clone())).await?;
        self.still_current(command)?;
        self.commit(Some(command.run), module, Some((release, mounted)))
            .await?;
        Ok(Vec::new())
    }

    /// Starts a release beside what runs and waits until it is up.
    pub(crate) async fn start(&self, release: Release) -> Result<Mounted, Failure> {
        let _slot = self.starts.acquire().await;
        let mounted = self.host.mount(release)?;
        Host::ready(&mounted).await?;
        Ok(mounted)
    }

    /// The switch: on disk, then in the table. Not interruptible in between.
    pub(crate) async fn commit(
        &self,
        run: Option<Uuid>,
        module: Uuid,
        to: Option<(Release, Mounted)>,
    ) -> Result<(), Failure> {
        let (release, mounted) = to.unzip();
        let id = release.as_ref().map(|release| release.id);
        let written = self
            .journal
            .write(vec![Record::Switched {
                run,
                module,
                release: release.map(Box::new),
            }])
            .await;
        written.map_err(|e| Failure::disk("switching a module", &e))?;
        self.host.switch(module, mounted);
        self.point(module, id);
        Ok(())
    }

    /// Keeps the link under `current/` for people who look at the disk; the journal decides.
    fn point(&self, module: Uuid, release: Option<Uuid>) {
        let link = self.current.join(module.to_string());
        let result = match release {
            Some(release) => {
                let partial = self.current.join(format!("{module}.partial"));
                let _ = std::fs::remove_file(&partial);
                std::os::unix::fs::symlink(format!("../releases/{release}"), &partial)
                    .and_then(|()| std::fs::rename(&partial, &link))
            }
            None => std::fs::remove_file(&link),
        };
        if let Err(error) = result
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::debug!(%error, "the link to what runs could not be set");
        }
    }

    /// Nobody else may be mounted there, unless this run moves them away.
    pub(crate) fn check_address(&self, run: Uuid, release: &Release) -> Result<(), Failure> {
        let url_path = release.url_path();
        if url_path.is_empty() {
            return Ok(());
        }
        let state = self.journal.state();
        let staged = state.runs.get(&run).map(|run| &run.staged);
        let taken = state.current.values().find(|other| {
            other.module != release.module
                && other.url_path() == url_path
                && staged
                    .and_then(|staged| staged.get(&other.module))
                    .is_none_or(|next| next.url_path() == url_path)
        });
        match taken {
            Some(other) => Err(Failure::lasting(
                "address_taken",
                format!(
                    "\"{}\" shall be mounted at {url_path}, where \"{}\" is. Give one of them \
                     another url_path, or remove \"{}\" first.",
                    release.name, other.name, other.name
                ),
            )),
            None => Ok(()),
        }
    }

    async fn remove(&self, command: &Command, module: Uuid) -> Result<Vec<Record>, Failure> {
        let _turn = self.module_turn(module).await;
        self.still_current(command)?;
        if self.journal.state().current.contains_key(&module) {
            self.commit(Some(command.run), module, None).await?;
        }
        Ok(Vec::new())
    }

    async fn switch_back(&self, command: &Command, module: Uuid) -> Result<Vec<Record>, Failure> {
        let _turn = self.module_turn(module).await;
        self.still_current(command)?;
        let (before, current, cleaned) = {
            let state = self.journal.state();
            let run = state.runs.get(&command.run);
            (
                run.and_then(|r| r.before.get(&module)).cloned(),
                state.current.get(&module).map(|r| r.id),
                run.is_some_and(|r| r.cleaned),
            )
        };
        let Some(before) = before else {
            if cleaned {
                return Err(Failure::lasting(
                    "nothing_kept",
                    "This run was cleaned up; what ran before it is no longer kept. Deploy the \
                     former version instead.",
                ));
            }
            return Ok(Vec::new()); // this run never touched the module
        };
        if before.as_ref().map(|r| r.id) == current {
            return Ok(Vec::new());
        }
        let mounted = match before.clone() {
            Some(release) => Some(Self::limited(command, self.start(release)).await?),
            None => None,
        };
        self.journal
            .write(vec![Record::SwitchedBack {
                run: command.run,
                module,
            }])
            .await
            .map_err(|e| Failure::disk("switching a module back", &e))?;
        self.host.switch(module, mounted);
        self.point(module, before.map(|release| release.id));
        Ok(Vec::new())
    }

    async fn clean_up(&self, command: &Command) -> Result<Vec<Record>, Failure> {
        self.still_current(command)?;
        self.journal
            .write(vec![Record::CleanedUp { run: command.run }])
            .await
            .map_err(|e| Failure::disk("cleaning up", &e))?;
        self.sweep().await;
        Ok(Vec::new())
    }

    /// Removes folders and bundles that nothing needs. What cannot be removed now is next time.
    pub(crate) async fn sweep(&self) {
        let _folders = self.folders.write().await;
        let (releases, bundles) = {
            let state = self.journal.state();
            let releases: BTreeSet<String> = state.releases().map(|r| r.id.to_string()).collect();
            (releases, state.bundles())
        };
        let folder = self.releases.clone();
        let store = self.store.clone();
        let swept = tokio::task::spawn_blocking(move || -> io::Result<()> {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                if !releases.contains(entry.file_name().to_string_lossy().as_ref()) {
                    std::fs::remove_dir_all(entry.path())?;
                }
            }
            store.keep_only(&bundles)
        })
        .await;
        match swept {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "old folders could not be removed"),
            Err(error) => tracing::warn!(%error, "removing old folders was interrupted"),
        }
    }

    async fn report(&self, command: &Command) -> Result<Vec<Record>, Failure> {
        let Some(console) = &self.console else {
            return Err(Failure::passing(
                "console_away",
                "There is no console to report to.",
            ));
        };
        let inventory = inventory::take(&self.journal, &self.host, Some(command.attempt));
        Self::limited(command, async {
            console.inventory(&inventory).await.map_err(|error| {
                Failure::passing(
                    "console_away",
                    format!("The inventory could not be posted: {error}. It is tried again."),
                )
            })
        })
        .await?;
        Ok(Vec::new())
    }
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

fn stale(epoch: u64, highest: u64) -> Failure {
    Failure::lasting(
        "stale_epoch",
        format!(
            "The command comes from a console process that has lost this run (epoch {epoch}, the \
             run is at {highest}). Nothing was done."
        ),
    )
}
