//! An application's folder in memory: its `slipway.toml` and the files of its modules.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use uuid::Uuid;

/// A folder that can be written out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// Content by path, with forward slashes.
    pub files: BTreeMap<String, String>,
}

impl Folder {
    /// Writes everything under `root`, which is made if it is not there.
    pub fn write_to(&self, root: &Path) -> io::Result<()> {
        for (path, content) in &self.files {
            let file = root.join(path);
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(file, content)?;
        }
        Ok(())
    }
}

/// Writes a manifest the way a person would.
#[derive(Debug, Default)]
pub struct ManifestText(String);

impl ManifestText {
    /// Begins with the application.
    pub fn new(id: Uuid, name: &str, description: &str) -> Self {
        let mut text = Self::default();
        text.0.push_str("[application]\n");
        text.pair("id", &id.to_string());
        text.pair("name", name);
        text.pair("description", description);
        text
    }

    /// A module; what belongs to it follows.
    pub fn module(&mut self, id: Uuid, name: &str, kind: &str, path: &str, description: &str) {
        self.0.push_str("\n[[module]]\n");
        self.pair("id", &id.to_string());
        self.pair("name", name);
        self.pair("kind", kind);
        self.pair("path", path);
        self.pair("description", description);
    }

    /// A text of the table that was begun last.
    pub fn pair(&mut self, key: &str, value: &str) {
        let _ = writeln!(self.0, "{key} = {}", quoted(value));
    }

    /// The command of a service.
    pub fn service(&mut self, command: &[&str], health: &str) {
        let words: Vec<_> = command.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(
            self.0,
            "\n[module.service]\ncommand = [{}]\nhealth = {}",
            words.join(", "),
            quoted(health)
        );
    }

    /// An element that the module offers; members as `role name type`, a `!` makes one mandatory.
    pub fn provides(
        &mut self,
        kind: &str,
        name: &str,
        content: Option<&str>,
        description: &str,
        members: &[&str],
    ) {
        self.0.push_str("\n[[module.provides]]\n");
        self.pair("kind", kind);
        self.pair("name", name);
        if let Some(content) = content {
            self.pair("content", content);
        }
        self.pair("description", description);
        if members.is_empty() {
            return;
        }
        self.0.push_str("members = [\n");
        for member in members {
            let mandatory = member.ends_with('!');
            let mut words = member.trim_end_matches('!').split(' ');
            let mut word = || words.next().unwrap_or_default();
            let (role, name, data_type) = (word(), word(), word());
            let _ = write!(
                self.0,
                "  {{ role = {}, name = {}, type = {}",
                quoted(role),
                quoted(name),
                quoted(data_type)
            );
            if mandatory {
                self.0.push_str(", mandatory = true");
            }
            self.0.push_str(" },\n");
        }
        self.0.push_str("]\n");
    }

    /// What the module takes from another one: kind and name of each element.
    pub fn uses(&mut self, producer: &str, elements: &[(&str, &str)]) {
        self.0.push_str("\n[[module.uses]]\n");
        self.pair("module", producer);
        self.0.push_str("elements = [\n");
        for (kind, name) in elements {
            let _ = writeln!(
                self.0,
                "  {{ kind = {}, name = {} }},",
                quoted(kind),
                quoted(name)
            );
        }
        self.0.push_str("]\n");
    }

    /// A site property.
    pub fn setting(&mut self, name: &str, kind: &str, default: Option<&str>, description: &str) {
        self.0.push_str("\n[[module.setting]]\n");
        self.pair("name", name);
        self.pair("type", kind);
        match default {
            Some(default) => self.pair("default", default),
            None => self.0.push_str("secret = true\n"),
        }
        self.pair("description", description);
    }

    /// The text.
    pub fn finish(self) -> String {
        self.0
    }
}

/// A text as TOML writes it on one line.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
