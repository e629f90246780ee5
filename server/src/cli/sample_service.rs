//! What the sample factory's services run: shows the edition it was published with, the strong
//! content that is linked into it, and its site properties. It knows only what any service knows:
//! its folder and its environment.

use anyhow::Context;
use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// `slipway sample-service`
#[derive(Debug, clap::Args)]
pub struct SampleService {
    /// The port to listen on, on this machine only
    #[arg(long, env = "PORT")]
    port: u16,
}

impl SampleService {
    /// Serves until it is told to stop.
    pub async fn run(self) -> anyhow::Result<u8> {
        let state = Arc::new(describe(Path::new("."))?);
        let router = Router::new()
            .route("/", get(page))
            .route(
                "/data",
                get(async |State(state): State<Arc<Value>>| Json(state.as_ref().clone())),
            )
            .route("/health", get(async || "ok"))
            .with_state(state);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", self.port))
            .await
            .with_context(|| format!("port {} cannot be used", self.port))?;
        axum::serve(listener, router)
            .with_graceful_shutdown(super::terminal::told_to_stop())
            .await?;
        Ok(super::exit::FINE)
    }
}

/// Everything the service can say; read once, at the start.
fn describe(folder: &Path) -> anyhow::Result<Value> {
    let own = std::fs::read_to_string(folder.join("service.json"))
        .context("service.json was not found in the service's folder")?;
    let mut answer: Value = serde_json::from_str(&own).context("service.json is not JSON")?;
    answer["linked"] = json!(linked(&folder.join("producers")));
    let settings: BTreeMap<String, String> = std::env::vars()
        .filter_map(|(key, value)| Some((key.strip_prefix("SETTING_")?.to_owned(), value)))
        .collect();
    answer["settings"] = json!(settings);
    Ok(answer)
}

/// The files that were linked in, by producer.
fn linked(producers: &Path) -> BTreeMap<String, BTreeMap<String, String>> {
    let entries = |path: &Path| std::fs::read_dir(path).into_iter().flatten().flatten();
    entries(producers)
        .map(|producer| {
            let files = entries(&producer.path())
                .filter_map(|file| {
                    let text = std::fs::read_to_string(file.path()).ok()?;
                    Some((file.file_name().to_string_lossy().into_owned(), text))
                })
                .collect();
            (producer.file_name().to_string_lossy().into_owned(), files)
        })
        .collect()
}

async fn page(State(state): State<Arc<Value>>) -> Html<String> {
    let text = |key: &str| escape(state[key].as_str().unwrap_or_default());
    let pretty = |key: &str| escape(&format!("{:#}", state[key]));
    Html(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{module}</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}}\
         pre{{background:#f2f0ea;padding:1rem;border-radius:.5rem;overflow:auto}}</style></head>\
         <body><h1>{module}</h1><p>{title}</p>\
         <p data-edition=\"{edition}\">{application} &middot; edition {edition}</p>\
         <h2>Records</h2><pre>{records}</pre><h2>Linked into it</h2><pre>{linked}</pre>\
         <h2>Site properties</h2><pre>{settings}</pre></body></html>\n",
        module = text("module"),
        title = text("title"),
        application = text("application"),
        edition = state["edition"],
        records = pretty("records"),
        linked = pretty("linked"),
        settings = pretty("settings"),
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
