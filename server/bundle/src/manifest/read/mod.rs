//! Reads `slipway.toml` by walking the parsed document with its positions, so that every mistake
//! is found at once and each says line, column and what to do.

mod elements;
mod module;
mod values;

use super::places::position;
use super::rules::name_problem;
use super::{Application, Manifest, ManifestError, Mistake, Module};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

type Value<'i> = Spanned<DeValue<'i>>;

pub(super) fn parse(file: &str, text: &str) -> Result<Manifest, ManifestError> {
    let mut reader = Reader {
        text,
        mistakes: Vec::new(),
    };
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        reader.mistake(
            error.span().unwrap_or(0..0),
            format!("this is not valid TOML: {}", error.message()),
            "Correct it here; https://toml.io describes the format.",
        );
    }
    let manifest = if reader.mistakes.is_empty() {
        reader.manifest(document.get_ref())
    } else {
        None // what a broken document seems to say would only add false mistakes
    };
    match manifest {
        Some(manifest) if reader.mistakes.is_empty() => Ok(manifest),
        _ => {
            reader.mistakes.sort();
            reader.mistakes.dedup();
            Err(ManifestError {
                file: file.to_owned(),
                mistakes: reader.mistakes,
            })
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    mistakes: Vec<Mistake>,
}

/// A table with the words that mistakes use for it.
struct Section<'d, 'i> {
    table: &'d DeTable<'i>,
    span: Range<usize>,
    what: String,
}

impl Reader<'_> {
    fn mistake(&mut self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let (line, column) = position(self.text, at.start);
        self.mistakes.push(Mistake {
            line,
            column,
            message: message.into(),
            help: help.into(),
        });
    }

    fn manifest(&mut self, root: &DeTable<'_>) -> Option<Manifest> {
        let section = Section {
            table: root,
            span: 0..0,
            what: "the manifest".to_owned(),
        };
        self.known(&section, &["application", "module"]);
        let application = if let Some(value) = root.get("application") {
            self.application(value)
        } else {
            self.mistake(
                0..0,
                "there is no [application]",
                "Begin with:  [application]  and  name = \"My application\".",
            );
            None
        };
        let mut modules = Vec::new();
        let mut whole = true;
        match root.get("module") {
            None => self.mistake(
                0..0,
                "there is no [[module]]",
                "An application has at least one module: add  [[module]]  with name, kind and path.",
            ),
            Some(value) => {
                for item in self.tables(value, "module", "[[module]]") {
                    match self.module(item) {
                        Some(module) => modules.push((item.span(), module)),
                        None => whole = false,
                    }
                }
            }
        }
        self.across(application.as_ref(), &modules);
        (whole && !modules.is_empty()).then_some(())?;
        Some(Manifest {
            application: application?,
            modules: modules.into_iter().map(|(_, m)| m).collect(),
        })
    }

    /// Rules that look at more than one module.
    fn across(&mut self, application: Option<&Application>, modules: &[(Range<usize>, Module)]) {
        let mut names = BTreeSet::new();
        let mut ids = BTreeSet::new();
        let mut urls = BTreeMap::new();
        ids.extend(application.and_then(|a| a.id));
        for (span, module) in modules {
            if !names.insert(module.name.to_ascii_lowercase()) {
                self.mistake(
                    span.clone(),
                    format!("two modules are named \"{}\"", module.name),
                    "Give one of them another name.",
                );
            }
            if module.id.is_some_and(|id| !ids.insert(id)) {
                self.mistake(
                    span.clone(),
                    format!("the id of module \"{}\" is used twice", module.name),
                    "A copied module keeps no id: remove its id line and run `slipway init`.",
                );
            }
            if !module.url_path.is_empty()
                && let Some(other) = urls.insert(module.url_path.clone(), &module.name)
            {
                self.mistake(
                    span.clone(),
                    format!(
                        "\"{}\" and \"{other}\" share the url_path {}",
                        module.name, module.url_path
                    ),
                    "Give one of them another url_path.",
                );
            }
        }
    }

    fn application(&mut self, value: &Value<'_>) -> Option<Application> {
        let section = self.section(value, "[application]")?;
        self.known(&section, &["id", "name", "description"]);
        let id = self.id(&section);
        let name = self.name(&section, name_problem);
        let description = self.text(&section, "description").unwrap_or_default();
        Some(Application {
            id,
            name: name?,
            description,
        })
    }
}
