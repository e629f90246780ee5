//! What the agent knows: what runs, what each run staged and touched, which attempts it knows and
//! what it has yet to tell the console. Changed only by [`Record`]s, which the journal keeps; the
//! records of one entry happen all or not at all.

use protocol::{Event, EventKind, Hosted, Link, WeakLink};
use seal::Sealed;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uuid::Uuid;

/// Attempts and runs are forgotten after this long (the console forgets their commands sooner).
const REMEMBERED_MS: i64 = 30 * 24 * 3600 * 1000;

/// A module, staged: a folder under `releases/`, never changed after it was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Release {
    /// The folder's name.
    pub(crate) id: Uuid,
    pub(crate) module: Uuid,
    pub(crate) name: String,
    pub(crate) application: Uuid,
    pub(crate) application_name: String,
    /// None when published on this machine.
    pub(crate) module_version: Option<Uuid>,
    pub(crate) digest: String,
    pub(crate) links: Vec<Link>,
    pub(crate) weak: Vec<WeakLink>,
    /// What it finds as its site properties, but for what is secret. (An older agent wrote secrets
    /// here, too: they are sealed when they are read.)
    pub(crate) settings: BTreeMap<String, String>,
    /// Its secret site properties.
    #[serde(default)]
    pub(crate) sealed: BTreeMap<String, Sealed>,
    pub(crate) secret_settings: BTreeSet<String>,
    pub(crate) manifest: bundle::BundleManifest,
    /// The attempt that activated it; none before, and none when published on this machine.
    pub(crate) attempt: Option<Uuid>,
    pub(crate) activated_ms: i64,
}

impl Release {
    /// Where it is mounted; empty for libraries.
    pub(crate) fn url_path(&self) -> &str {
        &self.manifest.module.url_path
    }

    /// For the inventory.
    pub(crate) fn hosted(&self, state: &str, trouble: Option<&str>) -> Hosted {
        let manifest = self
            .module_version
            .is_none()
            .then(|| String::from_utf8_lossy(&self.manifest.to_json()).into_owned());
        Hosted {
            module: self.module,
            name: self.name.clone(),
            application: self.application,
            application_name: self.application_name.clone(),
            kind: self.manifest.module.kind.as_str().to_owned(),
            url_path: self.url_path().to_owned(),
            digest: self.digest.clone(),
            links: self
                .links
                .iter()
                .map(|link| (link.producer, link.digest.clone()))
                .collect(),
            module_version: self.module_version,
            attempt: self.attempt,
            activated_ms: self.activated_ms,
            state: state.to_owned(),
            trouble: trouble.map(str::to_owned),
            manifest,
        }
    }
}

/// What a run (a plan's execution or a publication) has done here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// The highest lease epoch seen.
    pub(crate) epoch: u64,
    /// Bundles it fetched.
    pub(crate) fetched: BTreeSet<String>,
    /// What it staged and has not activated.
    pub(crate) staged: BTreeMap<Uuid, Release>,
    /// What ran before it touched a module; none if nothing did.
    pub(crate) before: BTreeMap<Uuid, Option<Release>>,
    /// Modules that it was told to put back: it does not switch them any more.
    #[serde(default)]
    pub(crate) going_back: BTreeSet<Uuid>,
    /// Whether it was cleaned up: going back is over.
    pub(crate) cleaned: bool,
    /// When it was last heard of.
    pub(crate) seen_ms: i64,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) at_ms: i64,
    /// `Succeeded` or `Failed`.
    pub(crate) what: EventKind,
}

/// A change of the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A run was heard of, at an epoch.
    Heard { run: Uuid, epoch: u64, at_ms: i64 },
    /// A bundle was fetched for a run.
    Fetched { run: Uuid, digest: String },
    /// A release was staged for a run.
    Staged { run: Uuid, release: Box<Release> },
    /// What runs of a module was changed; `run` is none when it was done on this machine.
    Switched {
        run: Option<Uuid>,
        module: Uuid,
        /// None: removed.
        release: Option<Box<Release>>,
    },
    /// A run was told to put a module back.
    GoingBack { run: Uuid, module: Uuid },
    /// A module was put back to what it was before the run.
    SwitchedBack { run: Uuid, module: Uuid },
    /// A run was cleaned up.
    CleanedUp { run: Uuid },
    /// An attempt is over.
    Finished { attempt: Uuid, outcome: Outcome },
    /// Something to tell the console.
    Event { event: Event },
    /// The console has recorded the events up to this number.
    Accepted { number: u64 },
    /// All commands up to this number are finished with.
    Done { number: u64 },
    /// The whole state, at the start of a journal.
    Snapshot { state: Box<State> },
}

/// Everything that the agent knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// What runs (or for libraries: is there), by module.
    pub(crate) current: BTreeMap<Uuid, Release>,
    pub(crate) runs: BTreeMap<Uuid, Run>,
    pub(crate) attempts: BTreeMap<Uuid, Outcome>,
    /// Events that the console has not recorded, in order.
    pub(crate) spool: VecDeque<Event>,
    /// The number of the last event.
    pub(crate) last_event: u64,
    /// The highest number up to which every command is finished with.
    pub(crate) last_command: u64,
    /// Changes with every change of `current`.
    pub(crate) counter: u64,
}

impl State {
    /// Applies one record.
    pub(crate) fn apply(&mut self, record: Record) {
        match record {
            Record::Heard { run, epoch, at_ms } => {
                let run = self.runs.entry(run).or_default();
                run.epoch = run.epoch.max(epoch);
                run.seen_ms = at_ms;
            }
            Record::Fetched { run, digest } => {
                self.runs.entry(run).or_default().fetched.insert(digest);
            }
            Record::Staged { run, release } => {
                let run = self.runs.entry(run).or_default();
                run.staged.insert(release.module, *release);
            }
            Record::Switched {
                run,
                module,
                release,
            } => {
                let before = match release {
                    Some(release) => self.current.insert(module, *release),
                    None => self.current.remove(&module),
                };
                if let Some(run) = run {
                    let run = self.runs.entry(run).or_default();
                    run.staged.remove(&module);
                    run.before.entry(module).or_insert(before);
                }
                self.counter += 1;
            }
            Record::GoingBack { run, module } => {
                self.runs.entry(run).or_default().going_back.insert(module);
            }
            Record::SwitchedBack { run, module } => {
                if let Some(before) = self.runs.get(&run).and_then(|r| r.before.get(&module)) {
                    match before.clone() {
                        Some(release) => self.current.insert(module, release),
                        None => self.current.remove(&module),
                    };
                    self.counter += 1;
                }
            }
            Record::CleanedUp { run } => {
                let run = self.runs.entry(run).or_default();
                run.staged.clear();
                run.before.clear();
                run.fetched.clear();
                run.cleaned = true;
            }
            Record::Finished { attempt, outcome } => {
                self.attempts.insert(attempt, outcome);
            }
            Record::Event { event } => {
                self.last_event = self.last_event.max(event.number);
                self.spool.push_back(event);
            }
            Record::Accepted { number } => {
                while self.spool.front().is_some_and(|e| e.number <= number) {
                    self.spool.pop_front();
                }
            }
            Record::Done { number } => self.last_command = self.last_command.max(number),
            Record::Snapshot { state } => *self = *state,
        }
    }

    /// Forgets what is too old to be asked about. A run that has something here may still go on: it
    /// is kept for as long as people want to.
    pub(crate) fn forget_before(&mut self, now_ms: i64) {
        let limit = now_ms - REMEMBERED_MS;
        self.attempts.retain(|_, outcome| outcome.at_ms >= limit);
        self.runs.retain(|_, run| {
            run.seen_ms >= limit
                || !run.fetched.is_empty()
                || !run.staged.is_empty()
                || !run.before.is_empty()
        });
    }

    /// All releases that must be kept: what runs, is staged, or is kept for going back.
    pub(crate) fn releases(&self) -> impl Iterator<Item = &Release> {
        self.current.values().chain(
            self.runs
                .values()
                .flat_map(|run| run.staged.values().chain(run.before.values().flatten())),
        )
    }

    /// The same, to be changed.
    pub(crate) fn releases_mut(&mut self) -> impl Iterator<Item = &mut Release> {
        self.current
            .values_mut()
            .chain(self.runs.values_mut().flat_map(|run| {
                let before = run.before.values_mut().flatten();
                run.staged.values_mut().chain(before)
            }))
    }

    /// Whether something that runs was published on this machine.
    pub(crate) fn has_local(&self) -> bool {
        self.current
            .values()
            .any(|release| release.module_version.is_none())
    }

    /// All bundles that must be kept.
    pub(crate) fn bundles(&self) -> BTreeSet<String> {
        let mut kept: BTreeSet<String> = self
            .runs
            .values()
            .flat_map(|run| run.fetched.iter().cloned())
            .collect();
        for release in self.releases() {
            kept.insert(release.digest.clone());
            kept.extend(release.links.iter().map(|link| link.digest.clone()));
        }
        kept
    }
}
