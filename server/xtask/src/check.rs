//! What must hold for all code: format, lints on both targets, who may depend on whom, and text
//! that may stand nowhere.

use crate::tools::{cargo, metadata, say};
use anyhow::{Result, bail};
use cargo_metadata::{DependencyKind, Metadata};
use std::fs;
use std::path::Path;

/// Runs every check, or only those that no other tool makes; stops at the first that fails.
pub fn run(rules_only: bool) -> Result<()> {
    let metadata = metadata()?;
    say("dependencies");
    report("dependencies", edges(&metadata))?;
    say("banned text");
    report(
        "banned text",
        banned_text(metadata.workspace_root.as_std_path())?,
    )?;
    say("drawings");
    report(
        "drawings",
        crate::drawings::missing(metadata.workspace_root.as_std_path())?,
    )?;
    if rules_only {
        return Ok(());
    }
    say("format");
    crate::tools::run(cargo().args(["fmt", "--all", "--check"]))?;
    for package in [
        "domain",
        "protocol",
        "bundle",
        "seal",
        "migrations",
        "store",
        "backend",
        "agent",
        "xtask",
    ] {
        say(&format!("clippy {package}"));
        clippy(&["-p", package, "--all-targets"])?;
    }
    say("clippy app (server side)");
    clippy(&["-p", "app", "--features", "ssr", "--all-targets"])?;
    say("clippy server");
    clippy(&["-p", "server", "--all-targets"])?;
    say("clippy frontend (WebAssembly)");
    clippy(&["-p", "frontend", "--target", "wasm32-unknown-unknown"])?;
    say("clippy domain (WebAssembly)");
    clippy(&["-p", "domain", "--target", "wasm32-unknown-unknown"])
}

fn clippy(arguments: &[&str]) -> Result<()> {
    crate::tools::run(
        cargo()
            .arg("clippy")
            .arg("-q")
            .args(arguments)
            .args(["--", "-D", "warnings"]),
    )
}

fn report(what: &str, breaches: Vec<String>) -> Result<()> {
    if breaches.is_empty() {
        return Ok(());
    }
    for breach in &breaches {
        say(&format!("  {breach}"));
    }
    bail!("{what}: {} breaches", breaches.len());
}

/// Our packages, and which of ours each may depend on.
const OURS: [(&str, &[&str]); 12] = [
    ("domain", &[]),
    ("protocol", &[]),
    ("migrations", &[]),
    ("bundle", &[]),
    ("seal", &[]),
    ("store", &["domain", "migrations"]),
    (
        "backend",
        &["domain", "store", "bundle", "protocol", "seal"],
    ),
    ("app", &["domain", "backend"]),
    ("frontend", &["app"]),
    ("agent", &["protocol", "bundle", "seal"]),
    (
        "server",
        &["app", "backend", "domain", "protocol", "bundle", "agent"],
    ),
    ("xtask", &[]),
];

/// Outside packages that only some of ours may name.
const KEPT: [(&str, &[&str]); 8] = [
    ("sea-orm", &["store"]),
    ("sea-orm-migration", &["migrations", "store"]),
    ("object_store", &["store"]),
    ("axum", &["server", "agent"]),
    ("leptos", &["app", "frontend", "server"]),
    ("leptos_axum", &["app", "server"]),
    ("leptos_router", &["app"]),
    ("wasm-bindgen", &["app", "frontend"]),
];

/// All that `domain` may name.
const DOMAIN_MAY: [&str; 5] = ["serde", "serde_json", "thiserror", "uuid", "sha2"];

fn edges(metadata: &Metadata) -> Vec<String> {
    let mut breaches = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let Some((_, may)) = OURS.iter().find(|(ours, _)| *ours == name) else {
            breaches.push(format!("{name} has no line in the table of xtask's check"));
            continue;
        };
        for dependency in &package.dependencies {
            if dependency.kind == DependencyKind::Development {
                continue;
            }
            let on = dependency.name.as_str();
            if OURS.iter().any(|(ours, _)| *ours == on) && !may.contains(&on) {
                breaches.push(format!("{name} must not depend on {on}"));
            }
            if let Some((_, who)) = KEPT.iter().find(|(kept, _)| *kept == on)
                && !who.contains(&name)
            {
                breaches.push(format!("only {} may name {on}, not {name}", who.join(", ")));
            }
            if name == "domain" && !DOMAIN_MAY.contains(&on) {
                breaches.push(format!("domain must not name {on}"));
            }
        }
    }
    breaches
}

/// Text, where it may not stand, where it may all the same, and why.
const BANNED: [(&str, &str, &str, &str); 7] = [
    ("inner_html", "app/src", "app/src/document.rs", "raw HTML"),
    (
        "<textarea",
        "app/src",
        "app/src/components/controls.rs",
        "a text area's child text is not escaped",
    ),
    (
        "ServerFnError>",
        "app/src",
        "",
        "its text may leak what is inside; use ApiError",
    ),
    (
        "#![allow(unsafe_code",
        ".",
        "app/src/pages/later.rs",
        "unsafe code",
    ),
    (
        "SystemTime::now",
        "app/domain/src",
        "",
        "a clock in the domain",
    ),
    (
        "HashMap",
        "app/domain/src",
        // Its hash has no seed, and nothing is read from it in its own order.
        "app/domain/src/landscape/builder/mod.rs",
        "an order that differs from run to run",
    ),
    ("f64", "app/domain/src", "", "floats in the domain"),
];

fn banned_text(root: &Path) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for (text, folder, except, why) in BANNED {
        let mut files = Vec::new();
        collect(&root.join(folder), &mut files)?;
        for file in files {
            let name = file
                .strip_prefix(root)
                .unwrap_or(&file)
                .to_string_lossy()
                .into_owned();
            if name == except || name.starts_with("server/xtask") {
                continue;
            }
            for (line, content) in fs::read_to_string(&file)?.lines().enumerate() {
                let code = content.trim_start();
                if code.contains(text) && !code.starts_with("//") {
                    breaches.push(format!("{name}:{}: {text} ({why})", line + 1));
                }
            }
        }
    }
    Ok(breaches)
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
