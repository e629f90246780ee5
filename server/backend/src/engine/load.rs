//! A run as the engine holds it in memory while the lease is its own: rows and the state that
//! `domain::execution` decides on, kept in step.

use super::linked::{Linked, linked};
use super::stage_from;
use crate::Backend;
use crate::supplied::Wanted;
use domain::execution::{Attempt, Fact, Phase, RunState, Step, StepKind, StepState};
use domain::{AppError, AttemptId, ModuleId, StepId, Timestamp};
use protocol::Placement;
use std::collections::{BTreeMap, BTreeSet};
use store::Store;
use store::entity::plans::{run, run_module, step};
use store::executions::Claim;
use uuid::Uuid;

/// A run with everything the engine needs to walk it.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) claim: Claim,
    pub(super) run: run::Model,
    pub(super) state: RunState,
    /// The rows of `state.steps`, at the same positions.
    pub(super) rows: Vec<step::Model>,
    pub(super) modules: BTreeMap<ModuleId, run_module::Model>,
    /// Producers that are linked into them without being brought.
    pub(super) linked: BTreeMap<ModuleId, Linked>,
    /// The properties for which it has to wait before it stages anything.
    pub(super) wanted: Vec<Wanted>,
    /// The name of its environment.
    pub(super) target: String,
    /// The plan's number, for the live topics.
    pub(super) number: Option<u64>,
    /// Just taken over: what is under way has to be asked about.
    pub(super) fresh: bool,
}

impl Loaded {
    /// Reads the run; `None` if it is over or gone.
    pub(super) async fn read(backend: &Backend, claim: Claim) -> Result<Option<Self>, AppError> {
        let connection = backend.store.read();
        let Some(run) = store::executions::find_run(connection, claim.run).await? else {
            return Ok(None);
        };
        if run.ended.is_some() {
            return Ok(None);
        }
        let rows = store::executions::list_steps(connection, run.id).await?;
        let open = store::executions::list_open_attempts(connection, run.id).await?;
        let modules = store::executions::list_run_modules(connection, run.id).await?;
        let mut wanted = backend.wanted(connection, &run, &modules).await?;
        wanted.retain(Wanted::holds_up);
        let number = match run.plan_id {
            Some(plan) => store::plans::find_number(connection, plan).await?,
            None => None,
        };
        let touched = store::executions::has_attempts(connection, run.id).await?;
        let target = store::environments::find(connection, run.environment_id).await?;
        let mut attempts: BTreeMap<Uuid, Attempt> = open
            .into_iter()
            .map(|row| {
                let attempt = Attempt {
                    id: AttemptId(row.id),
                    deadline: Timestamp(row.deadline),
                    asked: u32::try_from(row.asked).unwrap_or(0),
                };
                (row.step_id, attempt)
            })
            .collect();
        let apart: BTreeSet<Uuid> = modules
            .iter()
            .filter(|row| needs_its_bundle_only(row))
            .map(|row| row.module_id)
            .collect();
        let steps = rows
            .iter()
            .map(|row| Step {
                early: row.kind == StepKind::Stage.as_str()
                    && row.module_id.is_some_and(|module| apart.contains(&module)),
                ..step_from(row, attempts.remove(&row.id))
            })
            .collect();
        Ok(Some(Self {
            claim,
            state: RunState {
                stage: stage_from(&run.stage),
                two_stage: run.two_stage,
                continued: run.continued,
                overridden: run.overridden,
                lacks_values: !wanted.is_empty(),
                can_wait: run.plan_id.is_some(),
                differs: false,
                touched,
                steps,
            },
            wanted,
            run,
            rows,
            linked: linked(modules.iter()),
            modules: modules
                .into_iter()
                .map(|row| (ModuleId(row.module_id), row))
                .collect(),
            target: target.map(|row| row.name).unwrap_or_default(),
            number: number.and_then(|number| u64::try_from(number).ok()),
            fresh: true,
        }))
    }

    /// Reads again what it brings: values were entered that it was waiting for.
    pub(super) async fn read_modules(&mut self, store: &Store) -> Result<(), AppError> {
        let modules = store::executions::list_run_modules(store.read(), self.run.id).await?;
        let modules = modules.into_iter();
        self.modules = modules.map(|row| (ModuleId(row.module_id), row)).collect();
        Ok(())
    }

    /// Looks whether the agent has said meanwhile that it works on what seems overdue.
    pub(super) async fn hear(&mut self, store: &Store, now: i64) -> Result<(), AppError> {
        if self.state.wake_at().is_none_or(|time| now < time.0) {
            return Ok(());
        }
        for row in store::executions::list_open_attempts(store.read(), self.run.id).await? {
            let Some(at) = self.step_of(row.id) else {
                continue;
            };
            let known = self.state.steps[at].attempt;
            if known.is_some_and(|attempt| attempt.deadline.0 < row.deadline) {
                self.state
                    .apply(&Fact::UnderWay(at, Timestamp(row.deadline)));
            }
        }
        Ok(())
    }

    /// The position of the step whose attempt this is.
    pub(super) fn step_of(&self, attempt: Uuid) -> Option<usize> {
        self.state.steps.iter().position(|step| {
            step.attempt
                .is_some_and(|under_way| under_way.id.0 == attempt)
        })
    }

    /// The name of the module that a step is about.
    pub(super) fn module_name(&self, at: usize) -> Option<String> {
        let module = self.state.steps.get(at)?.module?;
        let brought = self.modules.get(&module).map(|row| &row.name);
        let linked = || self.linked.get(&module).map(|one| &one.name);
        brought.or_else(linked).cloned()
    }

    /// The modules into which what a step transfers is linked, if it is transferred for that alone.
    pub(super) fn linked_into(&self, at: usize) -> &[String] {
        let module = self.state.steps.get(at).and_then(|step| step.module);
        let linked = module.and_then(|module| self.linked.get(&module));
        linked.map_or(&[], |one| &one.into)
    }

    /// Whether its environment has said what it runs since the run changed it last.
    pub(super) fn has_reported(&self) -> bool {
        let mut steps = self.state.steps.iter();
        let last = steps.rfind(|step| step.kind == StepKind::Synchronize);
        last.is_some_and(|step| step.state == StepState::Succeeded)
    }

    /// The applications that it changes, also those that lose a module to another one.
    pub(super) fn applications(&self) -> BTreeSet<Uuid> {
        let rows = self.modules.values();
        rows.flat_map(|row| std::iter::once(row.application_id).chain(row.former_application_id))
            .collect()
    }

    /// Steps that are settled, of all.
    pub(super) fn progress(&self) -> (i64, i64) {
        let done = self
            .state
            .steps
            .iter()
            .filter(|step| step.is_settled())
            .count();
        (
            i64::try_from(done).unwrap_or(0),
            i64::try_from(self.state.steps.len()).unwrap_or(0),
        )
    }
}

fn step_from(row: &step::Model, attempt: Option<Attempt>) -> Step {
    let state = StepState::parse(&row.state).unwrap_or(StepState::Failed);
    Step {
        id: StepId(row.id),
        phase: Phase::parse(&row.phase).unwrap_or(Phase::Finish),
        wave: u32::try_from(row.wave).unwrap_or(0),
        kind: StepKind::parse(&row.kind).unwrap_or(StepKind::CleanUp),
        module: row.module_id.map(ModuleId),
        state,
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        attempt: attempt.filter(|_| state == StepState::Running),
        not_before: row.not_before.map(Timestamp),
        early: false,
    }
}

/// Whether staging a module takes nothing from producers.
fn needs_its_bundle_only(row: &run_module::Model) -> bool {
    let placement = row
        .placement
        .as_deref()
        .map(serde_json::from_str::<Placement>);
    matches!(placement, Some(Ok(placement)) if placement.links.is_empty())
}
