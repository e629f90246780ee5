//! One round of a run: read, decide, store, tell.

use super::Runs;
use super::load::Loaded;
use super::persist::Persisted;
use super::walk::{self, Round};
use crate::Backend;
use crate::agents::link_state;
use crate::events::{RUN_OVER, Topic};
use domain::execution::Stage;
use domain::{AppError, ApplicationId, EnvironmentId};
use std::time::Duration;
use uuid::Uuid;

impl Backend {
    /// One round; `None` when the run is over or not ours any more.
    pub(super) async fn walk_run(
        &self,
        runs: &mut Runs,
        id: Uuid,
    ) -> Result<Option<Duration>, AppError> {
        let Some(held) = runs.held.get_mut(&id) else {
            return Ok(None);
        };
        let claim = held.claim;
        let mut known = held.loaded.take();
        #[cfg(feature = "testing")]
        self.engine.spring(id);
        let (loaded, over) = loop {
            let mut loaded = match known.take() {
                Some(loaded) => loaded,
                None => match Loaded::read(self, claim).await? {
                    Some(loaded) => loaded,
                    None => return Ok(None),
                },
            };
            let fresh = loaded.fresh;
            let round = self.read_round(&mut loaded).await?;
            let Some((round, agent)) = round else {
                return Ok(None);
            };
            let effects = walk::walk(&mut loaded, round);
            let over = matches!(loaded.state.stage, Stage::Ended(_));
            if effects.is_empty() {
                break (loaded, over);
            }
            let changed = !effects.steps.is_empty() || effects.run_changed;
            let sent = !effects.commands.is_empty();
            match self.persist(&mut loaded, effects, agent).await? {
                Persisted::Stored => {}
                Persisted::Lost => {
                    tracing::info!(run = %id, "another console process has taken the run over");
                    return Ok(None);
                }
                Persisted::Overtaken => {
                    // What was decided did not know what a person has asked for since: once more,
                    // from what is stored.
                    known = Loaded::read(self, claim).await?;
                    match &mut known {
                        Some(loaded) => loaded.fresh = fresh,
                        None => return Ok(None),
                    }
                    continue;
                }
            }
            if sent {
                // The environment's stream of commands has something to deliver.
                self.wake_agent(EnvironmentId(loaded.run.environment_id));
            }
            runs.dirty.extend(topics_of(&loaded, changed, over));
            self.engine.note_change();
            if over {
                // Everybody who looks on waits for this one.
                runs.bumped = None;
                self.engine.note_free();
                self.topics.tell(|| RUN_OVER.to_owned());
            }
            break (loaded, over);
        };
        if over {
            return Ok(None);
        }
        let wake = loaded
            .state
            .wake_at()
            .map_or_else(|| self.engine.idle(), |at| milliseconds(at.0 - self.now()));
        if let Some(held) = runs.held.get_mut(&id) {
            held.loaded = Some(loaded);
        }
        Ok(Some(wake))
    }

    /// What a round looks at besides the run, and the agent; `None` if the run is gone.
    async fn read_round(
        &self,
        loaded: &mut Loaded,
    ) -> Result<Option<(Round<'_>, Option<Uuid>)>, AppError> {
        let connection = self.store.read();
        let id = loaded.run.id;
        let Some(requests) = store::executions::find_run(connection, id).await? else {
            return Ok(None);
        };
        if requests.continue_requested.is_some()
            && requests.continue_requested != loaded.run.continue_requested
        {
            loaded.read_modules(&self.store).await?;
        }
        let results = store::executions::list_results(connection, id).await?;
        let agent = store::executions::find_agent(connection, loaded.run.environment_id).await?;
        let now = self.now();
        loaded.hear(&self.store, now).await?;
        let round = Round {
            results,
            requests,
            now,
            agent: link_state(agent.as_ref(), now),
            heard: agent.as_ref().and_then(|agent| agent.last_seen),
            ids: self.ids.as_ref(),
        };
        Ok(Some((round, agent.map(|agent| agent.id))))
    }
}

/// What is seen to change with a round.
fn topics_of(loaded: &Loaded, changed: bool, over: bool) -> Vec<Topic> {
    let mut topics = Vec::new();
    if let Some(number) = loaded.number {
        topics.push(Topic::Run(number));
        if changed {
            topics.extend([Topic::Plan(number), Topic::Plans]);
        }
    }
    if over {
        topics.extend([Topic::Environments, Topic::Applications]);
        topics.extend(
            loaded
                .applications()
                .into_iter()
                .map(ApplicationId)
                .map(Topic::Application),
        );
    }
    topics
}

/// A pause; what is overdue already is looked at again in a second (an agent that is away).
fn milliseconds(pause: i64) -> Duration {
    match u64::try_from(pause) {
        Ok(0) | Err(_) => Duration::from_secs(1),
        Ok(pause) => Duration::from_millis(pause),
    }
}
