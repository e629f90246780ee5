//! For tests with real processes: what an agent starts does not outlive the test, disks that are
//! full, and what lies on a disk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Ends every process that works in a folder when it is dropped, also when the test has failed.
/// Declared after what holds the agents, so that nobody starts their services again.
#[derive(Debug)]
pub struct Leftovers(PathBuf);

impl Leftovers {
    /// Of this folder, which must be there.
    pub fn of(folder: &Path) -> Self {
        Self(folder.canonicalize().expect("the folder is there"))
    }

    /// The processes that work in the folder, with their commands.
    pub fn list(&self) -> Vec<(Pid, String)> {
        fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| {
                fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&self.0))
            })
            .filter_map(|entry| {
                let id = entry.file_name().to_str()?.parse().ok()?;
                let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                let command = String::from_utf8_lossy(&command).replace('\0', " ");
                Some((Pid::from_raw(id), command))
            })
            .filter(|(id, _)| *id != Pid::this())
            .collect()
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        // One may be starting another at this very moment; more than a few rounds it never takes.
        for _ in 0..100 {
            let left = self.list();
            if left.is_empty() {
                return;
            }
            for (id, _) in left {
                let _ = kill(id, Signal::SIGKILL);
            }
            std::thread::yield_now();
        }
    }
}

/// A small file system of its own at a folder, until it is dropped.
#[derive(Debug)]
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Needs root; without it the test says that it is left out.
    pub fn at(folder: &Path, size: &str) -> Option<Self> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(folder)
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            left_out("a small file system cannot be mounted here: root is needed");
        }
        mounted.then(|| Self(folder.to_owned()))
    }

    /// Gives it more room.
    pub fn enlarge(&self, size: &str) {
        let roomier = Command::new("mount")
            .args(["-o", &format!("remount,size={size}")])
            .arg(&self.0)
            .status();
        assert!(roomier.unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// The files below a folder that hold one of these texts.
pub fn holding(folder: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            found.extend(holding(&path, texts));
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap();
            let has = |text: &&str| {
                let mut parts = bytes.windows(text.len());
                parts.any(|part| part == text.as_bytes())
            };
            if texts.iter().any(has) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// Says that a test is left out. Not with `println!`, which is kept back of tests that pass.
pub fn left_out(reason: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {reason}");
}
