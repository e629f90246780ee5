//! How a fake agent reaches a console, whichever process that is.

use super::TestBackend;
use crate::Backend;
use crate::agents::AgentActor;
use protocol::{Event, EventKind, Events, Inventory, Order};
use serde::{Deserialize, Serialize};
use std::future::Future;
use uuid::Uuid;

/// The most commands that are taken at a time.
const AT_ONCE: u64 = 1_000;

/// A command that waits for an agent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Waiting {
    /// Its place in the agent's line.
    pub number: i64,
    /// The try that it is.
    pub attempt: Uuid,
    /// The run that it is of.
    pub run: Uuid,
    /// The lease epoch of who sent it.
    pub epoch: u64,
    /// What is to be done, with its secrets.
    pub order: Order,
}

/// What an agent has to do with a console. One that has died takes nothing and has nothing.
pub trait Line {
    /// Shows that the agent is there; false if the console cannot note it.
    fn greet(&self, agent: &AgentActor) -> impl Future<Output = bool>;

    /// The commands after this number, in order.
    fn waiting_after(&self, agent: &AgentActor, after: i64) -> impl Future<Output = Vec<Waiting>>;

    /// Says what the agent hosts; false if the console did not take it.
    fn say_hosted(&self, agent: &AgentActor, inventory: Inventory) -> impl Future<Output = bool>;

    /// Says what became of attempts; false if the console did not take it.
    fn say_became(
        &self,
        agent: &AgentActor,
        became: &[(Uuid, EventKind)],
    ) -> impl Future<Output = bool>;
}

impl Line for Backend {
    async fn greet(&self, agent: &AgentActor) -> bool {
        let now = self.now();
        let touched = self
            .store
            .write(async |tx| store::agents::touch(tx, agent.agent.0, now, Some(true)).await);
        touched.await.is_ok()
    }

    async fn waiting_after(&self, agent: &AgentActor, after: i64) -> Vec<Waiting> {
        let connection = self.store.read();
        let rows = store::agents::commands_after(connection, agent.agent.0, after, AT_ONCE).await;
        let mut waiting = Vec::new();
        for row in rows.unwrap_or_default() {
            let mut order: Order = serde_json::from_str(&row.body).expect("an order");
            // As on the way over the stream.
            let added = self.add_secrets(connection, agent.environment, row.run_id, &mut order);
            added.await.expect("the secrets open");
            waiting.push(Waiting {
                number: row.number,
                attempt: row.attempt_id,
                run: row.run_id,
                epoch: u64::try_from(row.epoch).unwrap_or(0),
                order,
            });
        }
        waiting
    }

    async fn say_hosted(&self, agent: &AgentActor, inventory: Inventory) -> bool {
        self.record_inventory(agent, inventory).await.is_ok()
    }

    async fn say_became(&self, agent: &AgentActor, became: &[(Uuid, EventKind)]) -> bool {
        let events = became.iter().map(|(attempt, what)| Event {
            number: 0,
            attempt: *attempt,
            epoch: 0,
            at_ms: self.now(),
            what: what.clone(),
        });
        let events = Events {
            events: events.collect(),
        };
        self.record_events(agent, events).await.is_ok()
    }
}

impl Line for TestBackend {
    async fn greet(&self, agent: &AgentActor) -> bool {
        Line::greet(&*self.backend, agent).await
    }

    async fn waiting_after(&self, agent: &AgentActor, after: i64) -> Vec<Waiting> {
        Line::waiting_after(&*self.backend, agent, after).await
    }

    async fn say_hosted(&self, agent: &AgentActor, inventory: Inventory) -> bool {
        Line::say_hosted(&*self.backend, agent, inventory).await
    }

    async fn say_became(&self, agent: &AgentActor, became: &[(Uuid, EventKind)]) -> bool {
        Line::say_became(&*self.backend, agent, became).await
    }
}
