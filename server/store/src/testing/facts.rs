//! What a console left in its database, all of it, for tests that look when nobody writes.

use crate::Store;
use crate::entity::catalog::running_module;
use crate::entity::plans::{attempt, lease, run, step};
use crate::error::StoreError;
use sea_orm::EntityTrait;
use std::time::{Duration, Instant};

/// How long a database may be in use by who was stopped, and how often that is looked at.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Rows as they are.
#[derive(Debug)]
pub struct Facts {
    /// Runs of plans and publications.
    pub runs: Vec<run::Model>,
    /// Who walked them.
    pub leases: Vec<lease::Model>,
    /// Their steps.
    pub steps: Vec<step::Model>,
    /// Every try.
    pub attempts: Vec<attempt::Model>,
    /// What runs where, as the console knows it.
    pub running: Vec<running_module::Model>,
}

impl Facts {
    /// Reads the database at this address, once nobody has it any more: the last task of a console
    /// that was stopped may end a moment after it.
    pub async fn read(url: &str) -> Self {
        let patience = Instant::now() + PATIENCE;
        let store = loop {
            match Store::open(url).await {
                Err(StoreError::Busy) if Instant::now() < patience => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                opened => break opened.expect("the database opens"),
            }
        };
        let connection = store.read();
        let facts = Self {
            runs: run::Entity::find().all(connection).await.unwrap(),
            leases: lease::Entity::find().all(connection).await.unwrap(),
            steps: step::Entity::find().all(connection).await.unwrap(),
            attempts: attempt::Entity::find().all(connection).await.unwrap(),
            running: running_module::Entity::find()
                .all(connection)
                .await
                .unwrap(),
        };
        store.close().await.expect("the database closes");
        facts
    }
}
