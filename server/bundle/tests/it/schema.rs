//! The committed JSON Schema is that of the code.

use std::path::Path;

#[test]
fn the_manifests_schema_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/manifest.schema.json");
    let schema = bundle::manifest_schema();
    if std::env::var_os("SLIPWAY_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &schema).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        committed, schema,
        "docs/manifest.schema.json is old: run this test with SLIPWAY_UPDATE=1"
    );
}

#[test]
fn the_schema_knows_every_section() {
    let schema: serde_json::Value = serde_json::from_str(&bundle::manifest_schema()).unwrap();
    let module = &schema["$defs"]["Module"]["properties"];
    for key in [
        "id", "name", "kind", "path", "url_path", "service", "provides", "uses", "setting",
    ] {
        assert!(module.get(key).is_some(), "{key}");
    }
    assert_eq!(
        schema["required"],
        serde_json::json!(["application", "module"])
    );
    let required = schema["$defs"]["Module"]["required"].as_array().unwrap();
    assert_eq!(
        required,
        &["name", "kind", "path"].map(serde_json::Value::from)
    );
}
