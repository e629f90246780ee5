//! Committed documents that have to agree with the code.

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let documented = read("docs/dependencies.md");
    let named: Vec<&str> = documented
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split('|').next())
        .flat_map(|names| names.split(','))
        .map(str::trim)
        .collect();
    let missing: Vec<_> = manifest["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .iter()
        .filter(|(_, value)| value.get("path").is_none())
        .map(|(name, _)| name)
        .filter(|name| !named.contains(&name.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/dependencies.md has no reason for {missing:?}"
    );
}

#[test]
fn the_book_lists_pages_that_exist() {
    let summary = read("docs/SUMMARY.md");
    for line in summary.lines().filter(|line| line.contains("](")) {
        let page = line.split("](").nth(1).unwrap().trim_end_matches(')');
        assert!(!read(&format!("docs/{page}")).is_empty(), "{page}");
    }
}
