//! One round of a run: read, decide, store, tell.

use super::Runs;
use super::load::Loaded;
use super::persist::Persisted;
use super::walk::{self, Round};
use crate::Backend;
use crate::agents::link_state;
use crate::events::{RUN_OVER, Topic};
use domain::execution::{Stage, StepKind};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use std::collections::BTreeMap;
use std::time::Duration;
use store::ConnectionTrait;
use store::entity::plans::run_module;
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
        // A suspended run whose time has come waits for nothing but its agent, which wakes everybody.
        let rests = loaded.state.stage == Stage::Suspended;
        let now = self.now();
        let wake = loaded
            .state
            .wake_at()
            .filter(|at| !rests || at.0 > now)
            .map_or_else(|| self.engine.idle(), |at| milliseconds(at.0 - now));
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
        let reported = results.iter().any(|result| {
            let step = loaded.step_of(result.id).map(|at| &loaded.state.steps[at]);
            step.is_some_and(|step| step.kind == StepKind::Synchronize)
        });
        let differing = if reported && loaded.state.stage == Stage::Forward {
            self.list_differing(connection, loaded).await?
        } else {
            Vec::new()
        };
        let said = if loaded.state.asks_no_more_since().is_some() {
            let target = loaded.run.environment_id;
            let target = store::environments::find(connection, target).await?;
            target.and_then(|row| row.last_synchronized)
        } else {
            None
        };
        let round = Round {
            results,
            differing,
            said,
            requests,
            now,
            agent: link_state(agent.as_ref(), now),
            heard: agent.as_ref().and_then(|agent| agent.last_seen),
            ids: self.ids.as_ref(),
        };
        Ok(Some((round, agent.map(|agent| agent.id))))
    }
}

impl Backend {
    /// The modules that their environment does not run as the run brings them, or runs although the
    /// run takes them away, as far as it has said.
    async fn list_differing(
        &self,
        connection: &impl ConnectionTrait,
        loaded: &Loaded,
    ) -> Result<Vec<ModuleId>, AppError> {
        let modules: Vec<Uuid> = loaded.modules.keys().map(|id| id.0).collect();
        let place = loaded.run.environment_id;
        let there = store::running::list_modules_in(connection, place, &modules).await?;
        let there: BTreeMap<Uuid, Uuid> = there
            .into_iter()
            .map(|row| (row.module_id, row.module_version_id))
            .collect();
        let rows = loaded.modules.values();
        let others = rows.filter(|row| row.module_version_id.as_ref() != there.get(&row.module_id));
        let others: Vec<&run_module::Model> = others.collect();
        if others.is_empty() {
            return Ok(Vec::new());
        }
        // The same content may have been published twice.
        let named = others.iter().flat_map(|row| {
            let runs = there.get(&row.module_id).copied();
            row.module_version_id.into_iter().chain(runs)
        });
        let states = self.states.load(connection, named.collect()).await?;
        let content = |id: Option<&Uuid>| id.and_then(|id| states.get(id)).map(|one| &one.digest);
        Ok(others
            .into_iter()
            .filter(|row| {
                let runs = content(there.get(&row.module_id));
                runs.is_none() != row.module_version_id.is_none()
                    || runs != content(row.module_version_id.as_ref())
            })
            .map(|row| ModuleId(row.module_id))
            .collect())
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
