//! The JSON Schema of `slipway.toml`, for editors. Committed as `docs/manifest.schema.json`.

use crate::manifest::Manifest;

/// The schema as pretty JSON with a final newline.
pub fn manifest_schema() -> String {
    let mut schema = schemars::schema_for!(Manifest);
    schema.insert("title".to_owned(), "slipway.toml".into());
    schema.insert(
        "description".to_owned(),
        "An application as its developers describe it to Slipway.".into(),
    );
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
