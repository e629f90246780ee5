//! Site properties on their way to a module: environment variables for services, a document for
//! static modules. Values are checked by the console; here they only find their form.

use crate::state::Release;
use bundle::SettingKind;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// Where a static module's document is found, beside its files.
pub(crate) const SETTINGS_FILE: &str = "slipway-settings.json";

/// The values that a module shall see: what the environment sets, else the manifest's defaults.
/// Without those that are sealed.
pub(crate) fn values(release: &Release) -> BTreeMap<String, String> {
    let mut values: BTreeMap<String, String> = release
        .manifest
        .settings
        .iter()
        .filter_map(|s| Some((s.name.clone(), s.default.clone()?)))
        .collect();
    for (name, value) in &release.settings {
        // Names compare with case folded: a value overrides its default however it is written.
        values.retain(|known, _| known == name || !known.eq_ignore_ascii_case(name));
        values.insert(name.clone(), value.clone());
    }
    values
}

/// Whether a property's value is nobody's business but the service's.
pub(crate) fn is_secret(release: &Release, name: &str) -> bool {
    release
        .secret_settings
        .iter()
        .any(|secret| secret.eq_ignore_ascii_case(name))
        || release
            .manifest
            .settings
            .iter()
            .any(|s| s.secret && s.name.eq_ignore_ascii_case(name))
}

/// The document of a static module: site properties in their types, never secrets, and where its
/// weak producers are (`address` gives the URL path of a producer that runs).
pub(crate) fn document<'a>(
    release: &Release,
    address: impl Fn(&uuid::Uuid) -> Option<&'a str>,
) -> Vec<u8> {
    let mut settings = Map::new();
    for (name, value) in values(release) {
        if is_secret(release, &name) {
            continue;
        }
        let kind = release
            .manifest
            .settings
            .iter()
            .find(|s| s.name.eq_ignore_ascii_case(&name))
            .map_or(SettingKind::Text, |s| s.kind);
        settings.insert(name, typed(kind, value));
    }
    let producers: Map<String, Value> = release
        .weak
        .iter()
        .filter_map(|link| Some((link.name.clone(), address(&link.producer)?.into())))
        .collect();
    let mut document = Map::new();
    document.insert("settings".to_owned(), settings.into());
    document.insert("producers".to_owned(), producers.into());
    serde_json::to_vec(&document).unwrap_or_default()
}

fn typed(kind: SettingKind, value: String) -> Value {
    match kind {
        SettingKind::Integer => value
            .parse::<i64>()
            .map_or(Value::String(value), Value::from),
        SettingKind::Boolean => match value.as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => Value::String(value),
        },
        // A decimal stays text: a browser's number would round it.
        SettingKind::Text | SettingKind::Decimal | SettingKind::DateTime => Value::String(value),
    }
}

/// A name as part of an environment variable: upper case, everything else as `_`.
pub(crate) fn variable(prefix: &str, name: &str) -> String {
    let mut text = prefix.to_owned();
    text.extend(name.chars().map(|c| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_uppercase()
        } else {
            '_'
        }
    }));
    text
}

/// The environment of a service, but for its port and what is sealed. `front` is the front door's own address
/// (`http://127.0.0.1:9001`); producers are reached through it by id, so that they may move.
pub(crate) fn variables(
    release: &Release,
    environment: &str,
    front: &str,
    data: &Path,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for (name, value) in values(release) {
        variables.insert(variable("SETTING_", &name), value);
    }
    for link in &release.weak {
        variables.insert(
            variable("SLIPWAY_ADDRESS_", &link.name),
            format!("{front}/-/modules/{}", link.producer),
        );
    }
    let own = [
        ("SLIPWAY_MODULE", release.name.clone()),
        ("SLIPWAY_APPLICATION", release.application_name.clone()),
        ("SLIPWAY_ENVIRONMENT", environment.to_owned()),
        ("SLIPWAY_URL_PATH", release.url_path().to_owned()),
        ("SLIPWAY_DATA", data.display().to_string()),
    ];
    for (name, value) in own {
        variables.insert(name.to_owned(), value);
    }
    variables
}
