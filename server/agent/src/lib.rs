//! The program that hosts applications on an environment. A library: `slipway agent` wires it.
//!
//! It sees the console only through [`protocol`] and modules only through [`bundle`]. It dials the
//! console and opens no control port: what listens is the front door, where people reach the
//! applications, and a socket file in its own folder for `slipway agent publish`.
//!
//! # What a module finds when it runs
//! * Strong content of producers: `producers/{producer's name}/{path in the producer}`.
//! * A **static** module: its files at its URL path, and beside them a document made on the fly,
//!   `slipway-settings.json`: `{"settings": {name: value}, "producers": {name: URL path}}` with its
//!   site properties (never secrets) and where its weak producers are now.
//! * A **service**: its folder as working directory and these environment variables:
//!   `PORT` (listen on 127.0.0.1 there), `SETTING_{NAME}` for each site property,
//!   `SLIPWAY_ADDRESS_{PRODUCER}` for each weak producer (names in upper case, everything but
//!   letters and digits as `_`), `SLIPWAY_DATA` (a folder that stays across versions),
//!   `SLIPWAY_MODULE`, `SLIPWAY_APPLICATION`, `SLIPWAY_ENVIRONMENT`, `SLIPWAY_URL_PATH`. Requests
//!   arrive with the module's URL path taken off and named in `x-forwarded-prefix`.
//! * A **library** has no runtime of its own.

mod clock;
mod config;
mod error;
mod host;
mod inventory;
mod journal;
mod link;
mod local;
mod orders;
mod publish;
mod reserve;
mod secrets;
mod settings;
mod state;
mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use config::{Config, Identity, ServiceLimits, TIDY_AFTER};
pub use error::AgentError;
pub use seal::KeySource;

use config::Folder;
use host::{Host, HostParts};
use journal::Journal;
use link::console::Console;
use link::{AbortOnDrop, Link};
use orders::{Orders, OrdersParts};
use protocol::{AgentSelf, Join};
use secrets::Secrets;
use std::future::IntoFuture;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{Store, Syncer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The number of the contract that modules may need (`needs_platform`).
pub const PLATFORM: u32 = 1;

/// A running agent.
pub struct Running {
    address: SocketAddr,
    finished: tokio::task::JoinHandle<Result<(), AgentError>>,
}

impl Running {
    /// Where the front door listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the agent has stopped, after its token was cancelled.
    pub async fn finished(self) -> Result<(), AgentError> {
        match self.finished.await {
            Ok(result) => result,
            Err(error) => Err(AgentError::Publish(format!(
                "The agent stopped because of a fault ({error}). Start it again; nothing is lost."
            ))),
        }
    }
}

fn describe(config: &Config, address: SocketAddr) -> AgentSelf {
    AgentSelf {
        version: config.version.clone(),
        protocol: protocol::VERSION,
        address: config
            .public_address
            .clone()
            .unwrap_or_else(|| format!("http://{address}")),
        platform: PLATFORM,
    }
}

/// Trades a join code for an identity, which is kept in the agent's folder.
pub async fn join(config: &Config, code: &str) -> Result<Identity, AgentError> {
    let folder = Folder::prepare(&config.folder)?;
    let _lock = folder.lock()?;
    if let Some((identity, _)) = folder.read_identity()? {
        return Err(AgentError::AlreadyJoined {
            folder: config.folder.clone(),
            environment: identity.environment.name,
        });
    }
    let joined = link::console::join(
        &config.console,
        &Join {
            code: code.trim().to_owned(),
            agent: describe(config, config.listen),
        },
    )
    .await?;
    let identity = Identity {
        agent_id: joined.agent_id,
        environment: joined.environment,
        console: config.console.clone(),
    };
    folder.write_identity(&identity, &joined.secret)?;
    Ok(identity)
}

/// Ends the services that an agent which was killed has left running from this folder, as its next
/// start does. Refused while an agent runs there.
pub fn end_services(folder: &Path) -> Result<(), AgentError> {
    let folder = Folder::prepare(folder)?;
    let _lock = folder.lock()?;
    host::process::end_leftovers(&folder.running(), &folder.data())
        .map_err(|e| AgentError::folder(folder.root(), e))
}

/// Who the agent in this folder is; none before it joined.
pub fn identity(folder: &Path) -> Result<Option<Identity>, AgentError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let folder = Folder::prepare(folder)?;
    Ok(folder.read_identity()?.map(|(identity, _)| identity))
}

fn this_program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("slipway"))
}

/// Starts the agent that has joined: everything that should run is started, the front door opens,
/// and the console is dialled until `stop` is cancelled. Returns once the front door listens.
pub async fn run(config: Config, stop: CancellationToken) -> Result<Running, AgentError> {
    let folder = Folder::prepare(&config.folder)?;
    let lock = folder.lock()?;
    let (identity, secret) = folder
        .read_identity()?
        .ok_or_else(|| AgentError::NotJoined(config.folder.clone()))?;
    let console = Console::new(&config.console, identity.agent_id, &secret)?;
    let listen = |source| AgentError::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let parts = Parts::open(
        folder.clone(),
        &config,
        address,
        identity.environment.name,
        Some(console.clone()),
    )?;
    let orders = Arc::new(parts);
    let releases: Vec<_> = orders.journal.state().current.values().cloned().collect();
    orders.host.mount_all(releases);
    let link = Arc::new(Link {
        console,
        orders: Arc::clone(&orders),
        agent: describe(&config, address),
        given: link::post::Given::default(),
    });
    let socket = local::listen(&folder);
    let finished = tokio::spawn(async move {
        let _lock = lock;
        let front = axum::serve(
            listener,
            host::router(Arc::clone(&orders.host))
                .into_make_service_with_connect_info::<SocketAddr>(),
        );
        let mut background = vec![
            AbortOnDrop(tokio::spawn(link.keep())),
            AbortOnDrop(tokio::spawn(async move {
                if let Err(error) = front.into_future().await {
                    tracing::error!(%error, "the front door closed");
                }
            })),
            AbortOnDrop(tokio::spawn({
                let orders = Arc::clone(&orders);
                async move { orders.keep_tidy().await }
            })),
        ];
        if let Some(socket) = socket {
            background.push(AbortOnDrop(tokio::spawn(local::serve(
                socket,
                Arc::clone(&orders),
            ))));
        }
        stop.cancelled().await;
        // The link goes first, so that no order comes while everything is taken down. What is
        // half done is found at the next start.
        background.clear();
        orders.stop().await;
        let _ = std::fs::remove_file(folder.socket());
        orders.host.stop_all().await;
        Ok(())
    });
    Ok(Running { address, finished })
}

/// The parts of an agent, opened from its folder.
struct Parts;

impl Parts {
    fn open(
        folder: Folder,
        config: &Config,
        front: SocketAddr,
        environment: String,
        console: Option<Console>,
    ) -> Result<Orders, AgentError> {
        let in_folder = |e| AgentError::folder(folder.root(), e);
        host::process::end_leftovers(&folder.running(), &folder.data()).map_err(in_folder)?;
        let secrets = Arc::new(Secrets::new(folder.secret_keys(config)));
        let journal = Journal::open(&folder.journal(), &secrets)?;
        let sync = Syncer::new(folder.root()).map_err(in_folder)?;
        let store = Store::open(folder.bundles()).map_err(in_folder)?;
        let host = Host::new(HostParts {
            folder: folder.clone(),
            slipway: config.program.clone().unwrap_or_else(this_program),
            front,
            journal: journal.clone(),
            secrets: Arc::clone(&secrets),
            environment,
            version: config.version.clone(),
            limits: config.services,
        })
        .map_err(|e| AgentError::Publish(format!("The HTTP client could not be made: {e}.")))?;
        Ok(Orders::new(OrdersParts {
            folder,
            journal,
            secrets,
            host: Arc::new(host),
            store,
            console,
            sync,
            tidy_after: config.tidy_after,
        }))
    }
}

/// `slipway agent publish`: publishes the application in the folder `source` on the agent in
/// `folder`, without the console (which will call it *changed outside*). Returns a line per module
/// for the person who asked. Works whether the agent runs or not; one that does not is opened with
/// the keys of `secret_keys`, as [`Config`] has it.
pub async fn publish_locally(
    folder: &Path,
    source: &Path,
    secret_keys: Option<KeySource>,
) -> Result<Vec<String>, AgentError> {
    let source = std::fs::canonicalize(source).map_err(|e| AgentError::folder(source, e))?;
    if let Some(answer) = local::ask(folder, &source).await {
        return answer;
    }
    link::console::prepare_tls();
    let prepared = Folder::prepare(folder)?;
    let _lock = prepared.lock()?;
    let Some((identity, _)) = prepared.read_identity()? else {
        return Err(AgentError::NotJoined(folder.to_owned()));
    };
    let config = Config {
        folder: folder.to_owned(),
        console: identity.console,
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        public_address: None,
        program: None,
        version: String::new(),
        secret_keys,
        services: ServiceLimits::default(),
        tidy_after: TIDY_AFTER,
    };
    let orders = Parts::open(
        prepared,
        &config,
        config.listen,
        identity.environment.name,
        None,
    )?;
    let lines = local::publish(&orders, &source).await;
    orders.sweep().await;
    orders.host.stop_all().await;
    lines
}
