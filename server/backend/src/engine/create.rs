//! Making a run: what it brings becomes steps, in the transaction that starts it.

use super::narrate;
use crate::Backend;
use crate::actor::Actor;
use domain::execution::{LogKind, NewStep, RunPlan, StepState, derive_steps};
use domain::impact::{Finding, Severity};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId};
use protocol::Placement;
use std::collections::{BTreeMap, BTreeSet};
use store::DatabaseTransaction;
use store::entity::plans::{run, run_module, step};
use store::executions::NewLine;
use uuid::Uuid;

/// Positions of the last phase begin here, so that steps that go back fit in before it.
const FINISH_POSITION: i64 = 1_000_000;

/// What a run is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunKind {
    /// A deployment plan; the run has the plan's id.
    Plan(Uuid),
    /// A publication straight into an environment, with its own id.
    Publication(Uuid),
}

/// A run to be made.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    /// What it is for.
    pub kind: RunKind,
    /// Where it goes.
    pub environment: EnvironmentId,
    /// What people call it ("Policy 5.3 to Quality", "Policy published").
    pub name: String,
    /// The modules it brings.
    pub placements: Vec<NewPlacement>,
    /// Modules that leave.
    pub removals: Vec<Removal>,
    /// The order of switching, producers first. Modules that are not named here come last.
    pub waves: Vec<Vec<ModuleId>>,
    /// References between the modules of the run: (consumer, producer).
    pub edges: Vec<(ModuleId, ModuleId)>,
    /// Pauses when everything is staged.
    pub two_stage: bool,
    /// Started in spite of errors.
    pub overridden: bool,
    /// What the check found; its errors were accepted by who starts it.
    pub findings: &'a [Finding],
    /// What else who starts it has to know: its log begins with these sentences.
    pub warnings: Vec<String>,
    /// Who starts it; none for Slipway itself.
    pub actor: Option<&'a Actor>,
}

/// A module that a run brings.
#[derive(Debug, Clone)]
pub struct NewPlacement {
    /// How it shall be.
    pub placement: Placement,
    /// Only relinked; its own content stays.
    pub republish: bool,
    /// The site properties that it gets once everything was switched, without the secrets; none if
    /// they stay.
    pub after: Option<BTreeMap<String, String>>,
}

/// A module that leaves its environment.
#[derive(Debug, Clone)]
pub struct Removal {
    /// Which.
    pub module: ModuleId,
    /// Its name.
    pub name: String,
    /// Its application.
    pub application: ApplicationId,
}

impl Backend {
    /// Stores a run with its steps; it begins when the transaction is committed and
    /// [`Backend::wake_engine`] was called. The caller has checked that it may.
    pub(crate) async fn create_run(
        &self,
        tx: &DatabaseTransaction,
        new: NewRun<'_>,
    ) -> Result<Uuid, AppError> {
        let now = self.now();
        let (id, kind, plan) = match new.kind {
            RunKind::Plan(id) => (id, "plan", Some(id)),
            RunKind::Publication(id) => (id, "publication", None),
        };
        let waves = complete_waves(&new);
        let bundles = bundles_of(tx, &new.placements).await?;
        let steps = derive_steps(&RunPlan {
            bundles,
            waves: waves.clone(),
            removals: new.removals.iter().map(|removal| removal.module).collect(),
            settings: new
                .placements
                .iter()
                .filter(|new| new.after.is_some())
                .map(|new| ModuleId(new.placement.module))
                .collect(),
        });
        let mut forward = 0_i64;
        let mut finish = FINISH_POSITION;
        let steps: Vec<step::Model> = steps
            .into_iter()
            .map(|new| {
                let position = if new.phase == domain::execution::Phase::Finish {
                    &mut finish
                } else {
                    &mut forward
                };
                *position += 1;
                step_row(self.new_id(), id, *position, &new)
            })
            .collect();
        let brought: Vec<Uuid> = new
            .placements
            .iter()
            .map(|new| new.placement.module)
            .collect();
        let there = store::running::list_modules_in(tx, new.environment.0, &brought).await?;
        let owners = there
            .into_iter()
            .map(|row| (row.module_id, row.application_id))
            .collect();
        let modules = module_rows(id, &new, &waves, &owners);
        let person = match new.actor {
            Some(actor) => self.stored_person(tx, actor).await?,
            None => None,
        };
        let accepted: Vec<&Finding> = new
            .findings
            .iter()
            .filter(|finding| new.overridden && finding.severity == Severity::Error)
            .collect();
        let row = run::Model {
            id,
            kind: kind.to_owned(),
            plan_id: plan,
            environment_id: new.environment.0,
            name: new.name,
            stage: "forward".to_owned(),
            two_stage: new.two_stage,
            continued: false,
            overridden: new.overridden,
            stop_requested: None,
            stop_by: None,
            stop_reason: None,
            continue_requested: None,
            actor_id: person,
            actor_name: new
                .actor
                .map_or_else(|| "Slipway".to_owned(), |actor| actor.name.clone()),
            created: now,
            ended: None,
            last_log: 0,
            outcome: None,
            edges: serde_json::to_string(&new.edges).unwrap_or_else(|_| "[]".to_owned()),
            publishes: None,
        };
        let lines = first_lines(&row, &accepted, new.warnings);
        store::executions::insert_run(tx, row, modules, steps).await?;
        if !lines.is_empty() {
            store::executions::append_log(tx, id, lines).await?;
        }
        Ok(id)
    }
}

/// The log of a run that is started in spite of errors or warnings begins with these, a line each.
fn first_lines(row: &run::Model, accepted: &[&Finding], warnings: Vec<String>) -> Vec<NewLine> {
    if accepted.is_empty() && warnings.is_empty() {
        return Vec::new();
    }
    let line = |kind: LogKind, module: Option<String>, text: String| NewLine {
        at: row.created,
        kind: kind.as_str(),
        module,
        text,
    };
    let first = line(LogKind::Start, None, narrate::begins(row));
    let accepted = accepted.iter().map(|finding| {
        let module = finding
            .consumer
            .as_ref()
            .map(|subject| subject.name.to_string());
        line(LogKind::AcceptableError, module, narrate::accepted(finding))
    });
    let warnings = warnings.into_iter();
    let warnings = warnings.map(|text| line(LogKind::Warning, None, text));
    std::iter::once(first)
        .chain(accepted)
        .chain(warnings)
        .collect()
}

/// A new step as its row.
pub(super) fn step_row(id: Uuid, run: Uuid, position: i64, new: &NewStep) -> step::Model {
    let (digest, size) = match &new.bundle {
        Some((digest, size)) => (
            Some(digest.clone()),
            i64::try_from(*size).unwrap_or(i64::MAX),
        ),
        None => (None, 0),
    };
    step::Model {
        id,
        run_id: run,
        position,
        phase: new.phase.as_str().to_owned(),
        wave: i64::from(new.wave),
        kind: new.kind.as_str().to_owned(),
        module_id: new.module.map(|module| module.0),
        digest,
        size,
        state: StepState::Waiting.as_str().to_owned(),
        attempts: 0,
        not_before: None,
        started: None,
        finished: None,
        error: None,
        log_line: None,
    }
}

/// The given waves, cut to what is brought, and a last one for what they leave out.
fn complete_waves(new: &NewRun<'_>) -> Vec<Vec<ModuleId>> {
    let mut left: BTreeSet<ModuleId> = new
        .placements
        .iter()
        .map(|p| ModuleId(p.placement.module))
        .collect();
    let mut waves: Vec<Vec<ModuleId>> = new
        .waves
        .iter()
        .map(|wave| {
            wave.iter()
                .copied()
                .filter(|module| left.remove(module))
                .collect()
        })
        .filter(|wave: &Vec<ModuleId>| !wave.is_empty())
        .collect();
    if !left.is_empty() {
        waves.push(left.into_iter().collect());
    }
    waves
}

/// Every bundle that is needed, own content first, with its size.
async fn bundles_of(
    tx: &DatabaseTransaction,
    placements: &[NewPlacement],
) -> Result<Vec<(String, u64, ModuleId)>, AppError> {
    let mut bundles: Vec<(String, ModuleId)> = Vec::new();
    for new in placements {
        let placement = &new.placement;
        bundles.push((placement.digest.clone(), ModuleId(placement.module)));
    }
    for new in placements {
        for link in &new.placement.links {
            bundles.push((link.digest.clone(), ModuleId(link.producer)));
        }
    }
    let mut seen = BTreeSet::new();
    bundles.retain(|(digest, _)| seen.insert(digest.clone()));
    let digests: Vec<String> = bundles.iter().map(|(digest, _)| digest.clone()).collect();
    let sizes = store::executions::bundle_sizes(tx, &digests).await?;
    bundles
        .into_iter()
        .map(|(digest, module)| {
            let size = sizes
                .get(&digest)
                .and_then(|size| u64::try_from(*size).ok())
                .ok_or_else(|| not_here_yet(placements, module))?;
            Ok((digest, size, module))
        })
        .collect()
}

/// What was published on an agent's own machine is known before its files have arrived here.
fn not_here_yet(placements: &[NewPlacement], module: ModuleId) -> AppError {
    let placed = placements.iter().map(|new| &new.placement);
    let name = placed
        .clone()
        .find(|placed| ModuleId(placed.module) == module)
        .map(|placed| &placed.name)
        .or_else(|| {
            placed
                .flat_map(|placed| &placed.links)
                .find(|link| ModuleId(link.producer) == module)
                .map(|link| &link.name)
        })
        .map_or("a module", String::as_str);
    AppError::Unavailable {
        message: format!(
            "The files of {name} have not arrived at the console yet: they come from the agent \
             where it was published, as soon as that is connected. Nothing was started; try again \
             in a moment."
        ),
        retry_seconds: 5,
    }
}

/// `owners` are the applications that the modules belong to in the environment now.
fn module_rows(
    run: Uuid,
    new: &NewRun<'_>,
    waves: &[Vec<ModuleId>],
    owners: &BTreeMap<Uuid, Uuid>,
) -> Vec<run_module::Model> {
    let wave_of: BTreeMap<ModuleId, i64> = (1_i64..)
        .zip(waves)
        .flat_map(|(wave, modules)| modules.iter().map(move |module| (*module, wave)))
        .collect();
    let brought = new.placements.iter().map(|new| {
        let placement = &new.placement;
        run_module::Model {
            run_id: run,
            module_id: placement.module,
            application_id: placement.application,
            name: placement.name.clone(),
            module_version_id: Some(placement.module_version),
            wave: wave_of
                .get(&ModuleId(placement.module))
                .copied()
                .unwrap_or(0),
            republish: new.republish,
            placement: serde_json::to_string(placement).ok(),
            settings_after: new
                .after
                .as_ref()
                .and_then(|values| serde_json::to_string(values).ok()),
            former_application_id: owners
                .get(&placement.module)
                .copied()
                .filter(|owner| *owner != placement.application),
        }
    });
    let leaving = new.removals.iter().map(|removal| run_module::Model {
        run_id: run,
        module_id: removal.module.0,
        application_id: removal.application.0,
        name: removal.name.clone(),
        module_version_id: None,
        wave: i64::try_from(waves.len()).unwrap_or(0) + 1,
        republish: false,
        placement: None,
        settings_after: None,
        former_application_id: None,
    });
    brought.chain(leaving).collect()
}
