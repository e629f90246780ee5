//! A console process: database, use cases, engine and router, from start to a clean stop.

use crate::proxy::Network;
use crate::{Limits, ServerState, serve};
use anyhow::Context;
use backend::{Backend, KeySource, Options};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What a console is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://…`.
    pub database: String,
    /// The folder of bundles.
    pub bundles: std::path::PathBuf,
    /// Whether people reach it over TLS.
    pub secure: bool,
    /// The proxies whose word about the client's address is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where the keys for secrets are.
    pub secret_keys: KeySource,
}

impl Settings {
    /// Everything in one folder, with SQLite.
    pub fn in_folder(data: &Path, listen: SocketAddr) -> Self {
        Self {
            listen,
            database: format!("sqlite:{}", data.join("console.db").display()),
            bundles: data.join("bundles"),
            secure: false,
            trusted_proxies: Vec::new(),
            secret_keys: crate::cli::secret_key_in(data),
        }
    }
}

/// A console that runs.
pub struct Console {
    /// Its use cases.
    pub backend: Arc<Backend>,
    /// Where it listens.
    pub address: SocketAddr,
    stop: CancellationToken,
    engine: JoinHandle<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Console {
    /// Opens the database and begins to serve.
    pub async fn start(settings: Settings) -> anyhow::Result<Self> {
        let options = Options {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: crate::assets::build().to_owned(),
            secret_keys: settings.secret_keys,
            ..Options::default()
        };
        let listener = TcpListener::bind(settings.listen).await.with_context(|| {
            format!(
                "{} cannot be listened on; --listen names another address",
                settings.listen
            )
        })?;
        let address = listener.local_addr()?;
        let backend = Arc::new(
            Backend::open(&settings.database, &settings.bundles, options)
                .await
                .context("the console could not start")?,
        );
        let stop = CancellationToken::new();
        let this = Arc::clone(&backend);
        let engine = move |stop| Arc::clone(&this).run_engine(stop);
        let engine = tokio::spawn(backend::kept("the engine", stop.clone(), engine));
        let state = ServerState {
            secure: settings.secure,
            trusted_proxies: settings.trusted_proxies.into(),
            ..ServerState::new(Arc::clone(&backend))
        };
        let stopped = stop.clone().cancelled_owned();
        let server = tokio::spawn(serve(listener, state, Limits::default(), stopped));
        Ok(Self {
            backend,
            address,
            stop,
            engine,
            server,
        })
    }

    /// The address for a browser on this machine.
    pub fn url(&self) -> String {
        url_of(self.address)
    }

    /// Resolves when the console stopped by itself, which it does not do when all is well.
    pub async fn failed(&mut self) -> anyhow::Error {
        match (&mut self.server).await {
            Ok(Ok(())) => anyhow::anyhow!("the console stopped serving"),
            Ok(Err(error)) => anyhow::anyhow!("the console stopped serving: {error}"),
            Err(_) => anyhow::anyhow!("the console's server ended unexpectedly"),
        }
    }

    /// Ends live streams, then requests, then the engine, which gives its leases back.
    pub async fn stop(self) {
        self.stop.cancel();
        if !self.server.is_finished() {
            let _ = self.server.await;
        }
        let _ = self.engine.await;
    }
}

/// An address as people type it; one that listens everywhere is reached at the loopback.
pub fn url_of(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", address.port())
    } else {
        format!("http://{address}")
    }
}
