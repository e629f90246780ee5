//! Server functions of environments. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use crate::wire::Wire;
use domain::EnvironmentId;
use domain::environment::Rules;
use domain::view::{
    About, EnvironmentDetail, JoinCode, MaintenanceOutlook, NewApplicationsRule, NewEnvironment,
    Watch,
};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::signed_in;

/// All environments in promotion order.
#[server(input = Wire, output = Wire, endpoint = "list_environments")]
pub async fn list_environments() -> Result<Vec<EnvironmentDetail>, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .list_environments(&actor)
        .await
        .map_err(ApiError::from)
}

/// What the watch bar shows.
#[server(input = Wire, output = Wire, endpoint = "read_watch")]
pub async fn read_watch() -> Result<Watch, ApiError> {
    let (backend, actor) = signed_in()?;
    backend.read_watch(&actor).await.map_err(ApiError::from)
}

/// Registers an environment.
#[server(input = Wire, output = Wire, endpoint = "create_environment")]
pub async fn create_environment(new: NewEnvironment) -> Result<EnvironmentId, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .create_environment(&actor, new)
        .await
        .map_err(ApiError::from)
}

/// Makes a code with which an agent joins.
#[server(input = Wire, output = Wire, endpoint = "create_join_code")]
pub async fn create_join_code(environment: EnvironmentId) -> Result<JoinCode, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .create_join_code(&actor, environment)
        .await
        .map_err(ApiError::from)
}

/// Swaps an environment with the one after it.
#[server(input = Wire, output = Wire, endpoint = "swap_environments")]
pub async fn swap_environments(environment: EnvironmentId, revision: i64) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .swap_environments(&actor, environment, revision)
        .await
        .map_err(ApiError::from)
}

/// Asks an agent for its inventory now.
#[server(input = Wire, output = Wire, endpoint = "synchronize_environment")]
pub async fn synchronize_environment(environment: EnvironmentId) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .synchronize_environment(&actor, environment)
        .await
        .map_err(ApiError::from)
}

/// Versions of console, database and agents.
#[server(input = Wire, output = Wire, endpoint = "read_about")]
pub async fn read_about() -> Result<About, ApiError> {
    let (backend, actor) = signed_in()?;
    backend.read_about(&actor).await.map_err(ApiError::from)
}

/// Gives an environment another name.
#[server(input = Wire, output = Wire, endpoint = "rename_environment")]
pub async fn rename_environment(
    environment: EnvironmentId,
    revision: i64,
    name: String,
) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .rename_environment(&actor, environment, revision, &name)
        .await
        .map_err(ApiError::from)
}

/// Says how an environment takes plans.
#[server(input = Wire, output = Wire, endpoint = "set_environment_rules")]
pub async fn set_environment_rules(
    environment: EnvironmentId,
    revision: i64,
    rules: Rules,
) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .set_environment_rules(&actor, environment, revision, rules)
        .await
        .map_err(ApiError::from)
}

/// Takes away an environment that was never used.
#[server(input = Wire, output = Wire, endpoint = "remove_environment")]
pub async fn remove_environment(environment: EnvironmentId, revision: i64) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .remove_environment(&actor, environment, revision)
        .await
        .map_err(ApiError::from)
}

/// What happens when an environment is taken into maintenance now.
#[server(input = Wire, output = Wire, endpoint = "foresee_maintenance")]
pub async fn foresee_maintenance(
    environment: EnvironmentId,
) -> Result<MaintenanceOutlook, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .foresee_maintenance(&actor, environment)
        .await
        .map_err(ApiError::from)
}

/// Takes an environment into maintenance.
#[server(input = Wire, output = Wire, endpoint = "begin_maintenance")]
pub async fn begin_maintenance(
    environment: EnvironmentId,
    revision: i64,
    reason: String,
) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .begin_maintenance(&actor, environment, revision, &reason)
        .await
        .map_err(ApiError::from)
}

/// Puts an environment back into service.
#[server(input = Wire, output = Wire, endpoint = "end_maintenance")]
pub async fn end_maintenance(environment: EnvironmentId, revision: i64) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .end_maintenance(&actor, environment, revision)
        .await
        .map_err(ApiError::from)
}

/// Whether newly created applications may be deployed everywhere.
#[server(input = Wire, output = Wire, endpoint = "read_new_applications")]
pub async fn read_new_applications() -> Result<NewApplicationsRule, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .read_new_applications(&actor)
        .await
        .map_err(ApiError::from)
}

/// Says whether applications that are created from now on are blocked.
#[server(input = Wire, output = Wire, endpoint = "set_new_applications")]
pub async fn set_new_applications(
    revision: i64,
    blocked: bool,
    reason: String,
) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .set_new_applications(&actor, revision, blocked, &reason)
        .await
        .map_err(ApiError::from)
}
