//! Drawings that the page asks for by name: one that is not in the sprite shows as a gap, and nothing
//! else says so.

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// How the page's code names a drawing, and how the sprite calls those.
const WAYS: [(&str, &str); 3] = [
    ("icon=\"", "i-"),
    ("<Icon name=\"", "i-"),
    ("<Glyph name=\"", "s-"),
];

/// Every drawing that the page's code names and the sprite has not.
pub fn missing(root: &Path) -> Result<Vec<String>> {
    let sprite = root.join("style/icons.svg");
    let sprite = fs::read_to_string(&sprite).with_context(|| sprite.display().to_string())?;
    let drawn: BTreeSet<&str> = after(&sprite, "id=\"").collect();
    let mut missing = Vec::new();
    let mut folders = vec![root.join("app/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let source = fs::read_to_string(&path)?;
                let shown = path.strip_prefix(root).unwrap_or(&path).display();
                let names = unknown(&source, &drawn).into_iter();
                missing.extend(names.map(|name| format!("{shown}: {name} is not in the sprite")));
            }
        }
    }
    missing.sort();
    Ok(missing)
}

fn unknown(source: &str, drawn: &BTreeSet<&str>) -> Vec<String> {
    WAYS.iter()
        .flat_map(|(way, kind)| after(source, way).map(move |name| format!("{kind}{name}")))
        .filter(|name| !drawn.contains(name.as_str()))
        .collect()
}

/// What stands between each `start` and the next quotation mark.
fn after<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(start).filter_map(move |(at, _)| {
        let (name, _) = text[at + start.len()..].split_once('"')?;
        Some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_that_the_sprite_has_not_is_named() {
        let drawn = BTreeSet::from(["i-eye", "s-fail"]);
        let source = r#"<Button icon="eye"/> <Glyph name="fail"/> <LinkButton icon="fail"/>"#;
        assert_eq!(unknown(source, &drawn), ["i-fail"]);
    }
}
