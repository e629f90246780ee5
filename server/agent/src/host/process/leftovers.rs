//! Processes of services that a killed agent has left behind: marked while they run, and ended.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file that says that a process runs, so that an agent that was killed finds it again.
pub(super) struct Mark(Option<PathBuf>);

impl Mark {
    pub(super) fn set(folder: &Path, id: Option<u32>) -> Self {
        let Some(id) = id else { return Self(None) };
        let path = folder.join(id.to_string());
        let written = fs::write(&path, started_at(id).unwrap_or_default());
        Self(written.is_ok().then_some(path))
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// When the kernel started a process: tells it from a later one of the same id.
fn started_at(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is a name in parentheses that may hold anything.
    let rest = stat.rsplit_once(')')?.1;
    rest.split_whitespace().nth(19).map(str::to_owned)
}

/// Ends the processes that a killed agent left behind: those it had marked, and those that it had
/// started and not marked yet, which name a folder in `data` as their own.
pub(crate) fn end_leftovers(marks: &Path, data: &Path) -> io::Result<()> {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    for entry in fs::read_dir(marks)? {
        let path = entry?.path();
        let id = path
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.parse::<u32>().ok());
        let marked = fs::read_to_string(&path)?;
        if let Some(id) = id
            && !marked.is_empty()
            && started_at(id).is_some_and(|started| started == marked)
            && let Ok(group) = i32::try_from(id)
        {
            tracing::info!(
                process = id,
                "ending a service that a former agent left running"
            );
            if let Err(error) = killpg(Pid::from_raw(group), Signal::SIGKILL) {
                tracing::warn!(process = id, %error, "it could not be ended");
            }
        }
        fs::remove_file(&path)?;
    }
    end_unmarked(data);
    Ok(())
}

/// Where the kernel does not tell about processes, what was marked is all that is known.
fn end_unmarked(data: &Path) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let own = format!("SLIPWAY_DATA={}/", data.display());
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let id = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<i32>().ok())
            .filter(|id| *id != Pid::this().as_raw());
        let variables = fs::read(process.path().join("environ")).unwrap_or_default();
        let ours = variables
            .split(|byte| *byte == 0)
            .any(|variable| variable.starts_with(own.as_bytes()));
        if let (Some(id), true) = (id, ours) {
            tracing::info!(
                process = id,
                "ending a service that a former agent had just started"
            );
            // It may be gone already.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
}
