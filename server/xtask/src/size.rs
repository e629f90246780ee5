//! What the first load of the page weighs.

use crate::tools::{metadata, say};
use anyhow::{Context, Result, bail};
use std::fs;

/// Bytes of Brotli that the first load may weigh, all files together.
const BUDGET: u64 = 350_000;

/// Prints each file of the first load and the total; fails above the budget.
pub fn print() -> Result<()> {
    let site = metadata()?.workspace_root.join("target/site");
    let manifest = fs::read_to_string(site.join("manifest.json"))
        .context("the page was not built; run: cargo xtask build-page --release")?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
    if manifest["release"] != true {
        bail!("the page was built for development; run: cargo xtask build-page --release");
    }
    let mut first_load: Vec<String> = ["script", "parts", "wasm", "style", "font", "icon"]
        .iter()
        .filter_map(|key| manifest[*key].as_str().map(str::to_owned))
        .collect();
    // The first screen also shows times and numbers in the second font.
    for entry in fs::read_dir(&site)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.contains("mono-basic-wght") {
            first_load.push(format!("/pkg/{name}"));
        }
    }
    let (mut raw, mut packed) = (0, 0);
    for address in first_load {
        let name = address.trim_start_matches("/pkg/");
        let plain = fs::metadata(site.join(name))?.len();
        let small = fs::metadata(site.join(format!("{name}.br"))).map_or(plain, |file| file.len());
        raw += plain;
        packed += small;
        say(&format!("{plain:>10} {small:>9}  {name}"));
    }
    say(&format!(
        "{raw:>10} {packed:>9}  first load (raw, Brotli); budget {BUDGET}"
    ));
    if packed > BUDGET {
        bail!(
            "the first load is {} bytes above its budget",
            packed - BUDGET
        );
    }
    Ok(())
}
