//! `demo.json`: what tools and tests need to know about a demo. It is there while the demo is ready,
//! and not before: whoever waits for the file finds everything in it. What has to survive a start
//! that is cut off is kept beside it. Both hold the password, so only their owner may read them.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoFile {
    /// The console's address.
    pub url: String,
    /// The administrator's login.
    pub username: String,
    /// The administrator's password.
    pub password: String,
    /// In promotion order.
    pub environments: Vec<DemoEnvironment>,
    /// Names of all applications.
    pub applications: Vec<String>,
}

/// An environment of the demo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoEnvironment {
    /// Its name.
    pub name: String,
    /// Where its applications are reached.
    pub url: String,
}

impl DemoFile {
    /// Written beside and renamed: readers see all of it or nothing.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        write_json(self, path)
    }

    /// Takes away what an earlier start wrote.
    pub fn remove(path: &Path) -> anyhow::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} cannot be removed", path.display()))
            }
            _ => Ok(()),
        }
    }
}

/// How the demo's administrator signs in, as it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Credentials {
    pub username: String,
    pub password: String,
}

impl Credentials {
    /// What an earlier start kept; none if there was none.
    pub fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
        };
        let known = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged", path.display()))?;
        Ok(Some(known))
    }

    /// Keeps them, for whoever starts after us.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        write_json(self, path)
    }
}

/// Writes a value beside and renames it, for its owner's eyes only.
pub(super) fn write_json(value: &impl Serialize, path: &Path) -> anyhow::Result<()> {
    let beside = path.with_extension("json.new");
    let write = || -> std::io::Result<()> {
        let _ = std::fs::remove_file(&beside);
        let mut file = std::fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)?;
        writeln!(file, "{}", serde_json::to_string_pretty(value)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}
