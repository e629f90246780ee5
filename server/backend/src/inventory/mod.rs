//! Inventories: what an agent says it hosts becomes what the console shows, with all marks, in one
//! transaction (domain.md 1.8, V2, V3, V13; decisions on hotfix and changed outside).

mod again;
mod known;
mod marks;
mod outside;

pub(crate) use outside::module_row;

use crate::Backend;
use crate::agents::{AgentActor, AgentError, as_number};
use crate::audit::{Entry, Object};
use crate::contract::ModuleState;
use crate::events::Topic;
use domain::{AppError, ApplicationId, EnvironmentId};
use known::{Hosting, Situation};
use marks::Outcome;
use protocol::Inventory;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::entity::catalog::{application, module};
use store::entity::environments::{agent, environment};
use store::{
    DatabaseTransaction, Set, StoreError, agents, catalog, counters, environments, running,
};
use uuid::Uuid;

/// How often the reckoning is done again because the console's own state changed under it; after
/// that it is done inside the transaction.
const TRIES: u32 = 3;

/// Everything that an inventory changes, reckoned before the transaction.
struct Reckoning {
    /// The landscape's revision that it was reckoned on.
    revision: u64,
    environment: environment::Model,
    /// Applications and modules that the console did not know.
    applications: Vec<application::Model>,
    modules: Vec<module::Model>,
    /// Published states that the console did not know.
    states: Vec<Arc<ModuleState>>,
    outcome: Outcome,
}

/// What became of an inventory in a transaction.
enum Taken {
    /// It is stored.
    Stored(Box<Reckoning>),
    /// The agent has told of what it hosts now before this came: only who asked for it is answered.
    Former,
    /// The console's own state changed since it was reckoned.
    Moved,
}

impl Reckoning {
    fn changes_anything(&self) -> bool {
        let outcome = &self.outcome;
        !(outcome.rows.is_empty()
            && outcome.modules.is_empty()
            && outcome.gone.is_empty()
            && outcome.hotfixes.is_empty())
    }
}

impl Backend {
    /// Takes an environment's inventory.
    pub async fn record_inventory(
        &self,
        actor: &AgentActor,
        inventory: Inventory,
    ) -> Result<(), AgentError> {
        if self.is_suspended(actor, &inventory).await? {
            return Ok(());
        }
        for _ in 0..TRIES {
            let snapshot = self.store.snapshot().await?;
            let reckoning = self
                .reckon(&snapshot, actor.environment, &inventory)
                .await?;
            drop(snapshot);
            let taken = self
                .store
                .write(async |tx| -> Result<Taken, AppError> {
                    if self.is_former(tx, actor, &inventory).await? {
                        return Ok(Taken::Former);
                    }
                    // Raised before anything is written: of two that reckoned on the same
                    // state, one waits here for the other and then sees that it is too late.
                    let seen = if reckoning.changes_anything() {
                        let raised = counters::raise(tx, counters::LANDSCAPE).await?;
                        u64::try_from(raised - 1).unwrap_or(0)
                    } else {
                        self.landscape_revision(tx).await?
                    };
                    if seen != reckoning.revision {
                        return Ok(Taken::Moved);
                    }
                    self.write_inventory(tx, actor, &inventory, &reckoning)
                        .await?;
                    Ok(Taken::Stored(Box::new(reckoning)))
                })
                .await?;
            match taken {
                Taken::Moved => {}
                done => {
                    self.announce(done);
                    return Ok(());
                }
            }
        }
        let taken = self
            .store
            .write(async |tx| -> Result<Taken, AppError> {
                if self.is_former(tx, actor, &inventory).await? {
                    return Ok(Taken::Former);
                }
                counters::raise(tx, counters::LANDSCAPE).await?;
                let reckoning = self.reckon(tx, actor.environment, &inventory).await?;
                self.write_inventory(tx, actor, &inventory, &reckoning)
                    .await?;
                Ok(Taken::Stored(Box::new(reckoning)))
            })
            .await?;
        self.announce(taken);
        Ok(())
    }

    /// Whether the agent has told of a later state already: what it posts for several runs, or again
    /// after a connection broke, comes in any order, and what came late must not undo what is known.
    /// Then only the order that it answers is done, as the later one has all that this one has.
    async fn is_former(
        &self,
        tx: &DatabaseTransaction,
        actor: &AgentActor,
        inventory: &Inventory,
    ) -> Result<bool, AppError> {
        let agent = store::executions::lock_agent(tx, actor.agent.0).await?;
        let counter = as_number(inventory.counter);
        if agent.is_none_or(|agent| agent.inventory_counter <= counter) {
            return Ok(false);
        }
        tracing::debug!(environment = %actor.environment, counter, "an inventory came late");
        self.answer_report(tx, actor, inventory).await?;
        Ok(true)
    }

    /// The order that an inventory answers is done.
    async fn answer_report(
        &self,
        tx: &DatabaseTransaction,
        actor: &AgentActor,
        inventory: &Inventory,
    ) -> Result<(), AppError> {
        if let Some(attempt) = inventory.attempt {
            self.record_report_answer(tx, actor.environment, attempt)
                .await?;
            agents::finish_commands(tx, actor.agent.0, &[attempt], self.now()).await?;
        }
        Ok(())
    }

    /// Whether an inventory is not taken: in maintenance the environment is not synchronized, unless
    /// something that still runs there has to know what became of it. When the maintenance is over
    /// the agent is asked again.
    async fn is_suspended(
        &self,
        actor: &AgentActor,
        inventory: &Inventory,
    ) -> Result<bool, AppError> {
        let place = actor.environment.0;
        let found = environments::find(self.store.read(), place).await?;
        if found.is_none_or(|row| row.maintenance_since.is_none())
            || store::executions::count_open_runs(self.store.read(), place).await? > 0
        {
            return Ok(false);
        }
        self.store
            .write(async |tx| -> Result<(), AppError> {
                store::executions::lock_agent(tx, actor.agent.0).await?;
                store::maintenance::want_inventory(tx, place).await?;
                if let Some(attempt) = inventory.attempt {
                    agents::finish_commands(tx, actor.agent.0, &[attempt], self.now()).await?;
                }
                Ok(())
            })
            .await?;
        Ok(true)
    }

    fn announce(&self, taken: Taken) {
        if let Taken::Stored(reckoning) = taken {
            let rows = &reckoning.outcome.rows;
            let mut topics = vec![Topic::Environments];
            if !rows.is_empty() {
                topics.push(Topic::Applications);
            }
            topics.extend(
                rows.iter()
                    .map(|row| Topic::Application(ApplicationId(row.application_id))),
            );
            self.topics.bump(topics);
        }
        self.wake_engine();
    }

    async fn reckon(
        &self,
        connection: &DatabaseTransaction,
        environment: EnvironmentId,
        inventory: &Inventory,
    ) -> Result<Reckoning, AppError> {
        let revision = self.landscape_revision(connection).await?;
        let situation = Situation::read(connection, environment).await?;
        let hosting = Hosting::identify(self, connection, &situation, inventory).await?;
        let outcome = self.reckon_marks(connection, &situation, &hosting).await?;
        Ok(Reckoning {
            revision,
            environment: situation.environment,
            applications: hosting.new_applications,
            modules: hosting.new_modules,
            states: hosting.new_states,
            outcome,
        })
    }

    async fn write_inventory(
        &self,
        tx: &DatabaseTransaction,
        actor: &AgentActor,
        inventory: &Inventory,
        reckoning: &Reckoning,
    ) -> Result<(), AppError> {
        let now = self.now();
        let environment = actor.environment;
        let outcome = &reckoning.outcome;
        for row in &reckoning.applications {
            catalog::put_application(tx, row.clone()).await?;
            self.block_new(tx, row, environment.0).await?;
        }
        for row in &reckoning.modules {
            catalog::put_module(tx, row.clone()).await?;
        }
        for state in &reckoning.states {
            let (row, references) = state.row(now, None, environment.0);
            catalog::insert_module_version(tx, row, references).await?;
        }
        running::put_modules(tx, environment.0, &outcome.modules, now).await?;
        for module in &outcome.gone {
            running::remove_module(tx, environment.0, *module, now).await?;
        }
        for row in &outcome.rows {
            running::put(tx, row.clone(), now).await?;
        }
        self.note_hotfixes(tx, &reckoning.environment, &outcome.hotfixes)
            .await?;
        catalog::make_eligible(tx, &outcome.recognised, environment.0).await?;
        let touched: BTreeSet<Uuid> = outcome
            .content_changed
            .iter()
            .copied()
            .chain(reckoning.applications.iter().map(|row| row.id))
            .collect();
        for application in &touched {
            catalog::refresh_application(tx, *application, now).await?;
        }
        if !outcome.rows.is_empty() {
            let applications: Vec<Uuid> =
                outcome.rows.iter().map(|row| row.application_id).collect();
            running::refresh_can_move(tx, Some(&applications)).await?;
        }
        environments::end_synchronization(tx, environment.0, now, None).await?;
        agents::update(
            tx,
            agent::ActiveModel {
                id: Set(actor.agent.0),
                inventory_counter: Set(as_number(inventory.counter)),
                wants_inventory: Set(false),
                last_seen: Set(Some(now)),
                ..Default::default()
            },
        )
        .await
        .map_err(|error| match error {
            StoreError::Missing => AppError::not_found("This agent"),
            other => other.into(),
        })?;
        self.answer_report(tx, actor, inventory).await?;
        if !outcome.drifted.is_empty() {
            let object = Object {
                kind: "environment",
                id: Some(environment.0),
                name: &reckoning.environment.name,
            };
            let entry = Entry::new().at(environment).after(&outcome.drifted);
            self.record(tx, None, "changed_outside_found", object, entry)
                .await?;
        }
        Ok(())
    }
}
