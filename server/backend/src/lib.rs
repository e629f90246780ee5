//! The use cases of Slipway: who may, in which transaction, what follows.
//!
//! Each use case is a method of [`Backend`]. It names what the [`Actor`] needs, reads, lets
//! `domain` decide, and writes state and audit entry in one transaction; after the commit it bumps
//! the live topics and wakes who waits. Nothing but the database is waited for inside a
//! transaction.

mod active;
pub mod actor;
mod agents;
mod audit;
mod bundles;
mod catalog;
pub mod clock;
mod comparison;
mod contract;
mod ended;
pub mod engine;
mod environments;
pub mod events;
mod executions;
mod hotfixes;
mod inventory;
mod kept;
mod landscape;
mod open;
mod paces;
mod pause;
mod people;
mod plans;
mod prepared;
mod publish;
mod secrets;
mod settings;
mod stop;
mod supplied;
mod suspended;
#[cfg(feature = "testing")]
pub mod testing;
mod tidy;
mod vault;

pub use actor::{Actor, Client};
pub use agents::{AgentActor, AgentError};
pub use bundles::{MAX_BUNDLE, max_bundle_words};
pub use catalog::{Block, Installed, InstalledPage, InstalledPlace, Package, Tag, TagModule};
pub use kept::kept;
pub use open::OpenError;
pub use plans::{
    Deployment, DeploymentChange, DeploymentCheck, DeploymentFilter, DeploymentOperation,
    DeploymentPage, DeploymentStart, NewDeployment, PlanExport,
};
pub use publish::{NewPublication, PublicationLine, PublicationState};
pub use vault::{KeyError, KeySource, Rotated};

use clock::{Clock, Ids};
use domain::{AppError, Timestamp};
use events::Topics;
use std::sync::atomic::{AtomicI64, Ordering};
use store::{Blobs, DatabaseKind, Store};
use uuid::Uuid;

/// What can be chosen about a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The console's version, as agents and the About page are told.
    pub version: String,
    /// The build it came from: changes with the page in it.
    pub build: String,
    /// Passwords are hashed with the least cost there is. For tests only.
    pub cheap_passwords: bool,
    /// How runs are walked.
    pub engine: engine::EngineOptions,
    /// How large a slice of the landscape a browser is given to check; beyond it the server does.
    pub browser_limit: domain::landscape::SliceSize,
    /// Where the keys are that secrets are sealed with.
    pub secret_keys: KeySource,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            build: String::new(),
            cheap_passwords: false,
            engine: engine::EngineOptions::default(),
            browser_limit: domain::landscape::SliceSize::BROWSER,
            secret_keys: KeySource::None,
        }
    }
}

/// Clocks that differ by less, in milliseconds, count as equal.
const CLOCKS_APART: i64 = 250;

/// Everything a request needs. One per process, shared.
pub struct Backend {
    store: Store,
    blobs: Blobs,
    clock: Box<dyn Clock>,
    /// How far the database's clock is ahead of ours, in milliseconds.
    behind: AtomicI64,
    ids: Box<dyn Ids>,
    options: Options,
    topics: Topics,
    engine: engine::Engine,
    links: agents::Links,
    recent_agents: agents::Recent,
    states: contract::States,
    landscapes: landscape::Cache,
    served: plans::Served,
    lines: plans::Lines,
    passwords: people::Passwords,
    vault: vault::Vault,
    /// Read by who keeps a bundle, written by who removes bundles.
    bundle_turn: tokio::sync::RwLock<()>,
    /// Held from the check of a plan to its start: of many that start at the same moment each would
    /// find that what it was checked against has changed.
    start_turn: tokio::sync::Mutex<()>,
    started: Timestamp,
}

impl Backend {
    /// The use cases on an open store.
    pub async fn new(
        store: Store,
        blobs: Blobs,
        clock: impl Clock,
        ids: impl Ids,
        options: Options,
    ) -> Result<Self, AppError> {
        let started = clock.now();
        let id = ids.new_id();
        store
            .write(async |tx| -> Result<(), AppError> {
                if store::people::installation(tx).await?.is_none() {
                    store::people::insert_installation(tx, id, started.0).await?;
                }
                Ok(())
            })
            .await?;
        if store.kind() == DatabaseKind::Sqlite {
            // The only console process has just started, so nobody is connected to it.
            store
                .write(async |tx| store::agents::disconnect_all(tx).await)
                .await?;
        }
        let backend = Self::on(store, blobs, clock, ids, options);
        backend.set_clock().await?;
        Ok(backend)
    }

    /// The use cases, with nothing done to the database.
    fn on(store: Store, blobs: Blobs, clock: impl Clock, ids: impl Ids, options: Options) -> Self {
        let started = clock.now();
        Self {
            topics: Topics::new(started, store.kind() == DatabaseKind::Postgres),
            engine: engine::Engine::new(ids.new_id(), options.engine),
            links: agents::Links::default(),
            recent_agents: agents::Recent::default(),
            states: contract::States::default(),
            landscapes: landscape::Cache::default(),
            served: plans::Served::default(),
            lines: plans::Lines::default(),
            passwords: people::Passwords::new(options.cheap_passwords),
            vault: vault::Vault::new(options.secret_keys.clone()),
            bundle_turn: tokio::sync::RwLock::default(),
            start_turn: tokio::sync::Mutex::default(),
            store,
            blobs,
            clock: Box::new(clock),
            behind: AtomicI64::new(0),
            ids: Box::new(ids),
            options,
            started,
        }
    }

    /// Now, in milliseconds since the epoch: by the database's clock where several consoles share
    /// one, so that they agree on what is overdue and who is there.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().0 + self.behind.load(Ordering::Relaxed)
    }

    /// The same for whoever dates what leaves the console.
    pub fn time(&self) -> Timestamp {
        Timestamp(self.now())
    }

    /// Looks at the database's clock. Small differences are the time that the question took.
    pub(crate) async fn set_clock(&self) -> Result<(), AppError> {
        if self.store.kind() == DatabaseKind::Sqlite {
            return Ok(());
        }
        let database = self.store.now(self.store.read()).await?;
        let behind = self.clock.behind(Timestamp(database));
        let known = self.behind.load(Ordering::Relaxed);
        if (behind - known).abs() > CLOCKS_APART {
            self.behind.store(behind, Ordering::Relaxed);
        }
        Ok(())
    }

    /// A new id.
    pub(crate) fn new_id(&self) -> Uuid {
        self.ids.new_id()
    }

    /// The live topics: subscribed to by the stream to browsers, bumped after commits.
    pub fn topics(&self) -> &Topics {
        &self.topics
    }
}
