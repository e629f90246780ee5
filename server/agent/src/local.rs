//! `slipway agent publish`: the way around the console, on the agent's own machine. A running
//! agent hears it through a socket file that only its owner can open; a stopped one is published
//! to directly.

use crate::clock::now_ms;
use crate::config::Folder;
use crate::error::{AgentError, Failure};
use crate::orders::{Kept, Orders};
use bundle::{
    BundleManifest, ElementKind, Limits, MANIFEST_FILE, Manifest, ManifestError, Strength,
    manifest_text,
};
use protocol::{Link, Placement, WeakLink};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use uuid::Uuid;

/// A request on the socket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Request {
    /// Publish the application in this folder.
    Publish(PathBuf),
}

/// The answer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// A line per module.
    Done(Vec<String>),
    /// Why not.
    Failed(String),
}

/// Asks the running agent of this folder. None if no agent runs there.
pub(crate) async fn ask(folder: &Path, source: &Path) -> Option<Result<Vec<String>, AgentError>> {
    let mut socket = UnixStream::connect(folder.join("agent.sock")).await.ok()?;
    let asked = async {
        let mut request = serde_json::to_vec(&Request::Publish(source.to_owned()))?;
        request.push(b'\n');
        socket.write_all(&request).await?;
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await?;
        Ok::<Answer, io::Error>(serde_json::from_slice(&answer)?)
    };
    Some(match asked.await {
        Ok(Answer::Done(lines)) => Ok(lines),
        Ok(Answer::Failed(message)) => Err(AgentError::Publish(message)),
        Err(_) => Err(AgentError::Publish(
            "The agent stopped while it published. Start it and look at its page for what runs, then publish again."
                .to_owned(),
        )),
    })
}

/// Opens the socket. An agent whose folder's path is too long for one runs without.
pub(crate) fn listen(folder: &Folder) -> Option<UnixListener> {
    let path = folder.socket();
    let _ = fs::remove_file(&path);
    let opened = UnixListener::bind(&path).and_then(|listener| {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(listener)
    });
    opened
        .inspect_err(|error| {
            tracing::warn!(%error, "`slipway agent publish` will not reach this agent while it runs");
        })
        .ok()
}

/// Answers on the socket until dropped.
pub(crate) async fn serve(listener: UnixListener, orders: Arc<Orders>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let orders = Arc::clone(&orders);
        tokio::spawn(async move {
            if let Err(error) = answer(socket, &orders).await {
                tracing::debug!(%error, "a request on the socket was cut off");
            }
        });
    }
}

async fn answer(socket: UnixStream, orders: &Orders) -> io::Result<()> {
    let mut socket = BufReader::new(socket);
    let mut line = String::new();
    (&mut socket).take(64 << 10).read_line(&mut line).await?;
    let Request::Publish(source) = serde_json::from_str(&line)?;
    let answer = match publish(orders, &source).await {
        Ok(lines) => Answer::Done(lines),
        Err(error) => Answer::Failed(error.to_string()),
    };
    socket.write_all(&serde_json::to_vec(&answer)?).await?;
    socket.shutdown().await
}

struct Ready {
    digest: String,
    manifest: BundleManifest,
}

/// Packs, links and publishes every module of the application in `source`, producers first.
pub(crate) async fn publish(orders: &Orders, source: &Path) -> Result<Vec<String>, AgentError> {
    let file = source.join(MANIFEST_FILE);
    let shown = file.display().to_string();
    let bytes = fs::read(&file).map_err(|error| {
        AgentError::Publish(format!(
            "{shown} could not be read: {error}. Give the folder of an application with its slipway.toml."
        ))
    })?;
    let manifest =
        read(&shown, bytes, source).map_err(|error| AgentError::Publish(error.to_string()))?;
    let (packed, kept) = pack(orders, source, &manifest).await?;
    let refused = |failure: Failure| AgentError::Publish(failure.message);
    let mut lines = Vec::new();
    let mut known: BTreeMap<Uuid, Known> = {
        let state = orders.journal.state();
        state
            .current
            .values()
            .map(|r| (r.module, Known::of(&r.name, &r.digest, &r.manifest)))
            .collect()
    };
    for ready in &packed {
        let module = &ready.manifest.module;
        known.insert(
            module.id,
            Known::of(&module.name, &ready.digest, &ready.manifest),
        );
    }
    for ready in in_order(packed) {
        let module = ready.manifest.module.id;
        let name = ready.manifest.module.name.clone();
        let _turn = orders.module_turn(module).await;
        let (links, weak, missing) = resolve(&ready.manifest, &known);
        let (settings, secret_settings, sealed) = orders
            .journal
            .state()
            .current
            .get(&module)
            .map(|r| {
                (
                    r.settings.clone(),
                    r.secret_settings.iter().cloned().collect(),
                    r.sealed.clone(),
                )
            })
            .unwrap_or_default();
        let placement = Placement {
            module,
            name: name.clone(),
            application: ready.manifest.application.id,
            application_name: ready.manifest.application.name.clone(),
            module_version: Uuid::nil(),
            digest: ready.digest.clone(),
            links,
            weak,
            settings,
            secret_settings,
        };
        let (mut release, staged) = orders.stage_release(placement).await.map_err(refused)?;
        for (name, sealed) in sealed {
            release.sealed.entry(name).or_insert(sealed);
        }
        release.module_version = None;
        release.activated_ms = now_ms();
        orders
            .check_address(Uuid::nil(), &release, &[])
            .map_err(refused)?;
        let mounted = orders
            .start(Uuid::nil(), release.clone(), Duration::ZERO)
            .await
            .map_err(refused)?;
        orders
            .commit(None, module, Some((release, mounted)))
            .await
            .map_err(refused)?;
        drop(staged);
        lines.push(if missing.is_empty() {
            format!("{name}: published ({:.12})", ready.digest)
        } else {
            format!(
                "{name}: published ({:.12}), but these are not here: {}",
                ready.digest,
                missing.join(", ")
            )
        });
    }
    drop(kept);
    orders.note_untidy();
    Ok(lines)
}

/// The manifest with its ids and folders.
fn read(shown: &str, bytes: Vec<u8>, source: &Path) -> Result<Manifest, ManifestError> {
    let text = manifest_text(shown, bytes)?;
    let manifest = Manifest::parse(shown, &text)?;
    manifest.require_ids(shown, &text)?;
    manifest.require_folders(shown, &text, source)?;
    Ok(manifest)
}

async fn pack(
    orders: &Orders,
    source: &Path,
    manifest: &Manifest,
) -> Result<(Vec<Ready>, Vec<Kept>), AgentError> {
    let mut packed = Vec::new();
    let mut kept = Vec::new();
    for module in &manifest.modules {
        let partial = orders.bundles.join(format!("{}.partial", Uuid::now_v7()));
        let (root, manifest, module, path) = (
            source.to_owned(),
            manifest.clone(),
            module.clone(),
            partial.clone(),
        );
        let done = tokio::task::spawn_blocking(move || {
            let file = File::create(&path).map_err(|e| e.to_string())?;
            bundle::pack_module(
                &root,
                &manifest,
                &module,
                &Limits::STANDARD,
                io::BufWriter::new(file),
            )
            .map_err(|e| e.to_string())
        })
        .await
        .unwrap_or_else(|_| Err("Packing was interrupted. Try again.".to_owned()));
        let done = match done {
            Ok(done) => {
                let digest = done.digest.to_hex();
                kept.push(orders.keep([digest.clone()]).await);
                orders
                    .store
                    .put_file(&digest, &partial)
                    .map(|()| done)
                    .map_err(|failure| failure.message)
            }
            Err(message) => Err(message),
        };
        let _ = fs::remove_file(&partial);
        let done = done.map_err(AgentError::Publish)?;
        packed.push(Ready {
            digest: done.digest.to_hex(),
            manifest: done.manifest,
        });
    }
    Ok((packed, kept))
}

/// A module that others may use.
struct Known {
    name: String,
    digest: String,
    elements: Vec<(ElementKind, String)>,
}

impl Known {
    fn of(name: &str, digest: &str, manifest: &BundleManifest) -> Self {
        Self {
            name: name.to_owned(),
            digest: digest.to_owned(),
            elements: manifest
                .provides
                .iter()
                .map(|e| (e.kind, e.name.clone()))
                .collect(),
        }
    }
}

/// What a module uses, found among what is there: links, weak links, and what is missing.
fn resolve(
    manifest: &BundleManifest,
    known: &BTreeMap<Uuid, Known>,
) -> (Vec<Link>, Vec<WeakLink>, Vec<String>) {
    let (mut links, mut weak, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for used in &manifest.uses {
        let by_id = Uuid::try_parse(&used.module).ok();
        let producer = known.iter().find(|(id, producer)| {
            by_id == Some(**id) || producer.name.eq_ignore_ascii_case(&used.module)
        });
        let Some((id, producer)) = producer else {
            missing.push(format!("the module \"{}\"", used.module));
            continue;
        };
        let mut elements = Vec::new();
        let mut is_weak = false;
        for element in &used.elements {
            let there = producer.elements.iter().any(|(kind, name)| {
                *kind == element.kind && name.eq_ignore_ascii_case(&element.name)
            });
            if !there {
                missing.push(format!("\"{}\" of \"{}\"", element.name, producer.name));
            } else if element.kind.strength() == Strength::Strong {
                elements.push((element.kind.as_str().to_owned(), element.name.clone()));
            } else {
                is_weak = true;
            }
        }
        if !elements.is_empty() {
            links.push(Link {
                producer: *id,
                name: producer.name.clone(),
                digest: producer.digest.clone(),
                elements,
            });
        }
        if is_weak {
            weak.push(WeakLink {
                producer: *id,
                name: producer.name.clone(),
            });
        }
    }
    (links, weak, missing)
}

/// Producers before their consumers; within a cycle, as written.
fn in_order(mut waiting: Vec<Ready>) -> Vec<Ready> {
    let mut ordered: Vec<Ready> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let free = waiting.iter().position(|ready| {
            !ready.manifest.uses.iter().any(|used| {
                waiting.iter().any(|other| {
                    other.manifest.module.id != ready.manifest.module.id
                        && (other
                            .manifest
                            .module
                            .name
                            .eq_ignore_ascii_case(&used.module)
                            || Uuid::try_parse(&used.module)
                                .is_ok_and(|id| id == other.manifest.module.id))
                })
            })
        });
        ordered.push(waiting.remove(free.unwrap_or(0)));
    }
    ordered
}
