//! What agents report about attempts.

use super::{AgentActor, AgentError};
use crate::Backend;
use protocol::{Event, EventKind, Events};
use store::{DatabaseTransaction, agents, environments};
use uuid::Uuid;

/// Events written in one transaction.
const AT_ONCE: usize = 200;

fn as_stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Backend {
    /// Takes an agent's reports, in order. Idempotent: an agent that did not hear the answer sends
    /// them again.
    pub async fn record_events(
        &self,
        actor: &AgentActor,
        events: Events,
    ) -> Result<(), AgentError> {
        let now = self.now();
        for events in events.events.chunks(AT_ONCE) {
            self.store
                .write(async |tx| -> Result<(), domain::AppError> {
                    // First of all, which also takes the agent's row (see `lock_agent`).
                    agents::touch(tx, actor.agent.0, now, None).await?;
                    let recorded = agents::find(tx, actor.agent.0)
                        .await?
                        .map_or(0, |agent| agent.last_event);
                    // The agent did not hear that these were taken and says them again.
                    let news: Vec<Event> = events
                        .iter()
                        .filter(|event| event.number == 0 || as_stored(event.number) > recorded)
                        .cloned()
                        .collect();
                    let events = news.as_slice();
                    self.record_attempt_events(tx, actor.environment, events)
                        .await?;
                    let mut over = Vec::new();
                    for event in events {
                        match &event.what {
                            EventKind::Succeeded => {}
                            EventKind::Failed { message, .. } => {
                                self.note_failed_report(tx, actor, event.attempt, message)
                                    .await?;
                            }
                            EventKind::Begun | EventKind::Log { .. } => continue,
                        }
                        over.push(event.attempt);
                    }
                    agents::finish_commands(tx, actor.agent.0, &over, now).await?;
                    let last = events.iter().map(|event| as_stored(event.number)).max();
                    if let Some(last) = last.filter(|last| *last > recorded) {
                        agents::note_events(tx, actor.agent.0, last).await?;
                    }
                    Ok(())
                })
                .await?;
        }
        self.wake_walk();
        Ok(())
    }

    /// A failed inventory that a person asked for stands on the Environments page.
    async fn note_failed_report(
        &self,
        tx: &DatabaseTransaction,
        actor: &AgentActor,
        attempt: Uuid,
        message: &str,
    ) -> Result<(), domain::AppError> {
        let command = agents::find_command(tx, actor.agent.0, attempt).await?;
        // An attempt that is its own run belongs to no plan.
        if command.is_some_and(|command| command.run_id == attempt && command.finished.is_none()) {
            let message = message.chars().take(500).collect();
            environments::end_synchronization(tx, actor.environment.0, self.now(), Some(message))
                .await?;
        }
        Ok(())
    }
}
