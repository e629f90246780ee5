//! What a console left in its database, all of it, for tests that look when nobody writes.

use crate::Store;
use crate::entity::catalog::running_module;
use crate::entity::plans::{attempt, lease, run, step};
use sea_orm::EntityTrait;

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
    /// Reads the database at this address.
    pub async fn read(url: &str) -> Self {
        let store = Store::open(url).await.expect("the database opens");
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
