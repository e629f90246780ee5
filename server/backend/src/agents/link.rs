//! The stream of commands to one agent, and whether the agent is there.

use super::{AgentActor, AgentError, FRESH, link_state};
use crate::Backend;
use crate::events::Topic;
use domain::environment::LinkState;
use domain::{AgentId, EnvironmentId};
use futures::Stream;
use protocol::{Command, Event, EventKind, Events};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use store::agents;
use store::entity::environments::agent_command;
use tokio::sync::Notify;

/// Looked for new commands at least this often, in case another process wrote them.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// It is looked this often whether the agent of a stream is there, in milliseconds.
const LIFE_SIGN: i64 = 10_000;
/// Commands read at once.
const BATCH: u64 = 50;

/// The streams that are open in this process.
#[derive(Debug, Default)]
pub(crate) struct Links {
    streams: Mutex<BTreeMap<EnvironmentId, Open>>,
}

#[derive(Debug)]
struct Open {
    /// Grows with each stream of the environment; the newest one counts.
    generation: u64,
    wake: Arc<Notify>,
}

impl Links {
    pub(crate) fn wake(&self, environment: EnvironmentId) {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = streams.get(&environment) {
            open.wake.notify_one();
        }
    }

    /// A new stream; the one before it (of a connection that broke) ends when it looks.
    fn open(&self, environment: EnvironmentId) -> (u64, Arc<Notify>) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let before = streams.remove(&environment);
        if let Some(before) = &before {
            before.wake.notify_one();
        }
        let generation = before.map_or(0, |open| open.generation) + 1;
        let wake = Arc::new(Notify::new());
        streams.insert(
            environment,
            Open {
                generation,
                wake: Arc::clone(&wake),
            },
        );
        (generation, wake)
    }

    fn is_newest(&self, environment: EnvironmentId, generation: u64) -> bool {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams
            .get(&environment)
            .is_some_and(|open| open.generation == generation)
    }
}

/// One open stream; when it is dropped, the agent is away.
struct Link {
    backend: Weak<Backend>,
    agent: AgentId,
    environment: EnvironmentId,
    generation: u64,
    wake: Arc<Notify>,
    after: i64,
    ready: VecDeque<Command>,
    life_sign: i64,
}

impl Drop for Link {
    fn drop(&mut self) {
        let Some(backend) = self.backend.upgrade() else {
            return;
        };
        if !backend.links.is_newest(self.environment, self.generation) {
            return;
        }
        let agent = self.agent;
        // Short and bounded: one row; whoever stops the process meanwhile loses nothing, because
        // the life sign gets old.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { backend.note_link(agent, false).await });
        }
    }
}

impl Link {
    /// Makes a stored command ready to go; `false` if the database does not answer.
    async fn prepare(&mut self, backend: &Backend, row: agent_command::Model) -> bool {
        let number = row.number;
        let attempt = row.attempt_id;
        let unreadable = match command_from(row) {
            Ok(mut command) => {
                let (run, order) = (command.run, &mut command.order);
                let connection = backend.store.read();
                let added = backend.add_secrets(connection, self.environment, run, order);
                let added = added.await;
                return match added {
                    Ok(()) => {
                        self.ready.push_back(command);
                        true
                    }
                    Err(error) => {
                        tracing::warn!(code = error.code(), "a command could not be completed");
                        false
                    }
                };
            }
            Err(error) => error,
        };
        tracing::error!(error = %unreadable, number, "a stored command cannot be read");
        // Nobody will ever be able to read it: it is answered here, so that its step fails instead
        // of waiting, and it is passed over from now on.
        let refused = Event {
            number: 0,
            attempt,
            epoch: 0,
            at_ms: backend.now(),
            what: EventKind::Failed {
                code: "not_understood".to_owned(),
                message: "The console cannot read the command that it had stored for the agent; perhaps another version of Slipway wrote it. Nothing was done. Deploy again."
                    .to_owned(),
                retry: false,
            },
        };
        let actor = AgentActor {
            agent: self.agent,
            environment: self.environment,
        };
        let events = Events {
            events: vec![refused],
        };
        match backend.record_events(&actor, events).await {
            Ok(()) => {
                self.after = self.after.max(number);
                true
            }
            Err(error) => {
                tracing::warn!(code = error.refusal.code, "a command could not be refused");
                false
            }
        }
    }

    async fn next(&mut self) -> Option<Command> {
        loop {
            if let Some(command) = self.ready.pop_front() {
                self.after = i64::try_from(command.number).unwrap_or(i64::MAX);
                return Some(command);
            }
            let backend = self.backend.upgrade()?;
            if !backend.links.is_newest(self.environment, self.generation) {
                return None;
            }
            let now = backend.now();
            if now - self.life_sign >= LIFE_SIGN {
                self.life_sign = now;
                if !backend.is_there(self.agent).await {
                    return None;
                }
            }
            match agents::commands_after(backend.store.read(), self.agent.0, self.after, BATCH)
                .await
            {
                Ok(rows) => {
                    for row in rows {
                        if !self.prepare(&backend, row).await {
                            // It is read again, and everything after it, in this order.
                            break;
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "commands could not be read"),
            }
            drop(backend);
            if self.ready.is_empty() {
                let _ = tokio::time::timeout(LOOK_AGAIN, self.wake.notified()).await;
            }
        }
    }
}

fn command_from(row: agent_command::Model) -> Result<Command, serde_json::Error> {
    let positive = |number: i64| u64::try_from(number).unwrap_or(0);
    Ok(Command {
        number: positive(row.number),
        attempt: row.attempt_id,
        run: row.run_id,
        epoch: positive(row.epoch),
        time_limit_ms: positive(row.time_limit_ms),
        order: serde_json::from_str(&row.body)?,
    })
}

impl Backend {
    /// The agent's commands with a number above `after`, as they come, until the stream is dropped
    /// or a newer one is opened.
    pub async fn commands_after(
        self: &Arc<Self>,
        actor: &AgentActor,
        after: u64,
    ) -> Result<impl Stream<Item = Command> + Send + 'static + use<>, AgentError> {
        let (generation, wake) = self.links.open(actor.environment);
        self.note_link(actor.agent, true).await;
        let link = Link {
            backend: Arc::downgrade(self),
            agent: actor.agent,
            environment: actor.environment,
            generation,
            wake,
            after: i64::try_from(after).unwrap_or(i64::MAX),
            ready: VecDeque::new(),
            life_sign: self.now(),
        };
        Ok(futures::stream::unfold(link, async |mut link: Link| {
            let command = link.next().await?;
            Some((command, link))
        }))
    }

    /// An agent says that it is there, with its stream open.
    pub async fn note_life(&self, actor: &AgentActor) -> Result<(), AgentError> {
        let now = self.now();
        let back = self
            .store
            .write(async |tx| -> Result<bool, store::StoreError> {
                let before = store::executions::lock_agent(tx, actor.agent.0).await?;
                agents::touch(tx, actor.agent.0, now, Some(true)).await?;
                let back = link_state(before.as_ref(), now) != LinkState::Online;
                if back {
                    store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                }
                Ok(back)
            })
            .await?;
        if back {
            self.topics.bump([Topic::Environments]);
            self.wake_engine();
        }
        Ok(())
    }

    /// Whether the stream of an agent still has somebody at its end. An agent that shows signs of
    /// life is believed only by these: a connection may look open long after a cable was pulled.
    /// For an older one the open stream has to do.
    async fn is_there(&self, agent: AgentId) -> bool {
        match agents::find(self.store.read(), agent.0).await {
            Ok(Some(row)) if row.signs_life => {
                let seen = row.last_seen.unwrap_or(0);
                self.now() - seen <= FRESH
            }
            Ok(Some(_)) => self.note_link(agent, true).await,
            // Another agent joined in this one's place.
            Ok(None) => false,
            Err(error) => {
                tracing::warn!(%error, "an agent's state could not be read");
                true
            }
        }
    }

    /// Writes whether an agent's stream is open; false if the agent is not known any more.
    async fn note_link(&self, agent: AgentId, connected: bool) -> bool {
        let now = self.now();
        let written = self
            .store
            .write(async |tx| -> Result<(bool, bool), store::StoreError> {
                let before = agents::find(tx, agent.0).await?;
                let changed = before.is_none_or(|row| row.connected != connected);
                let known = if connected {
                    agents::touch(tx, agent.0, now, Some(true)).await?
                } else {
                    agents::disconnect(tx, agent.0).await?
                };
                if changed && known {
                    store::counters::raise(tx, store::counters::LANDSCAPE).await?;
                }
                Ok((known, changed))
            })
            .await;
        match written {
            Ok((known, changed)) => {
                if changed {
                    self.topics.bump([Topic::Environments]);
                }
                known
            }
            Err(error) => {
                tracing::warn!(%error, "an agent's state could not be written");
                true
            }
        }
    }
}
