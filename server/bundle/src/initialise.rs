//! `slipway init`: writes the ids that a manifest lacks and leaves every other byte as it is.

use crate::manifest::{Manifest, ManifestError};
use toml_edit::{DocumentMut, Item, Table, value};
use uuid::Uuid;

/// What `init` made of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initialised {
    /// The new text; equal to the old one if nothing was missing.
    pub text: String,
    /// What was given an id, in words (`application "Orders"`).
    pub added: Vec<String>,
}

/// Why `init` left a manifest alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InitError {
    /// It has mistakes.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// It is written in a form that cannot be edited in place.
    #[error(
        "{0} could not be edited in place. Write [application] and [[module]] as tables of their own lines, then run `slipway init` again."
    )]
    Form(String),
}

/// Adds missing ids to the text of a manifest. `new_id` makes one (UUIDv7); `file` is the name
/// that mistakes carry.
pub fn initialise(
    file: &str,
    text: &str,
    mut new_id: impl FnMut() -> Uuid,
) -> Result<Initialised, InitError> {
    let manifest = Manifest::parse(file, text)?;
    let form = || InitError::Form(file.to_owned());
    let mut document: DocumentMut = text.parse().map_err(|_| form())?;
    let mut added = Vec::new();
    if manifest.application.id.is_none() {
        let table = document
            .get_mut("application")
            .and_then(Item::as_table_mut)
            .ok_or_else(form)?;
        put_first(table, new_id());
        added.push(format!("application \"{}\"", manifest.application.name));
    }
    for (position, module) in manifest.modules.iter().enumerate() {
        if module.id.is_some() {
            continue;
        }
        let table = document
            .get_mut("module")
            .and_then(Item::as_array_of_tables_mut)
            .and_then(|tables| tables.get_mut(position))
            .ok_or_else(form)?;
        put_first(table, new_id());
        added.push(format!("module \"{}\"", module.name));
    }
    let text = if added.is_empty() {
        text.to_owned()
    } else {
        document.to_string()
    };
    Ok(Initialised { text, added })
}

/// The id stands first in its table; comments above the former first key stay with that key.
fn put_first(table: &mut Table, id: Uuid) {
    table.insert("id", value(id.hyphenated().to_string()));
    table.sort_values_by(|a, _, b, _| (b.get() == "id").cmp(&(a.get() == "id")));
}
