//! Deployments on the wire.

use serde::{Deserialize, Serialize};

/// What a client wants to be deployed, or to be changed of it.
#[derive(Debug, Deserialize)]
pub struct AskedDeployment {
    /// Deployment notes.
    pub notes: Option<String>,
    /// Where versions come from.
    #[serde(rename = "sourceenvironmentkey")]
    pub source_environment_key: Option<String>,
    /// Where they go.
    #[serde(rename = "targetenvironmentkey")]
    pub target_environment_key: Option<String>,
    /// What is deployed.
    #[serde(rename = "applicationoperations")]
    pub application_operations: Option<Vec<AskedOperation>>,
}

/// A version to be deployed.
#[derive(Debug, Deserialize)]
pub struct AskedOperation {
    /// Its key.
    #[serde(rename = "applicationversionkey")]
    pub application_version_key: String,
    /// Where in the environment; the default if it is empty.
    #[serde(default, rename = "deploymentzonekey")]
    pub deployment_zone_key: String,
}

/// A deployment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // who did what and when, three times each
pub struct Deployment {
    /// Its key.
    pub key: String,
    /// Where versions come from.
    pub source_environment_key: String,
    /// Where they go.
    pub target_environment_key: String,
    /// Where a person sees it.
    #[serde(rename = "DetailsURL")]
    pub details_url: String,
    /// Deployment notes.
    pub notes: String,
    /// Where it stands, as in its status.
    pub status: &'static str,
    pub created_on: String,
    pub created_by: String,
    pub created_by_username: String,
    pub saved_on: String,
    pub saved_by: String,
    pub saved_by_username: String,
    pub started_on: String,
    pub started_by: String,
    pub started_by_username: String,
    pub aborted_on: String,
    pub aborted_by: String,
    pub aborted_by_username: String,
    /// What it does.
    pub application_operations: Vec<Operation>,
}

/// What a deployment does with an application.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Operation {
    /// Which.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_key: Option<String>,
    /// The version that it gets; empty if none is named.
    pub application_version_key: String,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_operation: Option<String>,
    /// The default zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_zone_key: Option<&'static str>,
}

/// A deployment and what the check finds of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentDetails {
    /// The deployment.
    pub deployment: Deployment,
    /// Of a package; none here.
    pub applications_to_deploy: [(); 0],
    /// Applications outside the plan that would be outdated by it.
    pub applications_to_redeploy: Vec<String>,
    /// What keeps it from being started; empty if nothing does.
    pub application_conflicts: Vec<ApplicationConflict>,
    /// Modules that leave the target.
    pub modules_to_delete: Vec<ModuleToDelete>,
}

/// Something that keeps a deployment from being started.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApplicationConflict {
    /// In words.
    pub message: String,
    /// Who should offer something.
    pub producer_application_operation: Operation,
    /// Who needs it, or is concerned.
    pub consumer_application_operation: Operation,
    /// The same for modules.
    pub module_conflict: ModuleConflict,
}

/// Modules that do not go together.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModuleConflict {
    /// Who should offer something.
    pub producer_module_key: String,
    /// Who needs it.
    pub consumer_module_key: String,
    /// How many elements are concerned.
    pub total_required_elements: u32,
    /// What it is.
    pub conflict_type: String,
}

/// A module that leaves the target.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModuleToDelete {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// None.
    pub description: &'static str,
}

/// A line of a deployment's log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct LogLine {
    /// When.
    pub instant: String,
    /// What happened.
    pub message: String,
    /// `Info`, `Warning` or `Error`.
    #[serde(rename = "Type")]
    pub kind: &'static str,
}
