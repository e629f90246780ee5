//! What can be said of a manifest only with its text and its folder at hand, each with its place.

use super::{Manifest, ManifestError, Mistake};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The text of a manifest, which is UTF-8; says where it is not.
pub fn manifest_text(file: &str, bytes: Vec<u8>) -> Result<String, ManifestError> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = String::from_utf8_lossy(&error.as_bytes()[..valid]).into_owned();
        let (line, column) = position(&before, before.len());
        ManifestError {
            file: file.to_owned(),
            mistakes: vec![Mistake {
                line,
                column,
                message: "this is not UTF-8".to_owned(),
                help: "Save the file as UTF-8, without a byte order mark.".to_owned(),
            }],
        }
    })
}

impl Manifest {
    /// Says which ids are missing, in words that tell what to do. `text` is what it was read from.
    pub fn require_ids(&self, file: &str, text: &str) -> Result<(), ManifestError> {
        let (document, _) = DeTable::parse_recoverable(text);
        let root = document.get_ref();
        let mut mistakes = Vec::new();
        let mut missing = |what: String, at: Option<usize>| {
            let (line, column) = position(text, at.unwrap_or(0));
            mistakes.push(Mistake {
                line,
                column,
                message: format!("{what} has no id"),
                help: "Run `slipway init` in this folder; it writes the missing ids and changes \
                       nothing else."
                    .to_owned(),
            });
        };
        if self.application.id.is_none() {
            let at = root.get("application").map(|table| table.span().start);
            missing(format!("the application \"{}\"", self.application.name), at);
        }
        for (index, module) in self.modules.iter().enumerate() {
            if module.id.is_none() {
                let at = module_table(root, index).map(|table| table.span().start);
                missing(format!("the module \"{}\"", module.name), at);
            }
        }
        told(file, mistakes)
    }

    /// Says which modules' folders are not in `root`.
    pub fn require_folders(
        &self,
        file: &str,
        text: &str,
        root: &Path,
    ) -> Result<(), ManifestError> {
        let (document, _) = DeTable::parse_recoverable(text);
        let mut mistakes = Vec::new();
        for (index, module) in self.modules.iter().enumerate() {
            let folder = root.join(&module.path);
            if folder.is_dir() {
                continue;
            }
            let at = module_table(document.get_ref(), index)
                .and_then(|table| table.get_ref().get("path"))
                .map_or(0, |path| path.span().start);
            let (line, column) = position(text, at);
            mistakes.push(Mistake {
                line,
                column,
                message: format!(
                    "{} is not there, but the module \"{}\" names it",
                    folder.display(),
                    module.name
                ),
                help: "Create the folder, or correct the path.".to_owned(),
            });
        }
        told(file, mistakes)
    }
}

fn told(file: &str, mistakes: Vec<Mistake>) -> Result<(), ManifestError> {
    if mistakes.is_empty() {
        return Ok(());
    }
    Err(ManifestError {
        file: file.to_owned(),
        mistakes,
    })
}

fn module_table<'d, 'i>(root: &'d DeTable<'i>, index: usize) -> Option<&'d Spanned<DeValue<'i>>> {
    root.get("module")?.get_ref().as_array()?.get(index)
}

/// Line and column of a place in a text, from 1; columns count characters.
pub(super) fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}
