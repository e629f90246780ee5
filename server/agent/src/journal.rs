//! The agent's memory on disk: one file of lines, each a list of records that happen all or not
//! at all. It holds what modules find as their site properties, secret ones sealed, and is readable by
//! its owner only. Writers that come together share one sync (a wave of a hundred modules costs a few).
//! A torn last line is a change that never happened.

use crate::clock::now_ms;
use crate::error::{AgentError, is_full};
use crate::reserve::Reserve;
use crate::secrets::Secrets;
use crate::state::{Record, State};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc, oneshot};

/// The journal is rewritten as one snapshot when it has grown by this much.
const REWRITE_BYTES: u64 = 4 << 20;

/// A batch that follows another one within [`BUSY`] waits for [`GATHER`], so that on a quick disk, too,
/// those who come together share a sync.
const BUSY: Duration = Duration::from_millis(20);
const GATHER: Duration = Duration::from_millis(2);

/// A change that waits to be written.
struct Waiting {
    records: Vec<Record>,
    done: Option<oneshot::Sender<Result<(), Arc<io::Error>>>>,
}

impl Waiting {
    /// Whether it must be written also when the disk is full: what became of an attempt, and that
    /// a module is put back. What takes much room, or changes what runs, fails instead.
    fn is_vital(&self) -> bool {
        self.records
            .iter()
            .any(|record| matches!(record, Record::Finished { .. } | Record::GoingBack { .. }))
    }
}

/// The state with its journal. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Journal {
    state: Arc<Mutex<State>>,
    waiting: mpsc::UnboundedSender<Waiting>,
    /// Notified when there are new events to post.
    pub(crate) events: Arc<Notify>,
    /// Notified when what is hosted has changed.
    pub(crate) changes: Arc<Notify>,
}

impl Journal {
    /// Reads the journal, drops a torn end, writes it anew and starts its writer. The writer ends
    /// when the last clone is gone.
    pub(crate) fn open(path: &Path, secrets: &Secrets) -> Result<Self, AgentError> {
        let (mut state, whole) = read(path)?;
        secrets.tidy(&mut state);
        state.forget_before(now_ms());
        // On a full disk the old journal goes on, without what was torn.
        let file = rewrite(path, &state)
            .or_else(|error| resume(path, whole).map_err(|_| error))
            .map_err(|e| AgentError::folder(path, e))?;
        let state = Arc::new(Mutex::new(state));
        let (sender, receiver) = mpsc::unbounded_channel();
        let journal = Self {
            state: Arc::clone(&state),
            waiting: sender,
            events: Arc::new(Notify::new()),
            changes: Arc::new(Notify::new()),
        };
        let writer = Writer {
            path: path.to_owned(),
            file,
            reserve: Reserve::new(path.with_extension("reserve")),
            grown: 0,
            state,
            events: Arc::clone(&journal.events),
            changes: Arc::clone(&journal.changes),
        };
        std::thread::Builder::new()
            .name("journal".to_owned())
            .stack_size(256 << 10)
            .spawn(move || writer.work(receiver))
            .map_err(|e| AgentError::folder(path, e))?;
        Ok(journal)
    }

    /// The state as it is now. Held for a moment only, never across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change: on disk first, then in the state. Returns when both are done.
    pub(crate) async fn write(&self, records: Vec<Record>) -> io::Result<()> {
        let (done, written) = oneshot::channel();
        let gone = || io::Error::other("the agent is stopping");
        self.waiting
            .send(Waiting {
                records,
                done: Some(done),
            })
            .map_err(|_| gone())?;
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(io::Error::new(error.kind(), error.to_string())),
            Err(_) => Err(gone()),
        }
    }

    /// Makes a change whose loss in a crash does no harm; does not wait for the disk.
    pub(crate) fn note(&self, records: Vec<Record>) {
        let _ = self.waiting.send(Waiting {
            records,
            done: None,
        });
    }
}

struct Writer {
    path: PathBuf,
    file: File,
    reserve: Reserve,
    grown: u64,
    state: Arc<Mutex<State>>,
    events: Arc<Notify>,
    changes: Arc<Notify>,
}

impl Writer {
    fn work(mut self, mut receiver: mpsc::UnboundedReceiver<Waiting>) {
        let mut last: Option<Instant> = None;
        while let Some(first) = receiver.blocking_recv() {
            if last.is_some_and(|last| last.elapsed() < BUSY) {
                std::thread::sleep(GATHER);
            }
            let mut batch = vec![first];
            while let Ok(next) = receiver.try_recv() {
                batch.push(next);
            }
            // Event numbers are given here, where there is one order.
            let mut number = self.lock().last_event;
            for waiting in &mut batch {
                for record in &mut waiting.records {
                    if let Record::Event { event } = record {
                        number += 1;
                        event.number = number;
                    }
                }
            }
            let must_sync = batch.iter().any(|waiting| waiting.done.is_some());
            let written = self.append_or_make_room(&batch, must_sync);
            let written = written.map_err(Arc::new);
            last = Some(Instant::now());
            let mut has_events = false;
            let mut has_changes = false;
            for waiting in batch {
                if written.is_ok() {
                    let mut state = self.lock();
                    for record in waiting.records {
                        has_events |= matches!(record, Record::Event { .. });
                        has_changes |= matches!(
                            record,
                            Record::Switched { .. } | Record::SwitchedBack { .. }
                        );
                        state.apply(record);
                    }
                }
                if let Some(done) = waiting.done {
                    let _ = done.send(written.clone());
                }
            }
            if has_events {
                self.events.notify_one();
            }
            if has_changes {
                self.changes.notify_one();
            }
            if self.grown > REWRITE_BYTES {
                let mut state = self.lock().clone();
                state.forget_before(now_ms());
                match rewrite(&self.path, &state) {
                    Ok(file) => {
                        self.file = file;
                        self.grown = 0;
                        *self.lock() = state;
                    }
                    // The old journal is whole; try again after as much again.
                    Err(error) => {
                        tracing::warn!(%error, "the journal could not be rewritten");
                        self.grown = 0;
                    }
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn append_or_make_room(&mut self, batch: &[Waiting], must_sync: bool) -> io::Result<()> {
        let written = self.append(batch, must_sync);
        match &written {
            Ok(()) => self.reserve.keep(),
            Err(error)
                if is_full(error) && batch.iter().any(Waiting::is_vital) && self.reserve.give() =>
            {
                return self.append(batch, must_sync);
            }
            Err(_) => {}
        }
        written
    }

    fn append(&mut self, batch: &[Waiting], must_sync: bool) -> io::Result<()> {
        let mut lines = Vec::new();
        for waiting in batch {
            serde_json::to_writer(&mut lines, &waiting.records)?;
            lines.push(b'\n');
        }
        let before = self.file.metadata()?.len();
        let result = self.file.write_all(&lines).and_then(|()| {
            if must_sync {
                self.file.sync_data()
            } else {
                Ok(())
            }
        });
        if result.is_err() {
            // Half a line (a full disk) must not swallow the next one.
            let _ = self.file.set_len(before);
        }
        self.grown += lines.len() as u64;
        result
    }
}

/// The state that the file says, and how many of its bytes are whole entries.
fn read(path: &Path) -> Result<(State, u64), AgentError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((State::default(), 0)),
        Err(error) => return Err(AgentError::folder(path, error)),
    };
    let mut state = State::default();
    let mut whole = 0;
    let mut lines = bytes.split_inclusive(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        match serde_json::from_slice::<Vec<Record>>(line) {
            Ok(records) if line.ends_with(b"\n") => {
                whole += line.len() as u64;
                for record in records {
                    state.apply(record);
                }
            }
            _ if lines.peek().is_none() => {
                tracing::warn!("the journal's last entry was torn by a crash and is dropped");
            }
            _ => return Err(AgentError::DamagedFile(path.to_owned())),
        }
    }
    Ok((state, whole))
}

/// Opens the journal for appending after its last whole entry.
fn resume(path: &Path, whole: u64) -> io::Result<File> {
    let file = OpenOptions::new().append(true).open(path)?;
    file.set_len(whole)?;
    Ok(file)
}

/// Writes the state as a new journal in place of the old one, and opens it for appending.
fn rewrite(path: &Path, state: &State) -> io::Result<File> {
    let partial = path.with_extension("partial");
    let mut bytes = serde_json::to_vec(&[Record::Snapshot {
        state: Box::new(state.clone()),
    }])?;
    bytes.push(b'\n');
    // What a crash left there may be readable to others.
    let _ = fs::remove_file(&partial);
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&partial)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    if let Some(parent) = path.parent() {
        File::open(parent)?.sync_all()?;
    }
    OpenOptions::new().append(true).open(path)
}
