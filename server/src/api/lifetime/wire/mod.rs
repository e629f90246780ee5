//! The types of the LifeTime API. A contract of others: names, and what is never absent, are as
//! existing clients read them; nothing here derives from domain types.

mod deployments;

pub use deployments::*;

use domain::{Day, Timestamp};
use serde::{Deserialize, Serialize};

/// What stands for a moment that never was.
pub const NEVER: &str = "1900-01-01T00:00:00";

/// A moment, as `2026-11-20T09:12:03.637Z`.
pub fn instant(at: Timestamp) -> String {
    let of_day = at.0.rem_euclid(86_400_000);
    let (seconds, milliseconds) = (of_day / 1_000, of_day % 1_000);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!(
        "{}T{hours:02}:{minutes:02}:{:02}.{milliseconds:03}Z",
        Day::of(at),
        seconds % 60
    )
}

/// Every refusal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Problem {
    /// Sentences.
    pub errors: Vec<String>,
    /// The status once more.
    pub status_code: u16,
}

/// An environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Environment {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The console's version, as four numbers.
    #[serde(rename = "OSVersion")]
    pub os_version: String,
    /// Its place in the promotion order, from 0.
    pub order: u32,
    /// Where a person sees it.
    #[serde(rename = "DetailsURL")]
    pub details_url: String,
    /// Where its applications are reached.
    pub host_name: String,
    /// Whether that is over TLS.
    #[serde(rename = "UseHTTPS")]
    pub use_https: bool,
    /// `Development`, `Test` or `Production`.
    pub environment_type: &'static str,
    /// One agent.
    pub number_of_front_ends: u32,
    /// Not of this platform.
    pub application_server_type: &'static str,
    /// Not of this platform.
    pub application_server: &'static str,
    /// Not of this platform.
    pub database_provider: &'static str,
    /// Whether a provider runs its machines.
    pub is_cloud_environment: bool,
    /// Whether its agent is away.
    pub is_offline: bool,
}

/// A part of an environment's machines; there is always one, which is all of them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentZone {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: &'static str,
    /// Whether it is taken where none is named.
    pub is_default: bool,
    /// How it is deployed to.
    pub deployment_technology: DeploymentTechnology,
}

/// How something is deployed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeploymentTechnology {
    /// Its key.
    pub key: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// An application.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Application {
    /// Its key.
    pub key: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: &'static str,
    /// Whose it is.
    pub team: &'static str,
    /// Whose it is.
    pub team_key: &'static str,
    /// What it says of itself.
    pub description: String,
    /// Its path.
    #[serde(rename = "URLPath")]
    pub url_path: &'static str,
    /// Its icon.
    pub icon_hash: &'static str,
    /// Its icon.
    #[serde(rename = "IconURL")]
    pub icon_url: &'static str,
    /// Where a person sees it.
    #[serde(rename = "DetailsURL")]
    pub details_url: String,
    /// Whether it is part of the platform.
    pub is_system: bool,
    /// Where it runs.
    pub app_status_in_envs: Vec<AppStatusInEnv>,
}

/// What an environment runs of an application.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AppStatusInEnv {
    /// Where.
    pub environment_key: String,
    /// The version that it is based on; a key of no version if it was never tagged.
    pub base_application_version_key: String,
    /// That version's number.
    pub base_application_version_label: String,
    /// Whether it was changed since.
    pub is_modified: bool,
    /// Why.
    pub is_modified_reason: &'static str,
    /// The same as a sentence.
    pub is_modified_message: String,
    /// What its references are; empty if they fit.
    pub consistency_status: &'static str,
    /// The same as a sentence.
    pub consistency_status_messages: String,
    /// None.
    pub mobile_apps_status: [(); 0],
    /// Its modules, if they were asked for.
    pub module_status_in_envs: Vec<ModuleStatusInEnv>,
    /// The default zone.
    pub deployment_zone_key: &'static str,
}

/// What an environment runs of a module.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModuleStatusInEnv {
    /// Whose it is.
    pub application_key: String,
    /// Where.
    pub environment_key: String,
    /// What it runs as.
    pub module_version_key: String,
    /// What its references are.
    pub consistency_status: &'static str,
    /// The same as a sentence.
    pub consistency_status_messages: &'static str,
}

/// A version.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ApplicationVersion {
    /// Its key.
    pub key: String,
    /// Whose it is.
    pub application_key: String,
    /// Its number.
    pub version: String,
    /// What it says about the change.
    pub change_log: String,
    /// When it was made.
    pub created_on: String,
    /// Who made it.
    pub created_by: String,
    /// Their login.
    pub created_by_username: String,
    /// Whether it runs somewhere.
    pub in_use: bool,
    /// None.
    pub mobile_versions: [(); 0],
    /// None.
    pub primary_color: &'static str,
    /// None.
    pub native_hash: &'static str,
    /// What it is made of, if that was asked for.
    pub module_versions: Vec<ModuleVersion>,
    /// Where it was made.
    pub environment_key: String,
}

/// A published state of a module.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ModuleVersion {
    /// Its key.
    pub key: String,
    /// The module.
    pub module_key: String,
    /// When it was published.
    pub created_on: String,
    /// By whom.
    pub created_by: String,
    /// Their login.
    pub created_by_username: String,
    /// SHA-256 of its bundle.
    pub general_hash: String,
    /// None.
    pub direct_upgrade_from_hash: &'static str,
}

/// A version to be made of what runs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub struct NewVersion {
    /// What it says about the change.
    #[serde(default, rename = "changelog")]
    pub change_log: String,
    /// Its number.
    #[serde(default)]
    pub version: String,
    /// What runs, as the client knows it; anything, if there is none.
    #[serde(default, rename = "moduleversionkeys")]
    pub module_version_keys: Vec<String>,
}

/// A version that was made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MadeVersion {
    /// Its key.
    pub application_version_key: String,
}

/// Where an application may not be deployed to.
#[derive(Debug, Serialize)]
pub struct Configurations {
    /// One per environment.
    pub configurations: Vec<Configuration>,
}

/// Whether an application may be deployed to an environment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    /// Where.
    pub environment_key: String,
    /// It may not.
    pub is_blocked: bool,
    /// Why.
    pub is_blocked_change_reason: String,
}

/// The same as a client says it.
#[derive(Debug, Deserialize)]
pub struct ChangedConfigurations {
    /// Those that are said; others stay.
    pub configurations: Vec<ChangedConfiguration>,
}

/// The same for one environment.
#[derive(Debug, Deserialize)]
pub struct ChangedConfiguration {
    /// Where.
    #[serde(rename = "environmentkey")]
    pub environment_key: String,
    /// It may not.
    #[serde(rename = "isblocked")]
    pub is_blocked: bool,
    /// Why.
    #[serde(default, rename = "isblockedchangereason")]
    pub is_blocked_change_reason: String,
}

#[cfg(test)]
mod tests {
    use super::instant;
    use domain::Timestamp;

    #[test]
    fn moments_are_written_in_utc_with_milliseconds() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_795_171_572_637, "2026-11-20T10:46:12.637Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(instant(Timestamp(at)), text);
        }
    }
}
