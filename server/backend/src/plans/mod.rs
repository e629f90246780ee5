//! Deployment plans: made, edited, checked, started.

mod allowed;
mod alone;
mod asked;
mod changes;
mod check;
mod csv;
mod custom;
mod deployments;
mod discard;
mod draft;
mod edit;
mod export;
mod former;
mod glimpse;
mod guards;
mod line;
mod list;
mod news;
mod own_drafts;
mod read;
mod refresh;
mod replaced;
mod replicate;
mod reuse;
mod rollback;
mod rows;
mod saved_filters;
mod settings;
mod start;
mod stay;
mod tags;
mod together;
mod undone;

pub use deployments::{
    Deployment, DeploymentChange, DeploymentCheck, DeploymentFilter, DeploymentOperation,
    DeploymentPage, DeploymentStart, NewDeployment,
};
pub use export::PlanExport;

pub(crate) use check::fault;
pub(crate) use draft::object;
pub(crate) use guards::{may, not_yet, pass, pass_on};
pub(crate) use line::{Lines, Served};
pub(crate) use list::plan_rows;
pub(crate) use replaced::{note_what_runs, replaces_since};
pub(crate) use rollback::{rolled_back_by, rolls_back};
pub(crate) use start::reason_from;
pub(crate) use stay::kept_from;
pub(crate) use tags::store_tag;

use crate::actor::Actor;
use crate::environments::first_in_maintenance;
use domain::plan::{Choice, Operation, PlanContent, PlanKind, plan_name};
use domain::view::{PersonRef, Stamp};
use domain::{AppError, ApplicationId, EnvironmentId, ModuleId, Timestamp, VersionId};
use std::collections::{BTreeMap, BTreeSet};
use store::entity::environments::environment;
use store::entity::plans::{plan, plan_operation};
use store::{ConnectionTrait, StoreError};
use uuid::Uuid;

/// A stored plan with what it does.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) row: plan::Model,
    pub(crate) content: PlanContent,
    /// The operations as stored: names of tags that are gone, what ran before the start.
    pub(crate) operations: Vec<plan_operation::Model>,
    /// Its source or target, if that is in maintenance.
    pub(crate) maintenance: Option<environment::Model>,
}

impl Plan {
    /// How people call it in messages.
    pub(crate) fn title(&self) -> String {
        format!("Plan #{}", self.row.number)
    }

    /// Refuses what was decided on another revision than the one that is stored.
    pub(crate) fn require_revision(&self, revision: i64) -> Result<(), AppError> {
        if self.row.revision == revision {
            return Ok(());
        }
        Err(AppError::Stale { what: self.title() })
    }

    /// Why nothing can be done with it while its source or target is in maintenance.
    pub(crate) fn maintenance_words(&self) -> Option<String> {
        self.maintenance.as_ref().and_then(stay::maintenance_words)
    }
}

/// A draft nobody saves is gone after this long, in milliseconds.
const DRAFT_LIFE: i64 = 24 * 3_600_000;

/// The plan with this number as it is at `now`, if the actor may know of it: a draft is its
/// creator's alone, and only for [`DRAFT_LIFE`], whether it was tidied away yet or not.
pub(crate) async fn find_plan(
    connection: &impl ConnectionTrait,
    actor: &Actor,
    number: u64,
    now: i64,
) -> Result<Plan, AppError> {
    let row = store::plans::find_by_number(connection, number).await?;
    let row = row.filter(|row| own_drafts::is_there(actor, row, now));
    let row = store::or_missing(row, format!("Plan #{number}"))?;
    Ok(plan_of(connection, row).await?)
}

/// A plan whose row was read.
pub(crate) async fn plan_of(
    connection: &impl ConnectionTrait,
    row: plan::Model,
) -> Result<Plan, StoreError> {
    let operations = store::plans::list_operations(connection, row.id).await?;
    let republish = store::plans::list_republish(connection, row.id).await?;
    let ends = [row.source_id, row.target_id];
    Ok(Plan {
        maintenance: first_in_maintenance(connection, ends).await?,
        content: PlanContent {
            settings: settings::entered(connection, row.id).await?,
            ..content_from(&row, &operations, republish)
        },
        row,
        operations,
    })
}

/// What a stored plan does.
fn content_from(
    row: &plan::Model,
    operations: &[plan_operation::Model],
    republish: Vec<Uuid>,
) -> PlanContent {
    PlanContent {
        kind: PlanKind::parse(&row.kind).unwrap_or_default(),
        source: EnvironmentId(row.source_id),
        target: EnvironmentId(row.target_id),
        operations: operations
            .iter()
            .map(|operation| Operation {
                application: ApplicationId(operation.application_id),
                choice: choice_from(operation),
            })
            .collect(),
        republish: republish.into_iter().map(ModuleId).collect(),
        notes: row.notes.clone(),
        settings: Vec::new(),
        settings_after: row.settings_after,
    }
}

fn choice_from(row: &plan_operation::Model) -> Choice {
    match (row.choice.as_str(), row.version_id, &row.number) {
        ("deploy", Some(version), _) => Choice::Deploy {
            version: VersionId(version),
        },
        ("tag_and_deploy", _, Some(number)) => match number.parse() {
            Ok(number) => Choice::TagAndDeploy {
                number,
                description: row.description.clone(),
            },
            Err(_) => Choice::DoNothing,
        },
        ("deploy_custom", ..) => match custom::modules_from(row.modules.as_deref()) {
            modules if modules.is_empty() => Choice::DoNothing,
            modules => Choice::DeployCustom { modules },
        },
        _ => Choice::DoNothing,
    }
}

/// Names and numbers that a plan's rows need.
#[derive(Debug, Default)]
struct Names {
    applications: BTreeMap<Uuid, String>,
    /// The application and number of each tag.
    versions: BTreeMap<Uuid, (Uuid, String)>,
    /// The modules that are there of those to be republished.
    modules: BTreeSet<Uuid>,
}

impl Names {
    /// Everything that `content` names.
    async fn of(
        connection: &impl ConnectionTrait,
        content: &PlanContent,
    ) -> Result<Self, StoreError> {
        let applications: Vec<Uuid> = content
            .operations
            .iter()
            .map(|operation| operation.application.0)
            .collect();
        let versions: Vec<Uuid> = content
            .operations
            .iter()
            .filter_map(|operation| match operation.choice {
                Choice::Deploy { version } => Some(version.0),
                _ => None,
            })
            .collect();
        let modules: Vec<Uuid> = content.republish.iter().map(|module| module.0).collect();
        let modules = store::catalog::modules(connection, &modules).await?;
        Ok(Self {
            modules: modules.into_iter().map(|row| row.id).collect(),
            applications: store::plans::list_application_names(connection, &applications).await?,
            versions: store::plans::list_versions(connection, &versions)
                .await?
                .into_iter()
                .map(|row| (row.id, (row.application_id, row.number)))
                .collect(),
        })
    }

    fn number_of(&self, choice: &Choice) -> Option<String> {
        match choice {
            Choice::DoNothing | Choice::DeployCustom { .. } => None,
            Choice::Deploy { version } => self
                .versions
                .get(&version.0)
                .map(|(_, number)| number.clone()),
            Choice::TagAndDeploy { number, .. } => Some(number.to_string()),
        }
    }

    /// The rows to store for these operations.
    fn operation_rows(
        &self,
        (plan, plan_number): (Uuid, i64),
        content: &PlanContent,
    ) -> Vec<plan_operation::Model> {
        (0_i64..)
            .zip(&content.operations)
            .map(|(position, operation)| {
                let (choice, version_id, description) = match &operation.choice {
                    Choice::DoNothing => ("nothing", None, String::new()),
                    Choice::Deploy { version } => ("deploy", Some(version.0), String::new()),
                    Choice::TagAndDeploy { description, .. } => {
                        ("tag_and_deploy", None, description.clone())
                    }
                    Choice::DeployCustom { .. } => ("deploy_custom", None, String::new()),
                };
                plan_operation::Model {
                    plan_id: plan,
                    application_id: operation.application.0,
                    plan_number,
                    position,
                    choice: choice.to_owned(),
                    version_id,
                    number: self.number_of(&operation.choice),
                    description,
                    from_number: None,
                    modules: custom::stored(&operation.choice),
                }
            })
            .collect()
    }

    /// The plan's name, made from what it brings.
    fn plan_name(&self, content: &PlanContent, target: &str) -> String {
        let brings: Vec<_> = content
            .operations
            .iter()
            .filter(|operation| operation.choice != Choice::DoNothing)
            .map(|operation| {
                let name = self
                    .applications
                    .get(&operation.application.0)
                    .cloned()
                    .unwrap_or_default();
                let number = self.number_of(&operation.choice);
                (name, number.and_then(|number| number.parse().ok()))
            })
            .collect();
        plan_name(content.kind, &brings, target)
    }

    /// Refuses content that names what is not there.
    fn check(&self, content: &PlanContent) -> Result<(), AppError> {
        let known = |module: &ModuleId| self.modules.contains(&module.0);
        if !content.republish.iter().all(known) {
            return Err(AppError::not_found("A module that is to be republished"));
        }
        for operation in &content.operations {
            if !self.applications.contains_key(&operation.application.0) {
                return Err(AppError::not_found("The application"));
            }
            if let Choice::Deploy { version } = operation.choice
                && self.versions.get(&version.0).map(|(of, _)| *of) != Some(operation.application.0)
            {
                return Err(AppError::invalid(
                    "version",
                    "That version is not a version of this application (any more). Choose another one.",
                ));
            }
        }
        Ok(())
    }
}

/// People by their accounts, for the stamps.
#[derive(Debug, Default)]
pub(crate) struct People(BTreeMap<Uuid, PersonRef>);

impl People {
    /// These accounts.
    pub(crate) async fn of(
        connection: &impl ConnectionTrait,
        ids: impl IntoIterator<Item = Option<Uuid>>,
    ) -> Result<Self, StoreError> {
        let users = store::people::users(connection, ids.into_iter().flatten().collect()).await?;
        Ok(Self(
            users
                .into_iter()
                .map(|user| {
                    let person = PersonRef {
                        name: user.name,
                        login: user.login,
                    };
                    (user.id, person)
                })
                .collect(),
        ))
    }

    /// The person, or Slipway itself.
    pub(crate) fn person(&self, id: Option<Uuid>) -> PersonRef {
        id.and_then(|id| self.0.get(&id))
            .cloned()
            .unwrap_or_else(|| PersonRef {
                name: "Slipway".to_owned(),
                login: String::new(),
            })
    }

    /// Who and when, if it happened.
    pub(crate) fn stamp(&self, by: Option<Uuid>, at: Option<i64>) -> Option<Stamp> {
        Some(Stamp {
            by: self.person(by),
            at: Timestamp(at?),
        })
    }
}

/// The people that a plan's stamps name.
pub(crate) fn people_of(row: &plan::Model) -> [Option<Uuid>; 6] {
    [
        row.created_by,
        row.saved_by,
        row.queued_by,
        row.started_by,
        row.continued_by,
        row.aborted_by,
    ]
}
