//! `demo.json`: what tools and tests need to know about a demo. It holds the password, so only its
//! owner may read it.

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
    /// What an earlier start wrote; none if there was none.
    pub fn read(path: &Path) -> anyhow::Result<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(error).with_context(|| format!("{} cannot be read", path.display()));
            }
        };
        let file = serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged", path.display()))?;
        Ok(Some(file))
    }

    /// Written beside and renamed: readers see the old one or the new one.
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
