//! A backend in the test's own process: real SQLite, a clock that the test moves.

#![allow(clippy::expect_used)]

mod active;
mod factory;
mod fake_agent;
mod line;
mod outside;
mod packing;

pub use active::UnderWay;
pub use factory::{Factory, FakeModule};
pub use fake_agent::{FakeAgent, Fault};
pub use line::{Line, Waiting};
pub use packing::pack;
pub use store::testing::{Cluster, Facts, Kill, LeaseLock, WriteLock, postgres_url};

use crate::clock::{Clock, SystemIds};
use crate::{Actor, Backend, KeySource, Options};
use domain::access::{Access, Standing};
use domain::{Timestamp, UserId};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use store::testing::TestStore;
use tempfile::TempDir;
use uuid::Uuid;

/// The key of secrets in tests.
const TEST_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct FakeClock(AtomicI64);

impl FakeClock {
    /// A clock at this time.
    pub fn at(time: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(time)))
    }

    /// What it shows.
    pub fn read(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Shows this time from now on, unless it is past.
    pub fn show(&self, time: i64) {
        self.0.fetch_max(time, Ordering::SeqCst);
    }

    /// Moves it forward.
    pub fn advance(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for Arc<FakeClock> {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    /// Only the test moves it.
    fn behind(&self, _database: Timestamp) -> i64 {
        0
    }
}

/// A backend with its clock; the folder goes with it.
pub struct TestBackend {
    /// The use cases.
    pub backend: Arc<Backend>,
    /// Its clock; starts at 1 800 000 000 000 (in January 2027).
    pub clock: Arc<FakeClock>,
    folder: TempDir,
}

impl std::ops::Deref for TestBackend {
    type Target = Arc<Backend>;
    fn deref(&self) -> &Arc<Backend> {
        &self.backend
    }
}

impl TestBackend {
    /// On a SQLite file of its own.
    pub async fn new() -> Self {
        Self::on(TestStore::sqlite().await).await
    }

    /// In a PostgreSQL database of its own.
    pub async fn postgres() -> Self {
        Self::on(TestStore::postgres().await).await
    }

    /// On a copy of a database that another one left behind (SQLite). Dies when the fuse says so.
    pub async fn on_folder(folder: TempDir, clock: Arc<FakeClock>) -> Self {
        let url = format!("sqlite:{}/slipway.db", folder.path().display());
        let engine = crate::engine::EngineOptions::default();
        Self::opened(&url, folder, clock, engine).await
    }

    /// The same with other options.
    pub async fn on_folder_with(folder: TempDir, clock: Arc<FakeClock>, options: Options) -> Self {
        let url = format!("sqlite:{}/slipway.db", folder.path().display());
        let store = store::Store::open_unsynced(&url)
            .await
            .expect("the database opens");
        let blobs = store::Blobs::in_folder(&folder.path().join("blobs")).expect("a blob folder");
        Self::with(store, blobs, folder, clock, options).await
    }

    /// On a database address, with leases of this length.
    pub async fn on_url(
        url: &str,
        clock: Arc<FakeClock>,
        engine: crate::engine::EngineOptions,
    ) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self::opened(url, folder, clock, engine).await
    }

    /// Dies and comes back to the same database, as another process.
    pub async fn reborn(self) -> Self {
        let engine = self.backend.engine.options();
        let url = self.database_url();
        let (folder, clock) = self.die().await;
        Self::opened(&url, folder, clock, engine).await
    }

    async fn opened(
        url: &str,
        folder: TempDir,
        clock: Arc<FakeClock>,
        engine: crate::engine::EngineOptions,
    ) -> Self {
        let store = store::Store::open_unsynced(url)
            .await
            .expect("the database opens");
        let blobs = store::Blobs::in_folder(&folder.path().join("blobs")).expect("a blob folder");
        let options = Options {
            engine,
            ..Options::default()
        };
        Self::with(store, blobs, folder, clock, options).await
    }

    /// Closes the database as if the process had died, and gives its folder and clock.
    pub async fn die(self) -> (TempDir, Arc<FakeClock>) {
        let Self {
            backend,
            clock,
            folder,
        } = self;
        if let Some(backend) = Arc::into_inner(backend) {
            let _ = backend.store.close().await;
        }
        (folder, clock)
    }

    /// The address of its database.
    pub fn database_url(&self) -> String {
        self.backend.store.url().to_owned()
    }

    /// Names of files that came in and became no bundle.
    pub fn files_that_came_in(&self) -> Vec<String> {
        std::fs::read_dir(self.backend.blobs.incoming(""))
            .expect("the folder is there")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }

    /// Everything that runs, commands and the audit keep as text.
    pub async fn stored_texts(&self) -> String {
        store::testing::stored_texts(self.backend.store.read())
            .await
            .expect("the database answers")
    }

    /// Whether a text stands anywhere in the database, in a row or in what is left of one.
    pub async fn stores(&self, text: &str) -> bool {
        let bytes = store::testing::stored_bytes(&self.backend.store)
            .await
            .expect("the database answers");
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    }

    /// Writes other bytes over the secrets that a plan holds.
    pub async fn damage_secrets_of(&self, plan: u64) {
        self.backend
            .store
            .write(async |tx| -> Result<(), store::StoreError> {
                let plan = store::plans::find_by_number(tx, plan).await?;
                let plan = plan.ok_or(store::StoreError::Missing)?;
                for mut row in store::plans::settings::list(tx, plan.id).await? {
                    if row.key_id.is_some() {
                        row.value = row.value.chars().rev().collect();
                        store::plans::settings::put(tx, row).await?;
                    }
                }
                Ok(())
            })
            .await
            .expect("the database answers");
    }

    /// On a SQLite file of its own, with other options.
    pub async fn with_options(options: Options) -> Self {
        Self::on_with(TestStore::sqlite().await, options).await
    }

    /// In a PostgreSQL database of its own, with other options.
    pub async fn postgres_with(options: Options) -> Self {
        Self::on_with(TestStore::postgres().await, options).await
    }

    /// Dies and comes back to the same database, as another process with other options.
    pub async fn reborn_with(self, options: Options) -> Self {
        let url = self.database_url();
        let (folder, clock) = self.die().await;
        let store = store::Store::open_unsynced(&url)
            .await
            .expect("the database opens");
        let blobs = store::Blobs::in_folder(&folder.path().join("blobs")).expect("a blob folder");
        Self::with(store, blobs, folder, clock, options).await
    }

    async fn on(store: TestStore) -> Self {
        Self::on_with(store, Options::default()).await
    }

    async fn on_with(store: TestStore, options: Options) -> Self {
        let clock = FakeClock::at(1_800_000_000_000);
        let blobs = store.blobs();
        let (store, folder) = store.into_parts();
        Self::with(store, blobs, folder, clock, options).await
    }

    async fn with(
        store: store::Store,
        blobs: store::Blobs,
        folder: TempDir,
        clock: Arc<FakeClock>,
        options: Options,
    ) -> Self {
        let backend = Backend::new(
            store,
            blobs,
            Arc::clone(&clock),
            SystemIds,
            Options {
                cheap_passwords: true,
                secret_keys: match options.secret_keys {
                    KeySource::None => KeySource::Given {
                        variable: "SLIPWAY_SECRET_KEY",
                        keys: TEST_KEY.to_owned(),
                    },
                    other => other,
                },
                ..options
            },
        )
        .await
        .expect("a new backend");
        Self {
            backend: Arc::new(backend),
            clock,
            folder,
        }
    }
}

impl Backend {
    /// Puts secrets into an order that is of no plan, as it happens on its way to an agent.
    pub async fn complete_order(
        &self,
        environment: domain::EnvironmentId,
        order: &mut protocol::Order,
    ) -> Result<(), domain::AppError> {
        self.add_secrets(self.store.read(), environment, Uuid::nil(), order)
            .await
    }

    /// What ends this process in tests.
    pub fn fuse(&self) -> &store::testing::Fuse {
        self.store.fuse()
    }

    /// Makes an environment pause between preparing and activating.
    pub async fn set_two_stage(&self, environment: domain::EnvironmentId, two_stage: bool) {
        let row = store::environments::find(self.store.read(), environment.0)
            .await
            .expect("the database answers")
            .expect("the environment is there");
        let written: Result<(), store::StoreError> = self
            .store
            .write(async |tx| store::testing::set_two_stage(tx, row.id, two_stage).await)
            .await;
        written.expect("the environment is stored");
    }

    /// The audit from the first entry on: who, what, to what.
    pub async fn audited(&self) -> Vec<(String, String, String)> {
        self.list_audit()
            .await
            .into_iter()
            .map(|entry| (entry.actor_name, entry.action, entry.object_name))
            .collect()
    }

    /// Appends to a run's log: this many lines of kind *step*, each after one of kind *info*.
    pub async fn append_steps(&self, run: Uuid, count: usize) {
        use domain::execution::LogKind;
        let line = |kind: LogKind, number: usize| store::executions::NewLine {
            at: self.now(),
            kind: kind.as_str(),
            module: None,
            text: format!("Line {number}."),
        };
        let lines: Vec<_> = (0..count)
            .flat_map(|number| [line(LogKind::Info, number), line(LogKind::Step, number)])
            .collect();
        let written: Result<i64, store::StoreError> = self
            .store
            .write(async |tx| store::executions::append_log(tx, run, lines.clone()).await)
            .await;
        written.expect("the lines are stored");
    }

    /// The audit, in order.
    pub async fn list_audit(&self) -> Vec<store::entity::audit::audit_entry::Model> {
        store::testing::list_audit(self.store.read(), 0)
            .await
            .expect("the database answers")
    }

    /// How a run ended, if it is over.
    pub async fn find_run_end(&self, run: Uuid) -> Option<crate::engine::RunEnd> {
        let row = store::executions::find_run(self.store.read(), run)
            .await
            .ok()??;
        match crate::engine::stage_from(&row.stage) {
            domain::execution::Stage::Ended(outcome) => Some(crate::engine::RunEnd {
                outcome,
                text: row.outcome.unwrap_or_default(),
            }),
            _ => None,
        }
    }

    /// Acts as if the time of all leases had run out.
    pub async fn expire_leases(&self) {
        let written: Result<(), store::StoreError> = self
            .store
            .write(async |tx| store::testing::expire_leases(tx).await)
            .await;
        written.expect("the leases are stored");
    }

    /// From now on every round of this run panics, or none does.
    pub fn trap_run(&self, run: Uuid, trapped: bool) {
        self.engine.trap(run, trapped);
    }

    /// Makes every unfinished command unreadable.
    pub async fn spoil_commands(&self) {
        let written: Result<(), store::StoreError> = self
            .store
            .write(async |tx| store::testing::spoil_commands(tx).await)
            .await;
        written.expect("the commands are stored");
    }

    /// The commands that wait for an agent: attempt and order.
    pub async fn waiting_orders(&self, agent: &crate::AgentActor) -> Vec<(Uuid, protocol::Order)> {
        store::agents::commands_after(self.store.read(), agent.agent.0, 0, 10_000)
            .await
            .expect("the database answers")
            .into_iter()
            .map(|row| {
                let order = serde_json::from_str(&row.body).expect("an order");
                (row.attempt_id, order)
            })
            .collect()
    }

    /// Waits until this process hears what others on the same PostgreSQL say.
    pub async fn listening(&self) {
        self.topics.listening().await;
    }

    /// How many runs this process walks.
    pub async fn held_runs(&self) -> usize {
        self.engine.held().await
    }
}

/// Somebody with this standing who has no account.
pub fn actor(standing: Standing) -> Actor {
    Actor {
        user: UserId(Uuid::nil()),
        login: "tester".to_owned(),
        name: "Tester".to_owned(),
        access: Access { standing },
        token: None,
    }
}
