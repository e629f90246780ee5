//! Room on the disk that is kept for what has to be written when there is none left: what became of
//! an attempt. Without it a console would wait in vain for the answer of an agent whose disk is full.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Enough for some hundred answers.
const SIZE: usize = 1 << 20;
/// When there was no room, it is looked for again after this long.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// A file that holds the room.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    is_there: bool,
    looked: Option<Instant>,
}

impl Reserve {
    /// Takes the room, if there is some.
    pub(crate) fn new(path: PathBuf) -> Self {
        let mut reserve = Self {
            path,
            is_there: false,
            looked: None,
        };
        reserve.keep();
        reserve
    }

    /// Frees the room; `false` if there was none.
    pub(crate) fn give(&mut self) -> bool {
        let had = std::mem::take(&mut self.is_there);
        self.looked = Some(Instant::now());
        had && fs::remove_file(&self.path).is_ok()
    }

    /// Takes the room again, if it was given and there is enough.
    pub(crate) fn keep(&mut self) {
        let is_early = self.looked.is_some_and(|at| at.elapsed() < LOOK_AGAIN);
        if self.is_there || is_early {
            return;
        }
        self.looked = Some(Instant::now());
        match self.fill() {
            Ok(()) => self.is_there = true,
            Err(error) => {
                tracing::warn!(%error, "there is no room to keep in reserve on the disk");
                let _ = fs::remove_file(&self.path);
            }
        }
    }

    fn fill(&self) -> io::Result<()> {
        let mut file = File::create(&self.path)?;
        file.write_all(&vec![0; SIZE])?;
        file.sync_data()
    }
}
