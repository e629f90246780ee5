//! Values that a run waits for: properties of the modules it brings for which nobody has given a
//! value. It pauses before anything is staged, names them, and goes on once somebody has entered
//! them and lets it. They become the target's own when they are entered.

use crate::Backend;
use crate::actor::Actor;
use crate::contract::ModuleState;
use crate::engine::state_of;
use crate::events::Topic;
use crate::plans::{Plan, fault, find_plan, pass_on};
use crate::settings::property_of;
use domain::execution::LogKind;
use domain::name::fold;
use domain::plan::{Intervention, PlanState};
use domain::settings::{Fits, Held};
use domain::view::{RunValue, SuppliedValue};
use domain::{AppError, FieldError, ModuleId};
use protocol::Placement;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use store::entity::catalog::setting;
use store::entity::plans::{run, run_module};
use store::executions;
use store::{ConnectionTrait, DatabaseTransaction, running, settings};
use uuid::Uuid;

/// The state in which a run waits for values.
pub(crate) const WAITS: PlanState =
    PlanState::Paused(Intervention::NeedsConfigurationOrConfirmation);

/// A property that had no value when the run began.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    state: Arc<ModuleState>,
    setting: bundle::Setting,
    /// What the target sets by now.
    given: Option<setting::Model>,
}

impl Wanted {
    /// "Limit of `TillFront`".
    pub(crate) fn words(&self) -> String {
        format!("{} of {}", self.setting.name, self.state.name)
    }

    /// Whether nobody has given a value yet.
    pub(crate) fn is_open(&self) -> bool {
        self.given.is_none()
    }

    /// Whether what is staged now would find nothing. A secret is put into the order as it goes to
    /// the agent; anything else has to be written into what the run brings first.
    pub(crate) fn holds_up(&self) -> bool {
        self.is_open() || !self.setting.secret
    }

    fn view(&self) -> RunValue {
        let shown = self.given.as_ref().filter(|row| row.key_id.is_none());
        RunValue {
            module: ModuleId(self.state.module),
            module_name: self.state.name.clone(),
            name: self.setting.name.clone(),
            description: self.setting.description.clone(),
            property: property_of(&self.setting),
            given: !self.is_open(),
            value: shown.map(|row| row.value.clone()),
        }
    }
}

/// Some of them in words, to follow "waits for".
pub(crate) fn named(wanted: &[&Wanted]) -> String {
    const NAMED: usize = 5;
    let mut names: Vec<String> = wanted.iter().take(NAMED).map(|one| one.words()).collect();
    if wanted.len() > NAMED {
        names.push(format!("{} more", wanted.len() - NAMED));
    }
    names.join(", ")
}

/// The names for which a module finds a value, at the switch or after it.
fn found(row: &run_module::Model) -> Option<BTreeSet<String>> {
    let placement: Placement = serde_json::from_str(row.placement.as_deref()?).ok()?;
    let mut names: BTreeSet<String> = placement.settings.into_keys().collect();
    names.extend(later(row).unwrap_or_default().into_keys());
    Some(names)
}

/// The values that a module gets after the switch, if it gets any.
fn later(row: &run_module::Model) -> Option<BTreeMap<String, String>> {
    serde_json::from_str(row.settings_after.as_deref()?).ok()
}

impl Backend {
    /// The properties of what a plan's run brings that had no value when it began. What its target
    /// runs already is left alone: it runs, with or without.
    pub(crate) async fn wanted(
        &self,
        connection: &impl ConnectionTrait,
        run: &run::Model,
        modules: &[run_module::Model],
    ) -> Result<Vec<Wanted>, AppError> {
        let Some(plan) = run.plan_id else {
            return Ok(Vec::new());
        };
        let brought = modules.iter().filter(|row| !row.republish);
        let versions = brought.clone().filter_map(|row| row.module_version_id);
        let states = self.states.load(connection, versions.collect()).await?;
        let mut wanted: Vec<Wanted> = Vec::new();
        for row in brought {
            let Some(state) = row.module_version_id.and_then(|id| states.get(&id)) else {
                continue;
            };
            let without = |setting: &&bundle::Setting| setting.default.is_none();
            let mut without = state.settings.iter().filter(without).peekable();
            if without.peek().is_none() {
                continue;
            }
            let Some(found) = found(row) else { continue };
            wanted.extend(
                without
                    .filter(|setting| setting.secret || !found.contains(&setting.name))
                    .map(|setting| Wanted {
                        state: Arc::clone(state),
                        setting: setting.clone(),
                        given: None,
                    }),
            );
        }
        if wanted.is_empty() {
            return Ok(wanted);
        }
        self.look_up(connection, run, plan, wanted).await
    }

    /// Finds what is given by now, and drops what was given all along.
    async fn look_up(
        &self,
        connection: &impl ConnectionTrait,
        run: &run::Model,
        plan: Uuid,
        mut wanted: Vec<Wanted>,
    ) -> Result<Vec<Wanted>, AppError> {
        let ids: BTreeSet<Uuid> = wanted.iter().map(|one| one.state.module).collect();
        let mut there = BTreeSet::new();
        for id in &ids {
            let row = running::find_module(connection, run.environment_id, *id).await?;
            there.extend(row.map(|row| row.module_version_id));
        }
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let rows = settings::list(connection, run.environment_id, &ids).await?;
        let mut set: BTreeMap<(Uuid, String), setting::Model> = rows
            .into_iter()
            .map(|row| ((row.module_id, row.name_folded.clone()), row))
            .collect();
        // The plan's own secrets go to the agent with the order.
        let entered: BTreeSet<(Uuid, String)> = store::plans::settings::list(connection, plan)
            .await?
            .into_iter()
            .filter(|row| row.key_id.is_some())
            .map(|row| (row.module_id, row.name_folded))
            .collect();
        wanted.retain_mut(|one| {
            let key = (one.state.module, fold(&one.setting.name));
            if there.contains(&one.state.id) || one.setting.secret && entered.contains(&key) {
                return false;
            }
            let held = |row: &setting::Model| Held {
                secret: row.key_id.is_some(),
                fits: Fits::from_bits(u8::try_from(row.fits).unwrap_or(0)),
            };
            one.given = set
                .remove(&key)
                .filter(|row| held(row).holds_for(property_of(&one.setting)));
            // A secret that was set before the run began was never missed.
            let since = |row: &setting::Model| row.changed >= run.created;
            !one.setting.secret || one.given.as_ref().is_none_or(since)
        });
        Ok(wanted)
    }

    /// What a run that waits for values waits for, also what was entered since.
    pub(crate) async fn run_values(
        &self,
        connection: &impl ConnectionTrait,
        run: &run::Model,
        modules: &[run_module::Model],
    ) -> Result<Vec<RunValue>, AppError> {
        let wanted = self.wanted(connection, run, modules).await?;
        Ok(wanted.iter().map(Wanted::view).collect())
    }

    /// Enters values that a run waits for: in its target, for good. All of them, or none.
    pub async fn supply_values(
        &self,
        actor: &Actor,
        number: u64,
        values: Vec<SuppliedValue>,
    ) -> Result<(), AppError> {
        actor.require(domain::access::Action::DeployApplications)?;
        self.store
            .write(async |tx| {
                // Not while it is continued or stopped.
                let stored = i64::try_from(number).unwrap_or(i64::MAX);
                executions::lock_plan_numbered(tx, stored).await?;
                let plan = find_plan(tx, actor, number, self.now()).await?;
                if state_of(&plan.row) != WAITS {
                    return Err(AppError::conflict(
                        "waits_for_no_value",
                        format!(
                            "{} does not wait for values any more. Nothing was set; look again at where it stands.",
                            plan.title()
                        ),
                    ));
                }
                // Who may continue it may do this.
                pass_on(actor, &plan, None)?;
                let (run, modules) = run_of(tx, &plan).await?;
                let wanted = self.wanted(tx, &run, &modules).await?;
                self.enter(tx, actor, &plan, &wanted, &values).await
            })
            .await?;
        self.topics()
            .bump([Topic::Run(number), Topic::Plan(number), Topic::Plans]);
        Ok(())
    }

    async fn enter(
        &self,
        tx: &DatabaseTransaction,
        actor: &Actor,
        plan: &Plan,
        wanted: &[Wanted],
        values: &[SuppliedValue],
    ) -> Result<(), AppError> {
        let mut problems = Vec::new();
        let mut entered = Vec::new();
        for supplied in values {
            let one = wanted.iter().find(|one| {
                one.state.module == supplied.module.0
                    && fold(&one.setting.name) == fold(&supplied.name)
            });
            let one = store::or_missing(
                one,
                format!(
                    "The site property \"{}\" among those that {} waits for",
                    supplied.name,
                    plan.title()
                ),
            )?;
            match one.setting.problem(&supplied.value) {
                Some(problem) => problems.push(FieldError::new(
                    supplied.key(),
                    format!("{} cannot have this value: {problem}.", one.setting.name),
                )),
                None => entered.push((one, supplied)),
            }
        }
        if !problems.is_empty() {
            return Err(AppError::Invalid { fields: problems });
        }
        let target = plan.content.target;
        for (one, supplied) in &entered {
            let value = Some(supplied.value.as_str());
            self.put_site_property(tx, actor, target, &one.state, &one.setting, value)
                .await?;
        }
        if !entered.is_empty() {
            let names: Vec<&Wanted> = entered.iter().map(|(one, _)| *one).collect();
            let text = format!("{} entered a value for {}.", actor.name, named(&names));
            self.log(tx, plan.row.id, LogKind::Info, text).await?;
        }
        Ok(())
    }

    /// Writes the values that were entered into what the run of a plan is going to stage. Refused
    /// while one is missing.
    pub(crate) async fn take_values(
        &self,
        tx: &DatabaseTransaction,
        plan: &Plan,
    ) -> Result<(), AppError> {
        let (run, modules) = run_of(tx, plan).await?;
        let wanted = self.wanted(tx, &run, &modules).await?;
        let open: Vec<&Wanted> = wanted.iter().filter(|one| one.is_open()).collect();
        if !open.is_empty() {
            return Err(AppError::conflict(
                "values_missing",
                format!(
                    "{} still waits for a value of {}. Nothing was continued; enter it on the page of the run first.",
                    plan.title(),
                    named(&open)
                ),
            ));
        }
        for row in &modules {
            let given: Vec<(&str, &str)> = wanted
                .iter()
                .filter(|one| one.state.module == row.module_id && !one.setting.secret)
                .filter_map(|one| {
                    let value = one.given.as_ref()?;
                    Some((one.setting.name.as_str(), value.value.as_str()))
                })
                .collect();
            let placement = row
                .placement
                .as_deref()
                .map(serde_json::from_str::<Placement>);
            let Some(Ok(mut placement)) = placement else {
                continue;
            };
            if given.is_empty() {
                continue;
            }
            let mut after = later(row);
            for (name, value) in given {
                placement.settings.insert(name.to_owned(), value.to_owned());
                if let Some(after) = &mut after {
                    after.insert(name.to_owned(), value.to_owned());
                }
            }
            let unwritable = |error: serde_json::Error| fault("run", &error);
            let placement = serde_json::to_string(&placement).map_err(unwritable)?;
            let after = after.map(|values| serde_json::to_string(&values));
            let after = after.transpose().map_err(unwritable)?;
            let key = (row.run_id, row.module_id);
            executions::set_placement(tx, key, placement, after).await?;
        }
        Ok(())
    }
}

/// The run of a plan with its modules.
async fn run_of(
    tx: &DatabaseTransaction,
    plan: &Plan,
) -> Result<(run::Model, Vec<run_module::Model>), AppError> {
    let run = executions::find_plan_run(tx, plan.row.id).await?;
    let run = store::or_missing(run, format!("The run of {}", plan.title()))?;
    let modules = executions::list_run_modules(tx, run.id).await?;
    Ok((run, modules))
}
