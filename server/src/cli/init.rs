//! `slipway init`: ids into a manifest, or a first manifest where there is none.

use super::exit;
use super::terminal::{complain, say};
use anyhow::Context;
use std::path::PathBuf;
use uuid::Uuid;

/// `slipway init [DIR]`
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Ids are written once and never change: names may be changed at any time, and Slipway still knows
that it is the same application. Commit slipway.toml with them.

Examples:
  slipway init              the folder one stands in
  slipway init shop         another one; a first slipway.toml is written if there is none")]
pub struct Init {
    /// The application's folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl Init {
    /// Writes what is missing.
    pub fn run(self) -> anyhow::Result<u8> {
        let path = self.folder.join(bundle::MANIFEST_FILE);
        let shown = path.display().to_string();
        if !path.exists() {
            return self.begin();
        }
        let bytes = std::fs::read(&path).with_context(|| format!("{shown} could not be read"))?;
        let text = match bundle::manifest_text(&shown, bytes) {
            Ok(text) => text,
            Err(mistake) => {
                complain(&mistake.to_string());
                return Ok(exit::BAD_INPUT);
            }
        };
        match bundle::initialise(&shown, &text, Uuid::now_v7) {
            Ok(result) if result.added.is_empty() => {
                say(&format!("{shown}: every id is there"));
                Ok(exit::FINE)
            }
            Ok(result) => {
                replace(&path, &result.text)
                    .with_context(|| format!("{shown} could not be written"))?;
                for what in result.added {
                    say(&format!("{shown}: id for {what}"));
                }
                Ok(exit::FINE)
            }
            Err(error) => {
                complain(&error.to_string());
                Ok(exit::BAD_INPUT)
            }
        }
    }

    /// A first application: one page.
    fn begin(&self) -> anyhow::Result<u8> {
        let absolute = std::path::absolute(&self.folder)?;
        let folder = absolute.file_name().map_or_else(
            || "app".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        let slug: String = folder
            .to_ascii_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        let name: String = folder
            .chars()
            .filter(|c| !c.is_control())
            .take(50)
            .collect();
        let site = self.folder.join("site");
        std::fs::create_dir_all(&site)
            .with_context(|| format!("{} could not be made", site.display()))?;
        let page = site.join("index.html");
        if !page.exists() {
            std::fs::write(
                &page,
                "<!doctype html>\n<html lang=\"en\">\n<title>A new application</title>\n<h1>A new application</h1>\n",
            )?;
        }
        let mut text = crate::sample::folder::ManifestText::new(
            Uuid::now_v7(),
            &name,
            "What this application is for.",
        );
        text.module(Uuid::now_v7(), &name, "static", "site", "Its pages.");
        text.pair("url_path", &format!("/{}", slug.trim_matches('-')));
        let path = self.folder.join(bundle::MANIFEST_FILE);
        std::fs::write(&path, text.finish())?;
        say(&format!(
            "{}: written, with one static module. Publish it with\n  slipway publish --environment Development {}",
            path.display(),
            self.folder.display()
        ));
        Ok(exit::FINE)
    }
}

/// Writes beside and renames, so that a manifest is never half written.
fn replace(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    let beside = path.with_extension("toml.new");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}
