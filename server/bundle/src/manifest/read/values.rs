//! Single values: each is of its kind and known, or is a mistake at its place.

use super::{Reader, Section, Value};
use toml::Spanned;
use toml::de::DeValue;
use uuid::Uuid;

impl Reader<'_> {
    pub(super) fn section<'d, 'i>(
        &mut self,
        value: &'d Value<'i>,
        what: &str,
    ) -> Option<Section<'d, 'i>> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Section {
                table,
                span: value.span(),
                what: what.to_owned(),
            }),
            other => {
                self.mistake(
                    value.span(),
                    format!("{what} is {}, not a table", kind_words(other)),
                    "Write it as a table: its name in brackets, then key = value lines.",
                );
                None
            }
        }
    }

    pub(super) fn tables<'d, 'i>(
        &mut self,
        value: &'d Value<'i>,
        key: &str,
        written: &str,
    ) -> Vec<&'d Value<'i>> {
        if let DeValue::Array(items) = value.get_ref() {
            return items.iter().collect();
        }
        let help = if written.starts_with("[[") {
            format!("Write it with two brackets, {written}: there can be several.")
        } else {
            format!("Write it as a list, {key} = [{{ … }}].")
        };
        self.mistake(
            value.span(),
            format!("`{key}` is {}, not a list", kind_words(value.get_ref())),
            help,
        );
        Vec::new()
    }

    pub(super) fn known(&mut self, section: &Section<'_, '_>, keys: &[&str]) {
        for key in section.table.keys() {
            let name: &str = key.get_ref();
            if keys.contains(&name) {
                continue;
            }
            let help = match closest(name, keys) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => format!("Remove it. Known here: {}.", keys.join(", ")),
            };
            self.mistake(
                key.span(),
                format!("`{name}` is not known in {}", section.what),
                help,
            );
        }
    }

    pub(super) fn text(&mut self, section: &Section<'_, '_>, key: &str) -> Option<String> {
        let value = section.table.get(key)?;
        if let DeValue::String(text) = value.get_ref() {
            return Some(text.to_string());
        }
        self.mistake(
            value.span(),
            format!(
                "`{key}` of {} is {}, not text",
                section.what,
                kind_words(value.get_ref())
            ),
            format!("Write it in quotes: {key} = \"…\"."),
        );
        None
    }

    pub(super) fn required_text(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        example: &str,
    ) -> Option<String> {
        if !section.table.contains_key(key) {
            self.mistake(
                section.span.clone(),
                format!("{} has no `{key}`", section.what),
                format!("Add it, for example: {example}."),
            );
            return None;
        }
        self.text(section, key)
    }

    pub(super) fn check_value(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        value: Option<&str>,
        problem: impl Fn(&str) -> Option<String>,
        help: &str,
    ) {
        if let (Some(value), Some(at)) = (value, section.table.get(key))
            && let Some(problem) = problem(value)
        {
            self.mistake(at.span(), format!("`{key}` is not usable: {problem}"), help);
        }
    }

    pub(super) fn name(
        &mut self,
        section: &Section<'_, '_>,
        problem: impl Fn(&str) -> Option<String>,
    ) -> Option<String> {
        let name = self.required_text(section, "name", "name = \"Orders\"")?;
        self.check_value(
            section,
            "name",
            Some(&name),
            problem,
            "Choose a name of 1 to 50 characters that keeps to this.",
        );
        Some(name)
    }

    pub(super) fn id(&mut self, section: &Section<'_, '_>) -> Option<Uuid> {
        let text = self.text(section, "id")?;
        let id = Uuid::try_parse(&text)
            .ok()
            .filter(|id| id.hyphenated().to_string() == text);
        if id.is_none() {
            let at = section
                .table
                .get("id")
                .map_or(section.span.clone(), Spanned::span);
            self.mistake(
                at,
                format!("the id of {} is not a UUID", section.what),
                "Restore the id from version control, or remove the line and run `slipway init` \
                 (which makes it another thing than before).",
            );
        }
        id
    }

    pub(super) fn choice(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        choices: &[&str],
    ) -> Option<usize> {
        let example = format!(
            "{key} = \"{}\"",
            choices.first().copied().unwrap_or_default()
        );
        let text = self.required_text(section, key, &example)?;
        let found = choices.iter().position(|choice| *choice == text);
        if found.is_none() {
            let at = section
                .table
                .get(key)
                .map_or(section.span.clone(), Spanned::span);
            let help = match closest(&text, choices) {
                Some(near) => format!("Did you mean \"{near}\"?"),
                None => format!("Choose one of: {}.", choices.join(", ")),
            };
            self.mistake(
                at,
                format!("\"{text}\" is no {key} of {}", section.what),
                help,
            );
        }
        found
    }

    pub(super) fn flag(&mut self, section: &Section<'_, '_>, key: &str) -> bool {
        match section.table.get(key).map(|v| (v.span(), v.get_ref())) {
            None => false,
            Some((_, DeValue::Boolean(flag))) => *flag,
            Some((at, other)) => {
                self.mistake(
                    at,
                    format!("`{key}` is {}", kind_words(other)),
                    format!("Write {key} = true or {key} = false, without quotes."),
                );
                false
            }
        }
    }

    pub(super) fn number(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        default: u32,
        low: u32,
        high: u32,
    ) -> u32 {
        let Some(value) = section.table.get(key) else {
            return default;
        };
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok())
            .filter(|n| (low..=high).contains(n));
        number.unwrap_or_else(|| {
            self.mistake(
                value.span(),
                format!("`{key}` is not a number from {low} to {high}"),
                format!(
                    "Write it without quotes: {key} = {}.",
                    default.clamp(low, high)
                ),
            );
            default
        })
    }

    pub(super) fn texts(&mut self, value: &Value<'_>, key: &str) -> Vec<String> {
        let items: Option<Vec<String>> = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|item| item.get_ref().as_str().map(str::to_owned))
                .collect()
        });
        items.unwrap_or_else(|| {
            self.mistake(
                value.span(),
                format!("`{key}` is not a list of texts"),
                format!("Write {key} = [\"…\", \"…\"]."),
            );
            Vec::new()
        })
    }
}

fn kind_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The known word that the writer most likely meant.
fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let folded = word.to_ascii_lowercase().replace('-', "_");
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&folded, k), *k))
        .filter(|(distance, k)| {
            *distance <= 2.min(k.len() / 2) || k.starts_with(&folded) || folded.starts_with(k)
        })
        .min()
        .map(|(_, k)| k)
}
