//! Server functions of hotfixes, holds, rolling back and replicating. Nothing else belongs here: each finds the actor, calls one use case and converts.

use crate::error::ApiError;
use crate::wire::Wire;
use domain::view::RollbackOutlook;
use domain::{ApplicationId, EnvironmentId, HoldId, HotfixId};
use leptos::prelude::*;

#[cfg(feature = "ssr")]
use super::signed_in;

/// Names the version that contains a hotfix.
#[server(input = Wire, output = Wire, endpoint = "solve_hotfix")]
pub async fn solve_hotfix(id: HotfixId, number: String) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .solve_hotfix(&actor, id, &number)
        .await
        .map_err(ApiError::from)
}

/// Goes without a hotfix, for a reason.
#[server(input = Wire, output = Wire, endpoint = "waive_hotfix")]
pub async fn waive_hotfix(id: HotfixId, reason: String) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .waive_hotfix(&actor, id, &reason)
        .await
        .map_err(ApiError::from)
}

/// Lets a version come back that a rollback took out, for a reason.
#[server(input = Wire, output = Wire, endpoint = "release_hold")]
pub async fn release_hold(id: HoldId, reason: String) -> Result<(), ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .release_hold(&actor, id, &reason)
        .await
        .map_err(ApiError::from)
}

/// Makes a draft that brings what one environment runs to an earlier one, and gives its number.
#[server(input = Wire, output = Wire, endpoint = "replicate_applications")]
pub async fn replicate_applications(
    source: EnvironmentId,
    target: EnvironmentId,
    applications: Vec<ApplicationId>,
) -> Result<u64, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .replicate_applications(&actor, source, target, applications)
        .await
        .map_err(ApiError::from)
}

/// What rolling a plan back would bring back.
#[server(input = Wire, output = Wire, endpoint = "foresee_rollback")]
pub async fn foresee_rollback(number: u64) -> Result<RollbackOutlook, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .foresee_rollback(&actor, number)
        .await
        .map_err(ApiError::from)
}

/// Makes a draft that rolls these applications of a plan back, and gives its number.
#[server(input = Wire, output = Wire, endpoint = "roll_back_plan")]
pub async fn roll_back_plan(
    number: u64,
    applications: Vec<ApplicationId>,
) -> Result<u64, ApiError> {
    let (backend, actor) = signed_in()?;
    backend
        .roll_back_plan(&actor, number, applications)
        .await
        .map_err(ApiError::from)
}
