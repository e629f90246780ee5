//! Removing what nothing needs: when it is quiet after a run, at the start, every hour, and when the
//! disk is full. Kept is what runs, what is staged, what ran before a run that may still go back, and
//! the bundles of all of it.

use super::Orders;
use crate::error::Failure;
use crate::state::Record;
use protocol::Command;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often it is looked for what a crash or a run that was never cleaned up has left.
const EVERY: Duration = Duration::from_hours(1);
/// An agent that is never quiet sweeps all the same.
const LATEST: Duration = Duration::from_mins(10);
/// How the names of folders begin that are being removed.
const ASIDE: &str = "gone-";

/// Names of bundles and releases that are being made: no record names them yet, and yet they are
/// needed. Counted, because two runs may need the same bundle.
#[derive(Debug, Clone, Default)]
pub(super) struct Making(Arc<Mutex<BTreeMap<String, usize>>>);

impl Making {
    fn keep(&self, names: impl IntoIterator<Item = String>) -> Kept {
        let names: Vec<String> = names.into_iter().collect();
        let mut making = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for name in &names {
            *making.entry(name.clone()).or_default() += 1;
        }
        Kept {
            making: self.clone(),
            names,
        }
    }

    fn names(&self) -> BTreeSet<String> {
        let making = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        making.keys().cloned().collect()
    }
}

/// What is not to be swept away until this is dropped.
#[derive(Debug)]
pub(crate) struct Kept {
    making: Making,
    names: Vec<String>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut making = self.making.0.lock().unwrap_or_else(PoisonError::into_inner);
        for name in &self.names {
            if let Some(count) = making.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    making.remove(name);
                }
            }
        }
    }
}

impl Orders {
    /// Keeps bundles or releases, whether or not they are there already, until the answer is
    /// dropped.
    pub(crate) async fn keep(&self, names: impl IntoIterator<Item = String>) -> Kept {
        // Not while it is being swept: what is swept was chosen before.
        let _folders = self.folders.read().await;
        self.making.keep(names)
    }

    /// Sweeps at once, when it is quiet after a run, and every hour; never returns.
    pub(crate) async fn keep_tidy(&self) {
        loop {
            self.sweep().await;
            tokio::select! {
                () = self.untidy.notified() => {
                    // Late is no harm: it is swept after `LATEST`.
                    let _ = tokio::time::timeout(LATEST, self.quiet()).await;
                }
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Waits until no order is under way and none has come for a while.
    async fn quiet(&self) {
        while !self.tidy_after.is_zero() {
            let before = self.commands().highest;
            tokio::time::sleep(self.tidy_after).await;
            let commands = self.commands();
            if commands.highest == before && commands.attempts.is_empty() {
                return;
            }
        }
    }

    /// Something may lie there that nothing needs.
    pub(crate) fn note_untidy(&self) {
        self.untidy.notify_one();
    }

    /// From here on nothing needs the run's files; nobody waits until they are removed. The record is
    /// written with the answer, as often as it takes: the console does not ask for it once more.
    pub(super) fn clean_up(&self, command: &Command) -> Result<Vec<Record>, Failure> {
        self.still_current(command)?;
        Ok(vec![Record::CleanedUp { run: command.run }])
    }

    /// Removes folders and bundles that nothing needs. What cannot be removed now is next time.
    pub(crate) async fn sweep(&self) {
        let folders = self.folders.write().await;
        // Before the state: what is made and recorded in between is in the state.
        let making = self.making.names();
        let (mut releases, mut bundles) = {
            let state = self.journal.state();
            let releases: BTreeSet<String> = state.releases().map(|r| r.id.to_string()).collect();
            (releases, state.bundles())
        };
        releases.extend(making.iter().cloned());
        bundles.extend(making);
        let folder = self.releases.clone();
        let store = self.store.clone();
        let doomed = tokio::task::spawn_blocking(move || -> io::Result<Vec<PathBuf>> {
            let mut doomed = Vec::new();
            for entry in std::fs::read_dir(&folder)? {
                let name = entry?.file_name();
                let name = name.to_string_lossy();
                if !releases.contains(name.as_ref()) {
                    doomed.push(set_aside(&folder, &name)?);
                }
            }
            store.keep_only(&bundles)?;
            Ok(doomed)
        })
        .await;
        // What is set aside is in nobody's way, however long it takes.
        drop(folders);
        let swept = match doomed {
            Ok(Ok(doomed)) => tokio::task::spawn_blocking(move || remove(&doomed)).await,
            Ok(Err(error)) => Ok(Err(error)),
            Err(error) => Err(error),
        };
        match swept {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "old folders could not be removed"),
            Err(error) => tracing::warn!(%error, "removing old folders was interrupted"),
        }
    }
}

/// Gives a folder that nothing needs a name that nothing has; answers where it is.
fn set_aside(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let here = folder.join(name);
    if name.starts_with(ASIDE) {
        // Left by a sweep that was cut off.
        return Ok(here);
    }
    let aside = folder.join(format!("{ASIDE}{name}"));
    std::fs::rename(here, &aside)?;
    Ok(aside)
}

fn remove(folders: &[PathBuf]) -> io::Result<()> {
    for folder in folders {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // Another sweep was faster.
            _ => {}
        }
    }
    Ok(())
}
