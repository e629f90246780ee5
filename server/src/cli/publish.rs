//! `slipway publish`: packs a folder, gives the console what it lacks, asks for the publication and
//! follows it to its end.

use super::console::{Console, Refused};
use super::exit;
use super::terminal::{complain, say};
use crate::api::wire;
use anyhow::Context;
use bundle::{Limits, MANIFEST_FILE, Manifest, ManifestError, Packed, manifest_text, pack_module};
use std::path::{Path, PathBuf};

/// `slipway publish --environment NAME DIR`
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Packs every module of DIR/slipway.toml, resolves what they use against what the environment runs,
and has the environment's agent publish them. Modules that did not change are not sent again.

The token is made in the console (one's own menu, Tokens). Keep it out of the command line:
  export SLIPWAY_TOKEN=...

Examples:
  slipway publish --environment Development shop
  slipway publish --environment Development --allow-missing shop
      producers that are not there yet are recorded as broken references

While it is followed the console may be away for up to two minutes; the publication goes on.

Ends with 0 when it is published, 1 when the console or the agent refused it, 2 when it could not
be tried (mistakes in slipway.toml, no token, no console).")]
pub struct Publish {
    /// The environment, by name
    #[arg(long, env = "SLIPWAY_ENVIRONMENT", value_name = "NAME")]
    environment: String,
    /// The console's address
    #[arg(
        long,
        env = "SLIPWAY_CONSOLE",
        value_name = "URL",
        default_value = "http://127.0.0.1:8400"
    )]
    console: String,
    /// A token of somebody who may publish
    #[arg(
        long,
        env = "SLIPWAY_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    token: Option<String>,
    /// Publish although producers or elements are missing in the environment
    #[arg(long, env = "SLIPWAY_ALLOW_MISSING")]
    allow_missing: bool,
    /// The application's folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

impl Publish {
    /// Publishes, and says line by line what happens.
    pub async fn run(self) -> anyhow::Result<u8> {
        let packed = match pack(&self.folder)? {
            Ok(packed) => packed,
            Err(mistakes) => {
                complain(&mistakes);
                return Ok(exit::BAD_INPUT);
            }
        };
        let console = Console::new(&self.console, self.token.as_deref())?;
        match self.publish(&console, packed).await {
            Ok(code) => Ok(code),
            Err(error) => match error.downcast_ref::<Refused>() {
                Some(refused) => {
                    complain(&format!("slipway: {refused}"));
                    Ok(refused.exit())
                }
                None => Err(error),
            },
        }
    }

    async fn publish(&self, console: &Console, modules: Vec<Bundle>) -> anyhow::Result<u8> {
        let digests: Vec<String> = modules
            .iter()
            .map(|m| m.packed.digest.to_string())
            .collect();
        let missing: wire::Bundles = console
            .post(
                "api/v1/bundles/missing",
                &wire::Bundles {
                    digests: digests.clone(),
                    environment: Some(self.environment.clone()),
                },
            )
            .await?;
        for module in modules {
            let digest = module.packed.digest.to_string();
            let name = &module.packed.manifest.module.name;
            if missing.digests.contains(&digest) {
                console
                    .put_bundle(&format!("api/v1/bundles/{digest}"), module.bytes)
                    .await?;
                say(&format!("  {name}: sent, {} bytes", module.packed.size));
            } else {
                say(&format!("  {name}: the console has it already"));
            }
        }
        let publication: wire::Publication = console
            .post(
                "api/v1/publications",
                &wire::NewPublication {
                    environment: self.environment.clone(),
                    bundles: digests,
                    allow_missing: self.allow_missing,
                },
            )
            .await?;
        let id = publication.id;
        say(&format!("  publication {id}"));
        let mut after = 0;
        loop {
            let state: wire::PublicationState = console
                .get_patiently(&format!("api/v1/publications/{id}?after={after}"))
                .await
                .inspect_err(|_| {
                    complain(&format!(
                        "slipway: the console does not tell how publication {id} goes. It goes on there; the environment's card shows when it is over."
                    ));
                })?;
            for line in &state.lines {
                after = after.max(line.number);
                match line.level.as_str() {
                    "info" => say(&format!("  {}", line.text)),
                    level => say(&format!("  {level}: {}", line.text)),
                }
            }
            match state.state.as_str() {
                "running" => {}
                "succeeded" => {
                    say(&format!("Published in {}.", self.environment));
                    return Ok(exit::FINE);
                }
                _ => {
                    complain(&format!(
                        "slipway: not published: {}",
                        state.error.as_deref().unwrap_or("see the lines above")
                    ));
                    return Ok(exit::REFUSED);
                }
            }
        }
    }
}

/// A packed module with its bytes.
#[derive(Debug)]
pub struct Bundle {
    /// What was packed.
    pub packed: Packed,
    /// The packed bytes.
    pub bytes: Vec<u8>,
}

/// Packs all modules of a folder. The inner error is a text about mistakes in the folder.
pub fn pack(folder: &Path) -> anyhow::Result<Result<Vec<Bundle>, String>> {
    let path = folder.join(MANIFEST_FILE);
    let shown = path.display().to_string();
    let bytes = std::fs::read(&path)
        .with_context(|| format!("{shown} could not be read; `slipway init` writes a first one"))?;
    let manifest = match read(&shown, bytes, folder) {
        Ok(manifest) => manifest,
        Err(mistakes) => return Ok(Err(mistakes.to_string())),
    };
    let mut bundles = Vec::with_capacity(manifest.modules.len());
    for module in &manifest.modules {
        let mut bytes = Vec::new();
        match pack_module(folder, &manifest, module, &Limits::STANDARD, &mut bytes) {
            Ok(packed) => bundles.push(Bundle { packed, bytes }),
            Err(error) => return Ok(Err(error.to_string())),
        }
    }
    Ok(Ok(bundles))
}

/// The manifest with its ids and folders.
fn read(shown: &str, bytes: Vec<u8>, folder: &Path) -> Result<Manifest, ManifestError> {
    let text = manifest_text(shown, bytes)?;
    let manifest = Manifest::parse(shown, &text)?;
    manifest.require_ids(shown, &text)?;
    manifest.require_folders(shown, &text, folder)?;
    Ok(manifest)
}
