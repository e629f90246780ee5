//! Output of services: into files that are rotated, and the last lines kept for messages.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A file is rotated at this size.
const FILE_BYTES: u64 = 1 << 20;
/// This many old files are kept.
const OLD_FILES: u32 = 3;
/// This much of the end is kept in memory for messages.
const TAIL_BYTES: usize = 2 << 10;

/// Where a service's output goes. Shared by its streams.
#[derive(Clone)]
pub(crate) struct ServiceLog(Arc<Mutex<Inner>>);

struct Inner {
    path: PathBuf,
    file: Option<File>,
    size: u64,
    tail: VecDeque<u8>,
}

impl ServiceLog {
    /// Appends to `output.log` in `folder`, which is made.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join("output.log");
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let size = file.metadata()?.len();
        Ok(Self(Arc::new(Mutex::new(Inner {
            path,
            file: Some(file),
            size,
            tail: VecDeque::new(),
        }))))
    }

    /// Takes output as it comes. A full disk loses lines, never the service.
    pub(crate) fn write(&self, bytes: &[u8]) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.tail.extend(bytes);
        let over = inner.tail.len().saturating_sub(TAIL_BYTES);
        inner.tail.drain(..over);
        if inner.size >= FILE_BYTES {
            inner.rotate();
        }
        if inner.file.is_none() {
            inner.reopen();
        }
        if let Some(file) = &mut inner.file
            && file.write_all(bytes).is_ok()
        {
            inner.size += bytes.len() as u64;
        }
    }

    /// The last lines, at most `lines`.
    pub(crate) fn last_lines(&self, lines: usize) -> Vec<String> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = inner.tail.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let all: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
        all[all.len().saturating_sub(lines)..]
            .iter()
            .map(|line| (*line).to_owned())
            .collect()
    }
}

impl Inner {
    /// Begins a new file; the old ones move on. Where they cannot, the file that is there goes on,
    /// and it is tried again when it has grown by as much once more.
    fn rotate(&mut self) {
        self.size = 0;
        if self.move_on().is_ok() {
            self.file = None;
        }
    }

    /// Opens the file, if that can be done now.
    fn reopen(&mut self) {
        let mut options = OpenOptions::new();
        if let Ok(file) = options.create(true).append(true).open(&self.path) {
            self.size = file.metadata().map_or(0, |about| about.len());
            self.file = Some(file);
        }
    }

    fn move_on(&self) -> io::Result<()> {
        let numbered = |n: u32| self.path.with_extension(format!("log.{n}"));
        for n in (1..OLD_FILES).rev() {
            match fs::rename(numbered(n), numbered(n + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, numbered(1))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_opened_for_a_moment_goes_on_later_and_loses_no_old_ones() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("orders");
        let log = ServiceLog::open(&place).unwrap();
        log.write(b"before\n");
        {
            let mut inner = log.0.lock().unwrap();
            inner.rotate();
            fs::rename(&place, folder.path().join("away")).unwrap();
        }
        log.write(b"lost\n");
        fs::rename(folder.path().join("away"), &place).unwrap();
        log.write(b"after\n");
        let read = |name: &str| fs::read_to_string(place.join(name)).unwrap();
        assert_eq!(
            (read("output.log"), read("output.log.1")),
            ("after\n".to_owned(), "before\n".to_owned())
        );
        assert_eq!(log.last_lines(3), ["before", "lost", "after"]);
    }
}
