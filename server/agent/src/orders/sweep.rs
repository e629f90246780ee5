//! Removing what nothing needs: after each run, at the start, and every hour. Kept is what runs,
//! what is staged, what ran before a run that may still go back, and the bundles of all of it.

use super::Orders;
use crate::error::Failure;
use crate::state::Record;
use protocol::Command;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often it is looked for what a crash or a run that was never cleaned up has left.
const EVERY: Duration = Duration::from_hours(1);

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

    /// Sweeps at once and then every hour; never returns.
    pub(crate) async fn keep_tidy(&self) {
        loop {
            self.sweep().await;
            tokio::time::sleep(EVERY).await;
        }
    }

    pub(super) async fn clean_up(&self, command: &Command) -> Result<Vec<Record>, Failure> {
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
}
