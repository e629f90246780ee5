//! Deployments: made, listed, read with what the check finds, changed, deleted.

use super::body::Body;
use super::query::Asked;
use super::refused::Refused;
use super::status::status_word;
use super::stream::{self, Part};
use super::wire::{
    ApplicationConflict, AskedDeployment, AskedOperation, Deployment, DeploymentDetails,
    ModuleConflict, ModuleToDelete, NEVER, Operation, instant,
};
use super::{Caller, key, shown};
use crate::ServerState;
use app::routes;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use backend::{DeploymentChange, DeploymentCheck, DeploymentFilter, NewDeployment};
use domain::impact::{Finding, FindingCode, ModuleSubject, Severity};
use domain::plan::Choice;
use domain::view::{Days, Stamp};
use domain::{ApplicationId, Day, EnvironmentId, PlanId, VersionId};
use std::collections::BTreeSet;

/// Days that the list goes back where nobody says how far.
const WINDOW: i64 = 7;

/// `GET deployments?MinDate=&MaxDate=&TargetEnvironmentKey=`
pub(super) async fn list(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    asked: Asked,
) -> Result<Response, Refused> {
    let last = asked.day("MaxDate")?;
    let last = last.unwrap_or_else(|| Day::of(state.backend.time()));
    let first = asked.day("MinDate")?;
    let first = first.unwrap_or_else(|| Day::of(last.begin().plus(-WINDOW * 86_400_000)));
    let created = Days {
        from: Some(first),
        to: Some(last),
    };
    if let Some(problem) = created.problem() {
        return Err(Refused::invalid(problem));
    }
    let target: Option<EnvironmentId> = match asked.text("TargetEnvironmentKey") {
        None => None,
        Some(text) => match text.parse() {
            Ok(target) => Some(target),
            // Nothing goes to an environment that is not there.
            Err(_) => return Ok(StatusCode::NO_CONTENT.into_response()),
        },
    };
    let filter = DeploymentFilter { created, target };
    stream::list(move |after: Option<u64>| {
        let (backend, actor) = (state.backend.clone(), actor.clone());
        async move {
            let page = backend.list_deployments(&actor, filter, after).await?;
            Ok(Part {
                rows: page.rows.into_iter().map(deployment).collect(),
                next: page.next,
            })
        }
    })
    .await
}

/// `POST deployments`: answers with the key, as bare text.
pub(super) async fn create(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Body(asked): Body<AskedDeployment>,
) -> Result<Response, Refused> {
    let needed = |key: &Option<String>, name: &str| match key.as_deref() {
        None | Some("") => Err(Refused::invalid(format!("{name} is missing."))),
        Some(text) => self::key::<EnvironmentId>(text, "environment"),
    };
    let source = needed(&asked.source_environment_key, "SourceEnvironmentKey")?;
    let target = needed(&asked.target_environment_key, "TargetEnvironmentKey")?;
    let operations = asked.application_operations.unwrap_or_default();
    let new = NewDeployment {
        source,
        target,
        notes: asked.notes.unwrap_or_default(),
        versions: versions(&operations)?,
    };
    let made = state.backend.create_deployment(&actor, new).await?;
    let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((StatusCode::CREATED, text, made.to_string()).into_response())
}

/// `GET deployments/{deployment}`
pub(super) async fn read(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<Json<DeploymentDetails>, Refused> {
    let id: PlanId = key(&id, "deployment")?;
    let check = state.backend.check_deployment(&actor, id).await?;
    Ok(Json(details(check)))
}

/// `PUT deployments/{deployment}`
pub(super) async fn change(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
    Body(asked): Body<AskedDeployment>,
) -> Result<Json<Deployment>, Refused> {
    let id: PlanId = key(&id, "deployment")?;
    let end = |key: Option<String>| match key.as_deref() {
        None | Some("") => Ok(None),
        Some(text) => self::key::<EnvironmentId>(text, "environment").map(Some),
    };
    let change = DeploymentChange {
        source: end(asked.source_environment_key)?,
        target: end(asked.target_environment_key)?,
        notes: asked.notes,
        versions: match asked.application_operations {
            Some(operations) => Some(versions(&operations)?),
            None => None,
        },
    };
    let changed = state.backend.change_deployment(&actor, id, change).await?;
    let mut changed = deployment(changed);
    for operation in &mut changed.application_operations {
        operation.application_key = None;
        operation.deployment_operation = None;
    }
    Ok(Json(changed))
}

/// `DELETE deployments/{deployment}`
pub(super) async fn delete(
    State(state): State<ServerState>,
    Caller(actor): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Refused> {
    let id: PlanId = key(&id, "deployment")?;
    state.backend.delete_deployment(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The versions that are named. There are no zones but the one that each environment is.
fn versions(operations: &[AskedOperation]) -> Result<Vec<VersionId>, Refused> {
    operations
        .iter()
        .map(|operation| {
            let text = operation.application_version_key.as_str();
            text.parse().map_err(|_| {
                Refused::invalid(format!(
                    "ApplicationVersionKey is the key of a version, not \"{}\".",
                    shown(text)
                ))
            })
        })
        .collect()
}

pub(super) fn deployment(found: backend::Deployment) -> Deployment {
    let on = |stamp: &Option<Stamp>| match stamp {
        Some(stamp) => instant(stamp.at),
        None => NEVER.to_owned(),
    };
    let by = |stamp: &Option<Stamp>| {
        let person = stamp.as_ref().map(|stamp| stamp.by.clone());
        person.map_or_else(Default::default, |person| (person.name, person.login))
    };
    let created = Some(found.created);
    let (created_by, created_by_username) = by(&created);
    let (saved_by, saved_by_username) = by(&found.saved);
    let (started_by, started_by_username) = by(&found.started);
    let (aborted_by, aborted_by_username) = by(&found.aborted);
    Deployment {
        key: found.id.to_string(),
        source_environment_key: found.source.to_string(),
        target_environment_key: found.target.to_string(),
        details_url: routes::plan(found.number),
        notes: found.notes,
        status: status_word(found.status),
        created_on: on(&created),
        created_by,
        created_by_username,
        saved_on: on(&found.saved),
        saved_by,
        saved_by_username,
        started_on: on(&found.started),
        started_by,
        started_by_username,
        aborted_on: on(&found.aborted),
        aborted_by,
        aborted_by_username,
        application_operations: found.operations.iter().map(operation).collect(),
    }
}

fn operation(found: &backend::DeploymentOperation) -> Operation {
    let number = found.number.map(|number| number.to_string());
    let number = number.unwrap_or_default();
    let (version, label) = match &found.choice {
        Choice::DoNothing => (String::new(), "Do Nothing".to_owned()),
        Choice::Deploy { version } => (version.to_string(), format!("Deploy {number}")),
        Choice::TagAndDeploy { .. } => (String::new(), format!("Tag & Deploy {number}")),
        Choice::DeployCustom { .. } => (String::new(), "Deploy custom".to_owned()),
    };
    Operation {
        application_key: Some(found.application.to_string()),
        application_version_key: version,
        deployment_operation: Some(label),
        deployment_zone_key: Some(""),
    }
}

fn details(check: DeploymentCheck) -> DeploymentDetails {
    let findings = check.report.iter().flat_map(|report| &report.findings);
    let conflicts = findings.filter(|finding| finding.severity == Severity::Error);
    let own: BTreeSet<ApplicationId> = check
        .deployment
        .operations
        .iter()
        .filter(|operation| operation.choice != Choice::DoNothing)
        .map(|operation| operation.application)
        .collect();
    let outdated = check
        .report
        .iter()
        .flat_map(|report| &report.outdated_consumers);
    let outdated: BTreeSet<ApplicationId> = outdated
        .map(|row| row.consumer.application)
        .filter(|application| !own.contains(application))
        .collect();
    DeploymentDetails {
        applications_to_deploy: [],
        applications_to_redeploy: outdated.iter().map(ToString::to_string).collect(),
        application_conflicts: conflicts.map(|finding| conflict(&check, finding)).collect(),
        modules_to_delete: check
            .removed
            .iter()
            .map(|(module, name)| ModuleToDelete {
                key: module.to_string(),
                name: name.clone(),
                description: "",
            })
            .collect(),
        deployment: deployment(check.deployment),
    }
}

fn conflict(check: &DeploymentCheck, finding: &Finding) -> ApplicationConflict {
    let side = |module: Option<&ModuleSubject>, besides: Option<ApplicationId>| {
        let application = module.map(|module| module.application).or(besides);
        let own = check.deployment.operations.iter();
        let own = own
            .map(operation)
            .find(|row| application.is_some_and(|id| row.application_key == Some(id.to_string())));
        let mut row = own.unwrap_or_else(|| Operation {
            application_key: Some(application.map(|id| id.to_string()).unwrap_or_default()),
            deployment_operation: Some(String::new()),
            ..Operation::default()
        });
        row.deployment_zone_key = None;
        row
    };
    let module = |module: Option<&ModuleSubject>| {
        module
            .map(|module| module.module.to_string())
            .unwrap_or_default()
    };
    ApplicationConflict {
        message: words(check, finding),
        producer_application_operation: side(finding.producer.as_ref(), None),
        consumer_application_operation: side(finding.consumer.as_ref(), finding.application),
        module_conflict: ModuleConflict {
            producer_module_key: module(finding.producer.as_ref()),
            consumer_module_key: module(finding.consumer.as_ref()),
            total_required_elements: finding.element_count,
            conflict_type: conflict_type(finding.code),
        },
    }
}

/// A finding as the page says it.
pub(super) fn words(check: &DeploymentCheck, finding: &Finding) -> String {
    let consumer = finding.consumer.as_ref().map(|module| module.application);
    let consumer = consumer.or(finding.application);
    let number = consumer.and_then(|id| {
        let mut own = check.deployment.operations.iter();
        own.find(|row| row.application == id)?.number
    });
    let setting = app::components::findings::Setting {
        source: check.ends.0.clone(),
        target: check.ends.1.clone(),
        application: finding
            .application
            .and_then(|id| check.applications.get(&id).cloned()),
        consumer_version: number,
        // Whoever asks here sees who has which standing with the accounts.
        who_can: None,
    };
    let said = app::components::findings::sentence(finding, &setting);
    format!("{}. {}", said.title, said.facts).trim().to_owned()
}

/// What the API calls it; our own word where it has none.
fn conflict_type(code: FindingCode) -> String {
    match code {
        FindingCode::ProducerModuleMissing => "Producer Module Missing",
        FindingCode::ProducerElementMissing | FindingCode::ConsumerElementMissing => {
            "Producer Element Missing"
        }
        FindingCode::ProducerElementIncompatible | FindingCode::ConsumerElementIncompatible => {
            "Producer Element Incompatible"
        }
        FindingCode::ConsumerOutdated => "Consumer Module Outdated",
        FindingCode::NewerProducerAvailable => "Newer Producer Module Available",
        FindingCode::IncompatiblePlatform => "IncompatiblePlatformServer",
        FindingCode::ModuleMoved => "ConsumerModuleMoved",
        FindingCode::NameCollision => "NameColision",
        other => return format!("{other:?}"),
    }
    .to_owned()
}
